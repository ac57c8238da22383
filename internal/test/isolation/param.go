package isolation

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"stadttor/internal/db/dbtest"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
)

// param fills a parameter of an address. Where invent is set the parameter
// names somebody's thing: values gives what an object has of it, and invent one
// that nobody has. Else the value is public.
type param struct {
	values func(o *Object) []string
	invent func() string
	// seen says who may see the thing; nil: who sees the whole object.
	seen func(a *Actor, o *Object) bool
}

func public(v ...string) param { return param{values: func(*Object) []string { return v }} }

func of[T ~string](get func(o *Object) []T) param {
	return param{
		values: func(o *Object) (out []string) {
			if o == nil {
				return nil
			}
			for _, v := range get(o) {
				if v != "" {
					out = append(out, string(v))
				}
			}
			return out
		},
		invent: func() string { return ident.New[string](time.Unix(1_796_115_600, 0)) },
	}
}

func (p param) seenBy(seen func(a *Actor, o *Object) bool) param { p.seen = seen; return p }

func colleague(a *Actor, o *Object) bool { return a.staff() && a.Staff.Tenant == o.Tenant.ID }

var (
	caseOf    = of(func(o *Object) []ident.CaseID { return []ident.CaseID{o.Case} })
	fileOf    = of(func(o *Object) []ident.FileID { return o.Files })
	paymentOf = of(func(o *Object) []ident.PaymentID { return o.Payments })
	// Staff of the authority watch its jobs and payments; the route's right
	// says which of them.
	jobOf    = of(func(o *Object) []ident.JobID { return o.Jobs }).seenBy(colleague)
	memberOf = of(func(o *Object) []ident.StaffID { return []ident.StaffID{o.Member} }).seenBy(colleague)
	roleOf   = of(func(o *Object) []perm.Role { return []perm.Role{o.Role} }).seenBy(colleague)
	booksOf  = caseOf.seenBy(inKasse)
	numberOf = of(func(o *Object) []ident.Number { return []ident.Number{o.Number} }).seenBy(inKasse)
	// A provider calls at the portal of the authority that is paid.
	signInOf = of(func(o *Object) []string { return o.SignIns }).seenBy(func(a *Actor, o *Object) bool { return o.Person != "" && a.Person == o.Person })
	// A way belongs to the browser that began it; none of the actors is it.
	wayOf = param{
		values: func(o *Object) []string {
			if o == nil || o.Way == "" {
				return nil
			}
			return []string{o.Way}
		},
		invent: ident.Secret,
		seen:   func(*Actor, *Object) bool { return false },
	}
	noticeOf = paymentOf.seenBy(func(a *Actor, o *Object) bool { return a.Host == o.Tenant.Slug })
	formOf   = param{values: func(o *Object) []string {
		if o == nil {
			return []string{bonfire}
		}
		return []string{o.Form}
	}}
	pageOf = param{values: func(o *Object) []string {
		if o == nil {
			return []string{"datum"}
		}
		return []string{o.Page, "pruefen"}
	}}
	secretOf = param{
		values: func(o *Object) []string {
			if o == nil || o.Proof.Secret == "" {
				return nil
			}
			return []string{string(o.Case) + "-" + strings.Repeat("0", len(o.Proof.Secret))} // the case is known, its secret guessed
		},
		invent: func() string { return caseOf.invent() + "-" + ident.Secret() },
		seen:   func(*Actor, *Object) bool { return false },
	}
)

