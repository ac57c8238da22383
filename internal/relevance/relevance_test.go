package relevance_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/clock"
	"stadttor/internal/clock/clocktest"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/relevance"
	"stadttor/internal/seal"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

var op = perm.System{Name: "test"}

// house is two tenants of one realm with the feature over them.
type house struct {
	t      *testing.T
	s      *relevance.Service
	db     *db.DB
	clock  *clock.Fake
	dir    *tenancy.Directory
	realm  tenancy.Layer
	a, b   tenancy.Layer
	editor perm.Staff // of a
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) { fn(build(t, d, c)) })
}

func build(t *testing.T, d *db.DB, c *clock.Fake) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: c}
	ctx := t.Context()
	var err error
	h.dir, err = tenancy.OpenDirectory(ctx, d, seal.Random())
	h.must(err)
	realm, err := h.dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis-musterland", Name: "Kreis Musterland"})
	h.must(err)
	h.realm = tenancy.Layer{Realm: realm}
	for i, p := range []*tenancy.Layer{&h.a, &h.b} {
		slug := []string{"astadt", "bdorf"}[i]
		ten, err := h.dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: realm.ID, Slug: slug, Name: slug, Kind: tenancy.KindStadt, Sign: []string{"AAA", "BBB"}[i], ARS: "990010001001"})
		h.must(err)
		h.must(h.dir.SavePortal(ctx, op, ten.Scope(), tenancy.Portal{Tenant: ten.ID, Host: slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook(slug, "")}}))
		*p = tenancy.Layer{Realm: realm, Tenant: &ten}
	}
	h.must(h.dir.Reload(ctx))
	h.s = h.node()
	h.editor = perm.Staff{Realm: realm.ID, Tenant: h.a.Tenant.ID, Staff: "s1", Grants: []perm.Grant{{Role: perm.Editor}}}
	return h
}

// node is the same feature in another program on the same database.
func (h *house) node() *relevance.Service {
	return relevance.New(relevance.Config{DB: h.db, Directory: h.dir})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

var docs = search.NewView(search.Build([]search.Doc{
	{Kind: search.KindService, ID: "hund", Title: "Hund anmelden"},
	{Kind: search.KindService, ID: "muell", Title: "Sperrmüllabfuhr"},
	{Kind: search.KindService, ID: "a", Title: "Parkausweis Anna"},
	{Kind: search.KindService, ID: "b", Title: "Parkausweis Berta"},
}, search.Options{}), nil, nil)

func (h *house) learnt(p tenancy.Layer) search.Learnt {
	return *h.s.Learnt(p.Realm.ID, p.Tenant.ID)
}

// finds gives the first hit of a query at a tenant's portal, "" for none.
func (h *house) finds(p tenancy.Layer, query string) string {
	h.t.Helper()
	h.must(h.s.Refresh(h.t.Context()))
	hits := docs.With(h.learnt(p)).Search(search.Query{Text: query}).Hits
	if len(hits) == 0 {
		return ""
	}
	return hits[0].ID
}

func (h *house) save(p tenancy.Layer, x relevance.Synonym, live bool) relevance.SynonymID {
	h.t.Helper()
	id, err := h.s.SaveSynonym(h.t.Context(), op, p, x, live)
	h.must(err)
	return id
}

func TestTheLifeOfASynonym(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		state := func(want ...relevance.State) {
			h.t.Helper()
			list, err := h.s.Synonyms(ctx, h.editor, h.a)
			h.must(err)
			var got []relevance.State
			for _, x := range list {
				got = append(got, x.State)
			}
			if !slices.Equal(got, want) {
				h.t.Errorf("states %v, want %v", got, want)
			}
		}
		id := h.save(h.a, relevance.Synonym{Word: "  Krixelmaxx ", Service: "hund"}, false)
		state(relevance.StateNew)
		if got := h.finds(h.a, "krixelmaxx"); got != "" {
			h.t.Errorf("a draft is live: %s", got)
		}
		h.must(h.s.Release(ctx, h.editor, h.a))
		state(relevance.StateLive)
		if a, b := h.finds(h.a, "krixelmaxx"), h.finds(h.b, "krixelmaxx"); a != "hund" || b != "" {
			h.t.Errorf("here %q, at the neighbour's %q", a, b)
		}
		h.save(h.a, relevance.Synonym{ID: id, Word: "Krixelmaxx", Official: "Sperrmüll"}, false)
		state(relevance.StateChanged)
		if got := h.finds(h.a, "krixelmaxx"); got != "hund" {
			h.t.Errorf("the draft of a change is live: %s", got)
		}
		h.must(h.s.Discard(ctx, h.editor, h.a))
		state(relevance.StateLive)
		if x, err := h.s.Synonym(ctx, h.editor, h.a, id); err != nil || x.Service != "hund" || x.Official != "" || x.Word != "Krixelmaxx" {
			h.t.Errorf("%+v %v", x, err)
		}
		h.must(h.s.RemoveSynonym(ctx, h.editor, h.a, id, false))
		state(relevance.StateLeaving)
		if got := h.finds(h.a, "krixelmaxx"); got != "hund" {
			h.t.Errorf("gone before the release: %q", got)
		}
		if again := h.save(h.a, relevance.Synonym{Word: "krixelmaxx", Service: "hund"}, false); again != id {
			h.t.Error("what was to go did not come back as itself")
		}
		state(relevance.StateChanged) // the spelling differs
		h.must(h.s.RemoveSynonym(ctx, h.editor, h.a, id, true))
		state()
		if got := h.finds(h.a, "krixelmaxx"); got != "" {
			h.t.Errorf("still live: %s", got)
		}
		h.save(h.realm, relevance.Synonym{Word: "Krixelmaxx", Official: "Sperrmüll"}, true)
		if a, b := h.finds(h.a, "krixelmaxx"), h.finds(h.b, "krixelmaxx"); a != "muell" || b != "muell" {
			h.t.Errorf("a word of the realm: here %q, at the neighbour's %q", a, b)
		}
		h.entries(h.a, "search.synonym", "search.release", "search.synonym", "search.discard", "search.synonym-remove", "search.synonym", "search.synonym-remove")
	})
}

