package isolation

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/payments"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/test/apptest"
	demotown "stadttor/internal/test/town"
)

// The forms that are used: one with an upload, one with a fee.
const (
	bonfire = "osterfeuer-anmeldung"
	bulky   = "sperrgutabfuhr"
)

// Town is the demonstration's world with people who own things in it.
type Town struct {
	*apptest.House
	Objects []*Object
	Actors  []*Actor
	// Visitors stand at account hosts.
	Visitors []*Actor
	Marks    *Marks
	calls    int
	t        testing.TB
}

// Build makes the objects through the verbs and signs everybody in.
func Build(t testing.TB, h *apptest.House) *Town {
	t.Helper()
	w := &Town{House: h, t: t, Marks: &Marks{by: map[string]mark{}, ids: map[string]*Object{}}}
	w.grant("torhausen", "torhausen-bauamt", perm.Auditor) // the demo has no auditor here
	w.grant("torhausen", "torhausen-kasse", perm.Treasurer)
	w.grant("aulenried", "aulenried-finanzen-bildung", perm.Treasurer)
	w.grantIn("torhausen", "steueramt", "torhausen-steueramt", perm.Treasurer)
	w.grant("torhausen", "torhausen-soziales-bildung-kultur", perm.RealmAdmin)

	guest := w.actor("guest", "torhausen", "", "")
	owner := w.citizen("owner", "torhausen", "mareike-sandvoss")
	other := w.citizen("other citizen of the realm", "torhausen", "emeka-brandhorst")
	lead := w.clerk("lead", "torhausen", "torhausen-leitung")
	lead2 := w.clerk("lead of another tenant", "aulenried", "aulenried-leitung")
	holder := w.actor("guest with an application of his own", "torhausen", "", "")
	holder.Holds = map[ident.CaseID]bool{}

	for _, x := range []struct {
		tenant string
		desk   *Actor
	}{{"torhausen", lead}, {"aulenried", lead2}} {
		w.draft(x.tenant+"/draft", w.at(owner, x.tenant))
		w.decided(x.tenant+"/decided", w.at(owner, x.tenant), x.desk)
		w.asked(x.tenant+"/paid and asked", w.at(owner, x.tenant), x.desk)
		w.unpaid(x.tenant+"/to be paid", w.at(owner, x.tenant))
	}
	w.draft("torhausen/draft of another", w.at(other, "torhausen"))
	w.decided("torhausen/decided of another", w.at(other, "torhausen"), lead)
	w.counter("torhausen/paid at the counter by another", w.at(other, "torhausen"))
	var held []string
	for _, o := range []*Object{w.draft("torhausen/draft of a guest", w.at(guest, "torhausen")), w.unpaid("torhausen/to be paid by a guest", w.at(guest, "torhausen"))} {
		holder.Holds[o.Case] = true
		held = append(held, o.Form+"."+string(o.Case)+"."+o.Proof.Secret)
	}
	holder.Cookie = "entwurf=" + strings.Join(held, "~")
	w.Drain()
	for _, o := range w.Objects {
		w.employ(o)
		w.register(o)
		w.teach(o)
		w.keep(o)
	}

	rubbish := w.actor("guest with a cookie made up", "torhausen", "", "")
	rubbish.Cookie = fmt.Sprintf("entwurf=%s.%s.%s; sitzung=%s; dienst=%s", bonfire, w.Objects[0].Case, strings.Repeat("0", 32), ident.Secret(), ident.Secret())
	w.citizen("owner at the other portal", "aulenried", "mareike-sandvoss")
	w.citizen("other citizen at the other portal", "aulenried", "emeka-brandhorst")
	far := w.citizen("citizen of the other realm", "nordhafen", "joris-tietjenhoff")
	w.clerk("caseworker of the unit for fires", "torhausen", "torhausen-ordnungsamt")
	w.clerk("caseworker of the unit for waste", "torhausen", "torhausen-baubetriebshof")
	w.clerk("caseworker of a unit in charge of neither", "torhausen", "torhausen-standesamt")
	w.clerk("caseworker of another tenant", "aulenried", "aulenried-buergerservice")
	w.clerk("editor", "torhausen", "torhausen-redaktion")
	w.clerk("treasurer", "torhausen", "torhausen-kasse")
	w.clerk("treasurer of one unit", "torhausen", "torhausen-steueramt")
	w.clerk("treasurer of another tenant", "aulenried", "aulenried-finanzen-bildung")
	w.clerk("auditor", "torhausen", "torhausen-bauamt")
	w.clerk("administrator", "torhausen", "torhausen-admin")
	w.clerk("administrator of another tenant", "aulenried", "aulenried-admin")
	w.clerk("administrator of the realm, employed here", "torhausen", "torhausen-soziales-bildung-kultur")
	realm := w.clerk("administrator of the realm", "kreis-musterland", "musterland-realm-admin")
	w.clerk("lead of the other realm", "nordhafen", "nordhafen-leitung")
	for _, x := range []*Actor{far, lead2, realm} { // sessions open one portal only
		r := w.actor(x.Name+", his cookies brought here", "torhausen", "", "")
		r.Cookie = x.Cookie
	}
	both := w.actor("other citizen with the cookie of staff of another tenant", "torhausen", "", "")
	both.Cookie, both.Person = other.Cookie+"; "+lead2.Cookie, other.Person
	w.visitors(owner, lead)
	return w
}

