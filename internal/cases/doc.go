// Package cases conducts a case (Vorgang) from the first answer to its erasure.
//
// It decides the legal states (one table, state.go), who may do what (perm.go),
// when an application counts as received, what is kept and for how long. It
// never renders a page, never calls a payment provider or a connector itself
// (payments, delivery), never decides what an answer means (forms).
//
// The phases and their files:
//
//   - intake: draft, answer, upload, submit, paid, receipt
//   - desk: worklist, claim, note, ask, decide
//   - applicant: inbox, reply
//   - afterwards: deliver, retention
//
// Received ("eingegangen") is said only after the application, its files (file
// and folder fsynced), the jobs and the audit entry are committed. The hash of
// an application is the SHA-256 of its antrag.json, which holds the SHA-256 of
// every attachment.
//
// Everything a person wrote is sealed under a key of the case, which is wrapped
// by the tenant's key: answers, messages, notes, the applicant's name, names
// and bytes of files. Erasure throws the case key away and deletes the rest;
// number, state and hash stay.
//
// Norms: § 9 and § 9a OZG (inbox, check before sending, warning, copy), TR-03172-3
// A3.3.01, A3.8, A3.16, A3.17, A3.19, § 41 VwVfG (Bekanntgabe), Art. 17 DSGVO.
package cases
