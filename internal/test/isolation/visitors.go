package isolation

import (
	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// visitors are the people at the account hosts.
func (w *Town) visitors(owner, clerk *Actor) {
	w.t.Helper()
	visitor := func(name, realm, tenant, slug string) *Actor {
		door, ok := w.Directory.AccountByHost("konto." + realm + ".localhost")
		if !ok {
			w.t.Fatalf("no account host of %s", realm)
		}
		a := &Actor{Name: name, Host: realm, Account: true, realm: door.Realm.ID}
		w.Visitors = append(w.Visitors, a)
		if slug == "" {
			return a
		}
		b := w.Browser().SignIn(tenant, slug, "hoch").Get(w.AccountURL(realm, "/"))
		a.session = secretOfCookie(w.t, b.Cookies(), "sitzung")
		a.Cookie = "sitzung=" + a.session
		c, err := w.Accounts.AccountCitizen(w.t.Context(), door, a.session)
		w.must(err)
		if c.Guest() {
			w.t.Fatalf("%s is not signed in", name)
		}
		a.Person = c.Person
		return a
	}
	const musterland, nordau = "kreis-musterland", "verbund-nordau"
	visitor("guest at the account host", musterland, "", "")
	mine := visitor("owner at the account host", musterland, "torhausen", "mareike-sandvoss")
	other := visitor("other citizen at the account host", musterland, "torhausen", "emeka-brandhorst")
	// Modules have just sent these two, in browsers of their own.
	sent := func(name string, who *Actor) *Actor {
		a := visitor(name, musterland, "", "")
		a.browser, a.session, a.Person = ident.Secret(), who.session, who.Person
		a.Cookie = "sitzung=" + who.session + "; anmeldung=" + a.browser
		return a
	}
	w.modules(sent("owner whom a module has sent", mine), sent("other citizen whom a module has sent", other))
	visitor("citizen at the other realm's account host", nordau, "nordhafen", "joris-tietjenhoff")
	for name, cookie := range map[string]string{"the owner's cookie at the other realm's account host": mine.Cookie, "guest at the other realm's account host": ""} {
		visitor(name, nordau, "", "").Cookie = cookie
	}
	visitor("the owner's portal cookie at the account host", musterland, "", "").Cookie = owner.Cookie
	visitor("a cookie of staff at the account host", musterland, "", "").Cookie = clerk.Cookie
	visitor("cookies made up at the account host", musterland, "", "").Cookie = "sitzung=" + ident.Secret() + "; anmeldung=" + ident.Secret()
	// At the portals the account host's cookie opens nothing.
	w.actor("guest with the owner's cookie of the account host", "torhausen", "", "").Cookie = mine.Cookie
	door, _ := w.Directory.AccountByHost("konto." + musterland + ".localhost")
	for _, o := range w.Objects {
		a, err := w.Accounts.ArriveAlone(w.t.Context(), door, accounts.Visitor{}, perm.LevelBasis, false, "/", "de")
		w.must(err)
		o.Way = a.Ticket
	}
	// Each of two objects has a sign-in of its owner's, with a portal's session.
	for _, x := range []struct{ object, slug string }{{"torhausen/draft", "mareike-sandvoss"}, {"torhausen/draft of another", "emeka-brandhorst"}} {
		b := w.Browser().SignIn("torhausen", x.slug, "basis").Get(w.AccountURL(musterland, "/"))
		secret := secretOfCookie(w.t, b.Cookies(), "sitzung")
		c, err := w.Accounts.AccountCitizen(w.t.Context(), door, secret)
		w.must(err)
		list, err := w.Accounts.SignIns(w.t.Context(), c, secret)
		w.must(err)
		for _, o := range w.Objects {
			if o.Name == x.object {
				o.SignIns = []string{list[0].Handle, list[0].Portals[0].Handle}
			}
		}
	}
}
