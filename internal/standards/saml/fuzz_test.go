package saml_test

import (
	"encoding/base64"
	"testing"

	"stadttor/internal/standards/saml"
)

// Whatever bytes come: no panic, no hang, and nobody but the person for whom
// the provider signed is ever let in.
func FuzzResponse(f *testing.F) {
	l := begin(f, config(saml.Policy{Clear: true, Signed: saml.SignedEither}))
	a := l.answer()
	for _, raw := range []string{l.genuine(nil), l.clear(a, l.signed(a))} {
		b, _ := base64.StdEncoding.DecodeString(raw)
		f.Add(b)
	}
	t := &testing.T{}
	for _, v := range vectors() {
		if v.rule == saml.RuleSize {
			continue
		}
		k := *l
		if b, err := base64.StdEncoding.DecodeString(v.make(t, &k)); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := l.take(base64.StdEncoding.EncodeToString(b))
		if err != nil {
			if got != nil || saml.RuleOf(err) == "" {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		if got.NameID.Value != "AAdzZWNyZXQx" || got.Class != "STORK-QAA-Level-3" || len(got.Attributes) > 2 {
			t.Fatalf("somebody else was let in: %+v", got)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	l := begin(f, config(saml.Policy{}))
	f.Add([]byte(l.idp.Metadata()))
	f.Add([]byte(l.idp.Metadata(idpKey(), evilKey())))
	f.Add([]byte("<!-- <!-- --> <?x?>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := saml.ReadMetadata(b, now)
		if err == nil && (p.EntityID == "" || len(p.Keys) == 0) {
			t.Fatal("half a provider")
		}
	})
}
