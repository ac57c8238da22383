package htmlcheck

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Page is a parsed page.
type Page struct{ root *html.Node }

// Parse reads a page. HTML is parsed as browsers do: whatever is written, there
// is a page.
func Parse(r io.Reader) (Page, error) {
	n, err := html.Parse(r)
	return Page{n}, err
}

// Find gives the elements that match a selector: compounds of tag, #id, .class,
// [attr] and [attr=value], separated by blanks for "inside".
func (p Page) Find(selector string) []*html.Node {
	var out []*html.Node
	steps := strings.Fields(selector)
	p.each(func(n *html.Node) {
		if len(steps) > 0 && matches(n, steps) {
			out = append(out, n)
		}
	})
	return out
}

// Text is the words of the first element that matches, "" if none does.
func (p Page) Text(selector string) string {
	if found := p.Find(selector); len(found) > 0 {
		return Words(found[0])
	}
	return ""
}

// Attr is an attribute of the first element that matches.
func (p Page) Attr(selector, name string) string {
	if found := p.Find(selector); len(found) > 0 {
		v, _ := attr(found[0], name)
		return v
	}
	return ""
}

// Words is the text below a node, blanks collapsed.
func Words(n *html.Node) string {
	var b strings.Builder
	walk(n, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

var part = regexp.MustCompile(`^[a-z][a-z0-9]*|#[\w-]+|\.[\w-]+|\[[\w-]+(?:=[^\]]*)?\]`)

func matches(n *html.Node, steps []string) bool {
	last := len(steps) - 1
	if !matchesOne(n, steps[last]) {
		return false
	}
	for up := n.Parent; last > 0 && up != nil; up = up.Parent {
		if matchesOne(up, steps[last-1]) {
			last--
		}
	}
	return last == 0
}

func matchesOne(n *html.Node, compound string) bool {
	if n.Type != html.ElementNode {
		return false
	}
	for _, s := range part.FindAllString(compound, -1) {
		switch s[0] {
		case '#':
			if id, _ := attr(n, "id"); id != s[1:] {
				return false
			}
		case '.':
			class, _ := attr(n, "class")
			if !slices.Contains(strings.Fields(class), s[1:]) {
				return false
			}
		case '[':
			name, want, exact := strings.Cut(s[1:len(s)-1], "=")
			got, ok := attr(n, name)
			if !ok || exact && got != strings.Trim(want, `"'`) {
				return false
			}
		default:
			if n.Data != s {
				return false
			}
		}
	}
	return true
}

func (p Page) each(fn func(*html.Node)) {
	walk(p.root, func(n *html.Node) {
		if n.Type == html.ElementNode {
			fn(n)
		}
	})
}

func walk(n *html.Node, fn func(*html.Node)) {
	fn(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, fn)
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// references are the attributes that hold ids of other elements.
var references = []string{"aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-errormessage", "for", "list", "form"}

// unfilled is what a template or a text leaves behind when something is missing.
var unfilled = regexp.MustCompile(`\{[a-z]+(:[a-z0-9_.]+)?\}|%!|<nil>|\b(citizen|citizenform|ui|api|staff|admin)\.[a-z]+\.[a-z]`)

// Findings lists what is wrong with a page, one sentence each; none: nil.
func (p Page) Findings() (out []string) {
	report := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	ids := map[string]int{}
	labelled := map[string]bool{}
	p.each(func(n *html.Node) {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
		if f, ok := attr(n, "for"); ok && n.Data == "label" && Words(n) != "" {
			labelled[f] = true
		}
	})
	for id, n := range ids {
		if n > 1 || id == "" || strings.ContainsAny(id, " \t\n") {
			report("id %q stands %d times or is none", id, n)
		}
	}
	if n := len(p.Find("h1")); n != 1 {
		report("%d h1 instead of one", n)
	}
	if p.Text("h1") == "" {
		report("the h1 is empty")
	}
	if p.Text("title") == "" {
		report("no title")
	}
	if lang := p.Attr("html", "lang"); lang == "" {
		report("no lang")
	}
	if n := len(p.Find("main")); n != 1 {
		report("%d main", n)
	}
	level := 0
	p.each(func(n *html.Node) {
		for _, name := range references {
			v, ok := attr(n, name)
			for _, id := range strings.Fields(v) {
				if ok && ids[id] == 0 {
					report("%s of <%s> leads to #%s, which is not there", name, n.Data, id)
				}
			}
		}
		switch n.Data {
		case "h1", "h2", "h3", "h4", "h5", "h6":
			now := int(n.Data[1] - '0')
			if Words(n) == "" {
				report("an empty <%s>", n.Data)
			}
			if level > 0 && now > level+1 && inside(n, "main") {
				report("<%s> %q follows h%d", n.Data, Words(n), level)
			}
			if inside(n, "main") {
				level = now
			}
		case "input", "select", "textarea":
			kind, _ := attr(n, "type")
			id, _ := attr(n, "id")
			if kind != "hidden" && kind != "submit" && !labelled[id] && !inside(n, "label") && !named(n) {
				name, _ := attr(n, "name")
				report("field %q has no label", name)
			}
		case "a":
			href, ok := attr(n, "href")
			if ok && Words(n) == "" && !named(n) {
				report("the link to %q has no words", href)
			}
			if id, here := strings.CutPrefix(href, "#"); here && ids[id] == 0 {
				report("the link to #%s leads nowhere", id)
			}
			if strings.HasPrefix(href, "about:invalid") {
				report("the link %q was refused by the template", Words(n))
			}
		case "button":
			if Words(n) == "" && !named(n) {
				report("a button without words")
			}
		case "img":
			if _, ok := attr(n, "alt"); !ok {
				report("a picture without alt")
			}
		case "nav":
			if !named(n) {
				report("a nav without a name")
			}
		case "style":
			report("a style element: the content security policy forbids it")
		case "script":
			if src, _ := attr(n, "src"); src == "" {
				report("an inline script: the content security policy forbids it")
			}
		case "table":
			if len(below(n, "th")) == 0 {
				report("a table without headers")
			}
		case "ul", "ol":
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type == html.ElementNode && c.Data != "li" {
					report("<%s> directly in a <%s>", c.Data, n.Data)
				}
			}
			if len(below(n, "li")) == 0 {
				report("an empty list")
			}
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				report("<%s> has %s: the content security policy forbids it", n.Data, a.Key)
			}
		}
	})
	if m := unfilled.FindString(Words(p.root)); m != "" {
		report("%q was not filled in", m)
	}
	return out
}

func named(n *html.Node) bool {
	for _, name := range []string{"aria-label", "aria-labelledby", "title"} {
		if v, ok := attr(n, name); ok && strings.TrimSpace(v) != "" {
			return true
		}
	}
	return false
}

func inside(n *html.Node, tag string) bool {
	for up := n.Parent; up != nil; up = up.Parent {
		if up.Type == html.ElementNode && up.Data == tag {
			return true
		}
	}
	return false
}

func below(n *html.Node, tag string) (out []*html.Node) {
	walk(n, func(c *html.Node) {
		if c.Type == html.ElementNode && c.Data == tag {
			out = append(out, c)
		}
	})
	return out
}
