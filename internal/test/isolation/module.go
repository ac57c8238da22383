package isolation

import (
	"net/url"
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/provider"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// Module is a vendor's module of an object's authority, and a request of it on
// which the object's owner is just asked whether his data may go over.
type Module struct {
	Client  provider.Client
	Request string // ticket, "" if the object has no owner
	browser string // in which it runs
}

// Where the modules of the town are, and what their requests prove.
const (
	moduleAddress   = "https://fachmodul.example/zurueck"
	moduleChallenge = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
)

// asking is a request of a module.
func asking(c provider.Client) url.Values {
	return url.Values{"client_id": {c.Key}, "redirect_uri": {moduleAddress}, "response_type": {"code"}, "scope": {"openid profile"},
		"code_challenge": {moduleChallenge}, "code_challenge_method": {"S256"}}
}

// clientOf: staff of the authority; the route's right says which of them.
var clientOf = of(func(o *Object) []provider.ClientID { return []provider.ClientID{o.Module.Client.ID} }).seenBy(colleague)

// clientKeyOf: everybody who stands at the account host of the module's realm
// may be sent there by it.
var clientKeyOf = of(func(o *Object) []string { return []string{o.Module.Client.Key} }).seenBy(func(a *Actor, o *Object) bool {
	return a.Account && a.realm == o.Tenant.Realm
})

// requestOf belongs to the browser that the module sent, with its owner in it.
var requestOf = param{
	values: func(o *Object) []string {
		if o == nil || o.Module.Request == "" {
			return nil
		}
		return []string{o.Module.Request}
	},
	invent: ident.Secret,
	seen:   func(a *Actor, o *Object) bool { return a.browser != "" && a.browser == o.Module.browser },
}

// answering is what the person says to a module's request.
func answering(word string) func(*Object) url.Values {
	return func(o *Object) url.Values {
		return url.Values{"anfrage": {o.Module.Request}, "aktion": {word}, "text": {"1"}}
	}
}

// modules registers a module for each object at its authority and lets it ask
// its owner, in a browser that two visitors have: with and without its owner
// signed in.
func (w *Town) modules(owners ...*Actor) {
	w.t.Helper()
	s := provider.New(provider.Config{DB: w.DB, Directory: w.Directory, Accounts: w.Accounts})
	for _, o := range w.Objects {
		boss := perm.Staff{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Staff: "boss", Grants: []perm.Grant{{Role: perm.Administrator}}}
		c, _, err := s.Register(w.t.Context(), boss, provider.Client{Name: "Termine", Vendor: "Terminwerk GmbH", Redirects: []string{moduleAddress}, Scopes: []string{"profile"}, Level: perm.LevelBasis})
		w.must(err)
		o.Module.Client = c
		i := slices.IndexFunc(owners, func(a *Actor) bool { return a.Person == o.Person && o.Person != "" })
		if i < 0 {
			continue
		}
		door, _ := w.Directory.AccountDoor(o.Tenant.Realm)
		st, err := s.Ask(w.t.Context(), door, accounts.Visitor{Browser: owners[i].browser, Session: owners[i].session}, "https://"+door.Portal.Host, asking(c))
		w.must(err)
		if !st.Consent || st.Ticket == "" {
			w.t.Fatalf("%s: the module's request asks nobody: %+v", o.Name, st)
		}
		o.Module.Request, o.Module.browser = st.Ticket, st.Browser
	}
}
