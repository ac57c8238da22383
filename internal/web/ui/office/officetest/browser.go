package officetest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// Serve mounts the routes of a door as app does.
func (w *Town) Serve(routes []ui.Route) {
	e := ui.Errors{Page: ui.PageOf, Log: func(_ *http.Request, _ int, err error) {
		w.loggedLock.Lock()
		w.logged = append(w.logged, err.Error())
		w.loggedLock.Unlock()
	}}
	mux := http.NewServeMux()
	ui.Mount(mux, e, routes)
	mux.Handle(logindemo.Path, w.login)
	mux.Handle("/", e.Handle(ui.NotFound))
	inner := http.NewCrossOriginProtection().Handler(mux)
	w.handler = ui.SecurityHeaders(false, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		in, err := w.Gate.Enter(r)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusMisdirectedRequest)
			return
		}
		inner.ServeHTTP(rw, in)
	}))
}

// Browser is somebody at the portal of an authority.
type Browser struct {
	w       *Town
	host    string
	cookies map[string]string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Where is the address it leads to, "" for none.
	Where string
}

// Browser is somebody who is not signed in.
func (w *Town) Browser(t tenancy.Tenant) *Browser {
	return &Browser{w: w, host: "service." + t.Slug + ".localhost", cookies: map[string]string{}}
}

// SignIn gives the browser of the member of staff with this name (Roles),
// without the pages of a door.
func (w *Town) SignIn(t tenancy.Tenant, name string) *Browser {
	w.T.Helper()
	b := w.Browser(t)
	door, _ := w.Directory.DoorOf(t.ID)
	secret, _, err := loginstest.New(w.Accounts, w.Directory, func(begun accounts.Begun) url.Values {
		u, err := url.Parse(begun.Redirect)
		w.must(err)
		back, err := url.Parse(b.Post(logindemo.Path, url.Values{"versuch": {u.Query().Get("versuch")}, "person": {name}}).Where)
		w.must(err)
		return back.Query()
	}).SignInStaff(w.T.Context(), door, logindemo.Name, "/")
	w.must(err)
	b.cookies[ui.CookieStaff] = secret
	return b
}

// SignIn goes the whole way through the partner; it gives the last answer.
func (b *Browser) SignIn(name, target string) Answer {
	b.w.T.Helper()
	a := b.Post("/verwaltung/anmelden/demo", url.Values{"ziel": {target}})
	u, err := url.Parse(a.Where)
	b.w.must(err)
	a = b.Post(logindemo.Path, url.Values{"versuch": {u.Query().Get("versuch")}, "person": {name}})
	u, err = url.Parse(a.Where)
	b.w.must(err)
	if a.Where == "" {
		return a
	}
	return b.Get(u.RequestURI())
}

// Cookie gives a cookie of the browser.
func (b *Browser) Cookie(name string) string { return b.cookies[name] }

// Get asks for a page.
func (b *Browser) Get(path string) Answer {
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// PostFile sends a form with one file.
func (b *Browser) PostFile(path string, form url.Values, field, name string, content []byte) Answer {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, list := range form {
		for _, v := range list {
			b.w.must(m.WriteField(k, v))
		}
	}
	f, err := m.CreateFormFile(field, name)
	b.w.must(err)
	_, err = f.Write(content)
	b.w.must(err)
	b.w.must(m.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

func (b *Browser) do(r *http.Request) Answer {
	r.Host = b.host
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes(), Where: rec.Header().Get("Location")}
}

// Text is the page as its source.
func (a Answer) Text() string { return string(a.Body) }

// Has reports whether the page shows all of these words.
func (a Answer) Has(words ...string) bool {
	text := a.Words()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// Words are the words of the page, blanks squeezed, with what stands in fields.
func (a Answer) Words() string {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return ""
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "type") != "hidden" {
			b.WriteString(attr(n, "value") + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return strings.Join(strings.Fields(b.String()), " ")
}

// Value is the value of the first field with this name.
func (a Answer) Value(name string) string {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return ""
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") != name {
			continue
		}
		switch n.Data {
		case "input":
			if t := attr(n, "type"); (t == "radio" || t == "checkbox") && !has(n, "checked") {
				continue
			}
			return attr(n, "value")
		case "textarea":
			if n.FirstChild != nil {
				return n.FirstChild.Data
			}
			return ""
		case "select":
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					return attr(o, "value")
				}
			}
			return ""
		}
	}
	return ""
}

// Form gives all fields of the form that is sent to the path, as a browser
// would send them back.
func (a Answer) Form(action string) url.Values {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return nil
	}
	out := url.Values{}
	for f := range doc.Descendants() {
		if f.Type != html.ElementNode || f.Data != "form" {
			continue
		}
		if to, _, _ := strings.Cut(attr(f, "action"), "#"); to != action {
			continue
		}
		for n := range f.Descendants() {
			name := attr(n, "name")
			if n.Type != html.ElementNode || name == "" {
				continue
			}
			switch n.Data {
			case "input":
				t := attr(n, "type")
				if t == "file" || (t == "radio" || t == "checkbox") && !has(n, "checked") {
					continue
				}
				out.Add(name, attr(n, "value"))
			case "textarea", "select":
				out.Add(name, fieldValue(n))
			}
		}
	}
	return out
}

func fieldValue(n *html.Node) string {
	if n.Data == "textarea" {
		if n.FirstChild == nil {
			return ""
		}
		return n.FirstChild.Data
	}
	var first *html.Node
	for o := range n.Descendants() {
		if o.Type == html.ElementNode && o.Data == "option" {
			if has(o, "selected") {
				return attr(o, "value")
			}
			if first == nil {
				first = o
			}
		}
	}
	return attr(first, "value")
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

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Take gives the browser a cookie, as somebody who stole it.
func (b *Browser) Take(name, value string) { b.cookies[name] = value }
