package ui

import (
	"errors"
	"net/http"

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

// OnPage reports whether an error is told on the page itself, with what was
// typed: something wrong, too often, or too busy.
func OnPage(err error) bool {
	return errs.Is(err, errs.KindInvalid) || errs.Is(err, errs.KindLimited) || errs.Is(err, errs.KindUnavailable)
}
