package letter

import "slices"

const (
	cellSide = 5.0 // white at each side of a cell
	cellPad  = 3.5 // and above and below its text
)

// cell is a part of a row while it is being set.
type cell struct {
	lines    []line
	style    style
	x, width float64
	align    float64
	element  *element // nil: the cell is an artifact, a repeated head
}

// row sets cells beside each other and a line below. A row stays on one page if
// a page can hold it; atTop runs after each turn of the page.
func (d *document) row(cells []cell, rule, grey float64, atTop func()) {
	longest := 0
	for _, c := range cells {
		longest = max(longest, len(c.lines))
	}
	leading := cells[0].style.leading
	if d.y+float64(longest)*leading+2*cellPad > d.bottom && !d.fresh() {
		if float64(longest)*leading < d.half() || d.bottom-d.y < 5*leading {
			d.newPage()
			atTop()
		}
	}
	for done := 0; ; {
		n := min(longest-done, max(1, int((d.bottom-d.y-2*cellPad+0.01)/leading)))
		p := d.page()
		for _, c := range cells {
			part := c.lines[min(done, len(c.lines)):min(done+n, len(c.lines))]
			if len(part) == 0 || len(part) == 1 && len(part[0].glyphs) == 0 {
				continue
			}
			draw := func() {
				d.text(p, part, c.style, c.x+cellSide, d.y+cellPad, c.width-2*cellSide, c.align)
			}
			if c.element == nil {
				d.artifact(p, headArtifact, draw)
			} else {
				d.tagged(c.element, draw)
			}
		}
		d.y += float64(n)*leading + 2*cellPad
		first, last := cells[0], cells[len(cells)-1]
		d.rule(p, first.x, d.y, last.x+last.width, d.y, rule, grey)
		if done += n; done >= longest {
			return
		}
		d.newPage()
		atTop()
	}
}

func (b Facts) draw(d *document) {
	if len(b.Rows) == 0 {
		return
	}
	labelWidth := 30 * mm
	for _, r := range b.Rows {
		labelWidth = max(labelWidth, float64(widthOf(shape(r[0], false)))*labelStyle.size/1000+2*cellSide+1)
	}
	labelWidth = min(labelWidth, 65*mm)
	table := d.top.add("Table", "")
	d.space(blockGap)
	d.rule(d.page(), left, d.y, right, d.y, 0.4, 0.7)
	for _, r := range b.Rows {
		tr := table.add("TR", "")
		d.row([]cell{
			{lines: lines(r[0], labelStyle, labelWidth-2*cellSide), style: labelStyle, x: left, width: labelWidth, element: tr.add("TH", scopeRow)},
			{lines: lines(r[1], cellStyle, textWidth-labelWidth-2*cellSide), style: cellStyle, x: left + labelWidth, width: textWidth - labelWidth, element: tr.add("TD", "")},
		}, 0.4, 0.7, func() {})
	}
}

func (b Table) captionHeight() float64 {
	if blank(b.Caption) {
		return 0
	}
	return float64(len(lines(b.Caption, headStyle, textWidth)))*headStyle.leading + 2
}

func (b Table) draw(d *document) {
	n := len(b.Header)
	head := make([][]glyph, n)
	body := make([][][]glyph, len(b.Rows))
	natural, least := make([]int, n), make([]int, n) // thousandths of the cell's size
	measure := func(i int, gs []glyph) {
		full, word := extent(gs)
		natural[i], least[i] = max(natural[i], full), max(least[i], word)
	}
	for i, h := range b.Header {
		head[i] = shape(h, true)
		measure(i, head[i])
	}
	for k, r := range b.Rows {
		body[k] = make([][]glyph, n)
		for i, c := range r {
			body[k][i] = shape(c, false)
			measure(i, body[k][i])
		}
	}
	widths := share(natural, least, headStyle.size, textWidth)

	table := d.top.add("Table", "")
	d.space(blockGap)
	const start = 4*13 + 4*cellPad // head and first row
	if !blank(b.Caption) {
		d.need(b.captionHeight() + start)
		d.flow(table.add("Caption", ""), lines(b.Caption, headStyle, textWidth), headStyle, left, textWidth)
		d.y += 2
	}
	cells := func(parts [][]glyph, s style, el func(i int) *element) []cell {
		x := left
		cs := make([]cell, n)
		for i, gs := range parts {
			cs[i] = cell{style: s, x: x, width: widths[i], element: el(i), lines: wrap(gs, int((widths[i]-2*cellSide)*1000/s.size))}
			if slices.Contains(b.Right, i) {
				cs[i].align = 1
			}
			x += widths[i]
		}
		return cs
	}
	d.need(start)
	top := table.add("THead", "").add("TR", "")
	d.row(cells(head, headStyle, func(int) *element { return top.add("TH", scopeColumn) }), 0.9, 0.25, func() {})
	repeat := cells(head, headStyle, func(int) *element { return nil })
	again := func() { d.row(repeat, 0.9, 0.25, func() {}) }
	for _, c := range repeat {
		if float64(len(c.lines))*headStyle.leading > d.half()/2 {
			again = func() {} // would leave too little room for the rows
		}
	}
	if len(body) == 0 {
		return
	}
	rows := table.add("TBody", "")
	for _, parts := range body {
		tr := rows.add("TR", "")
		d.row(cells(parts, cellStyle, func(int) *element { return tr.add("TD", "") }), 0.4, 0.7, again)
	}
}

// extent gives the width of a text on one line, and that of its longest word.
func extent(gs []glyph) (full, word int) {
	line, run := 0, 0
	for _, g := range gs {
		if g.r == '\n' {
			line, run = 0, 0
			continue
		}
		line += int(g.advance)
		if g.r == ' ' {
			run = 0
			continue
		}
		run += int(g.advance)
		full, word = max(full, line), max(word, run)
	}
	return full, word
}

// share cuts a width into columns for text of the given size: each as wide as its longest
// word, and beyond it by what its text would like. Words too wide for all
// columns together are broken.
func share(natural, least []int, size, width float64) []float64 {
	n := len(natural)
	want, need := make([]float64, n), make([]float64, n)
	var wants, needs float64
	for i := range n {
		limit := width
		switch {
		case n == 2:
			limit = width * 0.6
		case n > 2:
			limit = width * 0.35
		}
		need[i] = min(float64(least[i])*size/1000+2*cellSide+1, limit)
		want[i] = max(need[i], float64(natural[i])*size/1000+2*cellSide+1)
		wants += want[i]
		needs += need[i]
	}
	out := make([]float64, n)
	for i := range n {
		switch {
		case wants <= width:
			out[i] = want[i] + (width-wants)*want[i]/wants
		case needs <= width:
			out[i] = need[i] + (width-needs)*(want[i]-need[i])/(wants-needs)
		default: // no column below a seventh of its fair part
			floor := width / float64(n) / 7
			out[i] = floor + (width-float64(n)*floor)*need[i]/needs
		}
	}
	return out
}
