package ui

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/errs"
	"stadttor/internal/web/locale"
)

// Handler is a page or verb of a door. It returns its error; Errors turns it
// into a page. It must not write before it returns an error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// answer is one row of the table from kind to page.
type answer struct {
	status      int
	title, text string // text keys
	retryAfter  string // seconds, or ""
}

// answers is the one table from kind to status, text and page.
var answers = map[errs.Kind]answer{
	errs.KindInternal:    {http.StatusInternalServerError, "ui.error.internal.title", "ui.error.internal.text", ""},
	errs.KindInvalid:     {http.StatusUnprocessableEntity, "ui.error.invalid.title", "ui.error.invalid.text", ""},
	errs.KindNotFound:    {http.StatusNotFound, "ui.error.notfound.title", "ui.error.notfound.text", ""},
	errs.KindForbidden:   {http.StatusForbidden, "ui.error.forbidden.title", "ui.error.forbidden.text", ""},
	errs.KindConflict:    {http.StatusConflict, "ui.error.conflict.title", "ui.error.conflict.text", ""},
	errs.KindUnavailable: {http.StatusServiceUnavailable, "ui.error.unavailable.title", "ui.error.unavailable.text", "30"},
	errs.KindTooLarge:    {http.StatusRequestEntityTooLarge, "ui.error.toolarge.title", "ui.error.toolarge.text", ""},
	errs.KindLimited:     {http.StatusTooManyRequests, "ui.error.limited.title", "ui.error.limited.text", "60"},
	errs.KindMethod:      {http.StatusMethodNotAllowed, "ui.error.method.title", "ui.error.method.text", ""},
}

// StatusOf is the HTTP status of an error, 200 for nil.
func StatusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return answers[errs.KindOf(err)].status
}

// ProblemText is the sentence for one wrong field: the form's own, or the text
// of its key in the language; {name} is the field's name.
func ProblemText(p locale.Printer, f errs.Field) string {
	if f.Literal != "" {
		return f.Literal
	}
	args := f.Args
	if len(args) == 1 {
		args = []any{"n", args[0]}
	}
	return p.T(f.Key, append([]any{"name", f.Name}, args...)...)
}

// Errors turns handlers into http.Handlers.
type Errors struct {
	// Page gives the frame of the error page: portal, language, who is signed
	// in. It must not fail; an empty Portal gives a plain page.
	Page func(r *http.Request) Page
	// Log gets every error with the status sent. Required.
	Log func(r *http.Request, status int, err error)
}

// Handle adapts one handler.
func (e Errors) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			e.Write(w, r, err)
		}
	})
}

// Write answers with the error page. Internal text never reaches it.
func (e Errors) Write(w http.ResponseWriter, r *http.Request, err error) {
	a := answers[errs.KindOf(err)]
	e.Log(r, a.status, err)
	page := e.Page(r)
	p := page.Printer()
	page.Title = p.T(a.title)
	page.Breadcrumb, page.Problems, page.NoIndex, page.Bare = nil, 0, true, false
	page.NoSearch = page.NoSearch || a.status == http.StatusNotFound // it has a search of its own
	text := p.T(a.text)
	if key := errs.KeyOf(err); key != "" && p.Has(key) {
		text = p.T(key)
	}
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	w.Header().Del("Cache-Control")
	w.Header().Del("ETag")
	var fields []Problem
	for _, f := range errs.FieldsOf(err) {
		fields = append(fields, Problem{Text: ProblemText(p, f)})
	}
	if err := Render(w, r, a.status, errorPage(page, a.status, text, fields)); err != nil {
		e.Log(r, a.status, err)
		http.Error(w, page.Title, a.status)
	}
}

// ErrorPage is the page for a status without an error at hand: for tests and
// for servers in front that ask for one.
func ErrorPage(page Page, status int) templ.Component {
	for _, a := range answers {
		if a.status == status {
			page.Title, page.NoIndex, page.NoSearch = page.T(a.title), true, status == http.StatusNotFound
			return errorPage(page, status, page.T(a.text), nil)
		}
	}
	return ErrorPage(page, http.StatusInternalServerError)
}

// home is where a page that went wrong leads: the start of the same side.
func home(page Page) string {
	if page.Staff {
		return "/verwaltung"
	}
	return "/"
}

// Unknown is the handler for what no route of the mux takes: an address that
// exists for other methods gets 405 and their names (RFC 9110, 15.5.6), every
// other one 404.
func Unknown(mux *http.ServeMux) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var allow []string
		for _, m := range []string{http.MethodGet, http.MethodPost} {
			asked := r.Clone(r.Context())
			asked.Method = m
			if _, pattern := mux.Handler(asked); strings.HasPrefix(pattern, m+" ") {
				allow = append(allow, m)
			}
		}
		if allow == nil {
			return NotFound(w, r)
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		return errs.Method(r.Method)
	}
}

// NotFound is the handler for addresses that no route knows.
func NotFound(_ http.ResponseWriter, r *http.Request) error {
	return errs.NotFound("page", r.Method)
}
