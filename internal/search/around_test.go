package search

import (
	"slices"
	"strings"
	"testing"
)

func TestWhereNothingAnswersTheHitsLieNear(t *testing.T) {
	service := func(id, title string) Doc { return Doc{Kind: KindService, ID: id, Title: title} }
	dogs := []Doc{service("hund", "Hunde - An- und Abmeldung"), service("wohnung", "Wohnsitz anmelden"), service("fahren", "Fahrerlaubnis - Ersterteilung"), service("bad", "Hallenbad")}
	own := []Entry{
		{Official: []string{"Beißkorbzwang"}, Words: []string{"Beißkorb", "Hund mit Beißkorb"}},
		{Official: []string{"Begleitetes Steuern"}, Words: []string{"BS17", "Fahrerlaubnis mit 17"}},
		{Official: []string{"Ponyreiten"}, Words: []string{"Reiten auf dem Pony", "Hallenbad für Ponys"}},
		{Official: []string{"Schmiedekurs"}, Words: []string{"Quarkwort", "Hallenbad"}, Directed: true},
	}
	v := NewView(Build(dogs, Options{Synonyms: NewVocabulary(nil, own)}), nil, nil)
	for _, c := range []struct {
		rule, query string
		first       string // "" for none
		near        bool
	}{
		{"a word whose other wordings speak of something offered", "Beißkorb", "hund", true},
		{"an abbreviation", "BS17", "fahren", true},
		{"what is answered is not near", "Hund anmelden", "hund", false},
		{"misspelt, and answered", "Wohnsitz anmeldn", "wohnung", false},
		{"words of one's own", "Ponyreiten", "bad", true},
		{"a directed entry ties its words to its name only", "Schmiedekurs", "", false},
		{"an unknown word", "Xyqwrtz", "", false},
		{"a stop word", "der", "", false},
		{"nothing", "", "", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r := v.Search(Query{Text: c.query})
			var first string
			if len(r.Hits) > 0 {
				first = r.Hits[0].ID
			}
			if first != c.first || r.Near != c.near {
				t.Errorf("%q: first %q near %t, want %q %t (%+v)", c.query, first, r.Near, c.first, c.near, r.Hits)
			}
			if r.Near && len(r.Hits) > aroundHits {
				t.Errorf("%d hits", len(r.Hits))
			}
			many, near := SearchMany([]NamedView{{Name: "a", View: v, Here: true}}, Query{Text: c.query, Limit: MaxLimit})
			if near != c.near || len(many) > 0 != (c.first != "") || len(many) > 0 && many[0].ID != first {
				t.Errorf("all portals: near %t, %+v", near, many)
			}
		})
	}
	if r := v.Search(Query{Text: "Beißkorb", Kinds: []Kind{KindPerson}}); len(r.Hits) > 0 || r.Near {
		t.Errorf("filters hold near by as well: %+v", r)
	}
}

func TestAPlaceIsToldAlsoWhereNothingAnswers(t *testing.T) {
	words := NewVocabulary(nil, []Entry{{Official: []string{"Beißkorbzwang"}, Words: []string{"Beißkorb", "Hund mit Beißkorb"}}})
	v := NewView(Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hunde - An- und Abmeldung"}}, Options{Synonyms: words, Places: []string{"Torhausen"}}), nil, nil)
	if r := v.Search(Query{Text: "Beißkorb Torhausen"}); !r.Near || len(r.Places) != 1 || r.Places[0] != "Torhausen" {
		t.Errorf("%+v", r)
	}
}

func TestWhatEditorsTeachComesBeforeWhatLiesNear(t *testing.T) {
	words := NewVocabulary(nil, []Entry{{Official: []string{"Beißkorbzwang"}, Words: []string{"Beißkorb", "Hund mit Beißkorb"}}})
	v := NewView(Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hunde - An- und Abmeldung"}, {Kind: KindService, ID: "bus", Title: "Fundsachen"}}, Options{Synonyms: words}), nil, nil)
	if r := v.Search(Query{Text: "Beißkorb"}); !r.Near {
		t.Fatalf("the test needs a word that nothing answers: %+v", r)
	}
	v = v.With(Learnt{Synonyms: []*Synonyms{NewSynonyms([]Synonym{{Words: "Beißkorb", Doc: Key{KindService, "bus"}}})}})
	if r := v.Search(Query{Text: "Beißkorb"}); r.Near || len(r.Hits) != 1 || r.Hits[0].ID != "bus" {
		t.Errorf("%+v", r)
	}
}

func TestWordingsOfAConcept(t *testing.T) {
	v := NewVocabulary(BuiltIn(), []Entry{{Official: []string{"Erstes", "Zweites"}, Words: []string{"Drittes"}, Loose: []string{"Viertes"}}, {Official: []string{"Ziel"}, Words: []string{"Weg"}, Directed: true}})
	if !slices.IsSortedFunc(v.phrases, func(a, b phrase) int { return int(a.concept) - int(b.concept) }) {
		t.Fatal("wordings of a concept do not stand together")
	}
	last := uint32(len(v.names) - 1)
	if got := strings.Join(v.wordings(last-1), " "); got != "Erstes Zweites Drittes Viertes" {
		t.Error(got)
	}
	if got := strings.Join(v.wordings(last), " "); got != "Ziel" {
		t.Error(got)
	}
	if got := v.wordings(last + 1); got != nil {
		t.Error(got)
	}
}
