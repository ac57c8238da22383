package local_test

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

const (
	address  = "Kim.Beispiel@post.example"
	password = "vier Igel tanzen leise"
	host     = "https://konto.kreis.example"
)

var (
	operator = perm.System{Name: "test"}
	cheap    = local.Params{Memory: 64, Time: 1, Threads: 1}
	home     = local.Visitor{Addr: netip.MustParseAddr("192.0.2.17")}
	away     = local.Visitor{Addr: netip.MustParseAddr("198.51.100.9")}
	kim      = local.Names{Given: pii.New("Kim"), Family: pii.New("Beispiel-Ğümüş")}
)

// house is a realm with two tenants, and the mailboxes of everybody.
type house struct {
	t     *testing.T
	s     *local.Service
	d     *db.DB
	c     *clock.Fake
	jobs  *jobs.Runner
	realm tenancy.Realm
	lead  tenancy.Tenant
	other tenancy.Tenant
	post  sync.Mutex // jobs of one drain run side by side
	sent  []mail.Message
	ended []string // holders whose sessions were ended
	// members are the subjects of the staff that the host knows.
	members map[ident.StaffID]string
	citi    local.Scope
}

func build(t *testing.T, d *db.DB, c *clock.Fake, change ...func(*local.Config)) *house {
	t.Helper()
	ctx := t.Context()
	dir, err := tenancy.OpenDirectory(ctx, d, seal.Random())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, d: d, c: c, members: map[ident.StaffID]string{}}
	if h.realm, err = dir.CreateRealm(ctx, operator, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "kreis"}); err != nil {
		t.Fatal(err)
	}
	if h.lead, err = dir.CreateTenant(ctx, operator, tenancy.Tenant{Realm: h.realm.ID, Slug: "kreis", Name: "Kreis Musterland", Kind: "kreis", Sign: "KML", ARS: "990010000000"}); err != nil {
		t.Fatal(err)
	}
	if h.other, err = dir.CreateTenant(ctx, operator, tenancy.Tenant{Realm: h.realm.ID, Slug: "stadt", Name: "Stadt Torhausen", Kind: "stadt", Sign: "TOR", ARS: "990010001001"}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	h.citi = local.Citizens(h.realm.ID)
	conf := local.Config{DB: d, Directory: dir, Params: cheap,
		Send: func(_ context.Context, tx *db.Tx, m mail.Message) error {
			_ = tx.Tenant() // panics outside a tenant's scope
			h.post.Lock()
			defer h.post.Unlock()
			h.sent = append(h.sent, m)
			return nil
		},
		Site: func(x local.Scope) (local.Site, error) {
			if x.Staff() {
				return local.Site{Base: "https://service.stadt.example", Path: "/verwaltung", Name: "Stadt Torhausen", Words: []string{"Torhausen"}}, nil
			}
			return local.Site{Base: host, Name: "Kreis Musterland", Words: []string{"Serviceportal Musterland"}}, nil
		},
		EndSessions: func(_ context.Context, tx *db.Tx, x local.Scope, holder, _ string) error {
			if !x.Staff() && string(tx.Person()) != holder { // panics outside a person's scope
				t.Error("sessions of somebody else")
			}
			h.ended = append(h.ended, holder)
			return nil
		},
		AddStaff: func(_ context.Context, tx *db.Tx, actor perm.Actor, subject string, _ pii.Text, list []perm.Grant) (ident.StaffID, error) {
			if a, ok := actor.(perm.Staff); ok && !a.May(perm.GrantRoles) {
				return "", errs.Forbidden("error.forbidden")
			}
			id := ident.New[ident.StaffID](tx.Now)
			h.members[id] = subject
			return id, nil
		},
		Managed: func(_ context.Context, _ *db.Tx, actor perm.Actor, id ident.StaffID) (string, error) {
			if a, ok := actor.(perm.Staff); ok && !a.May(perm.GrantRoles) {
				return "", errs.Forbidden("error.forbidden")
			}
			if h.members[id] == "" {
				return "", errs.NotFound("staff", id)
			}
			return h.members[id], nil
		},
	}
	for _, f := range change {
		f(&conf)
	}
	h.s = local.New(conf)
	h.jobs = jobs.New(jobs.Config{DB: d})
	h.s.Subscribe(h.jobs)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// mails runs the jobs and gives what was sent since the last call.
func (h *house) mails() []mail.Message {
	h.t.Helper()
	_, err := h.jobs.Drain(h.t.Context())
	h.must(err)
	out := h.sent
	h.sent = nil
	return out
}

// mail gives the one mail that was sent, which must be this one.
func (h *house) mail(want mail.Template, to string) (secret string) {
	h.t.Helper()
	list := h.mails()
	if len(list) != 1 || list[0].Template != want || list[0].To.Reveal() != to {
		var got []mail.Template
		for _, m := range list {
			got = append(got, m.Template)
		}
		h.t.Fatalf("mails %v, want %s", got, want)
	}
	u, err := url.Parse(list[0].Link.Reveal())
	h.must(err)
	return u.Query().Get("schluessel")
}

// attempt is what the host keeps of a try.
type attempt struct {
	accounts.Attempt
	try string
}

// begin starts a try as the host does.
func (h *house) begin(change ...func(*accounts.Attempt)) attempt {
	h.t.Helper()
	a := attempt{Attempt: accounts.Attempt{Kind: accounts.KindCitizen, Realm: h.realm.ID, Tenant: "stadt", State: ident.Secret(), Back: host + "/anmelden/zurueck/lokal", Level: perm.LevelBasis, Lang: "de"}}
	for _, f := range change {
		f(&a.Attempt)
	}
	b, err := h.s.Begin(h.t.Context(), a.Attempt)
	h.must(err)
	u, err := url.Parse(b.Redirect)
	h.must(err)
	a.Keep, a.try = b.Keep, u.Query().Get("versuch")
	return a
}

// complete follows the redirect as the host does.
func (h *house) complete(a attempt, next local.Next) (accounts.Identity, error) {
	h.t.Helper()
	u, err := url.Parse(next.Redirect)
	h.must(err)
	if got := u.Query().Get("state"); got != a.State || !strings.HasPrefix(next.Redirect, a.Back+"?") {
		h.t.Fatalf("state %q came back to %s", got, u.Path)
	}
	return h.s.Complete(h.t.Context(), a.Attempt, u.Query())
}

func (h *house) scope(a attempt) local.Scope {
	if a.Kind == accounts.KindStaff {
		return local.Staff(h.realm.ID, h.other.ID)
	}
	return h.citi
}

func (h *house) signIn(a attempt, v local.Visitor, mail, pw string) (local.Next, error) {
	return h.s.SignIn(h.t.Context(), h.scope(a), v, a.try, pii.New(mail), pii.New(pw))
}

// register makes an account with a password and binds it to a person.
func (h *house) register(mailbox string) local.Holder {
	h.t.Helper()
	ctx := h.t.Context()
	h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(mailbox), Lang: "de"}))
	a := h.begin()
	next, err := h.s.Register(ctx, h.citi, h.mail(mail.AccountConfirm, mailbox), a.try, kim, pii.New(password))
	h.must(err)
	who, err := h.complete(a, next)
	h.must(err)
	return h.bind(a, who)
}

