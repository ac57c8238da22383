package app

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// onlineServices are the services that people of a realm can apply for, at
// whichever authority: what a mandate can be limited to. A portal that is not
// published yet has none.
func (a *App) onlineServices(ctx context.Context, realm ident.RealmID) []ui.Option {
	titles := map[string]string{}
	for _, t := range a.Directory.Tenants(realm) {
		v, err := a.Catalogue.Published(ctx, t.ID)
		if err != nil {
			continue
		}
		for _, x := range v.Services() {
			if x.Online && x.Offered {
				titles[x.Slug] = x.Title
			}
		}
	}
	out := make([]ui.Option, 0, len(titles))
	for _, slug := range slices.Sorted(maps.Keys(titles)) {
		out = append(out, ui.Option{Value: slug, Label: titles[slug]})
	}
	c := collate.New(language.German)
	slices.SortStableFunc(out, func(x, y ui.Option) int { return c.CompareString(x.Label, y.Label) })
	return out
}
