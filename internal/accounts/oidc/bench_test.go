package oidc

import (
	"crypto"
	"net/url"
	"testing"
)

// BenchmarkSignIn runs whole sign-ins with keys and metadata in memory: Begin,
// the provider's answer, the exchange, every rule. The provider's own work
// (it signs each token) is part of the time. Goal: 500 a second on two cores.
func BenchmarkSignIn(b *testing.B) {
	for _, c := range []struct {
		alg  string
		key  crypto.Signer
		auth string
	}{{"ES256", keyP256, AuthBasic}, {"PS256", keyRSA(), AuthBasic}, {"ES256", keyP256, AuthKey}} {
		b.Run(c.alg+"/"+c.auth, func(b *testing.B) {
			w := newWorld(b)
			w.p.use(c.key, "k1", c.alg)
			s := honest()
			s.ClientAuth = c.auth
			if c.auth == AuthKey {
				w.secrets = map[string]string{SecretKey: pemOf(b, keyP256b)}
				w.p.knowsKey(b, s, w.secrets)
			}
			m := w.connect(s)
			if _, err := w.signIn(m, attempt(), nil); err != nil {
				b.Fatal(err)
			}
			calls := w.p.count("/jwks")
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := w.signIn(m, attempt(), nil); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign-ins/s")
			if w.p.count("/jwks") != calls {
				b.Error("keys were fetched again")
			}
		})
	}
}

// BenchmarkRefuse says what an attacker costs who posts rubbish.
func BenchmarkRefuse(b *testing.B) {
	w := newWorld(b)
	m, a := w.connect(honest()), attempt()
	begun, err := m.Begin(b.Context(), a)
	if err != nil {
		b.Fatal(err)
	}
	a.Keep = begun.Keep
	back := url.Values{"state": {a.State}, "code": {"x"}, "iss": {"https://boese.example"}}
	for b.Loop() {
		if _, err := m.Complete(b.Context(), a, back); broken(err) != RuleMixUp {
			b.Fatal(err)
		}
	}
}
