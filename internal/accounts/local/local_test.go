package local_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

func TestAnAccountBeginsWithAConfirmedAddressAndSignsIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New("  " + address + " "), Lang: "de"}))
		secret := h.mail(mail.AccountConfirm, address)
		for range 2 { // mail servers look at links too: looking uses nothing up
			l, err := h.s.Open(ctx, h.citi, local.ForRegister, secret)
			if err != nil || l.Mail.Reveal() != address {
				t.Fatal(l, err)
			}
		}
		a := h.begin()
		next, err := h.s.Register(ctx, h.citi, secret, a.try, kim, pii.New(password))
		if err != nil || next.Stage != local.StageDone {
			t.Fatal(next, err)
		}
		who, err := h.complete(a, next)
		if err != nil || who.Level != perm.LevelBasis || who.Means != local.MeansPassword || who.Issuer != "" || who.Profile.Name().Reveal() != "Kim Beispiel-Ğümüş" || who.Profile.Text(accounts.AttrMail).Reveal() != address {
			t.Fatal(who, err)
		}
		for a, v := range who.Profile {
			if v.Level != perm.LevelNone {
				t.Errorf("%s counts as proved", a)
			}
		}
		if _, err := h.s.Register(ctx, h.citi, secret, "", kim, pii.New(password)); errs.KeyOf(err) != "local.link.gone" {
			t.Errorf("the link was used twice: %v", err)
		}
		for _, typed := range []string{address, strings.ToUpper(address), " " + address} {
			a := h.begin()
			next, err := h.signIn(a, home, typed, password)
			h.must(err)
			again, err := h.complete(a, next)
			if err != nil || again.Subject != who.Subject {
				t.Fatal(again, err)
			}
		}
		a = h.begin()
		if _, err := h.signIn(a, home, address, password+"!"); errs.KeyOf(err) != "local.signin.wrong" {
			t.Error(err)
		}
		if got := h.recorded(h.realm.Scope()); !slices.Equal(got, []string{"local.ask-register done", "local.register Passwort done", "local.sign-in Passwort done", "local.sign-in Passwort done", "local.sign-in Passwort done", "local.sign-in Passwort done", "local.sign-in password refused"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestRegisteringRefusesWhatIsWrongAtItsField(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		secret := h.mail(mail.AccountConfirm, address)
		for name, c := range map[string]struct {
			names    local.Names
			password string
			fields   string
		}{
			"nothing typed":            {local.Names{}, "", "vorname familienname kennwort"},
			"blanks":                   {local.Names{Given: pii.New(" "), Family: pii.New("\u00a0")}, password, "vorname familienname"},
			"a name of signs":          {local.Names{Given: pii.New("<b>Kim"), Family: pii.New("B\x00")}, password, "vorname familienname"},
			"a long name":              {local.Names{Given: pii.New(strings.Repeat("ö", 101)), Family: kim.Family}, password, "vorname"},
			"a short password":         {kim, "kurz", "kennwort"},
			"the own address":          {kim, "kimbeispiel2026", "kennwort"},
			"the own name":             {local.Names{Given: pii.New("Roswitha"), Family: pii.New("Zwirbelmann")}, "RoswithaZwirbelmann", "kennwort"},
			"the portal":               {kim, "musterland-1234", "kennwort"},
			"names of other languages": {local.Names{Given: pii.New("Đặng Thị"), Family: pii.New("O’Connor-Şahin")}, "zu kurz", "kennwort"},
		} {
			_, err := h.s.Register(ctx, h.citi, secret, "", c.names, pii.New(c.password))
			var got []string
			for _, f := range errs.FieldsOf(err) {
				got = append(got, f.Name)
			}
			if !errs.Is(err, errs.KindInvalid) || strings.Join(got, " ") != c.fields {
				t.Errorf("%s: %v at %v", name, err, got)
			}
		}
		if _, err := h.s.Register(ctx, h.citi, secret, "", kim, pii.New(password)); err != nil {
			t.Errorf("the link was used up by mistakes: %v", err)
		}
	})
}

func TestNobodyLearnsWhetherAnAddressHasAnAccount(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.register(address)
		h.c.Advance(2 * time.Hour)
		// Asking gives the same answer; only the mailbox learns more.
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New("KIM.beispiel@post.example")}))
		if h.mail(mail.AccountKnown, address) != "" {
			t.Error("the mail to a known address holds a secret")
		}
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New("niemand@post.example")}))
		if h.mail(mail.AccountUnknown, "niemand@post.example") != "" {
			t.Error("the mail to an unknown address holds a secret")
		}
		// The same error, pause for pause, for a known and an unknown address.
		answers := func(typed string) (out []string) {
			for range 8 {
				_, err := h.signIn(h.begin(), local.Visitor{}, typed, "falsch, aber lang genug")
				out = append(out, err.Error())
			}
			return out
		}
		if a, b := answers(address), answers("niemand@post.example"); !slices.Equal(a, b) {
			t.Errorf("known %q\nunknown %q", a, b)
		}
		for name, typed := range map[string]string{"no address": "kim", "two": "a@b.example,c@d.example", "empty": "", "a header": "a@b.example\nBcc: x@y.example"} {
			err := h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(typed)})
			wantKey(t, name, err, errs.KindInvalid, "local.mail.refused")
		}
	})
}