// params says what a parameter is: by the last fixed part of the path before
// it, and its name.
var params = map[string]param{
	"leistungen/slug":    public("hundesteuer-anmeldung"),
	"services/slug":      public("hundesteuer-anmeldung"),
	"lebenslagen/slug":   public("umzug-wohnen"),
	"einrichtungen/slug": public("ordnungsamt"),
	"kontakte/slug":      public("silke-mauersberger"),
	"zurueck/method":     public("demo"),
	"anmelden/method":    public("demo"),
	"partner/method":     public("demo"),
	"parameter/form":     public(bonfire),
	"antrag/form":        formOf,
	"antrag/page":        pageOf,
	"fortsetzen/secret":  secretOf,
	"entwurf/case":       caseOf,
	"eingegangen/case":   caseOf,
	"datei/file":         fileOf,
	"postfach/case":      caseOf,
	"dokument/file":      fileOf,
	"bezahlung/payment":  paymentOf,
	"zahlungen/provider": public("demo-karte"),
	"zahlungen/ref":      noticeOf,
	"zahlungen/id":       kasseOf,
	"faelle/id":          caseOf,
	"dateien/file":       fileOf,
	"auftraege/id":       jobOf,
	"personal/id":        memberOf,
	"rollen/role":        roleOf,
	"postausgang/id":     outboxMail,
	"verbund/name":       public("gibtesnicht"),
	"personal/name":      public("gibtesnicht"),
	"neu/kind":           public("oidc"),
	"anmeldungen/handle": signInOf,
	"daten/part":         public("kontakt"),
	"anschriften/id":     keptOf(func(k Kept) []string { return []string{k.Address} }),
	"haushalt/id":        keptOf(func(k Kept) []string { return []string{k.Relative} }),
	"eintrag/id":         keptOf(func(k Kept) []string { return []string{k.Address, k.Relative} }),
	"einwilligungen/id":  keptOf(func(k Kept) []string { return []string{k.Consent} }),
	"vertretungen/id":    keptOf(func(k Kept) []string { return []string{k.Mandate, k.Owner} }),
	"organisationen/id":  keptOf(func(k Kept) []string { return []string{k.Company} }),
	"mitglieder/mandate": keptOf(func(k Kept) []string { return []string{k.Owner} }),
	"fachmodule/id":      clientOf,
	// Nobody of the town has one: accounts/local tests that of somebody else.
	"passkeys/id":        of(func(*Object) []string { return nil }),
	"wort/id":            synonymOf,
	"pruefen/id":         judgementOf,
	"ohne-treffer/frage": questionOf,
}

// queries are the parameters after the question mark that name somebody's
// thing. The registry does not know them, so they stand here.
var queries = map[string]map[string]param{
	"/antrag/{form}/{page...}": {"entwurf": caseOf},
	"/antrag/{form}/pruefen":   {"entwurf": caseOf},
	"/anmelden/auswahl":        {"versuch": wayOf},
	"/anmelden/abbrechen":      {"versuch": wayOf},
	"/anmelden/verbinden":      {"versuch": wayOf},
	"/openid/weiter":           {"anfrage": requestOf},
	"/openid/freigabe":         {"anfrage": requestOf},
	"/openid/anmelden": {"client_id": clientKeyOf, "redirect_uri": public(moduleAddress), "response_type": public("code"), "scope": public("openid profile"),
		"code_challenge": public(moduleChallenge), "code_challenge_method": public("S256")},
	"/verwaltung/zahlungen":           {"q": numberOf},
	"/verwaltung/zahlungen/buchungen": {"vorgang": booksOf},
}

// outboxMail is a mail of the demonstration's outbox, which is one for all
// portals: it holds addresses and no content.
var outboxMail = of(func(o *Object) []string { return o.Mails }).seenBy(func(a *Actor, _ *Object) bool { return a.staff() })