// entries looks at the audit log of a tenant: one entry for each verb.
func (h *house) entries(p tenancy.Layer, want ...string) {
	h.t.Helper()
	var got []string
	h.must(h.db.View(h.t.Context(), p.Tenant.Scope(), func(tx *db.Tx) error {
		list, err := audit.List(h.t.Context(), tx, 0, 50)
		for _, e := range slices.Backward(list) {
			if strings.HasPrefix(e.Action, "search.") {
				got = append(got, e.Action)
			}
		}
		return err
	}))
	if !slices.Equal(got, want) {
		h.t.Errorf("audit %v, want %v", got, want)
	}
}

func TestAnExchangeOfTwoWordsIsReleasedAtOnce(t *testing.T) {
	each(t, func(h *house) {
		one := h.save(h.a, relevance.Synonym{Word: "Eins", Official: "Hund"}, true)
		h.must(h.s.RemoveSynonym(h.t.Context(), op, h.a, one, false))
		h.save(h.a, relevance.Synonym{Word: "Zwei", Official: "Hund"}, false)
		h.must(h.s.Release(h.t.Context(), op, h.a))
		list, err := h.s.Synonyms(h.t.Context(), op, h.a)
		if err != nil || len(list) != 1 || list[0].Word != "Zwei" || list[0].State != relevance.StateLive {
			h.t.Errorf("%+v %v", list, err)
		}
	})
}

func TestEachPairIsThereOnce(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.save(h.a, relevance.Synonym{Word: "Wauwau", Service: "hund"}, false)
		h.save(h.a, relevance.Synonym{Word: "Wauwau", Service: "muell"}, false) // one word may lead to several
		other := h.save(h.b, relevance.Synonym{Word: "Wauwau", Service: "hund"}, false)
		_, err := h.s.SaveSynonym(ctx, op, h.a, relevance.Synonym{Word: "WAUWAU", Service: "hund"}, false)
		if errs.KindOf(err) != errs.KindInvalid || errs.FieldsOf(err)[0].Key != "relevance.word-double" {
			h.t.Errorf("twice: %v", err)
		}
		if _, err := h.s.Synonym(ctx, op, h.a, other); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("the neighbour's: %v", err)
		}
		if _, err := h.s.SaveSynonym(ctx, op, h.a, relevance.Synonym{ID: other, Word: "X-Wort", Service: "hund"}, true); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("the neighbour's: %v", err)
		}
		if err := h.s.RemoveSynonym(ctx, op, h.a, other, true); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("the neighbour's: %v", err)
		}
		out, err := h.s.ImportSynonyms(ctx, h.editor, h.a, []relevance.Synonym{{Word: "wauwau", Service: "hund", Loose: true}, {Word: "Wauwau", Service: "muell"}, {Word: "Miau", Official: "Katze"}})
		if err != nil || out != (relevance.Imported{Added: 1, Changed: 1, Unchanged: 1}) {
			h.t.Errorf("%+v %v", out, err)
		}
		if _, err := h.s.ImportSynonyms(ctx, h.editor, h.a, []relevance.Synonym{{Word: "Neu", Official: "Hund"}, {Word: ""}}); !errs.Is(err, errs.KindInvalid) {
			h.t.Errorf("%v", err)
		}
		list, err := h.s.ExportSynonyms(ctx, h.editor, h.a)
		if err != nil || len(list) != 3 || list[0].Word != "Miau" || !list[1].Loose {
			h.t.Errorf("%+v %v", list, err)
		}
	})
}

