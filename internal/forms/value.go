package forms

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Answers are the values of one form or of one entry of a repeat group, by field id. They marshal to JSON and back
// without loss. The zero value is an empty form. They hold personal data: never log them.
type Answers map[string]Value

// Value is one answer. Which member counts depends on Type; the others stay empty.
type Value struct {
	Type FieldType `json:"t"`
	// Text: text, longtext, email, choice (code), phone (E.164), iban (no blanks), plate ("UN-AB 123 E"),
	// date (2026-03-31; unknown parts 00).
	Text string `json:"s,omitempty"`
	// Int: number (thousandths), amount (cents).
	Int     int64      `json:"n,omitempty"`
	Bool    bool       `json:"b,omitempty"` // yesno, consent
	Codes   []string   `json:"l,omitempty"` // choices
	Amounts []Quantity `json:"q,omitempty"` // quantities, in the order of the options
	Address *Address   `json:"a,omitempty"`
	Files   []File     `json:"f,omitempty"`
	Promise string     `json:"p,omitempty"`    // file: "later" or "post" instead of an upload
	Version string     `json:"v,omitempty"`    // consent: version of the text agreed to
	At      *time.Time `json:"at,omitempty"`   // consent: when, UTC
	Entries []Entry    `json:"e,omitempty"`    // group
	Next    int        `json:"next,omitempty"` // group: highest key given so far
	Closed  bool       `json:"end,omitempty"`  // group: the person said there is no further entry
	// Skipped: the page was seen and this field left empty or needs no answer.
	Skipped bool `json:"skip,omitempty"`
	// Raw is what was typed when it could not be taken, by input name, for showing it again. A value with Raw is no answer.
	Raw map[string]string `json:"raw,omitempty"`
}

// Entry is one entry of a repeat group. Key never changes and is not used again in the same group.
type Entry struct {
	Key     int     `json:"k"`
	Answers Answers `json:"a"`
}

// Quantity is one line of a quantity list.
type Quantity struct {
	Code  string `json:"c"`
	Count int64  `json:"n"`
}

// Address is a postal address. Place codes are empty abroad and where the PLZ is not known.
type Address struct {
	Street  string `json:"street"`
	Number  string `json:"number"`
	Extra   string `json:"extra,omitempty"`
	PLZ     string `json:"plz"`
	Place   string `json:"place"`
	AGS     string `json:"ags,omitempty"`     // 8 digits
	ARS     string `json:"ars,omitempty"`     // 12 digits
	Country string `json:"country,omitempty"` // name; empty = Germany
}

// File is a reference to an upload that is stored elsewhere.
type File struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"` // media type found in the content, not the one claimed
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Place is one municipality that a PLZ may mean.
type Place struct{ Name, ARS, AGS string }

// Env is what a form may know besides its answers. The zero value works: no places, default parameters, no prefill.
type Env struct {
	Today    time.Time // only the date counts, in its own time zone: Europe/Berlin
	Now      time.Time // the moment a consent is given
	Params   map[string]any
	Places   func(plz string) []Place
	Holidays func(day time.Time) bool
	// Signs are further distinguishing signs of vehicle registration districts, besides the embedded list of 07/2023:
	// new ones, and those of an invented Kreis.
	Signs []string
	// Person prefills by key: vorname familienname geburtsname geburtsdatum (2006-01-02) strasse hausnummer zusatz plz ort
	// email telefon iban kennzeichen. Nothing of it is stored before the person sends the page.
	Person map[string]string
	// Proved names the keys of Person that the account proves at the level of the form (TR-03160-1): a field that is
	// filled by nothing else is locked.
	Proved map[string]bool
}

// Problem is one thing that has to be put right.
type Problem struct {
	Page  string // id of the page
	Field string // id of the field, "" for the page as a whole
	Input string // html id to link to
	Code  string
	Text  string // German: what is wrong and what to do
	Warn  bool   // worth a look, does not block
}

// Blocks reports whether one of the problems must be put right before going on.
func Blocks(problems []Problem) bool {
	for _, p := range problems {
		if !p.Warn {
			return true
		}
	}
	return false
}

// answered reports whether v holds a usable answer.
func (v Value) answered() bool { return v.Type != "" && !v.Skipped && len(v.Raw) == 0 }

// holds reports whether v is a usable answer to this very field. A draft may come from an older version of the form, or
// from a store that was tampered with.
func (f *Field) holds(v Value) bool {
	return v.answered() && v.Type == f.Type && (f.Type != AddressType || v.Address != nil)
}

// entry finds an entry by its key.
func (v Value) entry(key int) (int, bool) {
	for i := range v.Entries {
		if v.Entries[i].Key == key {
			return i, true
		}
	}
	return 0, false
}

// Files lists every file that the answers refer to, hidden ones too, so that the store can keep or drop them.
func (a Answers) Files() []File {
	var out []File
	for _, id := range sortedKeys(a) {
		v := a[id]
		out = append(out, v.Files...)
		for _, e := range v.Entries {
			out = append(out, e.Answers.Files()...)
		}
	}
	return out
}

// clone copies a so deeply that the copy can be written without touching a.
func (a Answers) clone() Answers {
	out := make(Answers, len(a)+4)
	for id, v := range a {
		if v.Entries != nil {
			entries := make([]Entry, len(v.Entries))
			for i, e := range v.Entries {
				entries[i] = Entry{e.Key, e.Answers.clone()}
			}
			v.Entries = entries
		}
		out[id] = v
	}
	return out
}

// String keeps answers out of logs.
func (a Answers) String() string { return "[answers]" }

// LogValue keeps answers out of slog.
func (a Answers) LogValue() slog.Value { return slog.StringValue("[answers]") }

// LogValue keeps a value out of slog.
func (v Value) LogValue() slog.Value { return slog.StringValue("[answer]") }

// GoString keeps answers out of logs.
func (a Answers) GoString() string { return "[answers]" }

// String keeps a value out of logs.
func (v Value) String() string { return "[answer]" }

// GoString keeps a value out of logs.
func (v Value) GoString() string { return "[answer]" }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
