package accounts

import (
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/db"
	"stadttor/internal/db/dbtest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/seal"
	"stadttor/internal/tenancy"
)

// people is a realm of two authorities with accounts that were made without a
// sign-in.
type people struct {
	t      *testing.T
	s      *Service
	d      *db.DB
	c      *clock.Fake
	dir    *tenancy.Directory
	realm  tenancy.Realm
	a, b   tenancy.Tenant
	secret map[ident.PersonID]string // of the account session
}

func eachPeople(t *testing.T, fn func(t *testing.T, w *people)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, c *clock.Fake) { fn(t, gather(t, d, c)) })
}

func gather(t *testing.T, d *db.DB, c *clock.Fake) *people {
	t.Helper()
	ctx, op := t.Context(), perm.System{Name: "test"}
	w := &people{t: t, d: d, c: c, secret: map[ident.PersonID]string{}}
	var err error
	w.dir, err = tenancy.OpenDirectory(ctx, d, seal.Random())
	w.must(err)
	w.realm, err = w.dir.CreateRealm(ctx, op, tenancy.Realm{Slug: "kreis", Name: "Kreis", Lead: "a"})
	w.must(err)
	for i, x := range []*tenancy.Tenant{&w.a, &w.b} {
		slug := []string{"a", "b"}[i]
		*x, err = w.dir.CreateTenant(ctx, op, tenancy.Tenant{Realm: w.realm.ID, Slug: slug, Name: "Stadt " + slug, Kind: tenancy.KindStadt, Sign: strings.ToUpper(slug + slug + slug), ARS: "990010001001"})
		w.must(err)
		w.must(w.dir.SavePortal(ctx, op, x.Scope(), tenancy.Portal{Tenant: x.ID, Host: slug + ".localhost", PortalSettings: tenancy.PortalSettings{Look: tenancy.DefaultLook("P "+slug, "")}}))
	}
	w.must(w.dir.Reload(ctx))
	w.realm, _ = w.dir.Realm(w.realm.ID)
	w.s = New(Config{DB: d, Directory: w.dir})
	return w
}

func (w *people) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// add makes an account with a profile as a method would have left it, and a
// sign-in at a level.
func (w *people) add(level perm.Level, p Profile) perm.Citizen {
	w.t.Helper()
	ctx := w.t.Context()
	key, err := w.s.realmKeyOf(w.realm.ID)
	w.must(err)
	person := ident.New[ident.PersonID](w.d.Now())
	w.must(w.d.InTx(ctx, w.realm.Scope(), func(tx *db.Tx) error {
		own, wrapped := key.NewKey(profilePlace(w.realm.ID, person, "sealed_key"))
		sealed, err := sealProfile(own, w.realm.ID, person, Profile{}.merge(p, "partner", tx.Now))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account (realm_id,person_id,sealed_key,profile,company,created_at,updated_at) VALUES ($1,$2,$3,$4,$5,$6,$6)`, string(w.realm.ID), string(person), wrapped, sealed, false, db.Micros(tx.Now)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO account_identity (realm_id,method,subject,person_id,created_at) VALUES ($1,'partner',$2,$3,$4)`, string(w.realm.ID), []byte(person), string(person), db.Micros(tx.Now))
		return err
	}))
	c := perm.Citizen{Realm: w.realm.ID, Person: person, Level: level, Means: "Passwort"}
	w.signIn(c)
	return c
}

// signIn opens an account session with a secret of its own.
func (w *people) signIn(c perm.Citizen) {
	w.t.Helper()
	w.secret[c.Person] = ident.Secret()
	w.must(w.d.InTx(w.t.Context(), w.realm.Scope(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.t.Context(), `INSERT INTO account_session (realm_id,id,person_id,handle,level,means,method,device,created_at,seen_at) VALUES ($1,$2,$3,$4,$5,'Passwort','partner','',$6,$6)`,
			string(w.realm.ID), digest(w.secret[c.Person]), string(c.Person), ident.Secret(), int64(c.Level), db.Micros(tx.Now))
		return err
	}))
}

func named(given, family string) Profile {
	return Profile{AttrGiven: {Value: pii.New(given)}, AttrFamily: {Value: pii.New(family)}}
}

