package ui_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/gallery"
)

// Every page of the gallery obeys the semantics that a browser-based checker
// does not see or sees too late (ux.md 2.3, check 8). With STADTTOR_GALLERY
// set to a folder the pages are also written there for the browser gate.
func TestGalleryPagesAreWellFormed(t *testing.T) {
	for name, page := range gallery.Pages() {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := page.Render(context.Background(), &buf); err != nil {
				t.Fatal(err)
			}
			doc, err := html.Parse(bytes.NewReader(buf.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range findings(doc) {
				t.Error(finding)
			}
			if folder := os.Getenv("STADTTOR_GALLERY"); folder != "" {
				write(t, folder, name+".html", buf.Bytes())
			}
		})
	}
	if folder := os.Getenv("STADTTOR_GALLERY"); folder != "" {
		write(t, folder, filepath.Base(ui.LookCSSPath(gallery.Look())), gallery.Look().CSS())
		write(t, folder, filepath.Base(ui.LookCSSPath(gallery.GreenLook())), gallery.GreenLook().CSS())
	}
}

func write(t *testing.T, folder, name string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// findings lists what is wrong with a page.
func findings(doc *html.Node) []string {
	var out []string
	ids := map[string]int{}
	labels := map[string]bool{}
	h1 := 0
	var nodes []*html.Node
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			nodes = append(nodes, n)
			if id := attr(n, "id"); id != "" {
				ids[id]++
			}
			switch n.Data {
			case "h1":
				h1++
			case "label":
				if f := attr(n, "for"); f != "" {
					labels[f] = true
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if h1 != 1 {
		out = append(out, "wants exactly one h1")
	}
	for id, n := range ids {
		if n > 1 {
			out = append(out, "id used twice: "+id)
		}
	}
	for _, n := range nodes {
		for _, name := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "for"} {
			for _, id := range strings.Fields(attr(n, name)) {
				if ids[id] == 0 {
					out = append(out, n.Data+" "+name+" points to nothing: "+id)
				}
			}
		}
		if attr(n, "style") != "" {
			out = append(out, "inline style on "+n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
				out = append(out, "script attribute "+a.Key)
			}
		}
		switch n.Data {
		case "input", "select", "textarea":
			typ := attr(n, "type")
			if typ == "hidden" {
				continue
			}
			if !labels[attr(n, "id")] && attr(n, "aria-labelledby") == "" && !insideLabel(n) {
				out = append(out, "no label for "+n.Data+" "+attr(n, "name"))
			}
			if attr(n, "aria-invalid") == "true" && attr(n, "aria-describedby") == "" && !insideFieldset(n) {
				out = append(out, "wrong field without a described problem: "+attr(n, "name"))
			}
		case "a":
			if target := strings.TrimPrefix(attr(n, "href"), "#"); attr(parent(n, "ul"), "class") == "p-errors__list" && ids[target] == 0 {
				out = append(out, "error summary points to nothing: "+target)
			}
		case "script":
			if attr(n, "src") == "" {
				out = append(out, "inline script")
			}
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func parent(n *html.Node, tag string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == tag {
			return p
		}
	}
	return nil
}

func insideLabel(n *html.Node) bool    { return parent(n, "label") != nil }
func insideFieldset(n *html.Node) bool { return attr(parent(n, "fieldset"), "aria-describedby") != "" }
