package letter

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// Measures of the page in points; DIN 5008:2020 form B where it says so.
const (
	mm         = 72 / 25.4
	pageWidth  = 210 * mm
	pageHeight = 297 * mm
	left       = 25 * mm  // DIN 5008
	right      = 190 * mm // right edge of the text: 20 mm margin
	textWidth  = right - left
	nextTop    = 32 * mm // first line of the second and later pages
)

// style is how a text is set. Sizes in points, grey from 0 (black) to 1.
type style struct {
	bold    bool
	size    float64
	leading float64
	grey    float64
}

var (
	bodyStyle    = style{size: 11, leading: 15}
	strongStyle  = style{bold: true, size: 11, leading: 15}
	titleStyle   = style{bold: true, size: 13, leading: 17}
	sectionStyle = style{bold: true, size: 11.5, leading: 15.5}
	cellStyle    = style{size: 10, leading: 13}
	headStyle    = style{bold: true, size: 10, leading: 13}
	labelStyle   = style{size: 10, leading: 13, grey: 0.32}
	smallStyle   = style{size: 8, leading: 10.5, grey: 0.28}
)

// document is a letter while it is being set.
type document struct {
	letter  Letter
	words   words
	pages   []*page
	y       float64 // where the next line begins, from the top of the page
	bottom  float64 // of the text on each page
	foot    []column
	fonts   [faceCount]*subset
	top     *element // Document
	section int      // level of the last heading
	rest    []Block  // those after the one that is being drawn
}

// page is a page's content while it is being set.
type page struct {
	content bytes.Buffer
	owners  []*element // by marked content number
}

func (d *document) page() *page { return d.pages[len(d.pages)-1] }

// Render writes the letter as a tagged PDF (PDF/UA-1, PDF/A-2a). Nothing is
// written unless the letter is whole. Errors: Invalid with the field's name,
// TooLarge beyond MaxText, or what w returns.
func Render(w io.Writer, l Letter) error {
	d, err := set(l)
	if err != nil {
		return err
	}
	return d.write(w)
}

// set breaks a letter into pages and draws them.
func set(l Letter) (*document, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.Lang == "" {
		l.Lang = "de"
	}
	d := &document{letter: l, words: wordsOf(l.Lang), top: &element{kind: "Document", page: -1}, section: 1}
	d.measureFooter()
	d.pages = append(d.pages, &page{})
	if err := d.letterhead(); err != nil {
		return nil, err
	}
	for i, b := range l.Blocks {
		d.rest = l.Blocks[i+1:]
		b.draw(d)
	}
	d.checkSum()
	d.footers()
	return d, nil
}

// newPage starts the next page; its running head is drawn at the end.
func (d *document) newPage() {
	d.pages = append(d.pages, &page{})
	d.y = nextTop
}

// need starts a new page if less than height is left, unless this one is fresh.
func (d *document) need(height float64) {
	if d.y+height > d.bottom && !d.fresh() {
		d.newPage()
	}
}

func (d *document) fresh() bool { return len(d.pages) > 1 && d.y <= nextTop }

// space leaves white, but not at the top of a page.
func (d *document) space(h float64) {
	if !d.fresh() {
		d.y += h
	}
}

// tagged draws what belongs to element e, as one marked content of this page.
func (d *document) tagged(e *element, draw func()) { d.taggedOn(len(d.pages)-1, e, draw) }

// taggedOn is tagged for the page with index n.
func (d *document) taggedOn(n int, e *element, draw func()) {
	p := d.pages[n]
	if e.page < 0 {
		e.page = n
	}
	e.kids = append(e.kids, kid{page: n, mcid: len(p.owners)})
	fmt.Fprintf(&p.content, "/%s<</MCID %d>>BDC\n", e.kind, len(p.owners))
	p.owners = append(p.owners, e)
	draw()
	p.content.WriteString("EMC\n")
}

// artifact draws what a reader is to skip; kind is empty or the entries of
// ISO 32000-1, 14.8.2.2.
func (d *document) artifact(p *page, kind string, draw func()) {
	if kind == "" {
		p.content.WriteString("/Artifact BMC\n")
	} else {
		fmt.Fprintf(&p.content, "/Artifact<<%s>>BDC\n", kind)
	}
	draw()
	p.content.WriteString("EMC\n")
}

// Kinds of artifact.
const (
	layoutArtifact = "/Type/Layout"
	headArtifact   = "/Type/Pagination/Subtype/Header/Attached[/Top]"
	footArtifact   = "/Type/Pagination/Subtype/Footer/Attached[/Bottom]"
)

