package app_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/app"
	"stadttor/internal/app/demo"
	"stadttor/internal/app/realmfile"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/apptest"
)

var op = perm.System{Name: "test"}

// world reads the demo's description anew, to be changed.
func world(t *testing.T) realmfile.Description {
	t.Helper()
	w, err := demo.ReadWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// lines that are not unchanged.
func lines(r app.RealmReport) (out []string) {
	for _, l := range r.Lines {
		if l.Outcome != app.Unchanged {
			out = append(out, l.Outcome+" "+l.Kind+" "+l.ID+": "+l.Why)
		}
	}
	return out
}

func TestTheDemoIsWhatItsFilesSay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		for _, replace := range []bool{false, true} {
			rep, err := h.ImportRealms(t.Context(), op, world(t), app.RealmOptions{Replace: replace})
			if err != nil || len(lines(rep)) > 0 || len(rep.Lines) < 2+13+13+39 {
				t.Errorf("replace %v: %v %d %v", replace, err, len(rep.Lines), lines(rep))
			}
		}
	})
}

func TestWhatAnAdministratorChangedStaysUnlessReplaced(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		ctx := t.Context()
		reload := func() {
			t.Helper()
			if err := h.Directory.Reload(ctx); err != nil {
				t.Fatal(err)
			}
		}
		tenant, _ := h.Directory.TenantBySlug("torhausen")
		admin := perm.Staff{Realm: tenant.Realm, Tenant: tenant.ID, Grants: []perm.Grant{{Role: perm.Administrator}}}
		door, _ := h.Directory.DoorOf(tenant.ID)
		p := door.Portal
		p.Look.Claim = "Neu von Hand"
		if err := h.Directory.SavePortal(ctx, admin, tenant.Scope(), p); err != nil {
			t.Fatal(err)
		}
		old := tenant.Params["osterfeuer-anmeldung"]
		if err := h.Directory.SaveParams(ctx, admin, tenant, "osterfeuer-anmeldung", old, map[string]any{"frist_tage": 3, "abstand_gebaeude": old["abstand_gebaeude"]}); err != nil {
			t.Fatal(err)
		}
		reload()
		want := []string{"kept portal service.torhausen.localhost: differs in look; --replace takes the file's", "kept params torhausen/osterfeuer-anmeldung: differs in frist_tage; --replace takes the file's"}
		rep, err := h.ImportRealms(ctx, op, world(t), app.RealmOptions{})
		if err != nil || !slices.Equal(lines(rep), want) {
			t.Errorf("%v %v", err, lines(rep))
		}
		for _, dry := range []bool{true, false} {
			rep, err = h.ImportRealms(ctx, op, world(t), app.RealmOptions{Replace: true, DryRun: dry})
			if err != nil || rep.Counts[app.Changed] != 2 || len(lines(rep)) != 2 {
				t.Errorf("dry %v: %v %v", dry, err, lines(rep))
			}
			now, _ := h.Directory.TenantBySlug("torhausen")
			door, _ := h.Directory.DoorOf(now.ID)
			if byHand := door.Portal.Look.Claim == "Neu von Hand"; byHand != dry || (fmt.Sprint(now.Params["osterfeuer-anmeldung"]["frist_tage"]) == "3") != dry {
				t.Errorf("dry %v: claim %q, %v", dry, door.Portal.Look.Claim, now.Params["osterfeuer-anmeldung"])
			}
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	for name, c := range map[string]struct {
		change  func(d *realmfile.Description)
		replace bool
		want    []string // beginnings of lines
	}{
		"another lead": {func(d *realmfile.Description) { d.Realms[0].Lead = "torhausen" }, true,
			[]string{"refused realm kreis-musterland: lead: its accounts are sealed by the key of kreis-musterland"}},
		"another lead, not asked for": {func(d *realmfile.Description) { d.Realms[0].Lead = "torhausen" }, false,
			[]string{"kept realm kreis-musterland: differs in lead"}},
		"a lead of another realm": {func(d *realmfile.Description) {
			d.Realms = []realmfile.Realm{{Slug: "neu", Name: "Neu", Lead: "auental", Tenants: []realmfile.Tenant{{Slug: "neustadt", Name: "Neustadt", Kind: "stadt", Sign: "NEU", ARS: "990030001001", Portals: []realmfile.Portal{{Host: "service.neustadt.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("N", "")}}}}}}}
		}, false, []string{"refused realm neu: lead: no tenant of this realm", "refused tenant neustadt: its realm", "refused portal service.neustadt.localhost: its tenant"}},
		"an account host that is a portal": {func(d *realmfile.Description) { d.Realms[0].AccountHost = "service.auental.localhost" }, true,
			[]string{"refused realm kreis-musterland: account_host: the host service.auental.localhost is a portal of auental"}},
		"a portal of somebody else": {func(d *realmfile.Description) { d.Realms[0].Tenants[1].Portals[0].Host = "service.auental.localhost" }, true,
			[]string{"refused portal service.auental.localhost: host: the host service.auental.localhost is a portal of auental"}},
		"a portal at an account host": {func(d *realmfile.Description) {
			d.Realms[0].AccountHost = ""
			d.Realms[0].Tenants[1].Portals[0].Host = "konto.kreis-musterland.localhost"
		}, true, []string{"refused portal konto.kreis-musterland.localhost: host: the host konto.kreis-musterland.localhost is the account host of kreis-musterland"}},
		"a tenant of another realm": {func(d *realmfile.Description) {
			d.Realms[0].Tenants, d.Realms[1].Tenants = nil, d.Realms[0].Tenants[1:2]
			d.Realms[1].Tenants[0].Portals, d.Realms[1].Tenants[0].Extensions = nil, nil
		}, true, []string{"refused tenant torhausen: slug: a tenant of the realm kreis-musterland"}},
		"another sign": {func(d *realmfile.Description) { d.Realms[0].Tenants[1].Sign = "XYZ" }, true,
			[]string{"refused tenant torhausen: sign: stays TOR"}},
		"a sign that another has": {func(d *realmfile.Description) {
			d.Realms[0].Tenants = []realmfile.Tenant{{Slug: "neustadt", Name: "Neustadt", Kind: "stadt", Sign: "TOR", ARS: "990030001001", Extensions: []realmfile.Extension{{Port: "delivery", Name: "folder"}}}}
		}, true, []string{"refused tenant neustadt: sign: torhausen has it", "refused extension neustadt/folder: its tenant"}},
		"colours that cannot be read": {func(d *realmfile.Description) { d.Realms[0].Tenants[1].Portals[0].Look.Light.Action = "#eeeeee" }, true,
			[]string{"refused portal service.torhausen.localhost: look.light.action: "}},
		"a logo with a script": {func(d *realmfile.Description) {
			d.Realms[0].Tenants[1].Portals[0].Look.Logo = `<svg viewBox="0 0 1 1"><script/></svg>`
		}, true, []string{"refused portal service.torhausen.localhost: look.logo: "}},
		"an extension that is not there": {func(d *realmfile.Description) { d.Realms[0].Tenants[1].Extensions[0].Name = "girocheckout" }, true,
			[]string{"refused extension torhausen/girocheckout: name: not installed; there are: demo-giro, demo-karte"}},
		"settings that the extension refuses": {func(d *realmfile.Description) {
			d.Realms[0].Tenants[1].Extensions[2].Settings = []byte(`{"path":"../s3cr3t"}`)
		}, true, []string{"refused extension torhausen/folder: path: "}},
		"settings that are not there yet": {func(d *realmfile.Description) {
			d.Realms[0].Tenants = append(d.Realms[0].Tenants[:0:0], realmfile.Tenant{Slug: "neustadt", Name: "Neustadt", Kind: "stadt", Sign: "NEU", ARS: "990030001001", Extensions: []realmfile.Extension{{Port: "delivery", Name: "folder"}}})
		}, true, []string{"taken tenant neustadt: ", "refused extension neustadt/folder: settings: missing"}},
		"parameters that the form refuses": {func(d *realmfile.Description) {
			d.Realms[0].Tenants[1].Settings.Params["osterfeuer-anmeldung"]["frist_tage"] = "bald"
		}, true, []string{"refused params torhausen/osterfeuer-anmeldung: settings.params.osterfeuer-anmeldung: "}},
		"a new tenant's parameters of no form": {func(d *realmfile.Description) {
			d.Realms[0].Tenants = []realmfile.Tenant{{Slug: "neustadt", Name: "Neustadt", Kind: "stadt", Sign: "NEU", ARS: "990030001001", Settings: tenancy.Settings{Params: map[string]map[string]any{"osterfeur": {}}}}}
		}, true, []string{"refused tenant neustadt: settings.params.osterfeur: no form of this name"}},
		"a form that is none": {func(d *realmfile.Description) { d.Realms[0].Forms = []realmfile.Form{{Text: []byte(`{"id":"x"}`)}} }, true,
			[]string{"refused form realms[0].forms[0]: "}},
		"a version with another text": {func(d *realmfile.Description) {
			f := &d.Realms[0].Forms[0]
			f.Text = []byte(strings.Replace(string(f.Text), `"title": "`, `"title": "Neu: `, 1))
		}, true, []string{"refused form bewohnerparkausweis/1: version: 1 is published with another text and stays; give this one 2"}},
		"a version with another text, not asked for": {func(d *realmfile.Description) {
			f := &d.Realms[0].Forms[0]
			f.Text = []byte(strings.Replace(string(f.Text), `"title": "`, `"title": "Neu: `, 1))
		}, false, []string{"kept form bewohnerparkausweis/1: "}},
	} {
		t.Run(name, func(t *testing.T) {
			d := world(t)
			c.change(&d)
			dry, err := h.ImportRealms(t.Context(), op, d, app.RealmOptions{Replace: c.replace, DryRun: true})
			if err != nil {
				t.Fatal(err)
			}
			got := lines(dry)
			if len(got) != len(c.want) {
				t.Fatalf("got\n%s", strings.Join(got, "\n"))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) || strings.Contains(got[i], "s3cr3t") {
					t.Errorf("got %q\nwant %q", got[i], c.want[i])
				}
			}
		})
	}
}

func TestADryRunSaysWhatTheRunDoes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		d := world(t)
		d.Realms = append(d.Realms, realmfile.Realm{Slug: "neu", Name: "Neu", Tenants: []realmfile.Tenant{
			{Slug: "neustadt", Name: "Neustadt", Kind: "stadt", Sign: "NEU", ARS: "990030001001", Settings: tenancy.Settings{ShortName: "Neustadt"},
				Portals:    []realmfile.Portal{{Host: "service.neustadt.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("N", "")}}, {Host: "konto.verbund-nordau.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("N", "")}}},
				Units:      []realmfile.Unit{{Slug: "amt", Name: "Amt"}},
				Extensions: []realmfile.Extension{{Port: "payment", Name: "demo-giro", Settings: []byte(`{"title":"x"}`)}}}}})
		d.Realms[1].Lead, d.Realms[1].Name = "auental", "Verbund Nord"
		f := &d.Realms[0].Forms[0]
		f.Text = []byte(strings.Replace(string(f.Text), `"version": 1`, `"version": 2`, 1))
		d.Realms[0].Situations.List[0].Line = "Anders"
		for _, o := range []app.RealmOptions{{}, {Replace: true}} {
			o.DryRun = true
			dry, err := h.ImportRealms(t.Context(), op, d, o)
			if err != nil {
				t.Fatal(err)
			}
			steps := 0
			o.DryRun, o.Progress = false, func(string, int, int) { steps++ }
			run, err := h.ImportRealms(t.Context(), op, d, o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(dry.Lines, run.Lines) || steps != len(run.Lines) {
				t.Errorf("%+v: %d steps\ndry\n%s\nrun\n%s", o.Replace, steps, strings.Join(lines(dry), "\n"), strings.Join(lines(run), "\n"))
			}
			again, err := h.ImportRealms(t.Context(), op, d, o)
			if err != nil || again.Counts[app.Taken]+again.Counts[app.Changed] > 0 {
				t.Errorf("again: %v %v", err, lines(again))
			}
		}
		if r, _ := h.Directory.RealmBySlug("neu"); r.Lead != "" {
			t.Error("a lead that nobody named")
		}
		// What was missing is filled in without being asked for.
		d.Realms = d.Realms[2:]
		d.Realms[0].Lead, d.Realms[0].AccountHost = "neustadt", "konto.neu.localhost"
		rep, err := h.ImportRealms(t.Context(), op, d, app.RealmOptions{})
		if got := lines(rep); err != nil || len(got) != 2 || !strings.HasPrefix(got[0], "changed realm neu") {
			t.Errorf("%v %v", err, got)
		}
		if _, ok := h.Directory.AccountByHost("konto.neu.localhost"); !ok {
			t.Error("the account host opens nothing")
		}
	})
}

func TestTheOperatorsHandsOnStaffAreRecorded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		ctx := t.Context()
		tenant, _ := h.Directory.TenantBySlug("torhausen")
		roles, err := h.ParseGrants(tenant, []string{"lead", "lead"})
		if err != nil || len(roles) != 1 {
			t.Fatal(roles, err)
		}
		if same, err := h.AddStaff(ctx, op, tenant, app.NewStaff{Method: "haus", Subject: "7", Name: pii.New("Kim Beispiel"), Grants: roles}); same || err != nil {
			t.Fatal(same, err)
		}
		if link, err := h.InviteStaff(ctx, op, tenant, pii.New("kim@torhausen.example"), pii.New("Kim Beispiel"), roles); err != nil || !strings.Contains(link.Reveal(), "service.torhausen.localhost") {
			t.Fatal(err)
		}
		var done []string
		err = h.DB.View(ctx, tenant.Scope(), func(tx *db.Tx) error {
			list, err := audit.List(ctx, tx, 0, 50)
			for _, e := range list {
				if e.Actor == op.Ref() {
					done = append(done, e.Action)
				}
			}
			return err
		})
		for _, want := range []string{"staff.list", "staff.grant", "staff.save", "local.invite"} {
			if !slices.Contains(done, want) {
				t.Errorf("%s is not recorded: %v %v", want, done, err)
			}
		}
		if strings.Contains(h.Log.String(), "Beispiel") || strings.Contains(h.Log.String(), "kim@") {
			t.Error("the log names somebody")
		}
	})
}

