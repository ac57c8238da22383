// Package forms is the run time of on-line forms: what a form asks, which page comes next, whether an answer is allowed,
// what the answers cost and how they are shown and delivered.
//
// It decides
//   - what a definition may say: the JSON Schema in schema/form.schema.json, the types of its expressions, the linter;
//   - the journey: which pages apply and the state of each, worked out anew from the answers on every request;
//   - one normaliser and one validator for each type of field, used when a page is sent, when a draft is opened again and
//     when the form is submitted;
//   - the German texts that say what is wrong and what to do.
//
// But for Shelf, which keeps the published versions, it does no I/O. It never stores answers, never renders, never runs a script, never trusts a computed or hidden value from
// outside, and never repairs a character: what DIN 91379 does not know is refused with a sentence that says which.
//
// The way of an answer: Accept (one page in, answers and problems out) → Journey (where next) → Check (everything once
// more) → Final, Summary, Fee, Export. An answer that a condition hides stays in the draft, so that going back loses
// nothing, but reaches none of the last four.
//
// A page of a journey is open, done or wrong. A field is answered, skipped (seen and left empty) or refused (kept as
// typed). A definition that is parsed is immutable and safe for concurrent use; answers are values.
//
// Norms: DIN 91379:2022-08 (characters), ISO 8601 (days), ISO 13616 and EPC409-09 (IBAN), E.164 (telephone), § 9 and
// Annex 2 FZV (registrations), RFC 5321 and IDNA 2008 (e-mail), JSON Schema 2020-12, WCAG 2.2 1.3.5, 3.3.1, 3.3.7.
package forms
