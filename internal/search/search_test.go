package search

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"stadttor/internal/clock/clocktest"
)

// town is a small catalogue for tests of rules.
func town() []Doc {
	return []Doc{
		{Kind: KindService, ID: "pa", Title: "Personalausweis beantragen", Online: true},
		{Kind: KindService, ID: "pa-verlust", Title: "Verlust des Personalausweises melden"},
		{Kind: KindService, ID: "hund", Title: "Hundesteuer: Hund anmelden", LeiKa: "99102013000000", Situations: []string{"tiere"}},
		{Kind: KindService, ID: "wohnsitz", Title: "An- und Ummeldung des Wohnsitzes"},
		{Kind: KindService, ID: "sperrmuell", Title: "Sperrmüllabfuhr", Lead: "Alte Möbel holen wir ab."},
		{Kind: KindService, ID: "baum", Title: "Baumfällgenehmigung"},
		{Kind: KindFacility, ID: "buero", Title: "Bürgerbüro", Places: []string{"Torhausen"}},
		{Kind: KindPerson, ID: "p1", Title: "Erika Beispiel", Keywords: []string{"Sozialamt"}, Phone: "00000 123-456"},
	}
}

func townView() *View {
	return NewView(Build(town(), Options{Places: []string{"Torhausen", "Lindenbrück"}}), nil, nil)
}

func ids(r Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return out
}

func TestFirstHit(t *testing.T) {
	v := townView()
	for _, c := range []struct{ rule, query, want string }{
		{"title as it stands", "Personalausweis beantragen", "pa"},
		{"colloquial word", "perso", "pa"},
		{"colloquial word and event", "Perso verloren", "pa-verlust"},
		{"umlaut spelt with e", "sperrmuell", "sperrmuell"},
		{"umlaut left out", "sperrmull", "sperrmuell"},
		{"part of a compound", "müll", "sperrmuell"},
		{"sz for ss", "Personalausweiß", "pa"},
		{"letter left out", "persnalausweis", "pa"},
		{"letters swapped", "perosnalausweis", "pa"},
		{"participle", "hund nicht angemeldet", "hund"},
		{"parted prefix verb", "Wo melde ich meinen Hund an?", "hund"},
		{"infinitive with zu", "wie ist ein hund anzumelden", "hund"},
		{"hanging hyphen", "Anmeldung Wohnsitz", "wohnsitz"},
		{"compound against separate words", "Wohnsitzanmeldung", "wohnsitz"},
		{"question about who is responsible", "wer ist zuständig für Bäume?", "baum"},
		{"place beside a topic", "hund anmelden torhausen", "hund"},
		{"person by office", "Frau Beispiel Sozialamt", "p1"},
		{"person by last digits", "456", "p1"},
		{"LeiKa key", "99102013000000", "hund"},
		{"beginning of a word", "baumf", "baum"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got := ids(v.Search(Query{Text: c.query, Limit: 5}))
			if len(got) == 0 || got[0] != c.want {
				t.Errorf("%q: got %v, want %s first", c.query, got, c.want)
			}
		})
	}
}

func TestOwnDocumentsReplaceLibraryDocuments(t *testing.T) {
	lib := Build(town(), Options{})
	own := Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hundesteuer der Stadt"}, {Kind: KindService, ID: "neu", Title: "Heimatpreis"}}, Options{})
	v := NewView(lib, lib.SetOf(Key{KindService, "hund"}, Key{KindService, "baum"}), own)
	if n := v.Len(); n != 3 {
		t.Errorf("view holds %d documents, want 3", n)
	}
	r := v.Search(Query{Text: "hundesteuer"})
	if len(r.Hits) != 1 || !r.Hits[0].Own || r.Hits[0].ID != "hund" {
		t.Errorf("got %+v, want only the own document", r.Hits)
	}
	if r := v.Search(Query{Text: "personalausweis"}); r.Total != 0 {
		t.Errorf("a service that is not offered was found: %+v", r.Hits)
	}
	if r := NewView(lib, nil, own).Search(Query{Text: "sperrmüll"}); len(r.Hits) != 1 || r.Hits[0].Own {
		t.Errorf("nil set must offer the whole library, got %+v", r.Hits)
	}
}

func TestFilters(t *testing.T) {
	v := townView()
	if got := ids(v.Search(Query{Text: "personalausweis", OnlineOnly: true})); !slices.Equal(got, []string{"pa"}) {
		t.Errorf("on-line only: %v", got)
	}
	if got := ids(v.Search(Query{Text: "hund", Situation: "tiere"})); !slices.Equal(got, []string{"hund"}) {
		t.Errorf("situation: %v", got)
	}
	r := v.Search(Query{Text: "bürgerbüro", Kinds: []Kind{KindService}})
	if r.Facets[KindFacility] != 1 || r.Total != r.Facets[KindService] || slices.Contains(ids(r), "buero") {
		t.Errorf("facets must count kinds that are filtered out: %+v", r)
	}
}

