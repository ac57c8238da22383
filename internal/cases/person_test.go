package cases_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
)

// known makes the account of a citizen as a sign-in would have left it: names
// proved at a level.
func (w *town) known(c perm.Citizen, proved perm.Level, given, family string) perm.Citizen {
	w.t.Helper()
	place := func(column string) seal.Where {
		return seal.Where{Tenant: string(c.Realm), Table: "account", Row: string(c.Person), Column: column}
	}
	own, wrapped := w.dir.Key(w.a.ID).NewKey(place("sealed_key"))
	profile := map[string]any{}
	for a, v := range map[string]string{"given": given, "family": family} {
		profile[a] = map[string]any{"v": v, "l": proved, "s": "partner", "t": w.c.Now()}
	}
	b, err := json.Marshal(profile)
	w.must(err)
	w.must(w.d.InTx(w.t.Context(), c.RealmScope(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), `INSERT INTO account (realm_id,person_id,sealed_key,profile,company,created_at,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$6)`, string(c.Realm), string(c.Person), wrapped, own.Seal(b, place("profile")), false, db.Micros(tx.Now))
		return err
	}))
	return c
}

func TestADraftIsFilledWithConsentAndLockedWhereProved(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		c := w.known(w.citizen("ada", perm.LevelSubstantial), perm.LevelHigh, "Ada", "Beweismarke")
		d, _, err := w.svc.StartDraft(ctx, c, "urkunde", "")
		w.must(err)
		if d.Fill.Asked || len(d.Env.Person) > 0 || d.Fill.Known[accounts.AttrFamily] != accounts.UseProof || !slices.Equal(d.Ask.Attrs, []accounts.Attr{accounts.AttrFamily}) {
			t.Fatalf("before consent: %+v", d.Fill)
		}
		w.page(c, cases.Proof{}, d.ID, "person", vals("familienname", "Getippt"))
		w.must(w.acc.Agree(ctx, c, d.Ask, false, accounts.ConsentText))
		d, err = w.svc.Draft(ctx, c, cases.Proof{}, d.ID)
		w.must(err)
		if d.Env.Person["familienname"] != "Beweismarke" || !d.Env.Proved["familienname"] || d.Answers["familienname"].Text != "Beweismarke" {
			t.Errorf("after consent: %v %v", d.Env.Person, d.Answers["familienname"].Text)
		}
		d = w.page(c, cases.Proof{}, d.ID, "person", vals("familienname", "Getippt"))
		if d.Answers["familienname"].Text != "Beweismarke" {
			t.Error("a proved name was typed over")
		}
		d = w.page(c, cases.Proof{}, d.ID, "anzahl", vals("stueck", "1"))
		sub, err := w.svc.Submit(ctx, c, d.ID, cases.Proof{}, cases.Sending{Key: key1, Confirmed: true, Version: d.Version})
		w.must(err)
		own, err := w.svc.Read(ctx, c, cases.Proof{}, sub.Case)
		w.must(err)
		if own.Sections[0].Rows[0].Text[0] != "Beweismarke" {
			t.Error("something else was submitted")
		}
		uses, err := w.acc.Uses(ctx, c, "", 10)
		if err != nil || len(uses) != 1 || uses[0].Case != sub.Case || uses[0].Authority != w.a.ID {
			t.Errorf("%+v %v", uses, err)
		}
		low := c
		low.Level = perm.LevelBasis
		free, _, err := w.svc.StartDraft(ctx, low, "gartenfest", "gartenfest")
		w.must(err)
		w.must(w.acc.Agree(ctx, low, free.Ask, false, accounts.ConsentText))
		if free, err = w.svc.Draft(ctx, low, cases.Proof{}, free.ID); err != nil || !free.Env.Proved["vorname"] {
			t.Error("a proved name is not proved at the level of a lower sign-in", err)
		}
	})
}

// onBehalf lets c act for a child.
func (w *town) onBehalf(c perm.Citizen, services ...string) accounts.MandateID {
	w.t.Helper()
	id, err := w.acc.StateMandate(w.t.Context(), c, accounts.Statement{Kind: accounts.Guardian, Given: pii.New("Kim"), Family: pii.New("Kindmarke"), BirthDate: pii.New("2020-05-05"),
		Proof: accounts.Proof{Kind: "birth", Reference: pii.New("G 12/2020")}, Services: services})
	w.must(err)
	w.must(w.acc.Act(w.t.Context(), c, id))
	return id
}

