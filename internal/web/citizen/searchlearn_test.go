package citizen_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stadttor/internal/clock/clocktest"
	"stadttor/internal/relevance"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/htmlcheck"
	"stadttor/internal/test/portals"
	"stadttor/internal/web/citizen"
	"stadttor/internal/web/ui"
)

// learning is the town with a door that counts.
type learning struct {
	town
	t *testing.T
	s *relevance.Service
	p tenancy.Layer
}

func openLearning(t *testing.T) learning {
	t.Helper()
	r := portals.Open(t)
	s := relevance.New(relevance.Config{DB: r.DB, Directory: r.Directory})
	server := citizen.New(citizen.Config{Catalogue: r.Catalogue, Directory: r.Directory, Gate: r.Gate, Now: r.Clock.Now, Relevance: s})
	var public []ui.Route
	for _, rt := range server.Routes() {
		if rt.Audience == ui.Public {
			public = append(public, rt)
		}
	}
	door := r.Door(portals.Astadt)
	return learning{town{r, server, r.Handler(public)}, t, s, tenancy.Layer{Realm: door.Realm, Tenant: &door.Tenant}}
}

// ask sends a request from the n-th visitor's address; from is the page it was
// sent from.
func (w learning) ask(n int, method, path, from string, form url.Values) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, "http://"+portals.Astadt+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = fmt.Sprintf("203.0.113.%d:4711", n)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if from != "" {
		r.Header.Set("Referer", "http://"+portals.Astadt+from)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func (w learning) misses() map[string]relevance.Miss {
	w.t.Helper()
	if err := w.s.Write(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	list, err := w.s.Misses(w.t.Context(), portals.Operator, w.p, relevance.MissFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]relevance.Miss{}
	for _, m := range list {
		out[m.Words] = m
	}
	return out
}

func TestQuestionsAreCountedWithoutPersons(t *testing.T) {
	w := openLearning(t)
	for n := range relevance.EnoughVisits {
		w.ask(n, "GET", "/suche?q=Xqzzwrt", "", nil)
		w.ask(n, "GET", "/suche?q=xqzzwrt&seite=2", "", nil)
		w.ask(n, "GET", "/suche?q=hund", "", nil)
		w.ask(n, "GET", "/suche?q=hund&online=ja", "", nil) // the same question, looked at more closely
		w.ask(n, "GET", "/suche?q=steuer", "", nil)
		w.ask(n, "GET", "/leistungen/hund-anmelden", "/suche?q=steuer", nil)
		w.ask(n, "GET", "/suche?q=angelschein", "", nil)
		w.ask(n, "GET", "/leistungen/fischereischein", "/leistungen", nil)
		w.ask(n, "HEAD", "/suche?q=Wzzrtxq", "", nil)
	}
	w.Clock.Advance(time.Hour)
	got := w.misses()
	if m := got["xqzzwrt"]; m.Visits != 5 || m.Unanswered != 5 {
		t.Errorf("without a hit: %+v", m)
	}
	if _, ok := got["steuer"]; ok {
		t.Error("what was chosen counts as given up")
	}
	if _, ok := got["hund"]; ok {
		t.Error("the next words led to a choice, and still it counts as given up")
	}
	if m := got["angelschein"]; m.Unclicked != 5 {
		t.Errorf("a page that was not opened from the list: %+v", m)
	}
	if _, ok := got["wzzrtxq"]; ok {
		t.Error("HEAD asks nothing")
	}
	if err := w.s.ReadLikes(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.s.Learnt(w.p.Realm.ID, w.p.Tenant.ID)
	if err := w.s.ReadLikes(t.Context()); err != nil {
		t.Fatal(err)
	}
	liked := w.s.Learnt(w.p.Realm.ID, w.p.Tenant.ID).Popularity
	if len(liked) != 1 || liked[search.Key{Kind: search.KindService, ID: "L999900.LB.hund-anmelden"}] != 5 {
		t.Errorf("chosen: %v", liked)
	}
}

func TestChoicesAreToldByTheOwnPortalOnly(t *testing.T) {
	w := openLearning(t)
	for rule, from := range map[string]string{"another site": "http://evil.example/suche?q=hund", "another path": "http://" + portals.Astadt + "/x/suche?q=hund", "rubbish": "/suche?%zz\x7f", "no question": "http://" + portals.Astadt + "/suche?q="} {
		r := httptest.NewRequest("GET", "http://"+portals.Astadt+"/leistungen/hund-anmelden", nil)
		r.Header.Set("Referer", from)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		if rec.Code != 200 {
			t.Errorf("%s: %d", rule, rec.Code)
		}
	}
	if err := w.s.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.s.Learnt(w.p.Realm.ID, w.p.Tenant.ID)
	if err := w.s.ReadLikes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if liked := w.s.Learnt(w.p.Realm.ID, w.p.Tenant.ID).Popularity; len(liked) > 0 {
		t.Errorf("%v", liked)
	}
}

func TestThumbs(t *testing.T) {
	w := openLearning(t)
	const hund = "service/L999900.LB.hund-anmelden"
	good := func(kv ...string) url.Values {
		v := url.Values{"q": {"hund"}, "urteil": {"nein"}, "treffer": {hund}}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
	for n := range relevance.EnoughVisits {
		w.ask(n, "GET", "/suche?q=hund", "", nil)
		if got := w.ask(n, "POST", "/suche/bewertung", "", good("online", "ja", "portale", "hier")); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/suche?online=ja&q=hund&danke=ja#danke" {
			t.Fatal(got.Code, got.Header())
		}
		w.ask(n, "POST", "/suche/bewertung", "", good("urteil", "ja", "treffer", "alle"))
	}
	if err := w.s.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := w.s.Opinions(t.Context(), portals.Operator, w.p)
	if err != nil || len(got) != 2 || got[0].Failed != 5 || got[0].Hit.ID != "L999900.LB.hund-anmelden" || got[1].Helped != 5 || got[1].Hit != (search.Key{}) {
		t.Errorf("%+v %v", got, err)
	}
	p := w.page(t, portals.Astadt, "/suche?q=hund&danke=ja", 200)
	if !strings.Contains(p.Text("#danke"), "Vielen Dank") || len(p.Find("form[action=/suche/bewertung]")) != 0 {
		t.Error("no thanks, or asked again")
	}
	for rule, form := range map[string]url.Values{
		"no question": good("q", ""), "no verdict": good("urteil", ""), "another verdict": good("urteil", "vielleicht"), "a hit that does not exist": good("treffer", "service/erfunden"),
		"a kind that does not exist": good("treffer", "staff/1"), "rubbish": {"\xff": {"\x00"}}, "nothing": {},
	} {
		if got := w.ask(1, "POST", "/suche/bewertung", "", form); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "noch einmal") {
			t.Errorf("%s: %d", rule, got.Code)
		}
	}
	if got := w.ask(1, "POST", "/suche/bewertung", "", good("q", strings.Repeat("x", 20_000))); got.Code != http.StatusRequestEntityTooLarge && got.Code != http.StatusUnprocessableEntity {
		t.Errorf("20 kB: %d", got.Code)
	}
	if len(w.Failures) > 0 {
		t.Error(w.Failures)
	}
}

// href gives the address of the link with these words.
func href(p htmlcheck.Page, selector, words string) string {
	for _, n := range p.Find(selector) {
		if strings.Contains(strings.Join(strings.Fields(textOf(n)), " "), words) {
			for _, a := range n.Attr {
				if a.Key == "href" {
					return a.Val
				}
			}
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func TestTheListIsNarrowedDownByPlainLinks(t *testing.T) {
	w := openTown(t)
	for _, everywhere := range []string{"", "&portale=alle"} {
		p := w.page(t, portals.Astadt, "/suche?q=anmelden+hund+bauen+ordnungsamt"+everywhere, 200)
		before := len(p.Find(".p-hit"))
		for _, words := range []string{"Online möglich", "Tiere", "Ämter und Einrichtungen"} {
			to := href(p, "main .p-chips a", words)
			if to == "" {
				t.Errorf("no way to %s%s", words, everywhere)
				continue
			}
			q := w.page(t, portals.Astadt, to, 200)
			if n := len(q.Find(".p-hit")); n == 0 || n >= before {
				t.Errorf("%s: %d of %d hits", to, n, before)
			}
			back := href(q, "main .p-chips a", words+" (Auswahl aufheben)")
			if back == "" {
				t.Errorf("%s: the choice cannot be taken back", to)
				continue
			}
			if n := len(w.page(t, portals.Astadt, back, 200).Find(".p-hit")); n != before {
				t.Errorf("%s: %d of %d hits", back, n, before)
			}
		}
	}
	p := w.page(t, portals.Astadt, "/suche?q=bauantrag", 200)
	to := href(p, "main .p-chips a", "Musterkreis")
	if to == "" {
		t.Fatal("nobody is responsible")
	}
	if q := w.page(t, portals.Astadt, to, 200); !strings.Contains(q.Text(".p-hits"), "Baugenehmigung") || !strings.Contains(q.Text(".p-chips"), "Musterkreis") {
		t.Errorf("the Kreis does not do it: %s", q.Text("main"))
	}
}

func TestChoicesThatLeaveNothingCanBeTakenBack(t *testing.T) {
	w := openTown(t)
	for _, path := range []string{"/suche?q=hund&lage=gibts-nicht&stelle=land&online=ja&art=kontakt", "/suche?q=hund&portale=alle&lage=gibts-nicht&stelle=bdorf", "/suche?q=hund&stelle=%27--&lage=%00"} {
		p := w.page(t, portals.Astadt, path, 200)
		if strings.Contains(path, "gibts-nicht") && (!strings.Contains(p.Text("main"), "Nehmen Sie eine Auswahl zurück") || href(p, "main .p-chips a", "Alles aufheben") == "") {
			t.Errorf("%s: %s", path, p.Text("main"))
		}
	}
	if p := w.page(t, portals.Astadt, "/suche?q=hnud&portale=alle&art=kontakt", 200); p.Text("main") == "" {
		t.Error("empty")
	}
}

// The page must come in time whatever is asked.
func TestAnyQuestionIsAnsweredInTime(t *testing.T) {
	w := openLearning(t)
	for rule, q := range map[string]string{"empty": "", "10 kB": strings.Repeat("Donaudampfschifffahrt ", 480), "stop words": "der die das und wer wie was", "control characters": "\x00\x01\x1b[31mHund", "right to left": "שלום \u202eקסט مرحبا", "emoji": "🐕‍🦺🐕👨‍👩‍👧", "SQL": "'; DROP TABLE x; --", "HTML": "<script>alert(1)</script>"} {
		for _, everywhere := range []string{"", "&portale=alle"} {
			path := "/suche?q=" + url.QueryEscape(q) + everywhere
			w.ask(1, "GET", path, "", nil)
			got := w.ask(1, "GET", path, "", nil)
			if took := clocktest.Spent(t, func() { w.ask(1, "GET", path, "", nil) }); took > 50*time.Millisecond {
				t.Errorf("%s: %s of processor time; 50 ms are allowed", rule, took)
			}
			if got.Code != 200 || strings.Contains(got.Body.String(), "<script>alert") {
				t.Errorf("%s: %d", rule, got.Code)
			}
		}
	}
}
