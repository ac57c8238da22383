package oidc

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// attack is one way to get in without being it. Everything in setup holds for
// the honest control too; the rest is the attack alone.
type attack struct {
	name string
	rule Rule
	kind errs.Kind // KindForbidden if nothing is said
	key  string    // KeyRefused (or KeyUnavailable) if nothing is said

	settings func(*Settings)
	attempt  func(*accounts.Attempt)
	setup    func(*fakeProvider)

	token func(*minted)
	back  func(*accounts.Attempt, url.Values)
	lie   func(*fakeProvider) // the provider's other answers
	cold  bool                // nothing in memory: the lie concerns metadata or keys
}

// without plants a bug: `go test ./internal/accounts/oidc -without nonce` must fail.
var without = flag.String("without", "", "leave out a rule, to see the attacks get through")

func (x attack) run(t testing.TB, leaveOut Rule) (control, err error) {
	w := newWorld(t)
	s, a := honest(), attempt()
	if x.settings != nil {
		x.settings(&s)
	}
	if x.attempt != nil {
		x.attempt(&a)
	}
	if x.setup != nil {
		x.setup(w.p)
	}
	m := w.connect(s)
	cripple(m, leaveOut)
	if _, control = w.signIn(m, a, nil); control != nil {
		return control, nil
	}
	if x.cold {
		w.kind = New(Config{Clock: w.clock, Transport: w.net})
		m = w.connect(s)
		cripple(m, leaveOut)
	}
	w.p.mint = x.token
	if x.lie != nil {
		x.lie(w.p)
	}
	_, err = w.signIn(m, a, x.back)
	return nil, err
}

func cripple(m *Method, leaveOut Rule) {
	m.tokenRules = slices.DeleteFunc(slices.Clone(m.tokenRules), func(r rule[proof]) bool { return r.name == leaveOut })
	m.answerRules = slices.DeleteFunc(slices.Clone(m.answerRules), func(r rule[answer]) bool { return r.name == leaveOut })
}

func TestEveryAttackIsRefused(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range attacks() {
		if seen[x.name] {
			t.Errorf("%s stands twice", x.name)
		}
		seen[x.name] = true
		t.Run(x.name, func(t *testing.T) {
			control, err := x.run(t, Rule(*without))
			if control != nil {
				t.Fatalf("the honest sign-in is refused: %v", control)
			}
			kind, key := x.kind, x.key
			if kind == 0 {
				kind = errs.KindForbidden
			}
			if key == "" {
				key = map[errs.Kind]string{errs.KindForbidden: KeyRefused, errs.KindUnavailable: KeyUnavailable}[kind]
			}
			switch {
			case err == nil:
				t.Fatal("got in")
			case broken(err) != x.rule || !errs.Is(err, kind) || errs.KeyOf(err) != key:
				t.Errorf("refused otherwise: rule %s, %v, %s: %v", broken(err), errs.KindOf(err), errs.KeyOf(err), err)
			case strings.Contains(err.Error(), "Zzmarke") || strings.Contains(err.Error(), "person-") || strings.Contains(err.Error(), "zugang-"):
				t.Errorf("the log would hold a value: %v", err)
			case kind == errs.KindForbidden && accounts.RuleOf(err) != "oidc "+string(x.rule):
				t.Errorf("the audit entry says %q", accounts.RuleOf(err))
			}
		})
	}
	if len(seen) < 80 {
		t.Errorf("only %d attacks", len(seen))
	}
}

// The test of the test: each rule that is left out lets an attack in. iss, aud
// and exp have go-oidc as second lock, which must then be what refuses.
func TestWithoutARuleAnAttackGetsIn(t *testing.T) {
	var names []Rule
	for _, r := range tokenRules {
		names = append(names, r.name)
	}
	for _, r := range answerRules {
		names = append(names, r.name)
	}
	for _, name := range names {
		if name == RuleACR {
			continue // an acr that is no text is no acr either: refused for its level
		}
		t.Run(string(name), func(t *testing.T) {
			through, second := 0, 0
			for _, x := range attacks() {
				if x.rule != name {
					continue
				}
				control, err := x.run(t, name)
				if control != nil {
					t.Fatal(control)
				}
				switch {
				case err == nil:
					through++
				case broken(err) == RuleLibrary:
					second++
				}
			}
			if slices.Contains([]Rule{RuleIss, RuleAud, RuleExp}, name) {
				if second == 0 {
					t.Error("go-oidc is no second lock")
				}
				return
			}
			if through == 0 {
				t.Error("no attack gets through: the rule is not tested")
			}
		})
	}
}

func claim(name string, v any) func(*minted) {
	return func(m *minted) {
		if v == nil {
			delete(m.claims, name)
			return
		}
		m.claims[name] = v
	}
}

func head(name string, v any) func(*minted) {
	return func(m *minted) {
		if v == nil {
			delete(m.header, name)
			return
		}
		m.header[name] = v
	}
}

// rewrite changes the text of the claims before they are signed.
func rewrite(f func(string) string) func(*minted) {
	return func(m *minted) {
		b, _ := json.Marshal(m.claims)
		m.rawClaims = []byte(f(string(b)))
	}
}

func also(member string) func(*minted) {
	return rewrite(func(s string) string { return strings.TrimSuffix(s, "}") + "," + member + "}" })
}

// late moves a claim by seconds, seen from the provider's now.
func late(name string, by int64) func(*minted) {
	return func(m *minted) { m.claims[name] = began.Unix() + by }
}

func par(name string, v ...string) func(*accounts.Attempt, url.Values) {
	return func(_ *accounts.Attempt, q url.Values) {
		if len(v) == 0 {
			q.Del(name)
			return
		}
		q[name] = v
	}
}

func meta(name string, v any) func(*fakeProvider) {
	return func(p *fakeProvider) {
		p.metadata = func(m map[string]any) {
			if v == nil {
				delete(m, name)
				return
			}
			m[name] = v
		}
	}
}

