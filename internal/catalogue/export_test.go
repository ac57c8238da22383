package catalogue_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	demofiles "stadttor/internal/app/demo/catalogue"
	"stadttor/internal/catalogue"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// rows gives what a layer holds, by kind and identifier; texts as stored.
func (h house) rows(t testing.TB, d *db.DB, target tenancy.Layer, column string) map[string]string {
	t.Helper()
	out := map[string]string{}
	var scope db.Scope = target.Realm.Scope()
	tenant := ""
	if target.Tenant != nil {
		scope, tenant = target.Tenant.Scope(), string(target.Tenant.ID)
	}
	err := d.View(t.Context(), scope, func(tx *db.Tx) error {
		for _, q := range []string{
			`SELECT kind||'/'||id, slug||' '||` + column + ` FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND kind<>'situation' AND ` + column + `<>''`,
			`SELECT 'offer/'||service_id, unit_slug||' '||CASE WHEN offered THEN 'yes' ELSE 'no' END FROM catalogue_offer WHERE tenant_id=$1 AND realm_id=$2`,
		} {
			rows, err := tx.Query(t.Context(), q, tenant, string(target.Realm.ID))
			if _, err := db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
				var k, v string
				err = r.Scan(&k, &v)
				out[k] = v
				return x, err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h house) export(t testing.TB, target tenancy.Layer, publishedOnly bool) ([]byte, int) {
	t.Helper()
	var b bytes.Buffer
	n, err := h.c.Export(t.Context(), op, target, &b, publishedOnly)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), n
}

func (h house) take(t testing.TB, target tenancy.Layer, file []byte, publish bool) catalogue.Report {
	t.Helper()
	rep, err := h.c.Import(t.Context(), op, target, bytes.NewReader(file), catalogue.ImportOptions{Publish: publish})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range rep.Lines {
		if l.Outcome == "refused" {
			t.Errorf("refused: %+v", l)
		}
	}
	return rep
}

// wellFormed asks a parser that is not ours.
func wellFormed(t testing.TB, file []byte) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "export.xml")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("xmllint", "--noout", name).CombinedOutput(); err != nil {
		t.Fatalf("xmllint (scripts/setup installs it): %v: %.500s", err, out)
	}
}

// twin makes an empty house of the same shape on another realm.
func twin(t testing.TB, h house, slug string) house {
	t.Helper()
	two := h
	var err error
	if two.realm, err = h.dir.CreateRealm(t.Context(), op, tenancy.Realm{Slug: "kreis-zwilling", Name: "Kreis Zwilling"}); err != nil {
		t.Fatal(err)
	}
	ten, err := h.dir.CreateTenant(t.Context(), op, tenancy.Tenant{Realm: two.realm.ID, Slug: slug + "-zwilling", Name: slug, Kind: "stadt", Sign: "ZZZ", ARS: "990010001001"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.dir.SavePortal(t.Context(), op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: ten.Slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook(slug, "")}}); err != nil {
		t.Fatal(err)
	}
	if err := h.dir.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	two.ten = map[string]tenancy.Tenant{slug: ten}
	return two
}

func libraryFiles(t testing.TB) []string {
	t.Helper()
	files, err := fs.Glob(demofiles.Files, "bibliothek-musterland-*.xml")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	return files
}

func TestWhatGoesOutComesBackEqual(t *testing.T) {
	files := libraryFiles(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen")
		for _, f := range files {
			h.imp(t, h.library(), f)
		}
		h.imp(t, h.of("torhausen"), "torhausen.xml")
		two := twin(t, h, "torhausen")
		for _, step := range []struct {
			name     string
			from, to tenancy.Layer
			least    int
		}{
			{"library of a realm", h.library(), two.library(), 250},
			{"tenant over its library", h.of("torhausen"), two.of("torhausen"), 20},
		} {
			file, n := h.export(t, step.from, false)
			wellFormed(t, file)
			if n < step.least {
				t.Fatalf("%s: %d objects", step.name, n)
			}
			rep := two.take(t, step.to, file, true)
			if rep.Counts["taken"] != n {
				t.Errorf("%s: %d objects written, %v taken", step.name, n, rep.Counts)
			}
			if diff := cmp.Diff(h.rows(t, d, step.from, "draft"), two.rows(t, d, step.to, "draft")); diff != "" {
				t.Errorf("%s: %.6000s", step.name, diff)
			}
			if rep := h.take(t, step.from, file, true); rep.Counts["taken"]+rep.Counts["changed"] > 0 {
				t.Errorf("%s: its own file changes it: %v", step.name, rep.Counts)
			}
		}
		a, b := h.view(t, "torhausen"), two.view(t, "torhausen")
		if diff := cmp.Diff(a.Services(), b.Services()); diff != "" {
			t.Errorf("citizens read another list: %.3000s", diff)
		}
		for _, item := range a.Services() {
			p, _ := a.Service(item.Slug)
			q, _ := b.Service(item.Slug)
			p.Elsewhere, q.Elsewhere = nil, nil // other tenants are there and here
			if diff := cmp.Diff(p, q); diff != "" {
				t.Fatalf("citizens read another %s: %.3000s", item.Slug, diff)
			}
		}
		if diff := cmp.Diff(a.Contacts(), b.Contacts()); diff != "" {
			t.Errorf("contacts: %.1000s", diff)
		}
	})
}

