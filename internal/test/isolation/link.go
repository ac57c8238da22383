package isolation

import (
	"net/http"
	"strings"

	"stadttor/internal/ident"
)

// Links tries the secret links of guests' applications: a link opens its own
// one, at its own portal, for whoever holds it, and nothing else.
func (w *Town) Links() (found []string) {
	w.t.Helper()
	bad := func(o *Object, what string) { found = append(found, o.Name+": "+what) }
	call := func(host, secret string) answer {
		return w.call(w.Handler(), &Actor{Host: host}, http.MethodGet, "/antrag/fortsetzen/"+secret, nil)
	}
	for _, o := range w.Objects {
		if o.Proof.Secret == "" {
			continue
		}
		link := string(o.Case) + "-" + o.Proof.Secret
		if got := call(o.Tenant.Slug, link); got.status != http.StatusSeeOther || !strings.Contains(got.head, "Location: /antrag/"+o.Form+"/") {
			bad(o, "its own link does not open it")
		}
		nothing := caseOf.invent() + "-" + ident.Secret()
		for _, t := range w.Directory.Tenants("") {
			if t.ID == o.Tenant.ID {
				continue
			}
			if what := call(t.Slug, link).plain([]string{link}).unlike(call(t.Slug, nothing).plain([]string{nothing})); what != "" {
				bad(o, "at the portal of "+t.Slug+": "+what)
			}
		}
		for _, p := range w.Objects {
			if p == o {
				continue
			}
			mixed := string(p.Case) + "-" + o.Proof.Secret
			if what := call(p.Tenant.Slug, mixed).plain([]string{mixed}).unlike(call(p.Tenant.Slug, nothing).plain([]string{nothing})); what != "" {
				bad(o, "its secret with "+p.Name+": "+what)
			}
		}
	}
	return found
}
