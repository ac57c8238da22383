package search_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/search"
	"stadttor/internal/standards/xzufi"
)

// demo is the portal of Torhausen in the demo: the whole library of the Kreis,
// and Torhausen's own offices and staff, read from the files the demo imports.
// Views are immutable: all tests share one.
func demo(t testing.TB) (*search.View, map[search.Key]string) {
	t.Helper()
	demoOnce.Do(func() { demoView, demoTitles = readDemo(t) })
	if demoView == nil {
		t.Fatal("the demo was not read")
	}
	return demoView, demoTitles
}

var (
	demoOnce   sync.Once
	demoView   *search.View
	demoTitles map[search.Key]string
)

func readDemo(t testing.TB) (*search.View, map[search.Key]string) {
	t.Helper()
	titles := make(map[search.Key]string)
	keep := func(docs []search.Doc, d search.Doc) []search.Doc {
		titles[search.Key{Kind: d.Kind, ID: d.ID}] = d.Title
		return append(docs, d)
	}
	files, err := filepath.Glob("../app/demo/catalogue/bibliothek-musterland-*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no library of the demo: %v", err)
	}
	var library, own []search.Doc
	for _, name := range files {
		objects(t, name, func(o xzufi.Object) {
			if o.Leistung != nil {
				library = keep(library, serviceOf(o.Leistung))
			}
		})
	}
	objects(t, "../app/demo/catalogue/torhausen.xml", func(o xzufi.Object) {
		u := o.Organisationseinheit
		if u == nil {
			return
		}
		name := xzufi.PlainText(u.Name.Name.In("de"))
		own = keep(own, search.Doc{Kind: search.KindFacility, ID: u.ID.Value, Title: name, Lead: xzufi.PlainText(u.Beschreibung.In("de")), Phone: phone(u.Erreichbarkeit)})
		for _, k := range u.Kontaktperson {
			own = keep(own, search.Doc{Kind: search.KindPerson, ID: k.ID.Value, Title: k.Vorname + " " + k.Familienname, Keywords: []string{name},
				Lead: xzufi.PlainText(k.Funktion.In("de")), Body: xzufi.PlainText(k.Beschreibung.In("de")), Phone: phone(k.Erreichbarkeit)})
		}
	})
	o := search.Options{Places: []string{"Torhausen", "Lindenbrück", "Aulenried", "Birkenrode", "Ebersgrund", "Fahlwangen", "Gersheide", "Hollerbeck", "Kaltenrain", "Wiesenmühl"}}
	return search.NewView(search.Build(library, o), nil, search.Build(own, o)), titles
}

func objects(t testing.TB, name string, f func(xzufi.Object)) {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for r := xzufi.NewReader(in); ; {
		o, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f(o)
	}
}

func serviceOf(l *xzufi.Leistung) search.Doc {
	d := search.Doc{Kind: search.KindService, ID: l.ID.Value, Title: xzufi.PlainText(l.Text(xzufi.TextBezeichnungII, "de")), LeiKa: string(l.LeiKa())}
	if d.Title == "" {
		d.Title = l.Name("de")
	}
	if n := xzufi.PlainText(l.Text(xzufi.TextBezeichnung, "de")); n != "" && n != d.Title {
		d.Keywords = append(d.Keywords, n)
	}
	for _, b := range l.Begriffe {
		d.Keywords = append(d.Keywords, b.Begriff.Value)
	}
	d.Lead = xzufi.PlainText(l.Text(xzufi.TextKurztext, "de"))
	for _, code := range []string{xzufi.TextVolltext, xzufi.TextVoraussetzungen, xzufi.TextUnterlagen, xzufi.TextVerfahrensablauf, xzufi.TextHinweise} {
		d.Body += xzufi.PlainText(l.Text(code, "de")) + "\n"
	}
	return d
}

func phone(list []xzufi.Erreichbarkeit) string {
	for _, e := range list {
		if e.Kanal.Code == xzufi.KanalFestnetz {
			return e.Kennung
		}
	}
	return ""
}

