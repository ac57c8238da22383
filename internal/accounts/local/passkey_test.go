package local_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// authenticator is a device in software: WebAuthn Level 3, 6, with "none"
// attestation and ES256. What it sends is made here byte for byte, so that a
// test can bend every part.
type authenticator struct {
	t       *testing.T
	asks    string // relying party that must ask for it
	rp      string // relying party the key belongs to
	origin  string
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	flags   byte // user present, user verified
}

const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authenticator{t: t, asks: "konto.kreis.example", rp: "konto.kreis.example", origin: host, key: k, id: make([]byte, 32), flags: present | verified}
	_, _ = rand.Read(a.id)
	return a
}

var b64 = base64.RawURLEncoding

// CBOR (RFC 8949), as much as an attestation needs.
func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

func cborText(s string) []byte  { return append(head(3, len(s)), s...) }
func cborBytes(b []byte) []byte { return append(head(2, len(b)), b...) }

// point is the uncompressed public key: 0x04, x, y.
func (a *authenticator) point() []byte {
	k, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	return k
}

// cose is the public key as COSE_Key: kty EC2, alg ES256, crv P-256, x, y.
func (a *authenticator) cose() []byte {
	p := a.point()
	return slices.Concat(head(5, 5), []byte{0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}, cborBytes(p[1:33]), []byte{0x22}, cborBytes(p[33:]))
}

func (a *authenticator) data(flags byte, more ...[]byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	return slices.Concat(append([][]byte{rp[:], {flags}, binary.BigEndian.AppendUint32(nil, a.counter)}, more...)...)
}

func (a *authenticator) client(typ, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": typ, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// make answers a registration.
func (a *authenticator) make(c local.Ceremony) []byte {
	a.t.Helper()
	var o struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID, Name string }
		Selection struct {
			ResidentKey, UserVerification string
		} `json:"authenticatorSelection"`
		Attestation string
	}
	if err := json.Unmarshal(c.Options, &o); err != nil {
		a.t.Fatal(err)
	}
	if o.RP.ID != a.asks || o.Selection.ResidentKey != "required" || o.Selection.UserVerification != "required" || o.Attestation != "none" && o.Attestation != "" {
		a.t.Errorf("options: %s", c.Options)
	}
	var err error
	if a.handle, err = b64.DecodeString(o.User.ID); err != nil {
		a.t.Fatal(err)
	}
	data := a.data(a.flags|attested, make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(a.id))), a.id, a.cose())
	object := slices.Concat(head(5, 3), cborText("fmt"), cborText("none"), cborText("attStmt"), head(5, 0), cborText("authData"), cborBytes(data))
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(a.client("webauthn.create", o.Challenge)), "attestationObject": b64.EncodeToString(object)})
}

// sign answers a sign-in.
func (a *authenticator) sign(c local.Ceremony) []byte {
	a.t.Helper()
	var o struct{ Challenge, RPID, UserVerification string }
	if err := json.Unmarshal(c.Options, &o); err != nil {
		a.t.Fatal(err)
	}
	if o.UserVerification != "required" || o.RPID != "konto.kreis.example" {
		a.t.Errorf("options: %s", c.Options)
	}
	a.counter++
	client := a.client("webauthn.get", o.Challenge)
	data := a.data(a.flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString(a.handle)})
}