func TestLinksExpireAndServeOnePurpose(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		secret := h.mail(mail.AccountConfirm, address)
		for name, c := range map[string]struct {
			scope   local.Scope
			purpose local.Purpose
			secret  string
		}{
			"another purpose": {h.citi, local.ForRecover, secret},
			"staff of a town": {local.Staff(h.realm.ID, h.other.ID), local.ForRegister, secret},
			"an invented one": {h.citi, local.ForRegister, ident.Secret()},
			"empty":           {h.citi, local.ForRegister, ""},
			"rubbish":         {h.citi, local.ForRegister, strings.Repeat("ä", 16)},
			"dead ones":       {h.citi, "none", secret},
		} {
			_, err := h.s.Open(ctx, c.scope, c.purpose, c.secret)
			wantKey(t, name, err, errs.KindForbidden, "local.link.gone")
		}
		h.c.Advance(24*time.Hour - time.Microsecond)
		if _, err := h.s.Open(ctx, h.citi, local.ForRegister, secret); err != nil {
			t.Errorf("before its end: %v", err)
		}
		h.c.Advance(time.Microsecond)
		_, err := h.s.Register(ctx, h.citi, secret, "", kim, pii.New(password))
		wantKey(t, "after 24 hours", err, errs.KindForbidden, "local.link.gone")

		h.register(address)
		h.c.Advance(2 * time.Hour)
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		secret = h.mail(mail.AccountRecover, address)
		h.c.Advance(time.Hour)
		_, err = h.s.Recover(ctx, h.citi, secret, "", pii.Text{}, pii.New("ganz anders als vorher"))
		wantKey(t, "an hour later", err, errs.KindForbidden, "local.link.gone")
	})
}

func TestTwoLinksForOneAddressMakeOneAccount(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		var secrets []string
		for range 2 {
			h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
			secrets = append(secrets, h.mail(mail.AccountConfirm, address))
		}
		_, err := h.s.Register(ctx, h.citi, secrets[0], "", kim, pii.New(password))
		h.must(err)
		_, err = h.s.Register(ctx, h.citi, secrets[1], "", kim, pii.New("ein anderes, von jemand anderem"))
		if errs.KeyOf(err) != "local.link.gone" {
			t.Errorf("a second account, or another password: %v", err)
		}
		if _, err := h.signIn(h.begin(), home, address, password); err != nil {
			t.Error(err)
		}
	})
}

// code gives the app's code at a moment.
func code(t *testing.T, e local.Enrolment, at time.Time) pii.Text {
	t.Helper()
	c, err := totp.GenerateCode(strings.ReplaceAll(e.Secret.Reveal(), " ", ""), at)
	if err != nil {
		t.Fatal(err)
	}
	return pii.New(c)
}

