package provider

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// world is a realm of two authorities with a provider.
type world struct {
	t    *testing.T
	s    *Service
	c    *clock.Fake
	a, b perm.Staff
	host tenancy.Door
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) {
		ctx, op := t.Context(), perm.System{Name: "test"}
		w := &world{t: t, c: c}
		dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
		w.must(err)
		r, err := dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a", AccountHost: "konto.localhost"})
		w.must(err)
		for _, x := range []struct {
			slug string
			at   *perm.Staff
		}{{"a", &w.a}, {"b", &w.b}} {
			ten, err := dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: x.slug, Name: x.slug, Kind: tenancy.KindStadt, Sign: strings.ToUpper(x.slug + x.slug + x.slug), ARS: "990010001001"})
			w.must(err)
			w.must(dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: x.slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("P "+x.slug, "")}}))
			*x.at = perm.Staff{Realm: r.ID, Tenant: ten.ID, Staff: ident.New[ident.StaffID](c.Now()), Grants: []perm.Grant{{Role: perm.Administrator}}}
		}
		w.must(dir.Reload(ctx))
		w.host, _ = dir.AccountDoor(r.ID)
		w.s = New(Config{DB: d, Directory: dir, Accounts: accounts.New(accounts.Config{DB: d, Directory: dir})})
		fn(t, w)
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func registration() Client {
	return Client{Name: "Termine", Vendor: "Werk GmbH", Redirects: []string{"https://termine.example/zurueck"}, Scopes: []string{"profile"}, Level: perm.LevelBasis}
}

