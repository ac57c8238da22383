package citizen

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// held is a guest's application that this browser may open: its secret stands
// in the cookie and nowhere else.
type held struct {
	form   string
	id     ident.CaseID
	secret string
}

const (
	maxHeld  = 8 // applications in one browser; the oldest is forgotten first
	heldDays = 30 * 24 * time.Hour
	// secretSize is the length of ident.Secret.
	secretSize = 32
)

// heldBy reads the cookie, the newest last. What is malformed is left out.
func (s *Server) heldBy(r *http.Request) (out []held) {
	for _, one := range strings.Split(s.c.Gate.Secret(r, ui.CookieDraft), "~") {
		form, rest, _ := strings.Cut(one, ".")
		id, secret, _ := strings.Cut(rest, ".")
		if ident.Slug(form) && ident.Valid(ident.CaseID(id)) && len(secret) == secretSize && len(out) < maxHeld {
			out = append(out, held{form, ident.CaseID(id), secret})
		}
	}
	return out
}

func (s *Server) keepHeld(w http.ResponseWriter, list []held) {
	var parts []string
	for _, h := range list[max(0, len(list)-maxHeld):] {
		parts = append(parts, h.form+"."+string(h.id)+"."+h.secret)
	}
	life := heldDays
	if len(parts) == 0 {
		life = -1
	}
	s.c.Gate.SetCookie(w, ui.CookieDraft, strings.Join(parts, "~"), life)
}

// hold remembers an application as the newest of this browser.
func (s *Server) hold(w http.ResponseWriter, r *http.Request, h held) {
	s.keepHeld(w, append(s.without(r, h.id), h))
}

func (s *Server) without(r *http.Request, id ident.CaseID) []held {
	return slices.DeleteFunc(s.heldBy(r), func(h held) bool { return h.id == id })
}

// proof is what this browser can show for a case beside the session.
func (s *Server) proof(r *http.Request, id ident.CaseID) cases.Proof {
	for _, h := range s.heldBy(r) {
		if h.id == id {
			return cases.Proof{Secret: h.secret}
		}
	}
	return cases.Proof{}
}

// work is a draft that is open in this request.
type work struct {
	cases.Draft
	form  string
	named bool // its addresses name it, because it is not the one meant without a name
}

// path is the address of one of its pages.
func (wk *work) path(page string) string {
	p := "/antrag/" + wk.form + "/" + page
	if wk.named {
		p += "?entwurf=" + string(wk.ID)
	}
	return p
}

// own is the page about the draft itself.
func (wk *work) own() string { return "/antrag/" + wk.form + "/entwurf/" + string(wk.ID) }

// first is the page where a person goes on: the first that is not done.
func (wk *work) first() string {
	pages := wk.Look.Journey()
	for _, p := range pages {
		if p.State != forms.Done {
			return p.ID
		}
	}
	return pages[len(pages)-1].ID
}

// usual is the draft that is meant when an address names none: the newest of
// the form at this portal, in the account or in this browser.
func (s *Server) usual(r *http.Request, form string) (ident.CaseID, error) {
	v := ui.VisitOf(r)
	if !v.Citizen.Guest() {
		list, err := s.c.Cases.Drafts(r.Context(), v.Citizen)
		if err != nil {
			return "", err
		}
		for _, d := range list {
			if d.Form == form && d.Tenant == v.Door.Tenant.ID {
				return d.ID, nil
			}
		}
	}
	list := s.heldBy(r)
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].form == form {
			return list[i].id, nil
		}
	}
	return "", nil
}

// errNoDraft says that nobody has begun this form here.
var errNoDraft = errs.NotFound("draft", "of this form in this browser or account")

// open loads the draft that an address means. named is the draft it names, "".
func (s *Server) open(r *http.Request, form string, named ident.CaseID) (wk work, err error) {
	if !ident.Slug(form) {
		return wk, errs.NotFound("form", "with this name")
	}
	usual, err := s.usual(r, form)
	if err != nil {
		return wk, err
	}
	id := named
	if id == "" {
		id = usual
	}
	if id == "" {
		return wk, errNoDraft
	}
	v := ui.VisitOf(r)
	wk = work{form: form, named: id != usual}
	if wk.Draft, err = s.c.Cases.Draft(r.Context(), v.Citizen, s.proof(r, id), id); err != nil {
		return wk, err
	}
	if wk.Definition.ID != form {
		return wk, errs.NotFound("draft of this form", id)
	}
	if !sameBehalf(v.Acting, wk.Behalf) {
		return wk, errs.Conflict("case.behalf-changed")
	}
	return wk, nil
}

