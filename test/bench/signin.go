package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sys/unix"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/oidc"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// signInOrder is one measure: Count sign-ins of new people, Clients at a time.
// Bare leaves everything out but what a sign-in cannot do without.
type signInOrder struct {
	Dir            string
	Count, Clients int
	Bare           bool
}

type signInFigure struct {
	CPU  float64 // seconds of user and system, of all goroutines
	Wall float64
}

// signIns measures whole sign-ins by OpenID Connect: from the portal to the
// account host, to the provider (in the process; it signs each token), back with
// a code, the token verified with a key set in memory, account and session
// opened, back to the portal with our own code, portal session opened. The bare
// baseline verifies one such token and commits twice, durably, in groups, with
// as many others as we do.
func signIns(ctx context.Context, b *bench) error {
	const clients, perMilli = 32, 1000.0
	count := b.short(3000)
	took := Row{Name: "sign-in by OpenID Connect, from portal to portal, processor time", Unit: "ms", Most: 2 * perMilli / 500, Note: "the goal is 500/s on two cores; the provider's signature is part of it"}
	rate := Row{Name: "the same, sign-ins a second on two cores", Unit: "1/s", Note: "bare: one RSA verification and two durable group commits"}
	var walls []float64
	for range b.rounds {
		var ours, bare signInFigure
		for _, x := range []struct {
			bare bool
			into *signInFigure
		}{{false, &ours}, {true, &bare}} {
			if err := child(ctx, "signin", eager, signInOrder{Dir: b.dir, Count: count, Clients: clients, Bare: x.bare}, x.into); err != nil {
				return err
			}
		}
		n := float64(count)
		walls = append(walls, n/ours.Wall)
		took.Rounds = append(took.Rounds, [2]float64{ours.CPU / n * perMilli, bare.CPU / n * perMilli})
		rate.Rounds = append(rate.Rounds, [2]float64{2 * n / ours.CPU, 2 * n / bare.CPU})
	}
	rate.Note += fmt.Sprintf("; %.0f/s by the clock on the wall, among all that ran here", median(walls))
	b.add(took)
	b.add(rate)
	return signInView(ctx, b)
}

// signInView counts what headless Chromium with an empty cache transfers for the
// page on which one chooses how to sign in.
func signInView(ctx context.Context, b *bench) error {
	p, err := b.copy("anmeldeseite")
	if err != nil {
		return err
	}
	s, err := b.demo(ctx, p, anywhere)
	if err != nil {
		return err
	}
	err = func() error {
		_, port, err := net.SplitHostPort(s.addr)
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "node", "test/bench/transfer.mjs", "http://konto.kreis-musterland.localhost:"+port+"/daten") // leads there
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("browser (make setup installs it): %w", err)
		}
		most := Row{Name: "first view of the sign-in page, the larger of two widths", Unit: "KB", Most: 80}
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			var t transferred
			if err := d.Decode(&t); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			if t.Status != http.StatusOK || t.Bytes < 1000 || len(t.Foreign) > 0 {
				return fmt.Errorf("sign-in page: status %d, %.0f bytes, other hosts %v", t.Status, t.Bytes, t.Foreign)
			}
			if t.Bytes/1000 > most.Ours {
				most.Ours, most.Note = t.Bytes/1000, fmt.Sprintf("%d files at %d px", t.Files, t.Width)
			}
		}
		if most.Ours == 0 {
			return errors.New("no view of the sign-in page was measured")
		}
		b.add(most)
		return nil
	}()
	return errors.Join(err, s.stop())
}

