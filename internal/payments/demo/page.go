package demo

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"stadttor/internal/payments"
)

// ServeHTTP shows the page of an order and takes the choice. Mounted at Path on
// every portal host, behind the portal's own security headers.
func (b *Bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ref := strings.TrimPrefix(r.URL.Path, Path)
	o, err := b.find(r.Context(), ref)
	switch {
	case errors.Is(err, payments.ErrUnknown):
		b.page(w, http.StatusNotFound, view{Title: "Diesen Bezahlvorgang gibt es nicht"})
		return
	case err != nil:
		b.c.Log.Error("demo bank", "error", err.Error())
		b.page(w, http.StatusInternalServerError, view{Title: "Die Demo-Bank antwortet nicht"})
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		b.page(w, http.StatusOK, viewOf(o))
	case http.MethodPost:
		b.choose(w, r, o)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		b.page(w, http.StatusMethodNotAllowed, view{Title: "Das geht hier nicht"})
	}
}

func (b *Bank) choose(w http.ResponseWriter, r *http.Request, o order) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	choice := r.PostFormValue("wahl")
	if choice == "erstatten" {
		if _, err := b.change(r.Context(), o, giveBack); err != nil && !errors.Is(err, errOver) {
			b.broken(w, err)
			return
		}
		http.Redirect(w, r, Path+o.Ref, http.StatusSeeOther)
		return
	}
	for _, h := range behaviours {
		if h.Value != choice {
			continue
		}
		_, err := b.change(r.Context(), o, h.behave)
		switch {
		case err != nil && !errors.Is(err, errOver):
			b.broken(w, err)
		case err == nil && h.back:
			http.Redirect(w, r, o.Return, http.StatusSeeOther)
		default: // the browser stays, or the choice came twice
			http.Redirect(w, r, Path+o.Ref, http.StatusSeeOther)
		}
		return
	}
	v := viewOf(o)
	v.Problem = "Bitte wählen Sie eine der Möglichkeiten."
	b.page(w, http.StatusUnprocessableEntity, v)
}

func (b *Bank) broken(w http.ResponseWriter, err error) {
	b.c.Log.Error("demo bank", "error", err.Error())
	b.page(w, http.StatusInternalServerError, view{Title: "Die Demo-Bank antwortet nicht"})
}

type view struct {
	Title, Style, Problem  string
	Action                 string
	Amount, Purpose, Case  string
	State, Paid, Return    string
	Known, Choose, CanGive bool
	Behaviours             []choice
}

type choice struct{ Value, Label, Hint, Class string }

var stateNames = map[payments.State]string{
	payments.Begun: "Noch nicht bezahlt", payments.Pending: "In Bearbeitung", payments.Paid: "Bezahlt", payments.Failed: "Fehlgeschlagen", payments.Cancelled: "Abgebrochen",
}

func viewOf(o order) view {
	v := view{Title: "Demo-Bank: bezahlen", Known: true, Action: Path + o.Ref, Amount: o.Amount.String(), Purpose: o.Purpose, Case: o.Case, State: stateNames[o.State], Return: o.Return,
		Choose: o.State == payments.Begun, CanGive: o.State == payments.Paid && o.Refunded < o.Paid}
	switch {
	case o.Refunded > 0:
		v.State = "Erstattet"
	case o.State == payments.Paid && o.Paid != o.Amount:
		v.State = "Bezahlt, aber mit falschem Betrag: " + o.Paid.String()
	}
	if !v.Choose {
		v.Title = "Demo-Bank: " + v.State
	}
	for _, h := range behaviours {
		class := "kern-btn kern-btn--secondary"
		if h.primary {
			class = "kern-btn kern-btn--primary"
		}
		v.Behaviours = append(v.Behaviours, choice{h.Value, h.Label, h.Hint, class})
	}
	return v
}

func (b *Bank) page(w http.ResponseWriter, status int, v view) {
	if b.c.Stylesheet != nil {
		v.Style = b.c.Stylesheet()
	}
	var out strings.Builder
	if err := page.Execute(&out, v); err != nil {
		b.c.Log.Error("demo bank", "error", err.Error())
		http.Error(w, "Fehler", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(out.String()))
}

var page = template.Must(template.New("bank").Parse(`<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">{{if .Style}}<link rel="stylesheet" href="{{.Style}}">{{end}}</head>
<body><main id="inhalt"><div class="p-wrap p-section"><div class="p-stack">
<div class="kern-alert kern-alert--warning"><div class="kern-alert__header"><span class="kern-icon kern-icon--warning" aria-hidden="true"></span><p class="kern-title">Demo-Bezahlseite: kein echtes Geld</p></div><div class="kern-alert__body"><p class="kern-body">Geben Sie hier keine Kontodaten ein. Sie wählen nur, was geschehen soll.</p></div></div>
<h1 class="kern-heading-large">{{.Title}}</h1>
{{if not .Known}}<p class="kern-body"><a class="kern-link" href="/">Zur Startseite</a></p>{{else}}
{{if .Problem}}<div class="kern-alert kern-alert--danger" role="alert"><div class="kern-alert__header"><span class="kern-icon kern-icon--danger" aria-hidden="true"></span><p class="kern-title">{{.Problem}}</p></div></div>{{end}}
<dl class="p-facts">
<div><dt>Betrag</dt><dd>{{.Amount}}</dd></div>
<div><dt>Verwendungszweck</dt><dd>{{.Purpose}}</dd></div>
<div><dt>Aktenzeichen</dt><dd>{{.Case}}</dd></div>
<div><dt>Stand</dt><dd>{{.State}}</dd></div>
</dl>
{{if .Choose}}<form method="post" action="{{.Action}}"><ul class="p-entries">
{{range .Behaviours}}<li><button class="{{.Class}}" type="submit" name="wahl" value="{{.Value}}"{{if .Hint}} aria-describedby="hinweis-{{.Value}}"{{end}}><span class="kern-label">{{.Label}}</span></button>{{if .Hint}}<p class="kern-body kern-body--small" id="hinweis-{{.Value}}">{{.Hint}}</p>{{end}}</li>
{{end}}</ul></form>
{{else}}<p class="kern-body">Dieser Vorgang ist bei der Bank abgeschlossen oder in Bearbeitung. Sie können dieses Fenster schließen.</p>
<p class="kern-body"><a class="kern-link" href="{{.Return}}">Zurück zum Portal</a></p>
{{if .CanGive}}<form method="post" action="{{.Action}}"><button class="kern-btn kern-btn--tertiary" type="submit" name="wahl" value="erstatten"><span class="kern-label">Betrag erstatten</span></button></form>{{end}}{{end}}
{{end}}</div></div></main></body></html>
`))
