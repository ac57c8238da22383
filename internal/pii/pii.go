// Package pii is the type of personal data.
//
// It decides that printing, logging or formatting a personal text yields
// "[personal]" and that only Reveal gives it out, so that every use can be
// found by searching for Reveal. It never stores anything (TR-03172-3
// A3.14.07: no application data in logs).
package pii

import (
	"fmt"
	"log/slog"
)

// Text is a personal text: a name, an address, an answer.
type Text struct{ v string }

const mask = "[personal]"

// New marks a text as personal.
func New(s string) Text { return Text{s} }

// Reveal gives the text to where it belongs: a page for its owner or the
// caseworker in charge, a sealed store, a delivery.
func (t Text) Reveal() string { return t.v }

// Empty reports whether there is nothing.
func (t Text) Empty() bool { return t.v == "" }

// String hides the text.
func (t Text) String() string { return mask }

// GoString hides the text from %#v.
func (t Text) GoString() string { return mask }

// Format hides the text from every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// LogValue hides the text from slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalJSON hides the text: sealed documents marshal revealed values on purpose.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }
