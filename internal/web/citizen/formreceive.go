package citizen

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// maxInputs bounds the number of inputs of one page.
const maxInputs = 1000

// received is what a page of the assistant sent.
type received struct {
	raw    url.Values // as sent, our own inputs too
	own    url.Values // inputs of our own
	values url.Values // inputs of the form, by the form's names
	named  ident.CaseID
	wk     work
	opened error // why the draft could not be opened
	// Files that were taken on the way, and those that were refused.
	stored  []cases.Stored
	refused []forms.Problem
	skipped bool // files came for which no draft was open
	// complete: nothing was open before this page was sent.
	complete bool
}

// stays reports whether the person only added or removed a file.
func (in *received) stays() bool {
	if in.own.Get(inputLoad) != "" {
		return true
	}
	for name := range in.values {
		if strings.HasSuffix(name, "-entfernen") {
			return true
		}
	}
	return false
}

func (in *received) add(name, value string) {
	in.raw.Add(name, value)
	if strings.HasPrefix(name, "_") {
		in.own.Add(name, value)
		return
	}
	in.values.Add(sent(name), value)
}

// badBody brings an error of reading a request to its kind.
func badBody(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large), errors.Is(err, multipart.ErrMessageTooLarge):
		return errs.TooLarge("error.body-too-large")
	case errs.KeyOf(err) == "case.upload-lost": // the browser broke off, nothing of ours
		return errs.Invalid("case.upload-lost")
	case errs.KindOf(err) != errs.KindInternal:
		return err
	}
	return errs.Invalid("citizenform.body-broken")
}

// receive reads a page. Files stream into the sealed store while they arrive;
// the texts before them say to which draft they belong. The draft is open
// afterwards, or opened says why not.
func (s *Server) receive(r *http.Request, form, page string) (in received, err error) {
	in = received{raw: url.Values{}, own: url.Values{}, values: url.Values{}}
	opened := false
	open := func() {
		if !opened {
			opened = true
			in.named = ident.CaseID(in.own.Get(inputDraft))
			if in.named == "" {
				in.named = ident.CaseID(r.URL.Query().Get("entwurf"))
			}
			in.wk, in.opened = s.open(r, form, in.named)
		}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		err := errs.Invalid("citizenform.body-broken") // what no form sends must not empty one
		if kind == "application/x-www-form-urlencoded" {
			err = parseForm(r)
		}
		for name, list := range r.PostForm {
			for _, v := range list {
				in.add(name, v)
			}
		}
		open()
		return in, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return in, badBody(err)
	}
	text, count := int64(maxText), 0
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			open()
			return in, badBody(err)
		}
		if count++; count > maxInputs {
			open()
			return in, errs.TooLarge("error.body-too-large")
		}
		if !isFile(part) {
			b, err := io.ReadAll(io.LimitReader(part, text+1))
			if err != nil {
				open()
				return in, badBody(err)
			}
			if text -= int64(len(b)); text < 0 {
				open()
				return in, errs.TooLarge("error.body-too-large")
			}
			in.add(part.FormName(), string(b))
			continue
		}
		if part.FileName() == "" {
			continue // an empty file input
		}
		open()
		if err := s.takeFile(r, &in, page, part); err != nil {
			return in, badBody(err)
		}
	}
	open()
	return in, nil
}

// isFile reports whether a part is a file input; an empty one has an empty name.
func isFile(p *multipart.Part) bool {
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	_, named := params["filename"]
	return err == nil && named
}

// takeFile stores one upload, or passes over it when there is nowhere to put it.
func (s *Server) takeFile(r *http.Request, in *received, page string, part *multipart.Part) error {
	if in.opened != nil {
		in.skipped = true
		return nil
	}
	field := part.FormName()
	p, ok, err := in.wk.find(page)
	if err != nil || !ok {
		in.skipped = true
		return nil
	}
	known := false
	for _, f := range p.Fields {
		known = known || f.Field.ID == field && f.Field.Type == forms.FileUpload && f.Shown
	}
	if !known {
		in.values.Add(field, part.FileName()) // an unknown input: the form refuses the page
		return nil
	}
	f, refused, err := s.c.Cases.AddFile(r.Context(), ui.Citizen(r), in.wk.ID, in.wk.Proof, cases.Upload{Page: page, Field: field, Name: part.FileName(), Body: part})
	switch {
	case err != nil:
		return fmt.Errorf("upload for draft %s: %w", in.wk.ID, err)
	case refused != nil:
		in.refused = append(in.refused, *refused)
	default:
		in.stored = append(in.stored, f)
	}
	return nil
}

// showTooLarge says that the page was too large. What was saved before is
// untouched; the way back leads to it.
func (s *Server) showTooLarge(w http.ResponseWriter, r *http.Request, form string, in received) error {
	page := s.personal(r, ui.PageOf(r).T("citizenform.large.title"))
	back := "/antrag/" + form
	if in.opened == nil && in.wk.Definition != nil {
		back = in.wk.path(r.PathValue("page"))
	}
	return ui.Render(w, r, http.StatusRequestEntityTooLarge, noticePage(page, noticeView{
		Tone: ui.Warning, Lines: []string{page.T("citizenform.large.text"), page.T("citizenform.large.kept")},
		Links: []ui.Link{{Text: page.T("citizenform.large.back"), URL: back}},
	}))
}

// showExpired keeps what was typed on the page while the person signs in again
// in a second tab (WCAG 2.2.5, technique G181). Nothing is stored without a
// session, and nothing is lost.
func (s *Server) showExpired(w http.ResponseWriter, r *http.Request, form string, in received) error {
	page := s.personal(r, ui.PageOf(r).T("citizenform.expired.title"))
	return ui.Render(w, r, http.StatusForbidden, expiredPage(page, expiredView{
		SignIn: signInPath("/anmelden/fertig", higher(r, s.level(r, form))), Action: r.URL.RequestURI(), Inputs: in.hidden(), Files: in.skipped,
	}))
}

type expiredView struct {
	SignIn string
	Action string
	Inputs []hiddenInput
	Files  bool
}
