package isolation

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// answer is what came back.
type answer struct {
	status int
	head   string // fields in order, without those that differ by nature
	body   string
	panic  string
}

// call sends one request as a browser at the actor's portal does, with no
// network between: the handler is the one that main serves.
func (w *Town) call(h http.Handler, a *Actor, method, path string, body url.Values) (out answer) {
	_, port, _ := net.SplitHostPort(w.Server.Listener.Addr().String())
	host := fmt.Sprintf("service.%s.localhost:%s", a.Host, port)
	if a.Account {
		host = fmt.Sprintf("konto.%s.localhost:%s", a.Host, port)
	}
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(body.Encode()))
	w.calls++
	r.RemoteAddr = fmt.Sprintf("[2001:db8:%x:%x::1]:4711", w.calls>>16, w.calls&0xffff) // the limit of one caller is not the question here
	if a.Cookie != "" {
		r.Header.Set("Cookie", a.Cookie)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	rec := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			out.panic = fmt.Sprint(p)
		}
	}()
	h.ServeHTTP(rec, r)
	out.status, out.body = rec.Code, rec.Body.String()
	var head []string
	for name, values := range rec.Header() {
		if name == "Date" || name == "Content-Length" {
			continue
		}
		for _, v := range values {
			head = append(head, name+": "+v)
		}
	}
	slices.Sort(head)
	out.head = strings.Join(head, "\n")
	return out
}

// tokens are identifiers and secrets: 26 or 32 signs of our alphabet.
var tokens = regexp.MustCompile(`\b[0-9a-hjkmnp-tv-z]{26}(?:[0-9a-hjkmnp-tv-z]{6})?\b`)

// plain makes two answers comparable: identifiers become one word.
func (x answer) plain(values []string) answer {
	even := func(s string) string {
		for _, v := range values {
			if len(v) > 8 {
				s = strings.ReplaceAll(s, v, "#")
			}
		}
		return tokens.ReplaceAllString(s, "#")
	}
	x.head, x.body = even(x.head), even(x.body)
	return x
}

// unlike says in what two answers differ, "" if in nothing.
func (x answer) unlike(y answer) string {
	switch {
	case x.status != y.status:
		return fmt.Sprintf("status %d, for what does not exist %d", x.status, y.status)
	case x.head != y.head:
		return fmt.Sprintf("another head than for what does not exist: %q, %q", x.head, y.head)
	case x.body != y.body:
		i := 0
		for i < len(x.body) && i < len(y.body) && x.body[i] == y.body[i] {
			i++
		}
		return fmt.Sprintf("another body than for what does not exist, from %q", x.body[max(0, i-40):min(len(x.body), i+80)])
	}
	return ""
}
