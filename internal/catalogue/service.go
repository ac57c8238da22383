package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"stadttor/internal/money"
)

// Levels of government that a service belongs to (Ebene).
const (
	LevelGemeinde = "gemeinde"
	LevelKreis    = "kreis"
	LevelLand     = "land"
	LevelBund     = "bund"
)

// Service (Leistung) as editors write it. Texts are HTML of the PVOG's
// whitelist, sanitised when they come in; Title, Official, synonyms and names
// are plain.
type Service struct {
	ID         string   `json:"id"` // identifier of the source
	Slug       string   `json:"slug"`
	Title      string   `json:"title,omitempty"`
	Official   string   `json:"official,omitempty"`
	LeiKa      string   `json:"leika,omitempty"`
	Level      string   `json:"level,omitempty"`
	Role       string   `json:"role,omitempty"` // Stelle, e.g. "steueramt"
	Trust      string   `json:"trust,omitempty"`
	Form       string   `json:"form,omitempty"` // ID of the on-line form
	FormURL    string   `json:"form_url,omitempty"`
	Situations []string `json:"situations,omitempty"`
	Synonyms   []string `json:"synonyms,omitempty"`
	Addressees []string `json:"addressees,omitempty"`

	Short        string     `json:"short,omitempty"`
	Full         string     `json:"full,omitempty"`
	Requirements string     `json:"requirements,omitempty"`
	DocumentText string     `json:"document_text,omitempty"`
	Documents    []Document `json:"documents,omitempty"`
	FeeText      string     `json:"fee_text,omitempty"`
	Fees         []Fee      `json:"fees,omitempty"`
	DeadlineText string     `json:"deadline_text,omitempty"`
	Deadlines    []Deadline `json:"deadlines,omitempty"`
	Duration     string     `json:"duration,omitempty"`
	Procedure    string     `json:"procedure,omitempty"`
	Legal        string     `json:"legal,omitempty"`
	Notes        string     `json:"notes,omitempty"`
	More         string     `json:"more,omitempty"`
	Responsible  string     `json:"responsible,omitempty"` // zuständige Stelle, in words
	Contact      string     `json:"contact,omitempty"`
	Remedy       string     `json:"remedy,omitempty"`
	Links        []Link     `json:"links,omitempty"`
}

// Document (Unterlage) that is asked for.
type Document struct {
	Name     string `json:"name"`
	Note     string `json:"note,omitempty"`
	Optional bool   `json:"optional,omitempty"`
}

// Fee (Gebühr): From is the amount; To is set for a range; Free says that it
// costs nothing.
type Fee struct {
	Text string       `json:"text,omitempty"`
	From money.Amount `json:"from"`
	To   money.Amount `json:"to,omitempty"`
	Free bool         `json:"free,omitempty"`
	Open bool         `json:"open,omitempty"` // no amount given
}

// Amount shows the fee's amount in German.
func (f Fee) Amount() string {
	switch {
	case f.Free || (f.From == 0 && f.To == 0 && !f.Open):
		return "kostenfrei"
	case f.Open:
		return "nach Aufwand"
	case f.To > 0 && f.From == 0:
		return "bis " + f.To.String()
	case f.To > f.From:
		return fmt.Sprintf("%s bis %s", f.From, f.To)
	}
	return f.From.String()
}

// Deadline (Frist) with its span in words.
type Deadline struct {
	Text string `json:"text,omitempty"`
	Span string `json:"span,omitempty"` // "2 Wochen"
}