// expired reports whether the browser still brings the cookie of a session
// that is over.
func (s *Server) expired(r *http.Request) bool {
	return ui.Citizen(r).Guest() && s.c.Gate.Secret(r, ui.CookieCitizen) != ""
}

// level is what the form asks for today; it says where to send who has too little.
func (s *Server) level(r *http.Request, form string) perm.Level {
	d := ui.VisitOf(r).Door
	def, ok := s.c.Forms.Current(d.Realm.ID, d.Tenant.ID, form)
	if !ok {
		return perm.LevelBasis
	}
	return max(perm.ParseLevel(string(def.Level)), perm.LevelBasis)
}

// higher is the level to ask for when the session's was refused: at least known,
// and always more than the session has, so that the way never goes in circles.
func higher(r *http.Request, known perm.Level) perm.Level {
	return min(max(known, ui.Citizen(r).Level+1), perm.LevelHigh)
}

// unopened answers a request whose draft cannot be opened: it sends to the
// sign-in, to the beginning or to the confirmation, or says what happened. The
// draft itself is never touched.
func (s *Server) unopened(w http.ResponseWriter, r *http.Request, wk work, form string, named ident.CaseID, err error) error {
	id := wk.ID
	if id == "" {
		id = named
	}
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		back = "/antrag/" + form
	}
	// An address that names a case may be a bookmark, or come from another portal:
	// whoever is not signed in here can be its owner.
	mayOwn := errs.Is(err, errs.KindNotFound) && (s.expired(r) || ui.Citizen(r).Guest() && ident.Valid(named) && r.Method == http.MethodGet)
	switch {
	case errs.KeyOf(err) == "case.level-needed":
		return ui.SeeOther(w, r, signInPath(back, higher(r, s.level(r, form))))
	case mayOwn:
		return ui.SeeOther(w, r, signInPath(back, s.level(r, form)))
	case err == errNoDraft:
		return ui.SeeOther(w, r, "/antrag/"+form)
	case errs.KeyOf(err) == "case.already-sent":
		if id == "" {
			if id, err = s.usual(r, form); err != nil {
				return err
			}
		}
		return ui.SeeOther(w, r, receivedPath(form, id))
	case errs.KeyOf(err) == "case.behalf-changed":
		return s.showBehalf(w, r, &wk, form, id)
	case errs.KeyOf(err) == "case.form-gone":
		page := s.personal(r, ui.PageOf(r).T("citizenform.gone.title"))
		return ui.Render(w, r, http.StatusConflict, noticePage(page, noticeView{
			Tone: ui.Warning, Lines: []string{page.T("citizenform.gone.text"), page.T("citizenform.gone.kept")},
			Links: []ui.Link{{Text: page.T("citizenform.gone.new"), URL: "/antrag/" + form}, {Text: page.T("citizenform.gone.contact"), URL: "/einrichtungen"}},
		}))
	}
	return err
}

// getDraftLink serves GET /antrag/fortsetzen/{secret}: the link with which a
// guest goes on, here or on another device. It opens one draft and nothing
// else; the address is left at once.
func (s *Server) getDraftLink(w http.ResponseWriter, r *http.Request) error {
	id, secret, _ := strings.Cut(r.PathValue("secret"), "-")
	h := held{id: ident.CaseID(id), secret: secret}
	if !ident.Valid(h.id) || len(secret) != secretSize {
		return errs.NotFound("draft", "of this link")
	}
	d, err := s.c.Cases.Draft(r.Context(), ui.Citizen(r), cases.Proof{Secret: secret}, h.id)
	if err != nil {
		if errs.KeyOf(err) != "case.already-sent" && errs.KeyOf(err) != "case.level-needed" {
			return err
		}
		own, rerr := s.c.Cases.Read(r.Context(), ui.Citizen(r), cases.Proof{Secret: secret}, h.id)
		if rerr != nil {
			return err
		}
		h.form = own.Form
		s.hold(w, r, h)
		return ui.SeeOther(w, r, receivedPath(h.form, h.id))
	}
	h.form = d.Definition.ID
	s.hold(w, r, h)
	return ui.SeeOther(w, r, "/antrag/"+h.form+"/"+firstOpen(d))
}

