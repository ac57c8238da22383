package relevance

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a query that is counted. Longer ones are letters, not questions.
const (
	maxQuestionRunes = 60
	maxQuestionWords = 8
	// maxDigits is one less than the shortest number that points to a person
	// (customer, case and telephone numbers); postal codes have five.
	maxDigits = 5
)

// Shapes of personal data in a query in lower case. < and > stand for the edge
// of a word, umlauts included. The second list needs a digit to match.
var (
	spoken = shapes(
		`@|<at>.*<dot>|https?:|www\.`, // addresses
		`<(frau|herrn?|dr|prof|familie|mein name|ich heiße|ich heisse)>\.?\s*\pL`, // names that say so
		`<(aktenzeichen|az)>.*[/-]`,
	)
	numbered = shapes(
		`<\d{1,2}\s?[./-]\s?\d{1,2}>`, // 3.5., 03-05-84
		`<\d{1,2}\.?\s?(jan|feb|mär|maer|mar|apr|mai|jun|jul|aug|sep|okt|nov|dez)`,
		`<(geb|geboren|geburtsdatum|geburtsname)>.*\d`,                                               // geboren 1984
		`<[a-zäöü]{1,3}[ -][a-z]{1,2}[ -]?\d{1,4}[eh]?>`,                                             // number plates
		`<[a-z]{2}\d{2}[ \d]{4,}`,                                                                    // bank accounts
		`(straße|strasse|str\.?|weg|platz|gasse|allee|ring|damm|ufer|chaussee|hof|pfad|steig)\s?\d+`, // homes
		`<(steuer-?id|steuernummer|aktenzeichen|az|kassenzeichen|kundennummer|vorgangsnummer|ausweisnummer|versicherungsnummer|iban|kontonummer)>.*\d`,
	)
)

func shapes(list ...string) (out []*regexp.Regexp) {
	edge := strings.NewReplacer("<", `(?:^|[^\pL\pN])`, ">", `(?:$|[^\pL\pN])`)
	for _, s := range list {
		out = append(out, regexp.MustCompile(edge.Replace(s)))
	}
	return out
}

// looksPersonal reports whether a text has the shape of personal data; digits
// says whether it holds one.
func looksPersonal(text string, digits bool) bool {
	for _, shape := range spoken {
		if shape.MatchString(text) {
			return true
		}
	}
	if digits {
		for _, shape := range numbered {
			if shape.MatchString(text) {
				return true
			}
		}
	}
	return false
}

// mixed is a word of letters and several digits: identity cards, case numbers.
var mixed = regexp.MustCompile(`[\pL\d-]*\d[\pL\d-]*`)

// Question gives the words of a query in the one spelling in which they are
// counted, or false when nothing of it may be: too short, too long, or in the
// shape of personal data. Pure. A name that looks like any other word cannot be
// told by its shape; it is EnoughVisits that keeps it out.
func Question(query string) (words string, ok bool) {
	if len(query) > 4*maxQuestionRunes {
		return "", false
	}
	s := strings.ToLower(norm.NFC.String(strings.ToValidUTF8(query, " ")))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // joins and marks of direction that nobody sees
			return -1
		case !unicode.IsPrint(r), strings.ContainsRune(`„“”"'‚‘’?!,;:()[]{}<>*`, r):
			return ' '
		}
		return r
	}, s)
	list := strings.FieldsFunc(s, unicode.IsSpace)
	for i, w := range list {
		list[i] = strings.Trim(w, ".-–_/&+")
	}
	s = strings.Join(strings.Fields(strings.Join(list, " ")), " ")
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	if letters < 2 || digits > maxDigits || utf8.RuneCountInString(s) > maxQuestionRunes || strings.Count(s, " ") >= maxQuestionWords {
		return "", false
	}
	raw := strings.ToLower(query) // with the signs that were taken off
	for _, text := range []string{s, raw} {
		if looksPersonal(text, digits > 0) {
			return "", false
		}
	}
	if digits == 0 {
		return s, true
	}
	for _, w := range mixed.FindAllString(s, -1) {
		if d := strings.IndexFunc(w, unicode.IsLetter); d >= 0 && len(w) >= 6 && strings.Count(strings.Map(onlyDigits, w), "0") >= 3 {
			return "", false
		}
	}
	return s, true
}

// onlyDigits makes every digit a 0 and drops the rest.
func onlyDigits(r rune) rune {
	if unicode.IsDigit(r) {
		return '0'
	}
	return -1
}
