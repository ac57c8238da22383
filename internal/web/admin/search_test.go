package admin_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/relevance"
	"stadttor/internal/search"
	"stadttor/internal/web/ui/office/officetest"
)

// finds gives the first hit of a query at Torhausen's portal, "" for none.
func finds(t *testing.T, w *officetest.Town, query string) string {
	t.Helper()
	v, err := w.Catalogue.Published(t.Context(), w.Torhausen.ID)
	if err != nil {
		t.Fatal(err)
	}
	hits := v.Search(search.Query{Text: query}).Hits
	if len(hits) == 0 {
		return ""
	}
	return hits[0].ID
}

func TestAWordIsTaughtTriedAndReleased(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	a := b.Get("/verwaltung/suche")
	officetest.WellFormed(t, "empty", a)
	if !a.Has("Noch keine Wörter", "Stadt Torhausen") || a.Has("für alle Portale") {
		t.Fatal(a.Words())
	}
	a = b.Get("/verwaltung/suche/wort?wort=Krixelm%C3%A4xx&leistung=test.gartenfest")
	officetest.WellFormed(t, "new", a)
	form := a.Form("/verwaltung/suche/wort")
	if form.Get("wort") != "Krixelmäxx" || form.Get("leistung") != "test.gartenfest" {
		t.Fatal(form)
	}
	form.Set("aktion", "entwurf")
	if a := b.Post("/verwaltung/suche/wort", form); a.Where != "/verwaltung/suche?meldung=entwurf#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if got := finds(t, w, "krixelmäxx"); got != "" {
		t.Errorf("a draft is live: %s", got)
	}
	a = b.Get("/verwaltung/suche?meldung=entwurf")
	officetest.WellFormed(t, "drafts", a)
	if !a.Has("1 Entwurf wartet", "Krixelmäxx", "Gartenfest", "neu, noch nicht freigeschaltet") {
		t.Fatal(a.Words())
	}
	judge := b.Get("/verwaltung/suche/pruefen").Form("/verwaltung/suche/pruefen")
	judge.Set("fragen", "krixelmäxx = Gartenfest\ngartenfest\tGartenfest\nurkunde = Urkunde\n")
	if a := b.Post("/verwaltung/suche/pruefen", judge); a.Where != "/verwaltung/suche/pruefen?meldung=fragen#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	a = b.Get("/verwaltung/suche/pruefen")
	officetest.WellFormed(t, "tried", a)
	if !a.Has("heute 67 %, mit den Entwürfen 100 %", "werden Fragen besser beantwortet: 1. Schlechter: 0.", "nicht unter den ersten zehn", "Platz 1", "besser") {
		t.Fatal(a.Words())
	}
	if a := b.Post("/verwaltung/suche/freischalten", url.Values{}); a.Where != "/verwaltung/suche?meldung=freigeschaltet#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if got := finds(t, w, "krixelmäxx"); got != "test.gartenfest" {
		t.Errorf("released, and the search finds %q", got)
	}
	a = b.Get("/verwaltung/suche/pruefen")
	officetest.WellFormed(t, "nothing pending", a)
	if !a.Has("Es wartet kein Entwurf", "heute 100 %, mit den Entwürfen 100 %") {
		t.Error(a.Words())
	}
	if other := w.SignIn(w.Aulenried, "editor").Get("/verwaltung/suche"); other.Has("Krixelmäxx") {
		t.Error("the neighbour sees it")
	}
	link := linkTo(b.Get("/verwaltung/suche"), "/verwaltung/suche/wort/")
	a = b.Get(link)
	officetest.WellFormed(t, "edit", a)
	form = a.Form(link + "")
	if form.Get("wort") != "Krixelmäxx" || form.Get("ziel") != "leistung" {
		t.Fatal(form)
	}
	form.Set("ziel", "wort")
	form.Set("amtlich", "Urkunde")
	form.Set("aktion", "freischalten")
	if a := b.Post(link, form); a.Where != "/verwaltung/suche?meldung=wort-live#inhalt" {
		t.Fatal(a.Status, a.Words())
	}
	if got := finds(t, w, "krixelmäxx"); got != "test.urkunde" {
		t.Errorf("changed at once, and the search finds %q", got)
	}
	for _, path := range []string{link, link + "/loeschen"} {
		if a := w.SignIn(w.Aulenried, "editor").Post(path, form); a.Status != 404 {
			t.Errorf("the neighbour at %s: %d", path, a.Status)
		}
	}
	b.Post(link+"/loeschen", url.Values{"aktion": {"vormerken"}})
	if a := b.Get("/verwaltung/suche?stand=geht"); !a.Has("wird gelöscht, noch nicht freigeschaltet") || finds(t, w, "krixelmäxx") == "" {
		t.Error(a.Words())
	}
	a = b.Get(link)
	officetest.WellFormed(t, "leaving", a)
	b.Post("/verwaltung/suche/verwerfen", url.Values{})
	if a := b.Post(link+"/loeschen", url.Values{"aktion": {"sofort"}}); a.Where != "/verwaltung/suche?meldung=geloescht#inhalt" || finds(t, w, "krixelmäxx") != "" {
		t.Error(a.Status, a.Where)
	}
	if a := b.Get(link); a.Status != 404 {
		t.Errorf("deleted, and still there: %d", a.Status)
	}
}