func firstOpen(d cases.Draft) string {
	wk := work{Draft: d}
	return wk.first()
}

// draftView is the page about one draft.
type draftView struct {
	Title    string // of the form
	Until    time.Time
	Guest    bool
	Link     string // with the secret, absolute; only for guests
	Continue string
	Action   string
	SignIn   string // guests may move the draft into an account
	Adopt    bool   // signed in, and the draft is not yet in the account
	Progress ui.Step
	Saved    bool
	Wrong    bool // saved, but something needs a look
}

// getDraft serves GET /antrag/{form}/entwurf/{case}: what is saved, until when,
// and how to go on.
func (s *Server) getDraft(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	wk, err := s.open(r, form, id)
	if err != nil {
		return s.unopened(w, r, wk, form, id, err)
	}
	v := ui.VisitOf(r)
	page := s.personal(r, ui.PageOf(r).T("citizenform.draft.title"))
	page.Breadcrumb = []ui.Link{{Text: wk.Definition.Title, URL: "/antrag/" + form}}
	view := draftView{Title: wk.Definition.Title, Until: wk.ExpiresAt, Guest: wk.Guest, Continue: wk.path(wk.first()), Action: wk.own(), Progress: wk.progress(wk.first()),
		Saved: r.URL.Query().Get("gespeichert") != "", Wrong: r.URL.Query().Get("gespeichert") == "offen"}
	if wk.Guest && wk.Proof.Secret != "" {
		view.Link = v.Base + "/antrag/fortsetzen/" + string(wk.ID) + "-" + wk.Proof.Secret
		view.Adopt = !v.Citizen.Guest()
		if v.Citizen.Guest() {
			view.SignIn = signInPath(wk.own(), perm.LevelBasis)
		}
	}
	return ui.Render(w, r, http.StatusOK, draftPage(page, view))
}

// postDraft serves POST /antrag/{form}/entwurf/{case}: move into the account,
// forget in this browser, delete.
func (s *Server) postDraft(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	if err := parseForm(r); err != nil {
		return err
	}
	c, proof := ui.Citizen(r), s.proof(r, id)
	switch r.PostForm.Get("aktion") {
	case "uebernehmen":
		if err := s.c.Cases.Adopt(r.Context(), c, proof, id); err != nil {
			return s.unopened(w, r, work{}, form, id, err)
		}
		s.keepHeld(w, s.without(r, id))
		return ui.SeeOther(w, r, "/antrag/"+form+"/entwurf/"+string(id)+"?gespeichert=1#inhalt")
	case "vergessen":
		if _, err := s.c.Cases.Draft(r.Context(), c, proof, id); err != nil {
			return s.unopened(w, r, work{}, form, id, err)
		}
		s.keepHeld(w, s.without(r, id))
		return ui.SeeOther(w, r, "/antrag/"+form+"#inhalt")
	case "loeschen":
		if err := s.c.Cases.Discard(r.Context(), c, proof, id); err != nil {
			return s.unopened(w, r, work{}, form, id, err)
		}
		s.keepHeld(w, s.without(r, id))
		return ui.SeeOther(w, r, "/antrag/"+form+"?geloescht=1#inhalt")
	}
	return errs.Invalid("")
}

// getDraftFile serves an upload of a draft back to its owner.
func (s *Server) getDraftFile(w http.ResponseWriter, r *http.Request) error {
	form, id := r.PathValue("form"), ident.CaseID(r.PathValue("case"))
	wk, err := s.open(r, form, id)
	if err != nil {
		return s.unopened(w, r, wk, form, id, err)
	}
	d, body, err := s.c.Cases.Document(r.Context(), ui.Citizen(r), wk.Proof, id, ident.FileID(r.PathValue("file")))
	if err != nil {
		return err
	}
	return sendDocument(w, r, d, body)
}

// parseForm reads a form without files, bounded to maxText.
func parseForm(r *http.Request) error {
	r.Body = http.MaxBytesReader(nil, r.Body, maxText)
	if err := r.ParseForm(); err != nil {
		return badBody(err)
	}
	return nil
}

func query(path, name, value string) string {
	path, fragment, cut := strings.Cut(path, "#")
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	path += sep + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if cut {
		path += "#" + fragment
	}
	return path
}
