package loginstest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// paper is the smallest honest method: its partner signs a slip.
type paper struct {
	issuer string
	key    []byte
	down   bool
}

// slip is what the partner signs.
type slip struct {
	Nonce, Subject, Family, Shoes string
	Level                         perm.Level
	Broken                        bool
}

func (p *paper) Begin(_ context.Context, a accounts.Attempt) (accounts.Begun, error) {
	nonce := ident.Secret()
	q := url.Values{"state": {a.State}, "nonce": {nonce}}
	if a.Fresh {
		q.Set("fresh", "1")
	}
	return accounts.Begun{Redirect: p.issuer + "?" + q.Encode(), Keep: []byte(nonce)}, nil
}

func (p *paper) sign(s slip) string {
	b, _ := json.Marshal(s)
	m := hmac.New(sha256.New, p.key)
	m.Write(b)
	return base64.RawURLEncoding.EncodeToString(append(m.Sum(nil), b...))
}

func (p *paper) read(text string) (s slip, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < sha256.Size {
		return s, false
	}
	m := hmac.New(sha256.New, p.key)
	m.Write(b[sha256.Size:])
	return s, hmac.Equal(m.Sum(nil), b[:sha256.Size]) && json.Unmarshal(b[sha256.Size:], &s) == nil
}

func (p *paper) Complete(_ context.Context, a accounts.Attempt, back url.Values) (who accounts.Identity, err error) {
	if p.down {
		return who, errs.Unavailable("login.method-silent", errors.New("no answer"))
	}
	s, ok := p.read(back.Get("slip"))
	switch {
	case !ok:
		return who, accounts.Refused("login.refused", "signature")
	case s.Nonce != string(a.Keep) || back.Get("state") != a.State:
		return who, accounts.Refused("login.refused", "nonce")
	case s.Broken:
		return who, accounts.Refused("login.broken-off", "broken off")
	case s.Level < a.Level:
		return who, accounts.Refused("login.level-too-low", "level")
	}
	return accounts.Identity{Issuer: p.issuer, Subject: s.Subject, Level: s.Level, Means: "Zettel", Profile: accounts.Profile{accounts.AttrFamily: {Value: pii.New(s.Family), Level: s.Level}}}, nil
}

func (p *paper) answer(b accounts.Begun, s slip) url.Values {
	u, _ := url.Parse(b.Redirect)
	s.Nonce = u.Query().Get("nonce")
	return url.Values{"state": {u.Query().Get("state")}, "slip": {p.sign(s)}}
}

// paperPartner is a paper with people: honest, but for what plant makes of its
// method.
func paperPartner(plant func(*paper) accounts.Method) Partner {
	open := func(issuer string) (Partner, func() accounts.Method) {
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		p := &paper{issuer: issuer, key: key}
		as := func(subject string) func(*testing.T, accounts.Begun, perm.Level) url.Values {
			return func(_ *testing.T, b accounts.Begun, l perm.Level) url.Values {
				return p.answer(b, slip{Subject: subject, Family: "Zzmarke", Shoes: "Zzschuhgroesse", Level: l})
			}
		}
		node := func() accounts.Method { return plant(p) }
		return Partner{Method: node(), Levels: []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}, Answer: as("eins"), Stranger: as("zwei"), Strange: "Zzschuhgroesse", Staff: true,
			BreakOff:  func(_ *testing.T, b accounts.Begun) url.Values { return p.answer(b, slip{Broken: true}) },
			Down:      func(_ *testing.T, down bool) { p.down = down },
			AsksAgain: func(_ *testing.T, b accounts.Begun) bool { return strings.Contains(b.Redirect, "fresh=1") },
		}, node
	}
	other, _ := open("https://b.example/")
	own, node := open("https://a.example/")
	own.Other, own.Twin = &other, node()
	return own
}

func TestAnHonestMethodStandsTheSuite(t *testing.T) {
	Run(t, func(*testing.T, *clock.Fake) Partner { return paperPartner(honest) })
}

// bug is a method with a fault: one of its calls is another.
type bug struct {
	*paper
	begin    func(*paper, accounts.Attempt) (accounts.Begun, error)
	complete func(*paper, accounts.Attempt, url.Values) (accounts.Identity, error)
}

func (b bug) Begin(ctx context.Context, a accounts.Attempt) (accounts.Begun, error) {
	if b.begin != nil {
		return b.begin(b.paper, a)
	}
	return b.paper.Begin(ctx, a)
}

