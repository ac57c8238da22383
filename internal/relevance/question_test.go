package relevance

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatOfAQueryIsCounted(t *testing.T) {
	for _, c := range []struct{ rule, query, want string }{
		{"words as they are", "hund anmelden", "hund anmelden"},
		{"one spelling for capitals, blanks and signs", "  Hund   ANMELDEN?! ", "hund anmelden"},
		{"quotation marks and stops go", "„Perso“ verloren.", "perso verloren"},
		{"a hyphen inside stays", "Lindenbrück-Pass", "lindenbrück-pass"},
		{"a postal code is a place", "bürgerbüro 00101", "bürgerbüro 00101"},
		{"a paragraph is a law", "§ 34 Gewerbeordnung", "§ 34 gewerbeordnung"},
		{"a year alone is no date", "kita gebühren 2026", "kita gebühren 2026"},
		{"decomposed umlauts", "mu\u0308ll", "müll"},
		{"marks nobody sees", "mü\u200bll\u202e", "müll"},
	} {
		if got, ok := Question(c.query); !ok || got != c.want {
			t.Errorf("%s: %q gives %q %t, want %q", c.rule, c.query, got, ok, c.want)
		}
	}
}

func TestWhatLooksLikeAPersonIsForgotten(t *testing.T) {
	for rule, queries := range map[string][]string{
		"nothing, or no word":        {"", "  ", "a", "?!", "🐕", "123", "\x00\x01"},
		"six digits and more":        {"vorgang 123456", "0000 0123-456", "12 34 56 perso", "99102013000000"},
		"mail and web addresses":     {"kim.probe@stadt.example", "kim at probe dot example", "https://torhausen.example/x", "www.probe.example"},
		"dates":                      {"geboren am 3.5.", "03-05 termin", "3. Mai geburtsurkunde", "12/11", "geb. 1984 probe"},
		"number plates":              {"TOR-KP 12 abmelden", "kennzeichen tor kp 1234", "TOR KP12E"},
		"bank accounts":              {"DE02 1203 lastschrift", "iban 12"},
		"home addresses":             {"Lindenweg 3 sperrmüll", "Hauptstr. 12a", "marktplatz 1"},
		"names that say so":          {"Frau Probe Sozialamt", "Herrn Muster", "Dr. Beispiel", "ich heiße Kim", "Familie Probe"},
		"identity cards and cases":   {"TOR-2026-7K3P9 stand", "ausweis L01X00T47", "aktenzeichen 12/x"},
		"letters instead of queries": {strings.Repeat("hund ", 9), strings.Repeat("x", 61), strings.Repeat("Sehr geehrte Damen und Herren ", 400)},
	} {
		for _, q := range queries {
			if words, ok := Question(q); ok {
				t.Errorf("%s: %q is counted as %q", rule, q, words)
			}
		}
	}
}

func FuzzQuestion(f *testing.F) {
	for _, s := range []string{"", "Hund anmelden", "3.5.1984", "DE02", "\xff\xfe", "שלום \u202e", "tor-kp 12", strings.Repeat("ä", 59)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, ok := Question(s)
		if !ok {
			if words != "" {
				t.Errorf("%q is refused and comes back", words)
			}
			return
		}
		digits := 0
		for _, r := range words {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if !utf8.ValidString(words) || utf8.RuneCountInString(words) > maxQuestionRunes || digits > maxDigits || strings.ContainsRune(words, '@') {
			t.Errorf("%q", words)
		}
		if again, ok := Question(words); !ok || again != words {
			t.Errorf("%q becomes %q %t", words, again, ok)
		}
	})
}
