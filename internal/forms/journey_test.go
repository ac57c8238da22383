package forms

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func pageIDs(pages []Page) string {
	var ids []string
	for _, p := range pages {
		mark := map[State]string{Open: "", Done: "+", Wrong: "!"}[p.State]
		ids = append(ids, mark+p.ID)
	}
	return strings.Join(ids, " ")
}

func sampleInput(s sample, page string) (url.Values, map[string][]File) {
	for _, p := range s.Pages {
		if p.Page == page {
			return p.In, p.Files
		}
	}
	return nil, nil
}

func TestJourneyOfARepeatGroup(t *testing.T) {
	d := demoForm(t, "hundesteuer-anmeldung")
	s, e := readSample(t, d.ID)
	a := Answers{}
	step := func(page string, in url.Values, want string) {
		t.Helper()
		next, problems := d.Accept(page, in, nil, a, e)
		if Blocks(problems) {
			t.Fatalf("%s: %+v", page, problems)
		}
		a = next
		if got := pageIDs(d.Journey(a, e)[:strings.Count(want, " ")+1]); got != want {
			t.Fatalf("after %s:\n got %s\nwant %s", page, got, want)
		}
	}
	in := func(page string) url.Values { v, _ := sampleInput(s, page); return v }
	if got := pageIDs(d.Journey(a, e)); got != "bisher hunde/1 hunde/1/2 hunde halter anschrift kontakt zahlweise steuer pruefen" {
		t.Fatalf("an empty form: %s", got)
	}
	step("bisher", in("bisher"), "+bisher hunde/1 hunde/1/2 hunde halter")
	step("hunde/1", in("hunde/1"), "+bisher +hunde/1 hunde/1/2 hunde halter")
	if a["hunde"].Entries[0].Key != 1 {
		t.Fatal("the entry has no key")
	}
	if _, problems := d.Accept("hunde", url.Values{"weitere": {"nein"}}, nil, a, e); len(problems) != 1 || problems[0].Code != "group-entry" {
		t.Errorf("the list is closed over an open entry: %+v", problems)
	}
	step("hunde/1/2", in("hunde/1/2"), "+bisher +hunde/1 +hunde/1/2 hunde halter")
	step("hunde", url.Values{"weitere": {"ja"}}, "+bisher +hunde/1 +hunde/1/2 hunde halter")
	if got := d.Follow("hunde", url.Values{"weitere": {"ja"}}, a, e); got != "hunde/2" {
		t.Errorf("another entry begins at %s", got)
	}
	if _, ok := d.Page("hunde/3", a, e); ok {
		t.Error("an entry can be skipped")
	}
	step("hunde/2", in("hunde/2"), "+bisher +hunde/1 +hunde/1/2 +hunde/2 hunde/2/2 hunde halter")
	step("hunde/2/2", in("hunde/2/2"), "+bisher +hunde/1 +hunde/1/2 +hunde/2 +hunde/2/2 hunde halter")
	step("hunde", url.Values{"weitere": {"nein"}}, "+bisher +hunde/1 +hunde/1/2 +hunde/2 +hunde/2/2 +hunde halter")
	step("hunde", url.Values{"entfernen": {"1"}}, "+bisher +hunde/2 +hunde/2/2 hunde halter")
	if got := d.Follow("hunde", url.Values{"entfernen": {"1"}}, a, e); got != "hunde" {
		t.Errorf("after removing comes %s", got)
	}
	if _, problems := d.Accept("hunde", url.Values{"entfernen": {"1"}}, nil, a, e); len(problems) != 1 || problems[0].Code != "group-removed" {
		t.Errorf("removed twice: %+v", problems)
	}
	if _, problems := d.Accept("hunde/1", in("hunde/1"), nil, a, e); len(problems) != 1 || problems[0].Code != "page-unknown" {
		t.Errorf("a removed entry comes back from another tab: %+v", problems)
	}
	if got := d.Follow("hunde", url.Values{"weitere": {"ja"}}, a, e); got != "hunde/3" {
		t.Errorf("a key is used twice: %s", got)
	}
	step("hunde", url.Values{"entfernen": {"2"}}, "+bisher hunde/3 hunde/3/2 hunde halter")
	if _, problems := d.Accept("hunde", url.Values{"weitere": {"nein"}}, nil, a, e); len(problems) != 1 || problems[0].Code != "group-few" {
		t.Errorf("none is enough: %+v", problems)
	}
	for i := range 10 {
		page := fmt.Sprintf("hunde/%d", 3+i)
		var problems []Problem
		if a, problems = d.Accept(page, in("hunde/1"), nil, a, e); Blocks(problems) {
			t.Fatal(problems)
		}
	}
	if _, problems := d.Accept("hunde", url.Values{"weitere": {"ja"}}, nil, a, e); len(problems) != 1 || problems[0].Code != "group-many" {
		t.Errorf("an eleventh entry: %+v", problems)
	}
	if _, ok := d.Page("hunde/13", a, e); ok {
		t.Error("there is a page for an eleventh entry")
	}
}