func TestWhoMayTeach(t *testing.T) {
	each(t, func(h *house) {
		staff := func(tenant tenancy.Layer, r perm.Role) perm.Staff {
			return perm.Staff{Realm: tenant.Realm.ID, Tenant: tenant.Tenant.ID, Staff: "s", Grants: []perm.Grant{{Role: r}}}
		}
		foreign := staff(h.a, perm.RealmAdmin)
		foreign.Realm = "another"
		ctx := h.t.Context()
		for rule, c := range map[string]struct {
			actor perm.Actor
			at    tenancy.Layer
			may   bool
		}{
			"an editor at home":                                {staff(h.a, perm.Editor), h.a, true},
			"an administrator at home":                         {staff(h.a, perm.Administrator), h.a, true},
			"an editor at the neighbour's":                     {staff(h.b, perm.Editor), h.a, false},
			"an editor for the realm":                          {staff(h.a, perm.Editor), h.realm, false},
			"the realm's administrator for the realm":          {staff(h.b, perm.RealmAdmin), h.realm, true},
			"the realm's administrator for a tenant":           {staff(h.a, perm.RealmAdmin), h.a, false},
			"the administrator of another realm for the realm": {foreign, h.realm, false},
			"a caseworker":                                     {staff(h.a, perm.Caseworker), h.a, false},
			"a citizen":                                        {perm.Citizen{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID}, h.a, false},
			"the operator":                                     {op, h.a, true},
		} {
			at := relevance.Visit{Realm: c.at.Realm.ID, Tenant: h.a.Tenant.ID}
			for verb, err := range map[string]error{
				"list":    second(h.s.Synonyms(ctx, c.actor, c.at)),
				"read":    second(h.s.Synonym(ctx, c.actor, c.at, "x")),
				"save":    second(h.s.SaveSynonym(ctx, c.actor, c.at, relevance.Synonym{Word: rule, Official: "Hund"}, false)),
				"remove":  h.s.RemoveSynonym(ctx, c.actor, c.at, "x", false),
				"import":  second(h.s.ImportSynonyms(ctx, c.actor, c.at, nil)),
				"export":  second(h.s.ExportSynonyms(ctx, c.actor, c.at)),
				"release": h.s.Release(ctx, c.actor, c.at),
				"discard": h.s.Discard(ctx, c.actor, c.at),
				"misses":  second(h.s.Misses(ctx, c.actor, c.at, relevance.MissFilter{})),
				"hide":    h.s.Hide(ctx, c.actor, c.at, "x", true),
				"thumbs":  second(h.s.Opinions(ctx, c.actor, c.at)),
				"judge":   second(h.s.ImportJudgements(ctx, c.actor, c.at, nil)),
				"judged":  second(h.s.Judgements(ctx, c.actor, c.at)),
				"forget":  h.s.RemoveJudgement(ctx, c.actor, c.at, "x"),
				"try":     second(h.s.Try(ctx, c.actor, c.at, at, docs)),
			} {
				if got := !errs.Is(err, errs.KindForbidden); got != c.may {
					h.t.Errorf("%s, %s: %v", rule, verb, err)
				}
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// visit is the n-th visitor of a tenant.
func visit(p tenancy.Layer, n int) relevance.Visit {
	return relevance.Visit{Realm: p.Realm.ID, Tenant: p.Tenant.ID, From: netip.MustParsePrefix(fmt.Sprintf("203.0.113.%d/32", n))}
}

func (h *house) misses(p tenancy.Layer, f relevance.MissFilter) []relevance.Miss {
	h.t.Helper()
	h.must(h.s.Write(h.t.Context()))
	out, err := h.s.Misses(h.t.Context(), op, p, f)
	h.must(err)
	return out
}

// everything gives all that the database holds, as text.
func (h *house) everything() string {
	h.t.Helper()
	var b strings.Builder
	h.must(h.db.View(h.t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		for _, table := range []string{"relevance_synonym", "relevance_count", "relevance_question", "relevance_vote", "relevance_click", "relevance_judgement", "audit_entry", "job"} {
			rows, err := tx.Query(h.t.Context(), `SELECT * FROM `+table)
			h.must(err)
			names, err := rows.Columns()
			h.must(err)
			rows.Close()
			for _, c := range names {
				rows, err := tx.Query(h.t.Context(), `SELECT CAST(`+c+` AS TEXT) FROM `+table)
				list, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
				h.must(err)
				b.WriteString(strings.Join(list, "\n") + "\n")
			}
		}
		return nil
	}))
	return b.String()
}

func TestWordsAreWrittenOnlyWhenEnoughVisitsAskedThem(t *testing.T) {
	each(t, func(h *house) {
		ask := func(n int, query string, hits int) { h.s.Asked(visit(h.a, n), query, hits) }
		for n := range relevance.EnoughVisits - 1 {
			ask(n, "Krixelmaxx bestellen", 0)
			ask(n, "Perso", 3)
			for range 9 {
				ask(n, "krixelmaxx bestellen!", 0) // the same visit
			}
		}
		ask(1, "kim.probe@stadt.example", 0)
		if got := h.misses(h.a, relevance.MissFilter{}); len(got) != 0 {
			h.t.Errorf("shown already: %+v", got)
		}
		for _, word := range []string{"krixelmaxx", "perso", "probe", "203.0.113"} {
			if strings.Contains(h.everything(), word) {
				h.t.Errorf("the database holds %q after too few visits", word)
			}
		}
		h.clock.Advance(26 * time.Hour) // another day: who asked "perso" has given up
		ask(1, "KRIXELMAXX bestellen", 0)
		got := h.misses(h.a, relevance.MissFilter{})
		if len(got) != 1 || got[0].Words != "krixelmaxx bestellen" || got[0].Visits != 5 || got[0].Unanswered != 5 || got[0].Unclicked != 0 || got[0].Taught || got[0].Hidden {
			h.t.Fatalf("%+v", got)
		}
		if strings.Contains(h.everything(), "203.0.113") {
			h.t.Error("the database holds an address")
		}
		if other := h.misses(h.b, relevance.MissFilter{}); len(other) != 0 {
			h.t.Errorf("the neighbour sees %+v", other)
		}
		ask(9, "perso", 3)
		ask(10, "perso", 3)
		h.s.Chose(visit(h.a, 10), "perso", search.Key{Kind: search.KindService, ID: "hund"})
		h.clock.Advance(time.Hour)
		if got := h.misses(h.a, relevance.MissFilter{Text: "PERSO"}); len(got) != 1 || got[0].Unclicked != 5 || got[0].Visits != 6 {
			h.t.Errorf("%+v", got)
		}
		if got := h.misses(h.a, relevance.MissFilter{Days: 1}); len(got) != 0 {
			h.t.Errorf("today alone: %+v", got)
		}
	})
}

func TestAQuestionIsHiddenAndShownAgain(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		for n := range relevance.EnoughVisits {
			h.s.Asked(visit(h.a, n), "Wuffwuff", 0)
		}
		m := h.misses(h.a, relevance.MissFilter{})
		if len(m) != 1 {
			h.t.Fatal(m)
		}
		if err := h.s.Hide(ctx, op, h.b, m[0].ID, true); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("the neighbour's: %v", err)
		}
		h.must(h.s.Hide(ctx, h.editor, h.a, m[0].ID, true))
		if a, b := h.misses(h.a, relevance.MissFilter{}), h.misses(h.a, relevance.MissFilter{Hidden: true}); len(a) != 0 || len(b) != 1 || !b[0].Hidden {
			h.t.Errorf("%+v %+v", a, b)
		}
		h.must(h.s.Hide(ctx, h.editor, h.a, m[0].ID, false))
		h.save(h.realm, relevance.Synonym{Word: "WUFFWUFF", Official: "Hund"}, false)
		if m := h.misses(h.a, relevance.MissFilter{}); len(m) != 1 || !m[0].Taught {
			h.t.Errorf("%+v", m)
		}
		h.entries(h.a, "search.hide", "search.hide")
	})
}

func TestOldQuestionsAreForgotten(t *testing.T) {
	each(t, func(h *house) {
		sweep := func() {
			h.t.Helper()
			h.must(h.db.InTx(h.t.Context(), h.a.Tenant.Scope(), func(tx *db.Tx) error { return h.s.Sweep(h.t.Context(), tx, relevance.Sweep{}) }))
		}
		rows := func(table string) (n int) {
			h.t.Helper()
			h.must(h.db.View(h.t.Context(), h.a.Tenant.Scope(), func(tx *db.Tx) error {
				return tx.QueryRow(h.t.Context(), `SELECT count(*) FROM `+table).Scan(&n)
			}))
			return n
		}
		dog := search.Key{Kind: search.KindService, ID: "hund"}
		h.s.Asked(visit(h.a, 1), "selten", 0)
		h.s.Judged(visit(h.a, 1), "selten", dog, false)
		for n := range relevance.EnoughVisits {
			h.s.Asked(visit(h.a, n), "oft", 0)
			h.s.Judged(visit(h.a, n), "oft", dog, false)
		}
		h.s.Chose(visit(h.a, 1), "oft", dog)
		h.must(h.s.Write(h.t.Context()))
		sweep()
		if rows("relevance_count") != 2 || rows("relevance_vote") != 2 {
			h.t.Error("forgotten too soon")
		}
		h.clock.Advance(31 * 24 * time.Hour)
		sweep()
		if rows("relevance_count") != 1 || rows("relevance_question") != 1 || rows("relevance_vote") != 1 {
			h.t.Error("what too few asked is still there after thirty days")
		}
		h.clock.Advance(150 * 24 * time.Hour)
		sweep()
		for _, table := range []string{"relevance_count", "relevance_question", "relevance_vote", "relevance_click"} {
			if n := rows(table); n != 0 {
				h.t.Errorf("%s holds %d rows after half a year", table, n)
			}
		}
	})
}

func TestWhatVisitorsChooseComesFirstAndFades(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		if h.finds(h.a, "parkausweis") != "a" || h.finds(h.b, "parkausweis") != "a" {
			h.t.Fatal("the test needs equals")
		}
		for n := range 6 {
			h.s.Chose(visit(h.a, n), "parkausweis", search.Key{Kind: search.KindService, ID: "b"})
		}
		h.must(h.s.Write(ctx))
		h.must(h.s.ReadLikes(ctx))
		if h.finds(h.a, "parkausweis") != "b" || h.finds(h.b, "parkausweis") != "a" {
			h.t.Errorf("here %q, at the neighbour's %q", h.finds(h.a, "parkausweis"), h.finds(h.b, "parkausweis"))
		}
		weight := func() float64 { return h.learnt(h.a).Popularity[search.Key{Kind: search.KindService, ID: "b"}] }
		if weight() != 6 {
			h.t.Errorf("weight %v", weight())
		}
		h.clock.Advance(30 * 24 * time.Hour)
		h.must(h.s.ReadLikes(ctx))
		if weight() != 3 {
			h.t.Errorf("after a half-life: %v", weight())
		}
		h.s.Chose(visit(h.a, 1), "parkausweis", search.Key{Kind: search.KindService, ID: "b"})
		h.must(h.s.Write(ctx))
		h.clock.Advance(time.Hour)
		h.must(h.s.ReadLikes(ctx))
		if weight() != 4 {
			h.t.Errorf("with one more: %v", weight())
		}
	})
}

