package journey_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// press sends the form of the page whose action ends in verb.
func (p *person) verb(verb string, v map[string][]string) *apptest.Browser {
	p.t.Helper()
	f := p.Form(func(f apptest.Form) bool {
		action, _, _ := strings.Cut(f.Action, "#")
		return f.Method == http.MethodPost && strings.HasSuffix(action, "/"+verb)
	})
	for name := range v {
		if !slices.Contains(f.Names, name) {
			p.t.Fatalf("no input %s in the form of %s, but %v", name, verb, f.Names)
		}
	}
	return p.Submit(f, v)
}

// open goes from the worklist to a case.
func (p *person) open(h *apptest.House, tenant, number string) {
	p.t.Helper()
	p.Get(h.URLOf(tenant, "/verwaltung/faelle")).Sees(http.StatusOK, number)
	p.Follow(number).Sees(http.StatusOK, number)
}

// parcels lists what lies in the tenant's folder for a case: the events of the
// lists of contents, each with the names of its files.
func parcels(t testing.TB, h *apptest.House, tenant, number string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	dirs, err := filepath.Glob(filepath.Join(h.Dir, "ausgang", tenant, number, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		b, err := os.ReadFile(filepath.Join(dir, "parcel.json"))
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Event string `json:"event"`
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		event, _, _ := strings.Cut(m.Event, ":")
		for _, f := range files {
			out[event] = append(out[event], f.Name())
		}
	}
	return out
}

func TestFromTheApplicationToTheDecisionReadAtAThirdPortal(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begin(h, "torhausen", "osterfeuer-anmeldung")
		paper := apptest.PDF("Einverstanden", "")
		p.fire(apptest.File{Field: "einverstaendnis", Name: "einverständnis.pdf", Body: paper})
		p.send()
		n := p.received("Stadt Torhausen")
		h.Drain()

		// The office of the unit in charge finds it, others do not.
		clerk, other, foreign := newPerson(t, h), newPerson(t, h), newPerson(t, h)
		clerk.SignInStaff("torhausen", "torhausen-ordnungsamt")
		other.SignInStaff("torhausen", "torhausen-standesamt")
		foreign.SignInStaff("lindenbrueck", "lindenbrueck-leitung")
		clerk.open(h, "torhausen", n)
		matter := clerk.URL.Path
		other.Get(h.URLOf("torhausen", "/verwaltung/faelle")).Sees(http.StatusOK).Lacks(n)
		other.Get(matter).Sees(http.StatusNotFound).Lacks("Sportplatz", n)
		foreign.Get(matter).Sees(http.StatusNotFound).Lacks("Sportplatz", n)
		newPerson(t, h).Get(h.URLOf("torhausen", matter)).Lacks("Sportplatz", n)
		clerk.Sees(http.StatusOK, "Dirksen", "Wiese am Sportplatz", "27. März 2027")
		clerk.Follow("einverst")
		if clerk.Code != http.StatusOK || !bytes.Equal(clerk.Body, paper) {
			t.Errorf("the office gets another file: %d, %d bytes", clerk.Code, len(clerk.Body))
		}

		// Claim, note, ask.
		clerk.Get(matter)
		clerk.verb("uebernehmen", nil).Sees(http.StatusOK)
		clerk.verb("vermerk", values("text", "Im Vorjahr gab es Beschwerden wegen Tollkirsche.")).Sees(http.StatusOK, "Tollkirsche")
		clerk.verb("rueckfrage", values("text", "")).Sees(http.StatusUnprocessableEntity)
		clerk.verb("rueckfrage", values("text", "Wer löscht die Glut?\n\nBitte senden Sie eine Skizze.")).Sees(http.StatusOK, "Wer löscht die Glut?")
		h.Drain()

		// The question waits in the inbox at another portal of the Kreis.
		q := newPerson(t, h)
		q.SignIn("lindenbrueck", "mareike-sandvoss", "basis")
		q.Get("/postfach").Sees(http.StatusOK, n, "Stadt Torhausen", "Rückfrage")
		q.Follow("Osterfeuer").Sees(http.StatusOK, "Wer löscht die Glut?", "Bitte senden Sie eine Skizze.").Lacks("Tollkirsche")
		reply := q.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/antwort") })
		q.Submit(reply, values("antwort", "")).Sees(http.StatusUnprocessableEntity)
		reply = q.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/antwort") })
		// A wrong file: the answer typed stays.
		q.Submit(reply, values("antwort", "Die Jugendfeuerwehr."), apptest.File{Field: "dateien", Name: "skizze.pdf", Body: []byte("MZ\x90\x00 no PDF")})
		q.Sees(http.StatusUnprocessableEntity)
		reply = q.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/antwort") })
		if reply.Values.Get("antwort") != "Die Jugendfeuerwehr." {
			t.Errorf("the answer is gone: %v", reply.Values)
		}
		sketch := apptest.PDF("Skizze", "")
		q.Submit(reply, nil, apptest.File{Field: "dateien", Name: "skizze.pdf", Body: sketch})
		q.Sees(http.StatusOK, "Ihre Antwort ist angekommen", "Die Jugendfeuerwehr.")
		h.Drain()

		// Decide: the letter is looked at before it goes.
		clerk.open(h, "torhausen", n)
		clerk.Sees(http.StatusOK, "Die Jugendfeuerwehr.", "skizze.pdf")
		clerk.Get(matter + "/entscheidung?ergebnis=approved").Sees(http.StatusOK)
		f := clerk.Form(func(f apptest.Form) bool { return strings.Contains(f.Action, "/entscheidung") })
		letter := values("ergebnis", "approved", "begruendung", "Die Abstände sind eingehalten. Zeichen: "+n)
		v := map[string][]string{}
		for k, x := range f.Values {
			v[k] = x
		}
		for k, x := range letter {
			v[k] = x
		}
		clerk.Post(matter+"/vorschau", v)
		if clerk.Code != http.StatusOK || !bytes.HasPrefix(clerk.Body, []byte("%PDF-")) {
			t.Fatalf("no preview: %d %.800s", clerk.Code, clerk.Text())
		}
		clerk.Get(matter).Sees(http.StatusOK, "In Bearbeitung")
		clerk.Post(matter+"/entscheidung", v).Sees(http.StatusOK)
		clerk.Post(matter+"/entscheidung", v).Sees(http.StatusConflict) // once
		h.Drain()

		// Read at a third portal, the next morning, after the program was restarted.
		h.Restart()
		h.Clock.Advance(21 * time.Hour)
		r := newPerson(t, h)
		r.SignIn("wiesenmuehl", "mareike-sandvoss", "basis")
		r.Get("/postfach").Sees(http.StatusOK, n, "Stadt Torhausen", "Bewilligt")
		r.Follow("Osterfeuer").Sees(http.StatusOK, "Bewilligt", "Bescheid").Lacks("Tollkirsche")
		r.Get(r.linkWith("/dokument/"))
		if r.Code != http.StatusOK || !bytes.HasPrefix(r.Body, []byte("%PDF-")) {
			t.Errorf("no letter: %d", r.Code)
		}
		emeka := newPerson(t, h)
		emeka.SignIn("wiesenmuehl", "emeka-brandhorst", "basis")
		emeka.Get(r.URL.Path).Sees(http.StatusNotFound)

		// The office sees that it was read, and what was handed over.
		again := newPerson(t, h)
		again.SignInStaff("torhausen", "torhausen-ordnungsamt")
		again.Get(h.URLOf("torhausen", matter)).Sees(http.StatusOK, "2. Dezember 2026")
		got := parcels(t, h, "torhausen", n)
		for event, want := range map[string][]string{"submitted": {"antrag.json", "antrag.xml", "parcel.json", "einverst"}, "replied": {"antwort.txt", "skizze.pdf", "parcel.json"}, "decided": {"parcel.json", ".pdf"}} {
			for _, w := range want {
				if !slices.ContainsFunc(got[event], func(s string) bool { return strings.Contains(s, w) }) {
					t.Errorf("%s: no %s among %v", event, w, got[event])
				}
			}
		}
		sound(t, h)
	})
}