func rsaProvider(alg string) func(*fakeProvider) {
	return func(p *fakeProvider) { p.use(keyRSA(), "k1", alg) }
}

func fresh(a *accounts.Attempt) { a.Fresh = true }

func askInfo(s *Settings) { s.Userinfo = true }

// at answers one path of the provider with something else.
func at(path string, f func(w http.ResponseWriter)) func(*fakeProvider) {
	return func(p *fakeProvider) {
		p.serve = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path {
				f(w)
			}
			return r.URL.Path == path
		}
	}
}

func attacks() (list []attack) {
	for _, part := range [][]attack{signatureAttacks(), keyAttacks(), headerAttacks(), formAttacks(), jsonAttacks(), claimAttacks(), answerAttacks(), exchangeAttacks(), userinfoAttacks(), discoveryAttacks()} {
		list = append(list, part...)
	}
	return list
}

func signatureAttacks() []attack {
	publicPEM := func() []byte {
		der, _ := x509.MarshalPKIXPublicKey(keyRSA().Public())
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	as := func(alg string, key any) func(*minted) {
		return func(m *minted) { m.header["alg"], m.alg, m.key = alg, alg, key }
	}
	return []attack{
		{name: "alg none", rule: RuleAlg, token: as("none", nil)},
		{name: "alg nOnE", rule: RuleAlg, token: as("nOnE", nil)},
		{name: "alg empty", rule: RuleAlg, token: func(m *minted) { m.header["alg"] = "" }},
		{name: "alg missing", rule: RuleAlg, token: head("alg", nil)},
		{name: "alg is a list", rule: RuleAlg, token: head("alg", []string{"ES256"})},
		{name: "alg in lower case", rule: RuleAlg, token: head("alg", "es256")},
		{name: "HS256 with the public key as secret", rule: RuleAlg, setup: rsaProvider("RS256"), token: func(m *minted) { as("HS256", publicPEM())(m) }},
		{name: "HS256 with the client's secret", rule: RuleAlg, token: as("HS256", []byte("geheimnis-nur-fuer-tests"))},
		{name: "HS512 with an empty secret", rule: RuleAlg, token: as("HS512", []byte{})},
		{name: "an algorithm that the settings leave out", rule: RuleAlg, settings: func(s *Settings) { s.Algorithms = []string{"PS256"} }, setup: rsaProvider("PS256"), token: as("RS256", keyRSA())},
		{name: "an algorithm that the provider does not announce", rule: RuleAlg, setup: func(p *fakeProvider) {
			rsaProvider("PS256")(p)
			meta("id_token_signing_alg_values_supported", []string{"PS256"})(p)
		}, token: as("RS256", keyRSA())},
		{name: "another's RSA key under the same kid", rule: RuleSignature, setup: rsaProvider("RS256"), token: as("RS256", keyRSAOther())},
		{name: "another's PSS key under the same kid", rule: RuleSignature, setup: rsaProvider("PS256"), token: as("PS256", keyRSAOther())},
		{name: "another's P-256 key under the same kid", rule: RuleSignature, token: as("ES256", keyP256b)},
		{name: "PSS signature said to be PKCS 1", rule: RuleSignature, setup: rsaProvider("RS256"), token: func(m *minted) { m.alg = "PS256" }},
		{name: "PSS signature with another salt", rule: RuleSignature, setup: rsaProvider("PS256"), token: func(m *minted) { m.alg = "PS256 with short salt" }},
		{name: "no signature", rule: RuleSignature, token: func(m *minted) { m.signature = func([]byte) []byte { return nil } }},
		{name: "a signature of zeros", rule: RuleSignature, token: func(m *minted) { m.signature = func(s []byte) []byte { return make([]byte, len(s)) } }},
		{name: "a signature with one bit changed", rule: RuleSignature, token: func(m *minted) { m.signature = func(s []byte) []byte { s[5] ^= 1; return s } }},
		{name: "a signature cut short", rule: RuleSignature, token: func(m *minted) { m.signature = func(s []byte) []byte { return s[:len(s)-1] } }},
		{name: "a signature with more behind it", rule: RuleSignature, token: func(m *minted) { m.signature = func(s []byte) []byte { return append(s, 0) } }},
		{name: "the signature of another token", rule: RuleSignature, token: func(m *minted) {
			m.whole = func(s string) string {
				return s[:strings.LastIndexByte(s, '.')] + m.previous[strings.LastIndexByte(m.previous, '.'):]
			}
		}},
		{name: "claims changed after signing", rule: RuleSignature, token: func(m *minted) {
			m.whole = func(s string) string {
				p := strings.Split(s, ".")
				c := maps.Clone(m.claims)
				c["sub"] = "person-2"
				b, _ := json.Marshal(c)
				return p[0] + "." + base64.RawURLEncoding.EncodeToString(b) + "." + p[2]
			}
		}},
		{name: "header changed after signing", rule: RuleSignature, token: func(m *minted) {
			m.whole = func(s string) string {
				p := strings.Split(s, ".")
				return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"k1"}`)) + "." + p[1] + "." + p[2]
			}
		}},
	}
}

func keyAttacks() []attack {
	publish := func(key any, more func(map[string]any)) func(*fakeProvider) {
		return func(p *fakeProvider) {
			p.keySet = func() any {
				b, _ := json.Marshal(jose.JSONWebKey{Key: key, KeyID: "k1"})
				o := map[string]any{}
				_ = json.Unmarshal(b, &o)
				more(o)
				return map[string]any{"keys": []any{o}}
			}
		}
	}
	member := func(name string, v any) func(*fakeProvider) {
		return publish(keyP256.Public(), func(o map[string]any) { o[name] = v })
	}
	both := func(p *fakeProvider) {
		p.published = append(p.published, jose.JSONWebKey{Key: keyP256b.Public(), KeyID: "k2"})
	}
	return []attack{
		{name: "a kid that nobody knows", rule: RuleKey, token: head("kid", "k9")},
		{name: "a kid in another case", rule: RuleKey, token: head("kid", "K1")},
		{name: "a kid that is a path", rule: RuleKey, token: head("kid", "../../dev/null")},
		{name: "no kid where two keys fit", rule: RuleKey, setup: both, token: head("kid", nil)},
		{name: "two keys under one kid", rule: RuleKey, cold: true, lie: func(p *fakeProvider) {
			p.published = append(p.published, jose.JSONWebKey{Key: keyP256b.Public(), KeyID: "k1"})
		}},
		{name: "an algorithm for another curve", rule: RuleKey, token: head("alg", "ES384")},
		{name: "an algorithm for another kind of key", rule: RuleKey, token: head("alg", "RS256")},
		{name: "a key for another algorithm", rule: RuleKey, setup: func(p *fakeProvider) {
			rsaProvider("RS256")(p)
			p.published[0].Algorithm = "RS256"
		}, token: func(m *minted) { m.header["alg"], m.alg = "PS256", "PS256" }},
		{name: "a key for encryption", rule: RuleKey, cold: true, lie: member("use", "enc")},
		{name: "a key whose use is a list", rule: RuleKey, cold: true, lie: member("use", []string{"sig"})},
		{name: "a key whose operations are others", rule: RuleKey, cold: true, lie: member("key_ops", []string{"encrypt"})},
		{name: "a key that also encrypts", rule: RuleKey, cold: true, lie: member("key_ops", []string{"verify", "wrapKey"})},
		{name: "a key published with its private part", rule: RuleKey, cold: true, lie: publish(keyP256, func(map[string]any) {})},
		{name: "a point that is not on the curve", rule: RuleKey, cold: true, lie: func(p *fakeProvider) {
			publish(keyP256.Public(), func(o map[string]any) { o["y"] = o["x"] })(p)
		}},
		{name: "an RSA key of 1024 bits", rule: RuleKey, setup: rsaProvider("RS256"), cold: true, lie: publish(keyP256.Public(), func(o map[string]any) {
			clear(o)
			maps.Copy(o, map[string]any{"kty": "RSA", "kid": "k1", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(keyRSA().N.Bytes()[:128])})
		})},
		{name: "an RSA key with exponent 3", rule: RuleKey, setup: rsaProvider("RS256"), cold: true, lie: publish(keyP256.Public(), func(o map[string]any) {
			clear(o)
			maps.Copy(o, map[string]any{"kty": "RSA", "kid": "k1", "e": "Aw", "n": base64.RawURLEncoding.EncodeToString(keyRSA().N.Bytes())})
		})},
		{name: "a symmetric key in the key set", rule: RuleAlg, cold: true, lie: func(p *fakeProvider) {
			p.keySet = func() any {
				return map[string]any{"keys": []any{map[string]any{"kty": "oct", "kid": "k1", "k": "AAAA"}}}
			}
		}, token: func(m *minted) { m.header["alg"], m.alg, m.key = "HS256", "HS256", []byte{0, 0, 0} }},
		{name: "a key set without keys", rule: RuleKey, cold: true, lie: func(p *fakeProvider) { p.keySet = func() any { return map[string]any{"keys": []any{}} } }},
		{name: "a key set that is none", rule: RuleKey, kind: errs.KindUnavailable, cold: true, lie: func(p *fakeProvider) { p.keySet = func() any { return map[string]any{"keys": "k1"} } }},
		{name: "a key set of 101 keys", rule: RuleKey, kind: errs.KindUnavailable, cold: true, lie: func(p *fakeProvider) {
			p.keySet = func() any { return map[string]any{"keys": make([]map[string]any, maxKeys+1)} }
		}},
		{name: "a key that stands twice in its object", rule: RuleJSON, kind: errs.KindUnavailable, cold: true, lie: func(p *fakeProvider) {
			p.keySet = func() any { return `{"keys":[],"keys":[]}` }
		}},
	}
}

func headerAttacks() []attack {
	public, _ := json.Marshal(jose.JSONWebKey{Key: keyP256b.Public()})
	list := []attack{
		{name: "the attacker's key in the header", rule: RuleHeader, token: func(m *minted) {
			m.header["jwk"], m.key = json.RawMessage(public), keyP256b
			delete(m.header, "kid")
		}},
		{name: "an empty kid", rule: RuleHeader, token: head("kid", "")},
		{name: "a kid that is a number", rule: RuleHeader, token: head("kid", 1)},
		{name: "a kid that is an object", rule: RuleHeader, token: head("kid", map[string]any{"k1": 1})},
		{name: "typ is no text", rule: RuleHeader, token: head("typ", true)},
	}
	for name, v := range map[string]any{"jku": "https://boese.example/jwks", "x5u": "https://boese.example/x", "x5c": []string{"MIIB"}, "crit": []string{"exp"}, "b64": false, "zip": "DEF", "cty": "JWT", "enc": "A256GCM"} {
		list = append(list, attack{name: "header with " + name, rule: RuleHeader, token: head(name, v)})
	}
	for _, typ := range []string{"at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt"} {
		list = append(list, attack{name: "a token of kind " + typ, rule: RuleHeader, token: head("typ", typ)})
	}
	return list
}

func formAttacks() []attack {
	whole := func(f func(p []string) string) func(*minted) {
		return func(m *minted) { m.whole = func(s string) string { return f(strings.Split(s, ".")) } }
	}
	return []attack{
		{name: "JSON serialisation", rule: RuleForm, token: whole(func(p []string) string {
			return fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, p[0], p[1], p[2])
		})},
		{name: "JSON serialisation with two signatures", rule: RuleForm, token: whole(func(p []string) string {
			return fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q},{"protected":%q,"signature":""}]}`, p[1], p[0], p[2], p[0])
		})},
		{name: "two parts", rule: RuleForm, token: whole(func(p []string) string { return p[0] + "." + p[1] })},
		{name: "four parts", rule: RuleForm, token: whole(func(p []string) string { return strings.Join(p, ".") + "." })},
		{name: "five parts like a JWE", rule: RuleForm, token: whole(func(p []string) string { return strings.Join(p, ".") + ".AA.AA" })},
		{name: "detached claims", rule: RuleForm, token: whole(func(p []string) string { return p[0] + ".." + p[2] })},
		{name: "a line break within", rule: RuleForm, token: whole(func(p []string) string { return p[0] + "." + p[1][:9] + "\n" + p[1][9:] + "." + p[2] })},
		{name: "a blank in front", rule: RuleForm, token: whole(func(p []string) string { return " " + strings.Join(p, ".") })},
		{name: "padded base64", rule: RuleForm, token: whole(func(p []string) string { return p[0] + "." + p[1] + "." + p[2] + "==" })},
		{name: "base64 of the other alphabet", rule: RuleForm, token: func(m *minted) {
			m.signature = func(s []byte) []byte { return s }
			m.whole = func(s string) string {
				i := strings.LastIndexByte(s, '.') + 1
				return s[:i] + "+/" + s[i+2:]
			}
		}},
		{name: "base64 with bits set that belong to nothing", rule: RuleForm, token: whole(func(p []string) string {
			last := p[2][len(p[2])-1] // 64 bytes: the last of 86 characters carries 4 unused bits
			return p[0] + "." + p[1] + "." + p[2][:len(p[2])-1] + string(rune(last+1))
		})},
		{name: "a token without end", rule: RuleForm, token: claim("x", strings.Repeat("a", maxToken))},
		{name: "an empty token", rule: RuleForm, token: whole(func([]string) string { return "" })},
		{name: "dots alone", rule: RuleForm, token: whole(func([]string) string { return ".." })},
	}
}