func TestPagesNeedTheOnesBefore(t *testing.T) {
	d := demoForm(t, "bewohnerparkausweis")
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	for _, p := range d.Journey(a, e) {
		if !p.Reachable || p.State != Done {
			t.Errorf("page %s of a filled in form: %s, reachable %v", p.ID, p.State, p.Reachable)
		}
	}
	delete(a, "zone")
	for _, p := range d.Journey(a, e) {
		want := p.ID == "wohnung" || p.ID == "person" || p.ID == "anschrift"
		if p.Reachable != want {
			t.Errorf("page %s reachable: %v", p.ID, p.Reachable)
		}
	}
}

func TestAnExitPageEndsTheJourney(t *testing.T) {
	d := demoForm(t, "geburtsurkunde")
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	a, _ = d.Accept("geburtsort", url.Values{"hier_geboren": {"nein"}}, nil, a, e)
	if got := pageIDs(d.Journey(a, e)); got != "+geburtsort anderes-standesamt" {
		t.Fatal(got)
	}
	if got := d.Follow("geburtsort", nil, a, e); got != "anderes-standesamt" {
		t.Error(got)
	}
	if p := d.Check(a, e); len(p) != 1 || p[0].Code != "exit" {
		t.Errorf("it can be sent all the same: %+v", p)
	}
	if final := d.Final(a, e); len(final) != 1 {
		t.Errorf("answers behind the exit are delivered: %v", sortedKeys(final))
	}
	a, _ = d.Accept("geburtsort", url.Values{"hier_geboren": {"ja"}}, nil, a, e)
	if got := d.Follow("geburtsort", nil, a, e); got != CheckPage {
		t.Errorf("back again, the answers are gone: next is %s", got)
	}
}

// TestAHiddenAnswerStaysInTheDraftAndGoesNowhereElse covers page, field and entry conditions.
func TestAHiddenAnswerStaysInTheDraftAndGoesNowhereElse(t *testing.T) {
	d := demoForm(t, "hundesteuer-anmeldung")
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	before := must1(json.Marshal(d.Final(a, e)))
	a, problems := d.Accept("zahlweise", url.Values{"zahlweise": {"ueberweisung"}}, nil, a, e)
	if Blocks(problems) {
		t.Fatal(problems)
	}
	a, problems = d.Accept("hunde/3/2", url.Values{"gefaehrlich": {"bescheid"}, "assistenzhund": {"ja"}}, nil, a, e)
	if Blocks(problems) {
		t.Fatal(problems)
	}
	a, _ = d.Accept(CheckPage, url.Values{"erklaerung": {"ja"}}, nil, a, e)
	if p := d.Check(a, e); Blocks(p) {
		t.Fatal(p)
	}
	out := string(must1(json.Marshal(d.Final(a, e)))) + summaryText(t, d, a, e)
	x, err := d.Export(a, e)
	if err != nil {
		t.Fatal(err)
	}
	out += string(must1(x.JSON())) + string(must1(x.XML()))
	for _, hidden := range []string{"DE39", "9990", "mandat", "Ausweis.jpg", "kontoinhaber"} {
		if strings.Contains(out, hidden) {
			t.Errorf("%q of a hidden answer is delivered", hidden)
		}
	}
	total, _, err := d.Fee(a, e)
	if err != nil || total != 132_00+2*600_00 {
		t.Errorf("the fee counts a hidden exemption: %s %v", total, err)
	}
	if a["iban"].Text == "" {
		t.Error("the draft lost the hidden answer")
	}
	for page := range strings.SplitSeq("zahlweise hunde/3/2", " ") {
		in, files := sampleInput(s, page)
		a, _ = d.Accept(page, in, files, a, e)
	}
	a, _ = d.Accept("hunde/3/2", url.Values{"gefaehrlich": {"nein"}, "assistenzhund": {"ja"}, "nachweis_assistenz-entfernen": {"f1x"}}, nil, a, e)
	a, _ = d.Accept(CheckPage, url.Values{"erklaerung": {"ja"}}, nil, a, e)
	v := a["hunde"].Entries[2].Answers
	v["nachweis_assistenz"] = Value{Type: FileUpload, Files: v["nachweis_assistenz"].Files[:1]}
	if after := must1(json.Marshal(d.Final(a, e))); string(after) != string(before) {
		t.Errorf("answered as before, but not the same:\n%s\n%s", before, after)
	}
}