func TestOneTimeCodesAreTakenOnceWithinTheirMinute(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		e, err := h.s.BeginTOTP(ctx, holder)
		h.must(err)
		if same, err := h.s.BeginTOTP(ctx, holder); err != nil || same.Secret != e.Secret {
			t.Errorf("the page shows another secret when it is opened again: %v", err)
		}
		u, err := url.Parse(e.URI.Reveal())
		h.must(err)
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
		if err != nil || len(raw) != 20 || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("issuer") != "Kreis Musterland" || strings.Contains(e.URI.Reveal(), "post.example") {
			t.Errorf("URI: %v, %d bytes", err, len(raw))
		}
		if _, err := h.s.ConfirmTOTP(ctx, holder, pii.New("000000")); errs.KeyOf(err) != "local.code.wrong" {
			t.Fatal(err)
		}
		if next, err := h.signIn(h.begin(), home, address, password); err != nil || next.Stage != local.StageDone {
			t.Fatalf("asked for a code before it was set up: %v %v", next, err)
		}
		codes, err := h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now()))
		if err != nil || len(codes) != local.RecoveryCodes {
			t.Fatal(len(codes), err)
		}
		h.mail(mail.AccountChanged, address)
		if _, err := h.s.BeginTOTP(ctx, holder); !errs.Is(err, errs.KindConflict) {
			t.Errorf("a second app: %v", err)
		}
		h.c.Advance(time.Hour)
		second := func(c pii.Text) (local.Next, attempt, error) {
			t.Helper()
			a := h.begin()
			next, err := h.signIn(a, home, address, password)
			h.must(err)
			if next.Stage != local.StageCode || next.Redirect != "" {
				t.Fatalf("the password alone was enough: %v", next)
			}
			if _, err := h.s.Look(ctx, h.citi, a.try); errs.KeyOf(err) != "local.try.gone" {
				t.Error("the old address of the page still works")
			}
			look, err := h.s.Look(ctx, h.citi, next.Try)
			if err != nil || !look.App || look.Stage != local.StageCode || look.Portal != "stadt" {
				t.Errorf("%+v %v", look, err)
			}
			a.try = next.Try
			next, err = h.s.SecondFactor(ctx, h.citi, a.try, c)
			return next, a, err
		}
		now := h.c.Now()
		for name, c := range map[string]pii.Text{"two steps old": code(t, e, now.Add(-61*time.Second)), "two steps early": code(t, e, now.Add(61*time.Second)), "nothing": {}, "letters": pii.New("abcdef"), "too long": pii.New("1234567")} {
			if _, _, err := second(c); errs.KeyOf(err) != "local.code.wrong" {
				t.Errorf("%s: %v", name, err)
			}
			h.c.Advance(48 * time.Hour) // the pauses are another test's
			now = h.c.Now()
		}
		for _, c := range []struct {
			name string
			at   time.Duration
			ok   bool
		}{
			{"the step before", -30 * time.Second, true},
			{"the same once more", -30 * time.Second, false},
			{"the running step", 0, true},
			{"the one before again", -30 * time.Second, false},
			{"the next step", 30 * time.Second, true},
			{"the running step after the next", 0, false},
		} {
			next, a, err := second(code(t, e, now.Add(c.at)))
			if (err == nil) != c.ok {
				t.Errorf("%s: %v", c.name, err)
			}
			if c.ok {
				if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPasswordCode || who.Level != perm.LevelBasis {
					t.Errorf("%s: %v %v", c.name, who, err)
				}
			}
		}
		// Recovery codes: each once, however they are typed.
		typed := strings.ToUpper(strings.ReplaceAll(codes[3].Reveal(), "-", " "))
		next, a, err := second(pii.New(typed))
		h.must(err)
		if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPasswordSafe {
			t.Error(who, err)
		}
		if _, _, err := second(codes[3]); errs.KeyOf(err) != "local.code.wrong" {
			t.Errorf("a recovery code was taken twice: %v", err)
		}
		if o, err := h.s.Overview(ctx, holder); err != nil || o.Codes != local.RecoveryCodes-1 || !o.App || !o.Password || o.Mail.Reveal() != address || o.Fresh {
			t.Errorf("%+v %v", o, err)
		}
		// Fresh codes void the old ones.
		fresh, err := h.s.NewCodes(ctx, h.fresh(holder))
		if err != nil || len(fresh) != local.RecoveryCodes {
			t.Fatal(err)
		}
		if _, _, err := second(codes[4]); errs.KeyOf(err) != "local.code.wrong" {
			t.Errorf("an old recovery code was taken: %v", err)
		}
		if _, _, err := second(fresh[9]); err != nil {
			t.Error(err)
		}
		h.must(h.s.RemoveTOTP(ctx, h.fresh(holder)))
		if next, err := h.signIn(h.begin(), home, address, password); err != nil || next.Stage != local.StageDone {
			t.Error(next, err)
		}
	})
}

func TestFiveWrongCodesEndTheTry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		e, err := h.s.BeginTOTP(ctx, holder)
		h.must(err)
		_, err = h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now()))
		h.must(err)
		h.c.Advance(time.Minute)
		next, err := h.signIn(h.begin(), home, address, password)
		h.must(err)
		for i := range 5 {
			if _, err := h.s.SecondFactor(ctx, h.citi, next.Try, pii.New("123456")); errs.KeyOf(err) != "local.code.wrong" {
				t.Fatal(i, err)
			}
		}
		if _, err := h.s.SecondFactor(ctx, h.citi, next.Try, code(t, e, h.c.Now())); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("the try lives: %v", err)
		}
		next, err = h.signIn(h.begin(), home, address, password)
		h.must(err)
		_, err = h.s.SecondFactor(ctx, h.citi, next.Try, code(t, e, h.c.Now()))
		if n, ok := local.PauseOf(err); !ok || n != 1 || !errs.Is(err, errs.KindLimited) {
			t.Errorf("no pause after five wrong codes: %v", err)
		}
		h.c.Advance(30 * time.Second)
		if _, err = h.s.SecondFactor(ctx, h.citi, next.Try, code(t, e, h.c.Now())); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

func TestWhoOwnsTheMailboxComesBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		h.c.Advance(2 * time.Hour)
		ask := func() string {
			t.Helper()
			h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New(address), Lang: "de"}))
			return h.mail(mail.AccountRecover, address)
		}
		secret := ask()
		if l, err := h.s.Open(ctx, h.citi, local.ForRecover, secret); err != nil || l.Code {
			t.Errorf("%+v %v", l, err)
		}
		if _, err := h.s.Recover(ctx, h.citi, secret, "", pii.Text{}, pii.New("kurz")); errs.KeyOf(err) != "local.password.short" {
			t.Error(err)
		}
		a := h.begin()
		next, err := h.s.Recover(ctx, h.citi, secret, a.try, pii.Text{}, pii.New("sieben stille Regenschirme"))
		h.must(err)
		if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPassword {
			t.Error(who, err)
		}
		if !slices.Equal(h.ended, []string{holder.ID}) {
			t.Errorf("sessions ended of %v", h.ended)
		}
		h.mail(mail.AccountChanged, address)
		if _, err := h.signIn(h.begin(), home, address, password); errs.KeyOf(err) != "local.signin.wrong" {
			t.Errorf("the old password opens: %v", err)
		}
		if _, err := h.s.Recover(ctx, h.citi, secret, "", pii.Text{}, pii.New("sieben stille Regenschirme")); errs.KeyOf(err) != "local.link.gone" {
			t.Errorf("the link was used twice: %v", err)
		}
		// With a second factor the mailbox alone is not enough.
		e, err := h.s.BeginTOTP(ctx, h.fresh(holder))
		h.must(err)
		codes, err := h.s.ConfirmTOTP(ctx, h.fresh(holder), code(t, e, h.c.Now()))
		h.must(err)
		h.mails()
		h.c.Advance(2 * time.Hour)
		secret = ask()
		if l, err := h.s.Open(ctx, h.citi, local.ForRecover, secret); err != nil || !l.Code {
			t.Errorf("%+v %v", l, err)
		}
		for name, c := range map[string]pii.Text{"no code": {}, "a wrong one": pii.New("999999")} {
			if _, err := h.s.Recover(ctx, h.citi, secret, "", c, pii.New("neunundneunzig Teekannen")); errs.KeyOf(err) != "local.code.wrong" {
				t.Errorf("%s: %v", name, err)
			}
		}
		a = h.begin()
		next, err = h.s.Recover(ctx, h.citi, secret, a.try, codes[0], pii.New("neunundneunzig Teekannen"))
		h.must(err)
		if who, err := h.complete(a, next); err != nil || who.Means != local.MeansPasswordSafe {
			t.Error(who, err)
		}
	})
}

func TestMeansOfSignInChangeOnlyInAFreshSession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		h.c.Advance(local.FreshFor + time.Microsecond)
		other := pii.New("dreizehn blaue Giraffen")
		for name, f := range map[string]func(local.Holder) error{
			"password":    func(x local.Holder) error { return h.s.ChangePassword(ctx, x, pii.New(password), other) },
			"no password": func(x local.Holder) error { return h.s.RemovePassword(ctx, x) },
			"address": func(x local.Holder) error {
				return h.s.AskAddress(ctx, x, home, local.Ask{Mail: pii.New("neu@post.example")})
			},
			"app":           func(x local.Holder) error { _, err := h.s.BeginTOTP(ctx, x); return err },
			"app confirmed": func(x local.Holder) error { _, err := h.s.ConfirmTOTP(ctx, x, pii.New("123456")); return err },
			"app removed":   func(x local.Holder) error { return h.s.RemoveTOTP(ctx, x) },
			"codes":         func(x local.Holder) error { _, err := h.s.NewCodes(ctx, x); return err },
			"passkey":       func(x local.Holder) error { _, err := h.s.BeginPasskey(ctx, x); return err },
			"passkey added": func(x local.Holder) error {
				_, err := h.s.AddPasskey(ctx, x, ident.Secret(), nil, pii.Text{})
				return err
			},
			"passkey name":   func(x local.Holder) error { return h.s.RenamePasskey(ctx, x, "x", pii.New("x")) },
			"passkey remove": func(x local.Holder) error { return h.s.RemovePasskey(ctx, x, "x") },
		} {
			wantKey(t, name, f(holder), errs.KindForbidden, "local.fresh")
			stranger := local.Holder{Scope: h.citi, ID: "person-nobody", SignedIn: h.c.Now()}
			if err := f(stranger); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s by a stranger: %v", name, err)
			}
			if err := f(local.Holder{Scope: h.citi, SignedIn: h.c.Now()}); errs.KeyOf(err) != "login.needed" {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		h.mails()
		holder = h.fresh(holder)
		err := h.s.ChangePassword(ctx, holder, pii.New("geraten, nicht gewusst"), pii.New("kurz"))
		if f := errs.FieldsOf(err); len(f) != 2 || f[0].Name != "bisher" || f[1].Name != "kennwort" {
			t.Errorf("%v %v", err, f)
		}
		h.must(h.s.ChangePassword(ctx, holder, pii.New(password), other))
		h.mail(mail.AccountChanged, address)
		if !slices.Equal(h.ended, []string{holder.ID}) {
			t.Errorf("sessions ended of %v", h.ended)
		}
		if _, err := h.signIn(h.begin(), home, address, other.Reveal()); err != nil {
			t.Error(err)
		}
		wantKey(t, "the only way in", h.s.RemovePassword(ctx, holder), errs.KindForbidden, "local.last")
	})
}