func jsonAttacks() []attack {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	return []attack{
		{name: "sub twice", rule: RuleJSON, token: also(`"sub":"person-2"`)},
		{name: "iss twice, the good one last", rule: RuleJSON, token: rewrite(func(s string) string { return `{"iss":"https://boese.example",` + s[1:] })},
		{name: "nonce twice", rule: RuleJSON, token: also(`"nonce":"x"`)},
		{name: "aud twice", rule: RuleJSON, token: also(`"aud":"stadttor"`)},
		{name: "sub twice, once in escapes", rule: RuleJSON, token: also(`"\u0073ub":"person-2"`)},
		{name: "SUB beside sub", rule: RuleJSON, token: also(`"SUB":"person-2"`)},
		{name: "Iss instead of iss", rule: RuleJSON, token: rewrite(func(s string) string { return strings.Replace(s, `"iss"`, `"Iss"`, 1) })},
		{name: "ſub (long s) beside sub", rule: RuleJSON, token: also(`"ſub":"person-2"`)},
		{name: "ſub (long s) instead of sub", rule: RuleJSON, token: rewrite(func(s string) string { return strings.Replace(s, `"sub"`, `"ſub"`, 1) })},
		{name: "Kelvin sign in a key", rule: RuleJSON, token: rewrite(func(s string) string { return strings.TrimSuffix(s, "}") + `,"sub_jw` + "\u212a" + `":{}}` })},
		{name: "NONCE beside nonce", rule: RuleJSON, token: also(`"NONCE":"x"`)},
		{name: "a name twice within an object", rule: RuleJSON, token: also(`"address":{"locality":"Torhausen","locality":"Anderswo"}`)},
		{name: "two cases of a name within a list", rule: RuleJSON, token: also(`"x":[{"a":1,"A":2}]`)},
		{name: "a second document behind", rule: RuleJSON, token: rewrite(func(s string) string { return s + `{}` })},
		{name: "rubbish behind", rule: RuleJSON, token: rewrite(func(s string) string { return s + "\x00" })},
		{name: "a byte order mark", rule: RuleJSON, token: rewrite(func(s string) string { return "\ufeff" + s })},
		{name: "bytes that are not UTF-8", rule: RuleJSON, token: also("\"x\":\"\xff\"")},
		{name: "half a surrogate pair", rule: RuleJSON, token: also(`"x":"\ud800"`)},
		{name: "NUL within a name", rule: RuleJSON, token: also(`"sub\u0000":"person-2"`)},
		{name: "a comment", rule: RuleJSON, token: rewrite(func(s string) string { return s + "/* */" })},
		{name: "a comma too many", rule: RuleJSON, token: rewrite(func(s string) string { return strings.TrimSuffix(s, "}") + ",}" })},
		{name: "NaN", rule: RuleJSON, token: also(`"x":NaN`)},
		{name: "a list instead of an object", rule: RuleJSON, token: rewrite(func(s string) string { return "[" + s + "]" })},
		{name: "objects without bottom", rule: RuleJSON, token: also(`"x":` + deep)},
		{name: "a list without end", rule: RuleJSON, token: also(`"x":[` + strings.Repeat("1,", maxMembers) + "1]")},
		{name: "alg twice in the header", rule: RuleJSON, token: func(m *minted) { m.rawHeader = []byte(`{"alg":"none","alg":"ES256","kid":"k1"}`) }},
		{name: "ALG beside alg in the header", rule: RuleJSON, token: func(m *minted) { m.rawHeader = []byte(`{"alg":"ES256","ALG":"none","kid":"k1"}`) }},
		{name: "a header that is no JSON", rule: RuleJSON, token: func(m *minted) { m.rawHeader = []byte(`alg=ES256`) }},
	}
}