func TestSearchManyMergesInheritedDocuments(t *testing.T) {
	lib := Build(town(), Options{})
	own := Build([]Doc{{Kind: KindService, ID: "hund", Title: "Hundesteuer anmelden"}}, Options{})
	views := []NamedView{{Name: "a", View: NewView(lib, nil, nil)}, {Name: "b", View: NewView(lib, nil, own)}, {Name: "c", View: NewView(lib, nil, nil)}}
	hits, _ := SearchMany(views, Query{Text: "hundesteuer"})
	if len(hits) != 2 {
		t.Fatalf("got %d hits, want the library's and b's own", len(hits))
	}
	for _, h := range hits {
		want := []string{"a", "c"}
		if h.Own {
			want = []string{"b"}
		}
		if !slices.Equal(h.Portals, want) {
			t.Errorf("own=%v: portals %v, want %v", h.Own, h.Portals, want)
		}
	}
}

func TestSynonymsOfEditors(t *testing.T) {
	plain := townView()
	if got := ids(plain.Search(Query{Text: "wuffwuff"})); len(got) != 0 {
		t.Fatalf("the test needs an unknown word, got %v", got)
	}
	v := plain.WithSynonyms([]Entry{{Official: []string{"Hundesteuer"}, Words: []string{"Wuffwuff"}}})
	if got := ids(v.Search(Query{Text: "Wuffwuff anmelden"})); len(got) == 0 || got[0] != "hund" {
		t.Errorf("synonym of the tenant: got %v", got)
	}
	if got := ids(plain.Search(Query{Text: "wuffwuff"})); len(got) != 0 {
		t.Errorf("the first view must not change, got %v", got)
	}
	realm := NewVocabulary(BuiltIn(), []Entry{{Official: []string{"Sperrmüllabfuhr"}, Words: []string{"Klüngelkram"}}})
	r := NewView(Build(town(), Options{Synonyms: realm}), nil, nil)
	if got := ids(r.Search(Query{Text: "Klüngelkram"})); len(got) == 0 || got[0] != "sperrmuell" {
		t.Errorf("synonym of the realm: got %v", got)
	}
}

func TestBadInputIsBounded(t *testing.T) {
	v := catalogue(t, "berlin")
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän ", 400)
	for _, c := range []struct{ rule, query string }{
		{"empty", ""},
		{"blank", " \t\n\u00a0"},
		{"10 kB of words", long},
		{"10 kB without a blank", strings.Repeat("hundesteuer", 1000)},
		{"only stop words", "der die das und oder wer wie was"},
		{"control characters", "\x00\x01\x1b[31mHund\x7f"},
		{"broken UTF-8", "H\xfcnd \xff\xfe"},
		{"SQL", "'; DROP TABLE service; --"},
		{"HTML", "<script>alert(1)</script>"},
		{"emoji", "🐕‍🦺 🐕 👨‍👩‍👧"},
		{"right to left", "שלום \u202eטקסט"},
		{"combining marks", "a" + strings.Repeat("\u0301", 5000)},
		{"many misspelt words", strings.Repeat("Perosnalausewiß Fürerscheinn Huntesteuerr ", 10)},
	} {
		t.Run(c.rule, func(t *testing.T) {
			v.Search(Query{Text: c.query})
			var r Result
			took := clocktest.Spent(t, func() {
				r = v.Search(Query{Text: c.query, Limit: -5, Offset: -7})
				v.Suggest(c.query, 1000)
			})
			if took > 50*time.Millisecond {
				t.Errorf("took %v of processor time; 50 ms are allowed", took)
			}
			if len(r.Hits) > 10 {
				t.Errorf("%d hits for a limit below zero", len(r.Hits))
			}
		})
	}
}

func TestManyAskAtOnce(t *testing.T) {
	v := townView()
	want := ids(v.Search(Query{Text: "perso verloren"}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if got := ids(v.Search(Query{Text: "perso verloren"})); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				v.Suggest("hund", 5)
				v.Search(Query{Text: "Sperrmül Bäume Hundestuer"})
			}
		})
	}
	wg.Wait()
}

func TestSuggest(t *testing.T) {
	v := townView()
	for _, c := range []struct{ prefix, want string }{
		{"perso", "Personalausweis beantragen"},
		{"hu", "Hundesteuer: Hund anmelden"},
		{"Sperrmue", "Sperrmüllabfuhr"},
		{"wohnsi", "An- und Ummeldung des Wohnsitzes"},
	} {
		s := v.Suggest(c.prefix, 5)
		if len(s) == 0 || s[0].Text != c.want {
			t.Errorf("%q: got %v, want %q first", c.prefix, s, c.want)
		}
	}
	if s := v.Suggest("h", 5); s != nil {
		t.Errorf("one letter: got %v", s)
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"", " ", "perso verloren", "der die das", "\x00\xff\xfe", "'; DROP TABLE x; --", "<script>", "🐶🔥", "שלום", "a*innen", "An-, Um- und", "0241 123", "99102013000000", "ﬁ ß ẞ İ ı", "donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"} {
		f.Add(s)
	}
	v := townView()
	f.Fuzz(func(t *testing.T, s string) {
		r := v.Search(Query{Text: s, Limit: 3})
		if !utf8.ValidString(r.DidYouMean) {
			t.Errorf("broken suggestion %q", r.DidYouMean)
		}
		for _, h := range r.Hits {
			if h.Score != h.Score || h.Score <= 0 {
				t.Errorf("score %v", h.Score)
			}
		}
		v.Suggest(s, 3)
		SearchMany([]NamedView{{Name: "a", View: v}}, Query{Text: s})
	})
}