func signInChild(text []byte) (err error) {
	var o signInOrder
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.Dir, "anmeldung-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := newSigner()
	if err != nil {
		return err
	}
	measured := wholeSignIn
	if o.Bare {
		measured = bareSignIn
	}
	one, stop, err := measured(dir, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	ctx := context.Background()
	if err := one(ctx, -1); err != nil { // metadata, keys, prepared statements
		return err
	}
	var next atomic.Int64
	var mu sync.Mutex // guards failed
	var failed error
	var wg sync.WaitGroup
	before, began := spent(), time.Now()
	for range o.Clients {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(o.Count) {
					return
				}
				if err := one(ctx, int(i)); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	f := signInFigure{CPU: (spent() - before).Seconds(), Wall: time.Since(began).Seconds()}
	if failed != nil {
		return failed
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

// spent is the processor time of this process.
func spent() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// signer is an OpenID provider in memory: it knows everybody who comes.
type signer struct {
	key  *rsa.PrivateKey
	sign jose.Signer
	mu   sync.Mutex // guards asked
	// asked are the requests by their code.
	asked map[string]url.Values
}

const (
	signerIssuer = "https://anbieter.example"
	signerSecret = "geheimnis-nur-zum-messen"
)

func newSigner() (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	p := &signer{key: key, asked: map[string]url.Values{}}
	p.sign, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, (&jose.SignerOptions{}).WithType("JWT"))
	return p, err
}

// answer is what the browser brings back, for a person of this number.
func (p *signer) answer(to string, person int) (url.Values, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	q, code := u.Query(), ident.Secret()
	q.Set("person", fmt.Sprintf("person-%d", person))
	p.mu.Lock()
	p.asked[code] = q
	p.mu.Unlock()
	return url.Values{"code": {code}, "state": q["state"], "iss": {signerIssuer}}, nil
}

func (p *signer) token(nonce, person string) (string, error) {
	now := time.Now().Unix()
	body, err := json.Marshal(map[string]any{"iss": signerIssuer, "aud": "stadttor", "sub": person, "nonce": nonce, "iat": now, "auth_time": now, "exp": now + 300, "acr": "urn:basis", "given_name": "Ada", "family_name": "Probe"})
	if err != nil {
		return "", err
	}
	s, err := p.sign.Sign(body)
	if err != nil {
		return "", err
	}
	return s.CompactSerialize()
}

// RoundTrip implements http.RoundTripper: the network without sockets.
func (p *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.serve(w, r)
	return w.Result(), nil
}

func (p *signer) serve(w http.ResponseWriter, r *http.Request) {
	var out any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		out = map[string]any{"issuer": signerIssuer, "authorization_endpoint": signerIssuer + "/a", "token_endpoint": signerIssuer + "/t", "jwks_uri": signerIssuer + "/k", "response_types_supported": []string{"code"},
			"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true, "id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"}}
	case "/k":
		out = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k", Use: "sig", Algorithm: "RS256"}}}
	case "/t":
		_ = r.ParseForm()
		p.mu.Lock()
		q, ok := p.asked[r.Form.Get("code")]
		delete(p.asked, r.Form.Get("code"))
		p.mu.Unlock()
		sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
		if _, secret, _ := r.BasicAuth(); !ok || secret != signerSecret || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		id, err := p.token(q.Get("nonce"), q.Get("person"))
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		out = map[string]any{"access_token": "zugang-nur-zum-messen", "token_type": "Bearer", "expires_in": 60, "id_token": id}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// wholeSignIn gives a sign-in of a new person through all verbs.
func wholeSignIn(dir string, p *signer) (one func(context.Context, int) error, stop func() error, err error) {
	ctx, op := context.Background(), perm.System{Name: "bench"}
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "haus.db")})
	if err != nil {
		return nil, nil, err
	}
	stop = d.Close
	if err := d.Migrate(ctx); err != nil {
		return nil, stop, err
	}
	town, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	if err != nil {
		return nil, stop, err
	}
	realm, err := town.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a", AccountHost: "konto.localhost"})
	if err != nil {
		return nil, stop, err
	}
	ten, err := town.CreateTenant(ctx, op, tenancy.Tenant{Realm: realm.ID, Slug: "a", Name: "a", Kind: tenancy.KindStadt, Sign: "AAA", ARS: "990010001001"})
	if err == nil {
		err = town.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: "a.localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("Portal", "")}})
	}
	if err == nil {
		err = town.Reload(ctx)
	}
	if err != nil {
		return nil, stop, err
	}
	settings, err := json.Marshal(oidc.Settings{Issuer: signerIssuer, ClientID: "stadttor", ClientAuth: oidc.AuthBasic, Means: "Konto", Levels: map[string]string{"urn:basis": "basis"},
		Profile: map[accounts.Attr]string{accounts.AttrGiven: "given_name", accounts.AttrFamily: "family_name"}, ProfileLevels: map[accounts.Attr]string{accounts.AttrFamily: "basis"}})
	if err != nil {
		return nil, stop, err
	}
	method, err := oidc.New(oidc.Config{Transport: p, Loopback: true}).New(ctx, settings, func(string) (string, error) { return signerSecret, nil })
	if err != nil {
		return nil, stop, fmt.Errorf("%w %v", err, errs.FieldsOf(err))
	}
	s := accounts.New(accounts.Config{DB: d, Directory: town, Methods: []accounts.Named{{Name: "op", Title: "Anbieter", Kind: oidc.Name, Method: method, Citizens: true}}})
	portal, _ := town.ByHost("a.localhost")
	host, _ := town.AccountDoor(realm.ID)
	const base = "http://konto.localhost"
	one = func(ctx context.Context, i int) error {
		req, cookie, err := s.AskHost(ctx, portal, "", accounts.Wish{Level: perm.LevelBasis, ReturnPath: "/konto"})
		if err != nil {
			return err
		}
		if req, err = accounts.ParseRequest(req.Values()); err != nil {
			return err
		}
		a, err := s.Arrive(ctx, host, accounts.Visitor{}, req)
		if err != nil {
			return err
		}
		v := accounts.Visitor{Browser: a.Browser}
		begun, err := s.TryMethod(ctx, host, v, base, a.Ticket, "op")
		if err != nil {
			return err
		}
		back, err := p.answer(begun.Redirect, i)
		if err != nil {
			return err
		}
		o, err := s.Answer(ctx, host, v, base, "op", back)
		if err != nil || o.Leave == nil {
			return errors.Join(err, errors.New("the sign-in did not end at the portal"))
		}
		e, err := s.TakeCode(ctx, portal, cookie, o.Leave.State, o.Leave.Code, "")
		if err == nil && e.Citizen.Level != perm.LevelBasis {
			err = errors.New("nobody is signed in")
		}
		return err
	}
	return one, stop, nil
}

// bareSignIn gives the least: one token verified, and two commits, each shared
// with whoever waits.
func bareSignIn(dir string, p *signer) (one func(context.Context, int) error, stop func() error, err error) {
	token, err := p.token("n", "person")
	if err != nil {
		return nil, nil, err
	}
	d, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bar.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, nil, err
	}
	d.SetMaxOpenConns(1)
	if _, err := d.Exec(`CREATE TABLE t (id TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID`); err != nil {
		return nil, d.Close, err
	}
	type wish struct {
		id   string
		done chan error
	}
	queue := make(chan wish, 64)
	row := make([]byte, 300)
	go func() {
		for first := range queue {
			tx, err := d.Begin()
			batch := []wish{first}
			for i := 0; i < len(batch) && err == nil; i++ {
				_, err = tx.Exec(`INSERT INTO t VALUES ($1,$2)`, batch[i].id, row)
				select {
				case w := <-queue:
					batch = append(batch, w)
				default:
				}
			}
			if err == nil {
				err = tx.Commit()
			}
			for _, w := range batch {
				w.done <- err
			}
		}
	}()
	return func(_ context.Context, i int) error {
		s, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err == nil {
			_, err = s.Verify(p.key.Public())
		}
		done := make(chan error, 1)
		for _, part := range []string{"a", "b"} {
			if err == nil {
				queue <- wish{fmt.Sprintf("%d%s", i, part), done}
				err = <-done
			}
		}
		return err
	}, d.Close, nil
}
