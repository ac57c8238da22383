package admin

import (
	"net/http"
	"net/url"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/relevance"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// wordPage is the form of one synonym.
type wordPage struct {
	Told, Refused string
	Action        string // address it is sent to
	Fields        []ui.Field
	Lead          string
	State         string // sentence about a draft, "" for none
	Remove        string // address that removes it, "" for a new one
	Live          bool   // the search knows it
}

// wordForm is what was typed.
type wordForm struct {
	relevance.Synonym
	target   string // leistung, wort
	service  string
	official string
	problems map[string]string
}

// searchNew serves GET …/wort; a word may come with the address, from the list
// of what was asked in vain.
func (s *Server) searchNew(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	f := wordForm{target: "leistung"}
	f.Word = ui.Typed(r.URL.Query().Get("wort"), relevance.MaxWordRunes)
	if it, ok := at.view.ItemByID(r.URL.Query().Get("leistung")); ok {
		f.service = it.ID
	}
	return s.showWord(w, r, at, http.StatusOK, f, "")
}

// searchEdit serves GET …/wort/{id}.
func (s *Server) searchEdit(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	id, err := wordID(r)
	if err != nil {
		return err
	}
	x, err := s.c.Relevance.Synonym(r.Context(), ui.Staff(r), at.Layer, id)
	if err != nil {
		return err
	}
	f := wordForm{Synonym: x, target: "leistung", service: x.Service, official: x.Official}
	if x.Official != "" {
		f.target = "wort"
	}
	return s.showWord(w, r, at, http.StatusOK, f, "")
}

func (s *Server) showWord(w http.ResponseWriter, r *http.Request, at taughtAt, status int, f wordForm, refused string) error {
	page := at.frame(r, "relevance.word.new")
	t := page.T
	out := wordPage{Refused: refused, Told: office.Told(r, page, "relevance.done."), Action: at.base + "/wort", Lead: t("relevance.word.lead")}
	if f.ID != "" {
		page.Title = t("relevance.word.edit", "word", f.Word)
		out.Action += "/" + string(f.ID)
		out.Remove = out.Action + "/loeschen"
		out.Live = f.State == relevance.StateChanged || f.State == relevance.StateLive || f.State == relevance.StateLeaving
		if f.State != relevance.StateLive && f.State != "" {
			for _, x := range states {
				if x.state == f.State {
					out.State = t("relevance.word.state." + x.name)
				}
			}
		}
	}
	loose := ""
	if f.Loose {
		loose = ui.Yes
	}
	out.Fields = []ui.Field{
		{Name: "wort", Type: ui.FieldText, Label: t("relevance.word"), Hint: t("relevance.word.hint"), Value: f.Word, Problem: f.problems["wort"], Autocomplete: "off"},
		{Name: "ziel", Type: ui.FieldChoice, Label: t("relevance.target"), Value: f.target, Problem: f.problems["ziel"], Options: []ui.Option{
			{Value: "leistung", Label: t("relevance.target.service"), Hint: t("relevance.target.servicehint")},
			{Value: "wort", Label: t("relevance.target.official"), Hint: t("relevance.target.officialhint")}}},
		{Name: "leistung", Type: ui.FieldSelect, Label: t("relevance.service"), Hint: t("relevance.target.whichservice"), Value: f.service, Options: at.services(), Problem: f.problems["leistung"], Optional: true},
		{Name: "amtlich", Type: ui.FieldText, Label: t("relevance.official"), Hint: t("relevance.target.whichword"), Value: f.official, Problem: f.problems["amtlich"], Optional: true, Autocomplete: "off"},
		{Name: "verwandt", Type: ui.FieldConsent, Label: t("relevance.loose"), Statement: t("relevance.loosehint"), Value: loose, Optional: true},
	}
	problems := ui.Problems(out.Fields)
	page.Problems = len(problems)
	return ui.Render(w, r, status, wordView(page, out, problems))
}

// searchSave serves POST …/wort and …/wort/{id}: as draft, or live at once.
func (s *Server) searchSave(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	f := wordForm{target: office.Text(r, "ziel"), service: office.Text(r, "leistung"), official: office.Text(r, "amtlich"), problems: map[string]string{}}
	f.Word, f.Loose = office.Text(r, "wort"), office.Text(r, "verwandt") == ui.Yes
	if r.PathValue("id") != "" {
		id, err := wordID(r)
		if err != nil {
			return err
		}
		have, err := s.c.Relevance.Synonym(r.Context(), ui.Staff(r), at.Layer, id)
		if err != nil {
			return err
		}
		f.ID, f.State = id, have.State
	}
	x := relevance.Synonym{ID: f.ID, Word: f.Word, Loose: f.Loose}
	at.aim(r, &f, &x)
	live := office.Text(r, "aktion") == "freischalten"
	if len(f.problems) == 0 {
		_, err := s.c.Relevance.SaveSynonym(r.Context(), ui.Staff(r), at.Layer, x, live)
		switch {
		case errs.Is(err, errs.KindInvalid):
			f.blame(ui.PageOf(r), err)
		case errs.Is(err, errs.KindConflict):
			return s.showWord(w, r, at, http.StatusConflict, f, ui.PageOf(r).T(errs.KeyOf(err)))
		case err != nil:
			return err
		}
	}
	if len(f.problems) > 0 {
		return s.showWord(w, r, at, http.StatusUnprocessableEntity, f, "")
	}
	if !live {
		return office.Done(w, r, at.base, "entwurf")
	}
	if err := s.c.Relevance.Refresh(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, at.base, "wort-live")
}

// aim reads where the word leads. The other field keeps what was typed and does
// not count.
func (at taughtAt) aim(r *http.Request, f *wordForm, x *relevance.Synonym) {
	t := ui.PageOf(r).T
	switch f.target {
	case "wort":
		if x.Official = f.official; x.Official == "" {
			f.problems["amtlich"] = t("relevance.target-missing")
		}
	case "leistung":
		if f.service == "" {
			f.problems["leistung"] = t("relevance.target-missing")
		} else if _, ok := at.view.ItemByID(f.service); !ok {
			f.problems["leistung"] = t("relevance.line-unknown")
		}
		x.Service = f.service
	default:
		f.problems["ziel"] = t("relevance.target-missing")
	}
	if f.Word == "" { // all at once
		f.problems["wort"] = t("relevance.word-missing")
	}
}

// blame puts what is wrong at its field.
func (f *wordForm) blame(page ui.Page, err error) {
	for _, x := range errs.FieldsOf(err) {
		name := x.Name
		if name == "ziel" {
			name = map[string]string{"wort": "amtlich", "leistung": "leistung"}[f.target]
		}
		f.problems[name] = ui.ProblemText(page.Printer(), x)
	}
}

// searchRemove serves POST …/wort/{id}/loeschen.
func (s *Server) searchRemove(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	id, err := wordID(r)
	if err != nil {
		return err
	}
	if err := office.ReadForm(r); err != nil {
		return err
	}
	live := office.Text(r, "aktion") == "sofort"
	if err := s.c.Relevance.RemoveSynonym(r.Context(), ui.Staff(r), at.Layer, id, live); err != nil {
		return err
	}
	if !live {
		return office.Done(w, r, at.base, "vorgemerkt")
	}
	if err := s.c.Relevance.Refresh(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, at.base, "geloescht")
}

// wordID reads the address; what cannot be an identifier does not exist.
func wordID(r *http.Request) (relevance.SynonymID, error) {
	id := relevance.SynonymID(r.PathValue("id"))
	if !ident.Valid(id) {
		return "", errs.NotFound("synonym", url.QueryEscape(string(id)))
	}
	return id, nil
}
