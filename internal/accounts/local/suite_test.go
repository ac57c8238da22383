package local_test

import (
	"context"
	"net/url"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/accounts/loginstest"
	"stadttor/internal/clock"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// moved is the method in the realm of its own database: the suite has a house
// of its own and knows only the port.
type moved struct {
	s     *local.Service
	realm ident.RealmID
}

func (m moved) Begin(ctx context.Context, a accounts.Attempt) (accounts.Begun, error) {
	a.Realm = m.realm
	return m.s.Begin(ctx, a)
}

func (m moved) Complete(ctx context.Context, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
	a.Realm = m.realm
	return m.s.Complete(ctx, a, back)
}

func TestLocalAccountsStandTheSuite(t *testing.T) {
	loginstest.Run(t, func(t *testing.T, c *clock.Fake) loginstest.Partner {
		h := build(t, dbtest.Open(t, "sqlite", c), c)
		h.register(address)
		query := func(t *testing.T, address string) url.Values {
			t.Helper()
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			return u.Query()
		}
		return loginstest.Partner{Method: moved{h.s, h.realm.ID}, Levels: []perm.Level{perm.LevelBasis},
			Answer: func(t *testing.T, b accounts.Begun, _ perm.Level) url.Values {
				t.Helper()
				next, err := h.s.SignIn(t.Context(), h.citi, home, query(t, b.Redirect).Get("versuch"), pii.New(address), pii.New(password))
				if err != nil {
					t.Fatal(err)
				}
				return query(t, next.Redirect)
			},
			BreakOff: func(t *testing.T, b accounts.Begun) url.Values {
				t.Helper()
				to, err := h.s.Break(t.Context(), h.citi, query(t, b.Redirect).Get("versuch"))
				if err != nil {
					t.Fatal(err)
				}
				return query(t, to)
			},
		}
	})
}
