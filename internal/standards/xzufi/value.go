package xzufi

import (
	"strings"
	"time"
)

// Identifikator names an object. It is unique by agency, scheme and value.
type Identifikator struct {
	Value            string // such as L100042.LB.868
	SchemeAgencyID   string // such as L100042, the Redaktion
	SchemeAgencyName string
	SchemeDataURI    string
	SchemeID         string
	SchemeName       string
	SchemeURI        string
	SchemeVersionID  string
}

// Key gives one string for the triple that makes an Identifikator unique.
func (id Identifikator) Key() string {
	return id.SchemeAgencyID + "\x1f" + id.SchemeID + "\x1f" + id.Value
}

// Code is an entry of a code list.
type Code struct {
	Code          string
	Name          string // optional label
	ListURI       string
	ListVersionID string
}

// Codes is a list of entries, possibly of different lists.
type Codes []Code

// In gives the codes of one list.
func (cs Codes) In(listURI string) []string {
	var out []string
	for _, c := range cs {
		if c.ListURI == listURI {
			out = append(out, c.Code)
		}
	}
	return out
}

// Text is a text in one language.
type Text struct {
	Lang  string // "de", "en", "de-leicht" as the file gives it; may be empty
	Value string
}

// Texts is one text in several languages, at most a few.
type Texts []Text

// In gives the text in the language; failing that, German; failing that, the
// first there is.
func (ts Texts) In(lang string) string {
	if s, ok := ts.Exactly(lang); ok {
		return s
	}
	if s, ok := ts.Exactly("de"); ok {
		return s
	}
	if len(ts) > 0 {
		return ts[0].Value
	}
	return ""
}

// Exactly gives the text in the language and whether there is one. A text
// without language counts as German, "de-DE" as "de"; Leichte Sprache
// ("de-leicht", also written "de-x-ls" or "de-simple") is a language of its
// own and never answers for "de".
func (ts Texts) Exactly(lang string) (string, bool) {
	want := language(lang)
	for _, t := range ts {
		if language(t.Lang) == want && t.Value != "" {
			return t.Value, true
		}
	}
	return "", false
}

func language(tag string) string {
	tag = strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
	switch tag {
	case "":
		return "de"
	case "de-leicht", "de-x-ls", "de-ls", "de-simple", "de-x-leicht":
		return "de-leicht"
	}
	main, _, _ := strings.Cut(tag, "-")
	return main
}

// Hyperlink is a link with its words. URI has the scheme http, https, mailto
// or tel, or is a path on the portal that shows it ("/antrag/…"); links with
// other addresses are dropped by the reader.
type Hyperlink struct {
	Lang         string
	URI          string
	Titel        string
	Beschreibung string
	Position     int
}

// Zeitraum is a period; a zero bound is open. Times without zone are legal
// time, dates begin at legal midnight.
type Zeitraum struct {
	Beginn time.Time
	Ende   time.Time
	Zusatz Texts
}

// Gilt reports whether now lies in one of the periods. No period means always.
func Gilt(zs []Zeitraum, now time.Time) bool {
	for _, z := range zs {
		if (z.Beginn.IsZero() || !now.Before(z.Beginn)) && (z.Ende.IsZero() || now.Before(z.Ende)) {
			return true
		}
	}
	return len(zs) == 0
}

// Betrag is an amount of money. The zero value means that none is given.
type Betrag struct {
	Cents    int64  // not negative, below 10^14
	Waehrung string // ISO 4217, "EUR" where the file names none
}

// Versionsinformation says who wrote an object when.
type Versionsinformation struct {
	ErstelltAm     time.Time
	ErstelltDurch  string
	GeaendertAm    time.Time
	GeaendertDurch string
	Version        string
}

// Sprachversion names a language in which an object exists.
type Sprachversion struct {
	Lang        string
	Deutsch     string // "Englisch"
	Nativ       string // "English"
	Maschinell  *bool  // translated by a machine; only in 2.3, read but not written
	GeaendertAm time.Time
}

// Herausgeber is the Redaktion that answers for an object.
type Herausgeber struct {
	ID          Identifikator
	Bezeichnung Texts
}

// Modulkopf is what all modules of a service carry.
type Modulkopf struct {
	Position     int // order of display, 0 means none given
	ID           Identifikator
	IDSekundaer  []Identifikator
	Gueltigkeit  []Zeitraum
	Zugangskanal Code // only in 2.3, read but not written
}