// typed is a form as somebody sent it.
func typed(of ...string) map[Attr]pii.Text {
	out := map[Attr]pii.Text{}
	for i := 0; i < len(of); i += 2 {
		out[Attr(of[i])] = pii.New(of[i+1])
	}
	return out
}

// wrongs gives the fields that an error blames.
func wrongs(err error) map[string]string {
	out := map[string]string{}
	for _, f := range errs.FieldsOf(err) {
		out[f.Name] = f.Key
	}
	return out
}

var levels = []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}

// TR-03160-1 ch. 5 and 6: sign-in and attribute must both reach the level at
// which the attribute is used. Nine cells of sign-in × attribute for each level
// that a service may ask for and every attribute there is.
func TestAnAttributeProvesAtALevelThatSignInAndProofBothReach(t *testing.T) {
	cells := 0
	for _, a := range Attrs() {
		for _, need := range levels {
			for _, signIn := range levels {
				for _, proof := range levels {
					v := Attribute{Value: pii.New("x"), Level: proof}
					may := signIn >= need && proof >= need
					if got := v.For(a, signIn, need); (got == UseProof) != may || !may && a.Kind() == OfIdentity && got != UseNot {
						t.Errorf("%s at %v: sign-in %v, attribute %v: %v", a, need, signIn, proof, got)
					}
					// A profile as the session may see it says the same.
					if got := (Profile{a: v}).At(signIn)[a].For(a, signIn, need); (got == UseProof) != may {
						t.Errorf("%s at %v: sign-in %v, attribute %v capped by the sign-in: %v", a, need, signIn, proof, got)
					}
					cells++
				}
			}
		}
	}
	if cells != len(Attrs())*27 {
		t.Fatalf("%d cells", cells)
	}
}

func TestAStatementIsOfferedAndNeverProves(t *testing.T) {
	for _, a := range Attrs() {
		for _, need := range append([]perm.Level{perm.LevelNone}, levels...) {
			for _, signIn := range levels {
				want := UseNot
				if a.Kind() == OfContact || need <= perm.LevelBasis {
					want = UseOffer
				}
				if got := (Attribute{Value: pii.New("x")}).For(a, signIn, need); got != want {
					t.Errorf("%s at %v, sign-in %v: %v, want %v", a, need, signIn, got, want)
				}
			}
		}
		if got := (Attribute{Level: perm.LevelHigh}).For(a, perm.LevelHigh, perm.LevelBasis); got != UseNot {
			t.Errorf("%s: nothing is known and it is used: %v", a, got)
		}
		if got := (Attribute{Value: pii.New("x"), Level: perm.LevelHigh}).For(a, perm.LevelHigh, perm.LevelNone); got != UseProof {
			t.Errorf("%s: what is proved is locked also where no level is asked for: %v", a, got)
		}
	}
	if Attr("shoeSize").Kind() != OfIdentity {
		t.Error("an unknown attribute is of the milder kind")
	}
}

