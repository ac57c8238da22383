package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stadttor/internal/app/realmfile"
	"stadttor/internal/catalogue"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
)

// forms are never overwritten: a text is published as the version that it
// states, cases keep the one they answered.
func (im *realmImport) forms(r realmfile.Realm, at string) error {
	for i, f := range r.Forms {
		path := cmp.Or(f.From, fmt.Sprintf("%s.forms[%d]", at, i))
		d, findings := im.parse(f.Text)
		switch {
		case im.barred["realm "+r.Slug]:
			im.refuse("form", path, path, "its realm was refused")
			continue
		case d == nil:
			im.refuse("form", path, path, firstFindings(findings))
			continue
		}
		l := RealmLine{Kind: "form", ID: fmt.Sprintf("%s/%d", d.ID, d.Version), Path: path, Outcome: Taken}
		realm := ident.RealmID(r.Slug)
		if cur, ok := im.a.Shelf.Current(realm, d.ID); ok {
			old, known := im.a.Shelf.Version(realm, d.ID, d.Version)
			same := false
			if known {
				differs, err := differences(old, d)
				if err != nil {
					return err
				}
				same = len(differs) == 0
			}
			switch {
			case same:
				l.Outcome = Unchanged
			case known && im.o.Replace:
				im.refuse("form", l.ID, path, fmt.Sprintf("version: %d is published with another text and stays; give this one %d", d.Version, cur.Version+1))
				continue
			case known:
				l.Outcome, l.Why = Kept, fmt.Sprintf("version %d is published with another text; give this one %d", d.Version, cur.Version+1)
			case d.Version > cur.Version:
				l.Outcome, l.Why = Changed, fmt.Sprintf("after version %d", cur.Version)
			default:
				im.refuse("form", l.ID, path, fmt.Sprintf("version: %d is published already, give this one %d", cur.Version, cur.Version+1))
				continue
			}
		}
		if err := im.put(l, nil, func() error {
			_, err := im.a.Shelf.Publish(im.ctx, im.actor, db.ForRealm(realm), f.Text)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// parsed is a form as read, for two realms that share it.
type parsed struct {
	d        *forms.Definition
	findings []forms.Finding
}

func (im *realmImport) parse(text []byte) (*forms.Definition, []forms.Finding) {
	p, ok := im.parsed[string(text)]
	if !ok {
		p.d, p.findings = forms.Parse(text)
		im.parsed[string(text)] = p
	}
	return p.d, p.findings
}

// checkParams tries what a tenant sets for a form: the version of the file, or
// the one that is published.
func (im *realmImport) checkParams(r realmfile.Realm, form string, values map[string]any) error {
	field := "settings.params." + form
	d, _ := im.a.Shelf.Current(ident.RealmID(r.Slug), form)
	for _, f := range r.Forms {
		if x, _ := im.parse(f.Text); x != nil && x.ID == form && (d == nil || x.Version > d.Version) {
			d = x
		}
	}
	if d == nil {
		return refused(field, "no form of this name, neither here nor in the file")
	}
	if found := d.CheckParams(values); forms.Failed(found) {
		return refused(field, firstFindings(found))
	}
	return nil
}

// firstFindings says what is wrong with a form, the first three things.
func firstFindings(list []forms.Finding) string {
	var out []string
	for _, f := range list {
		if f.Severity == forms.Error && len(out) < 3 {
			out = append(out, strings.TrimPrefix(f.Path+": "+f.Text, ": "))
		}
	}
	return strings.Join(out, " ")
}

func (im *realmImport) situations(r realmfile.Realm, at string) error {
	path := func(i int) string {
		return cmp.Or(r.Situations.From, at+".situations") + fmt.Sprintf("[%d]", i)
	}
	have := map[string]catalogue.Situation{}
	if !im.fresh["realm "+r.Slug] && len(r.Situations.List) > 0 {
		list, err := im.a.situationsOf(im.ctx, ident.RealmID(r.Slug))
		if err != nil {
			return err
		}
		for _, s := range list {
			have[s.Slug] = s
		}
	}
	var write []catalogue.Situation
	for i, s := range r.Situations.List {
		if im.barred["realm "+r.Slug] {
			im.refuse("situation", s.Slug, path(i), "its realm was refused")
			continue
		}
		old, there := have[s.Slug]
		differs, err := differences(old, s)
		if err != nil {
			return err
		}
		l := RealmLine{Kind: "situation", ID: s.Slug, Path: path(i)}
		l.Outcome, l.Why = judge(there, im.o.Replace, differs)
		if err := im.put(l, nil, func() error { write = append(write, s); return nil }); err != nil {
			return err
		}
	}
	if len(write) == 0 {
		return nil
	}
	realm, _ := im.a.Directory.RealmBySlug(r.Slug)
	return im.a.Catalogue.SaveSituations(im.ctx, im.actor, realm, write)
}

// situationsOf reads a realm's life situations where citizens read them: at a
// portal. A realm without one has none that anybody saw.
func (a *App) situationsOf(ctx context.Context, r ident.RealmID) ([]catalogue.Situation, error) {
	for _, t := range a.Directory.Tenants(r) {
		v, err := a.Catalogue.Published(ctx, t.ID)
		if errs.Is(err, errs.KindNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return v.Situations(), nil
	}
	return nil, nil
}