func claimAttacks() []attack {
	trusted := func(s *Settings) { s.OtherAudiences = []string{"schwester"} }
	two := func(p *fakeProvider) {
		p.claims["aud"], p.claims["azp"] = []string{"stadttor", "schwester"}, "stadttor"
	}
	low := func(acr any) attack {
		return attack{rule: RuleACR, key: KeyTooLow, token: claim("acr", acr)}
	}
	named := func(name string, x attack) attack { x.name = name; return x }
	return []attack{
		{name: "issued by another", rule: RuleIss, token: claim("iss", "https://anbieter-b.example")},
		{name: "issuer with a slash", rule: RuleIss, token: claim("iss", issuerA+"/")},
		{name: "issuer in capitals", rule: RuleIss, token: claim("iss", "HTTPS://anbieter-a.example")},
		{name: "issuer without scheme", rule: RuleIss, token: claim("iss", "anbieter-a.example")},
		{name: "issuer that begins like ours", rule: RuleIss, token: claim("iss", issuerA+".boese.example")},
		{name: "no issuer", rule: RuleIss, token: claim("iss", nil)},
		{name: "issuer as a list", rule: RuleIss, token: claim("iss", []string{issuerA})},
		{name: "no subject", rule: RuleSub, token: claim("sub", nil)},
		{name: "empty subject", rule: RuleSub, token: claim("sub", "")},
		{name: "subject of blanks", rule: RuleSub, token: claim("sub", "   ")},
		{name: "subject with a blank in front", rule: RuleSub, token: claim("sub", " person-1")},
		{name: "subject is a number", rule: RuleSub, token: claim("sub", 1)},
		{name: "subject is true", rule: RuleSub, token: claim("sub", true)},
		{name: "subject of 256 bytes", rule: RuleSub, token: claim("sub", strings.Repeat("a", 256))},
		{name: "subject outside ASCII", rule: RuleSub, token: claim("sub", "pers\u00f6n-1")},
		{name: "subject with a zero-width sign", rule: RuleSub, token: claim("sub", "person-1\u200b")},
		{name: "subject with a line break", rule: RuleSub, token: claim("sub", "person-1\nperson-2")},
		{name: "for another", rule: RuleAud, token: claim("aud", "fremd")},
		{name: "for nobody", rule: RuleAud, token: claim("aud", nil)},
		{name: "for an empty list", rule: RuleAud, token: claim("aud", []string{})},
		{name: "for one whose name begins like ours", rule: RuleAud, token: claim("aud", "stadttor2")},
		{name: "for us in capitals", rule: RuleAud, token: claim("aud", "STADTTOR")},
		{name: "for us and another", rule: RuleAud, token: func(m *minted) { m.claims["aud"], m.claims["azp"] = []string{"stadttor", "fremd"}, "stadttor" }},
		{name: "for us twice", rule: RuleAud, token: func(m *minted) { m.claims["aud"], m.claims["azp"] = []string{"stadttor", "stadttor"}, "stadttor" }},
		{name: "for a list with a number", rule: RuleAud, token: claim("aud", []any{"stadttor", 1})},
		{name: "for a name with ours in it", rule: RuleAud, token: claim("aud", "fremd stadttor")},
		{name: "for two, issued to nobody", rule: RuleAzp, settings: trusted, setup: two, token: claim("azp", nil)},
		{name: "for two, issued to the other", rule: RuleAzp, settings: trusted, setup: two, token: claim("azp", "schwester")},
		{name: "for us, issued to another", rule: RuleAzp, token: claim("azp", "fremd")},
		{name: "issued to a number", rule: RuleAzp, token: claim("azp", 1)},
		{name: "issued to an empty name", rule: RuleAzp, token: claim("azp", "")},
		{name: "ended 61 s ago", rule: RuleExp, token: func(m *minted) { late("exp", -61)(m); late("iat", -60)(m) }},
		{name: "without end", rule: RuleExp, token: claim("exp", nil)},
		{name: "end in quotes", rule: RuleExp, token: claim("exp", fmt.Sprint(began.Unix()+300))},
		{name: "end with an exponent", rule: RuleExp, token: claim("exp", json.Number("1e99"))},
		{name: "end before 1970", rule: RuleExp, token: claim("exp", -1)},
		{name: "end after the year 9999", rule: RuleExp, token: claim("exp", json.Number("253402300800"))},
		{name: "end before the beginning", rule: RuleExp, token: func(m *minted) { late("exp", 10)(m); late("iat", 20)(m) }},
		{name: "issued in 61 s", rule: RuleIat, token: late("iat", 61)},
		{name: "issued nobody says when", rule: RuleIat, token: claim("iat", nil)},
		{name: "issued before the attempt", rule: RuleIat, token: late("iat", -61)},
		{name: "issued in milliseconds", rule: RuleIat, token: claim("iat", began.UnixMilli())},
		{name: "valid in 61 s", rule: RuleNbf, token: late("nbf", 61)},
		{name: "valid from a text", rule: RuleNbf, token: claim("nbf", "heute")},
		{name: "no nonce", rule: RuleNonce, token: claim("nonce", nil)},
		{name: "empty nonce", rule: RuleNonce, token: claim("nonce", "")},
		{name: "another nonce", rule: RuleNonce, token: claim("nonce", "abcdefghijklmnopqrstuvwxyz012345")},
		{name: "nonce in capitals", rule: RuleNonce, token: func(m *minted) { m.claims["nonce"] = strings.ToUpper(m.request.Get("nonce")) }},
		{name: "nonce cut short", rule: RuleNonce, token: func(m *minted) { m.claims["nonce"] = m.request.Get("nonce")[:31] }},
		{name: "nonce as a list", rule: RuleNonce, token: func(m *minted) { m.claims["nonce"] = []string{m.request.Get("nonce")} }},
		{name: "the token of the attempt before", rule: RuleNonce, token: func(m *minted) { m.whole = func(string) string { return m.previous } }},
		{name: "at_hash of another access token", rule: RuleAtHash, token: claim("at_hash", halfHash("ES256", "anderes"))},
		{name: "at_hash by another hash", rule: RuleAtHash, token: func(m *minted) { m.claims["at_hash"] = halfHash("ES512", m.access) }},
		{name: "at_hash empty", rule: RuleAtHash, token: claim("at_hash", "")},
		{name: "at_hash is a number", rule: RuleAtHash, token: claim("at_hash", 1)},
		{name: "not asked again", rule: RuleAuthTime, attempt: fresh, token: late("auth_time", -61)},
		{name: "not asked again, the session is 6 s old", rule: RuleAuthTime, attempt: fresh, token: late("auth_time", -6)},
		{name: "not asked again, by a provider whose clock is late", rule: RuleAuthTime, attempt: fresh, token: func(m *minted) { late("iat", -50)(m); late("auth_time", -58)(m) }},
		{name: "asked again nobody says when", rule: RuleAuthTime, attempt: fresh, token: claim("auth_time", nil)},
		{name: "signed in in the future", rule: RuleAuthTime, token: late("auth_time", 61)},
		{name: "signed in at a text", rule: RuleAuthTime, token: claim("auth_time", "eben")},
		{name: "acr is a list", rule: RuleACR, token: claim("acr", []string{"urn:example:hoch"})},
		{name: "acr is a number", rule: RuleACR, token: claim("acr", 3)},
		named("level lower than wanted", low("urn:example:substantiell")),
		named("level unknown", low("urn:example:sehr-hoch")),
		named("level not said", low(nil)),
		named("level in capitals", low("URN:EXAMPLE:HOCH")),
		named("two levels in one text", low("urn:example:basis urn:example:hoch")),
		named("level with a blank", low("urn:example:hoch ")),
		{name: "a logout token", rule: RuleKind, token: claim("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}})},
		{name: "a token bound to a key", rule: RuleKind, token: claim("cnf", map[string]any{"jkt": "x"})},
		{name: "a self-issued token", rule: RuleKind, token: claim("sub_jwk", map[string]any{"kty": "EC"})},
	}
}

func answerAttacks() []attack {
	return []attack{
		{name: "another's state", rule: RuleState, back: par("state", "fremd")},
		{name: "no state", rule: RuleState, back: par("state")},
		{name: "empty state", rule: RuleState, back: par("state", "")},
		{name: "answer of another provider", rule: RuleMixUp, back: par("iss", "https://anbieter-b.example")},
		{name: "answer without sender although announced", rule: RuleMixUp, back: par("iss")},
		{name: "answer without sender although demanded", rule: RuleMixUp, settings: func(s *Settings) { s.RequireIss = true }, setup: meta("authorization_response_iss_parameter_supported", nil), back: par("iss")},
		{name: "answer of another where nothing is announced", rule: RuleMixUp, setup: meta("authorization_response_iss_parameter_supported", nil), back: par("iss", "https://anbieter-b.example")},
		{name: "sender empty", rule: RuleMixUp, back: par("iss", "")},
		{name: "refusal of another provider", rule: RuleMixUp, back: func(_ *accounts.Attempt, q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("iss", "https://anbieter-b.example")
		}},
		{name: "sender twice", rule: RuleShape, back: par("iss", issuerA, "https://anbieter-b.example")},
		{name: "state twice", rule: RuleShape, back: func(a *accounts.Attempt, q url.Values) { q["state"] = []string{a.State, "fremd"} }},
		{name: "code twice", rule: RuleShape, back: func(_ *accounts.Attempt, q url.Values) { q["code"] = append(q["code"], "fremd") }},
		{name: "no code", rule: RuleShape, back: par("code")},
		{name: "code with a line break", rule: RuleShape, back: par("code", "a\nb")},
		{name: "code outside ASCII", rule: RuleShape, back: par("code", "ä")},
		{name: "code without end", rule: RuleShape, back: par("code", strings.Repeat("a", 4097))},
		{name: "code and error", rule: RuleShape, back: par("error", "access_denied")},
		{name: "ID token through the browser", rule: RuleShape, back: par("id_token", "a.b.c")},
		{name: "access token through the browser", rule: RuleShape, back: par("access_token", "x")},
		{name: "packed answer (JARM)", rule: RuleShape, back: par("response", "a.b.c")},
		{name: "a code that was never given", rule: RulePartner, back: par("code", "erfunden")},
		{name: "kept nothing", rule: RuleAttempt, back: func(a *accounts.Attempt, _ url.Values) { a.Keep = nil }},
		{name: "kept without nonce", rule: RuleAttempt, back: func(a *accounts.Attempt, _ url.Values) { a.Keep = swap(a.Keep, "nonce", "") }},
		{name: "kept for another provider", rule: RuleAttempt, back: func(a *accounts.Attempt, _ url.Values) {
			a.Keep = swap(a.Keep, "issuer", "https://anbieter-b.example")
		}},
		{name: "kept for another client", rule: RuleAttempt, back: func(a *accounts.Attempt, _ url.Values) { a.Keep = swap(a.Keep, "client", "fremd") }},
		{name: "kept for another return page", rule: RuleAttempt, back: func(a *accounts.Attempt, _ url.Values) { a.Back = "https://konto.example/anmelden/zurueck/b" }},
		{name: "another's verifier", rule: RulePartner, back: func(a *accounts.Attempt, _ url.Values) {
			a.Keep = swap(a.Keep, "verifier", strings.Repeat("v", 43))
		}},
		{name: "broken off", rule: RulePartner, key: KeyCancelled, back: func(_ *accounts.Attempt, q url.Values) { q.Del("code"); q.Set("error", "access_denied") }},
		{name: "level not to be had", rule: RulePartner, key: KeyTooLow, back: func(_ *accounts.Attempt, q url.Values) {
			q.Del("code")
			q.Set("error", "unmet_authentication_requirements")
		}},
		{name: "an error with a script", rule: RulePartner, back: func(_ *accounts.Attempt, q url.Values) {
			q.Del("code")
			q.Set("error", "<script>Zzmarke</script>")
		}},
		{name: "provider overloaded", rule: RulePartner, kind: errs.KindUnavailable, back: func(_ *accounts.Attempt, q url.Values) {
			q.Del("code")
			q.Set("error", "temporarily_unavailable")
		}},
	}
}

func swap(keep []byte, name, value string) []byte {
	o := map[string]any{}
	_ = json.Unmarshal(keep, &o)
	o[name] = value
	b, _ := json.Marshal(o)
	return b
}

func exchangeAttacks() []attack {
	say := func(name string, v any) func(*fakeProvider) {
		return func(p *fakeProvider) {
			p.answer = func(o map[string]any) {
				if v == nil {
					delete(o, name)
					return
				}
				o[name] = v
			}
		}
	}
	down := errs.KindUnavailable
	return []attack{
		{name: "no ID token", rule: RuleForm, lie: say("id_token", nil)},
		{name: "ID token is an object", rule: RuleForm, lie: say("id_token", map[string]any{"sub": "person-1"})},
		{name: "access token of another kind", rule: RuleForm, lie: say("token_type", "mac")},
		{name: "access token without kind", rule: RuleForm, lie: say("token_type", nil)},
		{name: "access token with a line break", rule: RuleForm, lie: say("access_token", "x\r\nX: y")},
		{name: "no access token", rule: RuleTransport, kind: down, lie: say("access_token", nil)},
		{name: "two ID tokens in one answer", rule: RuleJSON, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			send(w, `{"access_token":"zugang-x","token_type":"Bearer","id_token":"a.b.c","id_token":"d.e.f"}`)
		})},
		{name: "ID_TOKEN instead of id_token", rule: RuleJSON, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			send(w, `{"access_token":"zugang-x","token_type":"Bearer","ID_TOKEN":"a.b.c"}`)
		})},
		{name: "an answer as a page", rule: RuleTransport, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`{"access_token":"zugang-x"}`))
		})},
		{name: "an answer without kind", rule: RuleTransport, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte(`{"access_token":"zugang-x"}`))
		})},
		{name: "an answer without end", rule: RuleTransport, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			send(w, `{"x":"`+strings.Repeat("a", maxAnswer)+`"}`)
		})},
		{name: "a packed answer", rule: RuleTransport, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			send(w, `{}`)
		})},
		{name: "the token endpoint redirects", rule: RuleTransport, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://boese.example/token")
			w.WriteHeader(http.StatusTemporaryRedirect)
		})},
		{name: "the token endpoint fails", rule: RulePartner, kind: down, lie: at("/token", func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })},
		{name: "the token endpoint knows us no more", rule: RulePartner, kind: down, lie: func(p *fakeProvider) { p.password = "anders" }},
		{name: "an error with a person's name", rule: RulePartner, kind: down, lie: at("/token", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"Ada Zzmarke","error_description":"Zzmarke"}`))
		})},
	}
}

func userinfoAttacks() []attack {
	down := errs.KindUnavailable
	info := func(name string, rule Rule, kind errs.Kind, lie func(*fakeProvider)) attack {
		return attack{name: name, rule: rule, kind: kind, settings: askInfo, lie: lie}
	}
	return []attack{
		info("userinfo of another person", RuleUserinfo, 0, func(p *fakeProvider) { p.info = map[string]any{"sub": "person-2"} }),
		info("userinfo of nobody", RuleUserinfo, 0, func(p *fakeProvider) { p.info = map[string]any{"sub": nil} }),
		info("userinfo of a list", RuleUserinfo, 0, func(p *fakeProvider) { p.info = map[string]any{"sub": []string{"person-1"}} }),
		info("userinfo of two", RuleJSON, down, at("/userinfo", func(w http.ResponseWriter) { send(w, `{"sub":"person-2","sub":"person-1"}`) })),
		info("userinfo with SUB", RuleJSON, down, at("/userinfo", func(w http.ResponseWriter) { send(w, `{"sub":"person-1","SUB":"person-2"}`) })),
		info("userinfo as a token", RuleTransport, down, at("/userinfo", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/jwt")
			_, _ = w.Write([]byte("a.b."))
		})),
		info("userinfo redirects", RuleTransport, down, at("/userinfo", func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://boese.example/userinfo")
			w.WriteHeader(http.StatusFound)
		})),
		info("userinfo refuses", RuleTransport, down, at("/userinfo", func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) })),
	}
}

func discoveryAttacks() []attack {
	x := func(name string, rule Rule, lie func(*fakeProvider)) attack {
		return attack{name: name, rule: rule, kind: errs.KindUnavailable, cold: true, lie: lie}
	}
	return []attack{
		x("metadata of another issuer", RuleDiscovery, meta("issuer", "https://anbieter-b.example")),
		x("metadata of an issuer with a slash", RuleDiscovery, meta("issuer", issuerA+"/")),
		x("metadata without issuer", RuleDiscovery, meta("issuer", nil)),
		x("token endpoint without TLS", RuleDiscovery, meta("token_endpoint", "http://anbieter-a.example/token")),
		x("token endpoint on this machine", RuleDiscovery, meta("token_endpoint", "http://127.0.0.1:8080/token")),
		x("key set without TLS", RuleDiscovery, meta("jwks_uri", "http://anbieter-a.example/jwks")),
		x("key set in a file", RuleDiscovery, meta("jwks_uri", "file:///etc/passwd")),
		x("authorization endpoint is a script", RuleDiscovery, meta("authorization_endpoint", "javascript:alert(1)")),
		x("authorization endpoint with a user in it", RuleDiscovery, meta("authorization_endpoint", "https://anbieter-a.example@boese.example/authorize")),
		x("authorization endpoint with a fragment", RuleDiscovery, meta("authorization_endpoint", issuerA+"/authorize#x")),
		x("userinfo endpoint without TLS", RuleDiscovery, meta("userinfo_endpoint", "http://anbieter-a.example/userinfo")),
		x("no code flow", RuleDiscovery, meta("response_types_supported", []string{"id_token"})),
		x("no S256", RuleDiscovery, meta("code_challenge_methods_supported", []string{"plain"})),
		x("answers by form only", RuleDiscovery, meta("response_modes_supported", []string{"form_post"})),
		x("pushed requests demanded", RuleDiscovery, meta("require_pushed_authorization_requests", true)),
		x("another way to prove who we are", RuleDiscovery, meta("token_endpoint_auth_methods_supported", []string{"none"})),
		x("no algorithm that is allowed", RuleDiscovery, meta("id_token_signing_alg_values_supported", []string{"none", "HS256"})),
		x("algorithms that are no list", RuleDiscovery, meta("id_token_signing_alg_values_supported", "ES256")),
		x("metadata with two issuers", RuleJSON, at("/.well-known/openid-configuration", func(w http.ResponseWriter) {
			send(w, `{"issuer":"https://boese.example","issuer":"`+issuerA+`"}`)
		})),
		x("metadata elsewhere", RuleTransport, at("/.well-known/openid-configuration", func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://boese.example/")
			w.WriteHeader(http.StatusMovedPermanently)
		})),
		x("no metadata", RuleTransport, at("/.well-known/openid-configuration", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) })),
	}
}

// Two authorities of a realm have connected a provider each, one of which is
// the attacker's (RFC 9700 4.4).
func TestAnAnswerOfTheOtherAuthoritysProviderIsRefused(t *testing.T) {
	const issuerB = "https://anbieter-b.example"
	for name, c := range map[string]struct {
		announced bool // does A announce RFC 9207?
		tamper    func(back url.Values, b *fakeProvider)
		rule      Rule
	}{
		"with B's name in the answer":         {true, func(q url.Values, b *fakeProvider) { q.Set("iss", issuerB) }, RuleMixUp},
		"without a name, A announces it":      {true, func(q url.Values, b *fakeProvider) { q.Del("iss") }, RuleMixUp},
		"with A's name and B's code":          {true, func(q url.Values, b *fakeProvider) {}, RulePartner},
		"without a name, A announces nothing": {false, func(q url.Values, b *fakeProvider) { q.Del("iss") }, RulePartner},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := newProvider(issuerB, w.clock)
			w.net[issuerB] = b
			if !c.announced {
				meta("authorization_response_iss_parameter_supported", nil)(w.p)
			}
			sa, sb := honest(), honest()
			sb.Issuer = issuerB
			atA, atB := w.connect(sa), w.connect(sb)
			aa, ab := attempt(), attempt()
			ab.Back = "https://konto.example/anmelden/zurueck/b"
			begunA, err := atA.Begin(t.Context(), aa)
			if err != nil {
				t.Fatal(err)
			}
			begunB, err := atB.Begin(t.Context(), ab)
			if err != nil {
				t.Fatal(err)
			}
			// Control: both work by themselves.
			if _, err := w.signIn(atA, aa, nil); err != nil {
				t.Fatal(err)
			}
			own := b.authorize(t, begunB.Redirect)
			back := url.Values{"state": {aa.State}, "code": own["code"], "iss": {issuerA}}
			c.tamper(back, b)
			aa.Keep, ab.Keep = begunA.Keep, begunB.Keep
			if _, err := atA.Complete(t.Context(), aa, back); broken(err) != c.rule {
				t.Errorf("at A: %v", err)
			}
			if b.count("/token") != 0 || w.p.count("/token") > 2 {
				t.Error("a code went to the wrong provider")
			}
			// The attempt that began at A is finished at B's connection.
			crossed := aa
			crossed.Back = ab.Back
			if _, err := atB.Complete(t.Context(), crossed, url.Values{"state": {aa.State}, "code": own["code"], "iss": {issuerB}}); broken(err) != RuleAttempt {
				t.Errorf("A's attempt at B: %v", err)
			}
			if _, err := atB.Complete(t.Context(), ab, own); err != nil {
				t.Errorf("B by itself: %v", err)
			}
		})
	}
}

// A code of the attacker's own sign-in, put into the victim's browser, even at
// a provider that forgets to check the verifier.
func TestAForeignCodeIsRefused(t *testing.T) {
	w := newWorld(t)
	m := w.connect(honest())
	theirs, mine := attempt(), attempt()
	b1, err := m.Begin(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	stolen := w.p.authorize(t, b1.Redirect)
	if _, err := w.signIn(m, mine, func(_ *accounts.Attempt, q url.Values) { q["code"] = stolen["code"] }); broken(err) != RulePartner {
		t.Errorf("by the verifier: %v", err)
	}
	stolen = w.p.authorize(t, b1.Redirect)
	_, err = w.signIn(m, mine, func(_ *accounts.Attempt, q url.Values) {
		w.p.mu.Lock()
		defer w.p.mu.Unlock()
		w.p.codes[stolen.Get("code")]["code_challenge"] = w.p.codes[q.Get("code")]["code_challenge"]
		q["code"] = stolen["code"]
	})
	if broken(err) != RuleNonce {
		t.Errorf("by the nonce: %v", err)
	}
}

func TestACodeIsNotTakenTwice(t *testing.T) {
	w := newWorld(t)
	m, a := w.connect(honest()), attempt()
	b, err := m.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	a.Keep = b.Keep
	back := w.p.authorize(t, b.Redirect)
	if _, err := m.Complete(t.Context(), a, back); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Complete(t.Context(), a, back); broken(err) != RulePartner {
		t.Error(err)
	}
}

func TestALowerLevelIsTheHostsToTakeOrLeave(t *testing.T) {
	w := newWorld(t)
	w.p.acr = "urn:example:substantiell"
	for level, want := range map[perm.Level]bool{perm.LevelBasis: true, perm.LevelSubstantial: true, perm.LevelHigh: false} {
		a := attempt()
		a.Level = level
		if _, err := w.signIn(w.connect(honest()), a, nil); (err == nil) != want {
			t.Errorf("%v: %v", level, err)
		}
	}
}
