package citizen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stadttor/internal/standards/xzufi"
)

// maxQuery bounds what is searched for, in characters; longer texts are cut.
const maxQuery = 200

// cleanQuery makes searchable text of whatever stood in an address: broken
// UTF-8 and control characters become blanks, runs of blanks one.
func cleanQuery(q string) string {
	if len(q) > 4*maxQuery {
		q = q[:4*maxQuery]
	}
	q = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(q, " "))
	q = strings.Join(strings.Fields(q), " ")
	if utf8.RuneCountInString(q) > maxQuery {
		q = strings.TrimSpace(string([]rune(q)[:maxQuery]))
	}
	return q
}

// lead is the beginning of a text for a list: plain, cut at a word, at most n
// characters.
func lead(html string, n int) string {
	s := strings.Join(strings.Fields(xzufi.PlainText(html)), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	cut := string([]rune(s)[:n])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:–-") + " …"
}

// demote moves headings inside a text below the page's own: editors' h1 and h2
// become h3, so that a page has one h1. The text is sanitised: headings carry
// no attributes.
var demoted = strings.NewReplacer("<h1>", "<h3>", "</h1>", "</h3>", "<h2>", "<h3>", "</h2>", "</h3>")

func demote(html string) string {
	if !strings.Contains(html, "<h") {
		return html
	}
	return demoted.Replace(html)
}

// hasText reports whether a module says anything.
func hasText(html string) bool { return strings.TrimSpace(xzufi.PlainText(html)) != "" }

// isMarkup reports whether a text brings its own paragraphs.
func isMarkup(html string) bool {
	for _, block := range []string{"<p>", "<ul>", "<ol>", "<h"} {
		if strings.Contains(html, block) {
			return true
		}
	}
	return false
}

// webText shows an address without its scheme.
func webText(url string) string {
	for _, p := range []string{"https://", "http://"} {
		url = strings.TrimPrefix(url, p)
	}
	return strings.TrimSuffix(url, "/")
}

// addressParts cuts a mail or web address after "@", "." and "/".
func addressParts(s string) (out []string) {
	for i := strings.IndexAny(s, "@./"); i >= 0 && i+1 < len(s); i = strings.IndexAny(s, "@./") {
		out = append(out, s[:i+1])
		s = s[i+1:]
	}
	return append(out, s)
}
