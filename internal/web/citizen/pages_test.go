package citizen_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/htmlcheck"
	"stadttor/internal/test/portals"
	"stadttor/internal/web/citizen"
	"stadttor/internal/web/ui"
)

// town is the small realm with the public half of the door mounted.
type town struct {
	*portals.Realm
	server *citizen.Server
	http.Handler
}

func openTown(t testing.TB) town {
	t.Helper()
	r := portals.Open(t)
	s := citizen.New(citizen.Config{Catalogue: r.Catalogue, Directory: r.Directory, Gate: r.Gate, Now: r.Clock.Now})
	var public []ui.Route
	for _, rt := range s.Routes() {
		if rt.Audience == ui.Public {
			public = append(public, rt)
		}
	}
	return town{r, s, r.Handler(public)}
}

// page asks for a page and checks its status and that nothing on it is wrong.
func (w town) page(t *testing.T, host, path string, status int, headers ...string) htmlcheck.Page {
	t.Helper()
	got := portals.Get(w, host, path, headers...)
	if got.Code != status {
		t.Fatalf("%s%s: %d, want %d\n%.300s", host, path, got.Code, status, got.Body)
	}
	p, err := htmlcheck.Parse(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Findings() {
		t.Errorf("%s%s: %s", host, path, f)
	}
	return p
}

// pages is one address of each page type.
var pages = []string{
	"/", "/suche", "/suche?q=hund", "/suche?q=hund&portale=alle", "/suche?q=xqzzwrt", "/suche?q=maulkorb", "/suche?q=hnud", "/suche?q=steueramt&art=einrichtung", "/leistungen", "/leistungen?online=ja",
	"/leistungen/hund-anmelden", "/leistungen/bauantrag", "/leistungen/rente", "/leistungen/fischereischein", "/leistungen/aerger", "/lebenslagen", "/lebenslagen/tiere", "/lebenslagen/bauen",
	"/einrichtungen", "/ort", "/ort?q=00102", "/ort?q=00103&leistung=hund-anmelden", "/ort?q=nirgends", "/impressum", "/datenschutz", "/barrierefreiheit", "/leichte-sprache", "/gebaerdensprache",
}

func TestEveryPageIsSoundInEveryLanguageAtEveryPortal(t *testing.T) {
	w := openTown(t)
	own := map[string][]string{
		portals.Astadt: {"/einrichtungen/steueramt", "/kontakte/ada-zahlwein"},
		portals.Bdorf:  {"/einrichtungen/gemeindebuero"},
		portals.Kreis:  {"/einrichtungen/bauamt"},
	}
	for host, more := range own {
		for _, path := range append(append([]string{}, pages...), more...) {
			for _, lang := range []string{"", "sprache=en", "sprache=de-leicht"} {
				at := path
				if lang != "" {
					sep := "?"
					if strings.Contains(path, "?") {
						sep = "&"
					}
					at += sep + lang
				}
				p := w.page(t, host, at, 200)
				if want := map[string]string{"": "de", "sprache=en": "en", "sprache=de-leicht": "de-simple"}[lang]; p.Attr("html", "lang") != want && path != "/leichte-sprache" {
					t.Errorf("%s speaks %q, want %q", at, p.Attr("html", "lang"), want)
				}
			}
		}
	}
	if len(w.Failures) > 0 {
		t.Error(w.Failures)
	}
}

func TestUnknownThingsHelpOn(t *testing.T) {
	w := openTown(t)
	for path, meant := range map[string]string{"/leistungen/hund-anmeldung-2024": "/leistungen/hund-anmelden", "/einrichtungen/steueramt-alt": "/einrichtungen/steueramt", "/kontakte/ada-zahlwein-2": "/kontakte/ada-zahlwein", "/lebenslagen/tiere-neu": ""} {
		p := w.page(t, portals.Astadt, path, 404)
		if p.Attr("meta[name=robots]", "content") != "noindex" || len(p.Find("form[action=/suche]")) == 0 || len(p.Find("a[href=/leistungen]")) == 0 {
			t.Errorf("%s does not help", path)
		}
		if meant != "" && len(p.Find("main a[href="+meant+"]")) == 0 {
			t.Errorf("%s does not name %s", path, meant)
		}
	}
	for _, path := range []string{"/leistungen/", "/gibts-nicht", "/leistungen/%2e%2e/x", "/leistungen/%ff%00", "/kontakte/" + strings.Repeat("a", 5000)} {
		if got := portals.Get(w, portals.Astadt, path); got.Code != 404 && got.Code != 301 && got.Code != 307 {
			t.Errorf("%.40s: %d", path, got.Code)
		}
	}
}

func TestServicePageTellsAllModulesInReadingOrder(t *testing.T) {
	w := openTown(t)
	p := w.page(t, portals.Astadt, "/leistungen/hund-anmelden", 200)
	var order []string
	for _, n := range p.Find("section.p-part") {
		for _, a := range n.Attr {
			if a.Key == "id" {
				order = append(order, a.Val)
			}
		}
	}
	want := "beschreibung voraussetzungen unterlagen kosten fristen ablauf dauer hinweise rechtsgrundlage rechtsbehelf"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("order %q, want %q", got, want)
	}
	for selector, words := range map[string]string{
		"h1": "Hund anmelden", "#kosten td": "108,00 €", "#unterlagen li": "Impfpass des Hundes", "#fristen li": "2 Wochen: nach der Aufnahme", "a[href=/antrag/hundesteuer-anmeldung]": "Online erledigen",
		"aside a[href=/einrichtungen/steueramt]": "Steueramt", "#beschreibung h3": "Worum es geht",
	} {
		if got := p.Text(selector); got != words {
			t.Errorf("%s says %q, want %q", selector, got, words)
		}
	}
	if text := p.Text("aside"); !strings.Contains(text, "Jetzt geöffnet, bis 12:00 Uhr") || !strings.Contains(text, "14:00–18:00 Uhr") {
		t.Errorf("opening hours: %q", text)
	}
	if body := portals.Get(w, portals.Astadt, "/leistungen/hund-anmelden").Body.String(); !strings.Contains(body, "steuern@<wbr>astadt.<wbr>example<wbr>") {
		t.Error("the mail address cannot be copied as it stands")
	}
	if !strings.Contains(p.Text("main"), "Benutzername und Passwort genügen") {
		t.Error("the trust level is not said in words")
	}
}

