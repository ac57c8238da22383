package catalogue

import (
	"cmp"
	"strconv"
	"strings"

	"stadttor/internal/standards/xzufi"
)

// This file is convert.go read backwards: what to… reads from a transfer file,
// from… writes into one.

const german = "de"

func de(s string) xzufi.Texts {
	if s == "" {
		return nil
	}
	return xzufi.Texts{{Lang: german, Value: s}}
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// words writes plain text where the standard has HTML.
func words(s string) xzufi.Texts { return de(markup.Replace(s)) }

// plainly writes plain text where the standard has plain text; only what would
// be taken for markup is escaped.
func plainly(s string) xzufi.Texts {
	if xzufi.PlainText(s) != strings.TrimSpace(s) {
		return words(s)
	}
	return de(s)
}

// identifier names an object again as its source did: identifiers such as
// L100042.LB.868 carry their agency and kind.
func identifier(value string) xzufi.Identifikator {
	id := xzufi.Identifikator{Value: value}
	if p := strings.SplitN(value, ".", 3); len(p) == 3 && strings.HasPrefix(p[0], "L") && len(p[1]) == 2 && p[1] == strings.ToUpper(p[1]) {
		id.SchemeAgencyID, id.SchemeID = p[0], p[1]
	}
	return id
}

func slugID(slug string) []xzufi.Identifikator {
	if slug == "" {
		return nil
	}
	return []xzufi.Identifikator{{Value: slug, SchemeID: "slug", SchemeURI: schemeSlug}}
}

func codes(list string, values ...string) (out xzufi.Codes) {
	for _, v := range values {
		if v != "" {
			out = append(out, xzufi.Code{Code: v, ListURI: list})
		}
	}
	return out
}

func fromTrust(level string) xzufi.Code {
	code, ok := map[string]string{"basis": "20", "substantiell": "30", "hoch": "40"}[level]
	if !ok {
		return xzufi.Code{}
	}
	return xzufi.Code{Code: code, ListURI: xzufi.ListVertrauensniveau}
}

// fromService writes a Leistung. library is the service that s overrides, zero
// for none: its names stand where s has none of its own, because a Leistung
// without a name is none. ars is the area of the tenant, "" in a library.
func fromService(s, library Service, ars string) *xzufi.Leistung {
	l := &xzufi.Leistung{ID: identifier(s.ID), IDSekundaer: slugID(s.Slug)}
	if k, err := xzufi.ParseLeiKa(s.LeiKa); err == nil {
		l.ReferenzLeiKa = codes("urn:de:fim:leika:leistung", string(k))
		l.Struktur = xzufi.Struktur{Typ: k.Typ(), Leistungsgruppierung: xzufi.Code{Code: string(k[2:5]), ListURI: "urn:de:fim:leika:leistungsgruppierung"},
			LeistungsobjektID: xzufi.Identifikator{Value: string(k.Objekt()), SchemeID: "urn:de:fim:leika:leistung"}}
		if k.Typ() != xzufi.LO {
			l.Struktur.Verrichtung = xzufi.Code{Code: string(k[8:11]), ListURI: "urn:de:fim:leika:verrichtung"}
		}
	}
	text := func(code, value string, links []Link) {
		m := xzufi.Textmodul{Code: code, Inhalt: de(value)}
		for i, x := range links {
			m.Links = append(m.Links, xzufi.Hyperlink{Lang: german, URI: x.URL, Titel: x.Title, Position: i + 1})
		}
		if value != "" || len(links) > 0 {
			m.Position = len(l.Texte) + 1
			l.Texte = append(l.Texte, m)
		}
	}
	title := cmp.Or(s.Title, library.Title, s.Official, library.Official, s.ID)
	text(xzufi.TextBezeichnung, markup.Replace(cmp.Or(s.Official, library.Official, title)), nil)
	text(xzufi.TextBezeichnungII, markup.Replace(title), nil)
	text(xzufi.TextKurztext, s.Short, nil)
	text(xzufi.TextVolltext, s.Full, nil)
	text(xzufi.TextVoraussetzungen, s.Requirements, nil)
	text(xzufi.TextUnterlagen, s.DocumentText, nil)
	text(xzufi.TextVerfahrensablauf, s.Procedure, nil)
	text(xzufi.TextRechtsgrundlagen, s.Legal, nil)
	text(xzufi.TextHinweise, s.Notes, nil)
	text(xzufi.TextZustaendigeStelle, s.Responsible, nil)
	text(xzufi.TextAnsprechpunkt, s.Contact, nil)
	text(xzufi.TextRechtsbehelf, s.Remedy, nil)
	text(xzufi.TextWeitereInformation, s.More, s.Links)

	l.Kosten.Beschreibung = de(s.FeeText)
	for i, f := range s.Fees {
		k := fromFee(f)
		k.Position = i + 1
		l.Kosten.Kosten = append(l.Kosten.Kosten, k)
	}
	l.Frist.Beschreibung = de(s.DeadlineText)
	for i, d := range s.Deadlines {
		f := fromDeadline(d)
		f.Position = i + 1
		l.Frist.Fristen = append(l.Frist.Fristen, f)
	}
	l.Bearbeitung.Beschreibung = de(s.Duration)
	for _, d := range s.Documents {
		l.Dokumente.Eingehend = append(l.Dokumente.Eingehend, xzufi.Dokument{Bezeichnung: plainly(d.Name), Beschreibung: de(noteOf(d))})
	}
	for _, w := range s.Synonyms {
		l.Begriffe = append(l.Begriffe, xzufi.BegriffImKontext{Begriff: xzufi.Text{Lang: german, Value: w}})
	}
	l.Leistungsadressat = codes("urn:xoev-de:fim:codeliste:leistungsadressat", s.Addressees...)
	l.Vertrauensniveau = fromTrust(s.Trust)
	l.Klassifizierung = append(codes(listSituation, s.Situations...), append(codes(listLevel, s.Level), codes(listRole, s.Role)...)...)
	if ars != "" {
		l.GueltigGebietID = []xzufi.Identifikator{{Value: ars, SchemeID: xzufi.SchemeARS}}
	}
	return l
}

func fromFee(f Fee) xzufi.Kosten {
	amount := func(cents int64) xzufi.Betrag { return xzufi.Betrag{Cents: cents, Waehrung: "EUR"} }
	k := xzufi.Kosten{Beschreibung: words(f.Text)}
	switch {
	case f.Free:
		k.Art = xzufi.KostenFrei
	case f.Open:
		k.Art = xzufi.KostenVariabel
	case f.To > 0:
		k.Art, k.Bis = xzufi.KostenVariabel, amount(int64(f.To))
		if f.From > 0 {
			k.Von = amount(int64(f.From))
		}
	default:
		k.Art, k.Betrag = xzufi.KostenFix, amount(int64(f.From))
	}
	return k
}

// fromDeadline gives the span back as a number and a unit. What an editor wrote
// in other words stays words.
func fromDeadline(d Deadline) xzufi.Frist {
	f := xzufi.Frist{Beschreibung: words(d.Text)}
	w := strings.Fields(d.Span)
	if len(w) != 2 && (len(w) != 4 || w[1] != "bis") {
		if d.Span != "" {
			f.Beschreibung = words(strings.TrimSuffix(d.Span+": "+d.Text, ": "))
		}
		return f
	}
	from, err := strconv.Atoi(w[0])
	to, err2 := strconv.Atoi(w[len(w)-2])
	unit := ""
	for code, x := range units {
		if x[0] == w[len(w)-1] || x[1] == w[len(w)-1] {
			unit = code
		}
	}
	if err != nil || err2 != nil || unit == "" || from <= 0 {
		return fromDeadline(Deadline{Text: strings.TrimSuffix(d.Span+": "+d.Text, ": ")})
	}
	f.Dauer, f.Einheit = from, unit
	if len(w) == 4 {
		f.DauerBis, f.EinheitBis = to, unit
	}
	return f
}

// noteOf puts the mark back that mayBeLeftOut takes off.
func noteOf(d Document) string {
	if d.Optional {
		return "<p>" + optionalMark + "</p>" + d.Note
	}
	return d.Note
}

// fromFacility writes an Organisationseinheit without its people and services.
func fromFacility(f Facility, ars string) *xzufi.Organisationseinheit {
	u := &xzufi.Organisationseinheit{ID: identifier(f.ID), IDSekundaer: slugID(f.Slug), Klassifizierung: codes(listRole, f.Roles...),
		Name: xzufi.Name{Name: plainly(cmp.Or(f.Name, f.ID))}, Beschreibung: de(f.Text), Oeffnungszeiten: de(f.HoursText), Hinweise: de(f.Notes)}
	if f.Street != "" || f.City != "" {
		a := xzufi.Anschrift{Typ: xzufi.Code{Code: xzufi.AnschriftBesuch, ListURI: xzufi.ListAnschrifttyp}, Strasse: f.Street, Postleitzahl: f.PLZ, Ort: f.City, Zusatz: f.Extra, InfoZugang: plainly(f.Accessibility)}
		if ars != "" {
			a.Kodierung.Regionalschluessel = xzufi.Code{Code: ars, ListURI: xzufi.SchemeARS}
		}
		u.Anschrift = append(u.Anschrift, a)
	}
	u.Erreichbarkeit = fromChannels(f.Phone, f.Fax, f.Mail, f.Web)
	for _, h := range f.Hours {
		u.Oeffnung = append(u.Oeffnung, xzufi.Oeffnungszeit{Tag: h.Day, Von: h.From, Bis: h.To, Zusatz: plainly(h.Note)})
	}
	return u
}

func fromChannels(phone, fax, mail, web string) (out []xzufi.Erreichbarkeit) {
	for _, c := range [][2]string{{xzufi.KanalFestnetz, phone}, {xzufi.KanalFax, fax}, {xzufi.KanalMail, mail}, {xzufi.KanalWeb, web}} {
		if c[1] != "" {
			out = append(out, xzufi.Erreichbarkeit{Kanal: xzufi.Code{Code: c[0], ListURI: xzufi.ListErreichbarkeit}, Kennung: c[1]})
		}
	}
	return out
}

func fromContact(k Contact) xzufi.Kontaktperson {
	return xzufi.Kontaktperson{ID: identifier(k.ID), IDSekundaer: slugID(k.Slug), Anrede: k.Salute, Titel: k.Title, Vorname: k.Given, Familienname: k.Family,
		Funktion: plainly(k.Function), Beschreibung: plainly(k.Topics), Raum: k.Room, Position: k.Position, Erreichbarkeit: fromChannels(k.Phone, "", k.Mail, "")}
}

func fromOnline(d online) *xzufi.Onlinedienst {
	x := &xzufi.Onlinedienst{ID: identifier(d.ID), Bezeichnung: de(cmp.Or(d.Title, d.Form, d.URL, d.ID)), Vertrauensniveau: fromTrust(d.Trust)}
	link := func(uri string) {
		x.Links = append(x.Links, xzufi.OnlinedienstLink{Hyperlink: xzufi.Hyperlink{Lang: german, URI: uri, Titel: "Online beantragen", Position: len(x.Links) + 1},
			Typ: xzufi.Code{Code: "01", ListURI: xzufi.ListOnlinedienstlinktyp}})
	}
	if d.Form != "" {
		x.IDSekundaer = []xzufi.Identifikator{{Value: d.Form, SchemeID: "formular", SchemeURI: schemeForm}}
		link("/antrag/" + d.Form)
	}
	if d.URL != "" {
		link(d.URL)
	}
	for _, id := range d.Services {
		x.LeistungID = append(x.LeistungID, identifier(id))
	}
	return x
}
