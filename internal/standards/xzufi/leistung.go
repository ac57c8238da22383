package xzufi

// Codes of the list urn:de:xzufi:codeliste:leistungstextmodulleika, version
// 20240216.
const (
	TextBezeichnung         = "02" // Leistungsbezeichnung, the official name
	TextBezeichnungII       = "03" // Leistungsbezeichnung II, the name for citizens
	TextKurztext            = "05"
	TextVolltext            = "06"
	TextRechtsgrundlagen    = "07"
	TextUnterlagen          = "08"
	TextVoraussetzungen     = "09"
	TextVerfahrensablauf    = "11"
	TextFormulare           = "14"
	TextWeitereInformation  = "15"
	TextHinweise            = "16"
	TextUrheber             = "18"
	TextZustaendigeStelle   = "22"
	TextAnsprechpunkt       = "23"
	TextTeaser              = "24"
	TextRechtsbehelf        = "25"
	ListTextmodul           = "urn:de:xzufi:codeliste:leistungstextmodulleika"
	ListTextmodulVersion    = "20240216"
	ListPVLagen             = "urn:xoev-de:fim:codeliste:pvlagen"
	ListTypisierung         = "urn:de:fim:leika:typisierung"
	ListVertrauensniveau    = "urn:xoev-de:fim:codeliste:vertrauensniveau"
	ListDokumenttyp         = "urn:de:fim:codeliste:dokumenttyp"
	ListAnschrifttyp        = "urn:xoev-de:fim:codeliste:xzufi.anschrifttyp"
	ListErreichbarkeit      = "urn:de:xoev:codeliste:erreichbarkeit"
	ListOnlinedienstlinktyp = "urn:xoev-de:fim:codeliste:onlinedienstlinktyp"
	ListSDG                 = "urn:xoev-de:fim:codeliste:sdginformationsbereich"
	SchemeARS               = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs"
)

// Codes of ListErreichbarkeit.
const (
	KanalMail     = "01"
	KanalFestnetz = "02"
	KanalMobil    = "03"
	KanalFax      = "04"
	KanalSonstige = "07"
	KanalDeMail   = "08"
	KanalWeb      = "09"
)

// Codes of ListAnschrifttyp.
const (
	AnschriftHaus     = "001"
	AnschriftBesuch   = "002"
	AnschriftPostfach = "003"
	AnschriftGross    = "004"
	AnschriftLiefer   = "005"
	AnschriftPost     = "006"
)

// Strukturtyp is the shape of a service description.
type Strukturtyp string

// The three shapes; a service without structure has none.
const (
	LO   Strukturtyp = "LO"   // Leistungsobjekt
	LOV  Strukturtyp = "LOV"  // with Verrichtung
	LOVD Strukturtyp = "LOVD" // with Verrichtung and detail
)

// Struktur places a service in the LeiKa.
type Struktur struct {
	Typ                  Strukturtyp
	Leistungsgruppierung Code
	LeistungsobjektID    Identifikator
	Verrichtung          Code
	Verrichtungsdetail   Texts
}

// Textmodul is one text of a service under a LeiKa code.
type Textmodul struct {
	Modulkopf
	Code   string // one of the Text… constants; others are kept
	Titel  Texts  // heading that differs from the usual one
	Inhalt Texts  // HTML
	Links  []Hyperlink
}

// TextmodulIndividuell is a text under a code of the writer's own.
type TextmodulIndividuell struct {
	Modulkopf
	Typ    Code
	Inhalt Texts // HTML
	Links  []Hyperlink
}

// Frist is a period or a due day.
type Frist struct {
	Typ          Code   // Fristtyp; empty for a Bearbeitungsdauer
	Dauer        int    // 0 with an empty Einheit means none given
	Einheit      string // JAHR MONAT WOCHE TAG WERKTAG ARBEITSTAG STUNDE MINUTE SEKUNDE
	DauerBis     int
	EinheitBis   string
	StichtagVon  string // date or --MM-DD as the file gives it
	StichtagBis  string
	Beschreibung Texts // HTML
	Position     int
	Gueltigkeit  []Zeitraum
}

// Fristmodul holds the deadlines of a service.
type Fristmodul struct {
	Modulkopf
	Fristen      []Frist
	Beschreibung Texts // HTML
	Links        []Hyperlink
}

// Bearbeitungsdauermodul says how long the authority takes.
type Bearbeitungsdauermodul struct {
	Modulkopf
	Dauern       []Frist
	Beschreibung Texts // HTML
	Links        []Hyperlink
}

// Kostenart says how an amount is meant.
type Kostenart string

// The kinds of costs.
const (
	KostenFix      Kostenart = "fix"
	KostenFrei     Kostenart = "frei"
	KostenVariabel Kostenart = "variabel"
)

// Kosten is one fee.
type Kosten struct {
	Typ          Code
	Art          Kostenart
	Betrag       Betrag // for KostenFix
	Von, Bis     Betrag // for KostenVariabel; either may be missing
	Erlaeuterung Texts  // why it is free, or what the amount depends on
	Beschreibung Texts  // HTML
	Vorkasse     *bool
	Link         string // how the fee is computed
	Position     int
	Gueltigkeit  []Zeitraum
}

