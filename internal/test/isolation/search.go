package isolation

import (
	"fmt"
	"net/netip"

	"stadttor/internal/perm"
	"stadttor/internal/relevance"
	"stadttor/internal/tenancy"
)

// Taught is what the editors of an authority made for its search.
type Taught struct {
	Synonym   relevance.SynonymID
	Judgement relevance.JudgementID
	Question  string
}

// teach gives the authority of an object its own of everything.
func (w *Town) teach(o *Object) {
	w.t.Helper()
	for _, other := range w.Objects {
		if other.Tenant.ID == o.Tenant.ID && other.Taught.Synonym != "" {
			o.Taught = other.Taught
			return
		}
	}
	ctx, op := w.t.Context(), perm.System{Name: "test"}
	realm, _ := w.Directory.Realm(o.Tenant.Realm)
	tenant := o.Tenant
	at := tenancy.Layer{Realm: realm, Tenant: &tenant}
	var err error
	o.Taught.Synonym, err = w.Relevance.SaveSynonym(ctx, op, at, relevance.Synonym{Word: "Krixelmaxx", Official: "Hund"}, true)
	w.must(err)
	_, err = w.Relevance.ImportJudgements(ctx, op, at, []relevance.Judgement{{Words: "krixelmaxx", Expected: []string{"Hund"}}})
	w.must(err)
	list, err := w.Relevance.Judgements(ctx, op, at)
	w.must(err)
	o.Taught.Judgement = list[0].ID
	for n := range relevance.EnoughVisits {
		w.Relevance.Asked(relevance.Visit{Realm: realm.ID, Tenant: tenant.ID, From: netip.MustParsePrefix(fmt.Sprintf("203.0.113.%d/32", n))}, "Plompfel", 0)
	}
	w.must(w.Relevance.Write(ctx))
	misses, err := w.Relevance.Misses(ctx, op, at, relevance.MissFilter{})
	w.must(err)
	o.Taught.Question = misses[0].ID
}

// What editors taught is seen by the editors of the same authority. The pages of
// the realm have words of their own.
func fellowEditor(a *Actor, o *Object) bool { return colleague(a, o) && a.may(perm.EditContent) }

var (
	synonymOf   = of(func(o *Object) []relevance.SynonymID { return []relevance.SynonymID{o.Taught.Synonym} }).seenBy(fellowEditor)
	judgementOf = of(func(o *Object) []relevance.JudgementID { return []relevance.JudgementID{o.Taught.Judgement} }).seenBy(fellowEditor)
	questionOf  = of(func(o *Object) []string { return []string{o.Taught.Question} }).seenBy(fellowEditor)
)
