package citizen_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/app/demo"
	"stadttor/internal/db"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
	demotown "stadttor/internal/test/town"
)

// helpful fails unless the page has the status, is sound, speaks German and
// keeps what the draft held before.
func helpful(t *testing.T, b *apptest.Browser, status int, texts ...string) {
	t.Helper()
	b.Sees(status, texts...)
	sound(t, b)
}

func TestBadInputGetsAHelpfulAnswerAndLosesNothing(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	big := strings.Repeat("Ä", 5<<20)
	for name, c := range map[string]struct {
		send   func(b *apptest.Browser, f apptest.Form)
		status int
		text   string
		kept   string // of "vorname" afterwards
	}{
		"an unknown field": {func(b *apptest.Browser, f apptest.Form) {
			b.Submit(f, url.Values{"vorname": {"Neu"}, "rabatt": {"100"}})
		}, 422, "", "Kim"},
		"a computed value from outside": {func(b *apptest.Browser, f apptest.Form) {
			b.Submit(f, url.Values{"vorname": {"Neu"}, "jahressteuer": {"0"}})
		}, 422, "", "Kim"},
		"a control character":                 {func(b *apptest.Browser, f apptest.Form) { b.Submit(f, url.Values{"vorname": {"Ki\x07m"}}) }, 422, "unsichtbare Steuerzeichen", "Ki\x07m"},
		"broken UTF-8":                        {func(b *apptest.Browser, f apptest.Form) { b.Submit(f, url.Values{"vorname": {"Ki\xff\xfem"}}) }, 422, "beschädigte Zeichen", "Ki\uFFFDm"},
		"a sign that authorities do not know": {func(b *apptest.Browser, f apptest.Form) { b.Submit(f, url.Values{"vorname": {"Kim 😀"}}) }, 422, "Zeichen, das Behörden nicht verarbeiten können", "Kim 😀"},
		"the same name twice":                 {func(b *apptest.Browser, f apptest.Form) { b.Submit(f, url.Values{"vorname": {"A", "B"}}) }, 422, "mehrere Angaben", "A"},
		"a name of 5,000 letters": {func(b *apptest.Browser, f apptest.Form) {
			b.Submit(f, url.Values{"vorname": {strings.Repeat("x", 5000)}})
		}, 422, "höchstens", strings.Repeat("x", 5000)},
		"a text of 10 MB": {func(b *apptest.Browser, f apptest.Form) { b.Submit(f, url.Values{"vorname": {big}}) }, 413, "Was vorher gespeichert war, ist noch da", "Kim"},
		"a text of 10 MB as multipart": {func(b *apptest.Browser, f apptest.Form) {
			v := maps.Clone(f.Values)
			v["vorname"] = []string{big}
			b.PostFiles(f.Action, v)
		}, 413, "Was vorher gespeichert war, ist noch da", "Kim"},
		"5,000 fields": {func(b *apptest.Browser, f apptest.Form) {
			v := maps.Clone(f.Values)
			for i := range 5000 {
				v.Add("x"+strings.Repeat("y", i%7), "1")
			}
			b.PostFiles(f.Action, v)
		}, 413, "Zurück zum Formular", "Kim"},
		"an upload where none is asked for": {func(b *apptest.Browser, f apptest.Form) {
			b.PostFiles(f.Action, f.Values, apptest.File{Field: "vorname", Name: "x.pdf", Body: pdf})
		}, 422, "", "Kim"},
		"an upload that the form does not know": {func(b *apptest.Browser, f apptest.Form) {
			b.PostFiles(f.Action, f.Values, apptest.File{Field: "zzz", Name: "x.pdf", Body: pdf})
		}, 422, "", "Kim"},
		"JSON": {func(b *apptest.Browser, f apptest.Form) {
			b.Do(http.MethodPost, f.Action, strings.NewReader(`{"vorname":"x"}`), "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")
		}, 422, "nicht vollständig angekommen", "Kim"},
		"multipart without end": {func(b *apptest.Browser, f apptest.Form) {
			b.Do(http.MethodPost, f.Action, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"vorname\"\r\n\r\nKim"), "Content-Type", "multipart/form-data; boundary=x", "Sec-Fetch-Site", "same-origin")
		}, 422, "nicht vollständig angekommen", "Kim"},
		"multipart without a boundary": {func(b *apptest.Browser, f apptest.Form) {
			b.Do(http.MethodPost, f.Action, strings.NewReader("x"), "Content-Type", "multipart/form-data", "Sec-Fetch-Site", "same-origin")
		}, 422, "nicht vollständig angekommen", "Kim"},
		"a percent sign that is none": {func(b *apptest.Browser, f apptest.Form) {
			b.Do(http.MethodPost, f.Action, strings.NewReader("vorname=%zz"), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		}, 422, "nicht vollständig angekommen", "Kim"},
	} {
		t.Run(name, func(t *testing.T) {
			b := h.Browser()
			begin(b, h, "torhausen", "hundesteuer-anmeldung")
			toPage(t, b, "/halter", dogs)
			fill(b, dogs).Sees(200, "Anschrift")
			b.Get("/antrag/hundesteuer-anmeldung/halter")
			f := page(b)
			if f.Values.Get("vorname") != "Kim" {
				t.Fatalf("not saved: %v", f.Values)
			}
			c.send(b, f)
			if b.Code != c.status {
				t.Fatalf("status %d, want %d: %.800s", b.Code, c.status, b.Text())
			}
			helpful(t, b, c.status, c.text)
			b.Get("/antrag/hundesteuer-anmeldung/halter").Sees(200)
			if got := page(b).Values.Get("vorname"); got != c.kept {
				t.Errorf("afterwards the first name is %.40q, want %.40q", got, c.kept)
			}
		})
	}
}

