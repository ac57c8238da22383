package xzufi

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestSanitizeHTMLKeepsExactlyTheWhitelist(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"all that is allowed": {
			`<h1>a</h1><h2>a</h2><h3>a</h3><h4>a</h4><h5>a</h5><h6>a</h6><p>a<br/>b</p><b>a</b><strong>a</strong><i>a</i><em>a</em><sup>a</sup><sub>a</sub><ul><li>a</li></ul><ol><li>a</li></ol>`,
			`<h1>a</h1><h2>a</h2><h3>a</h3><h4>a</h4><h5>a</h5><h6>a</h6><p>a<br/>b</p><b>a</b><strong>a</strong><i>a</i><em>a</em><sup>a</sup><sub>a</sub><ul><li>a</li></ul><ol><li>a</li></ol>`,
		},
		"link":                     {`<a href="https://www.example.de/a?b=c&amp;d=e">x</a>`, `<a href="https://www.example.de/a?b=c&amp;d=e">x</a>`},
		"mail address":             {`<a href="mailto:amt@ort.example">x</a>`, `<a href="mailto:amt@ort.example">x</a>`},
		"attributes go":            {`<p class="a" style="color:red" onclick="x()" id="y">a</p>`, `<p>a</p>`},
		"link opens nothing new":   {`<a href="https://www.example.de" target="_blank" rel="x">x</a>`, `<a href="https://www.example.de">x</a>`},
		"javascript link":          {`<a href="javascript:alert(1)">x</a>`, `x`},
		"data link":                {`<a href="data:text/html,x">x</a>`, `x`},
		"hidden scheme":            {"<a href=\"java\tscript:alert(1)\">x</a>", `x`},
		"script with its text":     {`a<script>alert(1)</script>b`, `ab`},
		"style with its text":      {`<style>p{}</style>b`, `b`},
		"frame, image, form":       {`<iframe src="x"></iframe><img src="x" onerror="y"><form><input></form>b`, `b`},
		"table keeps its words":    {`<table><tr><td>a</td></tr></table>`, `a`},
		"comment":                  {`a<!-- <script> -->b`, `ab`},
		"svg":                      {`<svg><script>x</script></svg>b`, `b`},
		"text without markup":      {`Müller & Söhne`, `Müller &amp; Söhne`},
		"less-than as a character": {`Einkommen < 1000`, `Einkommen &lt; 1000`},
	} {
		t.Run(name, func(t *testing.T) {
			got := SanitizeHTML(c.in)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if again := SanitizeHTML(got); again != got {
				t.Errorf("a second time gives %s", again)
			}
		})
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"":     "",
		"Wort": "Wort",
		"<p>Erster  Absatz</p><p>Zweiter&nbsp;Absatz</p>": "Erster Absatz\nZweiter Absatz",
		"a<br>b":                               "a\nb",
		"<ul><li>eins</li><li> zwei</li></ul>": "- eins\n- zwei",
		"<ol><li><p>eins</p></li></ol>Ende":    "- eins\nEnde",
		"a<b>b</b> <i>c</i>":                   "ab c",
		"Müller &amp; Söhne":                   "Müller & Söhne",
		"  a \n b  ":                           "a b",
		"<script>x</script>a":                  "a",
	} {
		if got := PlainText(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLinksHaveAnAddressThatABrowserMayFollow(t *testing.T) {
	for in, want := range map[string]string{
		"https://www.example.de/a": "https://www.example.de/a",
		" HTTP://www.example.de ":  "HTTP://www.example.de",
		"www.example.de/a":         "https://www.example.de/a",
		"mailto:a@b.example":       "mailto:a@b.example",
		"tel:+49000":               "tel:+49000",
		"/antrag/hundesteuer":      "/antrag/hundesteuer",
		"//evil.example":           "",
		`/\evil.example`:           "",
		"javascript:alert(1)":      "",
		"data:text/html,x":         "",
		"https://":                 "",
		"seite.html":               "",
		"ja\nvascript:x":           "",
		"":                         "",
	} {
		got, ok := safeURI(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v", in, got, ok)
		}
	}
}

func FuzzSanitizeHTML(f *testing.F) {
	for _, s := range []string{`<p>a</p>`, `<a href="javascript:x">y</a>`, `<<script>script>`, `<a href='"><img src=x onerror=y>'>`, `&lt;script&gt;`, "<p\x00>"} {
		f.Add(s)
	}
	allowed := map[string]bool{}
	for _, n := range strings.Fields("p br h1 h2 h3 h4 h5 h6 b strong i em sup sub ul ol li a") {
		allowed[n] = true
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := SanitizeHTML(s)
		z := html.NewTokenizer(strings.NewReader(got))
		for {
			tt := z.Next()
			if tt == html.ErrorToken {
				break
			}
			if tt == html.CommentToken || tt == html.DoctypeToken {
				t.Fatalf("%q leaves %q", s, got)
			}
			if tt == html.TextToken {
				continue
			}
			tok := z.Token()
			if !allowed[tok.Data] {
				t.Fatalf("%q leaves the element %s", s, tok.Data)
			}
			for _, a := range tok.Attr {
				if tok.Data != "a" || a.Key != "href" {
					t.Fatalf("%q leaves the attribute %s", s, a.Key)
				}
				if _, ok := safeURI(a.Val); !ok && !strings.Contains(a.Val, ":") {
					t.Fatalf("%q leaves the address %q", s, a.Val)
				}
			}
		}
		PlainText(got)
	})
}
