// Keeps what a person types: saves the draft while typing where the form says
// so, and warns before leaving with something unsaved.
const pause = 2500; // ms without a key before a draft is saved

export function guard(form) {
  const url = form.dataset.autosave;
  const state = form.querySelector('[data-autosave-state]');
  let dirty = false;
  let timer = 0;
  let running = null;

  // Files go with the form itself, never with an autosave.
  const fields = () => {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') data.append(name, value);
    return data;
  };
  const save = async () => {
    running?.abort();
    running = new AbortController();
    const sent = fields();
    try {
      const answer = await fetch(url, { method: 'POST', body: sent, signal: running.signal, redirect: 'error' });
      if (!answer.ok) throw new Error(String(answer.status));
      if (fields().toString() === sent.toString()) dirty = false;
      state.textContent = form.dataset.autosaveSaved;
    } catch (e) {
      if (e.name !== 'AbortError') state.textContent = form.dataset.autosaveFailed;
    }
  };
  form.addEventListener('input', () => {
    dirty = true;
    if (!url) return;
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  });
  // "None of these" and the others exclude each other.
  form.addEventListener('change', (e) => {
    const box = e.target;
    if (box.type !== 'checkbox' || !box.checked) return;
    for (const other of form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.name)}"]`)) {
      if (other !== box && (box.hasAttribute('data-exclusive') || other.hasAttribute('data-exclusive'))) other.checked = false;
    }
  });
  form.addEventListener('submit', () => { dirty = false; clearTimeout(timer); running?.abort(); });
  window.addEventListener('beforeunload', (e) => { if (dirty) e.preventDefault(); });
}