func (b bug) Complete(ctx context.Context, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
	if b.complete != nil {
		return b.complete(b.paper, a, back)
	}
	return b.paper.Complete(ctx, a, back)
}

// changed is a method that is honest until it gives out who came.
func changed(f func(*accounts.Identity, accounts.Attempt, slip)) func(*paper) accounts.Method {
	return func(p *paper) accounts.Method {
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			who, err := p.Complete(context.Background(), a, back)
			if s, ok := p.read(back.Get("slip")); ok && err == nil {
				f(&who, a, s)
			}
			return who, err
		}}
	}
}

// wrongly is a method that treats a refusal in another way.
func wrongly(f func(p *paper, a accounts.Attempt, back url.Values, err error) (accounts.Identity, error)) func(*paper) accounts.Method {
	return func(p *paper) accounts.Method {
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			who, err := p.Complete(context.Background(), a, back)
			if err != nil {
				return f(p, a, back, err)
			}
			return who, nil
		}}
	}
}

// takes forgives refusals with one of these keys: it takes the slip as it stands.
func takes(keys ...string) func(*paper) accounts.Method {
	return wrongly(func(p *paper, a accounts.Attempt, back url.Values, err error) (accounts.Identity, error) {
		s, ok := p.read(back.Get("slip"))
		for _, k := range keys {
			if ok && errs.KeyOf(err) == k && !p.down {
				return accounts.Identity{Issuer: p.issuer, Subject: s.Subject, Level: s.Level, Means: "Zettel"}, nil
			}
		}
		return accounts.Identity{}, err
	})
}

// begun is a method that begins in another way.
func begunBy(f func(*accounts.Begun, accounts.Attempt)) func(*paper) accounts.Method {
	return func(p *paper) accounts.Method {
		return bug{paper: p, begin: func(p *paper, a accounts.Attempt) (accounts.Begun, error) {
			b, err := p.Begin(context.Background(), a)
			f(&b, a)
			return b, err
		}}
	}
}

