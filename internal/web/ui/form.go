package ui

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/errs"
)

// ReadForm reads a form; what is none is refused.
func ReadForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errs.TooLarge("error.body-too-large")
		}
		return errs.Invalid("")
	}
	return nil
}

// Typed keeps what people type of a short text, at most most characters.
func Typed(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// OnPage reports whether an error is told on the page itself, with what was
// typed: something wrong, too often, or too busy.
func OnPage(err error) bool {
	return errs.Is(err, errs.KindInvalid) || errs.Is(err, errs.KindLimited) || errs.Is(err, errs.KindUnavailable)
}
