package oidc

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/net/html"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// partner is npm oidc-provider, a certified provider that nobody here wrote,
// started by test/partners/oidc/run.
type partner struct {
	issuer string
	kind   accounts.Kind
}

const partnerBack = "http://konto.kreis-musterland.localhost/anmelden/zurueck/op"

func startPartner(t *testing.T, client map[string]any, algorithms ...string) partner {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("npm is missing: scripts/setup did not run")
		}
		t.Skip("npm is not installed: the sign-in at a real provider was not tried")
	}
	if client["redirect_uris"] == nil {
		client["redirect_uris"] = []string{partnerBack}
	}
	client["id_token_signed_response_alg"] = algorithms[0]
	in, p := startScript(t, "run")
	if err := json.NewEncoder(in).Encode(map[string]any{"clients": []any{client}, "idTokenKeys": algorithms}); err != nil {
		t.Fatal(err)
	}
	return p()
}

// startScript starts a script of test/partners/oidc, which ends when its input
// ends; ready waits until it says where it listens.
func startScript(t *testing.T, name string, args ...string) (in io.Writer, ready func() partner) {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", "..", "test", "partners", "oidc", name), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	return input, func() partner {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if issuer, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				go func() { _, _ = io.Copy(io.Discard, out) }()
				return partner{issuer, New(Config{Loopback: true})}
			}
		}
		_ = input.Close()
		_ = cmd.Wait()
		t.Fatalf("%s did not start: %s", name, said.String())
		return partner{}
	}
}

func (p partner) connect(t *testing.T, s Settings, secrets map[string]string) *Method {
	t.Helper()
	s.Issuer = p.issuer
	m, err := p.kind.New(t.Context(), must(json.Marshal(s)), func(name string) (string, error) { return secrets[name], nil })
	if err != nil {
		t.Fatalf("%v %v", err, errs.FieldsOf(err))
	}
	return m.(*Method)
}

// person is a browser with cookies and somebody who fills in the provider's pages.
type person struct {
	t      *testing.T
	c      *http.Client
	fields map[string]string // what is typed into fields of these names
	abort  bool              // presses "Cancel" on the first page
	back   string            // our return page
	logins int               // how often a page with one of the fields was filled in
}