// linkWith gives the address of the first link that holds part.
func (p *person) linkWith(part string) string {
	p.t.Helper()
	for _, l := range p.Links() {
		if strings.Contains(l, part) {
			return l
		}
	}
	p.t.Fatalf("no link with %s on %s: %v", part, p.URL, p.Links())
	return ""
}

func TestMailsTellThatSomethingWaitsAndNothingElse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		p := newPerson(t, h)
		p.SignIn("torhausen", "mareike-sandvoss", "basis")
		p.begin(h, "torhausen", "hundesteuer-anmeldung")
		p.dogTax("Wiebke", "Ostermoor", "wiebke@postfach.example")
		p.send()
		n := p.received("Stadt Torhausen")
		clerk := newPerson(t, h)
		h.Drain()
		clerk.SignInStaff("torhausen", "torhausen-steueramt")
		clerk.open(h, "torhausen", n)
		clerk.verb("uebernehmen", nil)
		clerk.verb("rueckfrage", values("text", "Ist Wotan kastriert?")).Sees(http.StatusOK)
		h.Drain()
		h.Drain() // once more changes nothing
		mails := h.Outbox.List()
		if len(mails) != 2 {
			t.Fatalf("%d mails, want one for the receipt and one for the question", len(mails))
		}
		for _, m := range mails {
			if m.To.Reveal() != "wiebke@postfach.example" {
				t.Errorf("to %q", m.To.Reveal())
			}
			if !strings.Contains(m.Text, "/postfach") || strings.Contains(m.Text, n) || strings.Contains(m.Text, "Hund") {
				t.Errorf("says too much or leads nowhere: %s", m.Text)
			}
		}
		sound(t, h)
	})
}

