package journey_test

import (
	"net/http"
	"strconv"

	"stadttor/internal/test/apptest"
)

// How each form of the demonstration is filled in, up to the check page. The
// clock stands on Tuesday, 1 December 2026.

// dogs fills in the Hundesteuer up to its owner: two dogs, and a third that is
// taken out again.
func (p *person) dogs() {
	p.t.Helper()
	p.answer("bisher", values("bisherige_hunde", "0"))
	for i, d := range []map[string][]string{dog("Bello", "Labrador-Mix", "276098100000001"), dog("Wotan", "Dackel", ""), dog("Waldi", "Pudel", "")} {
		key := strconv.Itoa(i + 1)
		p.answer("hunde/"+key, d)
		// The question about assistance dogs belongs to the answer "nein".
		p.more("hunde/"+key+"/2", values("gefaehrlich", "nein"), "assistenzhund")
		p.answer("hunde/"+key+"/2", values("assistenzhund", "nein"))
		p.page("hunde")
		if i < 2 {
			p.answer("hunde", values("weitere", "ja"))
		}
	}
	p.Sees(http.StatusOK, "Bello", "Wotan", "Waldi")
	p.press("entfernen", "3").Sees(http.StatusOK, "Bello", "Wotan").Lacks("Waldi")
	p.answer("hunde", values("weitere", "nein"))
}

func dog(name, breed, chip string) map[string][]string {
	return values("name", name, "rasse", breed, "wurfdatum.jahr", "2025", "chip", chip, "seit.tag", "25", "seit.monat", "11", "seit.jahr", "2026")
}

func who(given, family string) map[string][]string {
	return values("vorname", given, "familienname", family, "geburtsdatum.tag", "27", "geburtsdatum.monat", "3", "geburtsdatum.jahr", "1985")
}

func address(field, street, number string) map[string][]string {
	return values(field+".strasse", street, field+".hausnummer", number, field+".plz", "00101", field+".ort", "Torhausen")
}

// dogTax is the whole Hundesteuer of a guest, to be paid by transfer.
func (p *person) dogTax(given, family, mail string) {
	p.t.Helper()
	p.dogs()
	p.answer("halter", who(given, family))
	p.answer("anschrift", address("anschrift", "Gerbergraben", "14"))
	p.answer("kontakt", values("email", mail))
	p.answer("zahlweise", values("zahlweise", "ueberweisung"))
	p.answer("steuer", nil)
	p.page("pruefen")
}

// bulky is the Sperrgut: 1,800 litres, so two cubic metres.
func (p *person) bulky(given, family, mail string) {
	p.t.Helper()
	p.answer("gegenstaende", values("gegenstaende.sofa", "1", "gegenstaende.stuhl", "2"))
	p.page("menge")
	p.Sees(http.StatusOK, "41,00")
	p.answer("menge", nil)
	v := address("abholadresse", "Gerbergraben", "14")
	v["stellplatz"] = []string{"gehweg"}
	p.answer("ort", v)
	p.page("termin")
	p.Sees(http.StatusOK, "12. Januar 2027").Lacks("8. Dezember 2026") // ten days are needed
	p.answer("termin", values("wunschtermin", "2027-01-12", "ausweichtermin", "2027-02-09"))
	p.answer("kontakt", values("vorname", given, "familienname", family, "email", mail))
	p.answer("hinweise", values("hinweise", "Zufahrt nur von Norden.\r\nBitte klingeln."))
	p.page("pruefen")
}

// parking is the Bewohnerparkausweis of a signed-in person with a car.
func (p *person) parking(paper apptest.File) {
	p.t.Helper()
	p.answer("wohnung", values("gemeldet", "ja"))
	p.UseAccount()
	p.answer("person", nil)
	p.answer("anschrift", values("zone", "B"))
	p.answer("fahrzeug", values("schwer", "nein", "zulassung", "selbst"))
	p.answer("zulassungsbescheinigung", nil, paper)
	p.answer("laufzeit", values("beginn.tag", "1", "beginn.monat", "1", "beginn.jahr", "2027", "dauer", "12"))
	p.answer("kontakt", nil)
	p.page("pruefen")
}

// fire is the Osterfeuer on Saturday, 27 March 2027.
func (p *person) fire(consent apptest.File) {
	p.t.Helper()
	p.answer("datum", values("datum.tag", "27", "datum.monat", "3", "datum.jahr", "2027"))
	p.answer("zeit", values("beginn", "18:30", "ende", "23:00", "gaeste", "120"))
	p.more("ort", values("ort_art", "beschreibung", "grundstueck", "fremd"), "ort_beschreibung")
	p.answer("ort", values("ort_beschreibung", "Wiese am Sportplatz, Zufahrt über den Feldweg"))
	p.answer("einverstaendnis", nil, consent)
	p.answer("abstaende", values("meter_gebaeude", "160", "meter_wald", "220", "meter_strasse", "125", "hoehe", "2,5"))
	p.answer("material", values("material", "baumschnitt", "material", "stroh", "material_erklaerung", "ja", "tierschutz", "ja"))
	v := who("Ole", "Dirksen")
	v["mobil"] = []string{"00000 900-104"}
	p.answer("verantwortlich", v)
	p.answer("anschrift", address("anschrift", "Dorfstraße", "2"))
	p.answer("aufsicht", values("vertretung", "Wiebke Dirksen", "vertretung_mobil", "00000 900-105", "loeschmittel", "wasserfass"))
	p.page("pruefen")
}

// birth orders birth certificates of the signed-in person's own birth.
func (p *person) birth(copies string) {
	p.t.Helper()
	p.answer("geburtsort", values("hier_geboren", "ja"))
	p.answer("fuer-wen", values("fuer_wen", "selbst"))
	p.answer("geburt", values("kind_vornamen", "Emeka", "kind_geburtsname", "Brandhorst", "kind_geburtsdatum.jahr", "1985"))
	p.answer("eltern", nil)
	p.answer("zweck", values("zweck", "heirat"))
	p.answer("urkunden", values("art", "urkunde", "anzahl", copies))
	p.UseAccount()
	p.answer("person", nil)
	p.answer("lieferung", nil)
	p.page("pruefen")
}
