package search

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
)

func taughtView(list ...Synonym) *View {
	return townView().With(Learnt{Synonyms: []*Synonyms{NewSynonyms(list)}})
}

func service(id string) Key { return Key{KindService, id} }

func TestWhatEditorsTeach(t *testing.T) {
	list := []Synonym{
		{Words: "Krixelmaxx", Doc: service("hund")},
		{Words: "Kaffee verschüttet", Doc: service("pa")},
		{Words: "Klüngelkram", Official: "Sperrmüllabfuhr"},
		{Words: "Hundesteuer: Hund anmelden", Doc: service("baum")}, // an exact title
		{Words: "Ecke", Doc: service("buero-weg")},                  // is not there any more
		{Words: "Balkonkasten", Doc: service("baum"), Loose: true},
		{Words: "🐕 …", Doc: service("hund")}, // no word in it
	}
	v := taughtView(list...)
	for _, c := range []struct{ rule, query, want string }{
		{"a word that means nothing else", "krixelmaxx", "hund"},
		{"in other case and with a question around it", "Wo kann ich meinen KRIXELMAXX zeigen?", "hund"},
		{"with a typing error", "krixelmax", "hund"},
		{"several words in any order", "verschüttet hab ich Kaffee", "pa"},
		{"official words are asked in its place", "Klüngelkram", "sperrmuell"},
		{"official words with a typing error", "Klüngelkrahm", "sperrmuell"},
		{"the editors' word comes before an exact title", "Hundesteuer: Hund anmelden", "baum"},
		{"beside a place", "krixelmaxx torhausen", "hund"},
		{"loose words find, too", "balkonkasten", "baum"},
	} {
		if got := ids(v.Search(Query{Text: c.query})); len(got) == 0 || got[0] != c.want {
			t.Errorf("%s: %q gives %v, want %s first", c.rule, c.query, got, c.want)
		}
	}
	for rule, query := range map[string]string{"only one of several words": "Kaffee", "a document that is gone": "Ecke", "nothing": "", "emoji": "🐕"} {
		if got := ids(v.Search(Query{Text: query})); slices.Contains(got, "pa") || slices.Contains(got, "hund") {
			t.Errorf("%s: %q gives %v", rule, query, got)
		}
	}
	if r := v.Search(Query{Text: "krixelmaxx"}); r.DidYouMean != "" || r.Hits[0].Match != "Krixelmaxx → Hundesteuer: Hund anmelden" {
		t.Errorf("%+v", r)
	}
	if r := v.Search(Query{Text: "krixelmax"}); r.DidYouMean != "Krixelmaxx" {
		t.Errorf("the right spelling of a taught word: %q", r.DidYouMean)
	}
}

func TestAWordThatMeansSomethingKeepsItsMeaning(t *testing.T) {
	v := taughtView(Synonym{Words: "Hunt", Doc: service("baum")}) // one letter from a word of the index
	if got := ids(v.Search(Query{Text: "hund"})); len(got) == 0 || got[0] != "hund" {
		t.Errorf("a known word was taken for a mistyped synonym: %v", got)
	}
}

