package letter

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyph is one drawn sign. Lengths are in thousandths of the font size.
type glyph struct {
	r       rune
	gid     uint16
	face    uint8
	advance int16
	marks   uint8 // how many of the following glyphs are marks upon this one
	mark    bool  // drawn at dx, dy from the origin of its base; advances nothing
	dx, dy  int16
}

// printed are the scripts that can be set letter by letter from left to right.
// Others (Arabic, Hebrew, Devanagari …) need a shaping engine: printing them
// without one would print them wrong.
var printed = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Common, unicode.Inherited}

// Missing gives the characters of s, each once, that no typeface of a letter
// holds and that Render would print as a code. Combining marks are judged
// together with the letter below them.
func Missing(s string) []rune {
	var m []rune
	seen := map[rune]bool{}
	for _, c := range clusters(s) {
		if c.draws() && faceFor(c, false) < 0 {
			for _, r := range c {
				if !seen[r] {
					seen[r] = true
					m = append(m, r)
				}
			}
		}
	}
	return m
}

// cluster is a character with its combining marks, in Unicode normal form C.
type cluster []rune

// draws is false for what is layout or invisible, not a sign.
func (c cluster) draws() bool {
	switch c[0] {
	case softHyphen, zeroWidthSpace:
		return false
	}
	return !unicode.Is(unicode.Cf, c[0]) && !unicode.Is(unicode.Cc, c[0])
}

const (
	softHyphen     = '\u00AD'
	zeroWidthSpace = '\u200B'
	noBreakSpace   = '\u00A0'
	narrowNoBreak  = '\u202F'
)

func clusters(s string) []cluster {
	rs := []rune(norm.NFC.String(valid(s)))
	cs := make([]cluster, 0, len(rs))
	for i := 0; i < len(rs); {
		n := i + 1
		for n < len(rs) && n-i < 8 && rs[n] >= 0x300 && unicode.Is(unicode.Mn, rs[n]) {
			n++
		}
		cs = append(cs, cluster(rs[i:n]))
		i = n
	}
	return cs
}

// faceFor finds the face that holds the whole cluster, or -1. A sign that
// exists in the other weight only is better than none.
func faceFor(c cluster, bold bool) int {
	for _, r := range c {
		if !unicode.In(r, printed...) || unicode.Is(unicode.Co, r) {
			return -1
		}
	}
	order := [faceCount]int{faceRegular, faceRegularMore, faceBold, faceBoldMore}
	if bold {
		order = [faceCount]int{faceBold, faceBoldMore, faceRegular, faceRegularMore}
	}
	for _, f := range order {
		if !slices.ContainsFunc(c, func(r rune) bool { return faces[f]().glyphs[r] == 0 }) {
			return f
		}
	}
	return -1
}

// shape turns text into glyphs. A line feed stays as a glyph of width 0, and so
// do soft hyphens and zero-width spaces: they say where a line may break.
func shape(s string, bold bool) []glyph {
	gs := make([]glyph, 0, len(s))
	ascii, more := faces[faceRegular](), uint8(faceRegular)
	if bold {
		ascii, more = faces[faceBold](), faceBold
	}
	if isASCII(s) {
		for i := range len(s) {
			gs = appendSimple(gs, rune(s[i]), ascii, more)
		}
		return gs
	}
	for _, c := range clusters(s) {
		if len(c) == 1 && c[0] < 0x80 || !c.draws() {
			gs = appendSimple(gs, c[0], ascii, more)
			continue
		}
		f := faceFor(c, bold)
		if f < 0 {
			for _, r := range c {
				for _, d := range fmt.Sprintf("[U+%04X]", r) {
					gs = appendSimple(gs, d, ascii, more)
				}
			}
			continue
		}
		gs = appendCluster(gs, c, faces[f](), uint8(f))
	}
	return gs
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendSimple adds one character that needs no search for a face. Tabs are
// spaces; other control and format characters are dropped.
func appendSimple(gs []glyph, r rune, f *face, index uint8) []glyph {
	switch r {
	case '\n', softHyphen, zeroWidthSpace:
		return append(gs, glyph{r: r, face: index})
	case '\t':
		r = ' '
	}
	if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
		return gs
	}
	gid := f.glyphs[r]
	return append(gs, glyph{r: r, gid: gid, face: index, advance: int16(f.width(gid))})
}

// Canonical combining classes that say where a mark sits (Unicode, table 4-3).
const (
	attachedBelow      = 202
	attachedAboveRight = 216
	below              = 220
	above              = 230
	aboveRight         = 232
	doubleBelow        = 233
	doubleAbove        = 234
)

// gap is the white between a letter and its mark, and between two marks.
const gap = 60

// appendCluster sets a letter with its marks. The typefaces place marks only
// by tables that a shaping engine reads, so marks are centred on the letter's
// own box and raised above, or lowered below it; that serves all sequences of
// DIN SPEC 91379.
func appendCluster(gs []glyph, c cluster, f *face, index uint8) []glyph {
	base := c[0]
	gid := f.glyphs[base]
	if len(c) > 1 {
		if dotless, ok := map[rune]rune{'i': 'ı', 'j': 'ȷ'}[base]; ok && norm.NFC.PropertiesString(string(c[1])).CCC() == above && f.glyphs[dotless] != 0 {
			gid = f.glyphs[dotless]
		}
	}
	advance := f.width(gid)
	gs = append(gs, glyph{r: base, gid: gid, face: index, advance: int16(advance), marks: uint8(len(c) - 1)})
	xMin, yMin, xMax, yMax, ok := f.bounds(gid)
	if !ok {
		xMin, xMax = 0, advance
	}
	for _, r := range c[1:] {
		m := f.glyphs[r]
		left, bottom, right, top, ok := f.bounds(m)
		if !ok {
			gs = append(gs, glyph{r: r, gid: m, face: index, mark: true})
			continue
		}
		dx, dy := (xMin+xMax)/2-(left+right)/2, 0
		switch norm.NFC.PropertiesString(string(r)).CCC() {
		case above:
			dy = max(0, yMax+gap-bottom)
			yMax = top + dy
		case below:
			dy = min(0, yMin-gap-top)
			yMin = bottom + dy
		case attachedBelow:
			yMin = min(yMin, bottom)
		case attachedAboveRight, aboveRight:
			dx = xMax - left - (right-left)/3
			dy = yMax - top
		case doubleBelow, doubleAbove:
			dx = advance - (left+right)/2
		}
		gs = append(gs, glyph{r: r, gid: m, face: index, mark: true, dx: int16(dx), dy: int16(dy)})
	}
	return gs
}