// rule draws a line of the given width as an artifact.
func (d *document) rule(p *page, x1, y1, x2, y2, width, grey float64) {
	d.artifact(p, layoutArtifact, func() {
		num(&p.content, grey)
		p.content.WriteString("G ")
		num(&p.content, width)
		p.content.WriteString("w ")
		num(&p.content, x1, pageHeight-y1)
		p.content.WriteString("m ")
		num(&p.content, x2, pageHeight-y2)
		p.content.WriteString("l S\n")
	})
}

// area fills a rectangle as an artifact.
func (d *document) area(p *page, x, y, w, h, grey float64) {
	d.artifact(p, layoutArtifact, func() {
		num(&p.content, grey)
		p.content.WriteString("g ")
		num(&p.content, x, pageHeight-y-h, w, h)
		p.content.WriteString("re f\n")
	})
}

// num writes numbers of a content stream, each with a space behind.
func num(b *bytes.Buffer, vs ...float64) {
	var buf [24]byte
	for _, v := range vs {
		s := strconv.AppendFloat(buf[:0], v, 'f', 2, 64)
		for s[len(s)-1] == '0' {
			s = s[:len(s)-1]
		}
		if s[len(s)-1] == '.' {
			s = s[:len(s)-1]
		}
		b.Write(append(s, ' '))
	}
}

// lines breaks a text into the lines of a column.
func lines(text string, s style, width float64) []line {
	return wrap(shape(text, s.bold), int(width*1000/s.size))
}

func (l line) points(s style) float64 { return float64(l.width) * s.size / 1000 }

// text draws lines with their first at y on page p; align 0 is left, 1 right.
func (d *document) text(p *page, ls []line, s style, x, y, width, align float64) {
	b := &p.content
	b.WriteString("BT ")
	num(b, s.grey)
	b.WriteString("g ")
	face := uint8(255)
	px, py := 0.0, 0.0
	base := y + 0.73*s.leading // first base line: the same for all sizes of one leading
	for i, l := range ls {
		lx := x + align*(width-l.points(s))
		ly := pageHeight - base - float64(i)*s.leading
		num(b, lx-px, ly-py)
		b.WriteString("Td ")
		px, py = lx, ly
		face = d.run(b, l.glyphs, s, face)
		if l.hard && face != 255 {
			gid := faces[face]().glyphs[' ']
			fmt.Fprintf(b, "<%04X> Tj ", d.code(glyph{r: ' ', gid: gid, face: face}))
		}
	}
	b.WriteString("ET\n")
}

// run writes the glyphs of one line and gives the face that is set then.
func (d *document) run(b *bytes.Buffer, gs []glyph, s style, face uint8) uint8 {
	open := false
	end := func() {
		if open {
			b.WriteString("> Tj ")
			open = false
		}
	}
	for i := 0; i < len(gs); i++ {
		g := gs[i]
		if g.mark || g.gid == 0 && (g.r == softHyphen || g.r == zeroWidthSpace || g.r == '\n') {
			continue
		}
		if g.face != face {
			end()
			face = g.face
			fmt.Fprintf(b, "/F%d ", face)
			num(b, s.size)
			b.WriteString("Tf ")
		}
		if g.marks > 0 {
			end()
			d.marked(b, gs[i:i+1+int(g.marks)], s.size)
			continue
		}
		if !open {
			b.WriteByte('<')
			open = true
		}
		hex4(b, d.code(g))
	}
	end()
	return face
}

// marked writes a letter with its marks, in the order in which they are read:
// their codes alone lead back to the text. (An ActualText around them would be
// closed together with the paragraph by readers built on Poppler.)
func (d *document) marked(b *bytes.Buffer, gs []glyph, size float64) {
	b.WriteByte('<')
	hex4(b, d.code(gs[0]))
	b.WriteString("> Tj ")
	advance := float64(gs[0].advance)
	for _, m := range gs[1:] {
		num(b, float64(m.dy)/1000*size)
		b.WriteString("Ts [")
		num(b, advance-float64(m.dx)) // back to the origin of the base, on to the mark
		b.WriteByte('<')
		hex4(b, d.code(m))
		b.WriteByte('>')
		num(b, float64(m.dx)+float64(faces[m.face]().width(m.gid))-advance)
		b.WriteString("] TJ ")
	}
	b.WriteString("0 Ts ")
}

// code gives the code of a glyph in the file's font, which grows with it.
func (d *document) code(g glyph) uint16 {
	if d.fonts[g.face] == nil {
		d.fonts[g.face] = newSubset(faces[g.face]())
	}
	return d.fonts[g.face].code(g.gid, g.r)
}

const hexDigits = "0123456789ABCDEF"

func hex4(b *bytes.Buffer, c uint16) {
	b.Write([]byte{hexDigits[c>>12], hexDigits[c>>8&15], hexDigits[c>>4&15], hexDigits[c&15]})
}