func TestWhatIsNotOfferedIsNotTaught(t *testing.T) {
	lib := Build(town(), Options{})
	v := NewView(lib, lib.SetOf(service("baum")), nil).With(Learnt{Synonyms: []*Synonyms{NewSynonyms([]Synonym{{Words: "krixelmaxx", Doc: service("hund")}})}})
	if got := ids(v.Search(Query{Text: "krixelmaxx"})); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestTheOwnTextOfADocumentIsTaughtOnce(t *testing.T) {
	lib := Build(town(), Options{})
	own := Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hunde bei uns"}}, Options{})
	v := NewView(lib, nil, own).With(Learnt{Synonyms: []*Synonyms{NewSynonyms([]Synonym{{Words: "krixelmaxx", Doc: service("hund")}})}})
	r := v.Search(Query{Text: "krixelmaxx"})
	if len(r.Hits) != 1 || !r.Hits[0].Own {
		t.Errorf("%+v", r.Hits)
	}
}

func TestSynonymsOfThePortalCountWhereTheQuestionIsAsked(t *testing.T) {
	lib := Build(town(), Options{})
	own := Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hunde bei uns"}}, Options{})
	a := NewView(lib, nil, nil).With(Learnt{Synonyms: []*Synonyms{NewSynonyms([]Synonym{{Words: "krixelmaxx", Doc: service("hund")}, {Words: "Klüngelkram", Official: "Sperrmüllabfuhr"}})}})
	views := []NamedView{{Name: "a", View: a, Here: true}, {Name: "b", View: NewView(lib, nil, own)}, {Name: "c", View: NewView(lib, lib.SetOf(service("baum")), nil)}}
	got := map[string][]string{}
	many, _ := SearchMany(views, Query{Text: "krixelmaxx"})
	for _, h := range many {
		got[fmt.Sprint(h.ID, h.Own)] = h.Portals
	}
	if fmt.Sprint(got) != "map[hundfalse:[a] hundtrue:[b]]" {
		t.Errorf("%v", got)
	}
	if h, _ := SearchMany(views, Query{Text: "klüngelkram"}); len(h) != 1 || h[0].ID != "sperrmuell" {
		t.Errorf("%+v", h)
	}
	views[0].Here, views[1].Here = false, true
	if h, _ := SearchMany(views, Query{Text: "krixelmaxx"}); len(h) != 0 {
		t.Errorf("asked elsewhere: %+v", h)
	}
}

func TestWhatManyChooseComesFirstAmongNearEquals(t *testing.T) {
	docs := []Doc{
		{Kind: KindService, ID: "a", Title: "Parkausweis Anna"},
		{Kind: KindService, ID: "b", Title: "Parkausweis Berta"},
		{Kind: KindService, ID: "c", Title: "Bewohner ohne Ausweis", Lead: "Parkausweis"},
	}
	lib := Build(docs[:2], Options{})
	v := NewView(lib, nil, Build(docs[2:], Options{}))
	if got := ids(v.Search(Query{Text: "parkausweis"})); got[0] != "a" {
		t.Fatalf("the test needs equals: %v", got)
	}
	liked := v.With(Learnt{Popularity: map[Key]float64{service("b"): 40, service("c"): 4000, service("gone"): 1, service("a"): math.NaN()}})
	if got := ids(liked.Search(Query{Text: "parkausweis"})); got[0] != "b" {
		t.Errorf("popularity does not count: %v", got)
	}
	if s := liked.Suggest("park", 3); s[0].ID != "b" {
		t.Errorf("suggestions: %+v", s)
	}
	if got := ids(v.Search(Query{Text: "parkausweis"})); got[0] != "a" {
		t.Error("the view itself changed")
	}
}

func TestFacetsCountWhatOneMoreChoiceWouldLeave(t *testing.T) {
	docs := []Doc{
		{Kind: KindService, ID: "1", Title: "Hund anmelden", Online: true, Situations: []string{"tiere", "umzug"}},
		{Kind: KindService, ID: "2", Title: "Hund abmelden", Situations: []string{"tiere"}},
		{Kind: KindService, ID: "3", Title: "Hund finden"},
		{Kind: KindFacility, ID: "4", Title: "Hundeamt Hund"},
	}
	v := NewView(Build(docs, Options{}), nil, nil)
	facts := func(k Key) Facts {
		f := Facts{Authority: "stadt", Online: k.ID == "1" || k.ID == "3"}
		if k.ID == "3" {
			f.Authority = "land"
		}
		if k.ID == "1" || k.ID == "2" {
			f.Situations = []string{"tiere"}
		}
		return f
	}
	type counts struct {
		total, services, facilities, online, tiere, stadt, land int
	}
	for _, c := range []struct {
		rule string
		q    Query
		want counts
	}{
		{"no filter", Query{}, counts{4, 3, 1, 2, 2, 3, 1}},
		{"a kind", Query{Kinds: []Kind{KindService}}, counts{3, 3, 1, 2, 2, 2, 1}},
		{"on-line", Query{OnlineOnly: true}, counts{2, 2, 0, 2, 1, 1, 1}},
		{"a situation", Query{Situation: "tiere"}, counts{2, 2, 0, 1, 2, 2, 0}},
		{"an authority", Query{Authority: "land"}, counts{1, 1, 0, 1, 0, 3, 1}},
		{"two that exclude each other", Query{Authority: "land", Situation: "tiere"}, counts{0, 0, 0, 0, 0, 2, 0}},
	} {
		c.q.Text, c.q.Facts = "hund", facts
		r := v.Search(c.q)
		got := counts{r.Total, r.Facets[KindService], r.Facets[KindFacility], r.Online, r.Situations["tiere"], r.Authorities["stadt"], r.Authorities["land"]}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.rule, got, c.want)
		}
	}
}

// A tenant may have thousands of words; a query must not walk through them.
func TestManySynonymsCostLittle(t *testing.T) {
	var list []Synonym
	for i := range 5000 {
		list = append(list, Synonym{Words: fmt.Sprintf("wort%c%c%c von hier", 'a'+i%26, 'a'+i/26%26, 'a'+i/676), Doc: service("hund")})
	}
	v := taughtView(list...)
	const n = 50
	took := clocktest.Spent(t, func() {
		for range n {
			v.Search(Query{Text: "wortabc von hier hund anmelden sperrmüll"})
		}
	})
	if each := took / n; each > 25*time.Millisecond {
		t.Errorf("%s for each query", each)
	}
}

func FuzzSynonyms(f *testing.F) {
	f.Add("krixelmaxx", "krixlmaxx anmelden")
	f.Add("", "\x00")
	f.Add("🐕 hund", "hund 🐕")
	f.Add("a b c d e f", "f e d c b a a a")
	f.Fuzz(func(t *testing.T, words, query string) {
		v := taughtView(Synonym{Words: words, Doc: service("hund")}, Synonym{Words: words, Official: query})
		for _, h := range v.Search(Query{Text: query}).Hits {
			if math.IsNaN(h.Score) || math.IsInf(h.Score, 0) || h.Score <= 0 {
				t.Errorf("score %v", h.Score)
			}
		}
		SearchMany([]NamedView{{Name: "a", View: v, Here: true}}, Query{Text: query})
	})
}
