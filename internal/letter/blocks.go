package letter

import (
	"fmt"
	"slices"
	"strings"
)

// blockGap is the white above a block.
const blockGap = 8

// chunk gives how many of n lines to set here, after turning the page if it
// must: no single first or last line of a text stands alone on a page.
func (d *document) chunk(n int, leading float64) int {
	room := int((d.bottom - d.y + 0.01) / leading)
	if room >= n {
		return n
	}
	if n-room == 1 {
		room--
	}
	if room < 2 {
		if d.fresh() {
			return 1
		}
		d.newPage()
		return d.chunk(n, leading)
	}
	return room
}

// flow sets lines of element e, over as many pages as it takes.
func (d *document) flow(e *element, ls []line, s style, x, width float64) {
	for len(ls) > 0 {
		n := d.chunk(len(ls), s.leading)
		d.tagged(e, func() { d.text(d.page(), ls[:n], s, x, d.y, width, 0) })
		d.y += float64(n) * s.leading
		ls = ls[n:]
	}
}

func (b Heading) draw(d *document) {
	if blank(b.Text) {
		return
	}
	level := min(max(b.Level, 2), d.section+1)
	d.section = level
	s := sectionStyle
	if level == 3 {
		s = strongStyle
	}
	ls := lines(b.Text, s, textWidth)
	d.space(blockGap + 5)
	d.need(float64(len(ls))*s.leading + d.start(d.rest)) // never alone at the foot of a page
	d.flow(d.top.add(fmt.Sprintf("H%d", level), ""), ls, s, left, textWidth)
	d.y -= blockGap - 3
}

// start is how much of the blocks that follow must stand on the page of their heading.
func (d *document) start(rest []Block) float64 {
	const some = 75 // five lines, or the head of a table and its first row
	height := 0.0
	for i, b := range rest {
		switch b := b.(type) {
		case Heading:
			if i < 3 { // more headings than that head nothing
				height += blockGap + 5 + float64(len(lines(b.Text, sectionStyle, textWidth)))*sectionStyle.leading
				continue
			}
		case Notice:
			if h := b.height(); h <= d.half() {
				return height + h + blockGap + 2
			}
		case Table:
			return height + some + b.captionHeight()
		case Paragraph, List:
			return height + blockGap + 3*bodyStyle.leading
		}
		return height + some
	}
	return height + some
}

// half is half the height of the text on a page: what is smaller may be kept in one piece.
func (d *document) half() float64 { return (d.bottom - nextTop) / 2 }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func (b Paragraph) draw(d *document) {
	if blank(b.Text) {
		return
	}
	d.space(blockGap)
	d.flow(d.top.add("P", ""), lines(b.Text, bodyStyle, textWidth), bodyStyle, left, textWidth)
}

func (b List) draw(d *document) {
	items := slices.DeleteFunc(slices.Clone(b.Items), blank)
	if len(items) == 0 {
		return
	}
	attr, indent := listDisc, 14.0
	if b.Ordered {
		attr = listDecimal
		indent = lines(fmt.Sprintf("%d.", len(items)), bodyStyle, textWidth)[0].points(bodyStyle) + 8
	}
	list := d.top.add("L", attr)
	d.space(blockGap)
	for i, item := range items {
		ls := lines(item, bodyStyle, textWidth-indent)
		d.chunk(len(ls), bodyStyle.leading) // turns the page before the label, not after it
		li := list.add("LI", "")
		label := "•"
		if b.Ordered {
			label = fmt.Sprintf("%d.", i+1)
		}
		d.tagged(li.add("Lbl", ""), func() {
			d.text(d.page(), lines(label, bodyStyle, indent), bodyStyle, left+2, d.y, indent, 0)
		})
		d.flow(li.add("LBody", ""), ls, bodyStyle, left+indent, textWidth-indent)
		d.y += 2
	}
}

// noticePad is the white around the text of a notice.
const noticePad = 9.0

// set breaks the text of a notice into lines.
func (b Notice) set() (title, text []line) {
	if !blank(b.Title) {
		title = lines(b.Title, strongStyle, textWidth-2*noticePad)
	}
	if !blank(b.Text) {
		text = lines(b.Text, bodyStyle, textWidth-2*noticePad)
	}
	return title, text
}

func (b Notice) height() float64 {
	title, text := b.set()
	return float64(len(title)+len(text))*bodyStyle.leading + 2*noticePad
}

func (b Notice) draw(d *document) {
	const pad, width = noticePad, textWidth - 2*noticePad
	title, text := b.set()
	total := len(title) + len(text)
	if total == 0 {
		return
	}
	div := d.top.add("Div", "")
	var head, body *element
	if len(title) > 0 {
		head = div.add("P", "")
	}
	if len(text) > 0 {
		body = div.add("P", "")
	}
	d.space(blockGap + 2)
	if h := float64(total)*bodyStyle.leading + 2*pad; h <= d.half() {
		d.need(h)
	}
	for total > 0 {
		d.y += pad
		d.bottom -= 2 * pad
		n := d.chunk(total, bodyStyle.leading)
		if d.fresh() {
			d.y = nextTop + pad
		}
		d.bottom += 2 * pad
		h := float64(n)*bodyStyle.leading + 2*pad
		d.area(d.page(), left, d.y-pad, textWidth, h, 0.94)
		d.area(d.page(), left, d.y-pad, 3, h, 0.25)
		k := min(n, len(title))
		if k > 0 {
			d.tagged(head, func() { d.text(d.page(), title[:k], strongStyle, left+pad+3, d.y, width, 0) })
			title = title[k:]
		}
		if n > k {
			y := d.y + float64(k)*bodyStyle.leading
			d.tagged(body, func() { d.text(d.page(), text[:n-k], bodyStyle, left+pad+3, y, width, 0) })
			text = text[n-k:]
		}
		d.y += h - pad
		total -= n
	}
	d.y += 4
}

func (b Closing) draw(d *document) {
	ls := func(t string) []line {
		if t == "" {
			return nil
		}
		return lines(t, bodyStyle, textWidth)
	}
	parts := [][]line{ls(b.Greeting), ls(b.By), ls(b.Name), ls(b.Role)}
	white := []float64{14, 0, 14, 0}
	height := 0.0
	for i, p := range parts {
		height += float64(len(p))*bodyStyle.leading + white[i]
	}
	d.need(height)
	for i, p := range parts {
		if len(p) > 0 {
			d.space(white[i])
			d.flow(d.top.add("P", ""), p, bodyStyle, left, textWidth)
		}
	}
}