func TestAllFilesOfTheDemoComeBackEqual(t *testing.T) {
	d := dbtest.Open(t, "sqlite", clock.NewFake(dbtest.Start))
	h := build(t, d, seal.Random(), "aulenried", "kreis-musterland", "nordhafen")
	for _, f := range libraryFiles(t) {
		h.imp(t, h.library(), f)
	}
	two := twin(t, h, "x")
	file, _ := h.export(t, h.library(), true)
	two.take(t, two.library(), file, true)
	for slug, name := range map[string]string{"aulenried": "aulenried.xml", "kreis-musterland": "kreis-musterland.xml", "nordhafen": "nordau-nordhafen.xml"} {
		h.imp(t, h.of(slug), name)
		file, n := h.export(t, h.of(slug), true)
		wellFormed(t, file)
		again := h // the same content under another tenant
		ten, err := h.dir.CreateTenant(t.Context(), op, tenancy.Tenant{Realm: two.realm.ID, Slug: slug + "-zwei", Name: slug, Kind: "stadt", Sign: "Y" + strings.ToUpper(slug[:2]), ARS: "990010001001"})
		if err != nil {
			t.Fatal(err)
		}
		again.ten, again.realm = map[string]tenancy.Tenant{slug: ten}, two.realm
		again.take(t, again.of(slug), file, true)
		if diff := cmp.Diff(h.rows(t, d, h.of(slug), "published"), h.rows(t, d, again.of(slug), "published")); diff != "" {
			t.Errorf("%s, %d objects: %.3000s", slug, n, diff)
		}
	}
}

func TestWhatEditorsTypeComesBack(t *testing.T) {
	own := catalogue.Service{ID: "T.1", Slug: "musterpruefung", Title: `Prüfung "A & B" < 3 Jahre`, Official: "Musterprüfung & Erteilung", LeiKa: "99102013002000", Level: catalogue.LevelKreis, Role: "steueramt", Trust: "hoch",
		Situations: []string{"umzug", "arbeit"}, Synonyms: []string{"Tier & Hof", "<Test>"}, Addressees: []string{"001", "002"},
		Short: "<p>Kurz &amp; gut.</p>", Full: `<p>Voll mit <a href="https://example.org/?a=1&amp;b=2">Verweis</a>.</p>`, Requirements: "<ul><li>eins</li></ul>", DocumentText: "<p>Unterlagen</p>",
		Documents: []catalogue.Document{{Name: "Ausweis & Pass"}, {Name: "Vollmacht", Optional: true, Note: "<p>Wenn Sie jemanden schicken.</p>"}},
		FeeText:   "<p>Gebühren</p>",
		Fees: []catalogue.Fee{{Text: "je Stück < 5 kg", From: 1250}, {Text: "Rahmen", From: 1000, To: 9900}, {Text: "bis zu", To: 500}, {Text: "frei für Kinder", Free: true},
			{Text: "nach Aufwand", Open: true}, {From: 0}, {From: 99_999_999_99}},
		DeadlineText: "<p>Fristen</p>",
		Deadlines:    []catalogue.Deadline{{Text: "nach dem Einzug", Span: "2 Wochen"}, {Span: "1 Tag"}, {Text: "Bearbeitung", Span: "3 bis 6 Monate"}, {Text: "ohne Dauer"}},
		Duration:     "<p>4 Wochen</p>", Procedure: "<ol><li>Erst</li><li>dann</li></ol>", Legal: "<p>§ 1</p>", Notes: "<p>Hinweis</p>", More: "<p>Mehr</p>",
		Responsible: "<p>Amt</p>", Contact: "<p>Herr</p>", Remedy: "<p>Widerspruch</p>",
		Links: []catalogue.Link{{Title: "Satzung & Anlage", URL: "https://example.org/s?a=1&b=2"}, {Title: "https://example.org/x", URL: "https://example.org/x"}}}
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen")
		two := twin(t, h, "torhausen")
		if err := h.c.Save(t.Context(), op, h.of("torhausen"), own, 0, false); err != nil {
			t.Fatal(err)
		}
		if err := h.c.SetOffer(t.Context(), op, h.of("torhausen"), own.ID, "", false); err != nil {
			t.Fatal(err)
		}
		if err := h.c.SetOffer(t.Context(), op, h.of("torhausen"), "T.2", "", true); err != nil {
			t.Fatal(err)
		}
		if file, n := h.export(t, h.of("torhausen"), true); n != 2 || bytes.Contains(file, []byte("Musterpr")) {
			t.Errorf("%d objects, the draft is among what was published: %v", n, bytes.Contains(file, []byte("Musterpr")))
		}
		file, _ := h.export(t, h.of("torhausen"), false)
		wellFormed(t, file)
		two.take(t, two.of("torhausen"), file, false)
		if diff := cmp.Diff(h.rows(t, d, h.of("torhausen"), "draft"), two.rows(t, d, two.of("torhausen"), "draft")); diff != "" {
			t.Errorf("%s", diff)
		}
		// A span in other words and a mark that 2.2 does not have stay words.
		odd := catalogue.Service{ID: "T.3", Slug: "sonderfall", Title: "Sonderfall", Deadlines: []catalogue.Deadline{{Text: "einreichen", Span: "bis Ende März"}}, Documents: []catalogue.Document{{Name: "Attest", Optional: true}}}
		if err := h.c.Save(t.Context(), op, h.of("torhausen"), odd, 0, false); err != nil {
			t.Fatal(err)
		}
		file, _ = h.export(t, h.of("torhausen"), false)
		two.take(t, two.of("torhausen"), file, false)
		back, err := two.c.Edit(t.Context(), op, two.of("torhausen"), "sonderfall")
		if err != nil || back.Own.Deadlines[0].Text != "bis Ende März: einreichen" || !back.Own.Documents[0].Optional {
			t.Errorf("%v %+v", err, back.Own)
		}
	})
}

