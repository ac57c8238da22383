package accounts

import (
	"slices"
	"testing"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// ask is what the form of a draft at an authority takes.
func (w *people) ask(t ident.TenantID, need perm.Level) Ask {
	return Ask{Tenant: t, Form: "hundesteuer", Title: "Hund anmelden", Case: ident.New[ident.CaseID](w.c.Now()), Need: need, Attrs: []Attr{AttrGiven, AttrFamily, AttrBirthDate, AttrIBAN, AttrMail}}
}

func (w *people) known(level perm.Level) perm.Citizen {
	return w.add(level, Profile{AttrGiven: {Value: pii.New("Ada"), Level: perm.LevelHigh}, AttrFamily: {Value: pii.New("Zzmarke"), Level: perm.LevelSubstantial},
		AttrMail: {Value: pii.New("ada@post.example")}, AttrPhone: {Value: pii.New("00000 123")}})
}

func TestNothingIsGivenWithoutConsent(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c := w.known(perm.LevelSubstantial)
		q := w.ask(w.a.ID, perm.LevelSubstantial)
		f, err := w.s.Fill(ctx, c, q)
		w.must(err)
		if f.Asked || len(f.Values) > 0 || f.Known[AttrGiven] != UseProof || f.Known[AttrFamily] != UseProof || f.Known[AttrMail] != UseOffer || len(f.Known) != 3 {
			t.Fatalf("%+v", f)
		}
		if err := w.s.Agree(ctx, c, q, false, ConsentText-1); !errs.Is(err, errs.KindInvalid) {
			t.Error("agreed to a text that is no longer shown")
		}
		w.must(w.s.Agree(ctx, c, q, false, ConsentText))
		f, err = w.s.Fill(ctx, c, q)
		w.must(err)
		if !f.Asked || len(f.Values) != 3 || f.Use(AttrGiven) != UseProof || f.Use(AttrMail) != UseOffer || f.Use(AttrPhone) != UseNot || f.Values[AttrFamily].Value.Reveal() != "Zzmarke" {
			t.Errorf("%+v", f)
		}
		next := w.ask(w.a.ID, perm.LevelBasis)
		if f, _ := w.s.Fill(ctx, c, next); f.Asked {
			t.Error("a consent for one application holds for the next")
		}
		if f, _ := w.s.Fill(ctx, w.known(perm.LevelHigh), q); f.Asked {
			t.Error("somebody else's consent")
		}
		if f, err := w.s.Fill(ctx, perm.Citizen{Realm: c.Realm, Tenant: w.a.ID}, q); err != nil || f.Asked || len(f.Known) > 0 {
			t.Error("a guest gets something")
		}
		w.must(w.s.Decline(ctx, c, next))
		if f, _ := w.s.Fill(ctx, c, next); !f.Asked || len(f.Values) > 0 {
			t.Error("a no is a yes, or is asked again")
		}
		w.must(w.s.Agree(ctx, c, next, false, ConsentText)) // changed his mind
		if f, _ := w.s.Fill(ctx, c, next); len(f.Values) != 3 {
			t.Error("a no is for ever")
		}
	})
}

func TestTheHistoryNamesEveryUseOnce(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c := w.known(perm.LevelBasis)
		q := w.ask(w.a.ID, perm.LevelBasis)
		w.must(w.s.Agree(ctx, c, q, false, ConsentText))
		if uses, _ := w.s.Uses(ctx, c, "", 10); len(uses) > 0 {
			t.Error("a use before anything was used")
		}
		for range 3 {
			_, err := w.s.Fill(ctx, c, q)
			w.must(err)
		}
		uses, err := w.s.Uses(ctx, c, "", 10)
		w.must(err)
		if len(uses) != 1 || uses[0].Authority != w.a.ID || uses[0].Purpose != PurposePrefill || uses[0].Form != q.Form || uses[0].Title != q.Title || uses[0].Case != q.Case || !uses[0].At.Equal(w.c.Now()) || !slices.Equal(uses[0].Attrs, []Attr{AttrGiven, AttrFamily, AttrMail}) {
			t.Fatalf("%+v", uses)
		}
		w.c.Advance(time.Minute)
		w.must(w.s.SaveOwn(ctx, c, typed("iban", "DE89 3704 0044 0532 0130 00")))
		_, err = w.s.Fill(ctx, c, q)
		w.must(err)
		if uses, _ = w.s.Uses(ctx, c, "", 10); len(uses) != 2 || !slices.Equal(uses[0].Attrs, []Attr{AttrIBAN}) {
			t.Errorf("what was used later is not in the history: %+v", uses)
		}
		if page, _ := w.s.Uses(ctx, c, uses[0].ID, 10); len(page) != 1 || page[0].ID != uses[1].ID {
			t.Error("the second page of the history")
		}
		if uses, _ := w.s.Uses(ctx, w.known(perm.LevelBasis), "", 10); len(uses) > 0 {
			t.Error("somebody else's history")
		}
	})
}

func TestAConsentForAnAuthorityHoldsForThatOneUntilItIsWithdrawn(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c := w.known(perm.LevelBasis)
		w.must(w.s.Agree(ctx, c, w.ask(w.a.ID, perm.LevelBasis), true, ConsentText))
		if f, _ := w.s.Fill(ctx, c, w.ask(w.a.ID, perm.LevelBasis)); len(f.Values) != 3 {
			t.Error("asked again at the same authority")
		}
		if f, _ := w.s.Fill(ctx, c, w.ask(w.b.ID, perm.LevelBasis)); f.Asked {
			t.Error("it holds at another authority")
		}
		if f, _ := w.s.Fill(ctx, c, w.ask(w.a.ID, perm.LevelHigh)); len(f.Values) != 1 || f.Use(AttrMail) != UseOffer {
			t.Error("a consent overrides the level", f)
		}
		list, err := w.s.Consents(ctx, c)
		w.must(err)
		if len(list) != 1 || !list[0].Standing() || list[0].Authority != w.a.ID || list[0].Text != ConsentText || list[0].Level != perm.LevelBasis || len(list[0].Attrs) != len(Attrs()) {
			t.Fatalf("%+v", list)
		}
		other := w.known(perm.LevelBasis)
		if err := w.s.WithdrawConsent(ctx, other, list[0].ID); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("somebody else withdrew it: %v", err)
		}
		if list, _ := w.s.Consents(ctx, other); len(list) > 0 {
			t.Error("somebody else sees it")
		}
		one := w.ask(w.a.ID, perm.LevelBasis)
		w.must(w.s.WithdrawConsent(ctx, c, list[0].ID))
		if f, _ := w.s.Fill(ctx, c, one); f.Asked || len(f.Values) > 0 {
			t.Error("it holds after it was withdrawn")
		}
		if err := w.s.WithdrawConsent(ctx, c, list[0].ID); !errs.Is(err, errs.KindConflict) {
			t.Error("withdrawn twice")
		}
		w.c.Advance(time.Minute)
		w.must(w.s.Agree(ctx, c, one, false, ConsentText))
		list, _ = w.s.Consents(ctx, c)
		w.must(w.s.WithdrawConsent(ctx, c, list[0].ID))
		if f, _ := w.s.Fill(ctx, c, one); !f.Asked || len(f.Values) > 0 {
			t.Error("the draft whose consent was withdrawn is filled, or asks again")
		}
		if uses, _ := w.s.Uses(ctx, c, "", 100); len(uses) != 2 {
			t.Errorf("withdrawing changed the history: %d lines", len(uses))
		}
	})
}