// bodies are what a POST would change something with. Each is sent beside the
// empty one.
var bodies = map[string][]func(o *Object) url.Values{
	"/antrag/{form}/entwurf/{case}":  {typed("aktion", "loeschen"), typed("aktion", "uebernehmen"), typed("aktion", "vergessen")},
	"/antrag/{form}/{page...}":       {typed("beginn", "19:30", "gegenstaende.sofa", "3"), named("weiter", "1")},
	"/antrag/{form}/pruefen":         {typed("_schluessel", "0123456789abcdef0123", "erklaerung", "ja", "_sicher", "ja", "_stand", "10"), named("erklaerung", "ja")},
	"/postfach/{case}/antwort":       {typed("antwort", "Das war ich nicht.")},
	"/postfach/{case}/zurueckziehen": {typed("sicher", "ja")},
	"/bezahlung/{payment}":           {typed("anbieter", "demo-giro"), typed("anbieter", "demo-karte")},

	"/antrag/{form}/entwurf/{case}/daten-aus-konto": {typed("antwort", "ja", "fassung", "1", "immer", "ja"), typed("antwort", "nein")},
	"/daten/anschriften/{id}":                       {typed("use", "work", "street", "Fremdweg", "plz", "00101", "city", "Fremdort")},
	"/daten/haushalt/{id}":                          {typed("relation", "child", "given", "Fremd", "family", "Fremd")},
	"/organisationen/{id}/daten":                    {typed("company", "Gekapert GmbH")},
	"/organisationen/{id}/einladen":                 {typed("role", "owner")},

	"/verwaltung/faelle/{id}/vermerk":      {typed("text", "Ein fremder Vermerk.")},
	"/verwaltung/faelle/{id}/rueckfrage":   {typed("text", "Eine fremde Frage?")},
	"/verwaltung/faelle/{id}/entscheidung": {typed("ergebnis", "approved", "text", "Ihrem Antrag wird entsprochen.", "begruendung", "Darum.")},
	"/verwaltung/faelle/{id}/vorschau":     {typed("ergebnis", "approved", "text", "Ihrem Antrag wird entsprochen.", "begruendung", "Darum.")},
	"/verwaltung/faelle/{id}/abgeben":      {func(o *Object) url.Values { return url.Values{"stelle": {string(o.Unit)}} }},
	"/verwaltung/faelle/{id}/aufgabe":      {typed("art", "delivery-failed", "bezug", "x")},
	"/verwaltung/faelle/{id}/uebergabe":    {func(o *Object) url.Values { return url.Values{"paket": {first(o.Parcels)}} }},

	"/suche/bewertung": {typed("q", "hund", "urteil", "nein", "treffer", "alle")},
	"/verwaltung/suche/ohne-treffer/{frage}/ausblenden": {typed("aktion", "ausblenden"), typed("aktion", "einblenden")},
	"/verwaltung/suche/wort":                            {typed("wort", "Gekapert", "ziel", "wort", "amtlich", "Hund", "aktion", "freischalten")},
	"/verwaltung/suche/wort/{id}":                       {typed("wort", "Gekapert", "ziel", "wort", "amtlich", "Hund", "aktion", "freischalten")},
	"/verwaltung/suche/wort/{id}/loeschen":              {typed("aktion", "sofort"), typed("aktion", "vormerken")},
	"/verwaltung/suche/import":                          {typed("zeilen", "Gekapert;;Hund;")},
	"/verwaltung/suche/pruefen":                         {typed("fragen", "gekapert\tHund")},
	"/verwaltung/suche/verbund/wort":                    {typed("wort", "Gekapert", "ziel", "wort", "amtlich", "Hund", "aktion", "freischalten")},
	"/verwaltung/suche/verbund/wort/{id}":               {typed("wort", "Gekapert", "ziel", "wort", "amtlich", "Hund", "aktion", "freischalten")},
	"/verwaltung/suche/verbund/wort/{id}/loeschen":      {typed("aktion", "sofort"), typed("aktion", "vormerken")},
	"/verwaltung/suche/verbund/import":                  {typed("zeilen", "Gekapert;;Hund;")},
	"/verwaltung/suche/verbund/pruefen":                 {typed("fragen", "gekapert\tHund")},

	"/verwaltung/leistungen":                        {typed("aktion", "veroeffentlichen")},
	"/verwaltung/leistungen/{slug}":                 {typed("titel", "Gekapert", "fassung", "0", "aktion", "veroeffentlichen")},
	"/verwaltung/leistungen/{slug}/angebot":         {typed("angebot", "ja", "stelle", "")},
	"/verwaltung/personal":                          {typed("weg", "demo", "name", "Eindringling", "kennung", "torhausen-standesamt", "rolle.0", "administrator")},
	"/verwaltung/personal/{id}":                     {typed("name", "Eindringling", "rolle.0", "editor")},
	"/verwaltung/personal/{id}/sperre":              {typed("aktion", "sperren")},
	"/verwaltung/personal/{id}/einladung":           {typed("mail", "fremd@post.example")},
	"/verwaltung/personal/{id}/beschaeftigungsende": {typed("sicher", "ja")},
	"/verwaltung/rollen/neu":                        {typed("titel", "Gekapert", "rechte", "content.edit")},
	"/verwaltung/rollen/{role}":                     {typed("titel", "Gekapert", "rechte", "content.edit", "version", "1"), typed("aktion", "loeschen")},
	"/verwaltung/anmeldeverfahren":                  {typed("verfahren", "demo", "stand-demo", "aus")},
	"/verwaltung/portal":                            {typed("name", "Gekapert", "fassung", "1")},
	"/verwaltung/parameter/{form}":                  {typed("frist_tage", "1")},
	"/verwaltung/zahlungen/{id}":                    {typed("anlass", "amount", "nummer", "2", "ergebnis", "booked", "notiz", "Das war ich nicht."), typed("nummer", "0")},
	"/verwaltung/zahlungen/{id}/eingang":            {atTheCounter},
	"/verwaltung/fachmodule":                        {typed("name", "Gekapert", "betreiber", "Eindringling", "adressen", "https://gekapert.example/", "niveau", "basis")},
	"/openid/freigabe":                              {answering("zustimmen"), answering("ablehnen")},
	"/verwaltung/fachmodule/{id}":                   {typed("aktion", "geheimnis"), typed("aktion", "abschalten"), typed("aktion", "loeschen")},
}

