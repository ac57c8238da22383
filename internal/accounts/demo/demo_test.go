package demo_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

func open(t *testing.T, c *clock.Fake) loginstest.Partner {
	t.Helper()
	p, err := demo.New(demo.Config{Demo: true, Clock: c, Stylesheet: func() string { return "/x.css" }, RealmOf: func(string) string { return "kreis" },
		Citizens: []demo.Citizen{{Slug: "ada", Realm: "kreis", Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh},
			Profile: accounts.Profile{accounts.AttrGiven: {Value: pii.New("Ada")}, accounts.AttrFamily: {Value: pii.New("Zzmarke")}, accounts.AttrMail: {Value: pii.New("ada@post.example")}}},
			{Slug: "eve", Realm: "kreis", Levels: []perm.Level{perm.LevelBasis}, Profile: accounts.Profile{accounts.AttrFamily: {Value: pii.New("Zzfremd")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	choose := func(t *testing.T, b accounts.Begun, form url.Values) url.Values {
		t.Helper()
		u, err := url.Parse(b.Redirect)
		if err != nil {
			t.Fatal(err)
		}
		form.Set("versuch", u.Query().Get("versuch"))
		r := httptest.NewRequest(http.MethodPost, b.Redirect, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		back, err := url.Parse(w.Header().Get("Location"))
		if w.Code != http.StatusSeeOther || err != nil {
			t.Fatal(w.Code, err)
		}
		return back.Query()
	}
	return loginstest.Partner{Method: p, Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh},
		Answer: func(t *testing.T, b accounts.Begun, l perm.Level) url.Values {
			return choose(t, b, url.Values{"person": {"ada"}, "niveau": {l.String()}})
		},
		Stranger: func(t *testing.T, b accounts.Begun, l perm.Level) url.Values {
			return choose(t, b, url.Values{"person": {"eve"}, "niveau": {l.String()}})
		},
		BreakOff: func(t *testing.T, b accounts.Begun) url.Values { return choose(t, b, url.Values{"abbruch": {"1"}}) },
	}
}

func TestTheDemoStandsTheSuite(t *testing.T) { loginstest.Run(t, open) }