func newPerson(t *testing.T, name string) *person {
	t.Helper()
	jar := must(cookiejar.New(nil))
	return &person{t: t, back: partnerBack, fields: map[string]string{"login": name, "password": "egal"}, c: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is the first form of a page, and where one breaks off.
type page struct {
	action, abort string
	fields        url.Values
}

func readPage(from *url.URL, body io.Reader) (g page, err error) {
	doc, err := html.Parse(body)
	if err != nil {
		return g, err
	}
	attr := func(n *html.Node, name string) string {
		i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
		if i < 0 {
			return ""
		}
		return n.Attr[i].Val
	}
	resolve := func(ref string) string { return must(from.Parse(ref)).String() }
	for n := range doc.Descendants() {
		switch {
		case n.Data == "form" && g.fields == nil:
			g.action, g.fields = resolve(attr(n, "action")), url.Values{}
			for in := range n.Descendants() {
				if in.Data == "input" && attr(in, "name") != "" && attr(in, "type") != "checkbox" {
					g.fields.Set(attr(in, "name"), attr(in, "value"))
				}
			}
		case n.Data == "a" && strings.HasSuffix(attr(n, "href"), "/abort"):
			g.abort = resolve(attr(n, "href"))
		}
	}
	return g, nil
}

// walk follows the provider's pages until they lead back to us.
func (p *person) walk(from string) url.Values {
	p.t.Helper()
	resp, err := p.c.Get(from)
	for range 20 {
		if err != nil {
			p.t.Fatal(err)
		}
		body := must(io.ReadAll(resp.Body))
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusSeeOther, http.StatusFound:
			next := must(resp.Location()).String()
			if strings.HasPrefix(next, p.back+"?") {
				return must(url.Parse(next)).Query()
			}
			resp, err = p.c.Get(next)
		case http.StatusOK:
			g := must(readPage(resp.Request.URL, bytes.NewReader(body)))
			if g.fields == nil {
				p.t.Fatalf("a page without form: %s", body)
			}
			if p.abort {
				resp, err = p.c.Get(g.abort)
				continue
			}
			typed := false
			for name, v := range p.fields {
				if g.fields.Has(name) {
					g.fields.Set(name, v)
					typed = true
				}
			}
			if typed {
				p.logins++
			}
			resp, err = p.c.PostForm(g.action, g.fields)
		default:
			p.t.Fatalf("status %d: %s", resp.StatusCode, body)
		}
	}
	p.t.Fatal("walked in circles")
	return nil
}

func (p *person) signIn(m *Method, level perm.Level, fresh bool) (accounts.Identity, error) {
	p.t.Helper()
	a := attempt()
	a.Back, a.Level, a.Fresh = partnerBack, level, fresh
	b, err := m.Begin(p.t.Context(), a)
	if err != nil {
		p.t.Fatal(err)
	}
	a.Keep = b.Keep
	return m.Complete(p.t.Context(), a, p.walk(b.Redirect))
}

func partnerSettings() Settings {
	return Settings{
		ClientID: "stadttor", ClientAuth: AuthKey, Means: "Konto", Scopes: []string{"profile", "email", "address"}, Userinfo: true,
		Levels:        map[string]string{"urn:test:basis": "basis", "urn:test:substantiell": "substantiell", "urn:test:hoch": "hoch"},
		MeansByACR:    map[string]string{"urn:test:hoch": "eID"},
		Profile:       map[accounts.Attr]string{accounts.AttrGiven: "given_name", accounts.AttrBirthDate: "birthdate", accounts.AttrCity: "address > locality", accounts.AttrMail: "email"},
		ProfileLevels: map[accounts.Attr]string{accounts.AttrGiven: "hoch", accounts.AttrBirthDate: "hoch", accounts.AttrMail: "basis"},
		VerifiedBy:    map[accounts.Attr]string{accounts.AttrMail: "email_verified"},
	}
}

// keyClient is a client that proves itself with the key.
func keyClient(t *testing.T, s Settings, secrets map[string]string) map[string]any {
	t.Helper()
	s.Issuer = "https://egal.example"
	var set jose.JSONWebKeySet
	raw := must(ClientKeys(must(json.Marshal(s)), func(name string) (string, error) { return secrets[name], nil }))
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"client_id": "stadttor", "token_endpoint_auth_method": AuthKey, "jwks": json.RawMessage(raw), "token_endpoint_auth_signing_alg": set.Keys[0].Algorithm}
}

