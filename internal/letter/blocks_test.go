package letter

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// firstPage is where an element begins; -1 if it is empty.
func firstPage(e *element) int {
	for _, k := range e.kids {
		if k.element == nil {
			return k.page
		}
		if n := firstPage(k.element); n >= 0 {
			return n
		}
	}
	return -1
}

func TestAHeadingStandsOnThePageOfWhatItHeads(t *testing.T) {
	turned := false
	for fill := range 60 {
		for _, b := range []Block{
			Paragraph{"Text."}, Facts{[][2]string{{"a", "b"}}}, List{Items: []string{"a"}},
			Table{Caption: "Titel", Header: []string{"a"}, Rows: [][]string{{"b"}}}, Table{Header: []string{"a"}, Rows: [][]string{{"b"}}},
			Notice{"Titel", strings.Repeat("Text. ", 200)}, Notice{"Titel", strings.Repeat("Text. ", 900)},
		} {
			l := receipt(t)
			l.Hash = ""
			l.Blocks = append(slices.Repeat([]Block{Closing{By: "Zeile"}}, fill), Heading{2, "Oben"}, Heading{3, "Unten"}, b)
			d, err := set(l)
			if err != nil {
				t.Fatal(err)
			}
			last := d.top.kids[len(d.top.kids)-3:]
			h2, h3, body := firstPage(last[0].element), firstPage(last[1].element), firstPage(last[2].element)
			if h2 != h3 || h3 != body {
				t.Errorf("%d lines, then headings on pages %d and %d, and a %T on page %d", fill, h2, h3, b, body)
			}
			turned = turned || h2 > 0
		}
	}
	if !turned {
		t.Error("the page never turned")
	}
}

func TestNoSingleLineOfATextStandsAlone(t *testing.T) {
	for fill := range 50 {
		l := receipt(t)
		l.Hash = ""
		l.Blocks = append(slices.Repeat([]Block{Closing{By: "Zeile"}}, fill), Paragraph{"1\n2\n3\n4\n5"})
		d, err := set(l)
		if err != nil {
			t.Fatal(err)
		}
		p := d.top.kids[len(d.top.kids)-1].element
		for _, k := range p.kids {
			content := d.pages[k.page].content.String()
			_, after, _ := strings.Cut(content, "/P<</MCID "+strconv.Itoa(k.mcid)+">>BDC")
			piece, _, _ := strings.Cut(after, "EMC")
			if n := strings.Count(piece, "Td"); n < 2 {
				t.Errorf("after %d lines: %d of 5 lines stand on page %d", fill, n, k.page)
			}
		}
	}
}

func TestALevelIsNeverLeftOut(t *testing.T) {
	l := receipt(t)
	l.Blocks = []Block{Heading{3, "a"}, Heading{3, "b"}, Heading{2, "c"}}
	d, err := set(l)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range d.top.kids {
		if strings.HasPrefix(k.element.kind, "H") {
			got = append(got, k.element.kind)
		}
	}
	if strings.Join(got, " ") != "H1 H2 H3 H2" {
		t.Errorf("levels %v", got)
	}
}

func TestWhatIsEmptyLeavesNoTag(t *testing.T) {
	l := receipt(t)
	l.Hash = ""
	l.Blocks = nil
	d, err := set(l)
	if err != nil {
		t.Fatal(err)
	}
	want := len(d.top.kids)
	l.Blocks = []Block{Heading{}, Paragraph{" \n"}, List{Items: []string{" "}}, Notice{}, Facts{}, Closing{}}
	if d, err = set(l); err != nil {
		t.Fatal(err)
	}
	if len(d.top.kids) != want {
		t.Errorf("%d elements, want %d", len(d.top.kids), want)
	}
}
