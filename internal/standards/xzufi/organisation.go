package xzufi

// Kodierung places an address in the administrative map.
type Kodierung struct {
	Kreis              Code
	Bezirk             Code
	Bundesland         Code
	Gemeindeschluessel Code // AGS, 8 digits
	Regionalschluessel Code // ARS, 12 digits
	Nation             Code
	Gemeindeverband    Code
}

// Anschrift is an address of an authority.
type Anschrift struct {
	Typ            Code // ListAnschrifttyp
	Strasse        string
	Hausnummer     string
	Postfach       string
	Postleitzahl   string
	Ort            string
	Ortsteil       string
	Zusatz         string // building, floor
	Kodierung      Kodierung
	Breite, Laenge string // WGS 84, decimal degrees
	AnfahrtURI     string
	InfoParkplatz  Texts
	InfoOePNV      Texts
	InfoZugang     Texts // barriers and their absence
	Rollstuhl      *bool
	Aufzug         *bool
	Gueltigkeit    []Zeitraum
}

// Erreichbarkeit is a way to reach an authority or a person.
type Erreichbarkeit struct {
	Kanal       Code // ListErreichbarkeit
	Kennung     string
	Zusatz      string
	Gueltigkeit []Zeitraum
}

// Kommunikationssystem is an address for machines, such as a FIT-Connect
// destination.
type Kommunikationssystem struct {
	Kanal   Code
	Kennung string
	Zusatz  string
}

// Oeffnungszeit is one span on one weekday.
type Oeffnungszeit struct {
	Tag    string // MO DI MI DO FR SA SO
	Von    string // HH:MM
	Bis    string
	Zusatz Texts // "nur mit Termin"
}

// Kontaktperson is a member of staff whom the authority publishes.
type Kontaktperson struct {
	ID              Identifikator
	IDSekundaer     []Identifikator
	Anrede          string
	Titel           string
	Vorname         string
	Familienname    string
	Funktion        Texts
	Beschreibung    Texts // what the person does, as plain text
	Klassifizierung Codes
	Raum            string
	Erreichbarkeit  []Erreichbarkeit
	Sprechzeiten    Texts // HTML
	Position        int
}

// Zustaendigkeit says who does which service where.
type Zustaendigkeit struct {
	ID          Identifikator
	LeistungID  Identifikator
	GebietID    []Identifikator // ARS mostly; none means the whole area of the authority
	Rolle       Code
	Kriterium   Texts // "Familiennamen A bis K"
	Gueltigkeit []Zeitraum
}

// Name is the name of an authority.
type Name struct {
	Name            Texts
	Kurzbezeichnung Texts
	Zusatz          Texts
}

// Organisationseinheit is an authority or a part of it. Only ID and Name are
// always there.
type Organisationseinheit struct {
	ID               Identifikator
	IDSekundaer      []Identifikator
	UebergeordneteID Identifikator
	UntergeordneteID []Identifikator
	Kategorie        []Kategorie
	Klassifizierung  Codes
	Name             Name
	Beschreibung     Texts // HTML
	Anschrift        []Anschrift
	Erreichbarkeit   []Erreichbarkeit
	System           []Kommunikationssystem
	Internet         []Hyperlink
	Oeffnungszeiten  Texts // HTML, as text
	Oeffnung         []Oeffnungszeit
	Hinweise         Texts // HTML
	Kontaktperson    []Kontaktperson
	Zustaendigkeit   []Zustaendigkeit
	Herausgeber      Herausgeber
	Version          Versionsinformation
	Sprachen         []Sprachversion
	Gueltigkeit      []Zeitraum
}

// OnlinedienstLink is an address under which an online service starts.
type OnlinedienstLink struct {
	Hyperlink
	Typ Code // ListOnlinedienstlinktyp, 01 starts the service
}

// Onlinedienst is an online service. ID and Bezeichnung are always there.
type Onlinedienst struct {
	ID               Identifikator
	IDSekundaer      []Identifikator
	Bezeichnung      Texts
	Kurzbezeichnung  Texts
	Teaser           Texts
	Beschreibung     Texts // HTML
	Links            []OnlinedienstLink
	Vertrauensniveau Code
	Identifizierung  Codes
	Zahlungsweise    Codes
	LeistungID       []Identifikator
	Zustaendigkeit   []Zustaendigkeit
	Herausgeber      Herausgeber
	Version          Versionsinformation
	Sprachen         []Sprachversion
	Gueltigkeit      []Zeitraum
}

// ZustaendigkeitTransferObjekt is a competence that is sent apart from the
// object that holds it.
type ZustaendigkeitTransferObjekt struct {
	ObjektID Identifikator // of the Organisationseinheit or Onlinedienst
	Zustaendigkeit
}
