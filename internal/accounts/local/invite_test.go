package local_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// chief is somebody of the town who may do everything there.
func (h *house) chief() perm.Staff {
	return perm.Staff{Realm: h.realm.ID, Tenant: h.other.ID, Staff: "chief", Grants: []perm.Grant{{Role: perm.Administrator}}}
}

func secretOf(t *testing.T, link pii.Text) string {
	t.Helper()
	u, err := url.Parse(link.Reveal())
	if err != nil || !strings.HasPrefix(link.Reveal(), "https://service.stadt.example/verwaltung/konto/bestaetigen?") {
		t.Fatalf("the link leads to %s: %v", u.Path, err)
	}
	return u.Query().Get("schluessel")
}

func TestTheOperatorInvitesTheFirstAdministratorWithoutAMailServer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		in := local.Invitation{Mail: pii.New(address), Grants: []perm.Grant{{Role: perm.Administrator}}, ByHand: true}
		if _, err := h.s.Invite(ctx, h.chief(), h.other, in); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("staff hand links over themselves: %v", err)
		}
		out, err := h.s.Invite(ctx, operator, h.other, in)
		h.must(err)
		if n := len(h.mails()); n != 0 {
			t.Errorf("%d mails", n)
		}
		secret := secretOf(t, out.Link)
		_, err = h.s.Invite(ctx, operator, h.other, in)
		wantKey(t, "again while the first one lasts", err, errs.KindConflict, "local.mail.invited")
		h.c.Advance(71 * time.Hour)
		if l, err := h.s.Open(ctx, town, local.ForRegister, secret); err != nil || l.Mail.Reveal() != address {
			t.Errorf("over a weekend: %v", err)
		}
		h.c.Advance(2 * time.Hour)
		_, err = h.s.Open(ctx, town, local.ForRegister, secret)
		wantKey(t, "too late", err, errs.KindForbidden, "local.link.gone")
		in.ByHand = false
		out, err = h.s.Invite(ctx, operator, h.other, in)
		h.must(err)
		if sent := h.mails(); len(sent) != 1 || sent[0].Link != out.Link {
			t.Error("the mail leads elsewhere")
		}
		_, err = h.s.Register(ctx, town, secretOf(t, out.Link), "", kim, pii.New(password))
		h.must(err)
	})
}

// employ invites somebody and lets him make his access with password and app.
func (h *house) employ(mailbox string) (invited local.Invited, e local.Enrolment, codes []pii.Text) {
	h.t.Helper()
	ctx, town := h.t.Context(), local.Staff(h.realm.ID, h.other.ID)
	invited, err := h.s.Invite(ctx, operator, h.other, local.Invitation{Mail: pii.New(mailbox), ByHand: true})
	h.must(err)
	a := h.begin(func(a *accounts.Attempt) { a.Kind = accounts.KindStaff })
	next, err := h.s.Register(ctx, town, secretOf(h.t, invited.Link), a.try, kim, pii.New(password))
	h.must(err)
	e, err = h.s.BeginEnrol(ctx, town, next.Try)
	h.must(err)
	next, codes, err = h.s.ConfirmEnrol(ctx, town, next.Try, code(h.t, e, h.c.Now()))
	h.must(err)
	next, err = h.s.Proceed(ctx, town, next.Try)
	h.must(err)
	who, err := h.complete(a, next)
	h.must(err)
	h.must(h.d.InTx(ctx, h.other.Scope(), func(tx *db.Tx) error {
		return h.s.Bound(ctx, tx, a.Attempt, who, string(invited.Staff))
	}))
	h.mails()
	return invited, e, codes
}