// planted are methods with one fault each, and the rule that must see it.
var planted = []struct {
	fault, rule string
	plant       func(*paper) accounts.Method
}{
	{"redirect and form at once", "begins with one way to go and keeps little", begunBy(func(b *accounts.Begun, _ accounts.Attempt) { b.Post = b.Redirect })},
	{"a whole request is kept", "begins with one way to go and keeps little", begunBy(func(b *accounts.Begun, _ accounts.Attempt) {
		b.Keep = append(b.Keep, make([]byte, accounts.MaxKeep)...)
	})},
	{"the level is what was wanted", "says who it is, how sure, by which means", changed(func(w *accounts.Identity, a accounts.Attempt, _ slip) { w.Level = a.Level })},
	{"the level is always the highest", "takes nothing below the level that is wanted", func(p *paper) accounts.Method {
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			a.Level = perm.LevelNone
			who, err := p.Complete(context.Background(), a, back)
			who.Level = perm.LevelHigh
			return who, err
		}}
	}},
	{"no means are named", "says who it is, how sure, by which means", changed(func(w *accounts.Identity, _ accounts.Attempt, _ slip) { w.Means = "" })},
	{"an attribute that does not exist", "says who it is, how sure, by which means", changed(func(w *accounts.Identity, _ accounts.Attempt, s slip) {
		w.Profile["shoes"] = accounts.Attribute{Value: pii.New("42")}
	})},
	{"a subject that lasts for one sign-in", "knows one person again, and two apart", changed(func(w *accounts.Identity, a accounts.Attempt, _ slip) { w.Subject += a.State })},
	{"a subject that depends on the level", "a step-up keeps the person and ends the session before", changed(func(w *accounts.Identity, _ accounts.Attempt, _ slip) { w.Subject += w.Level.String() })},
	{"everybody has one subject", "knows one person again, and two apart", changed(func(w *accounts.Identity, _ accounts.Attempt, _ slip) { w.Subject = "kunde" })},
	{"everybody has one subject, at a step-up", "a stranger's step-up changes nobody's session", changed(func(w *accounts.Identity, _ accounts.Attempt, _ slip) { w.Subject = "kunde" })},
	{"the nonce lives in the process", "keeps nothing in its process", func(p *paper) accounts.Method {
		var mu sync.Mutex
		mine := map[string]bool{}
		return bug{paper: p,
			begin: func(p *paper, a accounts.Attempt) (accounts.Begun, error) {
				mu.Lock()
				mine[a.State] = true
				mu.Unlock()
				return p.Begin(context.Background(), a)
			},
			complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
				mu.Lock()
				defer mu.Unlock()
				if !mine[a.State] {
					return accounts.Identity{}, accounts.Refused("login.refused", "attempt")
				}
				return p.Complete(context.Background(), a, back)
			}}
	}},
	{"a running session over there is enough at a step-up", "demands that somebody is asked again when the host does", begunBy(func(b *accounts.Begun, _ accounts.Attempt) {
		b.Redirect = strings.Replace(b.Redirect, "fresh=1", "", 1)
	})},
	{"everything that comes is passed on", "passes on no attribute that nobody asked for", changed(func(w *accounts.Identity, _ accounts.Attempt, s slip) {
		w.Profile[accounts.AttrCompany] = accounts.Attribute{Value: pii.New(s.Shoes)}
	})},
	{"the nonce is not compared", "takes no answer to another attempt", func(p *paper) accounts.Method {
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			if s, ok := p.read(back.Get("slip")); ok {
				a.Keep = []byte(s.Nonce)
			}
			return p.Complete(context.Background(), a, back)
		}}
	}},
	{"any partner's signature will do", "takes no answer for another connection", func(p *paper) accounts.Method {
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			b, err := base64.RawURLEncoding.DecodeString(back.Get("slip"))
			var s slip
			if err != nil || len(b) < sha256.Size || json.Unmarshal(b[sha256.Size:], &s) != nil {
				return accounts.Identity{}, accounts.Refused("login.refused", "form")
			}
			return p.Complete(context.Background(), a, url.Values{"state": back["state"], "slip": {p.sign(s)}})
		}}
	}},
	{"the level is not compared", "takes nothing below the level that is wanted", wrongly(func(_ *paper, _ accounts.Attempt, _ url.Values, err error) (accounts.Identity, error) {
		if errs.KeyOf(err) == "login.level-too-low" {
			err = accounts.Refused("login.refused", "level")
		}
		return accounts.Identity{}, err
	})},
	{"the error repeats what came", "takes no rubbish and repeats none of it", wrongly(func(_ *paper, _ accounts.Attempt, back url.Values, err error) (accounts.Identity, error) {
		return accounts.Identity{}, fmt.Errorf("slip %s: %w", back.Get("slip"), err)
	})},
	{"rubbish is a fault of ours", "takes no rubbish and repeats none of it", wrongly(func(_ *paper, _ accounts.Attempt, _ url.Values, err error) (accounts.Identity, error) {
		return accounts.Identity{}, errors.New("unexpected slip")
	})},
	{"an empty answer is somebody", "takes no rubbish and repeats none of it", wrongly(func(p *paper, a accounts.Attempt, back url.Values, err error) (accounts.Identity, error) {
		if back.Get("slip") == "" {
			return accounts.Identity{Issuer: p.issuer, Subject: "niemand", Level: a.Level, Means: "Zettel"}, nil
		}
		return accounts.Identity{}, err
	})},
	{"breaking off is a refusal like any other", "hears that somebody broke off", wrongly(func(_ *paper, _ accounts.Attempt, _ url.Values, err error) (accounts.Identity, error) {
		return accounts.Identity{}, accounts.Refused("login.refused", "status")
	})},
	{"breaking off signs somebody in", "hears that somebody broke off", takes("login.broken-off")},
	{"a silent partner is the person's fault", "says when its partner is silent", wrongly(func(_ *paper, _ accounts.Attempt, _ url.Values, err error) (accounts.Identity, error) {
		return accounts.Identity{}, accounts.Refused("login.refused", "no answer")
	})},
	{"once silent, silent for ever", "says when its partner is silent", func(p *paper) accounts.Method {
		silent := false
		return bug{paper: p, complete: func(p *paper, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
			if silent = silent || p.down; silent {
				return accounts.Identity{}, errs.Unavailable("login.method-silent", errors.New("remembered"))
			}
			return p.Complete(context.Background(), a, back)
		}}
	}},
}

// ear hears what a rule says of a method that is broken on purpose; a fatal word
// ends the rule, not the test.
type ear struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

type enough struct{}