func TestWhatATenantDoesNotOfferLeadsToWhoDoes(t *testing.T) {
	w := openTown(t)
	for name, c := range map[string]struct{ host, path, link, words string }{
		"the Kreis does it":                   {portals.Astadt, "/leistungen/bauantrag", "https://kreis.localhost/leistungen/bauantrag", "Musterkreis"},
		"the only other Kommune does it":      {portals.Astadt, "/leistungen/fischereischein", "https://bdorf.localhost/leistungen/fischereischein", "Gemeinde Bdorf"},
		"the Kommunen do it, asked at Kreis":  {portals.Kreis, "/leistungen/hund-anmelden", "https://bdorf.localhost/leistungen/hund-anmelden", "Stadt oder Gemeinde, in der Sie wohnen"},
		"the Bund does it, on-line elsewhere": {portals.Bdorf, "/leistungen/rente", "https://rente.example/antrag", "Behörde des Bundes"},
	} {
		p := w.page(t, c.host, c.path, 200)
		if len(p.Find("main a[href="+c.link+"]")) == 0 {
			t.Errorf("%s: no link to %s", name, c.link)
		}
		if !strings.Contains(p.Text("main"), c.words) {
			t.Errorf("%s: %q is not said", name, c.words)
		}
		if len(p.Find("a[href=/antrag/hundesteuer-anmeldung]")) > 0 {
			t.Errorf("%s: the application begins at the wrong portal", name)
		}
	}
}

func TestTextsStayGermanInAnEnglishFrame(t *testing.T) {
	w := openTown(t)
	p := w.page(t, portals.Astadt, "/leistungen/hund-anmelden?sprache=en", 200)
	if p.Attr("html", "lang") != "en" || p.Attr("h1", "lang") != "de" || p.Attr("#beschreibung .p-prose", "lang") != "de" {
		t.Error(p.Attr("html", "lang"), p.Attr("h1", "lang"))
	}
	got := portals.Get(w, portals.Astadt, "/?sprache=en")
	if c := got.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "sprache=en;") || strings.Contains(got.Header().Get("Cache-Control"), "public") {
		t.Errorf("choice not remembered: %q, %q", c, got.Header().Get("Cache-Control"))
	}
	again := portals.Get(w, portals.Astadt, "/", "Cookie", "sprache=en")
	if !strings.Contains(again.Body.String(), `lang="en"`) || again.Header().Get("Set-Cookie") != "" {
		t.Error("the cookie is not read")
	}
	if !strings.Contains(portals.Get(w, portals.Astadt, "/?sprache=xx").Body.String(), `lang="de"`) {
		t.Error("an unknown language is not German")
	}
}