func TestStepsCannotBeSkipped(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	f := page(b)
	for _, p := range []string{"pruefen", "steuer", "hunde", "hunde/2", "hunde/9/9", "lastschrift", "anschrift"} {
		b.Get("/antrag/hundesteuer-anmeldung/" + p)
		if b.Code != 200 || !strings.HasSuffix(b.URL.Path, "/bisher") {
			t.Errorf("%s leads to %s (%d)", p, b.URL, b.Code)
		}
		b.Post("/antrag/hundesteuer-anmeldung/"+p, url.Values{"_entwurf": {f.Values.Get("_entwurf")}, "erklaerung": {"ja"}})
		if b.Code != 200 || !strings.HasSuffix(b.URL.Path, "/bisher") {
			t.Errorf("sending %s leads to %s (%d)", p, b.URL, b.Code)
		}
	}
	for _, p := range []string{"gibtesnicht", "hunde%00", "..%2f..%2fkonto", strings.Repeat("a", 3000)} {
		b.Get("/antrag/hundesteuer-anmeldung/" + p)
		if b.Code != 404 {
			t.Errorf("%.20s: %d at %s", p, b.Code, b.URL)
		}
		sound(t, b)
	}
	for _, form := range []string{"gibtesnicht", "Hunde Steuer", "%00", "bewohnerparkausweis%2f"} {
		b.Get("/antrag/" + form)
		if b.Code != 404 {
			t.Errorf("form %s: %d", form, b.Code)
		}
	}
	// Without a draft one begins.
	h.Browser().Get(h.URLOf("torhausen", "/antrag/hundesteuer-anmeldung/halter")).Sees(200, "Antrag beginnen")
}

