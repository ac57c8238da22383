package apptest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// Browser walks through the portals as a person without JavaScript does: it
// keeps cookies, follows redirects and fills in forms.
type Browser struct {
	h      *House
	c      *http.Client
	Page   *html.Node // of the last answer, nil if it was no HTML
	Body   []byte
	Header http.Header
	URL    *url.URL
	Code   int
}

// Browser opens a new one, without any cookie.
func (h *House) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr) // every .localhost is here
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &Browser{h: h, c: &http.Client{Jar: jar, Transport: tr, Timeout: 30 * time.Second}}
}

// URLOf gives an address on a tenant's portal.
func (h *House) URLOf(tenant, path string) string {
	_, port, _ := net.SplitHostPort(h.Server.Listener.Addr().String())
	return fmt.Sprintf("http://service.%s.localhost:%s%s", tenant, port, path)
}

// Get opens an address; a path stays on the last page's host.
func (b *Browser) Get(address string) *Browser {
	b.h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.resolve(address), nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return b.do(req)
}

// Post sends a form's values to an address, as a browser on the same site does.
func (b *Browser) Post(address string, values url.Values) *Browser {
	b.h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.resolve(address), strings.NewReader(values.Encode()))
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

func (b *Browser) resolve(address string) string {
	if b.URL == nil {
		return address
	}
	u, err := b.URL.Parse(address)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return u.String()
}

func (b *Browser) do(req *http.Request) *Browser {
	b.h.t.Helper()
	resp, err := b.c.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if b.Body, err = io.ReadAll(resp.Body); err != nil {
		b.h.t.Fatal(err)
	}
	b.Code, b.URL, b.Header, b.Page = resp.StatusCode, resp.Request.URL, resp.Header, nil
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		if b.Page, err = html.Parse(strings.NewReader(string(b.Body))); err != nil {
			b.h.t.Fatal(err)
		}
	}
	if to, ok := strings.CutPrefix(b.Header.Get("Refresh"), "0; url="); ok && b.c.CheckRedirect == nil && strings.Contains(to, ".localhost") {
		return b.Get(to) // a page that goes on by itself
	}
	return b
}

// AccountURL gives an address on the account host of a realm.
func (h *House) AccountURL(realm, path string) string {
	_, port, _ := net.SplitHostPort(h.Server.Listener.Addr().String())
	return fmt.Sprintf("http://konto.%s.localhost:%s%s", realm, port, path)
}

// SignIn signs a citizen in at the tenant's portal through the demo's partner.
// Whoever is signed in at another portal of the realm is not asked again.
func (b *Browser) SignIn(tenant, person, level string) *Browser {
	b.h.t.Helper()
	return b.choose(b.h.URLOf(tenant, "/anmelden?niveau="+level), person, level)
}

// SignInStaff signs a member of staff in at the tenant's portal.
func (b *Browser) SignInStaff(tenant, person string) *Browser {
	b.h.t.Helper()
	return b.choose(b.h.URLOf(tenant, "/verwaltung/anmelden"), person, "")
}

func (b *Browser) choose(address, person, level string) *Browser {
	b.h.t.Helper()
	if b.Get(address); b.Code == http.StatusOK && b.URL.Path == "/konto" {
		return b // signed in at the account host already
	}
	return b.Choose(person, level)
}

// Choose signs in from a page that asks for it.
func (b *Browser) Choose(person, level string) *Browser {
	b.h.t.Helper()
	f := b.Form(func(f Form) bool {
		return strings.Contains(f.Action, "anmelden") && f.Method == http.MethodPost
	})
	b.Submit(f, nil)
	f = b.Form(func(f Form) bool {
		return f.Values.Get("person") == person && (level == "" || f.Values.Get("niveau") == level)
	})
	b.Submit(f, nil)
	if b.Code >= 400 {
		b.h.t.Fatalf("sign-in of %s ended at %s with %d", person, b.URL.Path, b.Code)
	}
	return b
}

// Form is a form on the page with what it would send.
type Form struct {
	Action, Method string
	Values         url.Values
	Buttons        []url.Values
	Names          []string // of all its inputs, those without a value too
	Files          []string // names of its file inputs
	Multipart      bool
}

// Forms lists the page's forms.
func (b *Browser) Forms() (out []Form) {
	var walk func(n *html.Node, f *Form)
	walk = func(n *html.Node, f *Form) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "form":
				g := Form{Action: attr(n, "action"), Method: strings.ToUpper(attr(n, "method")), Values: url.Values{}, Multipart: attr(n, "enctype") == "multipart/form-data"}
				if g.Method == "" {
					g.Method = http.MethodGet
				}
				for c := n.FirstChild; c != nil; c = c.NextSibling {
					walk(c, &g)
				}
				out = append(out, g)
				return
			case "input", "textarea", "select", "button":
				if f != nil {
					f.field(n)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, f)
		}
	}
	if b.Page != nil {
		walk(b.Page, nil)
	}
	return out
}

