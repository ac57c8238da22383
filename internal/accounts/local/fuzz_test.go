package local

import (
	"testing"
	"time"
	"unicode/utf8"

	"stadttor/internal/ident"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

func FuzzPasskeyAnswers(f *testing.F) {
	for _, s := range []string{"", "{", "{}", "null", "[]", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVil"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseCreation(b); (p == nil) == (err == nil) {
			t.Errorf("creation: %v", err)
		}
		if p, err := parseAssertion(b); (p == nil) == (err == nil) {
			t.Errorf("assertion: %v", err)
		}
	})
}

func FuzzTypedCodes(f *testing.F) {
	for _, s := range []string{"123 456", "abcd-efgh-jkmn-pqrs", "OOOO IIII LLLL UUUU", "", "\xff", "１２３４５６"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := cleanDigits(pii.New(s)); d != "" && len(d) != 6 {
			t.Errorf("%q", d)
		}
		if c := cleanCode(pii.New(s)); c != "" && (len(c) != recoveryLength || cleanCode(pii.New(c)) != c) {
			t.Errorf("%q", c)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"Kim", " ", "O’Connor", "<b>", "\xff", "é", "名"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, bad := Names{pii.New(s), pii.New(s)}.check()
		if len(bad) == 0 && (n.Given.Empty() || !utf8.ValidString(n.Given.Reveal()) || foreign(n.Given.Reveal())) {
			t.Errorf("%q", s)
		}
	})
}

func FuzzDeviceCookies(f *testing.F) {
	r := room{Scope: Citizens("r"), key: seal.Random()}
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	a := account{id: ident.New[AccountID](now), stored: []byte("x")}
	good := r.device(a, now)
	if r.knows(a, good, now) == "" || r.knows(a, good, now.Add(DeviceLife+time.Second)) != "" || r.knows(account{id: a.id, stored: []byte("y")}, good, now) != "" || r.knows(account{}, good, now) != "" {
		f.Fatal("a browser is known by its own account and password, for half a year")
	}
	for _, s := range []string{"", ".", "..", good, good + "x", "0" + good} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s != good && r.knows(a, s, now) != "" {
			t.Errorf("taken: %q", s)
		}
	})
}