func TestSignInAtARealProvider(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{SecretKey: pemOf(t, keyRSA3072())}
	p := startPartner(t, keyClient(t, partnerSettings(), secrets), "PS256")
	m := p.connect(t, partnerSettings(), secrets)
	if err := m.Check(t.Context()); err != nil {
		t.Fatal(err)
	}

	ada := newPerson(t, "ada")
	who, err := ada.signIn(m, perm.LevelSubstantial, false)
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != p.issuer || who.Subject != "ada" || who.Level != perm.LevelHigh || who.Means != "eID" {
		t.Errorf("%+v", who)
	}
	for a, want := range map[accounts.Attr]perm.Level{accounts.AttrGiven: perm.LevelHigh, accounts.AttrBirthDate: perm.LevelHigh, accounts.AttrCity: perm.LevelNone, accounts.AttrMail: perm.LevelBasis} {
		if v := who.Profile[a]; v.Value.Empty() || v.Level != want {
			t.Errorf("%s at %v", a, v.Level)
		}
	}

	t.Run("a running session needs no page", func(t *testing.T) {
		if _, err := ada.signIn(m, perm.LevelHigh, false); err != nil || ada.logins != 1 {
			t.Errorf("%d pages, %v", ada.logins, err)
		}
	})
	t.Run("a step-up asks again", func(t *testing.T) {
		if _, err := ada.signIn(m, perm.LevelHigh, true); err != nil || ada.logins != 2 {
			t.Errorf("%d pages, %v", ada.logins, err)
		}
	})
	t.Run("the level as an essential claim", func(t *testing.T) {
		s := partnerSettings()
		s.AskLevel = AskClaims
		if who, err := newPerson(t, "ada").signIn(p.connect(t, s, secrets), perm.LevelHigh, true); err != nil || who.Level != perm.LevelHigh {
			t.Errorf("%v %v", who.Level, err)
		}
	})
	t.Run("too low a level", func(t *testing.T) {
		if who, err := newPerson(t, "bob").signIn(m, perm.LevelBasis, false); err != nil || who.Level != perm.LevelBasis {
			t.Errorf("control: %v %v", who.Level, err)
		}
		if _, err := newPerson(t, "bob").signIn(m, perm.LevelHigh, false); errs.KeyOf(err) != KeyTooLow {
			t.Error(err)
		}
	})
	t.Run("broken off", func(t *testing.T) {
		somebody := newPerson(t, "ada")
		somebody.abort = true
		if _, err := somebody.signIn(m, perm.LevelBasis, false); errs.KeyOf(err) != KeyCancelled {
			t.Error(err)
		}
	})
	t.Run("a code twice, a foreign verifier, a foreign attempt", func(t *testing.T) {
		a := attempt()
		a.Back = partnerBack
		begin := func() (accounts.Attempt, url.Values) {
			b, err := m.Begin(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			now := a
			now.Keep = b.Keep
			return now, ada.walk(b.Redirect)
		}
		one, back := begin()
		if _, err := m.Complete(t.Context(), one, back); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(t.Context(), one, back); broken(err) != RulePartner {
			t.Errorf("twice: %v", err)
		}
		two, back := begin()
		two.Keep = swap(two.Keep, "verifier", strings.Repeat("v", 43))
		if _, err := m.Complete(t.Context(), two, back); broken(err) != RulePartner {
			t.Errorf("verifier: %v", err)
		}
		three, back := begin()
		three.Keep = swap(three.Keep, "nonce", strings.Repeat("n", 32))
		if _, err := m.Complete(t.Context(), three, back); broken(err) != RuleNonce {
			t.Errorf("nonce: %v", err)
		}
	})
	t.Run("a key the provider does not know", func(t *testing.T) {
		other := p.connect(t, partnerSettings(), map[string]string{SecretKey: pemOf(t, keyP256)})
		if _, err := ada.signIn(other, perm.LevelBasis, false); !errs.Is(err, errs.KindUnavailable) || broken(err) != RulePartner {
			t.Error(err)
		}
	})
}

func TestARealProviderWithASecretAndOtherAlgorithms(t *testing.T) {
	t.Parallel()
	const password = "geheimnis-nur-fuer-tests+/=&%"
	secrets := map[string]string{SecretPassword: password}
	for _, c := range []struct{ auth, alg string }{{AuthBasic, "ES256"}, {AuthPost, "EdDSA"}} {
		t.Run(c.auth+" "+c.alg, func(t *testing.T) {
			p := startPartner(t, map[string]any{"client_id": "stadttor", "client_secret": password, "token_endpoint_auth_method": c.auth}, c.alg)
			s := partnerSettings()
			s.ClientAuth = c.auth
			if who, err := newPerson(t, "ada").signIn(p.connect(t, s, secrets), perm.LevelHigh, true); err != nil || who.Subject != "ada" {
				t.Errorf("%v", err)
			}
		})
	}
}

// Two real providers, one of which is the attacker's.
func TestMixUpOfTwoRealProviders(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{SecretPassword: "geheimnis-nur-fuer-tests"}
	client := func() map[string]any {
		return map[string]any{"client_id": "stadttor", "client_secret": secrets[SecretPassword], "token_endpoint_auth_method": AuthBasic}
	}
	s := partnerSettings()
	s.ClientAuth = AuthBasic
	a, b := startPartner(t, client(), "ES256"), startPartner(t, client(), "ES256")
	atA, atB := a.connect(t, s, secrets), b.connect(t, s, secrets)
	try := attempt()
	try.Back = partnerBack
	begunA, begunB := must(atA.Begin(t.Context(), try)), must(atB.Begin(t.Context(), try))
	back := newPerson(t, "ada").walk(begunB.Redirect)
	atTheirs := try
	try.Keep, atTheirs.Keep = begunA.Keep, begunB.Keep
	if _, err := atA.Complete(t.Context(), try, back); broken(err) != RuleMixUp {
		t.Errorf("B's answer at A: %v", err)
	}
	back.Set("iss", a.issuer)
	if _, err := atA.Complete(t.Context(), try, back); broken(err) != RulePartner {
		t.Errorf("B's code under A's name: %v", err)
	}
	back.Set("iss", b.issuer)
	if _, err := atB.Complete(t.Context(), atTheirs, back); err != nil {
		t.Errorf("control: %v", err)
	}
}

// startLemon starts LemonLDAP::NG, the other provider nobody here wrote: older,
// without RFC 9207, with its own idea of a level.
func startLemon(t *testing.T, password, back string) partner {
	t.Helper()
	if _, err := os.Stat("/usr/share/lemonldap-ng/portal/htdocs/index.psgi"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("LemonLDAP::NG is missing: scripts/setup did not run")
		}
		t.Skip("LemonLDAP::NG is not installed (see test/partners/oidc/lemonldap)")
	}
	free := must(net.Listen("tcp", "127.0.0.1:0"))
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	_, ready := startScript(t, "lemonldap", port, "stadttor", password, back)
	return ready()
}

