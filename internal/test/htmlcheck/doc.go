// Package htmlcheck reads pages in tests: it finds elements by a small subset
// of CSS selectors and reports what no page may do (ux.md 2.3, check 8).
//
// It checks what a browser-based checker does not see or sees too late: labels
// of fields, one h1, unique ids, references that lead somewhere, anchors that
// exist, texts that were never filled in. It is no validator.
//
// Norms: WCAG 2.2 1.3.1, 2.4.2, 2.4.6, 3.1.1, 4.1.2; HTML Living Standard 3.2.6 (ids).
package htmlcheck