func TestAnOverrideWithoutANameInheritsItStill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen")
		h.imp(t, h.library(), "bibliothek-musterland-tiere-abfall.xml")
		dr, err := h.c.Edit(t.Context(), op, h.of("torhausen"), "hundesteuer-anmeldung")
		if err != nil {
			t.Fatal(err)
		}
		dr.Own.Notes = "<p>Nur hier.</p>"
		if err := h.c.Save(t.Context(), op, h.of("torhausen"), dr.Own, 0, true); err != nil {
			t.Fatal(err)
		}
		file, _ := h.export(t, h.of("torhausen"), true)
		h.take(t, h.of("torhausen"), file, true)
		p, _ := h.view(t, "torhausen").Service("hundesteuer-anmeldung")
		if p.Title != dr.Library.Title || p.Official != dr.Library.Official || len(p.Own) != 1 || !p.Own["notes"] {
			t.Errorf("title %q official %q own %v", p.Title, p.Official, p.Own)
		}
	})
}

func TestOnlyOwnEditorsExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Fake) {
		h := build(t, d, seal.Random(), "torhausen", "aulenried")
		h.imp(t, h.library(), "bibliothek-musterland-tiere-abfall.xml")
		staff := func(slug string, r perm.Role) perm.Staff {
			return perm.Staff{Realm: h.realm.ID, Tenant: h.ten[slug].ID, Staff: "s", Grants: []perm.Grant{{Role: r}}}
		}
		for name, c := range map[string]struct {
			actor  perm.Actor
			target tenancy.Layer
			may    bool
		}{
			"own editor":                 {staff("torhausen", perm.Editor), h.of("torhausen"), true},
			"foreign editor":             {staff("aulenried", perm.Editor), h.of("torhausen"), false},
			"caseworker":                 {staff("torhausen", perm.Caseworker), h.of("torhausen"), false},
			"editor, the realm's":        {staff("torhausen", perm.Editor), h.library(), false},
			"administrator of the realm": {staff("torhausen", perm.RealmAdmin), h.library(), true},
			"citizen":                    {perm.Citizen{Realm: h.realm.ID, Tenant: h.ten["torhausen"].ID}, h.of("torhausen"), false},
		} {
			var b bytes.Buffer
			_, err := h.c.Export(t.Context(), c.actor, c.target, &b, true)
			if (err == nil) != c.may || (err != nil && !errs.Is(err, errs.KindForbidden)) || (!c.may && b.Len() > 0) {
				t.Errorf("%s: %v, %d bytes", name, err, b.Len())
			}
		}
		if _, err := h.c.Export(t.Context(), op, h.library(), broken{}, true); !errors.Is(err, errBroken) {
			t.Errorf("a full disk gives %v", err)
		}
	})
}

var errBroken = errors.New("disk full")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
