package relevance

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func finder(text string) []string {
	switch strings.ToLower(text) {
	case "hund anmelden", "s.hund":
		return []string{"s.hund"}
	case "doppelt":
		return []string{"a", "b"}
	}
	return nil
}

func TestALineOfSynonyms(t *testing.T) {
	for _, c := range []struct {
		rule, line string
		want       Synonym
		reason     string // key, "" if it is taken
	}{
		{"a service by its title", "Wauwau;Hund anmelden;;", Synonym{Word: "Wauwau", Service: "s.hund"}, ""},
		{"a service by its identifier", "Wauwau;s.hund", Synonym{Word: "Wauwau", Service: "s.hund"}, ""},
		{"official words", "Klüngel;;Sperrmüll", Synonym{Word: "Klüngel", Official: "Sperrmüll"}, ""},
		{"merely near", "Klüngel;;Sperrmüll;ja", Synonym{Word: "Klüngel", Official: "Sperrmüll", Loose: true}, ""},
		{"said not to be merely near", "Klüngel;;Sperrmüll;nein", Synonym{Word: "Klüngel", Official: "Sperrmüll"}, ""},
		{"tabs from a spreadsheet", "Klüngel\t\tSperrmüll", Synonym{Word: "Klüngel", Official: "Sperrmüll"}, ""},
		{"commas", `"Klüngel, alter",,Sperrmüll,`, Synonym{Word: "Klüngel, alter", Official: "Sperrmüll"}, ""},
		{"quoted cells", `"Der ""Rote"" Sack";;Wertstoff`, Synonym{Word: `Der "Rote" Sack`, Official: "Wertstoff"}, ""},
		{"a guarded cell", "'=hund;Hund anmelden", Synonym{Word: "=hund", Service: "s.hund"}, ""},
		{"blanks around", "  Wauwau ; Hund  anmelden ", Synonym{Word: "Wauwau", Service: "s.hund"}, ""},
		{"an unknown service", "Wauwau;Katze", Synonym{}, "relevance.line-unknown"},
		{"a title that two services have", "Wauwau;doppelt", Synonym{}, "relevance.line-several"},
		{"no target", "Wauwau;;", Synonym{}, "relevance.target-missing"},
		{"two targets", "Wauwau;Hund anmelden;Hund", Synonym{}, "relevance.target-both"},
		{"no word", ";Hund anmelden", Synonym{}, "relevance.word-missing"},
		{"a word without letters", "?!;Hund anmelden", Synonym{}, "relevance.word-empty"},
		{"a word that is its own target", "Hund;;hund", Synonym{}, "relevance.target-same"},
		{"a word too long", strings.Repeat("x", MaxWordRunes+1) + ";Hund anmelden", Synonym{}, "relevance.word-long"},
		{"neither yes nor no", "Wauwau;Hund anmelden;;vielleicht", Synonym{}, "relevance.line-loose"},
		{"an open quotation", `"Wauwau;Hund`, Synonym{}, "relevance.line-broken"},
		{"too many cells", "a;b;c;d;e", Synonym{}, "relevance.line-broken"},
		{"nothing to separate", "Wauwau", Synonym{}, "relevance.line-broken"},
	} {
		good, bad := ParseCSV(c.line, finder)
		switch {
		case c.reason == "" && (len(good) != 1 || good[0] != c.want || len(bad) > 0):
			t.Errorf("%s: %+v %+v", c.rule, good, bad)
		case c.reason != "" && (len(bad) != 1 || bad[0].Reason.Key != c.reason || bad[0].Text != c.line || bad[0].Number != 1 || len(good) > 0):
			t.Errorf("%s: %+v %+v", c.rule, good, bad)
		}
	}
}

func TestAFileKeepsTheNumbersOfItsLines(t *testing.T) {
	good, bad := ParseCSV("\uFEFFBürgerwort;Leistung;Amtliches Wort;Nur verwandt\r\nWauwau;Hund anmelden;;\r\n\r\nMiau;Katze;;\r\nwauwau;Hund anmelden;;\r\n", finder)
	if len(good) != 1 || len(bad) != 2 || bad[0].Number != 4 || bad[1].Number != 5 || bad[1].Reason.Key != "relevance.line-double" {
		t.Errorf("%+v %+v", good, bad)
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	list := []Synonym{{Word: "Wauwau", Service: "s.hund"}, {Word: "=SUMME(A1)", Official: "Hund"}, {Word: `Der "Rote"; Sack`, Official: "Wert, Stoff", Loose: true}, {Word: "'s Hundle", Service: "s.hund"}}
	var b bytes.Buffer
	if err := WriteCSV(&b, list, func(id string) string { return map[string]string{"s.hund": "Hund anmelden"}[id] }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\n=SUMME") {
		t.Error("a spreadsheet would run this")
	}
	good, bad := ParseCSV(Decode(b.Bytes()), finder)
	if !slices.Equal(good, list) || len(bad) > 0 {
		t.Errorf("%+v %+v\n%s", good, bad, b.String())
	}
}

func TestOldSpreadsheetsAreUnderstood(t *testing.T) {
	if got := Decode([]byte("M\xfcll;\x84Restm\xfcll\x93")); got != "Müll;„Restmüll“" {
		t.Errorf("%q", got)
	}
	if got := Decode([]byte("\xef\xbb\xbfMüll")); got != "Müll" {
		t.Errorf("%q", got)
	}
}

func TestLinesOfJudgements(t *testing.T) {
	good, bad := ParseJudgements("# Prüffragen\nhund anmelden\tHundesteuer|Hund\tAlltag\n\nohne Titel\nperso\t |\nperso\tPersonalausweis\n")
	if len(good) != 2 || good[0].Words != "hund anmelden" || !slices.Equal(good[0].Expected, []string{"Hundesteuer", "Hund"}) || len(bad) != 2 || bad[0].Number != 4 || bad[1].Number != 5 {
		t.Errorf("%+v %+v", good, bad)
	}
}

func FuzzParseCSV(f *testing.F) {
	f.Add("Bürgerwort;Leistung\nWauwau;Hund anmelden;;\n")
	f.Add("\"\n\";;\x00")
	f.Add("'=1;;x;ja")
	f.Fuzz(func(t *testing.T, s string) {
		good, _ := ParseCSV(s, finder)
		var b bytes.Buffer
		if err := WriteCSV(&b, good, func(id string) string { return id }); err != nil {
			t.Fatal(err)
		}
		again, bad := ParseCSV(Decode(b.Bytes()), finder)
		if len(bad) > 0 || len(again) != len(good) {
			t.Errorf("%+v comes back as %+v %+v\n%q", good, again, bad, b.String())
		}
	})
}