func (w *Town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *Town) tenant(slug string) tenancy.Tenant {
	t, ok := w.Directory.TenantBySlug(slug)
	if !ok {
		w.t.Fatalf("no tenant %s", slug)
	}
	return t
}

func (w *Town) grant(tenant, subject string, roles ...perm.Role) {
	w.t.Helper()
	var list []perm.Grant
	for _, r := range roles {
		list = append(list, perm.Grant{Role: r})
	}
	_, err := w.Accounts.SaveStaff(w.t.Context(), perm.System{Name: "test"}, w.tenant(tenant), logindemo.Name, subject, pii.New("Ida Probe"), list)
	w.must(err)
}

func (w *Town) grantIn(tenant, unit, subject string, r perm.Role) {
	w.t.Helper()
	t := w.tenant(tenant)
	u, ok := w.Directory.UnitFor(t.ID, unit)
	if !ok {
		w.t.Fatalf("no unit %s", unit)
	}
	_, err := w.Accounts.SaveStaff(w.t.Context(), perm.System{Name: "test"}, t, logindemo.Name, subject, pii.New("Ida Probe"), []perm.Grant{{Role: r, Unit: u.ID}})
	w.must(err)
}

// employ gives an object's tenant somebody and a role for the pages on which
// administrators change them.
func (w *Town) employ(o *Object) {
	w.t.Helper()
	var err error
	o.Member, err = w.Accounts.SaveStaff(w.t.Context(), perm.System{Name: "test"}, o.Tenant, logindemo.Name, fmt.Sprintf("probe-%d", o.index), pii.New("Ole Probe"), []perm.Grant{{Role: perm.Editor}})
	w.must(err)
	boss := perm.Staff{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Staff: "boss", Grants: []perm.Grant{{Role: perm.Administrator}}}
	o.Role, err = w.Accounts.SaveOwnRole(w.t.Context(), boss, accounts.OwnRole{Title: fmt.Sprintf("Probe %d", o.index), Rights: perm.SetOf(perm.EditContent)})
	w.must(err)
}

// actor adds somebody; name is a cookie and its value, if he has a session.
func (w *Town) actor(name, host, cookie, session string) *Actor {
	a := &Actor{Name: name, Host: host, session: session}
	if session != "" {
		a.Cookie = cookie + "=" + session
	}
	w.Actors = append(w.Actors, a)
	return a
}

func (w *Town) citizen(name, host, slug string) *Actor {
	w.t.Helper()
	b := w.Browser().SignIn(host, slug, "hoch")
	a := w.actor(name, host, "sitzung", secretOfCookie(w.t, b.Cookies(), "sitzung"))
	c := w.at(a, host)
	if c.Guest() {
		w.t.Fatalf("%s is not signed in", name)
	}
	a.Person = c.Person
	return a
}

func (w *Town) clerk(name, host, slug string) *Actor {
	w.t.Helper()
	b := w.Browser().SignInStaff(host, slug)
	a := w.actor(name, host, "dienst", secretOfCookie(w.t, b.Cookies(), "dienst"))
	door, _ := w.Directory.DoorOf(w.tenant(host).ID)
	var err error
	a.Staff, _, err = w.Accounts.Staff(w.t.Context(), door, a.session)
	w.must(err)
	return a
}

func secretOfCookie(t testing.TB, list []*http.Cookie, name string) string {
	t.Helper()
	for _, c := range list {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatalf("no cookie %s", name)
	return ""
}

// at is the citizen whom the verbs see. A session opens one portal, so at
// another one the same person stands without asking for it again.
func (w *Town) at(a *Actor, host string) perm.Citizen {
	w.t.Helper()
	t := w.tenant(a.Host)
	door, _ := w.Directory.DoorOf(t.ID)
	c, err := w.Accounts.Citizen(w.t.Context(), door, a.session)
	w.must(err)
	c.Tenant = w.tenant(host).ID
	return c
}

func (w *Town) object(name, form, page string, c perm.Citizen) *Object {
	w.t.Helper()
	door, ok := w.Directory.DoorOf(c.Tenant)
	if !ok {
		w.t.Fatal("no door")
	}
	o := &Object{Name: name, Tenant: door.Tenant, Person: c.Person, Form: form, Page: page, index: len(w.Objects), marks: w.Marks}
	w.Objects = append(w.Objects, o)
	d, secret, err := w.Cases.StartDraft(w.t.Context(), c, form, "")
	w.must(err)
	o.Case, o.Proof = d.ID, cases.Proof{Secret: secret}
	return o
}

func (w *Town) page(c perm.Citizen, o *Object, page string, v url.Values, files ...cases.Upload) cases.Draft {
	w.t.Helper()
	d, problems, err := w.Cases.Answer(w.t.Context(), c, o.Case, o.Proof, cases.Sent{Page: page, Values: v, Uploads: files})
	w.must(err)
	if forms.Blocks(problems) {
		w.t.Fatalf("%s, page %s: %+v", o.Name, page, problems)
	}
	return d
}

// draft fills the form with the upload in, up to its check page.
func (w *Town) draft(name string, c perm.Citizen) *Object {
	w.t.Helper()
	o := w.object(name, bonfire, "verantwortlich", c)
	for _, p := range demotown.Pages(w.DB.Now(), 1+len(w.Objects)) {
		v := p.Values
		for _, field := range []string{"ort_beschreibung", "vorname", "familienname", "verein", "vertretung", "anschrift-strasse"} {
			if v.Has(field) {
				v.Set(field, o.text())
			}
		}
		if v.Has("email") {
			v.Set("email", o.word(mailbox)+"@"+o.Tenant.Slug+".example")
		}
		var up []cases.Upload
		if p.File {
			up = []cases.Upload{{Field: demotown.Upload, Name: o.text() + ".pdf", Body: bytes.NewReader(apptest.PDF(o.text(), ""))}}
		}
		w.page(c, o, p.Name, v, up...)
	}
	return o
}

// order fills the form with the fee in.
func (w *Town) order(name string, c perm.Citizen) *Object {
	w.t.Helper()
	o := w.object(name, bulky, "kontakt", c)
	w.page(c, o, "gegenstaende", url.Values{"gegenstaende-sofa": {"1"}, "gegenstaende-matratze": {"2"}})
	w.page(c, o, "menge", url.Values{})
	w.page(c, o, "ort", url.Values{"abholadresse-strasse": {o.text()}, "abholadresse-hausnummer": {"12"}, "abholadresse-plz": {"00101"}, "abholadresse-ort": {"Torhausen"}, "stellplatz": {"anders"}, "stellplatz_text": {o.text()}})
	w.page(c, o, "termin", url.Values{"wunschtermin": {w.pickup(c, o)}})
	w.page(c, o, "kontakt", url.Values{"vorname": {o.text()}, "familienname": {o.text()}, "email": {o.word(mailbox) + "@" + o.Tenant.Slug + ".example"}, "telefon": {""}})
	w.page(c, o, "hinweise", url.Values{"hinweise": {o.text()}})
	w.page(c, o, forms.CheckPage, url.Values{"erklaerung": {"ja"}})
	return o
}

// pickup is the first day that the form offers.
func (w *Town) pickup(c perm.Citizen, o *Object) string {
	w.t.Helper()
	d, err := w.Cases.Draft(w.t.Context(), c, o.Proof, o.Case)
	w.must(err)
	p, ok := d.Definition.Page("termin", d.Answers, d.Env)
	if !ok || len(p.Fields[0].Options) == 0 {
		w.t.Fatalf("%s: no day to choose", o.Name)
	}
	return p.Fields[0].Options[0].Code
}

func (w *Town) send(c perm.Citizen, o *Object) cases.Submission {
	w.t.Helper()
	s, err := w.Cases.Submit(w.t.Context(), c, o.Case, o.Proof, cases.Sending{Key: ident.Secret(), Confirmed: true})
	w.must(err)
	o.Number, o.Fee = s.Number, s.Fee
	return s
}

// unpaid waits for its payment.
func (w *Town) unpaid(name string, c perm.Citizen) *Object {
	w.t.Helper()
	o := w.order(name, c)
	if s := w.send(c, o); s.Payment == "" {
		w.t.Fatalf("%s: nothing to pay", name)
	}
	return o
}

// counter was paid at the counter of the Kasse.
func (w *Town) counter(name string, c perm.Citizen) *Object {
	w.t.Helper()
	o := w.unpaid(name, c)
	w.receive(o)
	w.Drain()
	o.Received = true
	return o
}

// decided was received, asked about, answered with a file, noted, decided.
func (w *Town) decided(name string, c perm.Citizen, desk *Actor) *Object {
	w.t.Helper()
	o := w.draft(name, c)
	w.send(c, o)
	o.Received = true
	ctx := w.t.Context()
	w.must(w.Cases.Claim(ctx, desk.Staff, o.Case))
	w.must(w.Cases.Note(ctx, desk.Staff, o.Case, "Intern: "+o.word(internal)))
	w.must(w.Cases.Ask(ctx, desk.Staff, o.Case, "Bitte schicken Sie den Plan. "+o.text()))
	w.must(w.Cases.Reply(ctx, c, o.Proof, o.Case, "Gern: "+o.text(), []cases.Upload{{Field: "dateien", Name: o.text() + ".pdf", Body: bytes.NewReader(apptest.PDF(o.text(), ""))}}))
	w.must(w.Cases.Decide(ctx, desk.Staff, o.Case, cases.Decision{Outcome: cases.Approve, Text: cases.DecisionTemplate(cases.Approve), Reason: o.text(), By: "Amt"}))
	return o
}

// asked was paid at the demo's bank and waits for an answer.
func (w *Town) asked(name string, c perm.Citizen, desk *Actor) *Object {
	w.t.Helper()
	o := w.unpaid(name, c)
	ctx := w.t.Context()
	own, err := w.Cases.Read(ctx, c, o.Proof, o.Case)
	w.must(err)
	to, err := w.Payments.Start(ctx, c, own.Payments[0].ID, "demo-karte")
	w.must(err)
	u, err := url.Parse(to)
	w.must(err)
	w.Browser().Get(w.URLOf(o.Tenant.Slug, "/")).Stay().Post(u.Path, url.Values{"wahl": {"bezahlen"}})
	if p, err := w.Payments.Return(ctx, c, own.Payments[0].ID); err != nil || p.State != payments.Paid {
		w.t.Fatalf("%s: not paid: %s %v", name, p.State, err)
	}
	w.Drain()
	o.Received = true
	w.doubt(o)
	w.must(w.Cases.Claim(ctx, desk.Staff, o.Case))
	w.must(w.Cases.Note(ctx, desk.Staff, o.Case, "Intern: "+o.word(internal)))
	w.must(w.Cases.Ask(ctx, desk.Staff, o.Case, "Wo genau? "+o.text()))
	return o
}

// register reads what hangs on an object by now.
func (w *Town) register(o *Object) {
	w.t.Helper()
	w.must(w.DB.View(context.Background(), db.Across(o.Tenant.Realm, "the test looks at everything"), func(tx *db.Tx) error {
		list := func(q string) []string {
			rows, err := tx.Query(w.t.Context(), q, string(o.Tenant.ID), string(o.Case))
			out, err := db.Collect(rows, err, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) })
			w.must(err)
			return out
		}
		o.Files = to[ident.FileID](list(`SELECT id FROM case_document WHERE tenant_id=$1 AND case_id=$2`))
		o.Payments = to[ident.PaymentID](list(`SELECT id FROM payment WHERE tenant_id=$1 AND case_id=$2`))
		o.Parcels = to[ident.ParcelID](list(`SELECT id FROM parcel WHERE tenant_id=$1 AND case_id=$2`))
		o.Jobs = to[ident.JobID](list(`SELECT id FROM job WHERE tenant_id=$1 AND unique_key LIKE '%'||$2||'%'`))
		for _, u := range list(`SELECT unit_id FROM case_record WHERE tenant_id=$1 AND id=$2`) {
			o.Unit = ident.UnitID(u)
		}
		return nil
	}))
	if o.Received && (o.Unit == "" || len(o.Parcels) == 0 || len(o.Jobs) == 0 || len(o.Files) == 0) {
		w.t.Fatalf("%s: something is missing: unit %q, %d parcels, %d jobs, %d files", o.Name, o.Unit, len(o.Parcels), len(o.Jobs), len(o.Files))
	}
	for _, k := range w.Outbox.List() {
		for _, m := range sign.FindAllString(k.To.Reveal(), -1) {
			if w.Marks.by[strings.ToLower(m)].of == o && !slices.Contains(o.Mails, k.ID) {
				o.Mails = append(o.Mails, k.ID)
			}
		}
	}
	o.name(string(o.Case), string(o.Number), o.Proof.Secret)
	for _, list := range [][]string{from(o.Files), from(o.Payments), from(o.Parcels)} {
		o.name(list...)
	}
}

func to[T ~string](list []string) (out []T) {
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}

func from[T ~string](list []T) (out []string) {
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

// Word gives a word of the content of the named object.
func (w *Town) Word(name string) string {
	for m, k := range w.Marks.by {
		if k.of.Name == name && k.kind == content {
			return m
		}
	}
	w.t.Fatalf("no object %s", name)
	return ""
}