func demoPairs(t testing.TB) []search.Pair {
	t.Helper()
	f, err := os.Open("testdata/musterland-pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pairs, err := search.ParsePairs(f)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

// Issue: success@5 of at least 0.95 on the demo catalogue, with 500 pairs of
// which 150 are kept apart. Of those only the figures are shown.
func TestDemoCatalogueIsFound(t *testing.T) {
	v, _ := demo(t)
	pairs := demoPairs(t)
	var apart, tuned []search.Pair
	for _, p := range pairs {
		if strings.HasPrefix(p.Group, "abseits-") {
			apart = append(apart, p)
		} else {
			tuned = append(tuned, p)
		}
	}
	if len(pairs) < 500 || len(apart) < 150 {
		t.Fatalf("%d pairs, %d kept apart", len(pairs), len(apart))
	}
	all := search.Evaluate(v, pairs)
	t.Logf("\n%s", all)
	r := search.Evaluate(v, tuned)
	for _, m := range r.Misses {
		if m.Rank == 0 || m.Rank > 5 {
			t.Logf("  %2d %-60s %s", m.Rank, m.Query, strings.Join(m.Got, " | "))
		}
	}
	a := search.Evaluate(v, apart)
	t.Logf("kept apart: s@1 %.3f s@5 %.3f", a.Success1, a.Success5)
	if all.Success5 < 0.95 || a.Success5 < 0.95 {
		t.Errorf("success@5 %.3f, kept apart %.3f; want 0.95", all.Success5, a.Success5)
	}
}

// Issue: with typing errors at most 5 points less. Each pair is asked with an
// error of each kind in its longest word.
func TestTypingErrorsCostLittleInTheDemo(t *testing.T) {
	v, _ := demo(t)
	pairs := demoPairs(t)
	var wrong []search.Pair
	for k := range 4 {
		for _, p := range pairs {
			p.Query = search.Misspell(p.Query, k)
			wrong = append(wrong, p)
		}
	}
	right, typo := search.Evaluate(v, pairs), search.Evaluate(v, wrong)
	t.Logf("right s@5 %.3f, misspelt s@1 %.3f s@5 %.3f", right.Success5, typo.Success1, typo.Success5)
	if right.Success5-typo.Success5 > 0.05 {
		t.Errorf("typing errors cost %.3f of success@5", right.Success5-typo.Success5)
	}
}

// The examples of the issue, word by word.
func TestTheRightOneIsAmongTheFirstFive(t *testing.T) {
	v, titles := demo(t)
	for _, c := range []struct{ query, want string }{
		{"perso verloren", "Personalausweis verloren oder gestohlen"},
		{"müll wird nicht abgeholt", "Mülltonne nicht geleert oder beschädigt"},
		{"hund anmelden torhausen", "Hundesteuer: Hund anmelden"},
		{"auto ummelden", "Fahrzeug umschreiben oder Adresse ändern"},
		{"geburtsurkunde opa", "Geburtsurkunde anfordern"},
		{"knöllchen", "Verwarnung wegen Falschparkens"},
		{"kita platz", "Kita-Platz anmelden"},
		{"ich ziehe um", "Wohnsitz ummelden"},
		{"osterfeuer", "Osterfeuer anmelden"},
		{"wer ist zuständig für bäume", "Baum fällen: Genehmigung beantragen"},
		{"Baby bekommen", "Geburt anzeigen"},
		{"Opa gestorben", "Sterbefall anzeigen"},
		{"frau dumitrașcu sozialamt", "Ioana Dumitrașcu"},
		{"frau dumitrascu", "Ioana Dumitrașcu"},
		{"herr bozkaya bürgerbüro", "Ömer Bozkaya"},
		{"wo ist das standesamt", "Standesamt"},
	} {
		t.Run(c.query, func(t *testing.T) {
			var got []string
			for _, h := range v.Search(search.Query{Text: c.query, Limit: 5}).Hits {
				got = append(got, titles[search.Key{Kind: h.Kind, ID: h.ID}])
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

// A number is found as it is written, without blanks, with the country's code,
// and by its last digits.
func TestATelephoneNumberLeadsToWhoeverAnswersIt(t *testing.T) {
	v, titles := demo(t)
	tried := 0
	objects(t, "../app/demo/catalogue/torhausen.xml", func(o xzufi.Object) {
		u := o.Organisationseinheit
		if u == nil {
			return
		}
		number := phone(u.Erreichbarkeit)
		if number == "" {
			return
		}
		tried++
		bare := strings.NewReplacer(" ", "", "-", "", "/", "").Replace(number)
		for _, q := range []string{number, bare, "+49 " + strings.TrimPrefix(number, "0"), "telefon " + number} {
			var got []string
			for _, h := range v.Search(search.Query{Text: q, Limit: 5}).Hits {
				got = append(got, titles[search.Key{Kind: h.Kind, ID: h.ID}])
			}
			if want := xzufi.PlainText(u.Name.Name.In("de")); !slices.Contains(got, want) {
				t.Errorf("%q: want %q, got %q", q, want, got)
			}
		}
	})
	if got := v.Search(search.Query{Text: "00000 101-0", Limit: 5}).Hits; len(got) < 3 {
		t.Errorf("the switchboard leads to %d offices", len(got))
	}
	if tried < 3 {
		t.Errorf("only %d offices have a number", tried)
	}
}
