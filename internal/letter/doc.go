// Package letter writes the letters and receipts of an authority as PDF.
//
// It decides the form: a business letter after DIN 5008 form B (address field,
// information block, subject, fold marks, "Seite 1 von 2"), in the two weights
// of one typeface, and the structure that assistive technology reads: every
// text is tagged (Document, H1 to H3, P, L, Table with TH and scope), what
// repeats on each page is an artifact, the document has a language and shows
// its title. It also decides what a decision text from a template may hold.
//
// Norms: ISO 32000-1 (PDF 1.7), ISO 14289-1 (PDF/UA-1), ISO 19005-2 level A
// (PDF/A-2a), DIN 5008:2020 form B, DIN SPEC 91379 for the characters of names.
// Why no library writes the file: docs/adr/0012-pdf-letters.md.
//
// It never reads a clock, a file or a database, and never logs: a letter is
// personal data from its first line. Equal letters give equal bytes. It never
// leaves a character out: what neither typeface holds is printed as its code,
// "[U+4E2D]", and Missing names it beforehand.
package letter
