package xzufi

import (
	"testing"
	"time"
)

func TestParseLeiKa(t *testing.T) {
	for name, c := range map[string]struct {
		in  string
		typ Strukturtyp // empty means refused
	}{
		"object":                   {"99041006000000", LO},
		"with Verrichtung":         {"99041006017000", LOV},
		"with detail":              {"99099002067003", LOVD},
		"as URN":                   {"urn:de:fim:leika:leistung:99041006017000", LOV},
		"with blanks":              {" 99 041 006 017 000 ", LOV},
		"thirteen digits":          {"9904100601700", ""},
		"another first pair":       {"98041006017000", ""},
		"a letter":                 {"9904100601700X", ""},
		"digits of another script": {"99٠٤١٠٠", ""},
		"empty":                    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := ParseLeiKa(c.in)
			if k.Typ() != c.typ || (err == nil) != (c.typ != "") {
				t.Errorf("%q: %q, %v", c.in, k, err)
			}
		})
	}
	k, _ := ParseLeiKa("99041006017000")
	if k.Objekt() != "99041006000000" || k.URN() != "urn:de:fim:leika:leistung:99041006017000" {
		t.Error(k.Objekt(), k.URN())
	}
}

func TestTextsGiveTheBestLanguage(t *testing.T) {
	ts := Texts{{"en", "Dog"}, {"de-x-ls", "Leicht"}, {"de_DE", "Hund"}}
	for lang, want := range map[string]string{"de": "Hund", "en": "Dog", "en-GB": "Dog", "de-leicht": "Leicht", "fr": "Hund", "": "Hund"} {
		if got := ts.In(lang); got != want {
			t.Errorf("%q: %q, want %q", lang, got, want)
		}
	}
	if got := (Texts{{"uk", "Пес"}}).In("en"); got != "Пес" {
		t.Errorf("one language only: %q", got)
	}
	if _, ok := (Texts{{"de-leicht", "Leicht"}}).Exactly("de"); ok {
		t.Error("Leichte Sprache answers for German")
	}
	if got := Texts(nil).In("de"); got != "" {
		t.Errorf("no text: %q", got)
	}
}

func TestParseCents(t *testing.T) {
	for in, want := range map[string]int64{
		"12": 1200, "12.5": 1250, "12,50": 1250, "0.05": 5, "1.234,50": 123450, "12.500": 1250, "0": 0, "999999999999.99": 99999999999999,
		"12.505": -1, "": -1, "-1": -1, "1e3": -1, ".5": -1, "12 Euro": -1, "1,2,3": -1, "9999999999999": -1,
	} {
		got, ok := parseCents(in)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %v", in, got, ok)
		}
	}
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2026-07-01":                "2026-06-30T22:00:00Z",
		"2026-12-01":                "2026-11-30T23:00:00Z",
		"2026-07-01T12:00:00":       "2026-07-01T10:00:00Z",
		"2026-07-01T12:00:00Z":      "2026-07-01T12:00:00Z",
		"2026-07-01T12:00:00.5Z":    "2026-07-01T12:00:00.5Z",
		"2026-07-01T12:00:00-05:00": "2026-07-01T17:00:00Z",
		"2026-07-01+02:00":          "2026-06-30T22:00:00Z",
		"1.7.2026":                  "", "2026-02-30": "", "": "", "0000-01-01": "",
	} {
		got, ok := parseTime(in)
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %s, %v", in, got, ok)
		}
	}
}

func TestGilt(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Hour), now.Add(time.Hour)
	for name, c := range map[string]struct {
		zs   []Zeitraum
		want bool
	}{
		"no period":                  {nil, true},
		"open at both ends":          {[]Zeitraum{{}}, true},
		"has begun":                  {[]Zeitraum{{Beginn: before}}, true},
		"begins now":                 {[]Zeitraum{{Beginn: now}}, true},
		"begins later":               {[]Zeitraum{{Beginn: after}}, false},
		"has ended":                  {[]Zeitraum{{Ende: before}}, false},
		"ends now":                   {[]Zeitraum{{Ende: now}}, false},
		"one of two periods is open": {[]Zeitraum{{Ende: before}, {Beginn: before, Ende: after}}, true},
	} {
		if got := Gilt(c.zs, now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
