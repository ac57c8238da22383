package letter

import (
	"fmt"
	"slices"
	"strings"

	"stadttor/internal/errs"
)

// Places of DIN 5008:2020 form B, in points from the top left.
const (
	addressTop   = 62.7 * mm // first of six address lines
	addressWidth = 80 * mm
	addressLine  = 27.3 * mm / 6
	addressEnd   = 90 * mm
	infoTop      = 50 * mm
	infoLeft     = 125 * mm
	infoLabelMax = 30 * mm
	infoRight    = 200 * mm
	subjectAfter = 8.46 * mm // below address field and information block
	headRule     = 37 * mm
)

var (
	nameStyle    = style{bold: true, size: 16, leading: 19}
	unitStyle    = style{size: 10, leading: 13, grey: 0.28}
	returnStyle  = style{size: 7, leading: 9, grey: 0.28}
	addressStyle = style{size: 11, leading: addressLine}
	infoStyle    = style{size: 9, leading: 11.5}
	infoLabel    = style{size: 8, leading: 11.5, grey: 0.32}
	footStyle    = style{size: 7.5, leading: 9.5, grey: 0.28}
	runningStyle = style{size: 8.5, leading: 11, grey: 0.28}
)

// letterhead sets all that stands above the body of the first page.
func (d *document) letterhead() error {
	p, s := d.page(), d.letter.Sender
	width := textWidth
	if s.Logo != nil {
		w, h := s.Logo.fit(50*mm, 20*mm)
		d.logo(s.Logo, right-w, 13*mm, w, h)
		width -= w + 6*mm
	}
	name := lines(s.Name, nameStyle, width)
	head := d.top.add("P", "")
	d.tagged(head, func() { d.text(p, name, nameStyle, left, 15*mm, width, 0) })
	if s.Unit != "" {
		unit := d.top.add("P", "")
		y := 15*mm + float64(len(name))*nameStyle.leading + 1
		d.tagged(unit, func() { d.text(p, lines(s.Unit, unitStyle, width), unitStyle, left, y, width, 0) })
	}
	d.rule(p, left, headRule, right, headRule, 0.8, 0.35)
	for _, y := range []float64{105, 148.5, 210} { // fold, punch, fold
		end := 8.0
		if y == 148.5 {
			end = 10
		}
		d.rule(p, 4*mm, y*mm, end*mm, y*mm, 0.4, 0.5)
	}
	address := d.address()
	info := d.information()
	d.y = max(addressEnd, address, info) + subjectAfter
	if d.y > d.bottom-4*titleStyle.leading {
		return errs.Invalid("letter.invalid", errs.Field{Name: "Reference", Key: "letter.reference.long"})
	}
	d.flow(d.top.add("H1", ""), lines(d.letter.Title, titleStyle, textWidth), titleStyle, left, textWidth)
	if d.letter.Subject != "" {
		d.flow(d.top.add("P", ""), lines(d.letter.Subject, bodyStyle, textWidth), bodyStyle, left, textWidth)
	}
	d.space(8)
	return nil
}

// address sets the return line and the recipient and gives their end. A
// recipient of more than six lines begins in the zone of notes above.
func (d *document) address() float64 {
	p, s := d.page(), d.letter.Sender
	var to []line
	for _, r := range d.letter.Recipient {
		to = append(to, lines(oneLine(r), addressStyle, addressWidth)...)
		to[len(to)-1].hard = true
	}
	top := addressTop
	if extra := len(to) - 6; extra > 0 {
		top -= float64(min(extra, 2)) * addressLine
	}
	var from []string
	for _, f := range []string{s.Name, s.Street, s.City} {
		if f != "" {
			from = append(from, oneLine(f))
		}
	}
	st, text := returnStyle, strings.Join(from, " · ")
	for st.size > 5.5 && len(lines(text, st, addressWidth)) > 1 {
		st.size -= 0.25
	}
	back := lines(text, st, addressWidth)
	y := top - 4 - float64(len(back))*st.leading
	e := d.top.add("P", "")
	d.tagged(e, func() { d.text(p, back, st, left, y, addressWidth, 0) })
	d.rule(p, left, top-4, left+addressWidth, top-4, 0.4, 0.5)
	if len(to) == 0 {
		return top
	}
	e = d.top.add("P", "")
	d.tagged(e, func() { d.text(p, to, addressStyle, left, top, addressWidth, 0) })
	return top + float64(len(to))*addressLine
}

