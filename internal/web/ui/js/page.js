// Folds navigation and languages behind one button on small screens (CSS
// decides when) and gives the focus back on Escape.
export function menu(doc) {
  const button = doc.querySelector('[data-menu]');
  const header = button?.closest('.p-header');
  if (!header) return;
  const set = (open) => {
    header.toggleAttribute('data-open', open);
    button.setAttribute('aria-expanded', String(open));
  };
  button.addEventListener('click', () => set(!header.hasAttribute('data-open')));
  header.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && header.hasAttribute('data-open')) {
      set(false);
      button.focus();
    }
  });
}

// Light, dark or as the device: kept in this browser only, no cookie.
export function themeSwitch(doc) {
  const box = doc.querySelector('[data-theme-switch]');
  if (!box) return;
  let chosen = 'auto';
  try { chosen = localStorage.getItem('theme') ?? 'auto'; } catch { return; }
  const radio = box.querySelector(`input[value="${chosen === 'light' || chosen === 'dark' ? chosen : 'auto'}"]`);
  if (radio) radio.checked = true;
  box.hidden = false;
  box.addEventListener('change', (e) => {
    const theme = e.target.value;
    if (theme === 'auto') {
      delete doc.documentElement.dataset.kernTheme;
      localStorage.removeItem('theme');
    } else {
      doc.documentElement.dataset.kernTheme = theme;
      localStorage.setItem('theme', theme);
    }
  });
}

export function printing(doc) {
  for (const button of doc.querySelectorAll('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
}
