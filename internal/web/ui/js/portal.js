// Everything here only enhances: each page works without it. Texts come from
// data attributes, so that no sentence stands in a script.
import { guard } from './guard.js';
import { menu, printing, themeSwitch } from './page.js';
import { session } from './session.js';
import { stepper } from './stepper.js';
import { suggest } from './suggest.js';

menu(document);
themeSwitch(document);
printing(document);
document.querySelectorAll('form[data-suggest]').forEach(suggest);
document.querySelectorAll('form[data-guard]').forEach(guard);
document.querySelectorAll('[data-stepper]').forEach(stepper);
session(document);
document.querySelector('form[data-go]')?.requestSubmit(); // on to a partner who takes a form

// A page that came back with errors: the fragment #fehler has focused the
// summary already; after a reload without fragment do the same.
const errors = document.getElementById('fehler');
if (errors && location.hash === '') errors.focus();
