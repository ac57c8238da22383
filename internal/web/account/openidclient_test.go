package account_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/test/apptest"
)

// party is npm openid-client, a relying party nobody here wrote, started by
// test/partners/oidc/run.
type party struct {
	t     *testing.T
	in    io.Writer
	lines *bufio.Scanner
	m     *module // its registration
}

// startParty starts it as a registered module; auth is how it proves its secret.
func startParty(t *testing.T, h *apptest.House, auth, level string, scopes ...string) *party {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("npm is missing: scripts/setup did not run")
		}
		t.Skip("npm is not installed: openid-client was not tried")
	}
	cmd := exec.Command(filepath.Join("..", "..", "..", "test", "partners", "oidc", "run"), "client")
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return &party{t: t, in: in, lines: bufio.NewScanner(out), m: newModule(t, h, "torhausen", level, scopes...)}
}

// order gives an order and reads the answer.
func (p *party) order(order map[string]any) (out map[string]any) {
	p.t.Helper()
	if err := json.NewEncoder(p.in).Encode(order); err != nil {
		p.t.Fatal(err)
	}
	if !p.lines.Scan() {
		p.t.Fatal("openid-client has ended")
	}
	if err := json.Unmarshal(p.lines.Bytes(), &out); err != nil {
		p.t.Fatalf("%v: %s", err, p.lines.Text())
	}
	return out
}

// discover reads the provider's metadata. The house has a clock of its own, the
// party the machine's.
func (p *party) discover(h *apptest.House, auth string) map[string]any {
	p.t.Helper()
	return p.order(map[string]any{"discover": map[string]any{"issuer": h.AccountURL("kreis-musterland", ""), "client": p.m.ClientID, "secret": p.m.ClientSecret, "auth": auth,
		"skew": int(h.Clock.Now().Sub(time.Now()).Seconds())}})
}

// begin is the address to which the party sends somebody.
func (p *party) begin(more map[string]any) string {
	p.t.Helper()
	request := map[string]any{"redirect_uri": p.m.RedirectURL, "scope": strings.Join(p.m.Scopes, " ")}
	for k, v := range more {
		request[k] = v
	}
	p.m.last = nil
	to, _ := p.order(map[string]any{"begin": request})["to"].(string)
	if to == "" {
		p.t.Fatal("no address to go to")
	}
	return to
}

// back is the whole address at which the browser came back.
func (p *party) back() string { return p.m.RedirectURL + "?" + p.m.last.Encode() }

func (p *party) finish(change map[string]any) map[string]any {
	p.t.Helper()
	return p.order(map[string]any{"finish": p.back(), "change": change})
}

func TestOpenIDClientSignsAPersonIn(t *testing.T) {
	for _, auth := range []string{"basic", "post"} {
		t.Run(auth, func(t *testing.T) {
			h := apptest.Start(t, "sqlite")
			p := startParty(t, h, auth, "basis", "profile", "email")
			meta := p.discover(h, auth)
			if meta["issuer"] != h.AccountURL("kreis-musterland", "") || meta["authorization_response_iss_parameter_supported"] != true || !slices.Equal(meta["subject_types_supported"].([]any), []any{"pairwise"}) {
				t.Fatalf("%v", meta)
			}
			b := h.Browser().Get(p.begin(map[string]any{"acr_values": "http://eidas.europa.eu/LoA/substantial"})).Choose("mareike-sandvoss", "substantiell")
			agree(b, "zustimmen")
			got := p.finish(nil)
			claims, _ := got["claims"].(map[string]any)
			info, _ := got["userinfo"].(map[string]any)
			if claims["acr"] != "http://eidas.europa.eu/LoA/substantial" || claims["sub"] == "" || claims["given_name"] != nil || info["sub"] != claims["sub"] || info["given_name"] != "Mareike" || info["email"] == nil {
				t.Fatalf("%v", got)
			}

			// Known there again by the same name; in another module by another.
			b.Get(p.begin(map[string]any{"prompt": "none"}))
			again, _ := p.finish(nil)["claims"].(map[string]any)
			if again["sub"] != claims["sub"] {
				t.Error("one person has two names in one module")
			}
			other := startParty(t, h, auth, "basis", "profile")
			other.discover(h, auth)
			b.Get(other.begin(nil))
			agree(b, "zustimmen")
			theirs, _ := other.finish(nil)["claims"].(map[string]any)
			if theirs["sub"] == nil || theirs["sub"] == claims["sub"] {
				t.Errorf("two modules can compare a person: %v", theirs["sub"])
			}
		})
	}
}