// empty opens an installation on a fresh database, with a key of its own.
func empty(t *testing.T, engine string) *app.App {
	t.Helper()
	s := app.DemoSettings(t.TempDir(), 0)
	s.Database = dbtest.URL(t, engine)
	if err := app.EnsureRootKey(s.RootKeyFile); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Options{Settings: s, Version: "test", Clock: clock.NewFake(dbtest.Start)}, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestAnExportedRealmIsTheSameElsewhere(t *testing.T) {
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			h, b := apptest.Start(t, engine), empty(t, engine)
			ctx := t.Context()
			d, err := h.ExportRealm(ctx, op, "kreis-musterland")
			if err != nil {
				t.Fatal(err)
			}
			text, err := d.Write()
			if err != nil || bytes.Contains(text, []byte("Kreditkarte")) {
				t.Fatal("a setting of an extension left the house", err)
			}
			read, list := realmfile.Parse("export", text)
			if len(list) > 0 || len(d.Realms[0].Forms) < 5 || len(d.Realms[0].Tenants[1].Units) < 3 {
				t.Fatalf("what was written does not fit: %v", list)
			}
			// Where it comes from, nothing of it is new.
			if rep, err := h.ImportRealms(ctx, op, read, app.RealmOptions{}); err != nil || len(lines(rep)) > 0 {
				t.Errorf("at home: %v %v", err, lines(rep))
			}
			rep, err := b.ImportRealms(ctx, op, read, app.RealmOptions{})
			if err != nil || rep.Counts[app.Refused] != 33 || rep.Counts[app.Taken] != len(rep.Lines)-33 {
				t.Fatalf("elsewhere: %v %v", err, lines(rep))
			}
			for _, l := range rep.Lines {
				if l.Outcome == app.Refused && (l.Kind != "extension" || !strings.Contains(l.Why, "settings: missing")) {
					t.Errorf("%+v", l)
				}
			}
			again, err := b.ExportRealm(ctx, op, "kreis-musterland")
			if err != nil {
				t.Fatal(err)
			}
			for i := range d.Realms[0].Tenants {
				d.Realms[0].Tenants[i].Extensions = nil
			}
			want, err1 := d.Write()
			got, err2 := again.Write()
			if err1 != nil || err2 != nil || !bytes.Equal(want, got) {
				t.Errorf("it differs elsewhere: %d and %d bytes", len(want), len(got))
			}
			if _, err := h.ExportRealm(ctx, op, "nirgends"); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("a realm that is not there: %v", err)
			}
		})
	}
}
