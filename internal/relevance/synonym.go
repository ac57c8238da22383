package relevance

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/errs"
	"stadttor/internal/search"
)

// SynonymID names a synonym within its place.
type SynonymID string

// Bounds of a synonym and of a layer.
const (
	MaxWordRunes = 80
	MaxSynonyms  = 5000 // of one layer
)

// Synonym (Bürgerwort) leads from what people say to a service, or to the
// official words that are asked in its place. Exactly one of Service and
// Official is set.
type Synonym struct {
	ID       SynonymID `json:"-"`
	Word     string    `json:"word"`
	Service  string    `json:"service,omitempty"` // identifier in the catalogue
	Official string    `json:"official,omitempty"`
	Loose    bool      `json:"loose,omitempty"` // merely near to it: ranks below what is meant
	State    State     `json:"-"`
}

// State is where a synonym stands between editors and visitors.
type State string

// The states. What the search has: nothing of new ones, the old wording of
// changed ones, leaving ones as they are.
const (
	StateNew     State = "new"
	StateLive    State = "live"
	StateChanged State = "changed"
	StateLeaving State = "leaving"
)

// stateOf is the state of a stored row.
func stateOf(draft, published string) State {
	switch {
	case published == "":
		return StateNew
	case draft == "":
		return StateLeaving
	case draft != published:
		return StateChanged
	}
	return StateLive
}

// clean trims and joins blanks.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, " "), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// check makes a synonym fit to be stored, or says which field is wrong: wort,
// ziel.
func check(s Synonym) (Synonym, error) {
	s.Word, s.Service, s.Official = clean(s.Word), clean(s.Service), clean(s.Official)
	var wrong []errs.Field
	switch {
	case s.Word == "":
		wrong = append(wrong, errs.Field{Name: "wort", Key: "relevance.word-missing"})
	case utf8.RuneCountInString(s.Word) > MaxWordRunes:
		wrong = append(wrong, errs.Field{Name: "wort", Key: "relevance.word-long", Args: []any{MaxWordRunes}})
	case !tells(s.Word):
		wrong = append(wrong, errs.Field{Name: "wort", Key: "relevance.word-empty"})
	}
	switch {
	case s.Service == "" && s.Official == "":
		wrong = append(wrong, errs.Field{Name: "ziel", Key: "relevance.target-missing"})
	case s.Service != "" && s.Official != "":
		wrong = append(wrong, errs.Field{Name: "ziel", Key: "relevance.target-both"})
	case utf8.RuneCountInString(s.Official) > MaxWordRunes, len(s.Service) > 200:
		wrong = append(wrong, errs.Field{Name: "ziel", Key: "relevance.target-long", Args: []any{MaxWordRunes}})
	case s.Official != "" && !tells(s.Official):
		wrong = append(wrong, errs.Field{Name: "ziel", Key: "relevance.word-empty"})
	case s.Official != "" && strings.EqualFold(s.Official, s.Word):
		wrong = append(wrong, errs.Field{Name: "ziel", Key: "relevance.target-same"})
	}
	if len(wrong) > 0 {
		return s, errs.Invalid("relevance.refused", wrong...)
	}
	return s, nil
}

// tells reports whether a text holds a word that a query could hold.
func tells(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters >= 2 && search.NewSynonyms([]search.Synonym{{Words: s, Official: "x"}}).Len() == 1
}

// pair is word and target in one spelling: each pair once.
func (s Synonym) pair() string {
	target := "=" + strings.ToLower(s.Official)
	if s.Service != "" {
		target = ">" + s.Service
	}
	return strings.ToLower(s.Word) + target
}

// taught is the synonym as the search takes it.
func (s Synonym) taught() search.Synonym {
	out := search.Synonym{Words: s.Word, Official: s.Official, Loose: s.Loose}
	if s.Service != "" {
		out.Doc = search.Key{Kind: search.KindService, ID: s.Service}
	}
	return out
}

func compile(list []Synonym) *search.Synonyms {
	all := make([]search.Synonym, len(list))
	for i, s := range list {
		all[i] = s.taught()
	}
	return search.NewSynonyms(all)
}