func TestSearchPage(t *testing.T) {
	w := openTown(t)
	p := w.page(t, portals.Astadt, "/suche?q=angelschein", 200)
	if got := p.Text(".p-hit__title"); got != "Fischereischein beantragen" {
		t.Errorf("first hit %q", got)
	}
	if got := p.Text(".p-hit__detail"); !strings.Contains(got, "Gemeinde Bdorf") {
		t.Errorf("who is responsible: %q", got)
	}
	p = w.page(t, portals.Astadt, "/suche?q=hund", 200)
	if p.Text(".p-online") != "Online" || len(p.Find("nav.p-chips a[aria-current]")) != 1 {
		t.Error("no badge or no facets")
	}
	p = w.page(t, portals.Astadt, "/suche?q=hund&art=lebenslage", 200)
	for _, a := range p.Find(".p-hit a") {
		for _, x := range a.Attr {
			if x.Key == "href" && !strings.HasPrefix(x.Val, "/lebenslagen/") {
				t.Errorf("facet lets %s through", x.Val)
			}
		}
	}
	p = w.page(t, portals.Kreis, "/suche?q=hund&portale=alle", 200)
	if n := len(p.Find("main a[href=/leistungen/hund-anmelden]")); n != 1 {
		t.Errorf("the service of three portals is %d hits", n)
	}
	if got := p.Text(".p-hit__detail"); !strings.Contains(got, "In: Astadt, Bdorf") {
		t.Errorf("who offers it: %q", got)
	}
	p = w.page(t, portals.Astadt, "/suche?q=xqzzwrt", 200)
	if len(p.Find("a[href=/leistungen]")) == 0 || len(p.Find("a[href=tel:115]")) == 0 || len(p.Find("main a[href=/lebenslagen]")) == 0 {
		t.Error("no hits and no help")
	}
	for _, at := range []string{"/suche?q=maulkorb", "/suche?q=maulkorb&portale=alle"} {
		p = w.page(t, portals.Astadt, at, 200)
		if got := p.Text(".p-hit__title"); got != "Hund anmelden" || !strings.Contains(p.Text("main"), "haben wir nichts gefunden. Das könnte dazu passen") || len(p.Find("form[action=/suche/bewertung]")) > 0 {
			t.Errorf("%s: what lies near is offered, and no hit: %q", at, p.Text("main"))
		}
	}
	if portals.Get(w, portals.Astadt, "/suche?q=hund").Header().Get("Cache-Control") != "private, max-age=60" {
		t.Error("what somebody searches for is nothing for shared caches")
	}
}

func TestSearchTakesWhateverIsTyped(t *testing.T) {
	w := openTown(t)
	for name, q := range map[string]string{
		"nothing": "", "blanks": "   ", "10 kB": strings.Repeat("hund ", 2000), "one long word": strings.Repeat("x", 10_000), "control characters": "hund\x00\x07\x1b[31m", "broken UTF-8": "h\xff\xfeund\xc3",
		"markup": `<script>alert(1)</script>"'`, "right to left": "\u202ehund", "a placeholder": "{name} {n}", "percent": "%s%d%00",
	} {
		for _, path := range []string{"/suche?q=", "/suche?portale=alle&q=", "/suche/vorschlaege?q=", "/ort?q=", "/suche?art=%ff&seite=-1&q=", "/suche?seite=99999999999999999999&q=", "/suche?seite=500&portale=alle&q="} {
			got := portals.Get(w, portals.Astadt, path+url.QueryEscape(q))
			if got.Code != 200 {
				t.Errorf("%s at %s: %d", name, path, got.Code)
			}
			if strings.Contains(got.Body.String(), "<script>alert") {
				t.Errorf("%s at %s comes back as markup", name, path)
			}
		}
	}
	if len(w.Failures) > 0 {
		t.Error(w.Failures)
	}
}

