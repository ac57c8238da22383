package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stadttor/internal/app/realmfile"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
)

// Outcomes of an object of an import.
const (
	Taken     = "taken"     // was not there
	Changed   = "changed"   // was there and is now as the file says
	Unchanged = "unchanged" // was there like this
	Kept      = "kept"      // is there, differs, and stays
	Refused   = "refused"   // nothing was done, Why says why
)

// RealmLine is what became of one object of a file.
type RealmLine struct {
	Outcome string `json:"outcome"`
	Kind    string `json:"kind"` // realm, tenant, portal, unit, params, extension, form, situation
	ID      string `json:"id"`
	Path    string `json:"path"` // in the file, or the file beside it
	Why     string `json:"why,omitempty"`
}

// RealmReport is what an import of realms did.
type RealmReport struct {
	Lines  []RealmLine    `json:"lines"`
	Counts map[string]int `json:"counts"`
}

// RealmOptions of ImportRealms.
type RealmOptions struct {
	// Replace makes what is there as the file says. Without it what is there
	// stays: administrators may have changed it.
	Replace bool
	// DryRun says what would be done and does nothing.
	DryRun bool
	// Progress hears of each object; nil is fine.
	Progress func(what string, done, all int)
}

// ImportRealms makes realms, tenants, portals, units, extensions, forms and life
// situations as a description says. Nothing is ever deleted. Each object is a
// verb of its own, so an import that was cut short is begun again. An object
// that a verb refuses is reported and the rest is taken; what belongs to a
// refused realm or tenant is refused with it. The operator's commands may.
func (a *App) ImportRealms(ctx context.Context, actor perm.System, d realmfile.Description, o RealmOptions) (RealmReport, error) {
	im := &realmImport{ctx: ctx, a: a, actor: actor, o: o, fresh: map[string]bool{}, barred: map[string]bool{}, parsed: map[string]parsed{}, rep: RealmReport{Lines: []RealmLine{}, Counts: map[string]int{}}}
	for _, r := range d.Realms {
		im.all += 1 + len(r.Forms) + len(r.Situations.List) + len(r.Tenants)
		for _, t := range r.Tenants {
			im.all += len(t.Portals) + len(t.Units) + len(t.Extensions)
		}
	}
	err := im.run(d)
	return im.rep, err
}

type realmImport struct {
	ctx       context.Context
	a         *App
	actor     perm.System
	o         RealmOptions
	fresh     map[string]bool   // realms and tenants that were not there, by kind and slug
	barred    map[string]bool   // those that were refused
	parsed    map[string]parsed // forms by their text
	rep       RealmReport
	done, all int
}

// run goes by kinds, because each needs the directory to know what came before.
func (im *realmImport) run(d realmfile.Description) error {
	each := func(f func(realmfile.Realm, string) error) error {
		for i, r := range d.Realms {
			if err := f(r, fmt.Sprintf("realms[%d]", i)); err != nil {
				return fmt.Errorf("realm %s: %w", r.Slug, err)
			}
		}
		return im.reload()
	}
	tenants := func(f func(realmfile.Realm, realmfile.Tenant, string) error) func(realmfile.Realm, string) error {
		return func(r realmfile.Realm, at string) error {
			for j, t := range r.Tenants {
				if err := f(r, t, fmt.Sprintf("%s.tenants[%d]", at, j)); err != nil {
					return fmt.Errorf("tenant %s: %w", t.Slug, err)
				}
			}
			return nil
		}
	}
	for _, step := range []func(realmfile.Realm, string) error{im.realm, tenants(im.tenant), tenants(im.parts), im.forms, im.situations} {
		if err := each(step); err != nil {
			return err
		}
	}
	if im.o.DryRun {
		return nil
	}
	if err := im.a.Shelf.Reload(im.ctx); err != nil {
		return err
	}
	return im.a.Catalogue.Refresh(im.ctx)
}

func (im *realmImport) reload() error {
	if im.o.DryRun {
		return nil
	}
	return im.a.Directory.Reload(im.ctx)
}

// judge is the rule of what becomes of an object that is there or not, and
// differs in these things.
func judge(there, replace bool, differs []string) (outcome, why string) {
	switch {
	case !there:
		return Taken, ""
	case len(differs) == 0:
		return Unchanged, ""
	case replace:
		return Changed, strings.Join(differs, ", ")
	}
	return Kept, "differs in " + strings.Join(differs, ", ") + "; --replace takes the file's"
}

// put does what was judged and reports it. check is what can be said without
// writing; both may be nil.
func (im *realmImport) put(l RealmLine, check, write func() error) error {
	if l.Outcome == Taken || l.Outcome == Changed {
		var err error
		if check != nil {
			err = check()
		}
		if err == nil && write != nil && !im.o.DryRun {
			err = write()
		}
		switch {
		case err == nil:
		case errs.Is(err, errs.KindInvalid), errs.Is(err, errs.KindConflict), errs.Is(err, errs.KindNotFound):
			l.Outcome, l.Why = Refused, explain(err)
		default:
			return err
		}
	}
	im.report(l)
	return nil
}

