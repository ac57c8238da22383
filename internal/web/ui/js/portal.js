// Everything here only enhances: each page works without it.
document.documentElement.classList.add('js');
