package account

import (
	"net/http"
	"net/url"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/credentials"
)

// NavMeans is the key of the page of means of sign-in in the navigation.
const NavMeans = "means"

// localRoutes are the pages of local accounts; none without Config.Local.
func (s *Server) localRoutes() []ui.Route {
	if s.c.Local == nil {
		return nil
	}
	return credentials.New(credentials.Config{
		Local: s.c.Local, Gate: s.c.Gate, Limit: s.c.Limit,
		Home: "/", Audience: ui.Person, Nav: NavMeans, Register: true, Languages: true,
		Scope:   people,
		Page:    s.page,
		From:    s.localFrom,
		Method:  func(r *http.Request) string { return s.meansTitle(r, ui.Citizen(r).Means) },
		Holder:  s.holder,
		Begin:   s.beginLocal,
		Refused: s.refusedAtWay,
	}).Routes()
}

// people is the scope of this host's accounts.
func people(r *http.Request) local.Scope { return local.Citizens(ui.VisitOf(r).Door.Realm.ID) }

// localFrom names the portal that one came from.
func (s *Server) localFrom(x local.Try) string {
	if t, ok := s.c.Directory.TenantBySlug(x.Portal); ok {
		if d, ok := s.c.Directory.DoorOf(t.ID); ok {
			return d.Portal.Look.Name
		}
	}
	return ""
}

// beginLocal opens a way through this host that begins with a local account.
func (s *Server) beginLocal(w http.ResponseWriter, r *http.Request) (try string, err error) {
	v := ui.VisitOf(r)
	visitor := s.visitor(r)
	a, err := s.c.Accounts.ArriveAlone(r.Context(), v.Door, visitor, perm.LevelBasis, false, "/", string(v.Lang))
	if err != nil {
		return "", err
	}
	visitor.Browser = a.Browser
	b, err := s.c.Accounts.TryMethod(r.Context(), v.Door, visitor, v.Base, a.Ticket, local.Name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(b.Redirect)
	if err != nil {
		return "", err
	}
	s.c.Gate.SetCookie(w, ui.CookieLogin, a.Browser, browserLife)
	return u.Query().Get("versuch"), nil
}

// holder is who looks after his means of sign-in.
func (s *Server) holder(r *http.Request) (local.Holder, error) {
	c := ui.Citizen(r)
	h := local.Holder{Scope: people(r), ID: string(c.Person), Session: s.c.Gate.Secret(r, ui.CookieCitizen)}
	list, err := s.c.Accounts.SignIns(r.Context(), c, h.Session)
	for _, x := range list {
		if x.Here {
			h.SignedIn = x.Since
		}
	}
	return h, err
}

// refusedAtWay leads back to the choice of methods when the host refuses to open
// a way: no method is offered any more.
func (s *Server) refusedAtWay(w http.ResponseWriter, r *http.Request, err error) error {
	if accounts.RefusedHere(err) || errs.Is(err, errs.KindNotFound) {
		return s.showGone(w, r, err)
	}
	return err
}