func (im *realmImport) report(l RealmLine) {
	im.rep.Lines = append(im.rep.Lines, l)
	im.rep.Counts[l.Outcome]++
	im.done++
	if im.o.Progress != nil {
		im.o.Progress(l.Kind+" "+l.ID, im.done, max(im.all, im.done))
	}
}

// refuse reports an object that is not even tried.
func (im *realmImport) refuse(kind, id, path, why string) {
	im.report(RealmLine{Refused, kind, id, path, why})
}

// explain says in words what a verb refused, with the fields. Causes are left
// out: they may quote settings.
func explain(err error) string {
	p := locale.For(locale.German)
	var parts []string
	for _, f := range errs.FieldsOf(err) {
		text := cmp.Or(f.Literal, p.T(f.Key, f.Args...))
		parts = append(parts, f.Name+": "+text)
	}
	if key := errs.KeyOf(err); key != "" && len(parts) == 0 {
		parts = append(parts, p.T(key))
	}
	return cmp.Or(strings.Join(parts, " "), "refused")
}

// refused makes an error of a finished sentence.
func refused(field, text string) error {
	return errs.Invalid("", errs.Field{Name: field, Literal: text})
}

// differences names the fields of two values, as JSON objects, that are not
// the same.
func differences(have, want any) ([]string, error) {
	fields := func(v any) (m map[string]json.RawMessage, err error) {
		b, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		return m, err
	}
	x, err1 := fields(have)
	y, err2 := fields(want)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var out []string
	all := map[string]json.RawMessage{}
	maps.Copy(all, x)
	maps.Copy(all, y)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if string(x[name]) != string(y[name]) {
			out = append(out, name)
		}
	}
	return out, nil
}

// realm: what is missing in a realm that is there is filled in.
func (im *realmImport) realm(r realmfile.Realm, at string) error {
	l := RealmLine{Kind: "realm", ID: r.Slug, Path: at}
	want := tenancy.Realm{ID: ident.RealmID(r.Slug), Slug: r.Slug, Name: r.Name, Lead: r.Lead, AccountHost: r.AccountHost}
	have, there := im.a.Directory.RealmBySlug(r.Slug)
	next := want
	write := func() error { _, err := im.a.Directory.CreateRealm(im.ctx, im.actor, want); return err }
	l.Outcome, _ = judge(there, im.o.Replace, nil)
	if there {
		next = have
		var differs []string
		for _, f := range []struct {
			name string
			have *string
			want string
		}{{"name", &next.Name, want.Name}, {"lead", &next.Lead, want.Lead}, {"account_host", &next.AccountHost, want.AccountHost}} {
			switch {
			case f.want == "" || f.want == *f.have:
			case *f.have == "" || im.o.Replace:
				*f.have = f.want
			default:
				differs = append(differs, f.name)
			}
		}
		if l.Outcome, l.Why = judge(true, false, differs); next != have {
			l.Outcome = Changed
		}
		write = func() error { return im.a.Directory.SaveRealm(im.ctx, im.actor, next) }
	} else {
		im.fresh["realm "+r.Slug] = true
	}
	err := im.put(l, func() error {
		ours := func(x realmfile.Tenant) bool { return x.Slug == next.Lead }
		if t, ok := im.a.Directory.TenantBySlug(next.Lead); next.Lead != "" && !(ok && t.Realm == next.ID) && !slices.ContainsFunc(r.Tenants, ours) {
			return refused("lead", "no tenant of this realm, neither here nor in the file")
		}
		if have.Lead != "" && next.Lead != have.Lead {
			return refused("lead", "its accounts are sealed by the key of "+have.Lead+", another tenant could not open them")
		}
		if next.AccountHost != have.AccountHost {
			return im.freeHost("account_host", next.AccountHost, "")
		}
		return nil
	}, write)
	im.bar("realm " + r.Slug)
	return err
}

// bar notes that the object just reported was refused: what belongs to it is too,
// unless it was there before.
func (im *realmImport) bar(name string) {
	if last := im.rep.Lines[len(im.rep.Lines)-1]; last.Outcome == Refused && im.fresh[name] {
		im.barred[name] = true
	}
}

// freeHost refuses a host name that somebody else has; own is the tenant that
// may have it.
func (im *realmImport) freeHost(field, host string, own ident.TenantID) error {
	if door, ok := im.a.Directory.ByHost(host); ok && (own == "" || door.Tenant.ID != own) {
		return refused(field, "the host "+host+" is a portal of "+door.Tenant.Slug)
	}
	for _, r := range im.a.Directory.Realms() {
		if r.AccountHost == host {
			return refused(field, "the host "+host+" is the account host of "+r.Slug)
		}
	}
	return nil
}