func TestWhatIsTypedIsGoodOrWrongForAReason(t *testing.T) {
	today := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		a                Attr
		in, value, wrong string
	}{
		{AttrGiven, "  Ada\u00a0", "Ada", ""},
		{AttrGiven, "Re\u0301ne\u0301e", "Rénée", ""}, // NFC
		{AttrFamily, "D’Aubigné-Ḱowalski", "D’Aubigné-Ḱowalski", ""},
		{AttrFamily, "O’Neill", "O’Neill", ""},
		{AttrFamily, "Σωκράτης", "Σωκράτης", "profile.wrong.characters"},
		{AttrFamily, "Ada 7", "Ada 7", "profile.wrong.characters"}, // datatype A holds no digits
		{AttrFamily, strings.Repeat("n", 121), strings.Repeat("n", 121), "profile.wrong.long"},
		{AttrFamily, "a\x00b", "a\x00b", "profile.wrong.text"},
		{AttrFamily, "a\xffb", "", "profile.wrong.text"},
		{AttrFamily, "", "", ""},
		{AttrBirthDate, "2000-02-29", "2000-02-29", ""},
		{AttrBirthDate, "2001-02-29", "2001-02-29", "profile.wrong.date"},
		{AttrBirthDate, "2026-12-01", "2026-12-01", ""},
		{AttrBirthDate, "2026-12-02", "2026-12-02", "profile.wrong.future"},
		{AttrBirthDate, "1890-01-01", "1890-01-01", "profile.wrong.date"},
		{AttrBirthDate, "1.2.2000", "1.2.2000", "profile.wrong.date"},
		{AttrStreet, "Straße des 17. Juni", "Straße des 17. Juni", ""},
		{AttrHouseNumber, "12 a", "12 a", ""},
		{AttrPLZ, "00101", "00101", ""},
		{AttrPLZ, "SW1A 1AA", "SW1A 1AA", ""},
		{AttrPLZ, "1010#", "1010#", "profile.wrong.plz"},
		{AttrCountry, "at", "AT", ""},
		{AttrCountry, "Österreich", "ÖSTERREICH", "profile.wrong.country"},
		{AttrMail, "ada@post.example", "ada@post.example", ""},
		{AttrMail, "Ada <ada@post.example>", "Ada <ada@post.example>", "profile.wrong.mail"},
		{AttrMail, "ada@localhost", "ada@localhost", "profile.wrong.mail"},
		{AttrMail, "ada@post.example, b@post.example", "ada@post.example, b@post.example", "profile.wrong.mail"},
		{AttrPhone, "+49 (0)0000 123-456", "+49 (0)0000 123-456", ""},
		{AttrPhone, "12", "12", "profile.wrong.phone"},
		{AttrPhone, "0000 CALL", "0000 CALL", "profile.wrong.phone"},
		{AttrIBAN, "de89 3704 0044 0532 0130 00", "DE89370400440532013000", ""},
		{AttrIBAN, "DE88 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00", "profile.wrong.iban-check"},
		{AttrIBAN, "DE89 3704", "DE89 3704", "profile.wrong.iban-length"},
		{AttrIBAN, "BR1500000000000010932840814P2", "BR1500000000000010932840814P2", "profile.wrong.iban-country"},
		{AttrIBAN, "12", "12", "profile.wrong.iban"},
		{AttrVehicle, "tor-ab 12", "TOR-AB 12", ""},
		{AttrCompany, "Müller & Söhne GmbH", "Müller & Söhne GmbH", ""},
		{Attr("shoeSize"), "42", "42", "profile.wrong.unknown"},
	} {
		if value, wrong := x.a.Check(x.in, today); value != x.value || wrong != x.wrong {
			t.Errorf("%s %q: %q %q, want %q %q", x.a, x.in, value, wrong, x.value, x.wrong)
		}
	}
}

func FuzzCheckedIsStable(f *testing.F) {
	for _, s := range []string{"Ada", "Re\u0301ne\u0301e", "DE89 3704 0044 0532 0130 00", "2000-02-29", "a@b.example", "+49 0000 123456", "\xff", "\u202e"} {
		f.Add(s)
	}
	today := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range Attrs() {
			if value, wrong := a.Check(s, today); wrong == "" {
				if again, wrong := a.Check(value, today); again != value || wrong != "" {
					t.Errorf("%s: %q became %q %s", a, value, again, wrong)
				}
			}
		}
	})
}

