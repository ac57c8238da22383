package account

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/pii"
	"stadttor/internal/web/ui"
)

// NavMandates is the key of the pages about acting for others.
const NavMandates = "mandates"

func (s *Server) mandateRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /vertretungen", Audience: ui.Person, Handle: s.getMandates},
		{Pattern: "POST /vertretungen/{id}/handeln", Audience: ui.Person, Handle: s.postAct},
		{Pattern: "GET /vertretungen/{id}/beenden", Audience: ui.Person, Handle: s.getRevoke},
		{Pattern: "POST /vertretungen/{id}/beenden", Audience: ui.Person, Handle: s.postRevoke},
		{Pattern: "POST " + ui.EndActing, Audience: ui.Person, Handle: s.postEndActing},
		{Pattern: "GET /vertretungen/kind", Audience: ui.Person, Handle: s.getStateChild},
		{Pattern: "POST /vertretungen/kind", Audience: ui.Person, Handle: s.postStateChild},
		{Pattern: "GET /vertretungen/person", Audience: ui.Person, Handle: s.getStatePerson},
		{Pattern: "POST /vertretungen/person", Audience: ui.Person, Handle: s.postStatePerson},
		{Pattern: "GET /vertretungen/erteilen", Audience: ui.Person, Handle: s.getGive},
		{Pattern: "POST /vertretungen/erteilen", Audience: ui.Person, Handle: s.postGive, Limit: s.c.Limit},
		{Pattern: "GET /vertretungen/code", Audience: ui.Person, Handle: s.getCode},
		{Pattern: "POST /vertretungen/code", Audience: ui.Person, Handle: s.postCode, Limit: s.c.Limit},
		{Pattern: "POST /vertretungen/code/annehmen", Audience: ui.Person, Handle: s.postAccept, Limit: s.c.Limit},
		{Pattern: "POST /vertretungen/code/ablehnen", Audience: ui.Person, Handle: s.postDecline, Limit: s.c.Limit},
	}
}

// mandatesView is for whom a person may act and who may act for him.
type mandatesView struct {
	Told   string
	Holder []mandateView // acts for others
	Giver  []mandateView // is represented
	Past   []mandateView
	Acting pii.Text // for whom just now
}

type mandateView struct {
	Name   pii.Text // of the other side
	State  string
	Tone   ui.Tone
	Facts  []ui.Fact
	Act    string // addresses; "" when not possible
	End    string
	Manage ui.Link
	Now    bool
}

// getMandates serves GET /vertretungen.
func (s *Server) getMandates(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := s.page(r, "mandate.title")
	page.Nav = NavMandates
	list, err := s.c.Accounts.Mandates(r.Context(), v.Citizen)
	if err != nil {
		return err
	}
	view := mandatesView{Told: toldOf(page, r)}
	if v.Acting != nil {
		view.Acting = v.Acting.Giver
	}
	now := s.c.Now()
	for _, m := range list {
		x := s.mandate(r, page, m, now)
		if m.Side == accounts.SideHolder && m.Holds(now) {
			x.Act = "/vertretungen/" + string(m.ID) + "/handeln"
			if x.Now = v.Acting != nil && v.Acting.ID == m.ID; x.Now {
				x.Act = ""
			}
		}
		open := m.Holds(now) || m.State == accounts.MandateInvited && now.Before(m.CodeUntil)
		if open {
			x.End = "/vertretungen/" + string(m.ID) + "/beenden"
		}
		switch {
		case !open:
			view.Past = append(view.Past, x)
		case m.Side == accounts.SideHolder:
			view.Holder = append(view.Holder, x)
		default:
			view.Giver = append(view.Giver, x)
		}
	}
	return ui.Render(w, r, http.StatusOK, mandatesPage(page, view))
}