func TestAResetLeavesNothingButTheMailbox(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		staff := func(a *accounts.Attempt) { a.Kind = accounts.KindStaff }
		m, e, codes := h.employ(address)
		wantKey(t, "a caseworker resets", h.s.ResetAccess(ctx, perm.Staff{Realm: h.realm.ID, Tenant: h.other.ID, Staff: "desk", Grants: []perm.Grant{{Role: perm.Caseworker}}}, h.other, m.Staff), errs.KindForbidden, "error.forbidden")
		if err := h.s.ResetAccess(ctx, h.chief(), h.other, "nobody"); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("nobody's: %v", err)
		}
		running := h.begin(staff)
		next, err := h.signIn(running, home, address, password)
		h.must(err)
		h.ended = nil
		h.must(h.s.ResetAccess(ctx, h.chief(), h.other, m.Staff))
		if len(h.ended) != 1 || h.ended[0] != string(m.Staff) {
			t.Errorf("sessions ended of %v", h.ended)
		}
		secret := h.mail(mail.StaffReset, address)
		h.c.Advance(time.Minute)
		_, err = h.s.SecondFactor(ctx, town, next.Try, code(t, e, h.c.Now()))
		wantKey(t, "a sign-in that was under way", err, errs.KindForbidden, "local.try.gone")
		_, err = h.signIn(h.begin(staff), home, address, password)
		wantKey(t, "with the old password", err, errs.KindInvalid, "local.signin.wrong")
		if l, err := h.s.Open(ctx, town, local.ForRecover, secret); err != nil || l.Code {
			t.Errorf("a code is asked for that nobody has: %v", err)
		}
		a := h.begin(staff)
		next, err = h.s.Recover(ctx, town, secret, a.try, codes[0], pii.New("sieben stille Regenschirme"))
		if err != nil || next.Stage != local.StageEnrol {
			t.Fatalf("no second factor is asked for: %v %v", next.Stage, err)
		}
		all, err := h.s.Accesses(ctx, h.chief())
		if x := all[string(m.Account)]; err != nil || !x.Made || x.Ready() || x.Mail.Reveal() != address {
			t.Errorf("the administrator sees %+v, %v", x, err)
		}
		e, err = h.s.BeginEnrol(ctx, town, next.Try)
		h.must(err)
		next, fresh, err := h.s.ConfirmEnrol(ctx, town, next.Try, code(t, e, h.c.Now()))
		if err != nil || len(fresh) != local.RecoveryCodes || fresh[0] == codes[0] {
			t.Fatalf("%d recovery codes, %v", len(fresh), err)
		}
		if all, err = h.s.Accesses(ctx, h.chief()); err != nil || !all[string(m.Account)].Ready() {
			t.Errorf("the administrator sees %+v, %v", all, err)
		}
		got := h.recorded(h.other.Scope())
		if !slices.Contains(got, "local.reset done") {
			t.Errorf("recorded: %q", got)
		}
	})
}

func TestWhoeverMissedHisInvitationGetsAnother(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		first, err := h.s.Invite(ctx, operator, h.other, local.Invitation{Mail: pii.New("vertippt@post.example"), ByHand: true})
		h.must(err)
		out, err := h.s.InviteAgain(ctx, h.chief(), h.other, first.Staff, local.Invitation{Mail: pii.New(address)})
		if err != nil || out.Account != first.Account || !out.Link.Empty() {
			t.Fatalf("%v, the administrator sees a link: %v", err, !out.Link.Empty())
		}
		_, err = h.s.Open(ctx, town, local.ForRegister, secretOf(t, first.Link))
		wantKey(t, "the first link", err, errs.KindForbidden, "local.link.gone")
		all, err := h.s.Accesses(ctx, h.chief())
		if x := all[string(first.Account)]; err != nil || x.Made || x.Until.IsZero() || x.Mail.Reveal() != address {
			t.Errorf("the administrator sees %+v, %v", x, err)
		}
		if _, err := h.s.Accesses(ctx, perm.Staff{Realm: h.realm.ID, Tenant: h.other.ID, Grants: []perm.Grant{{Role: perm.Caseworker}}}); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a caseworker sees addresses: %v", err)
		}
		_, err = h.s.Register(ctx, town, h.mail(mail.StaffInvite, address), "", kim, pii.New(password))
		h.must(err)
		_, err = h.s.InviteAgain(ctx, h.chief(), h.other, first.Staff, local.Invitation{Mail: pii.New("neu@post.example")})
		wantKey(t, "whoever has his access", err, errs.KindConflict, "local.mail.taken")
		other, err := h.s.Invite(ctx, operator, h.other, local.Invitation{Mail: pii.New("frei@post.example"), ByHand: true})
		h.must(err)
		_, err = h.s.InviteAgain(ctx, h.chief(), h.other, other.Staff, local.Invitation{Mail: pii.New(address)})
		wantKey(t, "with a colleague's address", err, errs.KindConflict, "local.mail.taken")
	})
}

func TestWhoeverHasNoAccessIsToldByAnotherMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(h.s.AskRecover(t.Context(), local.Staff(h.realm.ID, h.other.ID), home, local.Ask{Mail: pii.New("niemand@post.example")}))
		list := h.mails()
		if len(list) != 1 || list[0].Template != mail.StaffUnknown || list[0].Link.Reveal() != "https://service.stadt.example/verwaltung/anmelden" {
			t.Errorf("%d mails", len(list))
		}
	})
}

