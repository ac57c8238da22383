package catalogue_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	demofiles "stadttor/internal/app/demo/catalogue"
	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

type house struct {
	c     *catalogue.Catalogue
	dir   *tenancy.Directory
	realm tenancy.Realm
	ten   map[string]tenancy.Tenant
}

func build(t testing.TB, d *db.DB, root seal.Key, slugs ...string) house {
	t.Helper()
	ctx := context.Background()
	dir, err := tenancy.OpenDirectory(ctx, d, root)
	if err != nil {
		t.Fatal(err)
	}
	h := house{dir: dir, ten: map[string]tenancy.Tenant{}, c: catalogue.New(catalogue.Config{DB: d, Directory: dir})}
	if r, ok := dir.RealmBySlug("kreis-musterland"); ok {
		h.realm = r
	} else if h.realm, err = dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"}); err != nil {
		t.Fatal(err)
	}
	for i, s := range slugs {
		ten, ok := dir.TenantBySlug(s)
		if !ok {
			if ten, err = dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: h.realm.ID, Slug: s, Name: s, Kind: "stadt", Sign: string([]byte{'A', 'A', byte('A' + i)}), ARS: "990010001001"}); err != nil {
				t.Fatal(err)
			}
			if err := dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: s + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook(s, "")}}); err != nil {
				t.Fatal(err)
			}
		}
		h.ten[s] = ten
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) library() tenancy.Layer { return tenancy.Layer{Realm: h.realm} }
func (h house) of(slug string) tenancy.Layer {
	t := h.ten[slug]
	return tenancy.Layer{Realm: h.realm, Tenant: &t}
}