// Link to more.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Facility (Einrichtung) is the public page of a unit.
type Facility struct {
	ID            string   `json:"id"`
	Slug          string   `json:"slug"`
	Name          string   `json:"name"`
	Text          string   `json:"text,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	Street        string   `json:"street,omitempty"`
	Extra         string   `json:"extra,omitempty"` // building, room
	PLZ           string   `json:"plz,omitempty"`
	City          string   `json:"city,omitempty"`
	Phone         string   `json:"phone,omitempty"`
	Fax           string   `json:"fax,omitempty"`
	Mail          string   `json:"mail,omitempty"`
	Web           string   `json:"web,omitempty"`
	Accessibility string   `json:"accessibility,omitempty"`
	HoursText     string   `json:"hours_text,omitempty"`
	Hours         []Hours  `json:"hours,omitempty"`
	Notes         string   `json:"notes,omitempty"`
}

// Hours is one span of opening on a weekday.
type Hours struct {
	Day  string `json:"day"` // MO … SO
	From string `json:"from"`
	To   string `json:"to"`
	Note string `json:"note,omitempty"`
}

// Contact (Kontakt) is a member of staff whom the authority publishes.
type Contact struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Facility string `json:"facility"` // slug
	Salute   string `json:"salute,omitempty"`
	Title    string `json:"title,omitempty"`
	Given    string `json:"given,omitempty"`
	Family   string `json:"family"`
	Function string `json:"function,omitempty"`
	Topics   string `json:"topics,omitempty"`
	Room     string `json:"room,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Mail     string `json:"mail,omitempty"`
	Position int    `json:"position,omitempty"`
}

// Name is the contact's whole name.
func (c Contact) Name() string {
	out := ""
	for _, s := range []string{c.Title, c.Given, c.Family} {
		if s != "" {
			if out != "" {
				out += " "
			}
			out += s
		}
	}
	return out
}

// Situation (Lebenslage) groups services for a moment in life.
type Situation struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Line  string `json:"line"`
	Intro string `json:"intro"`
	Icon  string `json:"icon"`
	Order int    `json:"order"`
}

// override lays the tenant's fields over the library's; a field that is empty
// above is inherited. It says which fields are the tenant's own.
func override(library, own Service) (Service, map[string]bool) {
	out, mine := library, map[string]bool{}
	text := func(name string, dst *string, src string) {
		if src != "" && src != *dst {
			*dst, mine[name] = src, true
		}
	}
	text("title", &out.Title, own.Title)
	if own.Official != own.Title { // a source without official names repeats the title
		text("official", &out.Official, own.Official)
	}
	text("level", &out.Level, own.Level)
	text("role", &out.Role, own.Role)
	text("trust", &out.Trust, own.Trust)
	text("form", &out.Form, own.Form)
	text("form_url", &out.FormURL, own.FormURL)
	text("short", &out.Short, own.Short)
	text("full", &out.Full, own.Full)
	text("requirements", &out.Requirements, own.Requirements)
	text("document_text", &out.DocumentText, own.DocumentText)
	text("fee_text", &out.FeeText, own.FeeText)
	text("deadline_text", &out.DeadlineText, own.DeadlineText)
	text("duration", &out.Duration, own.Duration)
	text("procedure", &out.Procedure, own.Procedure)
	text("legal", &out.Legal, own.Legal)
	text("notes", &out.Notes, own.Notes)
	text("more", &out.More, own.More)
	text("responsible", &out.Responsible, own.Responsible)
	text("contact", &out.Contact, own.Contact)
	text("remedy", &out.Remedy, own.Remedy)
	if len(own.Documents) > 0 {
		out.Documents, mine["documents"] = own.Documents, true
	}
	if len(own.Fees) > 0 {
		out.Fees, mine["fees"] = own.Fees, true
	}
	if len(own.Deadlines) > 0 {
		out.Deadlines, mine["deadlines"] = own.Deadlines, true
	}
	if len(own.Links) > 0 {
		out.Links, mine["links"] = own.Links, true
	}
	if len(own.Synonyms) > 0 {
		out.Synonyms, mine["synonyms"] = append(append([]string{}, library.Synonyms...), own.Synonyms...), true
	}
	return out, mine
}

// hashOf is the fingerprint by which a change is seen.
func hashOf(v any) (string, []byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", nil, err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16]), b, nil
}