func TestAFloodOfQuestionsFromOneAddressIsHeldUp(t *testing.T) {
	w := openTown(t) // its clock stands still
	passed := 0
	for i := range 6000 {
		if portals.Get(w, portals.Astadt, fmt.Sprintf("/suche/vorschlaege?q=h%d", i)).Code == 200 {
			passed++
		}
	}
	if passed != 5000 {
		t.Errorf("%d of 6,000 at once passed, want 5,000", passed)
	}
	if p := w.page(t, portals.Astadt, "/suche?q=hund", http.StatusTooManyRequests); !strings.Contains(p.Text("main"), "warten Sie eine Minute") {
		t.Error("it does not say what to do")
	}
	w.page(t, portals.Astadt, "/leistungen", 200)
	w.Clock.Advance(time.Second)
	w.page(t, portals.Astadt, "/suche?q=hund", 200)
}

func TestSuggestionsAreTitlesWithAddresses(t *testing.T) {
	w := openTown(t)
	var got struct {
		Hits []struct{ Title, URL string } `json:"hits"`
	}
	if err := json.Unmarshal(portals.Get(w, portals.Astadt, "/suche/vorschlaege?q=hu").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Hits) == 0 || got.Hits[0].Title != "Hund anmelden" || got.Hits[0].URL != "/leistungen/hund-anmelden" {
		t.Errorf("%+v", got)
	}
	if body := portals.Get(w, portals.Astadt, "/suche/vorschlaege").Body.String(); strings.TrimSpace(body) != `{"hits":[]}` {
		t.Errorf("nothing typed: %s", body)
	}
}

func TestAZHasEachServiceUnderItsLetterOnce(t *testing.T) {
	w := openTown(t)
	p := w.page(t, portals.Astadt, "/leistungen", 200)
	if p.Text("#buchstabe-A a") != "Ärger mit Lärm melden" {
		t.Errorf("Ä stands under %q", p.Text("#buchstabe-A a"))
	}
	if n := len(p.Find(".p-hit")); n != 5 {
		t.Errorf("%d services, want 5", n)
	}
	if p.Text(".p-letters a[href=#buchstabe-H]") != "H" || len(p.Find(".p-letters a[href=#buchstabe-Q]")) != 0 {
		t.Error("letters lead to nothing")
	}
	if n := len(w.page(t, portals.Astadt, "/leistungen?online=ja", 200).Find(".p-hit")); n != 2 { // the form here, the pension elsewhere
		t.Errorf("%d on-line services, want 2", n)
	}
}

func TestPlaceFindsTheResponsiblePortal(t *testing.T) {
	w := openTown(t)
	for q, want := range map[string][]string{
		"00102": {"https://bdorf.localhost/"}, "bdo": {"https://bdorf.localhost/"}, "Muehlheim": {"https://astadt.localhost/"},
		"00103": {"https://astadt.localhost/", "https://bdorf.localhost/"}, // one code, two Kommunen
	} {
		p := w.page(t, portals.Kreis, "/ort?q="+url.QueryEscape(q), 200)
		for _, u := range want {
			if len(p.Find("#treffer a[href="+u+"]")) != 1 {
				t.Errorf("%s does not lead to %s", q, u)
			}
		}
		if n := len(p.Find("#treffer a")); n != len(want) {
			t.Errorf("%s: %d portals, want %d", q, n, len(want))
		}
	}
	p := w.page(t, portals.Kreis, "/ort?q=00102&leistung=hund-anmelden", 200)
	if len(p.Find("#treffer a[href=https://bdorf.localhost/leistungen/hund-anmelden]")) != 1 {
		t.Error("the service is lost on the way")
	}
	p = w.page(t, portals.Kreis, "/ort?q=99999", 200)
	if len(p.Find("#alle a")) != 2 {
		t.Error("an unknown place does not show all portals")
	}
}

func TestNoticesEndWithTheirDay(t *testing.T) {
	w := openTown(t)
	for _, day := range []struct {
		at    time.Time
		shown bool
	}{
		{time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), true},
		{time.Date(2026, 12, 2, 22, 59, 0, 0, time.UTC), true}, // a minute before midnight in Berlin
		{time.Date(2026, 12, 2, 23, 0, 0, 0, time.UTC), false},
	} {
		w.Clock.Set(day.at)
		body := portals.Get(w, portals.Astadt, "/").Body.String()
		if strings.Contains(body, "Am Mittwoch bleibt zu.") != day.shown || strings.Contains(body, "Das ist vorbei.") {
			t.Errorf("%s: notice shown wrongly", day.at)
		}
	}
}