func (h house) imp(t testing.TB, target tenancy.Layer, file string) catalogue.Report {
	t.Helper()
	f, err := demofiles.Files.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := h.c.Import(context.Background(), op, target, f, catalogue.ImportOptions{Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func (h house) view(t testing.TB, slug string) *catalogue.View {
	t.Helper()
	v, err := h.c.Published(context.Background(), h.ten[slug].ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCitizensSeeTheLibraryWithTheTenantsWordsOverIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen", "aulenried")
		for _, f := range []string{"bibliothek-musterland-tiere-abfall.xml", "bibliothek-musterland-onlinedienste.xml"} {
			if rep := h.imp(t, h.library(), f); rep.Counts["refused"] > 0 || rep.Counts["taken"] == 0 {
				t.Fatal(f, rep.Counts)
			}
		}
		for _, s := range []string{"torhausen", "aulenried"} {
			if rep := h.imp(t, h.of(s), s+".xml"); rep.Counts["refused"] > 0 {
				for _, l := range rep.Lines {
					if l.Outcome == "refused" {
						t.Errorf("%+v", l)
					}
				}
			}
		}
		tor, aul := h.view(t, "torhausen"), h.view(t, "aulenried")
		a, ok := tor.Service("hundesteuer-anmeldung")
		b, ok2 := aul.Service("hundesteuer-anmeldung")
		if !ok || !ok2 || a.Title != b.Title || a.Legal == "" {
			t.Fatal("the library's words are not inherited")
		}
		if a.Fees[0].From == b.Fees[0].From || !a.Own["fees"] {
			t.Errorf("the tenants' own fees are not shown: %v, %v", a.Fees, b.Fees)
		}
		if a.Level != "gemeinde" || a.Form != "hundesteuer-anmeldung" || !a.Offered || a.Unit == nil || len(a.Unit.Hours) == 0 {
			t.Errorf("level %q form %q offered %v unit %v", a.Level, a.Form, a.Offered, a.Unit)
		}
		if r := tor.Search(search.Query{Text: "Hund anmelden", Limit: 5}); len(r.Hits) == 0 || r.Hits[0].ID != a.ID {
			t.Errorf("search gives %v", r.Hits)
		}
		if f, people, services, ok := tor.Facility(a.Unit.Slug); !ok || f.Name == "" || len(people) == 0 || len(services) == 0 {
			t.Error("the facility's page is empty")
		}
		if _, ok := tor.Service("gibt-es-nicht"); ok {
			t.Error("an unknown slug was found")
		}
		// The same file again changes nothing.
		if rep := h.imp(t, h.of("torhausen"), "torhausen.xml"); rep.Counts["taken"]+rep.Counts["changed"] > 0 {
			t.Errorf("second import: %v", rep.Counts)
		}
	})
}

func TestABrokenObjectDoesNotStopTheRest(t *testing.T) {
	raw, err := os.ReadFile("../app/demo/catalogue/bibliothek-musterland-tiere-abfall.xml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	i := strings.Index(text, "<xzufi:id") // the first object loses its identifier
	j := strings.Index(text[i:], "</xzufi:id>") + i + len("</xzufi:id>")
	broken := text[:i] + text[j:]
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen")
		whole, err := h.c.Import(t.Context(), op, h.of("torhausen"), strings.NewReader(text), catalogue.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := h.c.Import(t.Context(), op, h.library(), strings.NewReader(broken), catalogue.ImportOptions{Publish: true})
		if err != nil || rep.Counts["refused"] != 1 || rep.Counts["taken"] != whole.Counts["taken"]-1 {
			t.Errorf("%v %v (whole: %v)", rep.Counts, err, whole.Counts)
		}
		for _, l := range rep.Lines {
			if l.Outcome == "refused" && (l.Why == "" || l.Line == 0) {
				t.Errorf("the report does not say which and why: %+v", l)
			}
		}
		for name, text := range map[string]string{"not XML": "Sehr geehrte Damen und Herren", "another XML": "<html><body>x</body></html>", "empty": ""} {
			rep, err := h.c.Import(t.Context(), op, h.library(), strings.NewReader(text), catalogue.ImportOptions{Publish: true})
			if !errs.Is(err, errs.KindInvalid) || len(rep.Lines) > 0 {
				t.Errorf("%s: %v %v", name, rep.Counts, err)
			}
		}
		if n := len(h.view(t, "torhausen").Services()); n != rep.Counts["taken"] {
			t.Errorf("%d services are read; the tenant's drafts are not published", n)
		}
	})
}

func TestOnlyOwnEditorsEdit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen", "aulenried")
		h.imp(t, h.library(), "bibliothek-musterland-tiere-abfall.xml")
		staff := func(slug string, r perm.Role) perm.Staff {
			return perm.Staff{Realm: h.realm.ID, Tenant: h.ten[slug].ID, Grants: []perm.Grant{{Role: r}}}
		}
		for name, c := range map[string]struct {
			actor  perm.Actor
			target tenancy.Layer
			may    bool
		}{
			"own editor":                    {staff("torhausen", perm.Editor), h.of("torhausen"), true},
			"foreign editor":                {staff("aulenried", perm.Editor), h.of("torhausen"), false},
			"caseworker":                    {staff("torhausen", perm.Caseworker), h.of("torhausen"), false},
			"editor in the library":         {staff("torhausen", perm.Editor), h.library(), false},
			"realm admin in the library":    {staff("torhausen", perm.RealmAdmin), h.library(), true},
			"realm admin in a tenant":       {staff("torhausen", perm.RealmAdmin), h.of("torhausen"), false},
			"citizen":                       {perm.Citizen{Realm: h.realm.ID, Tenant: h.ten["torhausen"].ID}, h.of("torhausen"), false},
			"another realm's administrator": {perm.Staff{Realm: "x", Tenant: "y", Grants: []perm.Grant{{Role: perm.RealmAdmin}}}, h.library(), false},
		} {
			_, err := h.c.Edit(t.Context(), c.actor, c.target, "hundesteuer-anmeldung")
			if (err == nil) != c.may {
				t.Errorf("%s: %v", name, err)
			}
		}
		ed := staff("torhausen", perm.Editor)
		dr, err := h.c.Edit(t.Context(), ed, h.of("torhausen"), "hundesteuer-anmeldung")
		if err != nil || dr.Library.Title == "" || dr.Version != 0 {
			t.Fatal(dr.Version, err)
		}
		dr.Own.Notes = `<p onclick="x()">Bitte <script>alert(1)</script>beachten</p>`
		if err := h.c.Save(t.Context(), ed, h.of("torhausen"), dr.Own, 0, true); err != nil {
			t.Fatal(err)
		}
		if err := h.c.Save(t.Context(), ed, h.of("torhausen"), dr.Own, 0, true); !errs.Is(err, errs.KindConflict) {
			t.Errorf("the second editor of the same version: %v", err)
		}
		p, _ := h.view(t, "torhausen").Service("hundesteuer-anmeldung")
		if p.Notes != "<p>Bitte beachten</p>" {
			t.Errorf("notes: %q", p.Notes)
		}
		if q, _ := h.view(t, "aulenried").Service("hundesteuer-anmeldung"); q.Notes == p.Notes {
			t.Error("another tenant's words are shown")
		}
		// The library changes: the editor is told.
		lib := dr.Library
		lib.Short = "<p>Neu.</p>"
		if err := h.c.Save(t.Context(), op, h.library(), lib, 1, true); err != nil {
			t.Fatal(err)
		}
		if dr, err = h.c.Edit(t.Context(), ed, h.of("torhausen"), "hundesteuer-anmeldung"); err != nil || !dr.Upstream {
			t.Errorf("the change upstream is not shown: %v", err)
		}
		if err := h.c.SetOffer(t.Context(), ed, h.of("torhausen"), lib.ID, "", true); err != nil {
			t.Fatal(err)
		}
		if err := h.c.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, _ := h.view(t, "torhausen").Service("hundesteuer-anmeldung"); !p.Offered || p.Short != "<p>Neu.</p>" {
			t.Errorf("after the refresh: offered %v, short %q", p.Offered, p.Short)
		}
		if q, _ := h.view(t, "aulenried").Service("hundesteuer-anmeldung"); q.Offered || len(q.Elsewhere) != 1 {
			t.Errorf("aulenried: offered %v, elsewhere %v", q.Offered, q.Elsewhere)
		}
		told := map[ident.TenantID]bool{}
		h.c.OnChange(func(t ident.TenantID) { told[t] = true })
		if err := h.c.SetOffer(t.Context(), ed, h.of("torhausen"), lib.ID, "", false); err != nil {
			t.Fatal(err)
		}
		if err := h.c.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if q, _ := h.view(t, "aulenried").Service("hundesteuer-anmeldung"); len(q.Elsewhere) != 0 {
			t.Errorf("nobody offers it any more, aulenried still points to %v", q.Elsewhere)
		}
		if !told[h.view(t, "aulenried").Tenant.ID] {
			t.Error("aulenried's kept pages were not told that a neighbour switched a service off")
		}
	})
}

