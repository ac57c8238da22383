package officetest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// rawKey is a text key that no catalogue had.
var rawKey = regexp.MustCompile(`\b(?:staff|admin|ui|case|look|tenancy|delivery|jobs)\.[a-z0-9-]+\.[a-z0-9.-]+\b`)

// WellFormed checks what every page owes to people who use assistive
// technology, and that no text is missing.
func WellFormed(t testing.TB, name string, a Answer) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, f := range findings(doc) {
		t.Errorf("%s: %s", name, f)
	}
	if m := rawKey.FindString(a.Words()); m != "" {
		t.Errorf("%s: text is missing: %s", name, m)
	}
}

func findings(doc *html.Node) (out []string) {
	ids, labels := map[string]int{}, map[string]bool{}
	h1, level := 0, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		switch n.Data {
		case "h1", "h2", "h3", "h4", "h5":
			now := int(n.Data[1] - '0')
			if now == 1 {
				h1++
			}
			if level > 0 && now > level+1 && !inside(n, "header", "footer") {
				out = append(out, fmt.Sprintf("heading jumps from h%d to %s: %s", level, n.Data, words(n)))
			}
			if !inside(n, "dialog") && !isErrorTitle(n) {
				level = now
			}
			if words(n) == "" {
				out = append(out, "empty "+n.Data)
			}
		case "label":
			labels[attr(n, "for")] = true
		}
	}
	if h1 != 1 {
		out = append(out, fmt.Sprintf("%d h1", h1))
	}
	for id, n := range ids {
		if n > 1 {
			out = append(out, "id used twice: "+id)
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, name := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "for"} {
			for _, id := range strings.Fields(attr(n, name)) {
				if ids[id] == 0 {
					out = append(out, n.Data+" "+name+" points to nothing: "+id)
				}
			}
		}
		if has(n, "style") {
			out = append(out, "inline style on "+n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				out = append(out, "script attribute "+a.Key)
			}
		}
		switch n.Data {
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && (attr(n, "id") == "" || !labels[attr(n, "id")]) && attr(n, "aria-labelledby") == "" && !inside(n, "label") {
				out = append(out, "no label for "+attr(n, "name"))
			}
		case "a", "button":
			if words(n) == "" {
				out = append(out, n.Data+" without words: "+attr(n, "href"))
			}
			if to, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && to != "" && ids[to] == 0 {
				out = append(out, "link to nothing: #"+to)
			}
		case "form":
			if inside(n, "form") {
				out = append(out, "form in a form")
			}
		case "script", "style":
			if attr(n, "src") == "" {
				out = append(out, "inline "+n.Data)
			}
		case "table":
			if !holds(n, "caption") && attr(n, "aria-labelledby") == "" {
				out = append(out, "table without a name")
			}
		case "ul", "ol":
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type == html.ElementNode && c.Data != "li" {
					out = append(out, n.Data+" holds "+c.Data)
				}
			}
		}
	}
	return out
}

// isErrorTitle: the error summary and notices stand above the h1 on purpose.
func isErrorTitle(n *html.Node) bool {
	return n.Parent != nil && strings.Contains(attr(n.Parent, "class"), "kern-alert__header")
}

func inside(n *html.Node, tags ...string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		for _, t := range tags {
			if p.Type == html.ElementNode && p.Data == t {
				return true
			}
		}
	}
	return false
}

func holds(n *html.Node, tag string) bool {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == tag {
			return true
		}
	}
	return false
}

func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