func (e *ear) note(s string) { e.mu.Lock(); e.said = append(e.said, s); e.mu.Unlock() }

func (e *ear) Error(args ...any)            { e.note(fmt.Sprint(args...)) }
func (e *ear) Errorf(f string, args ...any) { e.note(fmt.Sprintf(f, args...)) }
func (e *ear) Fatal(args ...any)            { e.Error(args...); panic(enough{}) }
func (e *ear) Fatalf(f string, args ...any) { e.Errorf(f, args...); panic(enough{}) }

// hears runs one rule against a method in a house and gives what the rule says.
func hears(t *testing.T, rule string, plant func(*paper) accounts.Method, spoil func(*db.DB, *House)) []string {
	t.Helper()
	for _, x := range rules {
		if x.rule != rule {
			continue
		}
		e := &ear{TB: t}
		func() {
			defer func() {
				if p := recover(); p != nil && p != (enough{}) {
					panic(p)
				}
			}()
			x.run(t, e, func(*testing.T, *clock.Fake) Partner { return paperPartner(plant) }, spoil)
		}()
		return e.said
	}
	t.Fatalf("no rule %q", rule)
	return nil
}

// forgets changes the database behind the host's back.
func forgets(t *testing.T, statements ...string) func(*db.DB, *House) {
	return func(d *db.DB, h *House) {
		if err := d.InTx(t.Context(), h.Host.Realm.Scope(), func(tx *db.Tx) error {
			for _, q := range statements {
				if _, err := tx.Exec(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func honest(p *paper) accounts.Method { return p }

func TestTheSuiteNotices(t *testing.T) {
	broken := map[string]bool{}
	for _, x := range planted {
		broken[x.rule] = true
		t.Run(x.fault, func(t *testing.T) {
			if len(hears(t, x.rule, x.plant, nil)) == 0 {
				t.Errorf("the rule %q does not see it", x.rule)
			}
		})
	}
	// What the host answers for, and no method can break.
	for _, x := range []struct {
		fault, rule string
		spoil       func(*db.DB, *House)
	}{
		{"the host's clock stands still", "takes no answer that comes late", func(_ *db.DB, h *House) { h.Clock = clock.NewFake(h.Clock.Now()) }},
		{"the host does not use up a try", "takes an answer once, also when many come at once", forgets(t,
			`CREATE TRIGGER stays AFTER UPDATE OF state ON account_attempt WHEN NEW.state IS NULL BEGIN UPDATE account_attempt SET state=OLD.state, state_until=OLD.state_until, keep=OLD.keep WHERE realm_id=NEW.realm_id AND id=NEW.id; END`,
			`CREATE TRIGGER goes BEFORE DELETE ON account_attempt BEGIN SELECT RAISE(IGNORE); END`)},
		{"the host forgets what an authority chose", "stopped by an authority, it opens nothing there", forgets(t,
			`CREATE TRIGGER forgets AFTER INSERT ON sign_in_choice BEGIN DELETE FROM sign_in_choice WHERE name=NEW.name; END`)},
		{"the host knows an attempt at every portal", "staff of one authority are not let in at another", forgets(t,
			`CREATE TRIGGER everywhere AFTER INSERT ON login_attempt BEGIN INSERT OR IGNORE INTO login_attempt (tenant_id,id,kind,method,level,return_path,expires_at,browser,keep) SELECT t.id,NEW.id,NEW.kind,NEW.method,NEW.level,NEW.return_path,NEW.expires_at,NEW.browser,NEW.keep FROM tenant t; END`)},
		{"the host leaves the session before", "a step-up keeps the person and ends the session before", forgets(t,
			`CREATE TRIGGER leaves BEFORE DELETE ON session BEGIN SELECT RAISE(IGNORE); END`)},
		{"the host does not raise what it was asked to", "a step-up keeps the person and ends the session before", forgets(t,
			`CREATE TRIGGER lowers AFTER INSERT ON account_session BEGIN UPDATE account_session SET level=1 WHERE id=NEW.id; END`)},
	} {
		broken[x.rule] = true
		t.Run(x.fault, func(t *testing.T) {
			if len(hears(t, x.rule, honest, x.spoil)) == 0 {
				t.Errorf("the rule %q does not see it", x.rule)
			}
		})
	}
	for _, x := range rules {
		if !broken[x.rule] {
			t.Errorf("nothing breaks the rule %q", x.rule)
		}
	}
}