func TestAPersonStatesWhatNobodyHasProved(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c := w.add(perm.LevelBasis, Profile{AttrGiven: {Value: pii.New("Ada"), Level: perm.LevelHigh}, AttrFamily: {Value: pii.New("Zzmarke")}})
		w.must(w.s.SaveOwn(ctx, c, typed("family", "Neumann", "iban", "DE89 3704 0044 0532 0130 00", "given", "Ada", "city", "Torhausen", "plz", "00101")))
		p, err := w.s.Profile(ctx, c)
		w.must(err)
		if p.Text(AttrFamily).Reveal() != "Neumann" || p[AttrFamily].Source != SourceSelf || p[AttrFamily].Level != perm.LevelNone || !p[AttrFamily].At.Equal(w.c.Now()) || p.Text(AttrIBAN).Reveal() != "DE89370400440532013000" {
			t.Error("not taken as stated")
		}
		if p[AttrGiven].Level != perm.LevelHigh || p[AttrGiven].Source != "partner" {
			t.Error("a proved attribute lost its proof by being sent unchanged")
		}
		err = w.s.SaveOwn(ctx, c, typed("given", "Eva", "iban", "DE00", "family", "Alt"))
		if got := wrongs(err); !errs.Is(err, errs.KindInvalid) || got["given"] != "profile.locked" || got["iban"] != "profile.wrong.iban-length" || len(got) != 2 {
			t.Errorf("%v %v", err, got)
		}
		if p, _ = w.s.Profile(ctx, c); p.Text(AttrFamily).Reveal() != "Neumann" {
			t.Error("half of a wrong page was kept")
		}
		if got := wrongs(w.s.SaveOwn(ctx, c, typed("given", ""))); got["given"] != "profile.locked" {
			t.Error("a proved attribute was taken away")
		}
		w.must(w.s.SaveOwn(ctx, c, typed("iban", "")))
		if p, _ = w.s.Profile(ctx, c); !p.Text(AttrIBAN).Empty() {
			t.Error("an emptied statement stayed")
		}
		if got := wrongs(w.s.SaveOwn(ctx, c, typed("plz", "1010"))); got["plz"] != "profile.wrong.plz" {
			t.Error("four digits in Germany")
		}
		w.must(w.s.SaveOwn(ctx, c, typed("plz", "1010", "country", "AT")))
		if err := w.s.SaveOwn(ctx, perm.Citizen{Realm: c.Realm}, typed("city", "X")); !errs.Is(err, errs.KindForbidden) {
			t.Error("a guest has a profile")
		}
	})
}

func TestAddressesAndHouseholdBelongToTheirOwner(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c, other := w.add(perm.LevelBasis, named("Ada", "A")), w.add(perm.LevelBasis, named("Bea", "B"))
		addr := Address{Use: "work", Street: pii.New("Amtsweg"), Number: pii.New("3"), PLZ: pii.New("00101"), City: pii.New("Torhausen")}
		id, err := w.s.SaveAddress(ctx, c, addr)
		w.must(err)
		child, err := w.s.SaveRelative(ctx, c, Relative{Relation: "child", Given: pii.New("Kim"), Family: pii.New("A"), BirthDate: pii.New("2020-05-05")})
		w.must(err)
		addr.ID, addr.City = id, pii.New("Aulenried")
		if _, err := w.s.SaveAddress(ctx, c, addr); err != nil {
			t.Fatal(err)
		}
		h, err := w.s.Household(ctx, c)
		w.must(err)
		if len(h.Addresses) != 1 || h.Addresses[0].City.Reveal() != "Aulenried" || len(h.Relatives) != 1 || h.Relatives[0].ID != child {
			t.Errorf("%+v", h)
		}
		for name, try := range map[string]func() error{
			"change an address": func() error { _, err := w.s.SaveAddress(ctx, other, addr); return err },
			"remove an address": func() error { return w.s.RemovePart(ctx, other, id) },
			"remove a child":    func() error { return w.s.RemovePart(ctx, other, child) },
			"turn one into the other": func() error {
				_, err := w.s.SaveRelative(ctx, c, Relative{ID: id, Relation: "child", Given: pii.New("x"), Family: pii.New("y")})
				return err
			},
			"name one that is no ID":   func() error { return w.s.RemovePart(ctx, other, "x'--") },
			"name one that is nowhere": func() error { return w.s.RemovePart(ctx, other, ident.New[PartID](w.c.Now())) },
		} {
			if err := try(); !errs.Is(err, errs.KindNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h, _ := w.s.Household(ctx, other); len(h.Addresses)+len(h.Relatives) > 0 {
			t.Error("somebody else sees them")
		}
		_, err = w.s.SaveAddress(ctx, c, Address{Use: "palace", PLZ: pii.New("123")})
		if got := wrongs(err); got["use"] == "" || got["street"] != "profile.wrong.missing" || got["plz"] != "profile.wrong.plz" || got["city"] == "" {
			t.Errorf("%v", got)
		}
		for range maxAddresses - 1 {
			addr.ID = ""
			_, err := w.s.SaveAddress(ctx, c, addr)
			w.must(err)
		}
		if _, err := w.s.SaveAddress(ctx, c, addr); errs.KeyOf(err) != "profile.too-many" {
			t.Errorf("an eleventh address: %v", err)
		}
		w.must(w.s.RemovePart(ctx, c, id))
	})
}
