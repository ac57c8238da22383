package xzufi

import (
	"net/url"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// whitelist is what the Portalverbund allows in texts: p, br, h1 to h6, b,
// strong, i, em, sup, sub, ul, ol, li, a with href.
var whitelist = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "h1", "h2", "h3", "h4", "h5", "h6",
		"b", "strong", "i", "em", "sup", "sub", "ul", "ol", "li")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	return p
})

// SanitizeHTML keeps exactly the elements that the Portalverbund allows in
// texts and gives well-behaved HTML back; links keep only addresses with the
// scheme http, https, mailto or tel. Text without markup comes back escaped.
func SanitizeHTML(s string) string {
	if !strings.ContainsAny(s, "<>&\"'\r\x00") {
		return s
	}
	return strings.TrimSpace(whitelist().Sanitize(s))
}

// PlainText gives the words of HTML without markup: paragraphs, headings and
// line breaks become new lines, list items begin with "- ", runs of blanks
// become one. Character references are resolved.
func PlainText(s string) string {
	if !strings.ContainsAny(s, "<>&\r\n\t") && !strings.Contains(s, "  ") {
		return strings.TrimSpace(s)
	}
	var b plain
	z := html.NewTokenizer(strings.NewReader(s))
	for skip := 0; ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if skip == 0 {
				b.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "div", "tr":
				b.line()
			case "li":
				b.line()
				b.dash()
			case "script", "style":
				skip++
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "div", "tr":
				b.line()
			case "script", "style":
				skip = max(0, skip-1)
			}
		}
	}
}

// plain collects words and keeps track of the blanks between them.
type plain struct {
	strings.Builder
	blank, newline, item bool // item: nothing but the dash of a list item stands on the line
}

func (p *plain) line() { p.newline = true }

func (p *plain) dash() {
	p.flush()
	p.WriteString("- ")
	p.item = true
}

func (p *plain) flush() {
	switch {
	case p.Len() == 0:
	case p.newline && !p.item:
		p.WriteByte('\n')
	case p.blank && !p.item:
		p.WriteByte(' ')
	}
	p.newline, p.blank, p.item = false, false, false
}

func (p *plain) words(s string) {
	for i, w := range strings.Fields(s) {
		if i > 0 || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") || strings.HasPrefix(s, "\t") {
			p.blank = true
		}
		p.flush()
		p.WriteString(w)
	}
	if t := strings.TrimRight(s, " \t\r\n"); len(t) != len(s) {
		p.blank = true
	}
}

// safeURI gives the address back if a browser may follow it: http, https,
// mailto, tel, or a path on the same portal. Addresses without scheme that
// begin with "www." get https.
func safeURI(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "\x00\r\n\t") {
		return "", false
	}
	if strings.HasPrefix(strings.ToLower(s), "www.") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return s, u.Host != ""
	case "mailto", "tel":
		return s, true
	case "":
		return s, strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.HasPrefix(s, `/\`)
	}
	return "", false
}