func TestAPublicationReachesTheOtherNode(t *testing.T) {
	if len(dbtest.Engines()) < 2 {
		t.Skip("PostgreSQL left out on purpose")
	}
	url, root := dbtest.URL(t, "postgres"), seal.Random()
	open := func() *db.DB {
		d, err := db.Open(t.Context(), db.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	one := build(t, open(), root, "torhausen")
	one.imp(t, one.library(), "bibliothek-musterland-tiere-abfall.xml")
	two := build(t, open(), root, "torhausen")
	two.view(t, "torhausen")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { two.c.Follow(ctx, slog.New(slog.DiscardHandler)); close(done) }()
	defer func() { cancel(); <-done }()
	time.Sleep(200 * time.Millisecond) // LISTEN is on its way
	dr, err := one.c.Edit(t.Context(), op, one.of("torhausen"), "hundesteuer-anmeldung")
	if err != nil {
		t.Fatal(err)
	}
	dr.Own.Short = "<p>Jetzt anders.</p>"
	if err := one.c.Save(t.Context(), op, one.of("torhausen"), dr.Own, 0, true); err != nil {
		t.Fatal(err)
	}
	clocktest.Soon(t, "the new text on the other node", func() bool {
		p, _ := two.view(t, "torhausen").Service("hundesteuer-anmeldung")
		return p.Short == dr.Own.Short
	})
}