func TestAChangedAnswerNeedsTheDeclarationAgain(t *testing.T) {
	d := demoForm(t, "sperrgutabfuhr")
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	in, _ := sampleInput(s, "hinweise")
	a, _ = d.Accept("hinweise", in, nil, a, e)
	p := d.Check(a, e)
	if len(p) != 1 || p[0].Page != CheckPage || p[0].Code != "required-consent" {
		t.Errorf("problems %+v", p)
	}
}

func TestTimeMovesOn(t *testing.T) {
	d := demoForm(t, "sperrgutabfuhr")
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	e.Today = e.Today.AddDate(0, 0, 9) // the chosen day is too near now
	p := d.Check(a, e)
	if len(p) != 1 || p[0].Page != "termin" || p[0].Code != "option" {
		t.Errorf("problems %+v", p)
	}
	for _, page := range d.Journey(a, e) {
		if page.ID == "termin" && page.State != Wrong {
			t.Errorf("the page is %s", page.State)
		}
	}
	osterfeuer := demoForm(t, "osterfeuer-anmeldung")
	s, e = readSample(t, osterfeuer.ID)
	a = fill(t, osterfeuer, s, e)
	e.Today = e.Today.AddDate(0, 0, 12) // 13 March 2027, two weeks before
	if p := osterfeuer.Check(a, e); Blocks(p) {
		t.Errorf("on the last day: %+v", p)
	}
	e.Today = e.Today.AddDate(0, 0, 1)
	if p := osterfeuer.Check(a, e); !slices.ContainsFunc(p, func(p Problem) bool { return p.Code == "deadline" }) {
		t.Errorf("a day late: %+v", p)
	}
}

func TestEasterWindow(t *testing.T) {
	d := demoForm(t, "osterfeuer-anmeldung")
	e := testEnv(t, "2027-01-10")
	for _, c := range []struct{ day, month, code string }{
		{"24", "3", "fenster"}, {"25", "3", ""}, {"28", "3", ""}, {"29", "3", ""}, {"30", "3", "fenster"}, {"12", "1", "fenster frist"},
	} {
		_, problems := d.Accept("datum", url.Values{"datum-tag": {c.day}, "datum-monat": {c.month}, "datum-jahr": {"2027"}}, nil, Answers{}, e)
		var codes []string
		for _, p := range problems {
			codes = append(codes, p.Code)
			if p.Code == "fenster" && !strings.Contains(p.Text, "28. März 2027") {
				t.Errorf("the text does not name Easter: %s", p.Text)
			}
		}
		if got := strings.Join(codes, " "); got != c.code {
			t.Errorf("%s.%s.2027: %q, want %q", c.day, c.month, got, c.code)
		}
	}
}

func TestDogTax(t *testing.T) {
	d := demoForm(t, "hundesteuer-anmeldung")
	e := testEnv(t, "2026-11-21")
	e.Params = map[string]any{"satz_erster": 100_00, "satz_zweiter": 150_00, "satz_weitere": float64(200_00), "satz_gefaehrlich": json.Number("70000")}
	dog := func(kind string, assist bool) Entry {
		return Entry{Answers: Answers{"gefaehrlich": {Type: Choice, Text: kind}, "assistenzhund": {Type: YesNo, Bool: assist}}}
	}
	plain, guide, listed := dog("nein", false), dog("nein", true), dog("liste", false)
	for _, c := range []struct {
		name   string
		before int64
		dogs   []Entry
		want   int64
	}{
		{"the first", 0, []Entry{plain}, 100_00},
		{"the first two", 0, []Entry{plain, plain}, 250_00},
		{"the first four", 0, []Entry{plain, plain, plain, plain}, 650_00},
		{"a second", 1, []Entry{plain}, 150_00},
		{"a second and a third", 1, []Entry{plain, plain}, 350_00},
		{"a third", 2, []Entry{plain}, 200_00},
		{"a sixth and a seventh", 5, []Entry{plain, plain}, 400_00},
		{"an assistance dog costs nothing", 0, []Entry{guide}, 0},
		{"an assistance dog does not count", 0, []Entry{guide, plain}, 100_00},
		{"a listed dog", 0, []Entry{listed}, 700_00},
		{"a listed dog that claims to assist is hidden from it", 0, []Entry{dog("liste", true)}, 700_00},
		{"one of each", 0, []Entry{plain, guide, listed}, 800_00},
	} {
		a := Answers{"bisherige_hunde": {Type: Number, Int: c.before * 1000}, "hunde": {Type: Group, Entries: c.dogs, Closed: true}}
		total, _, err := d.Fee(a, e)
		if err != nil || int64(total) != c.want {
			t.Errorf("%s: %s, %v", c.name, total, err)
		}
		r := newRun(d, a, e)
		if tax := r.fieldDatum(d.Field("jahressteuer"), ""); tax.n != c.want {
			t.Errorf("%s: the page says %d, the fee %d", c.name, tax.n, c.want)
		}
	}
	if _, _, err := d.Fee(Answers{}, e); err == nil || strings.Contains(err.Error(), "Hund") {
		t.Errorf("a fee without answers: %v", err)
	}
}