func (f *Form) field(n *html.Node) {
	name := attr(n, "name")
	if name == "" {
		return
	}
	if !slices.Contains(f.Names, name) {
		f.Names = append(f.Names, name)
	}
	switch {
	case n.Data == "button":
		f.Buttons = append(f.Buttons, url.Values{name: {attr(n, "value")}})
	case n.Data == "textarea":
		text := ""
		if n.FirstChild != nil {
			text = n.FirstChild.Data
		}
		f.Values.Add(name, strings.ReplaceAll(text, "\n", "\r\n")) // as browsers send it
	case n.Data == "select":
		chosen, options := "", 0
		for o := range n.Descendants() {
			if o.Type == html.ElementNode && o.Data == "option" {
				if options == 0 || has(o, "selected") {
					chosen = attr(o, "value")
				}
				options++
			}
		}
		f.Values.Add(name, chosen)
	case attr(n, "type") == "submit":
		f.Buttons = append(f.Buttons, url.Values{name: {attr(n, "value")}})
	case attr(n, "type") == "radio" || attr(n, "type") == "checkbox":
		if has(n, "checked") {
			f.Values.Add(name, attr(n, "value"))
		}
	case attr(n, "type") == "file":
		f.Files = append(f.Files, name)
	default:
		f.Values.Add(name, attr(n, "value"))
	}
}

// Form finds the first form for which ok is true; the test fails without one.
func (b *Browser) Form(ok func(Form) bool) Form {
	b.h.t.Helper()
	for _, f := range b.Forms() {
		if ok(f) {
			return f
		}
	}
	b.h.t.Fatalf("no such form on %s (%d): %.2000s", b.URL, b.Code, b.Text())
	return Form{}
}

// File is a file chosen in a file input.
type File struct {
	Field, Name string
	Body        []byte
}

// Submit sends a form with changed values; a value nil removes the field.
func (b *Browser) Submit(f Form, change url.Values, files ...File) *Browser {
	b.h.t.Helper()
	v := url.Values{}
	for k, x := range f.Values {
		v[k] = x
	}
	for k, x := range change {
		if x == nil {
			v.Del(k)
		} else {
			v[k] = x
		}
	}
	action := f.Action
	if action == "" {
		action = b.URL.Path
	}
	if f.Method == http.MethodGet {
		return b.Get(action + "?" + v.Encode())
	}
	if f.Multipart {
		return b.PostFiles(action, v, files...)
	}
	return b.Post(action, v)
}

// PostFiles sends values and files as a browser does.
func (b *Browser) PostFiles(address string, values url.Values, files ...File) *Browser {
	b.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if err := w.WriteField(name, v); err != nil {
				b.h.t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		p, err := w.CreateFormFile(f.Field, f.Name)
		if err == nil {
			_, err = p.Write(f.Body)
		}
		if err != nil {
			b.h.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.h.t.Fatal(err)
	}
	return b.Do(http.MethodPost, address, &body, "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
}

// Do sends any request with headers given as name and value; "Host" sets the host.
func (b *Browser) Do(method, address string, body io.Reader, header ...string) *Browser {
	b.h.t.Helper()
	req, err := http.NewRequest(method, b.resolve(address), body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	return b.do(req)
}

// Sees fails unless the page answers with the status and all texts stand on it.
func (b *Browser) Sees(status int, texts ...string) *Browser {
	b.h.t.Helper()
	got := b.Text()
	if b.Code != status {
		b.h.t.Fatalf("%s: status %d, want %d: %.1500s", b.URL, b.Code, status, got)
	}
	for _, s := range texts {
		if !strings.Contains(got, s) {
			b.h.t.Fatalf("%s: %q is missing: %.3000s", b.URL, s, got)
		}
	}
	return b
}

// Lacks fails if one of the texts stands on the page.
func (b *Browser) Lacks(texts ...string) *Browser {
	b.h.t.Helper()
	for _, s := range texts {
		if strings.Contains(b.Text(), s) {
			b.h.t.Fatalf("%s: %q stands on the page", b.URL, s)
		}
	}
	return b
}

// Link gives the address of the first link whose text holds s; the test fails
// without one.
func (b *Browser) Link(s string) string {
	b.h.t.Helper()
	if b.Page != nil {
		for n := range b.Page.Descendants() {
			if n.Type == html.ElementNode && n.Data == "a" && strings.Contains(Text(n), s) {
				return attr(n, "href")
			}
		}
	}
	b.h.t.Fatalf("no link %q on %s (%d): %.2000s", s, b.URL, b.Code, b.Text())
	return ""
}

// Links are the addresses of all links of the page.
func (b *Browser) Links() (out []string) {
	if b.Page == nil {
		return nil
	}
	for n := range b.Page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && has(n, "href") {
			out = append(out, attr(n, "href"))
		}
	}
	return out
}

// Follow opens the first link whose text holds s.
func (b *Browser) Follow(s string) *Browser {
	b.h.t.Helper()
	return b.Get(b.Link(s))
}

// Cookies are those that the browser would send to the page's address.
func (b *Browser) Cookies() []*http.Cookie { return b.c.Jar.Cookies(b.URL) }

// SetCookies puts cookies into the browser for the page's address.
func (b *Browser) SetCookies(cookies ...*http.Cookie) { b.c.Jar.SetCookies(b.URL, cookies) }

// Stay keeps the browser from following redirects.
func (b *Browser) Stay() *Browser {
	b.c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// Text is what a person reads on the page.
func (b *Browser) Text() string {
	if b.Page == nil {
		return string(b.Body)
	}
	return Text(b.Page)
}

// Text is the text below a node, white space folded.
func Text(n *html.Node) string {
	var w strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			w.WriteString(n.Data)
			w.WriteByte(' ')
		}
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(w.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
