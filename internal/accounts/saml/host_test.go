package saml_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/accounts/saml"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
	samlidp "stadttor/test/partners/saml"
)

const entity = "https://konto.kreis.example/saml"

// town is a realm with two nodes on one database and BundID as its only way in.
type town struct {
	nodes  [2]*accounts.Service
	dir    *tenancy.Directory
	portal tenancy.Door
	host   tenancy.Door
	idp    *samlidp.Provider
	clock  *clock.Fake
	d      *db.DB
}

func open(t *testing.T) *town {
	t.Helper()
	ctx, op := t.Context(), perm.System{Name: "test"}
	w := &town{clock: clock.NewFake(dbtest.Start), idp: &samlidp.Provider{EntityID: "https://bund.example/idp", SSO: "https://bund.example/sso", Key: samlidp.RSA("bund", 3072)}}
	w.d = dbtest.Open(t, "sqlite", w.clock)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.dir, err = tenancy.OpenDirectory(ctx, w.d, seal.Random())
	must(err)
	r, err := w.dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a", AccountHost: "konto.localhost"})
	must(err)
	ten, err := w.dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: r.ID, Slug: "a", Name: "a", Kind: "stadt", Sign: "AAA", ARS: "990010001001"})
	must(err)
	must(w.dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: "a.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("P", "")}}))
	must(w.dir.Reload(ctx))
	w.portal, _ = w.dir.ByHost("a.localhost")
	w.host, _ = w.dir.AccountDoor(r.ID)

	raw, err := os.ReadFile("testdata/bundid.json")
	must(err)
	settings := map[string]any{}
	must(json.Unmarshal(raw, &settings))
	ours := samlidp.RSA("ours", 3072)
	settings["entity_id"], settings["metadata"], settings["certificate"] = entity, w.idp.Metadata(), samlidp.PEM(samlidp.Certificate(ours))
	raw, err = json.Marshal(settings)
	must(err)
	for i := range w.nodes {
		m, err := saml.New(saml.Config{Clock: w.clock}).New(ctx, raw, func(name string) (string, error) {
			if name == saml.SecretSigning {
				return samlidp.KeyPEM(ours), nil
			}
			return "", errs.Invalid(saml.KeySettings)
		})
		must(err)
		w.nodes[i] = accounts.New(accounts.Config{DB: w.d, Directory: w.dir, Methods: []accounts.Named{{Name: "bundid", Kind: saml.Name, Title: "BundID", Method: m, Citizens: true}}})
	}
	return w
}

var requestID = regexp.MustCompile(` ID="([^"]*)"`)

// answer is what BundID sends to a request, as a form.
func (w *town) answer(t *testing.T, b accounts.Begun, class string) url.Values {
	t.Helper()
	request, err := base64.StdEncoding.DecodeString(b.Fields["SAMLRequest"])
	if err != nil {
		t.Fatal(err)
	}
	back := loginstest.Base(w.host) + "/anmelden/zurueck/bundid"
	if !strings.Contains(string(request), `AssertionConsumerServiceURL="`+back+`"`) {
		t.Fatalf("%s", request)
	}
	a := w.idp.For(requestID.FindStringSubmatch(string(request))[1], back, entity, w.clock.Now())
	a.Assertion.Class = class
	a.Assertion.Attributes = []samlidp.Attribute{
		{Name: "urn:oid:1.3.6.1.4.1.25484.494450.3", Values: []string{"BF:1"}}, {Name: "urn:oid:1.3.6.1.4.1.25484.494450.2", Values: []string{"eID"}},
		{Name: "urn:oid:2.5.4.42", Level: "HOCH", Values: []string{"ÄNNE"}}, {Name: "urn:oid:2.5.4.4", Level: "HOCH", Values: []string{"ZZMARKE"}},
	}
	to := samlidp.RSA("ours", 3072)
	text := samlidp.Unsigned(a.Text(samlidp.Encrypt(samlidp.Sign(a.Assertion.Text(), w.idp.Key, samlidp.Signing{}), &to.PublicKey, samlidp.Encryption{})))
	return url.Values{"SAMLResponse": {samlidp.Encode(text)}, "RelayState": {b.Fields["RelayState"]}}
}

// come goes the way that a browser goes: the form is parked without cookies at
// one node, the answer is taken with cookies at another one.
func (w *town) come(ctx context.Context, b *loginstest.Browser, form url.Values) (accounts.Outcome, error) {
	if err := w.nodes[0].Park(ctx, w.host, "bundid", form.Get("RelayState"), form); err != nil {
		return accounts.Outcome{}, err
	}
	return w.nodes[1].Answer(ctx, w.host, b.Visitor(w.host), loginstest.Base(w.host), "bundid", url.Values{"state": {form.Get("RelayState")}, "form": {"1"}})
}

