package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is one word of a text.
type token struct {
	text   string // lower case, as written, for display
	fold   string // spelling made equal: see fold
	stem   string // term of the index: see stemmer
	digit  bool   // consists of digits only
	traits        // set with the stem
	info   *info  // what the index being built knows of it; nil elsewhere
}

// traits are what the word lists say of a token.
type traits struct {
	stop     bool // word of questions
	verb     bool // of a kind that may part from its particle
	particle bool // beginning of a verb
}

func newToken(word string) token {
	f := fold(word)
	return token{text: strings.ToLower(word), fold: f, digit: digitsOnly(f)}
}

// tail returns the last part of a compound, or "".
func (t *token) tail() string {
	if t.info != nil {
		if n := len(t.info.parts); n > 0 {
			return t.info.parts[n-1].text
		}
		return ""
	}
	if parts := german().split(t.fold); len(parts) > 1 {
		return parts[len(parts)-1].text
	}
	return ""
}

// hyphens that join words, and signs that join a feminine ending to a noun.
const (
	joiners    = "-‐‑‒–—_"
	genderSign = "*:_·•/|(-"
)

// fold makes spellings equal: lower case, no accents, ä and ae to a, ö and oe
// to o, ü and ue to u, ß to ss, ph to f in Greek words, three letters to two.
// The input is one word.
func fold(word string) string {
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\u00ad', r == '\u200b', r == '\u200c', r == '\u200d', r == '\ufeff':
		case r == 'ß', r == 'ẞ':
			b.WriteString("ss")
		case r == 'æ':
			b.WriteString("a")
		case r == 'œ', r == 'ø':
			b.WriteString("o")
		case r == 'ł':
			b.WriteString("l")
		case r == 'ı':
			b.WriteString("i")
		case r == 'đ', r == 'ð':
			b.WriteString("d")
		default:
			b.WriteRune(r)
		}
	}
	s := b.String()
	if strings.Contains(s, "ph") {
		s = greek.Replace(s)
	}
	return digraphs(s)
}

var greek = strings.NewReplacer("photo", "foto", "graph", "graf", "phon", "fon", "phantas", "fantas", "delphin", "delfin", "photov", "fotov")

