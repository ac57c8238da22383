package letter

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
)

// The faces: Liberation Sans first, DejaVu Sans for what it lacks.
const (
	faceRegular = iota
	faceBold
	faceRegularMore
	faceBoldMore
	faceCount
)

// faces parses each embedded font once, when it is first needed.
var faces = [faceCount]func() *face{
	faceRegular:     once("LiberationSans", liberationsansregular.TTF),
	faceBold:        once("LiberationSans-Bold", liberationsansbold.TTF),
	faceRegularMore: once("DejaVuSans", dejavusans.TTF),
	faceBoldMore:    once("DejaVuSans-Bold", dejavusansbold.TTF),
}

func once(name string, ttf []byte) func() *face {
	return sync.OnceValue(func() *face {
		f, err := parseFace(name, ttf)
		if err != nil {
			panic(fmt.Sprintf("letter: embedded font %s: %v", name, err)) // compiled in: a test parses all four
		}
		return f
	})
}

// face is a parsed TrueType font; it is never changed after parseFace.
// Lengths are in thousandths of the font size unless a name says raw.
type face struct {
	name    string // PostScript name
	upem    int
	glyphs  map[rune]uint16
	advance []uint16 // raw, per glyph; the last holds for all that follow
	loca    []uint32 // numGlyphs+1 offsets into glyf
	glyf    []byte
	tables  map[string][]byte
	ascent  int
	descent int // negative
	capital int
	box     [4]int
}

// parseFace reads the tables of a TrueType font (ISO/IEC 14496-22) that a
// letter needs. It expects a whole, unbroken font: ours are compiled in.
func parseFace(name string, ttf []byte) (*face, error) {
	if len(ttf) < 12 {
		return nil, fmt.Errorf("no table directory")
	}
	f := &face{name: name, tables: map[string][]byte{}}
	for i := range int(be16(ttf, 4)) {
		e := ttf[12+16*i:]
		off, n := be32(e, 8), be32(e, 12)
		f.tables[string(e[:4])] = ttf[off : off+n]
	}
	for _, t := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap", "OS/2"} {
		if f.tables[t] == nil {
			return nil, fmt.Errorf("no table %q", t)
		}
	}
	head, hhea, hmtx, os2 := f.tables["head"], f.tables["hhea"], f.tables["hmtx"], f.tables["OS/2"]
	f.upem = int(be16(head, 18))
	for i := range f.box {
		f.box[i] = f.scale(int(int16(be16(head, 36+2*i))))
	}
	f.ascent = f.scale(int(int16(be16(hhea, 4))))
	f.descent = f.scale(int(int16(be16(hhea, 6))))
	f.capital = 716
	if be16(os2, 0) >= 2 && len(os2) >= 90 {
		f.capital = f.scale(int(int16(be16(os2, 88))))
	}
	for i := range int(be16(hhea, 34)) {
		f.advance = append(f.advance, be16(hmtx, 4*i))
	}
	glyphs := int(be16(f.tables["maxp"], 4))
	f.glyf = f.tables["glyf"]
	loca, long := f.tables["loca"], be16(head, 50) == 1
	for i := range glyphs + 1 {
		if long {
			f.loca = append(f.loca, be32(loca, 4*i))
		} else {
			f.loca = append(f.loca, 2*uint32(be16(loca, 2*i)))
		}
	}
	return f, f.parseCmap()
}

// parseCmap reads the Unicode subtable of format 12, else of format 4.
func (f *face) parseCmap() error {
	cmap := f.tables["cmap"]
	var best []byte
	var format uint16
	for i := range int(be16(cmap, 2)) {
		platform, off := be16(cmap, 4+8*i), be32(cmap, 8+8*i)
		sub := cmap[off:]
		if v := be16(sub, 0); (platform == 0 || platform == 3) && (v == 4 || v == 12) && v > format {
			best, format = sub, v
		}
	}
	f.glyphs = map[rune]uint16{}
	switch format {
	case 12:
		for i := range int(be32(best, 12)) {
			g := best[16+12*i:]
			for c := be32(g, 0); c <= be32(g, 4); c++ {
				f.glyphs[rune(c)] = uint16(be32(g, 8) + c - be32(g, 0))
			}
		}
	case 4:
		n := int(be16(best, 6)) / 2
		for i := range n {
			end, start := int(be16(best, 14+2*i)), int(be16(best, 16+2*n+2*i))
			delta, at := be16(best, 16+4*n+2*i), 16+6*n+2*i
			off := int(be16(best, at))
			for c := start; c <= end && c < 0xFFFF; c++ {
				gid := uint16(c)
				if off != 0 {
					if gid = be16(best, at+off+2*(c-start)); gid == 0 {
						continue
					}
				}
				if gid += delta; gid != 0 {
					f.glyphs[rune(c)] = gid
				}
			}
		}
	default:
		return fmt.Errorf("no Unicode character map")
	}
	return nil
}

// width is the advance of a glyph.
func (f *face) width(gid uint16) int {
	return f.scale(int(f.advance[min(int(gid), len(f.advance)-1)]))
}

// bounds is the box of a glyph's outline; ok is false for an empty glyph.
func (f *face) bounds(gid uint16) (xMin, yMin, xMax, yMax int, ok bool) {
	g := f.outline(gid)
	if len(g) < 10 {
		return 0, 0, 0, 0, false
	}
	at := func(i int) int { return f.scale(int(int16(be16(g, i)))) }
	return at(2), at(4), at(6), at(8), true
}

func (f *face) outline(gid uint16) []byte { return f.glyf[f.loca[gid]:f.loca[gid+1]] }

func (f *face) scale(raw int) int {
	v := raw * 1000
	if v < 0 {
		return -((-v + f.upem/2) / f.upem)
	}
	return (v + f.upem/2) / f.upem
}

func be16(b []byte, i int) uint16 { return binary.BigEndian.Uint16(b[i:]) }
func be32(b []byte, i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