func TestTheAdministrationOfTheRealmHelpsWhoLostEverythingButTheMailbox(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		e, err := h.s.BeginTOTP(ctx, holder)
		h.must(err)
		_, err = h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now()))
		h.must(err)
		h.mails()
		helper := perm.Staff{Realm: h.realm.ID, Tenant: h.lead.ID, Staff: "helper", Grants: []perm.Grant{{Role: perm.RealmAdmin}}}
		given, family := pii.New("Alex  KIM"), pii.New("beispiel-ğümüş") // as in the card: more given names
		if err := h.s.ResetPerson(ctx, h.chief(), pii.New(address), given, family); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("an authority's administrator: %v", err)
		}
		for name, x := range map[string][3]string{
			"another given name":  {address, "Robin", family.Reveal()},
			"another family name": {address, "Kim", "Anders"},
			"no names":            {address, "", ""},
			"no account":          {"niemand@post.example", "Kim", family.Reveal()},
		} {
			err := h.s.ResetPerson(ctx, helper, pii.New(x[0]), pii.New(x[1]), pii.New(x[2]))
			if f := errs.FieldsOf(err); !errs.Is(err, errs.KindInvalid) || len(f) != 1 || f[0].Key != "local.reset.unknown" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(h.mails()); n != 0 {
			t.Errorf("%d mails after refusals", n)
		}
		next, err := h.signIn(h.begin(), home, address, password)
		if err != nil || next.Stage != local.StageCode {
			t.Fatalf("a refusal changed something: %v %v", next.Stage, err)
		}
		h.ended = nil
		h.must(h.s.ResetPerson(ctx, helper, pii.New(strings.ToUpper(address)), given, family))
		if !slices.Equal(h.ended, []string{holder.ID}) {
			t.Errorf("sessions ended of %v", h.ended)
		}
		_, err = h.signIn(h.begin(), home, address, password)
		wantKey(t, "the old password", err, errs.KindInvalid, "local.signin.wrong")
		a := h.begin()
		next, err = h.s.Recover(ctx, h.citi, h.mail(mail.AccountReset, address), a.try, pii.Text{}, pii.New("sieben stille Regenschirme"))
		if err != nil || next.Stage != local.StageDone {
			t.Fatalf("%v %v", next.Stage, err)
		}
		if who, err := h.complete(a, next); err != nil || who.Level != perm.LevelBasis {
			t.Errorf("%v %v", who.Level, err)
		}
		if got := h.recorded(db.ForRealm(h.realm.ID)); !slices.Contains(got, "local.reset done") || !slices.Contains(got, "local.reset refused") {
			t.Errorf("recorded: %q", got)
		}
	})
}

func TestAPasskeyIsEnoughForTheFirstSignInOfStaff(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		staff := func(a *accounts.Attempt) { a.Kind = accounts.KindStaff }
		// enrolling lets somebody choose a password and stand before the second factor.
		enrolling := func(mailbox string) (attempt, local.Next) {
			t.Helper()
			in, err := h.s.Invite(ctx, operator, h.other, local.Invitation{Mail: pii.New(mailbox), ByHand: true})
			h.must(err)
			a := h.begin(staff)
			next, err := h.s.Register(ctx, town, secretOf(t, in.Link), a.try, kim, pii.New(password))
			h.must(err)
			return a, next
		}
		a, next := enrolling(address)
		_, others := enrolling("zweit@post.example")
		key := newAuthenticator(t)
		key.asks, key.rp, key.origin = "service.stadt.example", "service.stadt.example", "https://service.stadt.example"
		c, err := h.s.BeginEnrolPasskey(ctx, town, others.Try)
		h.must(err)
		if _, _, err := h.s.EnrolPasskey(ctx, town, next.Try, c.ID, key.make(c), pii.Text{}); errs.KeyOf(err) != "local.passkey.refused" {
			t.Errorf("with the challenge of a colleague's sign-in: %v", err)
		}
		if _, err := h.s.BeginEnrolPasskey(ctx, town, h.begin(staff).try); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("before the password: %v", err)
		}
		c, err = h.s.BeginEnrolPasskey(ctx, town, next.Try)
		h.must(err)
		next, codes, err := h.s.EnrolPasskey(ctx, town, next.Try, c.ID, key.make(c), pii.New("Dienstgerät"))
		if err != nil || next.Stage != local.StageShown || len(codes) != local.RecoveryCodes {
			t.Fatalf("%v, %d codes, %v", next.Stage, len(codes), err)
		}
		next, err = h.s.Proceed(ctx, town, next.Try)
		h.must(err)
		if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPasskey {
			t.Fatalf("%v %v", who.Means, err)
		}
		// From now on the password alone leads to the second factor.
		next, err = h.signIn(h.begin(staff), home, address, password)
		if err != nil || next.Stage != local.StageCode {
			t.Errorf("%v %v", next.Stage, err)
		}
		if look, err := h.s.Look(ctx, town, next.Try); err != nil || look.App || !look.Passkey {
			t.Errorf("asked for: %+v %v", look, err)
		}
	})
}