func TestWrongAndOversizedFilesAreRefusedOneByOne(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "osterfeuer-anmeldung")
	toPage(t, b, "/einverstaendnis", bonfire)
	one := func(name string, body []byte) *apptest.Browser {
		b.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
		return b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: name, Body: body})
	}
	helpful(t, one("gross.pdf", demotown.PDF(11<<20, 9)), 422, "ist größer als")
	helpful(t, one("leer.pdf", nil), 422, "ist leer")
	helpful(t, one("skript.pdf", bytes.Replace(pdf, []byte("/Resources"), []byte("/JavaScript"), 1)), 422, "ausführbare Inhalte")
	helpful(t, one("../../../etc/passwd", []byte("root:x:0:0")), 422, "Format, das wir nicht annehmen")
	helpful(t, one("bild.jpg", []byte("<html><script>alert(1)</script>")), 422, "Format, das wir nicht annehmen")
	// Two at once: the good one stays, the bad one is named.
	b.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
	b.Submit(page(b), url.Values{"_laden": {"1"}}, apptest.File{Field: "einverstaendnis", Name: "gut.pdf", Body: pdf}, apptest.File{Field: "einverstaendnis", Name: "schlecht.pdf", Body: []byte("x")})
	helpful(t, b, 422, "„schlecht", "gut.pdf")
	// A form without an answer is not complete, whatever the buttons say.
	b.Get("/antrag/osterfeuer-anmeldung/pruefen")
	if strings.HasSuffix(b.URL.Path, "/pruefen") {
		t.Error("the check page opens")
	}
}

func TestADraftOfAVersionThatIsGoneIsKeptAndExplained(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	fill(b, dogs).Sees(200, "Rufname")
	here := b.URL.String()
	f := page(b)
	realm, _ := h.Directory.RealmBySlug("kreis-musterland")
	all, err := demo.ReadForms()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(text []byte) bool { return bytes.Contains(text, []byte(`"id": "hundesteuer-anmeldung"`)) })
	next := bytes.Replace(all[i], []byte(`"version": 2`), []byte(`"version": 3`), 1)
	if findings, err := h.Shelf.Publish(t.Context(), perm.System{Name: "test"}, realm.Scope(), next); err != nil {
		t.Fatal(err, findings)
	}
	// While the old version is on the shelf, its drafts go on.
	h.Restart()
	b.Get(here).Sees(200, "Rufname")
	if err := h.DB.InTx(t.Context(), db.Across(realm.ID, "test: a version is lost"), func(tx *db.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(t.Context()), `DELETE FROM form_version WHERE form_id='hundesteuer-anmeldung' AND version=2`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.Restart()
	helpful(t, b.Get(here), 409, "Dieses Formular hat sich geändert", "Der Entwurf bleibt gespeichert", "Mit der neuen Fassung beginnen")
	helpful(t, b.Submit(f, url.Values{"name": {"Bello"}}), 409, "Der Entwurf bleibt gespeichert")
	b.Follow("Mit der neuen Fassung beginnen").Sees(200, "Antrag beginnen")
}

func TestASubmissionPressedTwiceIsOne(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	toCheck(t, b, dogs)
	f := page(b)
	twin := *b
	b.Submit(f, url.Values{"erklaerung": {"ja"}}).Sees(200, "Ihr Antrag ist eingegangen")
	twin.Submit(f, url.Values{"erklaerung": {"ja"}}).Sees(200, "Ihr Antrag ist eingegangen")
	if b.URL.Path != twin.URL.Path {
		t.Errorf("%s and %s", b.URL, twin.URL)
	}
}

func TestAnswersChangedInAnotherWindowAreShownAgainBeforeSending(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	b := h.Browser()
	begin(b, h, "torhausen", "hundesteuer-anmeldung")
	toCheck(t, b, dogs)
	f := page(b)
	window := *b
	window.Get("/antrag/hundesteuer-anmeldung/halter")
	fill(&window, typed("vorname", "Alex"))
	helpful(t, b.Submit(f, url.Values{"erklaerung": {"ja"}}), 409, "Die Angaben haben sich geändert", "Alex")
	send(b).Sees(200, "Ihr Antrag ist eingegangen")
}