func TestAnApplicationSaysOnWhoseBehalfItIs(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		c := w.known(w.citizen("ada", perm.LevelBasis), perm.LevelNone, "Ada", "A")
		id := w.onBehalf(c)
		d, p := w.fillFree(c)
		if d.Behalf == nil || d.Behalf.ID != id || d.Behalf.Giver.Reveal() != "Kim Kindmarke" {
			t.Fatalf("%+v", d.Behalf)
		}
		if d.Fill.For.Reveal() != "Kim Kindmarke" {
			t.Error("the form would be filled with the representative's own data")
		}
		w.must(w.acc.StopActing(ctx, c))
		// The list says for whom, whoever he acts for just now; of a draft that needs
		// a higher level it says only that it is for somebody else.
		list, err := w.svc.Drafts(ctx, c)
		if err != nil || len(list) != 1 || !list[0].Behalf || list[0].For.Reveal() != "Kim Kindmarke" {
			t.Errorf("the list: %+v %v", list, err)
		}
		need := func(l perm.Level) {
			w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE case_record SET need=$2 WHERE id=$1`, string(d.ID), int64(l))
				return err
			}))
		}
		need(perm.LevelHigh)
		if list, err = w.svc.Drafts(ctx, c); err != nil || len(list) != 1 || !list[0].Behalf || !list[0].For.Empty() {
			t.Errorf("the list of a lower sign-in: %+v %v", list, err)
		}
		need(perm.LevelNone)
		_, err = w.svc.Submit(ctx, c, d.ID, p, cases.Sending{Key: key1, Confirmed: true})
		w.want(err, errs.KindConflict, "case.behalf-changed")
		w.must(w.acc.Act(ctx, c, id))
		sub, err := w.svc.Submit(ctx, c, d.ID, p, cases.Sending{Key: key1, Confirmed: true})
		w.must(err)
		w.drain()
		m, err := w.svc.Case(ctx, w.staff("kai", perm.Caseworker, w.ordnung), sub.Case)
		w.must(err)
		if b := m.Behalf; b == nil || b.Giver.Reveal() != "Kim Kindmarke" || b.Holder.Reveal() != "Ada A" || b.Kind != accounts.Guardian || b.Confirmed || b.Proof.Reference.Reveal() != "G 12/2020" {
			t.Errorf("staff see %+v", m.Behalf)
		}
		for _, files := range w.partner.parcels {
			if !bytes.Contains(files["vertretung.json"], []byte("Kim Kindmarke")) {
				t.Errorf("the parcel holds %v", slices.Collect(maps.Keys(files)))
			}
		}
		if !slices.Contains(w.told, "cases.OnBehalf") {
			t.Error("the represented person's side is not told")
		}
		own, _ := w.fillFree(c)
		w.must(w.acc.StopActing(ctx, c))
		mine, p := w.fillFree(c)
		if mine.Behalf != nil {
			t.Error("an application of one's own is on somebody's behalf")
		}
		w.must(w.acc.Act(ctx, c, id))
		_, err = w.svc.Submit(ctx, c, mine.ID, p, cases.Sending{Key: "another-key-of-the-page", Confirmed: true})
		w.want(err, errs.KindConflict, "case.behalf-changed")
		w.must(w.acc.RevokeMandate(ctx, c, id))
		_, err = w.svc.Submit(ctx, c, own.ID, cases.Proof{}, cases.Sending{Key: "a-third-key-of-the-page", Confirmed: true})
		w.want(err, errs.KindConflict, "case.behalf-changed")
		w.onBehalf(c, "wohngeld")
		_, _, err = w.svc.StartDraft(ctx, c, "gartenfest", "gartenfest")
		w.want(err, errs.KindForbidden, "case.behalf-service")
	})
}

func (w *town) export(c perm.Citizen) map[string]string {
	w.t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w.must(w.svc.ExportPerson(w.t.Context(), c, func(name string, at time.Time) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Modified: at})
	}))
	w.must(z.Close())
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	w.must(err)
	out := map[string]string{}
	for _, f := range r.File {
		src, err := f.Open()
		w.must(err)
		text, err := io.ReadAll(src)
		w.must(err)
		if _, twice := out[f.Name]; twice {
			w.t.Errorf("%s is there twice", f.Name)
		}
		out[f.Name] = string(text)
	}
	return out
}

func TestAnExportHoldsOwnCasesOfAllTenantsAndNoOthers(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		c := w.citizen("ada", perm.LevelBasis)
		sub, _ := w.sent(c)
		atB := c
		atB.Tenant = w.b.ID
		draft, _ := w.fillFree(atB)
		other := w.citizen("bea", perm.LevelBasis)
		w.sent(other)
		high, _, err := w.svc.StartDraft(ctx, w.citizen("ada", perm.LevelSubstantial), "urkunde", "")
		w.must(err)
		w.drain()
		clerk := w.staff("kai", perm.Caseworker, w.ordnung)
		w.must(w.svc.Claim(ctx, clerk, sub.Case))
		w.must(w.svc.Ask(ctx, clerk, sub.Case, "Wo genau? FRAGEMARKE"))
		files := w.export(c)
		dir := string(sub.Number) + "/"
		for _, want := range []string{dir + "antrag.json", dir + "antrag.xml", dir + "vorgang.json", dir + "dokumente/antrag.pdf", dir + "dokumente/Plan-vom-Garten.pdf", "entwurf-" + string(draft.ID) + "/angaben.json", "entwurf-" + string(draft.ID) + "/vorgang.json", "nicht-enthalten-" + string(high.ID) + ".txt"} {
			if files[want] == "" {
				t.Errorf("no %s in %v", want, slices.Sorted(maps.Keys(files)))
			}
		}
		if files[dir+"dokumente/Plan-vom-Garten.pdf"] != string(pdf) || !strings.Contains(files[dir+"vorgang.json"], "FRAGEMARKE") || !strings.Contains(files["entwurf-"+string(draft.ID)+"/angaben.json"], "Kanarienvogel") || !strings.Contains(files[dir+"antrag.json"], "Kanarienvogel") {
			t.Error("content is missing")
		}
		n := 0
		for name := range files {
			if strings.HasSuffix(name, "vorgang.json") {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d cases of one person with two", n)
		}
		if in, err := w.svc.Inbox(ctx, c); err != nil || in.Unread != 0 {
			t.Error("an exported message counts as unread", err)
		}
		w.want(w.svc.ExportPerson(ctx, w.guest(), nil), errs.KindForbidden, "")
	})
}

func TestAfterAnErasedAccountApplicationsStayAndDraftsGo(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		c, other := w.citizen("ada", perm.LevelBasis), w.citizen("bea", perm.LevelBasis)
		w.known(c, perm.LevelNone, "Ada", "A")
		w.onBehalf(c)
		sub, _ := w.sent(c)
		draft, _ := w.fillFree(c)
		kept, _ := w.sent(other)
		w.drain()
		sweep := func(slot string) {
			w.c.Advance(48 * time.Hour)
			w.must(w.d.InTx(ctx, w.a.Scope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, cases.Sweep{Slot: slot}) }))
			w.drain()
		}
		sweep("before") // receipts that two jobs made at once
		before := w.blobCount()
		w.must(w.d.InTx(ctx, c.RealmScope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, accounts.Erased{Person: c.Person}) }))
		w.drain()
		if in, err := w.svc.Inbox(ctx, c); err != nil || len(in.Cases) > 0 {
			t.Errorf("the erased person still has %d cases", len(in.Cases))
		}
		for _, id := range []ident.CaseID{sub.Case, draft.ID} {
			_, err := w.svc.Draft(ctx, c, cases.Proof{}, id)
			w.want(err, errs.KindNotFound, "")
			_, err = w.svc.Read(ctx, w.guest(), cases.Proof{}, id)
			w.want(err, errs.KindNotFound, "")
		}
		clerk := w.staff("kai", perm.Caseworker, w.ordnung)
		m, err := w.svc.Case(ctx, clerk, sub.Case)
		w.must(err)
		if m.State != cases.StateSubmitted || len(m.Sections) == 0 || m.Behalf == nil {
			t.Error("the authority lost the application")
		}
		if !slices.ContainsFunc(m.History, func(l cases.Line) bool { return l.Event == cases.EventGone && strings.Contains(l.Text, "per Post") }) {
			t.Error("staff are not told that nobody reads the inbox any more")
		}
		w.must(w.d.View(ctx, w.a.Scope(), func(tx *db.Tx) error {
			_, err := w.svc.Addressee(ctx, tx, sub.Case)
			w.want(err, errs.KindNotFound, "")
			for table, cols := range map[string][]string{"case_record": {"person_id"}, "case_message": {"person_id", "author"}, "case_document": {"person_id"}, "case_event": {"person_id", "actor"}, "case_behalf": {"person_id"}} {
				for _, col := range cols {
					var n int
					if err := tx.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s LIKE $1`, table, col), "%"+string(c.Person)).Scan(&n); err != nil {
						return err
					}
					if n > 0 {
						t.Errorf("%s.%s names the erased person", table, col)
					}
				}
			}
			return nil
		}))
		sweep("after")
		if now := w.blobCount(); now != before-1 {
			t.Errorf("%d files, before %d: the draft's upload is to go, nothing else", now, before)
		}
		if in, _ := w.svc.Inbox(ctx, other); len(in.Cases) != 1 || in.Cases[0].ID != kept.Case {
			t.Error("somebody else lost a case")
		}
		w.must(w.d.InTx(ctx, c.RealmScope(), func(tx *db.Tx) error { return jobs.Insert(ctx, tx, accounts.Erased{Person: other.Person + "x"}) }))
		w.drain()
	})
}
