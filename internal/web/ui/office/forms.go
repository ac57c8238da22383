package office

import (
	"cmp"
	"slices"

	"stadttor/internal/catalogue"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
)

// FormsOf lists the forms to which services of a portal lead, in their newest
// version, by title.
func FormsOf(v *catalogue.View, shelf *forms.Shelf, realm ident.RealmID) (out []*forms.Definition) {
	seen := map[string]bool{}
	for _, item := range v.Services() {
		if !item.Online {
			continue
		}
		p, ok := v.Service(item.Slug)
		if !ok || p.Form == "" || seen[p.Form] {
			continue
		}
		seen[p.Form] = true
		if d, ok := shelf.Current(realm, p.Form); ok {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *forms.Definition) int { return cmp.Compare(a.Title, b.Title) })
	return out
}