func TestOfficesOpenAndCloseOnKeptPages(t *testing.T) {
	w := openTown(t)
	for _, c := range []struct {
		at   string
		want string
	}{
		{"2026-12-01T10:00:00+01:00", "Jetzt geöffnet, bis 12:00 Uhr"},
		{"2026-12-01T12:00:00+01:00", "Öffnet wieder: heute, 14:00 Uhr"},
		{"2026-12-01T18:00:00+01:00", "Öffnet wieder: Donnerstag, 3. Dezember 2026, 08:00 Uhr"},
		{"2026-12-02T00:00:00+01:00", "Öffnet wieder: morgen, 08:00 Uhr"},
		{"2026-12-03T08:00:00+01:00", "Jetzt geöffnet, bis 12:00 Uhr (nur mit Termin)"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		w.Clock.Set(at)
		got := portals.Get(w, portals.Astadt, "/einrichtungen/steueramt")
		if !strings.Contains(got.Body.String(), c.want) {
			t.Errorf("%s: %q is not said", c.at, c.want)
		}
		if got.Header().Get("Cache-Control") != "public, max-age=60" {
			t.Errorf("kept too long: %s", got.Header().Get("Cache-Control"))
		}
	}
}

func TestSignedInPeopleGetTheirOwnHeaderAndNobodyElseDoes(t *testing.T) {
	w := openTown(t)
	cookie := w.SignIn(t, portals.Astadt)
	for _, path := range []string{"/", "/leistungen/hund-anmelden", "/suche?q=hund", "/ort", "/leistungen/gibts-nicht"} {
		status := 200
		if strings.HasSuffix(path, "gibts-nicht") {
			status = 404
		}
		mine := portals.Get(w, portals.Astadt, path, "Cookie", cookie)
		if !strings.Contains(mine.Body.String(), "Zzmarke") || mine.Code != status {
			t.Errorf("%s: not greeted", path)
		}
		if cc := mine.Header().Get("Cache-Control"); !strings.HasPrefix(cc, "private") {
			t.Errorf("%s: personal page is %q", path, cc)
		}
		if strings.Contains(portals.Get(w, portals.Astadt, path).Body.String(), "Zzmarke") {
			t.Fatalf("%s: the name reached a page for everybody", path)
		}
	}
}

func TestWellKnownFiles(t *testing.T) {
	w := openTown(t)
	sec := portals.Get(w, portals.Bdorf, "/.well-known/security.txt")
	fields := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(sec.Body.String()), "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("no field: %q", line)
		}
		if fields[name] == "" {
			fields[name] = value
		}
	}
	expires, err := time.Parse(time.RFC3339, fields["Expires"])
	if err != nil || !expires.After(w.Clock.Now()) || expires.After(w.Clock.Now().AddDate(1, 0, 0)) {
		t.Errorf("Expires %q", fields["Expires"])
	}
	if fields["Contact"] != "mailto:info@bdorf.example" || fields["Canonical"] != "https://bdorf.localhost/.well-known/security.txt" {
		t.Errorf("%v", fields)
	}
	var urls struct {
		URL []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(portals.Get(w, portals.Bdorf, "/sitemap.xml").Body.Bytes(), &urls); err != nil {
		t.Fatal(err)
	}
	for _, u := range urls.URL {
		path, ok := strings.CutPrefix(u.Loc, "https://bdorf.localhost")
		if got := portals.Get(w, portals.Bdorf, path); !ok || got.Code != 200 {
			t.Errorf("%s leads to %d", u.Loc, got.Code)
		}
	}
	if len(urls.URL) < 16 {
		t.Errorf("only %d addresses", len(urls.URL))
	}
	if body := portals.Get(w, portals.Bdorf, "/robots.txt").Body.String(); !strings.Contains(body, "Disallow: /suche\n") || !strings.Contains(body, "Sitemap: https://bdorf.localhost/sitemap.xml") {
		t.Error(body)
	}
}