// digraphs replaces ae, oe, ue by a, o, u where they spell an umlaut (not in
// "neue", "quelle", "steuer", "zuerst") and shortens three equal letters to two.
func digraphs(s string) string {
	if !strings.Contains(s, "ae") && !strings.Contains(s, "oe") && !strings.Contains(s, "ue") && !tripled(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == 'e' && i > 0 {
			p := s[i-1]
			var before byte
			if i > 1 {
				before = s[i-2]
			}
			switch p {
			case 'a':
				if !vowel(before) {
					continue
				}
			case 'o':
				if !vowel(before) {
					continue
				}
			case 'u':
				if !vowel(before) && before != 'q' && !(strings.HasPrefix(s[i:], "ell") && strings.IndexByte("tndxs", before) >= 0) {
					continue // but "aktuell", "manuell", "visuell"
				}
			}
		}
		if n := len(out); n > 1 && c == out[n-1] && c == out[n-2] && c >= 'a' && c <= 'z' {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func tripled(s string) bool {
	for i := 2; i < len(s); i++ {
		if s[i] == s[i-1] && s[i] == s[i-2] {
			return true
		}
	}
	return false
}

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// cut shortens a query to its bounds and replaces broken UTF-8.
func cut(text string) string {
	if len(text) > MaxQueryRunes*utf8.UTFMax {
		text = text[:MaxQueryRunes*utf8.UTFMax]
	}
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	n := 0
	for i := range text {
		if n == MaxQueryRunes {
			return text[:i]
		}
		n++
	}
	return text
}

// words splits a text into folded words. Hyphenated words become several words
// ("Kfz-Zulassung"), hanging hyphens are completed ("An- und Abmeldung"),
// gender forms lose their ending ("Bürger*innen"). Stems are not yet set.
func words(text string) []token {
	return scan(make([]token, 0, len(text)/8+1), text, newToken)
}

// scan does what words does: it appends to out what read makes of each word as written.
func scan(out []token, text string, read func(word string) token) []token {
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	hanging := -1 // index of the first word that waits for its ending
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			if r == '.' || r == ';' || r == '!' || r == '?' {
				hanging = -1
			}
			i += n
			continue
		}
		j := i
		for j < len(text) {
			r, n := utf8.DecodeRuneInString(text[j:])
			if !wordRune(r) {
				break
			}
			j += n
		}
		word := text[i:j]
		if k := genderEnding(text[j:]); k > 0 {
			j += k
		}
		word = camelGender(word)
		hyphen := false
		if j < len(text) {
			r, n := utf8.DecodeRuneInString(text[j:])
			if strings.ContainsRune(joiners, r) {
				after, _ := utf8.DecodeRuneInString(text[j+n:])
				hyphen = !wordRune(after)
			}
		}
		t := read(word)
		if f := t.fold; f != "" {
			out = append(out, t)
			switch {
			case hyphen && hanging < 0:
				hanging = len(out) - 1
			case !hyphen && hanging >= 0 && f != "und" && f != "oder" && f != "bzw" && f != "sowie":
				complete(out, hanging)
				hanging = -1
			}
		}
		i = j
	}
	return joinLetters(out)
}

// complete gives the words from index first on, which ended in a hyphen, the
// ending of the last word: "An-, Um- und Abmeldung" has three words in -meldung.
func complete(out []token, first int) {
	last := out[len(out)-1].fold
	if len(out)-1-first > 6 {
		return
	}
	tail := out[len(out)-1].tail()
	for k := first; k < len(out)-1; k++ {
		w := out[k].fold
		switch w {
		case "und", "oder", "bzw", "sowie":
			continue
		}
		if particle(w) {
			for _, p := range particles {
				if rest, ok := strings.CutPrefix(last, p); ok && len(rest) >= 3 {
					out[k] = out[k].spelt(w + rest)
					break
				}
			}
			continue
		}
		if tail != "" {
			out[k] = out[k].spelt(w + tail)
		}
	}
}

// spelt is the token with another spelling, of which nothing is known yet.
func (t token) spelt(fold string) token { return token{text: t.text, fold: fold, digit: t.digit} }

// joinLetters joins single letters to the word that follows ("E-Bike", "u 3").
func joinLetters(in []token) []token {
	out := in[:0]
	for i := 0; i < len(in); i++ {
		t := in[i]
		if len(t.fold) == 1 && !t.digit && i+1 < len(in) && (t.fold == "e" || t.fold == "u" || t.fold == "i") {
			next := in[i+1]
			t = token{text: t.text + "-" + next.text, fold: t.fold + next.fold}
			i++
		}
		out = append(out, t)
	}
	return out
}

// genderEnding returns the length of a feminine ending after a sign, as in
// "Bürger*innen", "Ärzt:in", "Fischer/-in", "Schüler(innen)".
func genderEnding(rest string) int {
	r, n := utf8.DecodeRuneInString(rest)
	if r == utf8.RuneError || !strings.ContainsRune(genderSign, r) {
		return 0
	}
	if strings.HasPrefix(rest[n:], "-") {
		n++
	}
	for _, e := range [...]string{"innen", "in"} {
		if strings.HasPrefix(rest[n:], e) {
			m := n + len(e)
			after, k := utf8.DecodeRuneInString(rest[m:])
			if wordRune(after) {
				return 0
			}
			if after == ')' {
				m += k
			}
			return m
		}
	}
	return 0
}

// camelGender drops the ending of "BürgerInnen".
func camelGender(w string) string {
	for _, e := range [...]string{"Innen", "In"} {
		if s, ok := strings.CutSuffix(w, e); ok && len(s) > 3 {
			if r, _ := utf8.DecodeLastRuneInString(s); unicode.IsLower(r) {
				return s
			}
		}
	}
	return w
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '\u00ad')
}

func digitsOnly(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// foldText folds a whole text and keeps single blanks between words.
func foldText(text string) string { return joined(words(text)) }

func joined(toks []token) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.fold)
	}
	return b.String()
}
