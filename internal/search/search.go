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
	Authority  string
	// Facts tells what the portal knows of a document beyond the index, for the
	// filters and counts; nil takes what the document says of itself. It is
	// called for each document that is found and must be quick.
	Facts func(Key) Facts
}

// Facts of a document at one portal.
type Facts struct {
	Online     bool
	Situations []string
	Authority  string // who is responsible, "" for nobody
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
	Near       bool   // nothing answers the query; the hits are about what lies near to it
	Total      int    // all hits that pass the filters, not only those of this page
	DidYouMean string // corrected query text, or empty
	// Each of these counts before its own filter and after all others: what one
	// more choice would leave.
	Facets      map[Kind]int   // hits by kind
	Online      int            // hits that can be done on-line
	Situations  map[string]int // hits by life situation; one hit may count in several
	Authorities map[string]int // hits by who is responsible
	Places      []string       // places named in the query (Options.Places), as written there
	Took        time.Duration  // left zero: this package has no clock; the caller may fill it
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
	Here bool // the question is asked at this portal
}

// ManyHit is one document found in the portals named in Portals.
type ManyHit struct {
	Hit
	Portals []string
}