// bind plays the host: the identity becomes a person.
func (h *house) bind(a attempt, who accounts.Identity) local.Holder {
	h.t.Helper()
	holder := "person-" + who.Subject[20:]
	var scope db.Scope = db.ForPerson(h.realm.ID, ident.PersonID(holder))
	if a.Kind == accounts.KindStaff {
		scope = h.other.Scope()
	}
	h.must(h.d.InTx(h.t.Context(), scope, func(tx *db.Tx) error { return h.s.Bound(h.t.Context(), tx, a.Attempt, who, holder) }))
	return local.Holder{Scope: h.scope(a), ID: holder, SignedIn: h.c.Now()}
}

// fresh is the holder as if signed in just now.
func (h *house) fresh(x local.Holder) local.Holder { x.SignedIn = h.c.Now(); return x }

// recorded gives the audit entries of the scope, oldest first, as
// "action detail outcome".
func (h *house) recorded(s db.Scope) (out []string) {
	h.t.Helper()
	h.must(h.d.View(h.t.Context(), s, func(tx *db.Tx) error {
		list, err := audit.List(h.t.Context(), tx, 0, 1000)
		for _, e := range list {
			if strings.HasPrefix(e.Action, "local.") {
				out = append(out, strings.Join(strings.Fields(e.Action+" "+e.Detail+" "+e.Outcome), " "))
			}
		}
		return err
	}))
	slices.Reverse(out)
	return out
}

func wantKey(t *testing.T, what string, err error, kind errs.Kind, key string) {
	t.Helper()
	if !errs.Is(err, kind) || errs.KeyOf(err) != key {
		t.Errorf("%s: %v, want %v %s", what, err, kind, key)
	}
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) { fn(t, build(t, d, c)) })
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