// Kostenmodul holds the fees of a service.
type Kostenmodul struct {
	Modulkopf
	Kosten       []Kosten
	Beschreibung Texts // HTML
	Links        []Hyperlink
}

// Dokument is a paper that an applicant brings or gets.
type Dokument struct {
	Typ          Code
	Bezeichnung  Texts
	Beschreibung Texts // HTML
	FormularID   []Identifikator
	Signatur     Code
	Pflicht      Code // Dokumentpflichtangabetyp; only in 2.3, read but not written
}

// Dokumentmodul holds the papers of a service.
type Dokumentmodul struct {
	Modulkopf
	Eingehend    []Dokument
	Ausgehend    []Dokument
	Beschreibung Texts // HTML
	Links        []Hyperlink
}

// BegriffImKontext is a word under which people look for a service.
type BegriffImKontext struct {
	Begriff Text
	Typ     Code
}

// Freigabe says who released the texts; Am is a date.
type Freigabe struct {
	Modulkopf
	Am    string
	Durch Texts
}

// Auskunftshinweis is meant for those who answer by telephone (115).
type Auskunftshinweis struct {
	Modulkopf
	Inhalt Texts // HTML
	Links  []Hyperlink
}

// Ursprungsportal says where the texts are published first.
type Ursprungsportal struct {
	Modulkopf
	Lang  string
	URI   string
	Titel string
}

// Kategorieklasse names the system that a Kategorie belongs to.
type Kategorieklasse struct {
	ID          Identifikator
	Typ         Code
	Bezeichnung Texts
}

// Kategorie groups services in a system of the writer's own.
type Kategorie struct {
	ID               Identifikator
	IDSekundaer      []Identifikator
	UebergeordneteID Identifikator
	Klasse           Kategorieklasse
	Bezeichnung      Texts
	Beschreibung     Texts
}

// Wirtschaftszweig is a trade that a service is meant for.
type Wirtschaftszweig struct {
	Code         Code
	SpezifischID Identifikator
}

// Module are the parts that describe a service; a Spezialisierung carries the
// same ones for its area.
type Module struct {
	Texte            []Textmodul
	TexteIndividuell []TextmodulIndividuell
	Frist            Fristmodul
	Bearbeitung      Bearbeitungsdauermodul
	Kosten           Kostenmodul
	Dokumente        Dokumentmodul
	Begriffe         []BegriffImKontext
	Freigabe         Freigabe
	Auskunft         Auskunftshinweis
	Ursprungsportale []Ursprungsportal
}

// Leistung describes a public service. Only ID and a name (text 02 or 03) are
// always there.
type Leistung struct {
	ID                Identifikator
	IDSekundaer       []Identifikator
	Struktur          Struktur
	StatusKatalog     Code // only in 2.3, read but not written
	StatusBibliothek  Code // only in 2.3, read but not written
	ReferenzLeiKa     Codes
	Leistungsadressat Codes // 001 citizens, 002 businesses, 003 administration
	Module
	Typisierung        Codes
	Vertrauensniveau   Code // 00 10 15 20 30 40
	Schriftform        *bool
	Kategorie          []Kategorie
	Klassifizierung    Codes // life situations: ListPVLagen or a list of the writer's own
	SDG                Codes
	ImKontextID        []Identifikator
	ProzessID          []Identifikator
	Herausgeber        Herausgeber
	GueltigGebietID    []Identifikator // ARS mostly, see SchemeARS
	EinheitlicheStelle *bool
	Wirtschaftszweig   []Wirtschaftszweig
	Rechtsform         Codes
	Staatsangehoerig   Codes
	Version            Versionsinformation
	Sprachen           []Sprachversion
	Gueltigkeit        []Zeitraum
}

// Text gives the text module with the code in the language as HTML; see
// Texts.In for languages that are missing.
func (m *Module) Text(code, lang string) string {
	for i := range m.Texte {
		if m.Texte[i].Code == code {
			if s := m.Texte[i].Inhalt.In(lang); s != "" {
				return s
			}
		}
	}
	return ""
}

// Name gives the name for citizens (text 03) or, failing that, the official
// name (text 02) as plain text.
func (m *Module) Name(lang string) string {
	for _, code := range [...]string{TextBezeichnungII, TextBezeichnung} {
		if s := PlainText(m.Text(code, lang)); s != "" {
			return s
		}
	}
	return ""
}

// LeiKa gives the first valid Leistungsschlüssel, empty if there is none.
func (l *Leistung) LeiKa() LeiKa {
	for _, c := range l.ReferenzLeiKa {
		if k, err := ParseLeiKa(c.Code); err == nil {
			return k
		}
	}
	return ""
}

// Spezialisierung describes a service as it is in a smaller area or at one
// authority. ID and LeistungID are always there.
type Spezialisierung struct {
	ID              Identifikator
	IDSekundaer     []Identifikator
	LeistungID      Identifikator
	GueltigGebietID []Identifikator
	OrganisationID  Identifikator
	Module
	Herausgeber Herausgeber
	Version     Versionsinformation
	Sprachen    []Sprachversion
	Gueltigkeit []Zeitraum
}
