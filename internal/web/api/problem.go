package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"stadttor/internal/web/locale"
)

// titles of problems by status: text keys.
var titles = map[int]string{
	http.StatusNotFound:            "ui.error.notfound.title",
	http.StatusMethodNotAllowed:    "api.method",
	http.StatusUnprocessableEntity: "ui.error.invalid.title",
	http.StatusBadRequest:          "ui.error.invalid.title",
	http.StatusTooManyRequests:     "ui.error.limited.title",
	http.StatusServiceUnavailable:  "ui.error.unavailable.title",
}

// inGerman rewrites problems: people in German offices read them.
func inGerman(_ huma.Context, _ string, v any) (any, error) {
	if m, ok := v.(*huma.ErrorModel); ok {
		return describe(m), nil
	}
	return v, nil
}

// maxEcho bounds how much of a refused value is told back, in bytes.
const maxEcho = 100

// describe fills title and detail. Detail holds a text key or words of the
// library; what is no key of ours is not shown.
func describe(m *huma.ErrorModel) *huma.ErrorModel {
	p := locale.For(locale.German)
	key, ok := titles[m.Status]
	if !ok {
		key = "ui.error.internal.title"
	}
	m.Title = p.T(key)
	if m.Detail != "" && p.Has(m.Detail) {
		m.Detail = p.T(m.Detail)
	} else {
		m.Detail = ""
	}
	for _, e := range m.Errors {
		// The library puts words of its own before the key of a parameter's error.
		if key := strings.TrimPrefix(e.Message, "invalid value: "); p.Has(key) {
			e.Message = p.T(key)
		}
		if v, ok := e.Value.(string); ok && len(v) > maxEcho {
			v = v[:maxEcho]
			for !utf8.ValidString(v) && v != "" {
				v = v[:len(v)-1]
			}
			e.Value = v
		}
	}
	return m
}
