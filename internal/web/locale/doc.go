// Package locale holds every sentence that a page of ours shows, and the
// German way to write dates, money and numbers.
//
// It decides which language a page speaks (de, en, and de-leicht for Leichte
// Sprache), finds a text by key and fills its placeholders. It never decides
// what is shown, and it holds no content of tenants: that lives in the
// catalogue.
//
// One catalogue per area and language: <area>.<lang>.json; every key begins
// with the area ("citizen.search.title" lives in citizen.de.json). Colleagues
// add a file for their area; nothing is registered. A value is a text, or an
// object {"one": …, "other": …} chosen by the argument "n". Placeholders are
// written {name} and filled from alternating name, value pairs:
//
//	p := locale.For(locale.German)
//	p.T("ui.step.of", "n", 2, "total", 5)
//
// Areas that only staff see (staff, admin, look) may be German only. For the
// others a test asks for all three languages, the same placeholders, no
// unknown key in the code and no unused key in the files.
//
// Norms: BITV 2.0 § 4 (Leichte Sprache), WCAG 2.2 3.1.1 and 3.1.2 (language of
// page and parts), DIN 5008 (dates, numbers, telephone numbers).
package locale
