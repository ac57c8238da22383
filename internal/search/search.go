package search

import "time"

// Kind says what a document is.
type Kind string

// The kinds of documents.
const (
	KindService   Kind = "service"
	KindFacility  Kind = "facility"
	KindPerson    Kind = "person"
	KindSituation Kind = "situation"
)

// Bounds of a query. Longer texts are cut, never refused.
const (
	MaxQueryRunes = 300
	MaxQueryTerms = 24
	MaxLimit      = 200   // hits of one page
	MaxOffset     = 10000 // hits that may be skipped
)

// Key names a document within a corpus.
type Key struct {
	Kind Kind
	ID   string
}

// Doc is one document as its editors wrote it, in plain text.
type Doc struct {
	Kind       Kind
	ID         string
	Title      string
	Keywords   []string // editors' synonyms
	Lead       string   // short text
	Body       string   // remaining plain text, HTML already removed
	LeiKa      string   // 14 digits, or empty
	Online     bool     // can be applied for on-line
	Popularity float64  // clicks of the portal; only its order of magnitude counts; 0 or more
	Places     []string // names of the places it belongs to (facility, person)
	Phone      string   // searched by its first or last digits (staff, facility)
	Situations []string // life situations, for the filter Query.Situation
}

// Query is one question. The zero value of each filter means "no filter".
type Query struct {
	Text       string
	Kinds      []Kind
	Limit      int       // 0 means 10; at most MaxLimit
	Offset     int       // at most MaxOffset
	Now        time.Time // for season hints; zero means none
	OnlineOnly bool
	Situation  string
}

// Hit is one document that answers the query.
type Hit struct {
	Kind  Kind
	ID    string
	Score float64 // comparable within one Result only
	Own   bool    // from the tenant's own documents, not from the library
	Match string  // what made it match, in German, for explanation: "perso → Personalausweis"
}

// Result is the answer to one query.
type Result struct {
	Hits       []Hit
	Total      int           // all hits of the kinds asked for, not only those of this page
	DidYouMean string        // corrected query text, or empty
	Facets     map[Kind]int  // hits by kind, before the filter Query.Kinds
	Places     []string      // places named in the query (Options.Places), as written there
	Took       time.Duration // left zero: this package has no clock; the caller may fill it
}

// Suggestion is one line offered while the person types.
type Suggestion struct {
	Text string
	Kind Kind
	ID   string
}

// NamedView is the view of one portal with the name by which ManyHit tells it.
type NamedView struct {
	Name string
	View *View
}

// ManyHit is one document found in the portals named in Portals.
type ManyHit struct {
	Hit
	Portals []string
}
