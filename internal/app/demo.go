package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/local"
	"stadttor/internal/app/demo"
	files "stadttor/internal/app/demo/catalogue"
	"stadttor/internal/catalogue"
	"stadttor/internal/config"
	"stadttor/internal/ident"
	bankdemo "stadttor/internal/payments/demo"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// DemoSettings are the settings of a demonstration in a folder. port is the
// public one, shown in addresses.
func DemoSettings(dir string, port int) config.Settings {
	return config.Settings{Database: "sqlite:" + filepath.Join(dir, "stadttor.db"), Data: filepath.Join(dir, "dateien"), RootKeyFile: filepath.Join(dir, "schluessel", "root.key"),
		PublicScheme: "http", PublicPort: port, FolderBase: filepath.Join(dir, "ausgang"), Workers: 4, LogLevel: "info"}
}

// DemoPeople gives who may sign in as whom in the demonstration.
func DemoPeople() (*logindemo.Config, error) {
	p, err := demo.ReadPeople()
	if err != nil {
		return nil, err
	}
	realm, err := demo.RealmOf()
	if err != nil {
		return nil, err
	}
	c := &logindemo.Config{Demo: true, RealmOf: func(t string) string { return realm[t] }, Stylesheet: func() string { return ui.Asset("portal.css") }}
	for _, x := range p.Citizens {
		var levels []perm.Level
		for _, l := range x.Levels {
			levels = append(levels, perm.ParseLevel(l))
		}
		c.Citizens = append(c.Citizens, logindemo.Citizen{Slug: x.Slug, Story: x.Story, Realm: x.Realm, Levels: levels, Profile: profile(x)})
	}
	for _, x := range p.Staff {
		c.Staff = append(c.Staff, logindemo.Staff{Slug: x.Slug, Name: staffName(x), Tenant: x.Tenant, Task: x.Note})
	}
	return c, nil
}

func profile(x demo.Citizen) accounts.Profile {
	p := accounts.Profile{}
	for a, v := range map[accounts.Attr]string{
		accounts.AttrGiven: x.Given, accounts.AttrFamily: x.Family, accounts.AttrTitle: x.Title, accounts.AttrBirthName: x.BirthName, accounts.AttrBirthDate: x.BirthDate, accounts.AttrBirthPlace: x.BirthPlace,
		accounts.AttrStreet: x.Address.Street, accounts.AttrHouseNumber: x.Address.HouseNumber, accounts.AttrPLZ: x.Address.PLZ, accounts.AttrCity: x.Address.City,
		accounts.AttrMail: x.Mail, accounts.AttrPhone: x.Phone, accounts.AttrIBAN: x.IBAN, accounts.AttrVehicle: x.Vehicle,
	} {
		p.Set(a, accounts.Attribute{Value: pii.New(v)})
	}
	return p
}

func staffName(x demo.Staff) string {
	name := x.Given + " " + x.Family
	if x.Title != "" {
		name = x.Title + " " + name
	}
	return name
}

// openDemo builds the partners that live in the process.
func (a *App) openDemo() error {
	if a.o.People == nil {
		return nil
	}
	c := *a.o.People
	c.Clock = a.o.Clock
	var err error
	if a.people, err = logindemo.New(c); err != nil {
		return err
	}
	a.Bank, err = bankdemo.New(bankdemo.Config{Demo: c.Demo, DB: a.DB, Stylesheet: c.Stylesheet, Log: a.Log,
		Notify: func(ctx context.Context, t ident.TenantID, provider, ref string) error {
			return a.Payments.Notify(ctx, t, provider, ref)
		}})
	return err
}

var operator = perm.System{Name: "demo"}

