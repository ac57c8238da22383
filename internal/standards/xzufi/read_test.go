package xzufi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// readAll gives everything that a reader says, in order.
func readAll(r *Reader) (objects []Object, broken []*ObjectError, end error) {
	for {
		o, err := r.Next()
		var oe *ObjectError
		switch {
		case err == nil:
			objects = append(objects, o)
		case errors.As(err, &oe):
			broken = append(broken, oe)
		default:
			return objects, broken, err
		}
	}
}

func openSample(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/redaktion.xml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestForeignWriterIsReadInFull(t *testing.T) {
	r := NewReader(bytes.NewReader(openSample(t)))
	objects, broken, end := readAll(r)
	if end != io.EOF || len(broken) > 0 || len(objects) != 7 {
		t.Fatalf("%d objects, broken %v, end %v", len(objects), broken, end)
	}
	h := r.Header()
	if h.Sender != "Redaktion Musterland" || h.TransaktionID != "T-77" || h.TransaktionPosition != 1 ||
		h.ErstelltAm.Format(time.RFC3339) != "2026-10-01T00:30:00Z" {
		t.Errorf("header %+v", h)
	}
	l := objects[0].Leistung
	for what, got := range map[string][2]string{
		"id":                    {l.ID.Value, "L100042.LB.868"},
		"agency":                {l.ID.SchemeAgencyID, "L100042"},
		"second id":             {l.IDSekundaer[0].Value, "99041006017000"},
		"shape":                 {string(l.Struktur.Typ), "LOV"},
		"Verrichtung":           {l.Struktur.Verrichtung.Name, "Erlaubnis"},
		"LeiKa":                 {string(l.LeiKa()), "99041006017000"},
		"name for citizens":     {l.Name("de"), "Erlaubnis zum Halten eines gefährlichen Hundes beantragen"},
		"name in English":       {l.Text(TextBezeichnung, "en"), "Dog keeping permit"},
		"Leichte Sprache":       {PlainText(l.Text(TextVolltext, "de-leicht")), "Sie haben einen gefährlichen Hund. Dann brauchen Sie eine Erlaubnis."},
		"script is gone":        {l.Text(TextVolltext, "de"), "<p>Sie brauchen eine <strong>Erlaubnis</strong>.</p>Zelle"},
		"markup as elements":    {l.Text(TextUnterlagen, "de"), "<ul><li>Sachkundenachweis</li><li>Führungszeugnis &amp; <b>Versicherung</b></li></ul>"},
		"link":                  {l.Texte[2].Links[0].Titel, "Merkblatt"},
		"unit of time":          {l.Frist.Fristen[0].Einheit, "WOCHE"},
		"due day":               {l.Frist.Fristen[1].StichtagBis, "--02-15"},
		"synonym":               {l.Begriffe[1].Begriff.Value, "Listenhund"},
		"paper":                 {l.Dokumente.Eingehend[0].Bezeichnung.In("de"), "Sachkundenachweis"},
		"type":                  {l.Typisierung[0].Code, "4"},
		"trust level":           {l.Vertrauensniveau.Code, "20"},
		"category":              {l.Kategorie[0].Klasse.ID.Value, "KL1"},
		"life situation":        {l.Klassifizierung.In(ListPVLagen)[0], "1090200"},
		"area":                  {l.GueltigGebietID[0].Value, "990010000001"},
		"changed":               {l.Version.GeaendertAm.Format(time.RFC3339), "2026-09-30T10:00:00Z"},
		"valid from midnight":   {l.Gueltigkeit[0].Beginn.Format(time.RFC3339), "2025-12-31T23:00:00Z"},
		"default namespace":     {objects[1].Organisationseinheit.Name.Name.In("de"), "Ordnungsamt"},
		"address":               {objects[1].Organisationseinheit.Anschrift[0].Ort, "Torhausen"},
		"telephone":             {objects[1].Organisationseinheit.Erreichbarkeit[0].Kanal.Code, KanalFestnetz},
		"competence":            {objects[1].Organisationseinheit.Zustaendigkeit[0].LeistungID.Value, "L100042.LB.868"},
		"online service":        {objects[2].Onlinedienst.Links[0].URI, "https://www.example.de/start"},
		"competence apart":      {objects[3].Zustaendigkeit.ObjektID.Value, "L100042.OD.3"},
		"its role":              {objects[3].Zustaendigkeit.Rolle.Name, "zuständig"},
		"specialisation":        {objects[4].Spezialisierung.LeistungID.Value, "L100042.LB.868"},
		"deletion by object":    {string(objects[5].Op) + objects[5].ID().Value, "loescheL100042.LB.1"},
		"deletion by id":        {string(objects[6].Op) + objects[6].ID().Key(), "loescheL100042\x1f\x1fL100042.OE.2"},
		"line of second object": {fmt.Sprint(objects[1].Line), "78"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %q, want %q", what, got[0], got[1])
		}
	}
	k := l.Kosten.Kosten
	if len(k) != 3 || k[0].Betrag != (Betrag{6000, "EUR"}) || !*k[0].Vorkasse || k[1].Von.Cents != 123450 || k[1].Bis.Cents != 200000 || k[2].Art != KostenFrei {
		t.Errorf("costs %+v", k)
	}
	if d := l.Bearbeitung.Dauern[0]; d.Dauer != 4 || d.DauerBis != 6 || d.EinheitBis != "WOCHE" {
		t.Errorf("duration %+v", d)
	}
	s := r.Stats()
	if s.Objects != 7 || s.DroppedLinks != 1 || s.Unknown["leistung/nochNieGesehen"] != 1 || s.Unknown["leistung/bewertung"] != 1 || len(s.Unknown) != 2 {
		t.Errorf("stats %+v", s)
	}
}

const (
	fileHead = `<x:t xmlns:x="http://xoev.de/schemata/xzufi/2_2_0" xzufiVersion="2.2.0"><x:nachrichtenkopf/>` + "\n"
	fileTail = "</x:t>\n"
)

// good is a whole object with the id, on one line.
func good(id string) string {
	return `<x:schreibe><x:leistung><x:id>` + id + `</x:id><x:modulText><x:leikaTextmodul><code>03</code></x:leikaTextmodul><x:inhalt languageCode="de">Name</x:inhalt></x:modulText></x:leistung></x:schreibe>` + "\n"
}

func TestOneBrokenObjectIsReportedAndTheRestGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		broken string
		want   ObjectError
		limits Limits
	}{
		"no id": {
			broken: strings.Replace(good(""), "<x:id></x:id>", "", 1),
			want:   ObjectError{Reason: ReasonNoID, Kind: KindLeistung},
		},
		"empty id": {
			broken: good("  "),
			want:   ObjectError{Reason: ReasonNoID, Kind: KindLeistung},
		},
		"no name": {
			broken: `<x:schreibe><x:leistung><x:id>B</x:id></x:leistung></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoName, Kind: KindLeistung, ID: "B"},
		},
		"name of markup only": {
			broken: strings.Replace(good("B"), ">Name<", ">&lt;p&gt;&lt;/p&gt;<", 1),
			want:   ObjectError{Reason: ReasonNoName, Kind: KindLeistung, ID: "B"},
		},
		"an authority without name": {
			broken: `<x:schreibe><x:organisationseinheit><x:id>B</x:id></x:organisationseinheit></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoName, Kind: KindOrganisationseinheit, ID: "B"},
		},
		"an online service without name": {
			broken: `<x:schreibe><x:onlinedienst><x:id>B</x:id></x:onlinedienst></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoName, Kind: KindOnlinedienst, ID: "B"},
		},
		"a competence of nobody": {
			broken: `<x:schreibe><x:zustaendigkeitTransferObjekt><x:zustaendigkeit><x:id>B</x:id></x:zustaendigkeit></x:zustaendigkeitTransferObjekt></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoID, Kind: KindZustaendigkeit, ID: "B"},
		},
		"a competence for nothing": {
			broken: `<x:schreibe><x:zustaendigkeitTransferObjekt><x:uebergeordnetesObjektID>O</x:uebergeordnetesObjektID></x:zustaendigkeitTransferObjekt></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoLeistung, Kind: KindZustaendigkeit},
		},
		"a specialisation of nothing": {
			broken: `<x:schreibe><x:spezialisierung><x:id>B</x:id></x:spezialisierung></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoLeistung, Kind: KindSpezialisierung, ID: "B"},
		},
		"deletion without id": {
			broken: `<x:loesche><x:leistung/></x:loesche>`,
			want:   ObjectError{Reason: ReasonNoID, Kind: KindLeistung},
		},
		"no object": {
			broken: `<x:schreibe/>`,
			want:   ObjectError{Reason: ReasonNoObject},
		},
		"a kind that is not read": {
			broken: `<x:schreibe><x:formular><x:id>F</x:id></x:formular></x:schreibe>`,
			want:   ObjectError{Reason: ReasonUnknown, Kind: "formular"},
		},
		"object of another namespace": {
			broken: `<x:schreibe><leistung><id>B</id></leistung></x:schreibe>`,
			want:   ObjectError{Reason: ReasonNoObject},
		},
		"an end tag is missing": {
			broken: strings.Replace(good("B"), "</x:inhalt>", "", 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"a bare ampersand": {
			broken: strings.Replace(good("B"), "Name", "Hunde & Katzen", 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"an unknown entity": {
			broken: strings.Replace(good("B"), "Name", "&lol9;", 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"a quote that never ends": {
			broken: strings.Replace(good("B"), `"de"`, `"de`, 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"a control character": {
			broken: strings.Replace(good("B"), "Name", "\x01", 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"broken UTF-8": {
			broken: strings.Replace(good("B"), "Name", "Stra\xdfe", 1),
			want:   ObjectError{Reason: ReasonXML, Kind: KindLeistung, ID: "B"},
		},
		"an undeclared prefix": {
			broken: strings.ReplaceAll(good("B"), "x:leistung", "y:leistung"),
			want:   ObjectError{Reason: ReasonNoObject},
		},
		"the element does not end": {
			broken: `<x:schreibe><x:leistung><x:id>B</x:id>`,
			want:   ObjectError{Reason: ReasonUnclosed, Kind: KindLeistung, ID: "B"},
		},
		"an end tag too many": {
			broken: `</x:schreibe>`,
			want:   ObjectError{Reason: ReasonStray},
		},
		"too many bytes": {
			broken: strings.Replace(good("B"), "Name", strings.Repeat("a<!-- -->", 200), 1),
			want:   ObjectError{Reason: ReasonTooLarge, Kind: KindLeistung, ID: "B"},
			limits: Limits{Object: 1000},
		},
		"one text too long": {
			broken: strings.Replace(good("B"), "Name", strings.Repeat("a", 200), 1),
			want:   ObjectError{Reason: ReasonTextLong, Kind: KindLeistung, ID: "B"},
			limits: Limits{Text: 100},
		},
		"one text too long in pieces": {
			broken: strings.Replace(good("B"), "Name", strings.Repeat("a<![CDATA[b]]>", 100), 1),
			want:   ObjectError{Reason: ReasonTextLong, Kind: KindLeistung, ID: "B"},
			limits: Limits{Text: 100},
		},
		"nested too deep": {
			broken: strings.Replace(good("B"), "Name", strings.Repeat("<x:a>", 60)+strings.Repeat("</x:a>", 60), 1),
			want:   ObjectError{Reason: ReasonTooDeep, Kind: KindLeistung, ID: "B"},
		},
		"too many elements": {
			broken: strings.Replace(good("B"), "Name", strings.Repeat("<x:a/>", 200), 1),
			want:   ObjectError{Reason: ReasonTooMany, Kind: KindLeistung, ID: "B"},
			limits: Limits{Elements: 100},
		},
		"a tag too long": {
			broken: strings.Replace(good("B"), `"de"`, `"`+strings.Repeat("d", 2000)+`"`, 1),
			want:   ObjectError{Reason: ReasonTooLarge, Kind: KindLeistung, ID: "B"},
			limits: Limits{Tag: 1000},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := fileHead + good("A") + c.broken + "\n" + good("C") + good("D") + fileTail
			r := Config{Limits: c.limits}.NewReader(strings.NewReader(file))
			objects, broken, end := readAll(r)
			var ids []string
			for _, o := range objects {
				ids = append(ids, o.ID().Value)
			}
			if !slices.Equal(ids, []string{"A", "C", "D"}) || end != io.EOF {
				t.Errorf("objects %q, end %v", ids, end)
			}
			if len(broken) != 1 {
				t.Fatalf("broken: %v", broken)
			}
			got := *broken[0]
			if got.Reason != c.want.Reason || got.Kind != c.want.Kind || got.ID != c.want.ID {
				t.Errorf("got %+v", got)
			}
			if got.Line != 3 {
				t.Errorf("line %d, want 3", got.Line)
			}
			if c.want.Reason != ReasonStray && got.Index != 2 {
				t.Errorf("index %d, want 2", got.Index)
			}
			if s := r.Stats(); s.Objects != 3 || s.Broken != 1 {
				t.Errorf("stats %+v", s)
			}
			if strings.Contains(got.Error(), "Katzen") {
				t.Errorf("the error repeats a text of the object: %v", &got)
			}
		})
	}
}

func TestAFileThatIsNoneGivesOneFatalErrorBeforeAnyObject(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		reason Reason
	}{
		"empty":                   {"", ReasonEmpty},
		"blank":                   {" \n\t", ReasonEmpty},
		"JSON":                    {`{"leistung": []}`, ReasonNotXML},
		"PDF":                     {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>", ReasonNotXML},
		"zip":                     {"PK\x03\x04\x14\x00<>", ReasonNotXML},
		"a page that says sorry":  {"<!DOCTYPE html><html><body>502</body></html>", ReasonDoctype},
		"HTML without doctype":    {"<html><body>502</body></html>", ReasonNotXZuFi},
		"XML of another standard": {`<a xmlns="urn:xoev-de:xdomea:schema:3.0.0"/>`, ReasonNotXZuFi},
		"unknown prefix":          {`<x:t/>`, ReasonNotXZuFi},
		"namespace on a child":    {`<t><x:schreibe xmlns:x="http://xoev.de/schemata/xzufi/2_2_0"/></t>`, ReasonNotXZuFi},
		"an older version":        {`<x:t xmlns:x="http://xoev.de/schemata/xzufi/2_1_0"></x:t>`, ReasonVersion},
		"a version to come":       {`<x:t xmlns:x="http://xoev.de/schemata/xzufi/3_0_0"></x:t>`, ReasonVersion},
		"only a declaration":      {`<?xml version="1.0"?>`, ReasonTruncated},
		"only an open comment":    {`<!-- `, ReasonTruncated},
		"end tag first":           {`</x:t>`, ReasonNotXML},
		"broken root tag":         {`<x:t xmlns:x="http://xoev.de/schemata/xzufi/2_2_0" a=&></x:t>`, ReasonNotXML},
		"unknown encoding":        {`<?xml version="1.0" encoding="EBCDIC-37"?><a/>`, ReasonEncoding},
		"entity bomb": {`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>` +
			fileHead + good("&lol2;") + fileTail, ReasonDoctype},
		"external entity": {`<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + fileHead + fileTail, ReasonDoctype},
	} {
		t.Run(name, func(t *testing.T) {
			objects, broken, end := readAll(NewReader(strings.NewReader(c.file)))
			var fe *FileError
			if !errors.As(end, &fe) || fe.Reason != c.reason || len(objects)+len(broken) > 0 {
				t.Errorf("objects %d, broken %v, end %v; want %s", len(objects), broken, end, c.reason)
			}
		})
	}
}

func TestAFileThatBreaksOffSaysSoAfterTheWholeObjects(t *testing.T) {
	whole := fileHead + good("A") + good("B") + fileTail
	for name, c := range map[string]struct {
		file    string
		reason  Reason
		objects int
		broken  int
	}{
		"between objects":        {fileHead + good("A"), ReasonTruncated, 1, 0},
		"inside an object":       {whole[:len(whole)-80], ReasonTruncated, 1, 1},
		"inside the last tag":    {strings.TrimSuffix(whole, ">\n"), ReasonTruncated, 2, 0},
		"text after the root":    {whole + "x", ReasonTrailing, 2, 0},
		"second document":        {whole + whole, ReasonTrailing, 2, 0},
		"DOCTYPE in the middle":  {fileHead + good("A") + "<!DOCTYPE a>" + good("B") + fileTail, ReasonDoctype, 1, 0},
		"DOCTYPE in an object":   {fileHead + good("A") + "<x:schreibe><!DOCTYPE a></x:schreibe>" + fileTail, ReasonDoctype, 1, 0},
		"root ends in an object": {fileHead + good("A") + "<x:schreibe><x:leistung>" + fileTail, "", 1, 1},
		"comment after the root": {whole + "<!-- Ende -->\n<?fertig?>", "", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			objects, broken, end := readAll(NewReader(strings.NewReader(c.file)))
			var fe *FileError
			if errors.As(end, &fe); (fe == nil) != (c.reason == "") || fe != nil && fe.Reason != c.reason {
				t.Errorf("end %v, want %q", end, c.reason)
			}
			if len(objects) != c.objects || len(broken) != c.broken {
				t.Errorf("objects %d, broken %v", len(objects), broken)
			}
		})
	}
}

func TestSourceThatFailsIsNotTakenForAnEnd(t *testing.T) {
	boom := errors.New("line cut")
	src := io.MultiReader(strings.NewReader(fileHead+good("A")+"<x:schreibe>"), &failed{boom})
	objects, _, end := readAll(NewReader(src))
	var fe *FileError
	if !errors.As(end, &fe) || fe.Reason != ReasonRead || !errors.Is(end, boom) || len(objects) != 1 {
		t.Errorf("objects %d, end %v", len(objects), end)
	}
}

func TestTolerantReaderTakesOtherVersionsAndSaysSo(t *testing.T) {
	file := func(version string) string {
		return `<x:t xmlns:x="http://xoev.de/schemata/xzufi/` + version + `">` +
			strings.NewReplacer("<code>", "<x:code>", "</code>", "</x:code>").Replace(good("A")) + "</x:t>"
	}
	for version, want := range map[string]string{"2_1_0": "2.1.0", "2_2_0": "2.2.0", "2_3_0": "2.3.0", "2_3_1": "2.3.1"} {
		r := Config{Tolerant: true}.NewReader(strings.NewReader(file(version)))
		objects, broken, end := readAll(r)
		if len(objects) != 1 || end != io.EOF || r.Version() != want {
			t.Errorf("%s: objects %d, broken %v, end %v, version %s", version, len(objects), broken, end, r.Version())
		}
	}
	if _, _, end := readAll(Config{Tolerant: true}.NewReader(strings.NewReader(file("4_0_0")))); end == io.EOF {
		t.Error("tolerant reading takes a version nobody knows")
	}
	// Strictly, a code is unqualified: <x:code> is an unknown element.
	r := NewReader(strings.NewReader(file("2_2_0")))
	if _, broken, _ := readAll(r); len(broken) != 1 || broken[0].Reason != ReasonNoName || r.Stats().Unknown["leikaTextmodul/code"] != 1 {
		t.Errorf("strict: %v, %v", broken, r.Stats())
	}
}

func TestVersion23RepeatsModulesAndRenamesElements(t *testing.T) {
	file := `<x:t xmlns:x="http://xoev.de/schemata/xzufi/2_3_1"><x:schreibe><x:leistung><x:id>A</x:id>
		<x:referenzLeistungsschluessel>99041006017000</x:referenzLeistungsschluessel>
		<x:modulText><x:leikaTextmodul><code>02</code></x:leikaTextmodul><x:inhalt>Hund</x:inhalt></x:modulText>
		<x:modulKosten><x:zugangskanal><code>100</code></x:zugangskanal><x:kosten><x:kostenauswahl><x:kostenFix><x:betrag currencyCode="EUR">10</x:betrag></x:kostenFix></x:kostenauswahl></x:kosten></x:modulKosten>
		<x:modulKosten><x:kosten><x:kostenauswahl><x:kostenFix><x:betrag currencyCode="EUR">12</x:betrag></x:kostenFix></x:kostenauswahl></x:kosten></x:modulKosten>
		<x:versionsinformationen><x:version>3</x:version></x:versionsinformationen>
		</x:leistung></x:schreibe></x:t>`
	objects, broken, end := readAll(Config{Tolerant: true}.NewReader(strings.NewReader(file)))
	if len(objects) != 1 || end != io.EOF {
		t.Fatalf("broken %v, end %v", broken, end)
	}
	l := objects[0].Leistung
	if len(l.Kosten.Kosten) != 2 || l.Kosten.Kosten[1].Betrag.Cents != 1200 || l.Version.Version != "3" || l.LeiKa() != "99041006017000" || l.Name("de") != "Hund" {
		t.Errorf("%+v", l)
	}
}

func TestOtherShapesOfAFile(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want int
	}{
		"byte order mark":              {"\xef\xbb\xbf" + fileHead + good("Ä") + fileTail, 1},
		"UTF-16":                       {utf16(fileHead + good("Ä") + fileTail), 1},
		"Latin-1":                      {`<?xml version="1.0" encoding="ISO-8859-1"?>` + fileHead + strings.ReplaceAll(good("Ä"), "Ä", "\xc4") + fileTail, 1},
		"no objects":                   {fileHead + fileTail, 0},
		"an empty root":                {`<t xmlns="http://xoev.de/schemata/xzufi/2_2_0"/>`, 0},
		"HTML entities":                {fileHead + good("&Auml;") + fileTail, 1},
		"object without schreibe":      {fileHead + strings.NewReplacer("<x:schreibe>", "", "</x:schreibe>", "").Replace(good("Ä")) + fileTail, 1},
		"two objects in one schreibe":  {fileHead + strings.Replace(good("Ä")+good("Ö"), "</x:schreibe>\n<x:schreibe>", "", 1) + fileTail, 2},
		"unknown children of the root": {fileHead + "<x:neu><x:leistung/></x:neu>Text" + good("Ä") + fileTail, 1},
		"the root is the object": {`<?xml version="1.0"?>` + "\n" + `<leistung xmlns="http://xoev.de/schemata/xzufi/2_2_0"><id>Ä</id>
			<modulText><leikaTextmodul><code xmlns="">02</code></leikaTextmodul><inhalt>Hund</inhalt></modulText></leistung>`, 1},
		"end of an object in CDATA and comment": {fileHead + strings.Replace(good("Ä"), "Name", "Name<![CDATA[</x:schreibe>]]><!-- </x:t> <x:schreibe> -->", 1) + fileTail, 1},
		"greater-than in an attribute":          {fileHead + strings.Replace(good("Ä"), `"de"`, `"d>e"`, 1) + fileTail, 1},
	} {
		t.Run(name, func(t *testing.T) {
			objects, broken, end := readAll(NewReader(strings.NewReader(c.file)))
			if len(objects) != c.want || len(broken) > 0 || end != io.EOF {
				t.Fatalf("objects %d, broken %v, end %v", len(objects), broken, end)
			}
			if c.want > 0 && objects[0].ID().Value != "Ä" {
				t.Errorf("id %q", objects[0].ID().Value)
			}
		})
	}
}

func utf16(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}