// mandate is a mandate in the words of the one who looks.
func (s *Server) mandate(r *http.Request, page ui.Page, m accounts.Mandate, now time.Time) mandateView {
	x := mandateView{Name: m.Giver}
	if m.Side == accounts.SideGiver {
		if x.Name = m.Holder; x.Name.Empty() && m.State == accounts.MandateInvited {
			x.Name = pii.New(page.T("mandate.nobody-yet"))
		}
	}
	if x.Name.Empty() {
		x.Name = pii.New(page.T("mandate.erased"))
	}
	p := page.Printer()
	fact := func(name, value string) {
		if value != "" {
			x.Facts = append(x.Facts, ui.Fact{Name: page.T(name), Values: []string{value}})
		}
	}
	kind := page.T("mandate.kind." + string(m.Kind))
	if m.Role != "" {
		kind = page.T("mandate.role." + m.Role)
	}
	fact("mandate.fact.kind", kind)
	fact("mandate.fact.birth", day(page, m.BirthDate.Reveal()))
	scope := page.T("mandate.scope.all")
	if len(m.Services) > 0 {
		scope = s.serviceNames(r, m.Services)
	}
	fact("mandate.fact.scope", scope)
	if m.Proof.Kind != "" {
		proof := page.T("mandate.proof." + m.Proof.Kind)
		if ref := m.Proof.Reference.Reveal(); ref != "" {
			proof += " (" + ref + ")"
		}
		fact("mandate.fact.proof", proof)
	}
	if m.State == accounts.MandateActive {
		confirmed := page.T("mandate.confirmed.one")
		if m.Confirmed {
			confirmed = page.T("mandate.confirmed.both")
		}
		fact("mandate.fact.confirmed", confirmed)
	}
	if !m.EndsAt.IsZero() && m.EndedAt.IsZero() {
		fact("mandate.fact.until", p.Date(m.EndsAt.Add(-time.Second)))
	}
	switch {
	case m.Holds(now):
		x.State, x.Tone = page.T("mandate.state.active"), ui.Success
	case m.State == accounts.MandateInvited && now.Before(m.CodeUntil):
		x.State, x.Tone = page.T("mandate.state.invited", "day", p.Date(m.CodeUntil)), ui.Info
	case m.State == accounts.MandateInvited:
		x.State = page.T("mandate.state.unused")
	case m.State == accounts.MandateActive:
		x.State = page.T("mandate.state.over", "day", p.Date(m.EndsAt.Add(-time.Second)))
	default:
		x.State = page.T("mandate.state."+string(m.State), "day", p.Date(m.EndedAt))
	}
	return x
}

// serviceNames are titles of services, by their slugs where one is gone.
func (s *Server) serviceNames(r *http.Request, slugs []string) string {
	titles := map[string]string{}
	for _, o := range s.services(r) {
		titles[o.Value] = o.Label
	}
	out := ""
	for _, x := range slugs {
		if t := titles[x]; t != "" {
			x = t
		}
		if out != "" {
			out += ", "
		}
		out += x
	}
	return out
}

// services are those that a mandate can be limited to.
func (s *Server) services(r *http.Request) []ui.Option {
	if s.c.Services == nil {
		return nil
	}
	return s.c.Services(r.Context(), ui.VisitOf(r).Door.Realm.ID)
}

// postAct serves POST /vertretungen/{id}/handeln.
func (s *Server) postAct(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.Act(r.Context(), ui.Citizen(r), accounts.MandateID(r.PathValue("id"))); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen#inhalt")
}

// postEndActing serves POST /vertretung/beenden, the button on every page.
func (s *Server) postEndActing(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.StopActing(r.Context(), ui.Citizen(r)); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen#inhalt")
}

// own finds one of the person's mandates. Error: NotFound.
func (s *Server) own(r *http.Request, id accounts.MandateID) (accounts.Mandate, error) {
	list, err := s.c.Accounts.Mandates(r.Context(), ui.Citizen(r))
	if err != nil {
		return accounts.Mandate{}, err
	}
	i := slices.IndexFunc(list, func(m accounts.Mandate) bool { return m.ID == id })
	if i < 0 {
		return accounts.Mandate{}, errs.NotFound("mandate", "of this account")
	}
	return list[i], nil
}

// getRevoke serves GET /vertretungen/{id}/beenden: ask before it is gone.
func (s *Server) getRevoke(w http.ResponseWriter, r *http.Request) error {
	m, err := s.own(r, accounts.MandateID(r.PathValue("id")))
	if err != nil {
		return err
	}
	page := s.page(r, "mandate.end.title")
	page.Nav = NavMandates
	x := s.mandate(r, page, m, s.c.Now())
	return ui.Render(w, r, http.StatusOK, surePage(page, sureView{Back: "/vertretungen", Action: r.URL.Path, Lead: page.T("mandate.end.lead", "name", x.Name.Reveal()), Lines: []string{page.T("mandate.end.effect")}, Facts: x.Facts, Button: page.T("mandate.end.button")}))
}

// sureView asks before something that cannot be taken back.
type sureView struct {
	Back, Action string
	Lead         string
	Lines        []string
	Facts        []ui.Fact
	Button       string
}

