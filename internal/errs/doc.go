// Package errs is the one error type that crosses floors.
//
// It decides the few kinds an error can have, which text key a page shows for
// it, and which field it belongs to. It never holds a sentence for people
// (those live in web/locale) and its internal text never reaches a page.
package errs
