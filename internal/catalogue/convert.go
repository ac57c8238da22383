package catalogue

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"stadttor/internal/ident"
	"stadttor/internal/money"
	"stadttor/internal/standards/xzufi"
)

// Code lists of our own (docs/standards/xzufi.md).
const (
	listSituation = "urn:de:stadttor:codeliste:lebenslage"
	listLevel     = "urn:de:stadttor:codeliste:ebene"
	listRole      = "urn:de:stadttor:codeliste:stelle"

	listCompetence = "urn:de:stadttor:codeliste:rolle"
	roleElsewhere  = "verweis"         // not offered; the unit named does it
	roleNotOffered = "nicht-angeboten" // not offered, and nobody is named
	roleOffered    = "angeboten"       // offered, through no unit in particular

	schemeSlug = "urn:de:stadttor:slug"
	schemeForm = "urn:de:stadttor:formular"
)

// wantedSlug is the name in the address that a file asks for, "" for none.
func wantedSlug(ids []xzufi.Identifikator) string {
	for _, id := range ids {
		if id.SchemeURI == schemeSlug && ident.Slug(id.Value) {
			return id.Value
		}
	}
	return ""
}

// toService reads a Leistung.
func toService(l *xzufi.Leistung) Service {
	s := Service{ID: l.ID.Value, Official: xzufi.PlainText(text(l, xzufi.TextBezeichnung)), Title: xzufi.PlainText(text(l, xzufi.TextBezeichnungII)), LeiKa: string(l.LeiKa())}
	if s.Title == "" {
		s.Title = l.Name("de")
	}
	if s.Official == "" {
		s.Official = s.Title
	}
	s.Situations = l.Klassifizierung.In(listSituation)
	if x := l.Klassifizierung.In(listLevel); len(x) > 0 {
		s.Level = x[0]
	} else {
		s.Level = levelOf(l)
	}
	if x := l.Klassifizierung.In(listRole); len(x) > 0 {
		s.Role = x[0]
	}
	for _, c := range l.Leistungsadressat {
		s.Addressees = append(s.Addressees, c.Code)
	}
	s.Trust = map[string]string{"20": "basis", "30": "substantiell", "40": "hoch"}[l.Vertrauensniveau.Code]
	for _, b := range l.Begriffe {
		if v := strings.TrimSpace(b.Begriff.Value); v != "" && !slices.Contains(s.Synonyms, v) {
			s.Synonyms = append(s.Synonyms, v)
		}
	}
	s.Short = text(l, xzufi.TextKurztext)
	if s.Short == "" {
		s.Short = text(l, xzufi.TextTeaser)
	}
	s.Full = text(l, xzufi.TextVolltext)
	s.Requirements = text(l, xzufi.TextVoraussetzungen)
	s.DocumentText = text(l, xzufi.TextUnterlagen)
	for _, d := range l.Dokumente.Eingehend {
		if name := xzufi.PlainText(d.Bezeichnung.In("de")); name != "" {
			note, optional := mayBeLeftOut(d.Beschreibung.In("de"))
			s.Documents = append(s.Documents, Document{Name: name, Note: note, Optional: optional || d.Pflicht.Code == "02"})
		}
	}
	s.FeeText = l.Kosten.Beschreibung.In("de")
	for _, k := range l.Kosten.Kosten {
		f := Fee{Text: xzufi.PlainText(k.Beschreibung.In("de")), From: money.Amount(k.Betrag.Cents)}
		if f.Text == "" {
			f.Text = xzufi.PlainText(k.Erlaeuterung.In("de"))
		}
		switch k.Art {
		case xzufi.KostenFrei:
			f.Free = true
		case xzufi.KostenVariabel:
			f.From, f.To = money.Amount(k.Von.Cents), money.Amount(k.Bis.Cents)
			f.Open = f.From == 0 && f.To == 0
		}
		s.Fees = append(s.Fees, f)
	}
	s.DeadlineText = l.Frist.Beschreibung.In("de")
	for _, f := range l.Frist.Fristen {
		s.Deadlines = append(s.Deadlines, Deadline{Text: xzufi.PlainText(f.Beschreibung.In("de")), Span: span(f)})
	}
	s.Duration = l.Bearbeitung.Beschreibung.In("de")
	if s.Duration == "" && len(l.Bearbeitung.Dauern) > 0 {
		s.Duration = html.EscapeString(span(l.Bearbeitung.Dauern[0]))
	}
	s.Procedure = text(l, xzufi.TextVerfahrensablauf)
	s.Legal = text(l, xzufi.TextRechtsgrundlagen)
	s.Notes = text(l, xzufi.TextHinweise)
	s.More = text(l, xzufi.TextWeitereInformation)
	s.Responsible = text(l, xzufi.TextZustaendigeStelle)
	s.Contact = text(l, xzufi.TextAnsprechpunkt)
	s.Remedy = text(l, xzufi.TextRechtsbehelf)
	for _, t := range l.Texte {
		for _, h := range t.Links {
			if l := (Link{h.Titel, h.URI}); h.URI != "" && !slices.Contains(s.Links, l) {
				if l.Title == "" {
					l.Title = h.URI
				}
				s.Links = append(s.Links, l)
			}
		}
	}
	return s
}

// optionalMark begins the note of a document that not everybody needs: 2.2 has
// no code for it, so our files say it in words (docs/standards/xzufi.md).
const optionalMark = "Nur falls zutreffend."

// mayBeLeftOut takes the mark off a note and says whether it was there.
func mayBeLeftOut(note string) (string, bool) {
	if !strings.HasPrefix(xzufi.PlainText(note), optionalMark) {
		return note, false
	}
	note = strings.Replace(note, optionalMark, "", 1)
	for _, empty := range []string{"<p></p>", "<p> </p>"} {
		note = strings.Replace(note, empty, "", 1)
	}
	return strings.TrimSpace(note), true
}