func TestABrokenFolderIsTriedAgainThenAHumanSendsOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		folder := filepath.Join(h.Dir, "ausgang", "torhausen")
		away := folder + ".weg"
		if err := os.Rename(folder, away); err != nil {
			t.Fatal(err)
		}
		p := newPerson(t, h)
		p.begin(h, "torhausen", "hundesteuer-anmeldung")
		p.dogTax("Wiebke", "Ostermoor", "wiebke@postfach.example")
		p.send()
		n := p.received("Stadt Torhausen") // the folder is no matter of the citizen's
		for range 60 {
			h.Drain()
			h.Clock.Advance(time.Hour)
		}
		clerk := newPerson(t, h)
		clerk.SignInStaff("torhausen", "torhausen-steueramt")
		clerk.Get(h.URLOf("torhausen", "/verwaltung/faelle?dringend=aufgabe")).Sees(http.StatusOK, n)
		clerk.open(h, "torhausen", n)
		clerk.verb("uebergabe", nil).Sees(http.StatusOK) // still broken: it stays a task
		h.Drain()
		clerk.Get(clerk.URL.Path).Sees(http.StatusOK)
		if err := os.Rename(away, folder); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Hour)
		h.Drain()
		if got := parcels(t, h, "torhausen", n); len(got) != 1 || len(got["submitted"]) < 4 {
			t.Fatalf("in the folder: %v", got)
		}
		clerk.SignInStaff("torhausen", "torhausen-steueramt") // an hour has passed
		clerk.open(h, "torhausen", n)
		clerk.Get(h.URLOf("torhausen", "/verwaltung/faelle?dringend=aufgabe")).Sees(http.StatusOK).Lacks(n)
		if c := count(t, h, `SELECT count(*) FROM job WHERE state='dead'`); c != 1 {
			t.Errorf("%d jobs were given up, want the first delivery", c)
		}
	})
}
