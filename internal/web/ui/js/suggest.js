// Suggestions under a search field: ARIA combobox with a list box. The form
// keeps working as it is; Enter without a chosen suggestion searches.
let count = 0;

export function suggest(form) {
  const input = form.querySelector('input[type=search]');
  const url = form.dataset.suggest;
  if (!input || !url) return;
  const id = `vorschlaege-${++count}`;
  const list = document.createElement('ul');
  list.className = 'p-suggest';
  list.id = id;
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', form.getAttribute('aria-label') ?? '');
  const status = document.createElement('p');
  status.className = 'kern-sr-only';
  status.setAttribute('role', 'status');
  form.append(list, status);
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', id]]) input.setAttribute(name, value);

  let hits = [];
  let active = -1;
  let timer = 0;
  let running = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const select = (i) => {
    active = i;
    [...list.children].forEach((li, n) => li.setAttribute('aria-selected', String(n === i)));
    if (i < 0) return input.removeAttribute('aria-activedescendant');
    input.setAttribute('aria-activedescendant', `${id}-${i}`);
    list.children[i].scrollIntoView({ block: 'nearest' });
  };
  const show = (found) => {
    hits = found.slice(0, 8);
    list.replaceChildren(...hits.map((hit, i) => {
      const li = document.createElement('li');
      li.id = `${id}-${i}`;
      li.setAttribute('role', 'option');
      li.setAttribute('aria-selected', 'false');
      li.textContent = hit.title;
      return li;
    }));
    active = -1;
    input.removeAttribute('aria-activedescendant');
    list.hidden = hits.length === 0;
    input.setAttribute('aria-expanded', String(hits.length > 0));
    status.textContent = hits.length ? form.dataset.suggestSome : form.dataset.suggestNone;
  };
  const ask = async () => {
    running?.abort();
    const query = input.value.trim();
    if (query.length < 2) return close();
    running = new AbortController();
    try {
      const answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}q=${encodeURIComponent(query)}`, { signal: running.signal, headers: { Accept: 'application/json' } });
      if (!answer.ok) return close();
      show((await answer.json()).hits ?? []);
    } catch { /* typed on, or off-line: no suggestions */ }
  };
  // Only addresses of this host are followed.
  const open = (hit) => {
    const target = new URL(hit.url, location.href);
    if (target.origin === location.origin) location.assign(target);
    else { input.value = hit.title; form.requestSubmit(); }
  };

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, 180); });
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !list.hidden) { e.preventDefault(); close(); return; }
    if (list.hidden || hits.length === 0) return;
    if (e.key === 'ArrowDown') { e.preventDefault(); select((active + 1) % hits.length); }
    else if (e.key === 'ArrowUp') { e.preventDefault(); select(active <= 0 ? hits.length - 1 : active - 1); }
    else if (e.key === 'Enter' && active >= 0) { e.preventDefault(); open(hits[active]); }
  });
  list.addEventListener('mousedown', (e) => {
    const i = [...list.children].indexOf(e.target.closest('li'));
    if (i >= 0) { e.preventDefault(); open(hits[i]); }
  });
  input.addEventListener('blur', () => setTimeout(close, 100));
}
