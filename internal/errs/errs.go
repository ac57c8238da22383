package errs

import (
	"errors"
	"fmt"
)

// Kind says how a caller should react. The zero value is Internal.
type Kind uint8

// The kinds, and the status that web/ui gives them.
const (
	KindInternal    Kind = iota // 500: our fault, logged
	KindInvalid                 // 422: the input is wrong, Fields say where
	KindNotFound                // 404: does not exist, or is not yours to see
	KindForbidden               // 403: exists and you may know it, but not do this
	KindConflict                // 409: changed meanwhile, or not in this state
	KindUnavailable             // 503: a partner or the disk does not answer; try again
	KindTooLarge                // 413: more bytes than the place takes
	KindLimited                 // 429: too many tries
	KindMethod                  // 405: the address exists and takes other methods
)

var kindNames = [...]string{"internal", "invalid", "not found", "forbidden", "conflict", "unavailable", "too large", "limited", "method"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Field names one wrong input: Name is the field's id on the page, Key the
// text key (or, with Literal set, a finished German sentence from a form
// definition).
type Field struct {
	Name    string
	Key     string
	Literal string
	Args    []any
}

// Error is what verbs return. Key is a text key of web/locale; an empty Key
// means the kind's general text. Cause is for the log only and must hold IDs,
// never personal data.
type Error struct {
	Kind   Kind
	Key    string
	Fields []Field
	cause  error
}

func (e *Error) Error() string {
	switch {
	case e.cause != nil && e.Key != "":
		return e.Key + ": " + e.cause.Error()
	case e.cause != nil:
		return e.cause.Error()
	case e.Key != "":
		return e.Kind.String() + ": " + e.Key
	}
	return e.Kind.String()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.cause }

// Invalid reports wrong input at the given fields.
func Invalid(key string, fields ...Field) error {
	return &Error{Kind: KindInvalid, Key: key, Fields: fields}
}

// NotFound reports a thing that does not exist or is not the caller's to see;
// what and id go to the log.
func NotFound(what string, id any) error {
	return &Error{Kind: KindNotFound, cause: fmt.Errorf("no %s %v", what, id)}
}

// Method reports a method that the address does not take; the door names
// those it does.
func Method(method string) error {
	return &Error{Kind: KindMethod, cause: fmt.Errorf("not for %q", method)}
}

// Forbidden reports a refused action.
func Forbidden(key string) error { return &Error{Kind: KindForbidden, Key: key} }

// Conflict reports that the object is in another state or was changed meanwhile.
func Conflict(key string) error { return &Error{Kind: KindConflict, Key: key} }

// Unavailable wraps a failing partner or store.
func Unavailable(key string, cause error) error {
	return &Error{Kind: KindUnavailable, Key: key, cause: cause}
}

// TooLarge reports a body or file above its bound.
func TooLarge(key string) error { return &Error{Kind: KindTooLarge, Key: key} }

// Limited reports too many tries.
func Limited(key string) error { return &Error{Kind: KindLimited, Key: key} }

// KindOf finds the kind in the chain; an error of no known kind is Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// Is reports whether err has the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// KeyOf gives the text key in the chain, or "".
func KeyOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

// FieldsOf gives the wrong fields in the chain, or nil.
func FieldsOf(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}