// postRevoke serves POST /vertretungen/{id}/beenden.
func (s *Server) postRevoke(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.RevokeMandate(r.Context(), ui.Citizen(r), accounts.MandateID(r.PathValue("id"))); err != nil {
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen?meldung=beendet#inhalt")
}

// scopeFields ask for what a mandate is good, and until when.
func (s *Server) scopeFields(r *http.Request, page ui.Page, typed url.Values, endHint string, endOptional bool) []ui.Field {
	var out []ui.Field
	if options := s.services(r); len(options) > 0 {
		f := ui.Field{Name: "services", Type: ui.FieldMany, Label: page.T("mandate.services"), Hint: page.T("mandate.serviceshint"), Optional: true, Options: options, Values: typed["services"]}
		out = append(out, f)
	}
	end := ui.Field{Name: "ends", Type: ui.FieldDate, Label: page.T("mandate.ends"), Hint: endHint, Optional: endOptional,
		Date: ui.DateValue{Day: typed.Get("ends.tag"), Month: typed.Get("ends.monat"), Year: typed.Get("ends.jahr")}}
	return append(out, end)
}

func proofFields(page ui.Page, kind accounts.MandateKind, typed url.Values) []ui.Field {
	return []ui.Field{choices(page, "proof", "mandate.proof", "mandate.proof.", accounts.ProofKinds(kind), typed.Get("proof")),
		{Name: "reference", Type: ui.FieldText, Label: page.T("mandate.reference"), Hint: page.T("mandate.referencehint"), Optional: true, Value: typed.Get("reference"), Autocomplete: "off"}}
}

// getStateChild serves GET /vertretungen/kind: a child of the household may fill
// in the page (?kind=…).
func (s *Server) getStateChild(w http.ResponseWriter, r *http.Request) error {
	typed := url.Values{}
	if id := accounts.PartID(r.URL.Query().Get("kind")); id != "" {
		h, err := s.c.Accounts.Household(r.Context(), ui.Citizen(r))
		if err != nil {
			return err
		}
		for _, x := range h.Relatives {
			if x.ID == id {
				typed.Set("given", x.Given.Reveal())
				typed.Set("family", x.Family.Reveal())
				if y, m, d, ok := cutISO(x.BirthDate.Reveal()); ok {
					typed.Set("birthDate.tag", d)
					typed.Set("birthDate.monat", m)
					typed.Set("birthDate.jahr", y)
				}
			}
		}
	}
	return s.showState(w, r, accounts.Guardian, typed, nil)
}

// getStatePerson serves GET /vertretungen/person: somebody without an account.
func (s *Server) getStatePerson(w http.ResponseWriter, r *http.Request) error {
	return s.showState(w, r, accounts.Authorised, url.Values{}, nil)
}

func (s *Server) showState(w http.ResponseWriter, r *http.Request, kind accounts.MandateKind, typed url.Values, problem error) error {
	word := "person"
	if kind == accounts.Guardian {
		word = "child"
	}
	page := s.page(r, "mandate."+word+".title")
	page.Nav = NavMandates
	v := editView{Back: "/vertretungen", Action: r.URL.Path, Lead: page.T("mandate." + word + ".lead"), Notice: page.T("mandate.stated"), Button: page.T("mandate." + word + ".button")}
	for _, a := range []accounts.Attr{accounts.AttrGiven, accounts.AttrFamily, accounts.AttrBirthDate} {
		v.Fields = append(v.Fields, other(attrField(page, a, "", typed), a == accounts.AttrBirthDate && kind != accounts.Guardian))
	}
	v.Fields = append(v.Fields, proofFields(page, kind, typed)...)
	v.Fields = append(v.Fields, s.scopeFields(r, page, typed, page.T("mandate."+word+".endshint"), kind == accounts.Guardian)...)
	return s.showEdit(w, r, page, v, problem)
}

// postStateChild serves POST /vertretungen/kind.
func (s *Server) postStateChild(w http.ResponseWriter, r *http.Request) error {
	return s.postState(w, r, accounts.Guardian)
}

// postStatePerson serves POST /vertretungen/person.
func (s *Server) postStatePerson(w http.ResponseWriter, r *http.Request) error {
	return s.postState(w, r, accounts.Authorised)
}

func (s *Server) postState(w http.ResponseWriter, r *http.Request, kind accounts.MandateKind) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, err := s.c.Accounts.StateMandate(r.Context(), ui.Citizen(r), accounts.Statement{Kind: kind, Given: pii.New(f.Get("given")), Family: pii.New(f.Get("family")), BirthDate: pii.New(typedDay(f, "birthDate")),
		Proof: accounts.Proof{Kind: f.Get("proof"), Reference: pii.New(f.Get("reference"))}, Services: f["services"], EndsOn: typedDay(f, "ends")})
	if err != nil {
		if ui.OnPage(err) {
			return s.showState(w, r, kind, f, err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen?meldung=gespeichert#inhalt")
}

// getGive serves GET /vertretungen/erteilen.
func (s *Server) getGive(w http.ResponseWriter, r *http.Request) error {
	return s.showGive(w, r, url.Values{}, nil)
}

func (s *Server) showGive(w http.ResponseWriter, r *http.Request, typed url.Values, problem error) error {
	page := s.page(r, "mandate.give.title")
	page.Nav = NavMandates
	v := editView{Back: "/vertretungen", Action: r.URL.Path, Lead: page.T("mandate.give.lead"), Notice: page.T("mandate.give.notice"), Button: page.T("mandate.give.button")}
	v.Fields = append(proofFields(page, accounts.Authorised, typed), s.scopeFields(r, page, typed, page.T("mandate.give.endshint"), false)...)
	return s.showEdit(w, r, page, v, problem)
}

// codeView shows a code, once.
type codeView struct {
	Code  string
	Until string
	Host  string
	Back  string
}

// postGive serves POST /vertretungen/erteilen: the code is on the answer and
// nowhere else.
func (s *Server) postGive(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	f := r.PostForm
	_, code, err := s.c.Accounts.GiveMandate(r.Context(), ui.Citizen(r), accounts.Grant{Proof: accounts.Proof{Kind: f.Get("proof"), Reference: pii.New(f.Get("reference"))}, Services: f["services"], EndsOn: typedDay(f, "ends")})
	if err != nil {
		if ui.OnPage(err) {
			return s.showGive(w, r, f, err)
		}
		return err
	}
	return s.showCode(w, r, code, "/vertretungen")
}

func (s *Server) showCode(w http.ResponseWriter, r *http.Request, code, back string) error {
	page := s.page(r, "mandate.code.title")
	page.Nav, page.Languages = NavMandates, nil
	view := codeView{Code: accounts.ShowCode(code), Until: page.Printer().Date(s.c.Now().AddDate(0, 0, accounts.InviteDays)), Host: ui.VisitOf(r).Base + "/vertretungen/code", Back: back}
	return ui.Render(w, r, http.StatusOK, codePage(page, view))
}

// getCode serves GET /vertretungen/code.
func (s *Server) getCode(w http.ResponseWriter, r *http.Request) error {
	return s.showEnter(w, r, "", nil)
}

func (s *Server) showEnter(w http.ResponseWriter, r *http.Request, typed string, problem error) error {
	page := s.page(r, "mandate.enter.title")
	page.Nav = NavMandates
	v := editView{Back: "/vertretungen", Action: "/vertretungen/code", Lead: page.T("mandate.enter.lead"), Button: page.T("mandate.enter.button"),
		Fields: []ui.Field{{Name: "code", Type: ui.FieldText, Label: page.T("mandate.enter.label"), Hint: page.T("mandate.enter.hint"), Value: typed, Autocomplete: "off", Width: 20}}}
	return s.showEdit(w, r, page, v, problem)
}

// inviteView shows who invites, before it is taken.
type inviteView struct {
	Name  pii.Text
	Facts []ui.Fact
	Code  string
}

// postCode serves POST /vertretungen/code: look at the invitation.
func (s *Server) postCode(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	code := r.PostForm.Get("code")
	m, err := s.c.Accounts.Invitation(r.Context(), ui.Citizen(r), code)
	if err != nil {
		if ui.OnPage(err) {
			return s.showEnter(w, r, code, err)
		}
		return err
	}
	page := s.page(r, "mandate.invitation.title")
	page.Nav, page.Languages = NavMandates, nil
	m.Side = accounts.SideHolder
	x := s.mandate(r, page, m, s.c.Now())
	return ui.Render(w, r, http.StatusOK, invitePage(page, inviteView{Name: m.Giver, Facts: x.Facts, Code: accounts.ReadCode(code)}))
}

// postAccept serves POST /vertretungen/code/annehmen.
func (s *Server) postAccept(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	if _, err := s.c.Accounts.AcceptMandate(r.Context(), ui.Citizen(r), r.PostForm.Get("code")); err != nil {
		if ui.OnPage(err) {
			return s.showEnter(w, r, r.PostForm.Get("code"), err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen?meldung=angenommen#inhalt")
}

// postDecline serves POST /vertretungen/code/ablehnen.
func (s *Server) postDecline(w http.ResponseWriter, r *http.Request) error {
	if err := ui.ReadForm(r); err != nil {
		return err
	}
	if err := s.c.Accounts.DeclineMandate(r.Context(), ui.Citizen(r), r.PostForm.Get("code")); err != nil {
		if ui.OnPage(err) {
			return s.showEnter(w, r, r.PostForm.Get("code"), err)
		}
		return err
	}
	return ui.SeeOther(w, r, "/vertretungen?meldung=abgelehnt#inhalt")
}
