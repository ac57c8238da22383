package ui_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"stadttor/internal/errs"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

func TestRenderSendsNothingWhenRenderingFails(t *testing.T) {
	half := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "<p>half")
		return errors.New("broken")
	})
	w := httptest.NewRecorder()
	if err := ui.Render(w, httptest.NewRequest("GET", "/", nil), 200, half); err == nil {
		t.Fatal("no error")
	}
	if w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Fatalf("sent %q %v", w.Body, w.Header())
	}
}

func TestRenderKeepsPersonalPagesOutOfCaches(t *testing.T) {
	w := httptest.NewRecorder()
	if err := ui.Render(w, httptest.NewRequest("GET", "/", nil), 422, text("<p>ä")); err != nil {
		t.Fatal(err)
	}
	if w.Code != 422 || w.Header().Get("Cache-Control") != "private, no-store" || w.Header().Get("Content-Length") != "5" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	public := httptest.NewRecorder()
	public.Header().Set("Cache-Control", "public, max-age=300")
	if err := ui.Render(public, httptest.NewRequest("HEAD", "/", nil), 200, text("x")); err != nil {
		t.Fatal(err)
	}
	if public.Header().Get("Cache-Control") != "public, max-age=300" || public.Body.Len() != 0 {
		t.Fatalf("%v %q", public.Header(), public.Body)
	}
}

func TestSeeOtherNeverLeavesTheHost(t *testing.T) {
	for target, want := range map[string]string{
		"/antrag/x/pruefen#inhalt":   "/antrag/x/pruefen#inhalt",
		"/suche?q=%C3%A4":            "/suche?q=%C3%A4",
		"//boese.example/":           "/",
		`/\boese.example/`:           "/",
		"https://boese.example/":     "/",
		"javascript:alert(1)":        "/",
		"":                           "/",
		"konto":                      "/",
		"/a\r\nSet-Cookie: x=y":      "/",
		"/a\tb":                      "/",
		`/konto\..\//boese.example/`: "/",
	} {
		w := httptest.NewRecorder()
		if err := ui.SeeOther(w, httptest.NewRequest("POST", "/", nil), target); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%q: %d %q, want %q", target, w.Code, w.Header().Get("Location"), want)
		}
	}
}

func TestEveryKindHasItsPage(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7: password=hunter2")
	for name, c := range map[string]struct {
		err    error
		status int
		says   string
		retry  string
	}{
		"wrong input":              {errs.Invalid(""), 422, "Das konnten wir so nicht annehmen", ""},
		"missing":                  {errs.NotFound("case", "TOR-1"), 404, "Diese Seite gibt es nicht", ""},
		"refused":                  {errs.Forbidden(""), 403, "Dafür fehlt Ihnen die Berechtigung", ""},
		"changed meanwhile":        {errs.Conflict(""), 409, "Das hat sich inzwischen geändert", ""},
		"a partner is silent":      {errs.Unavailable("", secret), 503, "Das geht gerade nicht", "30"},
		"too many bytes":           {errs.TooLarge(""), 413, "Das ist zu groß", ""},
		"too many tries":           {errs.Limited(""), 429, "Zu viele Versuche", "60"},
		"anything else":            {secret, 500, "Da ist bei uns etwas schiefgegangen", ""},
		"a key says it better":     {errs.Conflict("case.already-sent"), 409, "schon abgesendet", ""},
		"an unknown key says less": {errs.Conflict("case.never-heard-of"), 409, "Jemand hat den Vorgang", ""},
		"fields are listed":        {errs.Invalid("", errs.Field{Name: "x", Literal: "Wählen Sie einen Ort."}), 422, "Wählen Sie einen Ort.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var logged int
			e := ui.Errors{
				Page: func(*http.Request) ui.Page {
					return ui.Page{Lang: locale.German, Portal: ui.Portal{Look: tenancy.DefaultLook("Portal", "")}}
				},
				Log: func(_ *http.Request, status int, err error) { logged = status },
			}
			w := httptest.NewRecorder()
			e.Handle(func(http.ResponseWriter, *http.Request) error { return c.err }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			if w.Code != c.status || ui.StatusOf(c.err) != c.status || logged != c.status {
				t.Fatalf("status %d, StatusOf %d, logged %d; want %d", w.Code, ui.StatusOf(c.err), logged, c.status)
			}
			if !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("page does not say %q", c.says)
			}
			for _, leak := range []string{"hunter2", "10.0.0.7", "TOR-1", "never-heard-of", "ui.error"} {
				if strings.Contains(w.Body.String(), leak) {
					t.Errorf("page says %q", leak)
				}
			}
			if w.Header().Get("Retry-After") != c.retry {
				t.Errorf("Retry-After %q, want %q", w.Header().Get("Retry-After"), c.retry)
			}
		})
	}
	for kind := errs.KindInternal; kind.String() != "internal" || kind == errs.KindInternal; kind++ {
		if status := ui.StatusOf(&errs.Error{Kind: kind}); status < 400 {
			t.Errorf("kind %s has status %d", kind, status)
		}
	}
}

func TestAHandlerWithoutErrorIsLeftAlone(t *testing.T) {
	e := ui.Errors{Page: func(*http.Request) ui.Page { t.Fatal("asked for an error page"); return ui.Page{} }, Log: func(*http.Request, int, error) { t.Fatal("logged") }}
	w := httptest.NewRecorder()
	e.Handle(func(w http.ResponseWriter, r *http.Request) error { return ui.Render(w, r, 201, text("ok")) }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 201 || w.Body.String() != "ok" {
		t.Fatalf("%d %q", w.Code, w.Body)
	}
}

func TestPageTitle(t *testing.T) {
	portal := ui.Portal{Look: tenancy.DefaultLook("Serviceportal Torhausen", "")}
	for name, c := range map[string]struct {
		page ui.Page
		want string
	}{
		"title and portal":                    {ui.Page{Title: "Suche", Portal: portal}, "Suche – Serviceportal Torhausen"},
		"problems come first":                 {ui.Page{Title: "Suche", Portal: portal, Problems: 2}, "Fehler: Suche – Serviceportal Torhausen"},
		"English problems":                    {ui.Page{Title: "Search", Lang: locale.English, Portal: portal, Problems: 1}, "Error: Search – Serviceportal Torhausen"},
		"cases have titles of their own":      {ui.Page{Title: "Hund anmelden", Detail: "TOR-2026-A", Portal: portal}, "Hund anmelden · TOR-2026-A – Serviceportal Torhausen"},
		"a plain page has no portal":          {ui.Page{Title: "Unbekannte Adresse"}, "Unbekannte Adresse"},
		"the portal's name is not said twice": {ui.Page{Title: "Serviceportal Torhausen", Portal: portal}, "Serviceportal Torhausen"},
	} {
		if got := c.page.FullTitle(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	h := ui.SecurityHeaders(true, http.NotFoundHandler())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	csp := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy lacks %q: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("unsafe policy: %s", csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	plain := httptest.NewRecorder()
	ui.SecurityHeaders(false, http.NotFoundHandler()).ServeHTTP(plain, httptest.NewRequest("GET", "/", nil))
	if plain.Header().Get("Strict-Transport-Security") != "" {
		t.Error("HSTS without TLS locks people out")
	}
}