// TestBadInput: nothing changes, nothing breaks, and the person is told what to do.
func TestBadInput(t *testing.T) {
	d := demoForm(t, "hundesteuer-anmeldung")
	s, e := readSample(t, d.ID)
	full := fill(t, d, s, e)
	for _, c := range []struct {
		name, page string
		in         url.Values
		code       string
	}{
		{"unknown field", "bisher", url.Values{"bisherige_hunde": {"1"}, "admin": {"1"}}, "input-unknown"},
		{"field of another page", "bisher", url.Values{"bisherige_hunde": {"1"}, "iban": {"DE89370400440532013000"}}, "input-unknown"},
		{"computed value from outside", "steuer", url.Values{"jahressteuer": {"0"}}, "input-unknown"},
		{"internal value from outside", "steuer", url.Values{"zahl_normal": {"0"}}, "input-unknown"},
		{"page that is none", "nichts", url.Values{}, "page-unknown"},
		{"page with a path in it", "../bisher", url.Values{}, "page-unknown"},
		{"entry that is none", "hunde/99", url.Values{"name": {"x"}}, "page-unknown"},
		{"negative entry", "hunde/-1", url.Values{}, "page-unknown"},
		{"entry with a huge number", "hunde/99999999999999999999", url.Values{}, "page-unknown"},
		{"remove what is no number", "hunde", url.Values{"entfernen": {"1 or 1=1"}}, "group-removed"},
		{"neither another nor no other", "hunde", url.Values{"weitere": {"?"}}, "group-more"},
		{"add and remove nothing", "hunde", url.Values{}, "group-more"},
	} {
		before := must1(json.Marshal(full))
		_, problems := d.Accept(c.page, c.in, nil, full, e)
		if len(problems) == 0 || problems[0].Code != c.code || problems[0].Text == "" {
			t.Errorf("%s: %+v", c.name, problems)
		}
		if after := must1(json.Marshal(full)); string(before) != string(after) {
			t.Errorf("%s changed the answers it was given", c.name)
		}
	}
	if a, problems := d.Accept("bisher", url.Values{"bisherige_hunde": {"2"}, "_zurueck": {"1"}}, nil, full, e); Blocks(problems) || a["bisherige_hunde"].Int != 2000 {
		t.Errorf("a name of the door is looked at: %+v", problems)
	}
}

func TestWhatWasTypedSurvivesTheDraft(t *testing.T) {
	d := demoForm(t, "hundesteuer-anmeldung")
	_, e := readSample(t, d.ID)
	a, problems := d.Accept("halter", url.Values{"vorname": {"Anna 😀"}, "familienname": {"Muster"}, "geburtsdatum-tag": {"31"}, "geburtsdatum-monat": {"Feber"}, "geburtsdatum-jahr": {"1980"}}, nil, Answers{}, e)
	if len(problems) != 2 || problems[0].Input != "vorname" || problems[1].Input != "geburtsdatum-tag" {
		t.Fatalf("%+v", problems)
	}
	a = stored(t, a)
	p, _ := d.Page("halter", a, e)
	var got []string
	for _, f := range p.Fields {
		for _, in := range f.Inputs {
			got = append(got, in.Value)
		}
	}
	if strings.Join(got, "|") != "Anna 😀|Muster|31|Feber|1980" || p.State != Wrong {
		t.Errorf("%s %v", p.State, got)
	}
	for _, q := range d.Check(a, e) {
		if q.Field == "geburtsdatum" && q.Code != "date-real" {
			t.Errorf("the reason got lost: %+v", q)
		}
	}
}

