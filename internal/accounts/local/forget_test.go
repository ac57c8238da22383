package local_test

import (
	"fmt"
	"slices"
	"testing"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
)

// leave plays the host: it removes a member.
func (h *house) leave(subject local.AccountID) {
	h.t.Helper()
	h.must(h.d.InTx(h.t.Context(), h.other.Scope(), func(tx *db.Tx) error {
		return h.s.ForgetStaff(h.t.Context(), tx, h.chief(), string(subject))
	}))
}

// rowsOf counts what is stored of an access, and of all others of the town.
func (h *house) rowsOf(id local.AccountID) (his, others int) {
	h.t.Helper()
	h.must(h.d.View(h.t.Context(), h.other.Scope(), func(tx *db.Tx) error {
		his, others = 0, 0
		for table, column := range map[string]string{"local_account": "id", "local_totp": "account_id", "local_recovery_code": "account_id", "local_passkey": "account_id", "local_try": "account_id", "local_link": "account_id"} {
			var mine, all int
			if err := tx.QueryRow(h.t.Context(), fmt.Sprintf(`SELECT coalesce(sum(CASE WHEN %s=$3 THEN 1 ELSE 0 END),0), count(*) FROM %s WHERE realm_id=$1 AND tenant_id=$2`, column, table), string(h.realm.ID), string(h.other.ID), string(id)).Scan(&mine, &all); err != nil {
				return err
			}
			his, others = his+mine, others+all-mine
		}
		return nil
	}))
	return his, others
}

func TestOfStaffWhoLeaveNoCredentialStays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		staff := func(a *accounts.Attempt) { a.Kind = accounts.KindStaff }
		stays, _, _ := h.employ("bleibt@post.example")
		m, e, _ := h.employ(address)
		h.must(h.s.AskRecover(ctx, town, home, local.Ask{Mail: pii.New(address)}))
		link := h.mail(mail.AccountRecover, address)
		running := h.begin(staff)
		next, err := h.signIn(running, home, address, password)
		h.must(err)
		his, others := h.rowsOf(m.Account)
		if his < 4 {
			t.Fatalf("only %d rows of him: the test is blind", his)
		}

		h.leave(m.Account)
		if his, rest := h.rowsOf(m.Account); his != 0 || rest != others {
			t.Errorf("%d rows of him stay, %d of %d of the others", his, rest, others)
		}
		_, err = h.s.SecondFactor(ctx, town, next.Try, code(t, e, h.c.Now()))
		wantKey(t, "a sign-in that was under way", err, errs.KindForbidden, "local.try.gone")
		_, err = h.signIn(h.begin(staff), home, address, password)
		wantKey(t, "with his password", err, errs.KindInvalid, "local.signin.wrong")
		_, err = h.s.Open(ctx, town, local.ForRecover, link)
		wantKey(t, "by a link that was on its way", err, errs.KindForbidden, "local.link.gone")
		if _, err := h.signIn(h.begin(staff), home, "bleibt@post.example", password); err != nil {
			t.Errorf("a colleague: %v", err)
		}
		if all, err := h.s.Accesses(ctx, h.chief()); err != nil || len(all) != 1 || !all[string(stays.Account)].Ready() {
			t.Errorf("the administrator sees %d accesses, %v", len(all), err)
		}
		if got := h.recorded(h.other.Scope()); got[len(got)-1] == "" || !slices.Contains(got, "local.erase done") {
			t.Errorf("recorded: %q", got)
		}
		h.leave(m.Account) // again is no harm

		// The address is free: the same person comes back as somebody new.
		back, err := h.s.Invite(ctx, h.chief(), h.other, local.Invitation{Mail: pii.New(address)})
		if err != nil || back.Account == m.Account || back.Staff == m.Staff {
			t.Fatalf("invited again: %v", err)
		}
	})
}

func TestTheInvitationOfSomebodyWhoNeverCameIsVoid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, town := t.Context(), local.Staff(h.realm.ID, h.other.ID)
		in, err := h.s.Invite(ctx, operator, h.other, local.Invitation{Mail: pii.New(address), ByHand: true})
		h.must(err)
		h.leave(in.Account)
		_, err = h.s.Register(ctx, town, secretOf(t, in.Link), "", kim, pii.New(password))
		wantKey(t, "the link", err, errs.KindForbidden, "local.link.gone")
		if his, _ := h.rowsOf(in.Account); his != 0 {
			t.Errorf("%d rows stay", his)
		}
		if _, err := h.s.Invite(ctx, h.chief(), h.other, local.Invitation{Mail: pii.New(address)}); err != nil {
			t.Errorf("the address is not free: %v", err)
		}
	})
}