func TestThumbsAreSeenByEditors(t *testing.T) {
	each(t, func(h *house) {
		dog := search.Key{Kind: search.KindService, ID: "hund"}
		for n := range relevance.EnoughVisits {
			h.s.Asked(visit(h.a, n), "Fell", 3)
			h.s.Judged(visit(h.a, n), "Fell", dog, n == 0)
			h.s.Judged(visit(h.a, n), "nur ich", dog, false) // never asked often
		}
		h.must(h.s.Write(h.t.Context()))
		got, err := h.s.Opinions(h.t.Context(), h.editor, h.a)
		if err != nil || len(got) != 1 || got[0] != (relevance.Opinion{Words: "fell", Hit: dog, Helped: 1, Failed: 4}) {
			h.t.Errorf("%+v %v", got, err)
		}
	})
}

func TestDraftsAreTriedBeforeTheyAreLive(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.save(h.a, relevance.Synonym{Word: "Krixelmaxx", Service: "hund"}, true)
		worse, err := h.s.Synonyms(ctx, op, h.a)
		h.must(err)
		h.save(h.a, relevance.Synonym{ID: worse[0].ID, Word: "Krixelmaxx", Service: "muell"}, false)
		h.save(h.a, relevance.Synonym{Word: "Plompfel", Service: "muell"}, false)
		h.save(h.realm, relevance.Synonym{Word: "Quaddelfix", Service: "hund"}, true)
		h.must(h.s.Refresh(ctx))
		_, err = h.s.ImportJudgements(ctx, h.editor, h.a, []relevance.Judgement{
			{Words: "krixelmaxx", Expected: []string{"Hund anmelden"}}, {Words: "plompfel", Expected: []string{"Sperrmüll"}},
			{Words: "hund", Expected: []string{"Hund"}}, {Words: "quaddelfix", Expected: []string{"Hund"}}, {Words: "gibtesnie", Expected: []string{"Nichts"}}})
		h.must(err)
		at := relevance.Visit{Realm: h.a.Realm.ID, Tenant: h.a.Tenant.ID}
		got, err := h.s.Try(ctx, h.editor, h.a, at, docs)
		h.must(err)
		var lines []string
		for _, l := range got.Lines {
			lines = append(lines, fmt.Sprintf("%s%d%d", l.Words, l.Before, l.After))
		}
		if want := []string{"krixelmaxx10", "plompfel01", "gibtesnie00", "hund11", "quaddelfix11"}; !slices.Equal(lines, want) {
			h.t.Errorf("%v, want %v", lines, want)
		}
		if got.Drafts != 2 || got.Before.Success1 != 0.6 || got.After.Success1 != 0.6 || got.Before.Pairs != 5 {
			h.t.Errorf("%+v", got)
		}
		if h.finds(h.a, "plompfel") != "" {
			h.t.Error("trying made it live")
		}
		out, err := h.s.ImportJudgements(ctx, h.editor, h.a, []relevance.Judgement{{Words: "Hund", Expected: []string{"Hund", "Tier"}}})
		if err != nil || out != (relevance.Imported{Changed: 1}) {
			h.t.Errorf("%+v %v", out, err)
		}
		list, err := h.s.Judgements(ctx, h.editor, h.a)
		if err != nil || len(list) != 5 {
			h.t.Fatal(list, err)
		}
		if err := h.s.RemoveJudgement(ctx, op, h.b, list[0].ID); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("the neighbour's: %v", err)
		}
		h.must(h.s.RemoveJudgement(ctx, h.editor, h.a, list[0].ID))
		if _, err := h.s.Try(ctx, h.editor, h.a, relevance.Visit{Realm: at.Realm, Tenant: h.b.Tenant.ID}, docs); !errs.Is(err, errs.KindNotFound) {
			h.t.Errorf("at a foreign portal: %v", err)
		}
	})
}

func TestAReleaseIsKnownAtTheOtherNode(t *testing.T) {
	each(t, func(h *house) {
		other := h.node()
		ctx, cancel := context.WithCancel(h.t.Context())
		done := make(chan struct{})
		go func() { defer close(done); other.Run(ctx, slog.New(slog.DiscardHandler)) }()
		defer func() { cancel(); <-done }()
		time.Sleep(50 * time.Millisecond) // it listens by now
		h.save(h.a, relevance.Synonym{Word: "Krixelmaxx", Service: "hund"}, true)
		clocktest.Soon(h.t, "the word at the other node", func() bool {
			return len(docs.With(*other.Learnt(h.a.Realm.ID, h.a.Tenant.ID)).Search(search.Query{Text: "krixelmaxx"}).Hits) > 0
		})
		// What was counted is written when a node stops.
		for n := range relevance.EnoughVisits {
			other.Asked(visit(h.a, n), "Abschied", 0)
		}
		cancel()
		<-done
		if m, err := h.s.Misses(h.t.Context(), op, h.a, relevance.MissFilter{}); err != nil || len(m) != 1 {
			h.t.Errorf("%+v %v", m, err)
		}
	})
}
