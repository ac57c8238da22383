// Runs before the first paint, so that neither a chosen scheme nor the folded
// menu of small screens flashes. Plain script, not a module; without it, or
// without a choice, the device decides and the menu stays open.
document.documentElement.classList.add('js');
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.kernTheme = theme;
} catch { /* storage is switched off: the device decides */ }
