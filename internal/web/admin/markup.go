package admin

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Editors write texts without HTML: empty lines part paragraphs, "- " and "1. "
// begin items of lists, "# " and "## " headings, **strong**, *emphasis*,
// [words](address); a backslash takes the meaning off a sign. What the little
// language cannot say (a list in a list, a formula) is edited as the HTML it is.

// tags are those of the Portalverbund's whitelist; a text that holds one is HTML.
var tags = regexp.MustCompile(`(?i)</?(?:p|br|h[1-6]|b|strong|i|em|sup|sub|ul|ol|li|a)(?:\s[^<>]*)?/?>`)

// toHTML makes HTML of what an editor typed; HTML passes as it is, the
// catalogue sanitises it. Blank text is "".
func toHTML(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || tags.MatchString(text) {
		return text
	}
	var b strings.Builder
	open := "" // the element whose lines are being read
	end := func() {
		if open != "" {
			b.WriteString("</" + open + ">")
		}
		open = ""
	}
	begin := func(element string) bool {
		if open == element {
			return false
		}
		end()
		open = element
		b.WriteString("<" + element + ">")
		return true
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		kind, rest := lineKind(line)
		switch kind {
		case "":
			end()
		case "h3", "h4":
			end()
			b.WriteString("<" + kind + ">")
			inline(&b, rest)
			b.WriteString("</" + kind + ">")
		case "ul", "ol":
			begin(kind)
			b.WriteString("<li>")
			inline(&b, rest)
			b.WriteString("</li>")
		default:
			if !begin("p") {
				b.WriteString("<br>")
			}
			inline(&b, rest)
		}
	}
	end()
	return b.String()
}

var numbered = regexp.MustCompile(`^\d{1,3}\. +`)

func lineKind(line string) (kind, rest string) {
	switch {
	case line == "":
		return "", ""
	case strings.HasPrefix(line, "## "):
		return "h4", strings.TrimSpace(line[3:])
	case strings.HasPrefix(line, "# "):
		return "h3", strings.TrimSpace(line[2:])
	case strings.HasPrefix(line, "- "):
		return "ul", strings.TrimSpace(line[2:])
	}
	if m := numbered.FindString(line); m != "" {
		return "ol", line[len(m):]
	}
	return "p", line
}

// inline writes the words of a line.
func inline(b *strings.Builder, s string) {
	for s != "" {
		i := strings.IndexAny(s, `\*[`)
		if i < 0 {
			break
		}
		b.WriteString(html.EscapeString(s[:i]))
		s = s[i:]
		switch {
		case s[0] == '\\':
			if len(s) == 1 {
				b.WriteByte('\\')
				return
			}
			_, n := utf8.DecodeRuneInString(s[1:])
			b.WriteString(html.EscapeString(s[1 : 1+n]))
			s = s[1+n:]
			continue
		case strings.HasPrefix(s, "**"):
			if inner, rest, ok := until(s[2:], "**"); ok {
				b.WriteString("<strong>")
				inline(b, inner)
				b.WriteString("</strong>")
				s = rest
				continue
			}
			b.WriteString("**")
			s = s[2:]
			continue
		case s[0] == '*':
			if inner, rest, ok := until(s[1:], "*"); ok {
				b.WriteString("<em>")
				inline(b, inner)
				b.WriteString("</em>")
				s = rest
				continue
			}
		case s[0] == '[':
			if words, rest, ok := until(s[1:], "]("); ok {
				if url, after, ok := strings.Cut(rest, ")"); ok && url != "" && !strings.ContainsAny(url, " \t") {
					b.WriteString(`<a href="` + html.EscapeString(url) + `">`)
					inline(b, words)
					b.WriteString("</a>")
					s = after
					continue
				}
			}
		}
		b.WriteString(html.EscapeString(s[:1]))
		s = s[1:]
	}
	b.WriteString(html.EscapeString(s))
}

// until cuts at the first unescaped mark with something before it.
func until(s, mark string) (inner, rest string, ok bool) {
	for i := 0; i+len(mark) <= len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if i > 0 && s[i:i+len(mark)] == mark {
			return s[:i], s[i+len(mark):], true
		}
	}
	return "", s, false
}

// toMarkup gives a stored text for editing. ok is false when the little
// language cannot say it: then it is the HTML itself.
func toMarkup(text string) (markup string, ok bool) {
	if strings.TrimSpace(text) == "" {
		return "", true
	}
	var m marker
	if !m.blocks(fragment(text)) {
		return text, false
	}
	m.end()
	markup = strings.TrimSpace(m.b.String())
	if canonical(toHTML(markup)) != canonical(text) {
		return text, false
	}
	return markup, true
}

func fragment(text string) []*nethtml.Node {
	nodes, err := nethtml.ParseFragment(strings.NewReader(text), &nethtml.Node{Type: nethtml.ElementNode, DataAtom: atom.Body, Data: "body"})
	if err != nil { // a strings.Reader does not fail
		return nil
	}
	return nodes
}

// marker writes markup.
type marker struct {
	b    strings.Builder
	para strings.Builder // words outside of any element
}

func (m *marker) end() {
	if words := strings.TrimSpace(m.para.String()); words != "" {
		m.b.WriteString("\n\n" + guardLines(words))
	}
	m.para.Reset()
}

