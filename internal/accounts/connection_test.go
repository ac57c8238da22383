package accounts_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// kind is one whose methods say yes to the person named in the settings and
// know the secret.
var kind = accounts.Kind{Name: "ja", Title: "Ja", Settings: []accounts.Setting{{Key: "wer", Type: accounts.SettingText, Need: true}, {Key: "geheim", Type: accounts.SettingSecret}},
	New: func(_ context.Context, settings json.RawMessage, secret func(string) (string, error)) (accounts.Method, error) {
		var s struct{ Wer string }
		if err := json.Unmarshal(settings, &s); err != nil || s.Wer == "" {
			return nil, errs.Invalid("login.settings-refused", errs.Field{Name: "wer", Key: "login.settings-refused"})
		}
		if s.Wer == "kaputt" {
			return nil, errors.New("broken inside")
		}
		if v, err := secret("geheim"); err != nil || v != "Zzgeheim" {
			return nil, errs.Invalid("login.secret-missing", errs.Field{Name: "geheim", Key: "login.secret-missing"})
		}
		return yes{accounts.Identity{Subject: s.Wer, Level: perm.LevelHigh, Means: "Ja"}}, nil
	}}

func TestAConnectionIsMadeOnceAndKnownEverywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		h, ctx := build(t, d, c), t.Context()
		s := accounts.New(accounts.Config{DB: d, Directory: h.dir, Kinds: []accounts.Kind{kind}, Methods: []accounts.Named{{Name: demo.Name, Title: "Demo", Method: h.p, Citizens: true, Staff: true}}})
		other := accounts.New(accounts.Config{DB: d, Directory: h.dir, Kinds: []accounts.Kind{kind}}) // another node
		staff := func(door string, role perm.Role) perm.Staff {
			x, _ := h.dir.ByHost(door)
			return perm.Staff{Realm: x.Realm.ID, Tenant: x.Tenant.ID, Staff: "s", Grants: []perm.Grant{{Role: role}}}
		}
		realm, admin := staff("a.localhost", perm.RealmAdmin), staff("a.localhost", perm.Administrator)
		good := accounts.Connection{Name: "ja-sager", Title: "Ja", Kind: "ja", Enabled: true, MaxLevel: perm.LevelSubstantial, Settings: json.RawMessage(`{"wer":"ada"}`)}
		key := map[string]string{"geheim": "Zzgeheim"}
		change := func(f func(*accounts.Connection)) accounts.Connection { x := good; f(&x); return x }
		for name, x := range map[string]struct {
			actor   perm.Staff
			c       accounts.Connection
			secrets map[string]string
			kind    errs.Kind
		}{
			"an administrator of one authority":   {admin, good, key, errs.KindForbidden},
			"a realm's administrator, for staff":  {perm.Staff{Realm: realm.Realm, Tenant: realm.Tenant, Grants: []perm.Grant{{Role: perm.Editor}}}, change(func(x *accounts.Connection) { x.Tenant = realm.Tenant }), key, errs.KindForbidden},
			"for the staff of another authority":  {admin, change(func(x *accounts.Connection) { x.Tenant = h.b.Tenant.ID }), key, errs.KindNotFound},
			"no secret":                           {realm, good, nil, errs.KindInvalid},
			"settings that the kind refuses":      {realm, change(func(x *accounts.Connection) { x.Settings = json.RawMessage(`{}`) }), key, errs.KindInvalid},
			"settings that are none":              {realm, change(func(x *accounts.Connection) { x.Settings = json.RawMessage(`{`) }), key, errs.KindInvalid},
			"a name for addresses that is none":   {realm, change(func(x *accounts.Connection) { x.Name = "../ja" }), key, errs.KindInvalid},
			"no title":                            {realm, change(func(x *accounts.Connection) { x.Title = " " }), key, errs.KindInvalid},
			"a kind that does not exist":          {realm, change(func(x *accounts.Connection) { x.Kind = "nein" }), key, errs.KindInvalid},
			"the name of a method of the program": {realm, change(func(x *accounts.Connection) { x.Name = demo.Name }), key, errs.KindConflict},
		} {
			if err := s.SaveConnection(ctx, x.actor, x.c, x.secrets); !errs.Is(err, x.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.SaveConnection(ctx, realm, good, key); err != nil {
			t.Fatal(err)
		}
		good.Title = "Jaja"
		if err := s.SaveConnection(ctx, realm, good, nil); err != nil { // the secret stays
			t.Fatal(err)
		}
		if err := other.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]*accounts.Service{"the node that saved": s, "another node": other} {
			list := x.Methods(accounts.KindCitizen, h.b)
			if m := list[len(list)-1]; m.Name != "ja-sager" || m.Title != "Jaja" || m.MaxLevel != perm.LevelSubstantial || !m.Citizens || m.Staff {
				t.Errorf("%s: %+v", name, m)
			}
			if len(x.Methods(accounts.KindStaff, h.a)) > 1 {
				t.Errorf("%s: offered to staff, too", name)
			}
		}
		// Nothing of it lies in the clear, and no administrator reads a secret.
		var sealed []byte
		if err := d.View(ctx, h.a.Realm.Scope(), func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT sealed FROM sign_in_connection WHERE realm_id=$1 AND name='ja-sager'`, string(tx.Realm())).Scan(&sealed)
		}); err != nil || strings.Contains(string(sealed), "Zzgeheim") || strings.Contains(string(sealed), "ada") {
			t.Error("settings in the clear", err)
		}
		list, err := s.Connections(ctx, realm, false)
		if b, _ := json.Marshal(list); err != nil || len(list) != 2 || len(list[1].Secrets) != 1 || strings.Contains(string(b), "Zzgeheim") {
			t.Error(list, err)
		}
		if _, err := s.Connections(ctx, admin, false); !errs.Is(err, errs.KindForbidden) {
			t.Error(err)
		}
		// It is a way in; switched off, whoever came by it is out.
		b := loginstest.New(s, h.dir, func(x accounts.Begun) url.Values { u, _ := url.Parse(x.Redirect); return u.Query() })
		e, _, err := b.SignIn(ctx, h.b, "ja-sager", perm.LevelSubstantial)
		if err != nil || e.Citizen.Level != perm.LevelSubstantial || e.Citizen.Means != "Ja" {
			t.Fatal(e, err)
		}
		good.Enabled = false
		if err := s.SaveConnection(ctx, realm, good, nil); err != nil {
			t.Fatal(err)
		}
		if who, _ := s.Citizen(ctx, h.b, e.Secret); !who.Guest() {
			t.Error("a session by a method that was switched off")
		}
		if who, _ := s.AccountCitizen(ctx, h.host, b.Session["konto.localhost"]); !who.Guest() {
			t.Error("a sign-in by a method that was switched off")
		}
		// One that cannot be made is said so when it is used, and hides no other.
		good.Enabled, good.Settings = false, json.RawMessage(`{"wer":"kaputt"}`)
		if err := s.SaveConnection(ctx, realm, good, nil); err != nil { // kept, because it is off
			t.Fatal(err)
		}
		if err := d.InTx(ctx, h.a.Realm.Scope(), func(tx *db.Tx) error {
			enabled := true
			_, err := tx.Exec(ctx, `UPDATE sign_in_connection SET enabled=$2, updated_at=updated_at+1 WHERE realm_id=$1`, string(tx.Realm()), enabled)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		_, a, err := b.Begin(ctx, h.b, accounts.Wish{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.TryMethod(ctx, h.host, b.Visitor(h.host), "http://konto.localhost", a.Ticket, "ja-sager"); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("a broken method: %v", err)
		}
		if list := s.Broken(); len(list) != 1 || !strings.Contains(list[0], "ja-sager") {
			t.Error("the operator is not told", list)
		}
		if list, _ := s.Connections(ctx, realm, false); list[1].Problem == "" {
			t.Error("nobody is told what is wrong")
		}
		if n := len(s.Methods(accounts.KindCitizen, h.b)); n != 2 {
			t.Errorf("%d methods", n)
		}
	})
}

func BenchmarkSignIn(b *testing.B) {
	c := clock.NewFake(dbtest.Start)
	d := dbtest.Open(b, "sqlite", c)
	h := loginstest.Open(b, d, c, accounts.Named{Name: "ja", Method: yes{}, Citizens: true})
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		who := accounts.Identity{Subject: ident.Secret(), Level: perm.LevelHigh, Means: "Ja"}
		h := h
		h.Service = accounts.New(accounts.Config{DB: d, Directory: h.Directory, Methods: []accounts.Named{{Name: "ja", Method: yes{who}, Citizens: true}}})
		for pb.Next() {
			br := loginstest.New(h.Service, h.Directory, func(x accounts.Begun) url.Values { u, _ := url.Parse(x.Redirect); return u.Query() })
			if _, _, err := br.SignIn(b.Context(), h.A, "ja", perm.LevelBasis); err != nil {
				b.Fatal(err)
			}
		}
	})
}
