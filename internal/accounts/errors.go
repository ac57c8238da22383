package accounts

import (
	"errors"

	"stadttor/internal/errs"
)

// refusal is a sign-in that was refused: what the person reads, and which rule
// said so.
type refusal struct {
	rule string
	err  error
}

func (r *refusal) Error() string { return r.err.Error() + ": " + r.rule }

func (r *refusal) Unwrap() error { return r.err }

// Refused reports a sign-in that was refused. key is the text that the person
// reads; rule goes to the log and to the audit entry: a few words of a closed
// vocabulary without anything that came from outside ("nonce", "audience",
// "signature algorithm"), at most 80 bytes.
func Refused(key, rule string) error { return &refusal{rule, errs.Forbidden(key)} }

// RuleOf gives the rule for which a sign-in was refused, "" for none.
func RuleOf(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.rule
	}
	return ""
}