func TestANewAddressIsConfirmedAndTheOldOneTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		h.register("zweit@post.example")
		h.mails()
		h.c.Advance(2 * time.Hour)
		h.must(h.s.AskAddress(ctx, h.fresh(holder), home, local.Ask{Mail: pii.New("neu@post.example"), Lang: "de"}))
		list := h.mails()
		slices.SortFunc(list, func(a, b mail.Message) int { return strings.Compare(string(a.Template), string(b.Template)) })
		if len(list) != 2 || list[0].Template != mail.AccountAddress || list[0].To.Reveal() != "neu@post.example" || list[1].Template != mail.AccountChanged || list[1].To.Reveal() != address {
			t.Fatalf("%d mails", len(list))
		}
		u, _ := url.Parse(list[0].Link.Reveal())
		if _, err := h.signIn(h.begin(), home, "neu@post.example", password); err == nil {
			t.Error("the new address signs in before it is confirmed")
		}
		h.must(h.s.ConfirmAddress(ctx, h.citi, u.Query().Get("schluessel")))
		h.mail(mail.AccountChanged, address)
		if err := h.s.ConfirmAddress(ctx, h.citi, u.Query().Get("schluessel")); errs.KeyOf(err) != "local.link.gone" {
			t.Errorf("twice: %v", err)
		}
		if _, err := h.signIn(h.begin(), home, "neu@post.example", password); err != nil {
			t.Error(err)
		}
		if _, err := h.signIn(h.begin(), home, address, password); err == nil {
			t.Error("the old address still signs in")
		}
		// An address that has an account: the same answer, that mailbox is told.
		h.must(h.s.AskAddress(ctx, h.fresh(holder), home, local.Ask{Mail: pii.New("zweit@post.example")}))
		for _, m := range h.mails() {
			if m.To.Reveal() == "zweit@post.example" && (m.Template != mail.AccountKnown || strings.Contains(m.Link.Reveal(), "schluessel")) {
				t.Errorf("%s", m.Template)
			}
		}
	})
}

func TestGuessingIsSlowedDownButTheOwnerGetsIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		device := func() string {
			a := h.begin()
			next, err := h.signIn(a, home, address, password)
			h.must(err)
			return next.Device
		}()
		for i := range 5 {
			if _, err := h.signIn(h.begin(), away, address, "falsch, aber lang genug"); errs.KeyOf(err) != "local.signin.wrong" {
				t.Fatal(i, err)
			}
		}
		// From now on each wrong try makes the next wait longer; the right
		// password is turned away too, else guessing would go on.
		wait := []time.Duration{30 * time.Second, minutes(1), minutes(2), minutes(4), minutes(8), minutes(15)}
		for _, w := range wait {
			_, err := h.signIn(h.begin(), away, address, password)
			if _, ok := local.PauseOf(err); !ok {
				t.Fatalf("no pause of %s: %v", w, err)
			}
			h.c.Advance(w - time.Microsecond)
			if _, err := h.signIn(h.begin(), away, address, password); err == nil {
				t.Fatalf("before the end of %s", w)
			}
			h.c.Advance(time.Microsecond)
			if _, err := h.signIn(h.begin(), away, address, "falsch, aber lang genug"); errs.KeyOf(err) != "local.signin.wrong" {
				t.Fatalf("after %s: %v", w, err)
			}
		}
		// The owner's own browser counts apart …
		owner := home
		owner.Device = device
		if _, err := h.signIn(h.begin(), owner, address, password); err != nil {
			t.Errorf("the owner is locked out: %v", err)
		}
		// … others cannot pretend to be it, nor use it for another account …
		for name, d := range map[string]string{"changed": device[:len(device)-1] + "x", "empty parts": "..", "long": strings.Repeat("a", 200), "of the future": "zzzzzzzzzzzz" + device[strings.Index(device, "."):]} {
			if _, err := h.signIn(h.begin(), local.Visitor{Addr: home.Addr, Device: d}, address, password); errs.Is(err, errs.KindLimited) == false {
				t.Errorf("%s: %v", name, err)
			}
		}
		// … and the mailbox opens always.
		h.must(h.s.AskRecover(ctx, h.citi, away, local.Ask{Mail: pii.New(address)}))
		var secret string
		for _, m := range h.mails() {
			if u, _ := url.Parse(m.Link.Reveal()); m.Template == mail.AccountRecover {
				secret = u.Query().Get("schluessel")
			}
		}
		_, err := h.s.Recover(ctx, h.citi, secret, "", pii.Text{}, pii.New("sieben stille Regenschirme"))
		h.must(err)
		if _, err := h.signIn(h.begin(), away, address, "sieben stille Regenschirme"); err != nil {
			t.Errorf("after the recovery: %v", err)
		}
		if !slices.Contains(h.ended, holder.ID) {
			t.Error("sessions live on")
		}
		// The remembered browser died with the old password.
		for range 5 {
			_, _ = h.signIn(h.begin(), away, address, "falsch, aber lang genug")
		}
		if _, err := h.signIn(h.begin(), owner, address, "sieben stille Regenschirme"); !errs.Is(err, errs.KindLimited) {
			t.Errorf("a browser known by the old password: %v", err)
		}
	})
}