// lemonSettings are those of a connection to it.
func lemonSettings() Settings {
	return Settings{
		ClientID: "stadttor", ClientAuth: AuthPost, Means: "Passwort", Scopes: []string{"profile", "email"}, Userinfo: true, Algorithms: []string{"RS256"},
		Levels: map[string]string{"loa-1": "basis", "loa-4": "hoch"}, Profile: map[accounts.Attr]string{accounts.AttrFamily: "family_name", accounts.AttrMail: "email"},
		ProfileLevels: map[accounts.Attr]string{accounts.AttrFamily: "hoch"},
	}
}

func TestSignInAtLemonLDAP(t *testing.T) {
	t.Parallel()
	const password = "geheimnis-nur-fuer-tests"
	p := startLemon(t, password, partnerBack)
	s := lemonSettings()
	secrets := map[string]string{SecretPassword: password}
	m := p.connect(t, s, secrets)
	doctor := newPerson(t, "")
	doctor.fields = map[string]string{"user": "dwho", "password": "dwho"}
	who, err := doctor.signIn(m, perm.LevelBasis, false)
	if err != nil {
		t.Fatal(err)
	}
	if who.Subject != "dwho" || who.Level != perm.LevelBasis || who.Profile[accounts.AttrFamily].Level != perm.LevelBasis || who.Profile.Text(accounts.AttrMail).Empty() {
		t.Errorf("%+v", who)
	}
	if _, err := doctor.signIn(m, perm.LevelBasis, false); err != nil || doctor.logins != 1 {
		t.Errorf("a running session: %d pages, %v", doctor.logins, err)
	}
	time.Sleep(2100 * time.Millisecond) // it takes a sign-in of the last second for a new one
	if _, err := doctor.signIn(m, perm.LevelBasis, true); err != nil || doctor.logins != 2 {
		t.Errorf("asked again: %d pages, %v", doctor.logins, err)
	}
	if _, err := doctor.signIn(m, perm.LevelHigh, false); errs.KeyOf(err) != KeyTooLow {
		t.Errorf("too low a level: %v", err)
	}
	unknown := s
	unknown.Levels = map[string]string{"loa-4": "hoch"}
	if _, err := doctor.signIn(p.connect(t, unknown, secrets), perm.LevelBasis, false); errs.KeyOf(err) != KeyTooLow {
		t.Errorf("a level nobody knows: %v", err)
	}
	s.ClientAuth = AuthBasic
	if _, err := doctor.signIn(p.connect(t, s, secrets), perm.LevelBasis, false); err != nil {
		t.Errorf("secret in the header: %v", err)
	}
	if _, err := doctor.signIn(p.connect(t, s, map[string]string{SecretPassword: "ein-falsches-geheimnis"}), perm.LevelBasis, false); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("a wrong secret: %v", err)
	}
	s.RequireIss = true
	if _, err := doctor.signIn(p.connect(t, s, secrets), perm.LevelBasis, false); broken(err) != RuleMixUp {
		t.Errorf("a demand it cannot meet: %v", err)
	}
	s.Algorithms = []string{"PS256"}
	if err := p.connect(t, s, secrets).Check(t.Context()); broken(err) != RuleDiscovery {
		t.Errorf("an algorithm it cannot do: %v", err)
	}
}