func TestAFieldOnTheSamePageAppearsByItsNeighbour(t *testing.T) {
	d := demoForm(t, "sperrgutabfuhr")
	_, e := readSample(t, d.ID)
	p, _ := d.Page("ort", Answers{}, e)
	last := p.Fields[2]
	if last.Field.ID != "stellplatz_text" || last.Shown {
		t.Fatal("the field is not there, or is shown at once")
	}
	in := url.Values{"abholadresse-strasse": {"Weg"}, "abholadresse-hausnummer": {"1"}, "abholadresse-plz": {"00101"}, "stellplatz": {"gehweg"}, "stellplatz_text": {"sent by a page without script"}}
	a, problems := d.Accept("ort", in, nil, Answers{}, e)
	if len(problems) > 0 || a["stellplatz_text"].answered() {
		t.Errorf("a hidden field was taken: %+v", problems)
	}
	in.Set("stellplatz", "anders")
	in.Set("stellplatz_text", "")
	a, problems = d.Accept("ort", in, nil, a, e)
	if len(problems) != 1 || problems[0].Field != "stellplatz_text" {
		t.Errorf("the field that is needed now is not asked for: %+v", problems)
	}
	if p, _ = d.Page("ort", a, e); !p.Fields[2].Shown {
		t.Error("the field stays hidden")
	}
}

// TestAnyOrderEndsEqual: a person may go to and fro, change answers and change them back, send rubbish; whoever ends with
// the same answers on every page ends with the same form.
func TestAnyOrderEndsEqual(t *testing.T) {
	for _, id := range demoForms {
		t.Run(id, func(t *testing.T) {
			d := demoForm(t, id)
			s, e := readSample(t, id)
			straight := fill(t, d, s, e)
			want := string(must1(json.Marshal(d.Final(straight, e)))) + summaryText(t, d, straight, e)
			entries := map[string]int{}
			for field, v := range d.Final(straight, e) {
				entries[field] = len(v.Entries)
			}
			accept := func(a Answers, p Page) Answers {
				in, files := sampleInput(s, p.ID)
				if p.Kind == PageOverview {
					in, files = url.Values{"weitere": {"nein"}}, nil
					if have := len(a[p.group.ID].Entries); have < entries[p.group.ID] {
						a, _ = d.Accept(p.ID, url.Values{"weitere": {"ja"}}, nil, a, e)
						next := d.Follow(p.ID, url.Values{"weitere": {"ja"}}, a, e)
						in, files = sampleInput(s, next)
						a, _ = d.Accept(next, in, files, a, e)
						return a
					}
				}
				if files != nil { // what is there already is not uploaded twice
					for field := range files {
						if p.Kind == PageEntry && len(a[p.group.ID].Entries) > 0 {
							if i, ok := a[p.group.ID].entry(p.Key); ok && len(a[p.group.ID].Entries[i].Answers[field].Files) > 0 {
								files = nil
							}
						} else if len(a[field].Files) > 0 {
							files = nil
						}
					}
				}
				a, _ = d.Accept(p.ID, in, files, a, e)
				return a
			}
			rapid.Check(t, func(rt *rapid.T) {
				a := Answers{}
				for range rapid.IntRange(0, 12).Draw(rt, "steps") {
					pages := d.Journey(a, e)
					p := pages[rapid.IntRange(0, len(pages)-1).Draw(rt, "page")]
					switch rapid.IntRange(0, 3).Draw(rt, "what") {
					case 0: // rubbish in every input, or another choice
						in := url.Values{}
						for _, f := range p.Fields {
							for _, input := range f.Inputs {
								in.Set(input.Name, rapid.SampledFrom([]string{"", "x", "😀", "ja", "nein", "0", "\x00"}).Draw(rt, "rubbish"))
							}
							if len(f.Options) > 0 {
								in.Set(f.Field.ID, rapid.SampledFrom(f.Options).Draw(rt, "option").Code)
							}
						}
						if _, known := sampleInput(s, p.ID); known == nil { // rubbish would leave files behind
							a, _ = d.Accept(p.ID, in, nil, a, e)
						}
					default:
						a = accept(a, p)
					}
				}
				// then answer every page that is asked for, as often as it takes
				for range 3 {
					pages := d.Journey(a, e)
					for k := 0; k < len(pages); k++ {
						p := pages[k]
						if in, _ := sampleInput(s, p.ID); in != nil || p.Kind == PageOverview {
							a = accept(a, p)
							pages = d.Journey(a, e)
						}
					}
					if !Blocks(d.Check(a, e)) {
						break
					}
				}
				if p := d.Check(a, e); Blocks(p) {
					rt.Fatalf("not complete: %+v", p)
				}
				if got := string(must1(json.Marshal(d.Final(a, e)))) + summaryText(t, d, a, e); got != want {
					rt.Fatalf("got\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}
