package xzufi

import (
	"fmt"
	"strings"
)

// Reason says in one word why an object or a file was refused. The words are
// stable: locale files and reports for machines use them as keys.
type Reason string

// Reasons of an ObjectError.
const (
	ReasonXML        Reason = "not-well-formed" // the element is no XML
	ReasonUnclosed   Reason = "not-closed"      // the element does not end before the next one begins
	ReasonStray      Reason = "stray-end-tag"   // an end tag that closes nothing
	ReasonTooLarge   Reason = "too-large"       // more bytes than Limits.Object
	ReasonTooDeep    Reason = "too-deep"        // nested deeper than Limits.Depth
	ReasonTextLong   Reason = "text-too-long"   // one text longer than Limits.Text
	ReasonTooMany    Reason = "too-many-elements"
	ReasonNoObject   Reason = "no-object"      // schreibe or loesche holds no object
	ReasonUnknown    Reason = "unknown-object" // an object of a kind that is not read, such as formular
	ReasonNoID       Reason = "no-id"
	ReasonNoName     Reason = "no-name"
	ReasonNoLeistung Reason = "no-leistung" // a competence or specialisation of nothing
)

// Reasons of a FileError.
const (
	ReasonEmpty     Reason = "empty"
	ReasonNotXML    Reason = "not-xml"
	ReasonNotXZuFi  Reason = "not-xzufi"      // the root is not in an XZuFi namespace
	ReasonVersion   Reason = "wrong-version"  // XZuFi of a version that this reader was not asked to read
	ReasonDoctype   Reason = "doctype"        // DOCTYPE is refused: entities are how XML bombs are built
	ReasonEncoding  Reason = "wrong-encoding" // an encoding that is not read
	ReasonTruncated Reason = "truncated"      // the file ends before its root element does
	ReasonTrailing  Reason = "trailing-data"  // something follows the root element
	ReasonRead      Reason = "reading-failed" // the source failed; Unwrap gives its error
)

// ObjectError is one object that was not taken. Reading goes on.
type ObjectError struct {
	Index  int    // counts schreibe and loesche from 1; 0 for a stray end tag
	Kind   Kind   // empty if it was not recognisable
	ID     string // value of the id as far as it was readable
	Line   int    // line in the file on which the object begins, or the fault if that is known
	Reason Reason
	Detail string // for people who repair the file; never a text of the object
}

func (e *ObjectError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "xzufi: line %d: object %d", e.Line, e.Index)
	if e.Kind != "" {
		fmt.Fprintf(&b, " (%s", e.Kind)
		if e.ID != "" {
			fmt.Fprintf(&b, " %s", e.ID)
		}
		b.WriteByte(')')
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	return b.String()
}

// FileError ends the reading. Objects that Next gave before it were whole.
type FileError struct {
	Line   int
	Reason Reason
	Detail string
	Err    error // error of the source for ReasonRead, else nil
}

func (e *FileError) Error() string {
	s := fmt.Sprintf("xzufi: line %d: %s", e.Line, e.Reason)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap gives the error of the source.
func (e *FileError) Unwrap() error { return e.Err }
