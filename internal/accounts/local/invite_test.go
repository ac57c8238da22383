package local_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
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
