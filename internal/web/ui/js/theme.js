// Runs before the first paint, so that a chosen scheme does not flash. Plain
// script, not a module; without it, or without a choice, the device decides.
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.kernTheme = theme;
} catch { /* storage is switched off: the device decides */ }