func (a *authenticator) answer(response map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (h *house) passkeySignIn(a *authenticator, bend func([]byte) []byte) (accounts.Identity, error) {
	h.t.Helper()
	at := h.begin()
	c, err := h.s.BeginPasskeySignIn(h.t.Context(), h.citi, at.try)
	h.must(err)
	answer := a.sign(c)
	if bend != nil {
		answer = bend(answer)
	}
	next, err := h.s.SignInPasskey(h.t.Context(), h.citi, at.try, c.ID, answer)
	if err != nil {
		return accounts.Identity{}, err
	}
	return h.complete(at, next)
}

func TestAPasskeyMakesAnAccountAndOpensIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		secret := h.mail(mail.AccountConfirm, address)
		c, err := h.s.BeginRegisterPasskey(ctx, h.citi, secret)
		h.must(err)
		key := newAuthenticator(t)
		answer := key.make(c)
		if _, _, err := h.s.RegisterPasskey(ctx, h.citi, secret, "", local.Names{}, c.ID, answer, pii.New(strings.Repeat("x", 61))); len(errs.FieldsOf(err)) != 3 {
			t.Errorf("%v", err)
		}
		a := h.begin()
		next, codes, err := h.s.RegisterPasskey(ctx, h.citi, secret, a.try, kim, c.ID, answer, pii.New("Mein Telefon"))
		if err != nil || len(codes) != local.RecoveryCodes {
			t.Fatal(err)
		}
		if next.Stage != local.StageShown {
			t.Fatal(next.Stage)
		}
		next, err = h.s.Proceed(ctx, h.citi, next.Try)
		h.must(err)
		who, err := h.complete(a, next)
		if err != nil || who.Means != local.MeansPasskey || who.Level != perm.LevelBasis {
			t.Fatal(who, err)
		}
		holder := h.bind(a, who)
		if string(key.handle) != who.Subject {
			t.Error("the user handle is not the account")
		}
		again, err := h.passkeySignIn(key, nil)
		if err != nil || again.Subject != who.Subject || again.Means != local.MeansPasskey {
			t.Fatal(again, err)
		}
		if _, err := h.signIn(h.begin(), home, address, password); errs.KeyOf(err) != "local.signin.wrong" {
			t.Errorf("an account without password opens with one: %v", err)
		}
		o, err := h.s.Overview(ctx, holder)
		if err != nil || o.Password || len(o.Passkeys) != 1 || o.Passkeys[0].Name.Reveal() != "Mein Telefon" || o.Passkeys[0].Used.IsZero() {
			t.Fatalf("%+v %v", o, err)
		}
		wantKey(t, "the only way in", h.s.RemovePasskey(ctx, holder, o.Passkeys[0].ID), errs.KindForbidden, "local.last")
		h.must(h.s.RenamePasskey(ctx, holder, o.Passkeys[0].ID, pii.New("  Altes   Telefon ")))
		// A second key: the first is told to keep out, its copy is refused.
		c, err = h.s.BeginPasskey(ctx, holder)
		h.must(err)
		if !strings.Contains(string(c.Options), b64.EncodeToString(key.id)) {
			t.Error("the known key is not excluded")
		}
		if _, err := h.s.AddPasskey(ctx, holder, c.ID, key.make(c), pii.Text{}); !errs.Is(err, errs.KindConflict) {
			t.Errorf("the same key twice: %v", err)
		}
		second := newAuthenticator(t)
		if c, err = h.s.BeginPasskey(ctx, holder); err != nil {
			t.Fatal(err)
		}
		if codes, err := h.s.AddPasskey(ctx, holder, c.ID, second.make(c), pii.Text{}); err != nil || codes != nil {
			t.Errorf("recovery codes were there already: %v", err)
		}
		if _, err := h.passkeySignIn(second, nil); err != nil {
			t.Error(err)
		}
		h.must(h.s.RemovePasskey(ctx, holder, o.Passkeys[0].ID))
		if _, err := h.passkeySignIn(key, nil); errs.KeyOf(err) != "local.passkey.refused" {
			t.Errorf("a deleted passkey opens: %v", err)
		}
		// Without a password the mailbox alone does not open the account.
		h.c.Advance(2 * time.Hour)
		h.mails()
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		secret = h.mail(mail.AccountRecover, address)
		if _, err := h.s.Recover(ctx, h.citi, secret, "", pii.Text{}, pii.New(password)); errs.KeyOf(err) != "local.code.wrong" {
			t.Error(err)
		}
		h.must1(h.s.Recover(ctx, h.citi, secret, "", codes[2], pii.New(password)))
		if _, err := h.signIn(h.begin(), home, address, password); err != nil {
			t.Error(err)
		}
		h.must(h.s.RemovePassword(ctx, h.fresh(holder)))
	})
}

func (h *house) must1(_ local.Next, err error) { h.t.Helper(); h.must(err) }

func TestPasskeyAnswersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		c, err := h.s.BeginPasskey(ctx, holder)
		h.must(err)
		key := newAuthenticator(t)
		for name, bend := range map[string]func(a *authenticator){
			"another site":          func(a *authenticator) { a.origin = "https://konto.kreis.example.evil.example" },
			"another port":          func(a *authenticator) { a.origin = host + ":8443" },
			"without TLS":           func(a *authenticator) { a.origin = "http://konto.kreis.example" },
			"another relying party": func(a *authenticator) { a.rp = "kreis.example" },
			"nobody was verified":   func(a *authenticator) { a.flags = present },
			"nobody was there":      func(a *authenticator) { a.flags = verified },
			"a key too long":        func(a *authenticator) { a.id = make([]byte, 1024) },
		} {
			c, err := h.s.BeginPasskey(ctx, holder)
			h.must(err)
			bent := newAuthenticator(t)
			bend(bent)
			if _, err := h.s.AddPasskey(ctx, holder, c.ID, bent.make(c), pii.Text{}); errs.KeyOf(err) != "local.passkey.refused" {
				t.Errorf("making, %s: %v", name, err)
			}
		}
		h.must0(h.s.AddPasskey(ctx, holder, c.ID, key.make(c), pii.Text{}))
		if _, err := h.s.AddPasskey(ctx, holder, c.ID, newAuthenticator(t).make(c), pii.Text{}); errs.KeyOf(err) != "local.passkey.refused" {
			t.Errorf("a challenge was used twice: %v", err)
		}
		if _, err := h.passkeySignIn(key, nil); err != nil {
			t.Fatal(err)
		}
		swap := func(old, new string) func([]byte) []byte {
			return func(b []byte) []byte { return []byte(strings.Replace(string(b), old, new, 1)) }
		}
		for name, x := range map[string]struct {
			change func(a *authenticator)
			bend   func([]byte) []byte
		}{
			"another site":            {func(a *authenticator) { a.origin = "https://service.kreis.example" }, nil},
			"another relying party":   {func(a *authenticator) { a.rp = "service.kreis.example" }, nil},
			"nobody was verified":     {func(a *authenticator) { a.flags = present }, nil},
			"another's key":           {func(a *authenticator) { a.key = newAuthenticator(t).key }, nil},
			"an unknown key":          {func(a *authenticator) { a.id = make([]byte, 32) }, nil},
			"another's account":       {func(a *authenticator) { a.handle = []byte("00000000000000000000000000") }, nil},
			"no account":              {func(a *authenticator) { a.handle = nil }, nil},
			"not JSON":                {nil, func([]byte) []byte { return []byte("{") }},
			"nothing":                 {nil, func([]byte) []byte { return nil }},
			"very much":               {nil, func(b []byte) []byte { return append(b, make([]byte, local.MaxPasskeyAnswer)...) }},
			"two answers in one":      {nil, func(b []byte) []byte { return append(b, b...) }},
			"an answer to a creation": {nil, swap(`"signature"`, `"attestationObject"`)},
			"another type":            {nil, swap(`"public-key"`, `"password"`)},
		} {
			copied := *key
			if x.change != nil {
				x.change(&copied)
			}
			if _, err := h.passkeySignIn(&copied, x.bend); errs.KeyOf(err) != "local.passkey.refused" || !errs.Is(err, errs.KindForbidden) || len(accounts.RuleOf(err)) > 80 {
				t.Errorf("%s: %v", name, err)
			}
			key.counter = max(key.counter, copied.counter)
		}
		// An answer belongs to its own challenge and its own try.
		a, b := h.begin(), h.begin()
		ca, err := h.s.BeginPasskeySignIn(ctx, h.citi, a.try)
		h.must(err)
		cb, err := h.s.BeginPasskeySignIn(ctx, h.citi, b.try)
		h.must(err)
		for name, try := range map[string]struct{ try, id string }{"another's try": {b.try, ca.ID}, "another's challenge": {b.try, cb.ID}, "an invented challenge": {a.try, strings.Repeat("0", 32)}, "no challenge": {a.try, ""}} {
			if _, err := h.s.SignInPasskey(ctx, h.citi, try.try, try.id, key.sign(ca)); errs.KeyOf(err) != "local.passkey.refused" {
				t.Errorf("%s: %v", name, err)
			}
		}
		old := h.begin()
		c, err = h.s.BeginPasskeySignIn(ctx, h.citi, old.try)
		h.must(err)
		h.c.Advance(15 * time.Minute)
		if _, err := h.s.SignInPasskey(ctx, h.citi, old.try, c.ID, key.sign(c)); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("a quarter of an hour later: %v", err)
		}
		// A counter that goes back: somebody has a copy of the key.
		if _, err := h.passkeySignIn(key, nil); err != nil {
			t.Fatal(err)
		}
		key.counter -= 2
		if _, err := h.passkeySignIn(key, nil); errs.KeyOf(err) != "local.passkey.copied" {
			t.Errorf("a copied key: %v", err)
		}
		if got := h.recorded(h.realm.Scope()); got[len(got)-1] != "local.sign-in passkey counter refused" {
			t.Errorf("%q", got[len(got)-1])
		}
	})
}