func TestOpenIDClientIsRefused(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	p := startParty(t, h, "basic", "basis", "profile")
	p.discover(h, "basic")
	b := h.Browser().SignIn("torhausen", "mareike-sandvoss", "basis")
	b.Get(p.begin(nil))
	agree(b, "zustimmen")
	if got := p.finish(nil); got["error"] != nil {
		t.Fatal(got)
	}
	fresh := func(t *testing.T, more map[string]any) {
		t.Helper()
		if b.Get(p.begin(more)); p.m.last.Get("code") == "" {
			t.Fatalf("came back: %v", p.m.last)
		}
	}
	denied := func(t *testing.T, got map[string]any, want string) {
		t.Helper()
		if got["error"] != want || got["claims"] != nil {
			t.Errorf("%v", got)
		}
	}
	t.Run("a code that was used", func(t *testing.T) {
		fresh(t, nil)
		first := p.finish(nil)
		token, subject := first["token"], first["claims"].(map[string]any)["sub"]
		if got := p.order(map[string]any{"userinfo": token, "subject": subject}); got["error"] != nil {
			t.Fatal(got)
		}
		denied(t, p.finish(nil), "invalid_grant")
		if got := p.order(map[string]any{"userinfo": token, "subject": subject}); got["status"] != 401.0 {
			t.Errorf("the token goes on: %v", got)
		}
	})
	t.Run("another verifier", func(t *testing.T) {
		fresh(t, nil)
		denied(t, p.finish(map[string]any{"verifier": strings.Repeat("v", 43)}), "invalid_grant")
	})
	t.Run("another address at the token endpoint", func(t *testing.T) {
		fresh(t, nil)
		denied(t, p.finish(map[string]any{"redirect_uri": p.m.RedirectURL + "/anders"}), "invalid_grant")
	})
	t.Run("another address in the request", func(t *testing.T) {
		b.Get(p.begin(map[string]any{"redirect_uri": "http://boese.localhost/zurueck"})).Sees(403, "keinem Angebot")
		if p.m.last != nil || b.URL.Hostname() == "boese.localhost" {
			t.Errorf("led to %s", b.URL)
		}
	})
	t.Run("a scope that is not registered", func(t *testing.T) {
		b.Get(p.begin(map[string]any{"scope": "openid address"}))
		denied(t, p.finish(nil), "invalid_scope")
	})
	t.Run("without asking, at a level that nobody has", func(t *testing.T) {
		b.Get(p.begin(map[string]any{"prompt": "none", "acr_values": "http://eidas.europa.eu/LoA/high"}))
		denied(t, p.finish(nil), "login_required")
	})
	t.Run("the person says no", func(t *testing.T) {
		b.Get(p.begin(map[string]any{"prompt": "consent"}))
		agree(b, "ablehnen")
		denied(t, p.finish(nil), "access_denied")
	})
	t.Run("a wrong secret", func(t *testing.T) {
		fresh(t, nil)
		good := p.m.ClientSecret
		p.m.ClientSecret = strings.Repeat("0", len(good))
		begun := p.m.last
		p.discover(h, "basic")
		p.m.last = begun
		if got := p.finish(nil); got["status"] != 401.0 || got["claims"] != nil {
			t.Errorf("%v", got)
		}
		p.m.ClientSecret = good
		p.discover(h, "basic")
	})
	// What openid-client itself checks of our answers.
	for name, spoil := range map[string]func(url.Values){
		"an answer of another issuer": func(v url.Values) { v.Set("iss", "https://boese.example") },
		"an answer without issuer":    func(v url.Values) { v.Del("iss") },
		"an answer to another state":  func(v url.Values) { v.Set("state", "anders") },
	} {
		t.Run(name, func(t *testing.T) {
			fresh(t, nil)
			spoil(p.m.last)
			if got := p.finish(nil); got["error"] == nil {
				t.Errorf("taken: %v", got)
			}
		})
	}
	t.Run("an ID token for another attempt", func(t *testing.T) {
		fresh(t, nil)
		if got := p.finish(map[string]any{"nonce": "anders"}); got["error"] == nil {
			t.Errorf("taken: %v", got)
		}
	})
}