func TestOneNetworkCannotTryManyAccounts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.register(address)
		for i := range 50 {
			if _, err := h.signIn(h.begin(), away, "person"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@post.example", "falsch, aber lang genug"); errs.KeyOf(err) != "local.signin.wrong" {
				t.Fatal(i, err)
			}
		}
		if _, err := h.signIn(h.begin(), away, "noch.eine@post.example", "falsch, aber lang genug"); !errs.Is(err, errs.KindLimited) {
			t.Errorf("the 51st: %v", err)
		}
		if _, err := h.signIn(h.begin(), home, address, password); err != nil {
			t.Errorf("another network: %v", err)
		}
		h.c.Advance(time.Minute)
		if _, err := h.signIn(h.begin(), away, address, password); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

func TestAMailboxIsNotFlooded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask := func(box string, v local.Visitor) error {
			return h.s.AskRegister(ctx, h.citi, v, local.Ask{Mail: pii.New(box)})
		}
		for i := range 6 {
			if err := ask(address, home); err != nil {
				t.Fatalf("%d: the answer differs: %v", i, err)
			}
		}
		if n := len(h.mails()); n != 3 {
			t.Errorf("%d mails to one mailbox in an hour", n)
		}
		h.c.Advance(time.Hour)
		h.must(ask(address, home))
		h.mail(mail.AccountConfirm, address)
		n := 0
		for i := range 30 {
			if err := ask("b"+string(rune('a'+i))+"@post.example", away); err == nil {
				n++
			} else if !errs.Is(err, errs.KindLimited) {
				t.Fatal(err)
			}
		}
		if n != 20 {
			t.Errorf("%d mails asked for from one network", n)
		}
	})
}

func TestTheHostsAttemptAndTheTryBelongTogether(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.register(address)
		done := func() (attempt, url.Values) {
			t.Helper()
			a := h.begin()
			next, err := h.signIn(a, home, address, password)
			h.must(err)
			u, _ := url.Parse(next.Redirect)
			return a, u.Query()
		}
		a, back := done()
		b, _ := done()
		staff := a.Attempt
		staff.Kind = accounts.KindStaff
		for name, try := range map[string]struct {
			a    accounts.Attempt
			back url.Values
			rule string
		}{
			"no code":          {a.Attempt, url.Values{}, "code"},
			"an invented code": {a.Attempt, url.Values{"code": {ident.Secret()}}, "unknown code"},
			"two codes":        {a.Attempt, url.Values{"code": {back.Get("code"), ident.Secret()}}, "code"},
			"broken off":       {a.Attempt, url.Values{"abbruch": {"1"}}, "broken off"},
			"staff":            {staff, back, "unknown code"},
		} {
			_, err := h.s.Complete(ctx, try.a, try.back)
			if !errs.Is(err, errs.KindForbidden) || accounts.RuleOf(err) != try.rule {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.s.Complete(ctx, b.Attempt, back); accounts.RuleOf(err) != "code of another attempt" {
			t.Errorf("another's attempt: %v", err)
		}
		if _, err := h.s.Complete(ctx, a.Attempt, back); accounts.RuleOf(err) != "unknown code" {
			t.Errorf("a code that was tried elsewhere: %v", err)
		}
		a, back = done()
		if _, err := h.s.Complete(ctx, a.Attempt, back); err != nil {
			t.Error(err)
		}
		if _, err := h.s.Complete(ctx, a.Attempt, back); accounts.RuleOf(err) != "unknown code" {
			t.Errorf("twice: %v", err)
		}
		a, back = done()
		h.c.Advance(time.Minute)
		if _, err := h.s.Complete(ctx, a.Attempt, back); accounts.RuleOf(err) != "code too old" {
			t.Errorf("a minute later: %v", err)
		}
		a = h.begin()
		h.c.Advance(15 * time.Minute)
		if _, err := h.signIn(a, home, address, password); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("a quarter of an hour later: %v", err)
		}
		high := a.Attempt
		high.Level = perm.LevelSubstantial
		b2, err := h.s.Begin(ctx, high)
		h.must(err)
		high.Keep = b2.Keep
		u, _ := url.Parse(b2.Redirect)
		next, err := h.s.SignIn(ctx, h.citi, home, u.Query().Get("versuch"), pii.New(address), pii.New(password))
		h.must(err)
		u, _ = url.Parse(next.Redirect)
		if who, err := h.s.Complete(ctx, high, u.Query()); err != nil || who.Level != perm.LevelBasis {
			t.Errorf("a level that nobody proves here: %s %v", who.Level, err)
		}
		a = h.begin()
		where, err := h.s.Break(ctx, h.citi, a.try)
		u, _ = url.Parse(where)
		if err != nil || u.Query().Get("abbruch") == "" || u.Query().Get("state") != a.State {
			t.Error(where, err)
		}
		if _, err := h.signIn(a, home, address, password); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("broken off and alive: %v", err)
		}
	})
}

func TestStaffNeedASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		town := local.Staff(h.realm.ID, h.other.ID)
		staff := func(a *accounts.Attempt) { a.Kind = accounts.KindStaff }
		chief := perm.Staff{Realm: h.realm.ID, Tenant: h.other.ID, Staff: "chief", Grants: []perm.Grant{{Role: perm.Administrator}}}
		if _, err := h.s.Invite(ctx, perm.Staff{Realm: h.realm.ID, Tenant: h.other.ID, Grants: []perm.Grant{{Role: perm.Caseworker}}}, h.other, local.Invitation{Mail: pii.New(address)}); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("a caseworker invites: %v", err)
		}
		if err := h.s.AskRegister(ctx, town, home, local.Ask{Mail: pii.New(address)}); !errs.Is(err, errs.KindForbidden) {
			t.Errorf("staff register themselves: %v", err)
		}
		invited, err := h.s.Invite(ctx, chief, h.other, local.Invitation{Mail: pii.New(address), Lang: "de"})
		h.must(err)
		if !invited.Link.Empty() || h.members[invited.Staff] != string(invited.Account) {
			t.Error("an administrator sees the link, or the member signs in as another")
		}
		secret := h.mail(mail.StaffInvite, address)
		a := h.begin(staff)
		next, err := h.s.Register(ctx, town, secret, a.try, kim, pii.New(password))
		if err != nil || next.Stage != local.StageEnrol || next.Redirect != "" {
			t.Fatal(next, err)
		}
		e, err := h.s.BeginEnrol(ctx, town, next.Try)
		h.must(err)
		if _, _, err := h.s.ConfirmEnrol(ctx, town, next.Try, pii.New("000000")); errs.KeyOf(err) != "local.code.wrong" {
			t.Error(err)
		}
		next, codes, err := h.s.ConfirmEnrol(ctx, town, next.Try, code(t, e, h.c.Now()))
		if err != nil || len(codes) != local.RecoveryCodes {
			t.Fatal(err)
		}
		if next.Stage != local.StageShown {
			t.Fatal(next.Stage)
		}
		h.c.Advance(minutes(5)) // codes are copied by hand
		shown := next.Try
		next, err = h.s.Proceed(ctx, town, shown)
		h.must(err)
		if _, err := h.s.Proceed(ctx, town, shown); errs.KeyOf(err) != "local.try.gone" {
			t.Errorf("twice: %v", err)
		}
		who, err := h.complete(a, next)
		if err != nil || who.Subject != string(invited.Account) || who.Means != local.MeansPasswordCode {
			t.Fatal(who, err)
		}
		holder := h.bind(a, who)
		wantKey(t, "without the only factor", h.s.RemoveTOTP(ctx, holder), errs.KindForbidden, "local.factor.needed")
		// The same address is another person's matter among the citizens.
		if _, err := h.signIn(h.begin(), home, address, password); errs.KeyOf(err) != "local.signin.wrong" {
			t.Errorf("staff credentials open a citizen's account: %v", err)
		}
		if _, err := h.s.Invite(ctx, chief, h.other, local.Invitation{Mail: pii.New(address)}); errs.KeyOf(err) != "local.mail.taken" {
			t.Errorf("invited twice: %v", err)
		}
		a = h.begin(staff)
		next, err = h.signIn(a, home, address, password)
		if err != nil || next.Stage != local.StageCode {
			t.Fatal(next, err)
		}
		if got := h.recorded(h.other.Scope()); !slices.Equal(got, []string{"local.invite done", "local.register Passwort done", "local.change totp-on done", "local.sign-in Passwort und Einmalcode done"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestADeletedAccountLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		e, err := h.s.BeginTOTP(ctx, holder)
		h.must(err)
		_, err = h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now()))
		h.must(err)
		h.mails()
		h.must(h.d.InTx(ctx, h.realm.Scope(), func(tx *db.Tx) error {
			return h.s.Erase(ctx, tx, perm.Citizen{Realm: h.realm.ID, Person: ident.PersonID(holder.ID)}, h.citi, holder.ID)
		}))
		h.must(h.d.InTx(ctx, h.realm.Scope(), func(tx *db.Tx) error { // again: nothing to do
			return h.s.Erase(ctx, tx, operator, h.citi, holder.ID)
		}))
		if got := rows(t, h, "local_account", "local_totp", "local_recovery_code", "local_passkey", "local_link"); got != 0 {
			t.Errorf("%d rows are left", got)
		}
		h.c.Advance(3 * time.Hour)
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		h.mail(mail.AccountConfirm, address)
	})
}