// atTheCounter is what the Kasse would say had it the object's money.
func atTheCounter(o *Object) url.Values {
	day := dbtest.Start
	return typed("weg", "cash", "betrag", o.Fee.Decimal(), "tag.tag", day.Format("2"), "tag.monat", day.Format("1"), "tag.jahr", day.Format("2006"), "beleg", "4711")(o)
}

// named names the object's case in a field of the page.
func named(kv ...string) func(*Object) url.Values {
	return func(o *Object) url.Values {
		v := typed(kv...)(o)
		v.Set("_entwurf", string(o.Case))
		return v
	}
}

func typed(kv ...string) func(*Object) url.Values {
	return func(*Object) url.Values {
		v := url.Values{}
		for i := 0; i+1 < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
}

func first[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	return string(list[0])
}

// slot is a parameter of a pattern: where it stands and what fills it.
type slot struct {
	text  string // as in the pattern: {case}
	name  string
	query bool
	param
}

var braces = regexp.MustCompile(`\{([a-zA-Z]+)(\.\.\.)?\}`)

// slots takes a pattern apart; missing names a parameter that nobody explained.
func slots(path string) (out []slot, missing string) {
	last := ""
	for part := range strings.SplitSeq(path, "/") {
		m := braces.FindStringSubmatch(part)
		switch {
		case m != nil:
			p, ok := params[last+"/"+m[1]]
			if !ok {
				return nil, last + "/" + m[1]
			}
			out = append(out, slot{text: m[0], name: m[1], param: p})
		case part != "" && part != "{$}":
			last = part
		}
	}
	for name, p := range queries[path] {
		out = append(out, slot{name: name, query: true, param: p})
	}
	return out, ""
}

// address fills a pattern in.
func address(path string, list []slot, values []string) string {
	q := url.Values{}
	for i, s := range list {
		if s.query {
			q.Set(s.name, values[i])
			continue
		}
		path = strings.Replace(path, s.text, values[i], 1)
	}
	path = strings.TrimSuffix(path, "{$}")
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}
