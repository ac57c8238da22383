package admin

import (
	"net/http"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// access is what can be done for a member with an access of our own.
type access struct {
	Invite bool     // he has not made it yet: another invitation can be sent
	Reset  bool     // it can be reset
	Mail   ui.Field // where the invitation goes
}

// accesses are those of our own, by the subject of the member.
type accesses map[string]local.Access

// accesses of the authority's staff; none where there are none of our own.
func (s *Server) accesses(r *http.Request) (accesses, error) {
	if s.c.Local == nil {
		return nil, nil
	}
	return s.c.Local.Accesses(r.Context(), ui.Staff(r))
}

// isLocal reports whether a method is an access of our own.
func (s *Server) isLocal(method string) bool { return s.c.Local != nil && method == local.Name }

// name is how somebody is called: until he has said his name, by his address. Who
// left before he said one has neither.
func (a accesses) name(page ui.Page, m accounts.Member) string {
	switch x := a[m.Subject.Reveal()]; {
	case !m.Name.Empty():
		return m.Name.Reveal()
	case m.Method == local.Name && !x.Mail.Empty():
		return x.Mail.Reveal()
	case m.Left():
		return page.T("admin.leave.noname")
	}
	return page.T("admin.members.noname")
}

// state says whether somebody can sign in.
func (a accesses) state(page ui.Page, m accounts.Member) string {
	x := a[m.Subject.Reveal()]
	switch {
	case m.Left():
		return page.T("admin.leave.state", "at", page.Printer().Date(m.LeftAt))
	case !m.Active:
		return page.T("admin.members.inactive")
	case m.Method != local.Name || x.Ready():
		return page.T("admin.members.active")
	case x.Made:
		return page.T("admin.members.unready")
	case x.Until.IsZero():
		return page.T("admin.members.missed")
	}
	return page.T("admin.members.invited", "until", page.Printer().DateTime(x.Until))
}

func (s *Server) accessView(page ui.Page, m accounts.Member, list accesses, f memberForm) access {
	x := list[m.Subject.Reveal()]
	if x.Made {
		return access{Reset: true}
	}
	if f.mail == "" {
		f.mail = x.Mail.Reveal()
	}
	return access{Invite: true, Mail: ui.Field{Name: "mail", Type: ui.FieldEmail, Label: page.T("local.mail.label"), Value: f.mail, Problem: f.problems["mail"], Autocomplete: "off"}}
}

// invite adds somebody who makes his own access: he is a member with his roles
// from now on, and can sign in once he has followed the link in the mail.
func (s *Server) invite(r *http.Request, f memberForm, grants []perm.Grant) error {
	_, err := s.c.Local.Invite(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, local.Invitation{Mail: pii.New(f.subject), Lang: "de", Name: pii.New(f.name), Grants: grants})
	return err
}

// mailRefused puts it at its field that an address cannot be invited.
func (f *memberForm) mailRefused(p locale.Printer, err error) bool {
	switch key := errs.KeyOf(err); key {
	case "local.mail.refused", "local.mail.taken", "local.mail.invited":
		f.problems["kennung"], f.problems["mail"] = p.T(key), p.T(key)
		return true
	}
	return false
}

// inviteAgain serves POST /verwaltung/personal/{id}/einladung.
func (s *Server) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	f := memberFormOf(m)
	f.mail = office.Text(r, "mail")
	_, err = s.c.Local.InviteAgain(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, m.ID, local.Invitation{Mail: pii.New(f.mail), Lang: "de"})
	if f.mailRefused(ui.PageOf(r).Printer(), err) {
		return s.showMember(w, r, ui.StatusOf(err), m, f, "")
	}
	return s.helped(w, r, m, "person-eingeladen", err)
}

// resetAccess serves POST /verwaltung/personal/{id}/zugang.
func (s *Server) resetAccess(w http.ResponseWriter, r *http.Request) error {
	m, err := s.findMember(r)
	if err != nil {
		return err
	}
	return s.helped(w, r, m, "zugang-zurueckgesetzt", s.c.Local.ResetAccess(r.Context(), ui.Staff(r), ui.VisitOf(r).Door.Tenant, m.ID))
}

// helped ends a verb for a member: the message, or why it is not for this actor.
func (s *Server) helped(w http.ResponseWriter, r *http.Request, m accounts.Member, done string, err error) error {
	if sentence := refusedSentence(ui.PageOf(r), err); sentence != "" {
		return s.showMember(w, r, ui.StatusOf(err), m, memberFormOf(m), sentence)
	}
	if err != nil {
		return err
	}
	return office.Done(w, r, memberURL(m), done)
}

// memberFormOf is a member's form as it is stored.
func memberFormOf(m accounts.Member) memberForm {
	f := memberForm{name: m.Name.Reveal(), problems: map[string]string{}}
	for _, g := range m.Grants {
		f.grants = append(f.grants, [3]string{string(g.Role), string(g.Unit), g.Service})
	}
	return f
}