func TestAClientBelongsToOneAuthority(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		if !w.a.May(perm.EditPortal) {
			t.Fatal("the test's administrator may nothing")
		}
		c, secret, err := w.s.Register(ctx, w.a, registration())
		w.must(err)
		got, ten, err := w.s.client(ctx, w.host.Realm.ID, c.Key)
		w.must(err)
		if ten.ID != w.a.Tenant || !got.knows(secret) || got.knows(secret[1:]) || got.knows("") || string(got.secret) == secret || !strings.HasPrefix(c.Key, "a.") {
			t.Errorf("%+v", got)
		}
		if _, _, err := w.s.client(ctx, w.host.Realm.ID, "b."+string(c.ID)); !errs.Is(err, errs.KindNotFound) {
			t.Error("another authority has it")
		}
		if list, _ := w.s.Clients(ctx, w.b); len(list) > 0 {
			t.Error("another authority sees it")
		}
		nobody := w.a
		nobody.Grants = nil
		for name, err := range map[string]error{
			"rotate elsewhere": second(w.s.Rotate(ctx, w.b, c.ID)), "stop elsewhere": w.s.Enable(ctx, w.b, c.ID, false), "remove elsewhere": w.s.Remove(ctx, w.b, c.ID),
		} {
			if !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, registered := w.s.Register(ctx, nobody, registration())
		_, listed := w.s.Clients(ctx, nobody)
		for name, err := range map[string]error{"register": registered, "list": listed, "rotate": second(w.s.Rotate(ctx, nobody, c.ID)), "stop": w.s.Enable(ctx, nobody, c.ID, false), "remove": w.s.Remove(ctx, nobody, c.ID)} {
			if !errs.Is(err, errs.KindForbidden) {
				t.Errorf("%s without the right: %v", name, err)
			}
		}
		w.c.Advance(time.Minute)
		_, next, err := w.s.Rotate(ctx, w.a, c.ID)
		w.must(err)
		if got, _, _ = w.s.client(ctx, w.host.Realm.ID, c.Key); got.knows(secret) || !got.knows(next) || !got.SecretAt.After(got.CreatedAt) {
			t.Error("the secret of before is good, or the new one is not")
		}
		w.must(w.s.Enable(ctx, w.a, c.ID, false))
		if got, _, _ = w.s.client(ctx, w.host.Realm.ID, c.Key); got.Enabled {
			t.Error("not switched off")
		}
		w.must(w.s.Remove(ctx, w.a, c.ID))
		if err := w.s.Remove(ctx, w.a, c.ID); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

func second(_ Client, _ string, err error) error { return err }

func TestARegistrationIsChecked(t *testing.T) {
	for _, c := range []struct {
		name  string
		with  func(*Client)
		loop  bool
		field string
	}{
		{name: "as it should be", with: func(*Client) {}},
		{name: "no name", with: func(c *Client) { c.Name = " " }, field: "name"},
		{name: "no vendor", with: func(c *Client) { c.Vendor = "" }, field: "vendor"},
		{name: "a long name", with: func(c *Client) { c.Name = strings.Repeat("ä", 101) }, field: "name"},
		{name: "no address", with: func(c *Client) { c.Redirects = nil }, field: "redirects"},
		{name: "an unknown scope", with: func(c *Client) { c.Scopes = []string{"phone"} }, field: "scopes"},
		{name: "no level", with: func(c *Client) { c.Level = perm.LevelNone }, field: "level"},
		{name: "http", with: func(c *Client) { c.Redirects = []string{"http://termine.example/"} }, loop: true, field: "redirects"},
		{name: "http of this machine", with: func(c *Client) { c.Redirects = []string{"http://127.0.0.1:99/"} }, field: "redirects"},
		{name: "http of this machine in the demonstration", with: func(c *Client) { c.Redirects = []string{"http://127.0.0.1:99/"} }, loop: true},
		{name: "a fragment", with: func(c *Client) { c.Redirects = []string{"https://termine.example/#x"} }, field: "redirects"},
		{name: "a user", with: func(c *Client) { c.Redirects = []string{"https://a@termine.example/"} }, field: "redirects"},
		{name: "a pattern", with: func(c *Client) { c.Redirects = []string{"https://*.termine.example/"} }, field: "redirects"},
		{name: "a script", with: func(c *Client) { c.Redirects = []string{"javascript:alert(1)"} }, field: "redirects"},
		{name: "no host", with: func(c *Client) { c.Redirects = []string{"https:///zurueck"} }, field: "redirects"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := registration()
			c.with(&x)
			_, err := New(Config{Loopback: c.loop}).clean(x)
			f := errs.FieldsOf(err)
			if c.field == "" && err != nil || c.field != "" && (len(f) != 1 || f[0].Name != c.field) {
				t.Errorf("%v %v", err, f)
			}
		})
	}
}

func TestOneSubjectForEachModule(t *testing.T) {
	k := seal.Random()
	c, d := Client{Tenant: "t", ID: "c"}, Client{Tenant: "t", ID: "d"}
	if subject(k, c, "p") != subject(k, c, "p") || subject(k, c, "p") == subject(k, d, "p") || subject(k, c, "p") == subject(k, c, "q") || subject(k, c, "p") == subject(seal.Random(), c, "p") {
		t.Error("subjects are not pairwise")
	}
}

func TestClaimsAreNoMoreThanScopeAndConsentAndLevelGive(t *testing.T) {
	p := accounts.Profile{
		accounts.AttrGiven: {Value: pii.New("Ada"), Level: perm.LevelHigh}, accounts.AttrFamily: {Value: pii.New("Zzmarke"), Level: perm.LevelSubstantial},
		accounts.AttrMail: {Value: pii.New("ada@post.example")}, accounts.AttrCity: {Value: pii.New("Torhausen"), Level: perm.LevelBasis}, accounts.AttrIBAN: {Value: pii.New("DE00")},
	}
	all := []string{"openid", "profile", "email", "address"}
	for _, c := range []struct {
		name   string
		scopes []string
		agreed []accounts.Attr
		level  perm.Level
		want   string // given, family, mail, city
		loa    map[string]string
	}{
		{"everything", all, accounts.Attrs(), perm.LevelHigh, "Ada Zzmarke ada@post.example Torhausen", map[string]string{"given_name": ACR(perm.LevelHigh), "family_name": ACR(perm.LevelSubstantial), "name": ACR(perm.LevelSubstantial), "address": ACR(perm.LevelBasis)}},
		{"nothing is surer than the sign-in", all[:2], accounts.Attrs(), perm.LevelBasis, "Ada Zzmarke  ", map[string]string{"given_name": ACR(perm.LevelBasis), "family_name": ACR(perm.LevelBasis), "name": ACR(perm.LevelBasis)}},
		{"no scope", all[:1], accounts.Attrs(), perm.LevelHigh, "   ", nil},
		{"no consent", all, nil, perm.LevelHigh, "   ", nil},
		{"consent to a part", all, []accounts.Attr{accounts.AttrMail}, perm.LevelHigh, "  ada@post.example ", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := &oidc.UserInfo{}
			claims(u, p, c.scopes, c.agreed, c.level)
			loa, _ := u.Claims["claims_loa"].(map[string]string)
			if got := strings.Join([]string{u.GivenName, u.FamilyName, u.Email, u.GetAddress().Locality}, " "); got != c.want || bool(u.EmailVerified) || len(loa) != len(c.loa) {
				t.Errorf("%q %v", got, loa)
			}
			for k, v := range c.loa {
				if loa[k] != v {
					t.Errorf("%s: %s", k, loa[k])
				}
			}
		})
	}
}

func FuzzParseAsk(f *testing.F) {
	good := "client_id=a.b&redirect_uri=https%3A%2F%2Fx.example%2F&response_type=code&scope=openid+profile&state=s&nonce=n&code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU&code_challenge_method=S256"
	for _, s := range []string{good, good + "&prompt=none", good + "&max_age=0&acr_values=http://eidas.europa.eu/LoA/high", good + "&scope=openid", "", "scope=%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, _ := url.ParseQuery(raw)
		a, err := parseAsk(q)
		if !printable(a.state) || len(a.state) > maxState {
			t.Fatalf("state %q goes back", a.state)
		}
		if err != nil {
			return
		}
		if a.scopes[0] != "openid" || len(a.challenge) != 43 || len(a.nonce) > maxNonce || a.none && a.login || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" {
			t.Fatalf("%+v", a)
		}
		for _, w := range strings.Fields(q.Get("scope")) {
			if !slices.Contains(a.scopes, w) {
				t.Fatalf("scope %q was dropped in silence", w)
			}
		}
	})
}