func text(l *xzufi.Leistung, code string) string {
	for _, t := range l.Texte {
		if t.Code == code {
			if v, ok := t.Inhalt.Exactly("de"); ok {
				return v
			}
		}
	}
	return ""
}

// levelOf guesses who executes from the Typisierung: 1 is the Bund's own; the
// rest says nothing about the level, and the view takes it for the Kommune's.
func levelOf(l *xzufi.Leistung) string {
	for _, c := range l.Typisierung {
		if c.Code == "1" {
			return LevelBund
		}
	}
	return ""
}

var units = map[string][2]string{"JAHR": {"Jahr", "Jahre"}, "MONAT": {"Monat", "Monate"}, "WOCHE": {"Woche", "Wochen"}, "TAG": {"Tag", "Tage"},
	"WERKTAG": {"Werktag", "Werktage"}, "ARBEITSTAG": {"Arbeitstag", "Arbeitstage"}, "STUNDE": {"Stunde", "Stunden"}, "MINUTE": {"Minute", "Minuten"}, "SEKUNDE": {"Sekunde", "Sekunden"}}

// span says how long in words: "2 Wochen", "2 bis 4 Wochen", "1 Woche bis 2 Monate".
func span(f xzufi.Frist) string {
	if f.Dauer == 0 || units[f.Einheit][0] == "" {
		return ""
	}
	long := func(n int, unit string) string {
		if n == 1 {
			return "1 " + units[unit][0]
		}
		return fmt.Sprintf("%d %s", n, units[unit][1])
	}
	switch {
	case f.DauerBis <= 0:
		return long(f.Dauer, f.Einheit)
	case f.EinheitBis == "" || f.EinheitBis == f.Einheit || units[f.EinheitBis][0] == "":
		return fmt.Sprintf("%d bis %s", f.Dauer, long(f.DauerBis, f.Einheit))
	}
	return long(f.Dauer, f.Einheit) + " bis " + long(f.DauerBis, f.EinheitBis)
}

// toFacility reads an Organisationseinheit.
func toFacility(o *xzufi.Organisationseinheit) Facility {
	f := Facility{ID: o.ID.Value, Name: xzufi.PlainText(o.Name.Name.In("de")), Text: o.Beschreibung.In("de"), Roles: o.Klassifizierung.In(listRole), HoursText: o.Oeffnungszeiten.In("de"), Notes: o.Hinweise.In("de")}
	for _, a := range o.Anschrift {
		if a.Strasse == "" && a.Ort == "" {
			continue
		}
		f.Street, f.PLZ, f.City, f.Extra = strings.TrimSpace(a.Strasse+" "+a.Hausnummer), a.Postleitzahl, a.Ort, a.Zusatz
		f.Accessibility = xzufi.PlainText(a.InfoZugang.In("de"))
		break
	}
	f.Phone, f.Fax, f.Mail, f.Web = channels(o.Erreichbarkeit)
	if f.Web == "" && len(o.Internet) > 0 {
		f.Web = o.Internet[0].URI
	}
	for _, z := range o.Oeffnung {
		f.Hours = append(f.Hours, Hours{Day: z.Tag, From: z.Von, To: z.Bis, Note: xzufi.PlainText(z.Zusatz.In("de"))})
	}
	return f
}

func channels(list []xzufi.Erreichbarkeit) (phone, fax, mail, web string) {
	for _, e := range list {
		dst := &phone
		switch e.Kanal.Code {
		case xzufi.KanalFestnetz, xzufi.KanalMobil:
		case xzufi.KanalFax:
			dst = &fax
		case xzufi.KanalMail:
			dst = &mail
		case xzufi.KanalWeb:
			dst = &web
		default:
			continue
		}
		if *dst == "" {
			*dst = e.Kennung
		}
	}
	return phone, fax, mail, web
}

func toContact(k xzufi.Kontaktperson, facility string) Contact {
	c := Contact{ID: k.ID.Value, Facility: facility, Salute: k.Anrede, Title: k.Titel, Given: k.Vorname, Family: k.Familienname,
		Function: xzufi.PlainText(k.Funktion.In("de")), Topics: xzufi.PlainText(k.Beschreibung.In("de")), Room: k.Raum, Position: k.Position}
	c.Phone, _, c.Mail, _ = channels(k.Erreichbarkeit)
	return c
}

// slugOf makes a URL slug: the last part of an ID that is one (as the files of
// the demo have it), else the title.
func slugOf(id, title string) string {
	if i := strings.LastIndex(id, "."); i >= 0 && ident.Slug(id[i+1:]) && strings.Trim(id[i+1:], "0123456789") != "" {
		return id[i+1:]
	}
	var b strings.Builder
	dash := false
	for _, r := range strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(strings.ToLower(title)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		} else {
			dash = true
		}
		if b.Len() >= 80 {
			break
		}
	}
	if b.Len() == 0 {
		return "leistung"
	}
	return b.String()
}

// clean sanitises what an editor typed.
func clean(s *Service) {
	for _, p := range []*string{&s.Short, &s.Full, &s.Requirements, &s.DocumentText, &s.FeeText, &s.DeadlineText, &s.Duration, &s.Procedure, &s.Legal, &s.Notes, &s.More, &s.Responsible, &s.Contact, &s.Remedy} {
		*p = xzufi.SanitizeHTML(*p)
	}
	s.Title, s.Official = strings.TrimSpace(xzufi.PlainText(s.Title)), strings.TrimSpace(xzufi.PlainText(s.Official))
}