// information sets the information block, a table of labels, and gives its end.
func (d *document) information() float64 {
	s, w := d.letter.Sender, d.words
	groups := [][][2]string{d.letter.Reference, {{w.contact, s.Contact}, {w.phone, s.Phone}, {w.mail, s.Mail}, {w.web, s.Web}}, {{w.date, d.letter.Date}}}
	p, y := d.page(), infoTop
	var table *element
	valueLeft := infoLeft + 18*mm
	for _, row := range slices.Concat(groups...) {
		if strings.TrimSpace(row[1]) != "" {
			valueLeft = max(valueLeft, infoLeft+lines(oneLine(row[0]), infoLabel, infoLabelMax)[0].points(infoLabel)+2.5*mm)
		}
	}
	for _, g := range groups {
		before := y
		for _, row := range g {
			if strings.TrimSpace(row[1]) == "" {
				continue
			}
			if table == nil {
				table = d.top.add("Table", "")
			}
			tr := table.add("TR", "")
			label := lines(oneLine(row[0]), infoLabel, infoLabelMax)
			value := lines(oneLine(row[1]), infoStyle, infoRight-valueLeft)
			d.tagged(tr.add("TH", scopeRow), func() { d.text(p, label, infoLabel, infoLeft, y, 0, 0) })
			d.tagged(tr.add("TD", ""), func() { d.text(p, value, infoStyle, valueLeft, y, 0, 0) })
			y += float64(max(len(label), len(value))) * infoStyle.leading
		}
		if y > before {
			y += 5
		}
	}
	return y - 5
}

// oneLine keeps a field from opening lines of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// column is a part of the footer.
type column struct {
	lines    []line
	x, width float64
}

// measureFooter breaks the footer into lines, which says where the text of every page ends.
func (d *document) measureFooter() {
	cols := columns(d.letter.Footer)
	natural, least := make([]int, len(cols)), make([]int, len(cols))
	shaped := make([][]glyph, len(cols))
	for i, c := range cols {
		shaped[i] = shape(c, false)
		natural[i], least[i] = extent(shaped[i])
	}
	x, height := left, 0.0
	for i, w := range share(natural, least, footStyle.size, textWidth+2*cellSide) {
		ls := wrap(shaped[i], int((w-2*cellSide)*1000/footStyle.size))
		d.foot = append(d.foot, column{ls, x, w - 2*cellSide})
		x += w
		height = max(height, float64(len(ls))*footStyle.leading)
	}
	d.bottom = pageHeight - 12*mm - height - 26
}

// footers sets page numbers, running heads and the footer. The footer is read
// once, after the letter, from the first page; elsewhere it is an artifact.
func (d *document) footers() {
	y := d.bottom + 8
	for i, p := range d.pages {
		number := lines(fmt.Sprintf("%s %d %s %d", d.words.page, i+1, d.words.of, len(d.pages)), runningStyle, textWidth)
		d.artifact(p, footArtifact, func() { d.text(p, number, runningStyle, left, y, textWidth, 1) })
		if i > 0 {
			d.runningHead(p)
		}
		if len(d.foot) == 0 {
			continue
		}
		d.rule(p, left, y+14, right, y+14, 0.4, 0.5)
		for _, c := range d.foot {
			draw := func() { d.text(p, c.lines, footStyle, c.x, y+17, c.width, 0) }
			if i == 0 {
				d.taggedOn(0, d.top.add("P", ""), draw)
			} else {
				d.artifact(p, footArtifact, draw)
			}
		}
	}
}

// runningHead says on a later page whose letter it is.
func (d *document) runningHead(p *page) {
	about := d.letter.Date
	if r := d.letter.Reference; len(r) > 0 {
		about = r[0][0] + " " + r[0][1]
	}
	half := textWidth/2 - 3*mm
	d.artifact(p, headArtifact, func() {
		d.text(p, lines(oneLine(d.letter.Sender.Name), runningStyle, half)[:1], runningStyle, left, 18*mm, half, 0)
		d.text(p, lines(oneLine(about), runningStyle, half)[:1], runningStyle, right-half, 18*mm, half, 1)
	})
	d.rule(p, left, 24*mm, right, 24*mm, 0.4, 0.5)
}

// checkSum prints the check sum of what was received.
func (d *document) checkSum() {
	if d.letter.Hash == "" {
		return
	}
	d.space(10)
	d.flow(d.top.add("P", ""), lines(d.words.hash+": "+oneLine(d.letter.Hash), smallStyle, textWidth), smallStyle, left, textWidth)
}