func (h *house) must0(_ []pii.Text, err error) { h.t.Helper(); h.must(err) }

func TestAPasskeyIsASecondFactorToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		other := h.register("zweit@post.example")
		c, err := h.s.BeginPasskey(ctx, holder)
		h.must(err)
		key := newAuthenticator(t)
		h.must0(h.s.AddPasskey(ctx, holder, c.ID, key.make(c), pii.Text{}))
		// Their password, somebody else's passkey: nobody gets in.
		e, err := h.s.BeginTOTP(ctx, other)
		h.must(err)
		h.must0(h.s.ConfirmTOTP(ctx, other, code(t, e, h.c.Now())))
		a := h.begin()
		next, err := h.signIn(a, home, "zweit@post.example", password)
		h.must(err)
		c, err = h.s.BeginPasskeySignIn(ctx, h.citi, next.Try)
		h.must(err)
		if _, err := h.s.SignInPasskey(ctx, h.citi, next.Try, c.ID, key.sign(c)); errs.KeyOf(err) != "local.passkey.refused" {
			t.Errorf("somebody else's passkey: %v", err)
		}
		// With an app and a passkey either will do.
		e, err = h.s.BeginTOTP(ctx, holder)
		h.must(err)
		h.must0(h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now())))
		a = h.begin()
		next, err = h.signIn(a, home, address, password)
		h.must(err)
		if l, err := h.s.Look(ctx, h.citi, next.Try); err != nil || !l.App || !l.Passkey {
			t.Errorf("%+v %v", l, err)
		}
		c, err = h.s.BeginPasskeySignIn(ctx, h.citi, next.Try)
		h.must(err)
		next, err = h.s.SignInPasskey(ctx, h.citi, next.Try, c.ID, key.sign(c))
		h.must(err)
		if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPasskey {
			t.Error(who, err)
		}
		// Another realm member's means are not there to be changed.
		o, err := h.s.Overview(ctx, holder)
		h.must(err)
		if err := h.s.RemovePasskey(ctx, other, o.Passkeys[0].ID); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("somebody else's passkey was removed: %v", err)
		}
		if err := h.s.RenamePasskey(ctx, other, o.Passkeys[0].ID, pii.New("x")); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("somebody else's passkey was renamed: %v", err)
		}
	})
}

func TestNoMailHoldsAPersonalMark(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		seen := map[mail.Template]bool{}
		collect := func() {
			for _, m := range h.mails() {
				seen[m.Template] = true
				u, err := url.Parse(m.Link.Reveal())
				h.must(err)
				q := u.Query()
				q.Del("schluessel")
				if len(q) != 0 || u.Fragment != "" || u.Host != "konto.kreis.example" || !strings.HasPrefix(u.Path, "/konto/") && u.Path != "/sicherheit" {
					t.Errorf("%s leads to %s", m.Template, m.Link.Reveal())
				}
				if s := u.Query().Get("schluessel"); s != "" && len(s) != 32 {
					t.Errorf("%s: secret of %d signs", m.Template, len(s))
				}
				for _, mark := range []string{"Kim", "Beispiel", "post", "@", "person"} {
					if strings.Contains(m.Link.Reveal(), mark) || strings.Contains(m.Key, mark) {
						t.Errorf("%s holds %q", m.Template, mark)
					}
				}
			}
		}
		holder := h.register(address)
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New("neu@post.example")}))
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New("niemand@post.example")}))
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		h.must(h.s.AskAddress(ctx, holder, home, local.Ask{Mail: pii.New("andere@post.example")}))
		collect()
		for _, m := range []mail.Template{mail.AccountConfirm, mail.AccountKnown, mail.AccountUnknown, mail.AccountRecover, mail.AccountAddress, mail.AccountChanged} {
			if !seen[m] {
				t.Errorf("%s was not sent: nobody looked at it", m)
			}
		}
	})
}
