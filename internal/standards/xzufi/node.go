package xzufi

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"slices"
	"strings"
)

// Limits bound what one object may cost. A zero field takes the default.
type Limits struct {
	Object   int // bytes of one object in the file; default 4 MiB
	Text     int // bytes of one text; default 1 MiB
	Tag      int // bytes of one tag with its attributes; default 64 KiB
	Depth    int // nesting inside the object; default 40
	Elements int // elements of one object; default 50,000
}

func (l Limits) orDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Object, 4<<20)
	def(&l.Text, 1<<20)
	def(&l.Tag, 64<<10)
	def(&l.Depth, 40)
	def(&l.Elements, 50_000)
	return l
}

// space tells where an element's name comes from.
type space byte

const (
	spaceForeign space = iota
	spaceXZuFi         // the namespace of the file
	spaceNone          // unqualified, as code and name of a code are
)

// node is an element of one object, or a piece of text between elements if
// name is empty.
type node struct {
	name  string
	text  string // the text; of an element only what stands before its first child
	attrs []xml.Attr
	kids  []*node
	size  int // bytes of text directly inside
	space space
	used  bool // a field was read from it
}

func (n *node) attr(name string) string {
	for i := range n.attrs {
		if n.attrs[i].Name.Local == name && n.attrs[i].Name.Space != "xmlns" {
			return n.attrs[i].Value
		}
	}
	return ""
}

// value gives the element's own text without blanks at its ends.
func (n *node) value() string {
	if len(n.kids) == 0 {
		return strings.TrimSpace(n.text)
	}
	var b strings.Builder
	b.WriteString(n.text)
	for _, k := range n.kids {
		if k.name == "" {
			b.WriteString(k.text)
		}
	}
	return strings.TrimSpace(b.String())
}

// markup gives the content as HTML. Most writers escape it, so that it is a
// text; some put p and li there as elements, which are written out again.
func (n *node) markup() string {
	if !slices.ContainsFunc(n.kids, func(k *node) bool { return k.name != "" }) {
		return n.value()
	}
	var b strings.Builder
	n.writeMarkup(&b)
	return strings.TrimSpace(b.String())
}

func (n *node) writeMarkup(b *strings.Builder) {
	b.WriteString(html.EscapeString(n.text))
	for _, k := range n.kids {
		k.used = true
		if k.name == "" {
			b.WriteString(html.EscapeString(k.text))
			continue
		}
		b.WriteByte('<')
		b.WriteString(k.name)
		if href := k.attr("href"); href != "" {
			b.WriteString(` href="` + html.EscapeString(href) + `"`)
		}
		b.WriteByte('>')
		if k.name == "br" {
			continue
		}
		k.writeMarkup(b)
		b.WriteString("</" + k.name + ">")
	}
}

// find gives the first child with one of the names in the namespace.
func (n *node) find(in func(space) bool, names ...string) *node {
	for _, k := range n.kids {
		if in(k.space) && slices.Contains(names, k.name) {
			return k
		}
	}
	return nil
}

// treeError says why an object's bytes make no tree.
type treeError struct {
	reason Reason
	detail string
	line   int // counted from the first byte given to parse
}

// parse builds the tree of a well-formed document. On an error it gives the
// part that was read, in which an id may stand.
func parse(doc io.ByteReader, ns string, l Limits) (*node, *treeError) {
	dec := xml.NewDecoder(doc.(io.Reader))
	dec.Strict = true
	dec.Entity = xml.HTMLEntity // &nbsp; and &uuml; are what editorial systems write
	top := &node{}
	stack := make([]*node, 1, 16)
	stack[0] = top
	count := 0
	fail := func(r Reason, detail string) (*node, *treeError) {
		line, _ := dec.InputPos()
		return top, &treeError{reason: r, detail: detail, line: line}
	}
	for {
		tok, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return top, nil
			}
			var syn *xml.SyntaxError
			if errors.As(err, &syn) {
				return fail(ReasonXML, safeDetail(syn.Msg))
			}
			return fail(ReasonXML, safeDetail(err.Error()))
		}
		parent := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			if count++; count > l.Elements {
				return fail(ReasonTooMany, "")
			}
			if len(stack) > l.Depth+2 { // the root and schreibe do not count
				return fail(ReasonTooDeep, "")
			}
			k := &node{name: tok.Name.Local, attrs: tok.Attr}
			switch tok.Name.Space {
			case ns:
				k.space = spaceXZuFi
			case "":
				k.space = spaceNone
			}
			if len(parent.kids) == 0 && strings.TrimSpace(parent.text) == "" {
				parent.text = ""
			}
			parent.kids = append(parent.kids, k)
			stack = append(stack, k)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if parent.size += len(tok); parent.size > l.Text {
				return fail(ReasonTextLong, "")
			}
			switch {
			case len(parent.kids) == 0 && parent.text == "":
				parent.text = string(tok)
			case parent.text != "" || len(strings.TrimSpace(string(tok))) > 0:
				if count++; count > l.Elements {
					return fail(ReasonTooMany, "")
				}
				parent.kids = append(parent.kids, &node{text: string(tok)})
			}
		case xml.Directive:
			return fail(ReasonXML, "DOCTYPE inside an element")
		}
	}
}

// safeDetail keeps a parser's message short and free of control characters. It
// may name tags and entities, never a text of the object.
func safeDetail(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