func TestBundIDAtTheAccountHost(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	b := loginstest.New(w.nodes[0], w.dir, nil)
	wish := accounts.Wish{Level: perm.LevelSubstantial, ReturnPath: "/konto"}
	begin := func(b *loginstest.Browser) accounts.Begun {
		t.Helper()
		_, a, err := b.Begin(ctx, w.portal, wish)
		if err != nil {
			t.Fatal(err)
		}
		begun, err := w.nodes[0].TryMethod(ctx, w.host, b.Visitor(w.host), loginstest.Base(w.host), a.Ticket, "bundid")
		if err != nil {
			t.Fatal(err)
		}
		return begun
	}

	begun := begin(b)
	form := w.answer(t, begun, "STORK-QAA-Level-4")
	o, err := w.come(ctx, b, form)
	if err != nil || o.Leave == nil {
		t.Fatal(o, err)
	}
	b.Session[w.host.Portal.Host] = o.Secret
	e, err := b.Return(ctx, w.portal, o.Leave)
	if err != nil || e.ReturnPath != "/konto" {
		t.Fatal(e, err)
	}
	who, err := w.nodes[1].Citizen(ctx, w.portal, e.Secret)
	if err != nil || who.Level != perm.LevelHigh || who.Means != "eID" {
		t.Errorf("%+v, %v", who, err)
	}

	t.Run("the same form again, at either node", func(t *testing.T) {
		for _, n := range w.nodes {
			if err := n.Park(ctx, w.host, "bundid", form.Get("RelayState"), form); accounts.RuleOf(err) == "" {
				t.Errorf("parked: %v", err)
			}
			if _, err := n.Answer(ctx, w.host, b.Visitor(w.host), loginstest.Base(w.host), "bundid", form); accounts.RuleOf(err) == "" {
				t.Errorf("taken: %v", err)
			}
		}
	})
	t.Run("the same answer for another attempt", func(t *testing.T) {
		b := loginstest.New(w.nodes[0], w.dir, nil)
		stolen := url.Values{"SAMLResponse": form["SAMLResponse"], "RelayState": {begin(b).Fields["RelayState"]}}
		if _, err := w.come(ctx, b, stolen); accounts.RuleOf(err) != "saml in-response" {
			t.Errorf("%v", err)
		}
	})
	t.Run("somebody else's browser with our form", func(t *testing.T) {
		mine, his := loginstest.New(w.nodes[0], w.dir, nil), loginstest.New(w.nodes[0], w.dir, nil)
		f := w.answer(t, begin(mine), "STORK-QAA-Level-4")
		begin(his)
		if _, err := w.come(ctx, his, f); accounts.RuleOf(err) == "" {
			t.Errorf("%v", err)
		}
	})
	t.Run("a lower level", func(t *testing.T) {
		b := loginstest.New(w.nodes[0], w.dir, nil)
		if _, err := w.come(ctx, b, w.answer(t, begin(b), "STORK-QAA-Level-1")); accounts.RuleOf(err) != "saml level" {
			t.Errorf("%v", err)
		}
	})
	t.Run("the partner can fetch what it has to know of us", func(t *testing.T) {
		media, body, err := w.nodes[1].Describe(w.host, accounts.KindCitizen, "bundid", loginstest.Base(w.host))
		if err != nil || media != "application/samlmetadata+xml" || !strings.Contains(string(body), loginstest.Base(w.host)+"/anmelden/zurueck/bundid") {
			t.Errorf("%s %s %v", media, body, err)
		}
		if _, _, err := w.nodes[0].Describe(w.host, accounts.KindCitizen, "nobody", ""); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("an unknown method: %v", err)
		}
	})
	t.Run("every refusal is in the audit log, with the rule alone", func(t *testing.T) {
		var rules []string
		err := w.d.View(ctx, w.host.Realm.Scope(), func(tx *db.Tx) error {
			list, err := audit.List(ctx, tx, 0, 1000)
			for _, e := range list {
				if e.Action == "sign-in.refuse" {
					rules = append(rules, e.Detail)
				}
			}
			return err
		})
		if err != nil || !slices.Contains(rules, "saml in-response") || !slices.Contains(rules, "saml level") || strings.Contains(strings.Join(rules, " "), "ZZMARKE") {
			t.Errorf("%q, %v", rules, err)
		}
	})
}