func rows(t *testing.T, h *house, tables ...string) (n int) {
	t.Helper()
	h.must(h.d.View(t.Context(), db.Across("", "test counts rows"), func(tx *db.Tx) error {
		for _, table := range tables {
			var k int
			if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&k); err != nil {
				return err
			}
			n += k
		}
		return nil
	}))
	return n
}

func TestWhatHasExpiredIsSwept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.register(address)
		h.must(h.s.AskRegister(ctx, h.citi, home, local.Ask{Mail: pii.New("neu@post.example")}))
		a := h.begin()
		_, err := h.s.BeginPasskeySignIn(ctx, h.citi, a.try)
		h.must(err)
		h.mails()
		if rows(t, h, "local_try") == 0 || rows(t, h, "local_link") == 0 || rows(t, h, "local_ceremony") == 0 || rows(t, h, "local_throttle") == 0 {
			t.Fatal("nothing to sweep")
		}
		h.c.Advance(49 * time.Hour)
		h.must(h.d.InTx(ctx, h.lead.Scope(), func(tx *db.Tx) error { return h.s.SweepNow(ctx, tx) }))
		if n := rows(t, h, "local_try", "local_link", "local_ceremony", "local_throttle", "local_mail"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if rows(t, h, "local_account") != 1 {
			t.Error("the account was swept")
		}
	})
}

func TestPasswordsAreHashedAnewWhenTheCostsRise(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.register(address)
		before := stored(t, h)
		higher := h.s.WithParams(local.Params{Memory: 128, Time: 1, Threads: 1})
		a := h.begin()
		if _, err := higher.SignIn(t.Context(), h.citi, home, a.try, pii.New(address), pii.New("falsch, aber lang genug")); err == nil || !bytes.Equal(before, stored(t, h)) {
			t.Error("a wrong password changed it")
		}
		if _, err := higher.SignIn(t.Context(), h.citi, home, a.try, pii.New(address), pii.New(password)); err != nil || bytes.Equal(before, stored(t, h)) {
			t.Errorf("not hashed anew: %v", err)
		}
		if _, err := h.signIn(h.begin(), home, address, password); err != nil {
			t.Error(err)
		}
	})
}

func stored(t *testing.T, h *house) (b []byte) {
	t.Helper()
	h.must(h.d.View(t.Context(), h.realm.Scope(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT password FROM local_account WHERE realm_id=$1`, string(h.realm.ID)).Scan(&b)
	}))
	return b
}

// Nothing that names a person lies in the tables in the clear.
func TestTablesHoldNoPersonalData(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		holder := h.register(address)
		e, err := h.s.BeginTOTP(ctx, holder)
		h.must(err)
		codes, err := h.s.ConfirmTOTP(ctx, holder, code(t, e, h.c.Now()))
		h.must(err)
		h.must(h.s.AskRecover(ctx, h.citi, home, local.Ask{Mail: pii.New(address)}))
		a := h.begin()
		marks := []string{address, strings.ToLower(address), "Beispiel", "Kim", "192.0.2", password, e.Secret.Reveal(), strings.ReplaceAll(e.Secret.Reveal(), " ", ""), codes[0].Reveal(), a.State, a.try, "$argon2id"}
		tables := []string{"local_account", "local_totp", "local_recovery_code", "local_passkey", "local_try", "local_link", "local_ceremony", "local_mail", "local_throttle", "audit_entry", "job"}
		seen := 0
		h.must(h.d.View(ctx, db.Across("", "test looks for marks"), func(tx *db.Tx) error {
			for _, table := range tables {
				n, err := grep(ctx, tx, table, marks, func(mark string) { t.Errorf("%s holds %q", table, mark) })
				if err != nil {
					return err
				}
				seen += n
			}
			return nil
		}))
		if seen < 20 {
			t.Errorf("only %d rows were looked at", seen)
		}
	})
}

func grep(ctx context.Context, tx *db.Tx, table string, marks []string, found func(string)) (n int, err error) {
	rs, err := tx.Query(ctx, `SELECT * FROM `+table)
	if err != nil {
		return 0, err
	}
	defer rs.Close()
	cols, err := rs.Columns()
	if err != nil {
		return 0, err
	}
	for rs.Next() {
		n++
		vals := make([]any, len(cols))
		for i := range vals {
			vals[i] = new(any)
		}
		if err := rs.Scan(vals...); err != nil {
			return n, err
		}
		for _, v := range vals {
			var b []byte
			switch x := (*v.(*any)).(type) {
			case []byte:
				b = x
			case string:
				b = []byte(x)
			}
			for _, m := range marks {
				if bytes.Contains(b, []byte(m)) {
					found(m)
				}
			}
		}
	}
	return n, rs.Err()
}