func linkTo(a officetest.Answer, prefix string) string {
	_, rest, _ := strings.Cut(a.Text(), `href="`+prefix)
	id, _, _ := strings.Cut(rest, `"`)
	return prefix + id
}

func TestAWordThatIsWrongComesBackAsItWasTyped(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	for rule, c := range map[string]struct {
		form url.Values
		says string
		at   string
	}{
		"nothing":                    {url.Values{}, "Geben Sie an, wohin das Wort führt.", "#ziel-1"},
		"no word":                    {url.Values{"ziel": {"wort"}, "amtlich": {"Hund"}}, "Geben Sie ein, was die Menschen sagen.", "#wort"},
		"a word without letters":     {url.Values{"wort": {"?!"}, "ziel": {"wort"}, "amtlich": {"Hund"}}, "Darin ist kein Wort", "#wort"},
		"no service":                 {url.Values{"wort": {"Wauwau"}, "ziel": {"leistung"}}, "wohin das Wort führt", "#leistung"},
		"a service of nobody":        {url.Values{"wort": {"Wauwau"}, "ziel": {"leistung"}, "leistung": {"erfunden"}}, "Diese Leistung gibt es hier nicht", "#leistung"},
		"no official word":           {url.Values{"wort": {"Wauwau"}, "ziel": {"wort"}}, "wohin das Wort führt", "#amtlich"},
		"a word that is its own aim": {url.Values{"wort": {"Wauwau"}, "ziel": {"wort"}, "amtlich": {"wauwau"}}, "Wort und Ziel sind gleich", "#amtlich"},
		"a word of 10 kB":            {url.Values{"wort": {strings.Repeat("x", 10_000)}, "ziel": {"wort"}, "amtlich": {"Hund"}}, "Möglich sind 80 Zeichen", "#wort"},
		"broken UTF-8":               {url.Values{"wort": {"\xff\xfe"}, "ziel": {"wort"}, "amtlich": {"Hund"}}, "Darin ist kein Wort", "#wort"},
	} {
		a := b.Post("/verwaltung/suche/wort", c.form)
		officetest.WellFormed(t, rule, a)
		if a.Status != 422 || !a.Has(c.says) || !strings.Contains(a.Text(), `href="`+c.at+`"`) {
			t.Errorf("%s: %d %s", rule, a.Status, a.Words())
		}
		if c.form.Get("wort") != "\xff\xfe" && a.Value("wort") != c.form.Get("wort") || a.Value("amtlich") != c.form.Get("amtlich") {
			t.Errorf("%s: lost what was typed", rule)
		}
	}
	good := url.Values{"wort": {"Wauwau"}, "ziel": {"wort"}, "amtlich": {"Hund"}, "aktion": {"entwurf"}}
	b.Post("/verwaltung/suche/wort", good)
	if a := b.Post("/verwaltung/suche/wort", good); a.Status != 422 || !a.Has("gibt es schon") {
		t.Errorf("twice: %d", a.Status)
	}
	for _, path := range []string{"/verwaltung/suche/wort/x", "/verwaltung/suche/wort/" + strings.Repeat("0", 26), "/verwaltung/suche/wort/%ff%00"} {
		if a := b.Get(path); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestAFileOfWordsIsTakenLineByLine(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	file := "Bürgerwort;Leistung;Amtliches Wort;Nur verwandt\r\nKrixelmäxx;Gartenfest;;\r\nWisch;99000000000001;;\r\nMiau;Katzensteuer;;\r\nFleppe;;;\r\nZettel;;Urkunde;ja\r\n"
	a := b.PostFile("/verwaltung/suche/import", nil, "datei", "woerter.csv", []byte(file))
	officetest.WellFormed(t, "report", a)
	if a.Status != 422 || !a.Has("3 Zeilen sind übernommen: 3 neu, 0 geändert", "2 Zeilen wurden nicht übernommen", "Miau;Katzensteuer;;", "Diese Leistung gibt es hier nicht.", "Geben Sie an, wohin das Wort führt.") {
		t.Fatal(a.Status, a.Words())
	}
	form := a.Form("/verwaltung/suche/import")
	if form.Get("zeilen") != "Miau;Katzensteuer;;\nFleppe;;;\n" {
		t.Fatalf("%q", form.Get("zeilen"))
	}
	form.Set("zeilen", "Miau;Gartenfest;;\nFleppe;;Urkunde;\n")
	a = b.Post("/verwaltung/suche/import", form)
	officetest.WellFormed(t, "mended", a)
	if a.Status != 200 || !a.Has("2 Zeilen sind übernommen") {
		t.Fatal(a.Status, a.Words())
	}
	latin := []byte("Gr\xfc\xdfle;;Urkunde\n")
	if a := b.PostFile("/verwaltung/suche/import", nil, "datei", "alt.csv", latin); a.Status != 200 {
		t.Error(a.Words())
	}
	if a := b.Get("/verwaltung/suche"); !a.Has("Grüßle", "6 Entwürfe warten", "nur verwandt") && !a.Has("Nur verwandt") {
		t.Error(a.Words())
	}
	a = b.Get("/verwaltung/suche/woerter.csv")
	if a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(a.Text(), "Krixelmäxx;Gartenfest;;\r\n") || !strings.Contains(a.Header.Get("Content-Disposition"), "woerter-torhausen.csv") {
		t.Fatal(a.Header, a.Text())
	}
	if again := b.PostFile("/verwaltung/suche/import", nil, "datei", "woerter.csv", a.Body); again.Status != 200 || !again.Has("6 Zeilen sind übernommen: 0 neu, 0 geändert") {
		t.Error(again.Words())
	}
	for rule, c := range map[string]struct {
		body   string
		status int
		says   string
	}{
		"nothing":            {"", 422, "Wählen Sie eine Datei aus"},
		"a picture":          {"\x89PNG\r\n\x1a\n\x00\x00", 422, "nicht die richtigen Spalten"},
		"too many lines":     {strings.Repeat("a;b;c\n", 10_002), 422, "zu viele Zeilen"},
		"more than it takes": {strings.Repeat("x", 3<<20), 413, ""},
		"markup":             {"<script>alert(1)</script>;;", 422, "wohin das Wort führt"},
	} {
		a := b.PostFile("/verwaltung/suche/import", nil, "datei", "x.csv", []byte(c.body))
		if a.Status != c.status || !a.Has(c.says) || strings.Contains(a.Text(), "<script>alert") {
			t.Errorf("%s: %d %.300s", rule, a.Status, a.Words())
		}
		officetest.WellFormed(t, rule, a)
	}
}

func TestWhatWasAskedInVainBecomesAWord(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	a := b.Get("/verwaltung/suche/ohne-treffer")
	officetest.WellFormed(t, "empty", a)
	if !a.Has("Hier steht nichts", "Noch keine Rückmeldungen") {
		t.Fatal(a.Words())
	}
	for n := range relevance.EnoughVisits {
		v := relevance.Visit{Realm: w.Torhausen.Realm, Tenant: w.Torhausen.ID, From: netip.MustParsePrefix(fmt.Sprintf("203.0.113.%d/32", n))}
		w.Relevance.Asked(v, "Krixelmäxx & Söhne", 0)
		w.Relevance.Judged(v, "Krixelmäxx & Söhne", search.Key{Kind: search.KindService, ID: "test.gartenfest"}, false)
	}
	if err := w.Relevance.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	a = b.Get("/verwaltung/suche/ohne-treffer?zeit=30")
	officetest.WellFormed(t, "misses", a)
	if !a.Has("krixelmäxx söhne", "5 von 5 Besuchen", "5-mal kein Treffer", "Gartenfest") {
		t.Fatal(a.Words())
	}
	if other := w.SignIn(w.Aulenried, "editor").Get("/verwaltung/suche/ohne-treffer"); other.Has("krixelmäxx") {
		t.Error("the neighbour sees it")
	}
	link := linkTo(a, "/verwaltung/suche/wort?wort=")
	if v := b.Get(link).Value("wort"); v != "krixelmäxx söhne" {
		t.Errorf("%s gives %q", link, v)
	}
	_, rest, _ := strings.Cut(a.Text(), `action="/verwaltung/suche/ohne-treffer/`)
	id, _, _ := strings.Cut(rest, "/")
	hide := "/verwaltung/suche/ohne-treffer/" + id + "/ausblenden"
	if a := w.SignIn(w.Aulenried, "editor").Post(hide, url.Values{}); a.Status != 404 {
		t.Errorf("the neighbour hides it: %d", a.Status)
	}
	b.Post(hide, url.Values{"aktion": {"ausblenden"}})
	if a := b.Get("/verwaltung/suche/ohne-treffer"); !a.Has("Hier steht nichts") {
		t.Error("not hidden")
	}
	a = b.Get("/verwaltung/suche/ohne-treffer?zeige=ausgeblendet")
	officetest.WellFormed(t, "hidden", a)
	if !a.Has("Wieder anzeigen") {
		t.Fatal(a.Words())
	}
	b.Post(hide, url.Values{"aktion": {"einblenden"}})
	b.Post("/verwaltung/suche/wort", url.Values{"wort": {"Krixelmäxx & Söhne"}, "ziel": {"wort"}, "amtlich": {"Gartenfest"}, "aktion": {"entwurf"}})
	if a := b.Get("/verwaltung/suche/ohne-treffer"); !a.Has("Ein Wort dafür ist inzwischen angelegt") {
		t.Error(a.Words())
	}
}

func TestWordsOfTheRealmAreTaughtByItsAdministrators(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "realm-administrator")
	if a := b.Get("/verwaltung/suche"); a.Status != 403 {
		t.Errorf("a tenant's words: %d", a.Status)
	}
	a := b.Get("/verwaltung/suche/verbund")
	officetest.WellFormed(t, "realm", a)
	if !a.Has("alle Portale im Kreis Musterland") || a.Has("Suchen ohne Treffer") {
		t.Fatal(a.Words())
	}
	b.Post("/verwaltung/suche/verbund/wort", url.Values{"wort": {"Krixelmäxx"}, "ziel": {"leistung"}, "leistung": {"test.gartenfest"}, "aktion": {"freischalten"}})
	v, err := w.Catalogue.Published(t.Context(), w.Aulenried.ID)
	if err != nil {
		t.Fatal(err)
	}
	if finds(t, w, "krixelmäxx") != "test.gartenfest" || len(v.Search(search.Query{Text: "krixelmäxx"}).Hits) == 0 {
		t.Error("not everywhere")
	}
	if a := w.SignIn(w.Torhausen, "editor").Get("/verwaltung/suche"); a.Has("Krixelmäxx") {
		t.Error("among the tenant's own words")
	}
	a = b.Get("/verwaltung/suche/verbund/pruefen")
	officetest.WellFormed(t, "trial of the realm", a)
}

func TestJudgementsThatAreWrongComeBack(t *testing.T) {
	w, _, _ := open(t)
	b := w.SignIn(w.Torhausen, "editor")
	a := b.PostFile("/verwaltung/suche/pruefen", nil, "datei", "fragen.tsv", []byte("hund\tHundesteuer\nohne Ziel\n<b>x</b>\t \n"))
	officetest.WellFormed(t, "report", a)
	if a.Status != 422 || !a.Has("1 Prüffrage ist übernommen.", "2 Zeilen wurden nicht übernommen", "Schreiben Sie erst die Frage") || a.Value("fragen") != "ohne Ziel\n<b>x</b>\t \n" {
		t.Fatalf("%d %q %s", a.Status, a.Value("fragen"), a.Words())
	}
	_, rest, _ := strings.Cut(b.Get("/verwaltung/suche/pruefen").Text(), `action="/verwaltung/suche/pruefen/`)
	id, _, _ := strings.Cut(rest, "/")
	if a := w.SignIn(w.Aulenried, "editor").Post("/verwaltung/suche/pruefen/"+id+"/loeschen", url.Values{}); a.Status != 404 {
		t.Errorf("the neighbour deletes it: %d", a.Status)
	}
	if a := b.Post("/verwaltung/suche/pruefen/"+id+"/loeschen", url.Values{}); a.Where != "/verwaltung/suche/pruefen?meldung=frage-weg#inhalt" {
		t.Error(a.Status)
	}
	if a := b.Get("/verwaltung/suche/pruefen"); !a.Has("Noch keine Prüffragen") {
		t.Error(a.Words())
	}
}
