package isolation

import (
	"stadttor/internal/accounts"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// Kept is what the account of an object's owner holds for it.
type Kept struct {
	Address, Relative, Consent, Mandate string
	Company                             string // an organisation that the owner answers for
	Owner                               string // by this mandate
}

func (k Kept) ids() (out []string) {
	for _, id := range []string{k.Address, k.Relative, k.Consent, k.Mandate, k.Company, k.Owner} {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

// ownerOf: nobody but the person, no authority either.
func ownerOf(a *Actor, o *Object) bool { return o.Person != "" && a.Person == o.Person }

func keptOf(get func(Kept) []string) param {
	return of(func(o *Object) []string { return get(o.Kept) }).seenBy(ownerOf)
}

// keep puts something into the account of an object's owner: each with a mark
// of its own. A guest has no account.
func (w *Town) keep(o *Object) {
	w.t.Helper()
	if o.Person == "" {
		return
	}
	ctx := w.t.Context()
	c := perm.Citizen{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Person: o.Person, Level: perm.LevelHigh}
	mark := func() pii.Text { return pii.New(o.word(private)) }
	address, err := w.Accounts.SaveAddress(ctx, c, accounts.Address{Use: "post", Street: mark(), PLZ: pii.New("00101"), City: mark()})
	w.must(err)
	relative, err := w.Accounts.SaveRelative(ctx, c, accounts.Relative{Relation: "child", Given: mark(), Family: mark()})
	w.must(err)
	mandate, err := w.Accounts.StateMandate(ctx, c, accounts.Statement{Kind: accounts.Guardian, Given: mark(), Family: mark(), BirthDate: pii.New("2020-05-05"), Proof: accounts.Proof{Kind: "birth", Reference: mark()}})
	w.must(err)
	company, err := w.Accounts.FoundCompany(ctx, c, map[accounts.Attr]pii.Text{accounts.AttrCompany: mark()})
	w.must(err)
	own, err := w.Accounts.Company(ctx, c, company)
	w.must(err)
	w.must(w.Accounts.Agree(ctx, c, accounts.Ask{Tenant: o.Tenant.ID, Form: o.Form, Title: o.Form, Case: o.Case, Attrs: accounts.Attrs()}, false, accounts.ConsentText))
	consents, err := w.Accounts.Consents(ctx, c)
	w.must(err)
	for _, x := range consents {
		if x.Case == o.Case {
			o.Kept.Consent = string(x.ID)
		}
	}
	o.Kept.Address, o.Kept.Relative, o.Kept.Mandate, o.Kept.Company, o.Kept.Owner = string(address), string(relative), string(mandate), string(company), string(own.Members[0].ID)
	o.name(o.Kept.ids()...)
}

// Words gives the marks that a person may read, and all others.
func (w *Town) Words(p ident.PersonID) (own, others []string) {
	for word, m := range w.Marks.by {
		if m.kind != internal && m.kind != cash && m.of.Person != "" && m.of.Person == p {
			own = append(own, word)
		} else {
			others = append(others, word)
		}
	}
	return own, others
}

// Opens reports whether the authority still reads an object's application.
func (w *Town) Opens(o *Object) bool {
	w.t.Helper()
	boss := perm.Staff{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Staff: "boss", Grants: []perm.Grant{{Role: perm.Lead}}}
	m, err := w.Cases.Case(w.t.Context(), boss, o.Case)
	return err == nil && len(m.Sections) > 0
}