func (m *marker) blocks(nodes []*nethtml.Node) bool {
	for _, n := range nodes {
		switch n.DataAtom {
		case atom.P, atom.H3, atom.H4:
			m.end()
			words, ok := words(children(n))
			if !ok || n.DataAtom != atom.P && strings.Contains(words, "\n") {
				return false
			}
			if words = strings.TrimSpace(words); words == "" {
				continue
			}
			m.b.WriteString("\n\n")
			switch n.DataAtom {
			case atom.H3:
				m.b.WriteString("# " + words)
			case atom.H4:
				m.b.WriteString("## " + words)
			default:
				m.b.WriteString(guardLines(words))
			}
		case atom.Ul, atom.Ol:
			m.end()
			m.b.WriteString("\n")
			for _, li := range children(n) {
				if li.Type == nethtml.TextNode && strings.TrimSpace(li.Data) == "" {
					continue
				}
				if li.DataAtom != atom.Li {
					return false
				}
				inside := children(li)
				if len(inside) == 1 && inside[0].DataAtom == atom.P {
					inside = children(inside[0])
				}
				words, ok := words(inside)
				if words = strings.TrimSpace(words); !ok || strings.Contains(words, "\n") {
					return false
				}
				mark := "- "
				if n.DataAtom == atom.Ol {
					mark = "1. "
				}
				m.b.WriteString("\n" + mark + words)
			}
		default:
			w, ok := words([]*nethtml.Node{n})
			if !ok {
				return false
			}
			m.para.WriteString(w)
		}
	}
	return true
}

func children(n *nethtml.Node) (out []*nethtml.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out = append(out, c)
	}
	return out
}

var signs = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `[`, `\[`, `]`, `\]`)

// words writes inline elements.
func words(nodes []*nethtml.Node) (string, bool) {
	var b strings.Builder
	for _, n := range nodes {
		if n.Type == nethtml.TextNode {
			b.WriteString(signs.Replace(blanks.ReplaceAllString(n.Data, " ")))
			continue
		}
		inner, ok := words(children(n))
		if !ok || n.Type != nethtml.ElementNode {
			return "", false
		}
		switch n.DataAtom {
		case atom.Br:
			b.WriteString("\n")
		case atom.Strong, atom.B:
			b.WriteString("**" + inner + "**")
		case atom.Em, atom.I:
			b.WriteString("*" + inner + "*")
		case atom.A:
			b.WriteString("[" + inner + "](" + strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(href(n)) + ")")
		default:
			return "", false
		}
	}
	return b.String(), true
}

var blanks = regexp.MustCompile(`[ \t\r\n\f]+`)

func href(n *nethtml.Node) string {
	for _, a := range n.Attr {
		if a.Key == "href" {
			return a.Val
		}
	}
	return ""
}

// guardLines takes the meaning off what begins a line by chance.
func guardLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if kind, _ := lineKind(l); kind != "p" && kind != "" {
			if kind == "ol" {
				dot := strings.IndexByte(l, '.')
				l = l[:dot] + `\` + l[dot:]
			} else {
				l = `\` + l
			}
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// canonical is a text in one spelling, to compare two of them.
func canonical(text string) string {
	var m canon
	m.nodes(fragment(text))
	m.end()
	return m.b.String()
}

type canon struct {
	b    strings.Builder
	para strings.Builder
}

func (m *canon) end() {
	if w := squeeze(m.para.String()); w != "" {
		m.b.WriteString("<p>" + w + "</p>")
	}
	m.para.Reset()
}

func squeeze(s string) string {
	s = blanks.ReplaceAllString(s, " ")
	return strings.TrimSpace(strings.NewReplacer(" <br>", "<br>", "<br> ", "<br>").Replace(s))
}

func (m *canon) nodes(nodes []*nethtml.Node) {
	for _, n := range nodes {
		switch n.DataAtom {
		case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			m.end()
			if w := squeeze(flow(children(n))); w != "" {
				m.b.WriteString("<" + n.Data + ">" + w + "</" + n.Data + ">")
			}
		case atom.Ul, atom.Ol:
			m.end()
			m.b.WriteString("<" + n.Data + ">")
			for _, li := range children(n) {
				if li.Type == nethtml.TextNode && strings.TrimSpace(li.Data) == "" {
					continue
				}
				inside := children(li)
				if len(inside) == 1 && inside[0].DataAtom == atom.P {
					inside = children(inside[0])
				}
				m.b.WriteString("<li>" + squeeze(flow(inside)) + "</li>")
			}
			m.b.WriteString("</" + n.Data + ">")
		default:
			m.para.WriteString(flow([]*nethtml.Node{n}))
		}
	}
}

func flow(nodes []*nethtml.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch {
		case n.Type == nethtml.TextNode:
			b.WriteString(html.EscapeString(n.Data))
		case n.DataAtom == atom.Br:
			b.WriteString("<br>")
		case n.DataAtom == atom.B:
			b.WriteString("<strong>" + flow(children(n)) + "</strong>")
		case n.DataAtom == atom.I:
			b.WriteString("<em>" + flow(children(n)) + "</em>")
		case n.DataAtom == atom.A:
			b.WriteString(`<a href="` + html.EscapeString(strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(href(n))) + `">` + flow(children(n)) + "</a>")
		case n.Type == nethtml.ElementNode:
			b.WriteString("<" + n.Data + ">" + flow(children(n)) + "</" + n.Data + ">")
		}
	}
	return b.String()
}
