package forms

import (
	"errors"
	"strconv"

	"stadttor/internal/standards/iban"
)

// checkIBAN checks country, length and the check digits of an IBAN without blanks.
func checkIBAN(s string) *fault {
	switch err := iban.Check(s); {
	case err == nil:
		return nil
	case errors.Is(err, iban.ErrCountry):
		return &fault{code: "iban-country", vars: []string{"{country}", s[:2]}}
	case errors.Is(err, iban.ErrLength):
		return &fault{code: "iban-length", vars: []string{"{max}", strconv.Itoa(iban.Length(s[:2])), "{have}", strconv.Itoa(len(s))}}
	case errors.Is(err, iban.ErrCheck):
		return &fault{code: "iban-check"}
	}
	return &fault{code: "iban"}
}
