package forms

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of one typed value. What is longer is refused before anything else looks at it.
const (
	maxRawBytes  = 64 << 10 // of one input
	keepRawBytes = 20 << 10 // of one input, kept for showing it again
	maxText      = 200      // characters of a text field that sets no limit
	maxLongText  = 4000
	limitText    = 10000 // the most a form may ask for
)

// charsetOf is the repertoire of a field.
func charsetOf(f *Field) string {
	switch {
	case f.Charset != "":
		return f.Charset
	case f.Type == LongText:
		return "E"
	}
	return "B"
}

// cleanText is the first look at every input: size, UTF-8, control characters; then NFC and no blanks around.
// It never replaces or drops a character inside.
func cleanText(raw string, lines bool) (string, *fault) {
	if len(raw) > maxRawBytes {
		return "", &fault{code: "too-large"}
	}
	if !utf8.ValidString(raw) {
		return "", &fault{code: "utf8"}
	}
	if lines {
		raw = strings.ReplaceAll(raw, "\r\n", "\n")
	}
	for _, c := range raw {
		if c == '\n' && lines || c == '\t' && lines {
			continue
		}
		if unicode.IsControl(c) && (lines || !strings.ContainsRune("\t\n\r", c)) { // around one line they are pasted blanks
			return "", &fault{code: "control"}
		}
	}
	s := strings.TrimSpace(norm.NFC.String(raw))
	if !lines && strings.ContainsAny(s, "\r\n\t") {
		return "", &fault{code: "control"}
	}
	return s, nil
}

// compact drops what people paste along with a number: blanks of all widths, invisible joiners, and the given signs.
func compact(s, signs string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) || strings.ContainsRune(signs, c) {
			return -1
		}
		return c
	}, s)
}

// nameOf names a character so that a person finds it.
func nameOf(c rune) string {
	switch c {
	case 0x00A0, 0x202F, 0x2009:
		return "geschütztes Leerzeichen"
	case 0x200B, 0x200C, 0x200D, 0xFEFF, 0x00AD, 0x2060:
		return "unsichtbares Zeichen"
	case '–', '—':
		return fmt.Sprintf("Gedankenstrich %c", c)
	}
	if !unicode.IsGraphic(c) || unicode.Is(unicode.M, c) {
		return fmt.Sprintf("Zeichen U+%04X", c)
	}
	return fmt.Sprintf("Zeichen %c", c)
}

// adviceFor says what to type instead of a character that authorities cannot store.
func adviceFor(c rune) string {
	switch c {
	case '–', '—':
		return "Bitte nehmen Sie einen Bindestrich (-)."
	case '„', '“', '”', '«', '»':
		return "Bitte nehmen Sie gerade Anführungszeichen (\") oder lassen Sie sie weg."
	case 0x00A0, 0x202F, 0x2009:
		return "Bitte tippen Sie dort ein gewöhnliches Leerzeichen."
	case '…':
		return "Bitte nehmen Sie drei Punkte (...)."
	}
	if unicode.Is(unicode.Greek, c) || unicode.Is(unicode.Cyrillic, c) || unicode.Is(unicode.Arabic, c) || unicode.Is(unicode.Han, c) {
		return "Bitte schreiben Sie mit lateinischen Buchstaben, so wie es in Ihrem Ausweis steht."
	}
	return "Bitte lassen Sie es weg."
}