// InstallDemo puts the demonstration's data in, through the same imports that an
// operator uses, and then the invented staff. What is there already stays, but
// for the local sign-in of the staff, which is switched on where the data say
// so; running it again is no harm. step is told what is being done, with parts done
// and in all.
func (a *App) InstallDemo(ctx context.Context, step func(what string, done, all int)) error {
	w, err := demo.ReadWorld()
	if err != nil {
		return err
	}
	rep, err := a.ImportRealms(ctx, operator, w, RealmOptions{Progress: step})
	if err != nil {
		return err
	}
	for _, l := range rep.Lines {
		if l.Outcome == Refused {
			return fmt.Errorf("%s %s refused: %s", l.Kind, l.ID, l.Why)
		}
	}
	people, err := demo.ReadPeople()
	if err != nil {
		return err
	}
	done, all := 0, 0
	for _, r := range w.Realms {
		all += 1 + 2*len(r.Tenants)
	}
	tick := func(what string) { done++; step(what, done, all) }
	for _, r := range w.Realms {
		realm, _ := a.Directory.RealmBySlug(r.Slug)
		for _, name := range files.Library(r.Slug) {
			if err := a.importFile(ctx, tenancy.Layer{Realm: realm}, name); err != nil {
				return err
			}
		}
		tick("Bibliothek " + r.Name)
		for _, t := range r.Tenants {
			tenant, _ := a.Directory.TenantBySlug(t.Slug)
			if name := files.OfTenant(t.Slug); name != "" {
				if err := a.importFile(ctx, tenancy.Layer{Realm: realm, Tenant: &tenant}, name); err != nil {
					return err
				}
			}
			if err := os.MkdirAll(filepath.Join(a.o.Settings.FolderBase, t.Slug), 0o700); err != nil {
				return err
			}
			tick("Leistungen " + t.Name)
		}
	}
	if err := a.Directory.Reload(ctx); err != nil { // units came with the files
		return err
	}
	for _, r := range w.Realms {
		for _, t := range r.Tenants {
			tenant, _ := a.Directory.TenantBySlug(t.Slug)
			if err := a.installStaff(ctx, tenant, people.Staff); err != nil {
				return fmt.Errorf("staff of %s: %w", t.Slug, err)
			}
			if slices.Contains(people.LocalStaff, t.Slug) {
				if err := a.Accounts.SaveStaffChoice(ctx, operator, tenancy.Door{Tenant: tenant}, accounts.Choice{Name: local.Name, Offered: true}); err != nil {
					return fmt.Errorf("staff of %s: %w", t.Slug, err)
				}
			}
			tick("Personal " + t.Name)
		}
	}
	return a.Catalogue.Refresh(ctx)
}

// importFile takes a transfer file of the demo; there is nothing in it that
// may be refused.
func (a *App) importFile(ctx context.Context, t tenancy.Layer, name string) error {
	f, err := files.Files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rep, err := a.Catalogue.Import(ctx, operator, t, f, catalogue.ImportOptions{Publish: true})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, l := range rep.Lines {
		if l.Outcome == "refused" {
			return fmt.Errorf("%s: %s %s refused: %s", name, l.Kind, l.ID, l.Why)
		}
	}
	return nil
}

func (a *App) installStaff(ctx context.Context, t tenancy.Tenant, staff []demo.Staff) error {
	for _, x := range staff {
		if x.Tenant != t.Slug {
			continue
		}
		var grants []perm.Grant
		for _, role := range x.Roles {
			if len(x.Units) == 0 {
				grants = append(grants, perm.Grant{Role: perm.Role(role)})
			}
			for _, slug := range x.Units {
				i := slices.IndexFunc(a.Directory.Units(t.ID), func(u tenancy.Unit) bool { return u.Slug == slug })
				if i < 0 {
					return fmt.Errorf("%s: no unit %s", x.Slug, slug)
				}
				grants = append(grants, perm.Grant{Role: perm.Role(role), Unit: a.Directory.Units(t.ID)[i].ID})
			}
		}
		if _, err := a.Accounts.SaveStaff(ctx, operator, t, logindemo.Name, x.Slug, pii.New(staffName(x)), grants); err != nil {
			return err
		}
	}
	return nil
}

// EnsureRootKey makes the root key of a demonstration on its first start.
func EnsureRootKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	_, err := seal.NewRoot(path)
	return err
}
