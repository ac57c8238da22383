package letter

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// opened is a written file, read again by its cross-reference.
type opened struct {
	objects map[int]string // streams unpacked behind their dictionary
}

var (
	lengthEntry = regexp.MustCompile(`/Length (\d+)`)
	references  = regexp.MustCompile(`(\d+) 0 R`)
)

func unpack(t *testing.T, body []byte) (dict, data string) {
	t.Helper()
	d, rest, ok := bytes.Cut(body, []byte("\nstream\n"))
	if !ok {
		return string(body), ""
	}
	n, err := strconv.Atoi(lengthEntry.FindStringSubmatch(string(d))[1])
	if err != nil || !bytes.HasPrefix(rest[n:], []byte("\nendstream")) {
		t.Fatalf("wrong length in %s", d)
	}
	raw := rest[:n]
	if bytes.Contains(d, []byte("/FlateDecode")) {
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return string(d), string(raw)
}

// open reads a file as strictly as ISO 32000-1, 7.5.7 and 7.5.8 wants it.
func open(t *testing.T, pdf []byte) opened {
	t.Helper()
	tail := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(pdf)
	if tail == nil || !bytes.HasPrefix(pdf, []byte("%PDF-1.7\n")) {
		t.Fatal("no head or no tail")
	}
	at, _ := strconv.Atoi(string(tail[1]))
	body := func(n, off int) []byte {
		head := fmt.Appendf(nil, "%d 0 obj\n", n)
		if !bytes.HasPrefix(pdf[off:], head) {
			t.Fatalf("object %d is not at %d", n, off)
		}
		return pdf[off+len(head):]
	}
	var num int
	if _, err := fmt.Sscanf(string(pdf[at:at+12]), "%d 0 obj", &num); err != nil {
		t.Fatal(err)
	}
	trailer, table := unpack(t, body(num, at))
	o := opened{map[int]string{}}
	if size := fmt.Sprintf("/Size %d/", len(table)/7); !strings.Contains(trailer, size) {
		t.Fatalf("trailer %s, %s", trailer, size)
	}
	streams := map[int]string{}
	for n := range len(table) / 7 {
		e := []byte(table[7*n : 7*n+7])
		if e[0] == 1 {
			d, data := unpack(t, body(n, int(be32(e, 1))))
			streams[n] = data
			o.objects[n] = d + "\n" + data
		}
	}
	for n := range len(table) / 7 {
		e := []byte(table[7*n : 7*n+7])
		if e[0] != 2 {
			continue
		}
		data, index := streams[int(be32(e, 1))], int(be16(e, 5))
		fs := strings.Fields(data)
		if fs[2*index] != strconv.Itoa(n) {
			t.Fatalf("object %d is not at %d of its stream", n, index)
		}
		var first int
		fmt.Sscanf(o.objects[int(be32(e, 1))][strings.Index(o.objects[int(be32(e, 1))], "/First"):], "/First %d", &first)
		off, _ := strconv.Atoi(fs[2*index+1])
		text, _, _ := strings.Cut(data[first+off:], "\n")
		o.objects[n] = text
	}
	o.objects[0] = trailer
	return o
}

func (o opened) of(kind string) []string {
	var all []string
	for _, n := range slices.Sorted(mapKeys(o.objects)) {
		if strings.HasPrefix(o.objects[n], "<</Type/"+kind+"/") {
			all = append(all, o.objects[n])
		}
	}
	return all
}

func mapKeys(m map[int]string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// follow gives the object that an entry of a dictionary points at.
func (o opened) follow(t *testing.T, dict, entry string) string {
	t.Helper()
	m := regexp.MustCompile(`/` + entry + ` (\d+) 0 R`).FindStringSubmatch(dict)
	if m == nil {
		t.Fatalf("no %s in %.200s", entry, dict)
	}
	n, _ := strconv.Atoi(m[1])
	return o.objects[n]
}

// hard has everything in it that could break a page.
func hard(t testing.TB) Letter {
	l := decision(t)
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaft", 12)
	l.Title = "Ein Betreff, " + strings.Repeat("der nicht enden will, ", 30) + long
	l.Subject = "Zweite Zeile (mit \\ und Klammern ))"
	l.Recipient = []string{"Einschreiben", "Persönlich", "Firma", strings.Repeat("Sehr lange Firma ", 8), "z. Hd.", "Frau", "Dr. A", "Straße 1", "00111 Ort"}
	l.Reference = append(l.Reference, [2]string{"Ein sehr langes Wort als Bezeichnung", long})
	cells := []string{long, "x", strings.Repeat("Wort ", 300), "", "1"}
	l.Blocks = []Block{
		Table{Header: []string{"Langesüberschriftenwort", "B", "C", "D", long}, Rows: [][]string{cells, {"nur eine"}, cells}, Right: []int{4, 9}},
		Notice{"", strings.Repeat("Hinweis über mehrere Seiten. ", 300)},
		Notice{"Nur ein Titel", ""}, Notice{},
		Facts{[][2]string{{long, long}, {"", ""}, {"a", strings.Repeat("Text über mehrere Seiten. ", 400)}}}, Facts{},
		List{Items: []string{long, "", strings.Repeat("Punkt ", 1500)}}, List{}, List{Ordered: true, Items: make([]string, 120)},
		Table{Caption: long, Header: []string{"", ""}},
		Heading{3, long}, Heading{0, ""}, Paragraph{""}, Paragraph{"\n\n\n"}, Paragraph{long + "\u202e\x00\t🦄 M\u0302"},
		Closing{}, Closing{Greeting: long, By: "a", Name: "b", Role: "c"},
	}
	return l
}

func TestTheFileFollowsTheRulesOfPDFUA(t *testing.T) {
	for name, l := range map[string]Letter{"decision": decision(t), "receipt": receipt(t), "long": long(t), "hard": hard(t)} {
		t.Run(name, func(t *testing.T) {
			o := open(t, render(t, l))
			catalog := o.follow(t, o.objects[0], "Root")
			for _, want := range []string{"/Lang(de)", "/MarkInfo<</Marked true>>", "/DisplayDocTitle true", "/S/GTS_PDFA1"} {
				if !strings.Contains(catalog, want) {
					t.Errorf("catalogue lacks %s", want)
				}
			}
			meta := o.follow(t, catalog, "Metadata")
			for _, want := range []string{"<pdfuaid:part>1</pdfuaid:part>", "<pdfaid:conformance>A</pdfaid:conformance>"} {
				if !strings.Contains(meta, want) {
					t.Errorf("metadata lack %s", want)
				}
			}
			fonts := 0
			for _, d := range o.of("FontDescriptor") {
				fonts++
				if !regexp.MustCompile(`/FontName/[A-Z]{6}\+\w+`).MatchString(d) || o.follow(t, d, "FontFile2") == "" {
					t.Errorf("font not embedded as a subset: %s", d)
				}
			}
			if fonts == 0 {
				t.Error("no font")
			}
			checkTags(t, o, catalog)
			for n, body := range o.objects {
				dict, _, _ := strings.Cut(body, "\n")
				for _, r := range references.FindAllStringSubmatch(dict, -1) {
					if k, _ := strconv.Atoi(r[1]); o.objects[k] == "" {
						t.Errorf("object %d points at nothing: %s", n, r[0])
					}
				}
			}
		})
	}
}

// checkTags holds that all drawing is tagged or an artifact, and that pages and
// structure tree agree on whose each piece is.
func checkTags(t *testing.T, o opened, catalog string) {
	t.Helper()
	root := o.follow(t, catalog, "StructTreeRoot")
	parents := regexp.MustCompile(`(\d+)\[([^\]]*)\]`).FindAllStringSubmatch(o.follow(t, root, "ParentTree"), -1)
	pages := o.of("Page")
	if len(parents) != len(pages) {
		t.Fatalf("%d pages, %d in the parent tree", len(pages), len(parents))
	}
	for i, p := range pages {
		if !strings.Contains(p, fmt.Sprintf("/StructParents %d/Tabs/S", i)) {
			t.Errorf("page %d: %s", i, p)
		}
		_, content, _ := strings.Cut(o.follow(t, p, "Contents"), "\n")
		owners := references.FindAllStringSubmatch(parents[i][2], -1)
		depth, next := 0, 0
		for line := range strings.Lines(content) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasSuffix(line, "BDC"), strings.HasSuffix(line, "BMC"):
				depth++
				if m := regexp.MustCompile(`^/(\w+)<</MCID (\d+)>>BDC$`).FindStringSubmatch(line); m != nil {
					if m[2] != strconv.Itoa(next) || next >= len(owners) {
						t.Fatalf("page %d: piece %s, expected %d of %d", i, m[2], next, len(owners))
					}
					owner, _ := strconv.Atoi(owners[next][1])
					if e := o.objects[owner]; !strings.HasPrefix(e, "<</Type/StructElem/S/"+m[1]+"/") || !regexp.MustCompile(`[\[ ]`+m[2]+`[\] ]|/MCID `+m[2]+`>>`).MatchString(e) {
						t.Errorf("page %d: piece %s %s belongs to %s", i, m[1], m[2], e)
					}
					next++
				} else if !strings.HasPrefix(line, "/Artifact") {
					t.Errorf("page %d: neither tag nor artifact: %s", i, line)
				}
			case line == "EMC":
				depth--
			case depth != 1:
				t.Errorf("page %d: drawn at depth %d: %.60s", i, depth, line)
			}
		}
		if depth != 0 || next != len(owners) {
			t.Errorf("page %d: depth %d, %d of %d pieces", i, depth, next, len(owners))
		}
	}
	for _, e := range o.of("StructElem") {
		if strings.Contains(e, "/S/TH/") && !strings.Contains(e, "/Scope/") {
			t.Errorf("head without scope: %s", e)
		}
		if strings.Contains(e, "/S/Figure/") && !strings.Contains(e, "/Alt<FEFF") {
			t.Errorf("picture without a text: %s", e)
		}
	}
}

func TestADocumentWithoutADateHasNone(t *testing.T) {
	l := receipt(t)
	l.Created = l.Created.AddDate(0, 0, 1)
	with := open(t, render(t, l))
	if info := with.follow(t, with.objects[0], "Info"); !strings.Contains(info, "/CreationDate(D:20270304130700Z)") {
		t.Errorf("info %s", info)
	}
	l = Letter{Title: "x", Sender: Sender{Name: "y"}}
	o := open(t, render(t, l))
	if info := o.follow(t, o.objects[0], "Info"); strings.Contains(info, "Date") {
		t.Errorf("info %s", info)
	}
}
