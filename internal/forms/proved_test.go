package forms

import (
	"net/url"
	"testing"
)

const provedForm = `{"id":"p","version":1,"title":"P","level":"substantiell","purpose":"Zum Prüfen der Vorbelegung.","steps":[
	{"id":"wer","title":"Wer?","fields":[
		{"id":"vorname","type":"text","label":"Vorname","prefill":"vorname","charset":"A","personal":true,"why":"x"},
		{"id":"familienname","type":"text","label":"Familienname","prefill":"familienname","charset":"A","personal":true,"why":"x"},
		{"id":"geburt","type":"date","label":"Geburtsdatum","prefill":"geburtsdatum","personal":true,"why":"x"},
		{"id":"wo","type":"address","label":"Anschrift","prefill":"anschrift","personal":true,"why":"x"},
		{"id":"mail","type":"email","label":"E-Mail","prefill":"email","optional":true,"personal":true,"why":"x"}]}]}`

func provedEnv(t *testing.T) (*Definition, Env) {
	t.Helper()
	d, findings := Parse([]byte(provedForm))
	if d == nil {
		t.Fatal(findings)
	}
	e := testEnv(t, "2026-11-21")
	e.Person = map[string]string{"vorname": "ADA", "familienname": "Neumann", "geburtsdatum": "1990-02-03", "strasse": "Amtsweg", "hausnummer": "3", "plz": "00101", "ort": "Torhausen", "email": "ada@post.example"}
	e.Proved = map[string]bool{"vorname": true, "geburtsdatum": true, "strasse": true, "hausnummer": true, "plz": true, "ort": true}
	return d, e
}

func TestWhatTheAccountProvesIsLocked(t *testing.T) {
	d, e := provedEnv(t)
	p, _ := d.Page("wer", Answers{}, e)
	for i, want := range []bool{true, false, true, true, false} {
		if f := p.Fields[i]; f.Locked != want || want != (len(f.Output) > 0) {
			t.Errorf("%s: locked %v, shown %v", f.Field.ID, f.Locked, f.Output)
		}
	}
	if p.State == Done {
		t.Error("a page that nobody has sent is done")
	}
	in := url.Values{"vorname": {"Eva"}, "familienname": {"Alt"}, "geburt-tag": {"9"}, "geburt-monat": {"9"}, "geburt-jahr": {"1999"}, "wo-strasse": {"Falschweg"}, "wo-ort": {"Anderswo"}, "mail": {"eva@post.example"}}
	for name, in := range map[string]url.Values{"something else was sent": in, "nothing was sent for it": {"familienname": {"Alt"}, "mail": {"eva@post.example"}}, "it was sent twice": {"vorname": {"Eva", "Uta"}, "familienname": {"Alt"}, "mail": {"eva@post.example"}}} {
		a, problems := d.Accept("wer", in, nil, Answers{}, e)
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		if a["vorname"].Text != "ADA" || a["geburt"].Text != "1990-02-03" || a["wo"].Address.Street != "Amtsweg" || a["wo"].Address.Place != "Torhausen" {
			t.Errorf("%s: a proved answer was changed", name)
		}
		if a["familienname"].Text != "Alt" || a["mail"].Text != "eva@post.example" {
			t.Errorf("%s: a stated answer was not taken", name)
		}
	}
}

func TestASuggestionIsNeverLocked(t *testing.T) {
	d, e := provedEnv(t)
	d.Steps[0].Fields[3].Suggest = true
	p, _ := d.Page("wer", Answers{}, e)
	if f := p.Fields[3]; f.Locked || len(f.Inputs) == 0 || f.Inputs[0].Value != "Amtsweg" {
		t.Errorf("%+v", f)
	}
	if f := p.Fields[0]; !f.Locked {
		t.Error("the name is free")
	}
}

func TestAProvedAnswerTakesThePlaceOfATypedOne(t *testing.T) {
	d, e := provedEnv(t)
	guest := e
	guest.Person, guest.Proved = nil, nil
	typed, _ := d.Accept("wer", url.Values{"vorname": {"Adda"}, "familienname": {"Neumann"}, "geburt-tag": {"3"}, "geburt-monat": {"x"}, "geburt-jahr": {"1990"}}, nil, Answers{}, guest)
	a := d.Prove(typed, e)
	if a["vorname"].Text != "ADA" || a["geburt"].Text != "1990-02-03" || typed["vorname"].Text != "Adda" || a["familienname"].Text != "Neumann" {
		t.Errorf("%+v", a)
	}
	if _, there := d.Prove(Answers{}, e)["vorname"]; there {
		t.Error("an answer that nobody gave yet")
	}
	if got := d.Prove(typed, guest); got["vorname"].Text != "Adda" {
		t.Error("changed without a proof")
	}
}

func TestAProofThatIsNoAnswerIsTyped(t *testing.T) {
	for name, change := range map[string]func(*Env){
		"letters that authorities do not store": func(e *Env) { e.Person["vorname"] = "Άda" },
		"nothing is known":                      func(e *Env) { delete(e.Person, "vorname") },
	} {
		d, e := provedEnv(t)
		change(&e)
		p, _ := d.Page("wer", Answers{}, e)
		if p.Fields[0].Locked {
			t.Errorf("%s: locked", name)
		}
	}
	for name, change := range map[string]func(*Env){
		"half of an address":          func(e *Env) { delete(e.Proved, "plz") },
		"a number that is not proved": func(e *Env) { delete(e.Proved, "hausnummer") },
		"a postal code of two places": func(e *Env) {
			e.Person["ort"] = "Anderswo"
			e.Places = func(string) []Place {
				return []Place{{Name: "Torhausen", AGS: "99001001"}, {Name: "Aulenried", AGS: "99001002"}}
			}
		},
	} {
		d, e := provedEnv(t)
		change(&e)
		p, _ := d.Page("wer", Answers{}, e)
		if p.Fields[3].Locked {
			t.Errorf("%s: locked", name)
		}
	}
}
