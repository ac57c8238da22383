package letter

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// subset collects the glyphs that one letter uses of one face. A glyph that
// stands for two characters (hyphen and soft hyphen) is taken twice, so that
// each code leads back to exactly one character.
type subset struct {
	face  *face
	codes map[glyphKey]uint16
	gids  []uint16 // by code; code 0 is .notdef
	runes []rune   // by code
}

type glyphKey struct {
	gid uint16
	r   rune
}

func newSubset(f *face) *subset {
	return &subset{face: f, codes: map[glyphKey]uint16{}, gids: []uint16{0}, runes: []rune{0}}
}

// code gives the character code of a glyph in the file.
func (s *subset) code(gid uint16, r rune) uint16 {
	k := glyphKey{gid, r}
	c, ok := s.codes[k]
	if !ok {
		c = uint16(len(s.gids))
		s.codes[k] = c
		s.gids = append(s.gids, gid)
		s.runes = append(s.runes, r)
	}
	return c
}

// Flags of a composite glyph (ISO/IEC 14496-22, glyf).
const (
	argsAreWords    = 0x0001
	haveScale       = 0x0008
	moreComponents  = 0x0020
	haveXYScale     = 0x0040
	haveTwoByTwo    = 0x0080
	haveInstruction = 0x0100
)

// font builds a TrueType font of the collected glyphs, numbered by code, and
// of their components behind them. Hinting is left out: it makes the font
// more than twice as large, and viewers do not need it.
func (s *subset) font() []byte {
	gids := append([]uint16(nil), s.gids...)
	number := make(map[uint16]uint16, len(gids))
	for i, g := range gids {
		if _, ok := number[g]; !ok {
			number[g] = uint16(i)
		}
	}
	renumber := func(g uint16) uint16 {
		n, ok := number[g]
		if !ok {
			n = uint16(len(gids))
			number[g] = n
			gids = append(gids, g)
		}
		return n
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(gids); i++ {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, plainOutline(s.face.outline(gids[i]), renumber)...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		raw := s.face.advance[min(int(gids[i]), len(s.face.advance)-1)]
		var bearing uint16
		if o := s.face.outline(gids[i]); len(o) >= 4 {
			bearing = be16(o, 2) // xMin: these fonts are drawn with the bearing there
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, raw)
		hmtx = binary.BigEndian.AppendUint16(hmtx, bearing)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))

	head := bytes.Clone(s.face.tables["head"][:54])
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment, below
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	hhea := bytes.Clone(s.face.tables["hhea"][:36])
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(gids)))
	maxp := bytes.Clone(s.face.tables["maxp"][:32])
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(gids)))

	tags := []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}
	body := [][]byte{glyf, head, hhea, hmtx, loca, maxp}
	out := []byte{0, 1, 0, 0, 0, byte(len(tags)), 0, 64, 0, 2, 0, 32} // search range for six tables
	at := len(out) + 16*len(tags)
	for i, t := range tags {
		out = append(out, t...)
		out = binary.BigEndian.AppendUint32(out, checksum(body[i]))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(body[i])))
		at += (len(body[i]) + 3) &^ 3
	}
	headAt := 0
	for i, b := range body {
		if tags[i] == "head" {
			headAt = len(out)
		}
		out = append(out, b...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

// plainOutline copies a glyph without its instructions and with its components renumbered.
func plainOutline(g []byte, renumber func(uint16) uint16) []byte {
	if len(g) < 10 {
		return nil
	}
	if contours := int(int16(be16(g, 0))); contours >= 0 {
		end := 10 + 2*contours
		out := append(bytes.Clone(g[:end]), 0, 0)
		return append(out, g[end+2+int(be16(g, end)):]...)
	}
	out := bytes.Clone(g)
	for at := 10; ; {
		flags := be16(out, at)
		binary.BigEndian.PutUint16(out[at:], flags&^haveInstruction)
		binary.BigEndian.PutUint16(out[at+2:], renumber(be16(out, at+2)))
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&haveScale != 0:
			at += 2
		case flags&haveXYScale != 0:
			at += 4
		case flags&haveTwoByTwo != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return out[:at]
		}
	}
}

func checksum(b []byte) uint32 {
	var sum uint32
	for len(b) >= 4 {
		sum += be32(b, 0)
		b = b[4:]
	}
	if len(b) > 0 {
		var last [4]byte
		copy(last[:], b)
		sum += be32(last[:], 0)
	}
	return sum
}

// prefix is the six-letter tag that tells subsets of one font apart (ISO 32000-1, 9.6.4).
func (s *subset) prefix() string {
	h := uint64(14695981039346656037)
	for i, r := range s.runes {
		h = (h ^ (uint64(r)<<16 | uint64(s.gids[i]))) * 1099511628211
	}
	var p [6]byte
	for i := range p {
		p[i] = 'A' + byte(h%26)
		h /= 26
	}
	return string(p[:])
}

// toUnicode maps each code back to its character (ISO 32000-1, 9.10.3).
func (s *subset) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for from := 1; from < len(s.runes); from += 100 {
		to := min(from+100, len(s.runes))
		fmt.Fprintf(&b, "%d beginbfchar\n", to-from)
		for c := from; c < to; c++ {
			fmt.Fprintf(&b, "<%04X> <%s>\n", c, utf16Hex(string(s.runes[c])))
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// write adds the font's objects to the file and gives its reference.
func (s *subset) write(p *pdf) ref {
	name := s.prefix() + "+" + s.face.name
	ttf := s.font()
	file := p.stream(fmt.Sprintf("/Length1 %d", len(ttf)), ttf)
	f := s.face
	descriptor := p.add("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %v>>",
		name, f.box[0], f.box[1], f.box[2], f.box[3], f.ascent, f.descent, f.capital, stem(f.name), file)
	var w bytes.Buffer
	for i, g := range s.gids {
		if i > 0 {
			w.WriteByte(' ')
		}
		fmt.Fprintf(&w, "%d", f.width(g))
	}
	cid := p.add("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %v/DW 0/W[0[%s]]/CIDToGIDMap/Identity>>",
		name, descriptor, w.Bytes())
	unicode := p.stream("", s.toUnicode())
	return p.add("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%v]/ToUnicode %v>>", name, cid, unicode)
}

func stem(name string) int {
	if len(name) > 5 && name[len(name)-5:] == "-Bold" {
		return 140
	}
	return 80
}
