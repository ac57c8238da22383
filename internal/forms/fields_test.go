package forms

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// oneField is a form that asks a single question.
func oneField(t testing.TB, field string) *Definition {
	t.Helper()
	d, findings := Parse([]byte(`{"id":"eins","version":1,"title":"Eins","level":"none","purpose":"Test","steps":[{"id":"s","title":"Seite","why":"Test","fields":[` + field + `]}]}`))
	if d == nil {
		t.Fatalf("%s: %+v", field, findings)
	}
	return d
}

func send(d *Definition, e Env, in url.Values) (Answers, []Problem) {
	return d.Accept("s", in, nil, Answers{}, e)
}

// TestFieldTypes: what is typed → what is stored, and how it is shown again; or the code of the problem.
func TestFieldTypes(t *testing.T) {
	e := testEnv(t, "2026-11-21")
	v := func(s string) url.Values { return url.Values{"f": {s}} }
	date := func(d, m, y string) url.Values {
		return url.Values{"f-tag": {d}, "f-monat": {m}, "f-jahr": {y}}
	}
	for _, group := range []struct {
		field string
		cases []fieldCase
	}{
		{`{"id":"f","type":"text","label":"F"}`, []fieldCase{
			{"trims around, keeps inside", v("  Anna  Maria "), "Anna  Maria", ""},
			{"composes what a Mac pastes", v("Mu\u0308ller"), "Müller", ""},
			{"letters of DIN 91379 that only exist as sequences", v("M\u0302ar H\u0331"), "M\u0302ar H\u0331", ""},
			{"empty", v("   "), "", "required"},
			{"emoji", v("Anna 😀"), "", "characters"},
			{"Greek in a name", v("Αθήνα"), "", "characters"},
			{"long dash", v("Kaiser–Wilhelm"), "", "characters"},
			{"no-break space inside", v("a\u00a0b"), "", "characters"},
			{"zero width joiner", v("a\u200db"), "", "characters"},
			{"line break in one line", v("a\nb"), "", "control"},
			{"NUL", v("a\x00b"), "", "control"},
			{"escape", v("\x1b[31mrot"), "", "control"},
			{"C1 control", v("a\u0085b"), "", "control"},
			{"broken UTF-8", v("M\xfcller"), "", "utf8"},
			{"half a surrogate", v("a\xed\xa0\x80"), "", "utf8"},
			{"200 characters", v(strings.Repeat("ä", 200)), strings.Repeat("ä", 200), ""},
			{"201 characters", v(strings.Repeat("ä", 201)), "", "too-long"},
			{"10 MB", v(strings.Repeat("a", 10<<20)), "", "too-large"},
			{"markup is only text", v("<script>alert(1)</script>"), "<script>alert(1)</script>", ""},
			{"twice", url.Values{"f": {"a", "b"}}, "", "several"},
		}},
		{`{"id":"f","type":"text","label":"F","charset":"A"}`, []fieldCase{
			{"an apostrophe and a hyphen", v("d’Artagnan-O'Neill"), "d’Artagnan-O'Neill", ""},
			{"Vietnamese", v("Nguyễn Thị Ánh"), "Nguyễn Thị Ánh", ""},
			{"one name only", v("Suharto"), "Suharto", ""},
			{"digits are no name", v("Anna 2"), "", "characters"},
		}},
		{`{"id":"f","type":"text","label":"F","hint":"h","pattern":"[0-9]{15}","minLength":3}`, []fieldCase{
			{"fits", v("276098106123456"), "276098106123456", ""},
			{"the whole text must fit", v("x276098106123456x"), "", "pattern"},
			{"too short", v("12"), "", "too-short"},
		}},
		{`{"id":"f","type":"longtext","label":"F","hint":"h","maxLength":20}`, []fieldCase{
			{"lines of Windows", v("eins\r\nzwei"), "eins / zwei", ""},
			{"German quotes are in datatype E", v("„ja“ …"), "„ja“ …", ""},
			{"21 characters", v("123456789012345678901"), "", "too-long"},
			{"a carriage return alone", v("a\rb"), "", "control"},
		}},
		{`{"id":"f","type":"number","label":"F","max":1000000}`, []fieldCase{
			{"plain", v("42"), "42", ""},
			{"thousands", v("1.234"), "1.234", ""},
			{"blank between thousands", v("1 234"), "1.234", ""},
			{"plus", v("+7"), "7", ""},
			{"leading zeros", v("0007"), "7", ""},
			{"a decimal zero", v("3,0"), "3", ""},
			{"negative", v("-1"), "", "too-small"},
			{"typographic minus", v("−1"), "", "too-small"},
			{"not whole", v("2,5"), "", "whole"},
			{"text", v("zwei"), "", "number"},
			{"exponent", v("1e3"), "", "number"},
			{"Arabic digits", v("٣"), "", "number"},
			{"only a comma", v(","), "", "number"},
			{"wrong groups", v("1.23.456"), "", "number"},
			{"too big", v("1000001"), "", "too-big"},
			{"far too big", v(strings.Repeat("9", 30)), "", "number"},
		}},
		{`{"id":"f","type":"number","label":"F","decimals":2,"unit":"m","min":0.5}`, []fieldCase{
			{"comma", v("2,75"), "2,75\u00a0m", ""},
			{"dot", v("2.75"), "2,75\u00a0m", ""},
			{"with its unit", v("2,5 m"), "2,5\u00a0m", ""},
			{"three decimals", v("2,755"), "", "decimals"},
			{"below", v("0,4"), "", "too-small"},
		}},
		{`{"id":"f","type":"amount","label":"F"}`, []fieldCase{
			{"German", v("1.234,5"), "1.234,50\u00a0€", ""},
			{"with the sign", v("12 €"), "12,00\u00a0€", ""},
			{"dot before two digits", v("1234.50"), "1.234,50\u00a0€", ""},
			{"ambiguous", v("12,345"), "", "amount"},
			{"negative", v("-3"), "", "too-small"},
		}},
		{`{"id":"f","type":"date","label":"F","min":{"date":"1900-01-01"},"max":{"today":true}}`, []fieldCase{
			{"figures", date("3", "4", "2026"), "3. April 2026", ""},
			{"dots and zeros", date("03.", "04.", "2026"), "3. April 2026", ""},
			{"month by name", date("3.", "März", "2026"), "3. März 2026", ""},
			{"month without umlaut", date("3", "maerz", "2026"), "3. März 2026", ""},
			{"month abbreviated", date("3", "Sept.", "2026"), "3. September 2026", ""},
			{"Austrian January", date("3", "Jänner", "2026"), "3. Januar 2026", ""},
			{"all in the first box", date("3.4.2026", "", ""), "3. April 2026", ""},
			{"ISO in the first box", date("2026-04-03", "", ""), "3. April 2026", ""},
			{"leap day", date("29", "2", "2024"), "29. Februar 2024", ""},
			{"no leap day", date("29", "2", "2026"), "", "date-real"},
			{"31 April", date("31", "4", "2026"), "", "date-real"},
			{"day missing", date("", "4", "2026"), "", "date-day"},
			{"month missing", date("3", "", "2026"), "", "date-month"},
			{"month 13", date("3", "13", "2026"), "", "date-month"},
			{"no month", date("3", "Ma", "2026"), "", "date-month"},
			{"year in two digits", date("3", "4", "26"), "", "date-year"},
			{"all empty", date("", "", ""), "", "required-date"},
			{"tomorrow", date("22", "11", "2026"), "", "date-future"},
			{"today", date("21", "11", "2026"), "21. November 2026", ""},
			{"too early", date("31", "12", "1899"), "", "date-early"},
			{"unknown day without the setting", date("?", "4", "2026"), "", "date-day"},
		}},
		{`{"id":"f","type":"date","label":"F","partial":true,"max":{"today":true}}`, []fieldCase{
			{"year only", date("", "", "1931"), "1931 (Tag und Monat unbekannt)", ""},
			{"all empty, not whole", date("", "", ""), "", "required-partial"},
			{"month and year", date("00", "Mai", "1931"), "Mai 1931 (Tag unbekannt)", ""},
			{"day without month", date("5", "", "1931"), "", "date-month"},
			{"this month", date("", "11", "2026"), "November 2026 (Tag unbekannt)", ""},
			{"next month", date("", "12", "2026"), "", "date-future"},
			{"unknown in words", date("unbekannt", "unbekannt", "1931"), "1931 (Tag und Monat unbekannt)", ""},
		}},
		{`{"id":"f","type":"choice","label":"F","options":[{"code":"a","label":"Äpfel"},{"code":"b","label":"Birnen"}]}`, []fieldCase{
			{"a code", v("b"), "Birnen", ""},
			{"none", v(""), "", "required-choice"},
			{"a label is no code", v("Birnen"), "", "option"},
		}},
		{`{"id":"f","type":"choices","label":"F","options":[{"code":"a","label":"Äpfel"},{"code":"b","label":"Birnen"},{"code":"n","label":"Keine davon","exclusive":true}]}`, []fieldCase{
			{"two", url.Values{"f": {"a", "b"}}, "Äpfel / Birnen", ""},
			{"the same twice", url.Values{"f": {"a", "a"}}, "Äpfel", ""},
			{"none of them alone", url.Values{"f": {"n"}}, "Keine davon", ""},
			{"none of them and one", url.Values{"f": {"n", "a"}}, "", "exclusive"},
			{"unknown", url.Values{"f": {"z"}}, "", "option"},
			{"nothing", url.Values{}, "", "required-choices"},
		}},
		{`{"id":"f","type":"yesno","label":"F"}`, []fieldCase{
			{"yes", v("ja"), "Ja", ""}, {"no", v("nein"), "Nein", ""}, {"neither", v("vielleicht"), "", "option"}, {"nothing", url.Values{}, "", "required-choice"},
		}},
		{`{"id":"f","type":"email","label":"F"}`, []fieldCase{
			{"plain", v(" anna@post.example "), "anna@post.example", ""},
			{"domain in capitals", v("Anna@Post.Example"), "Anna@post.example", ""},
			{"umlaut domain", v("anna@bäcker.example"), "anna@bäcker.example", ""},
			{"pasted from a link", v("mailto:anna@post.example"), "anna@post.example", ""},
			{"in angle brackets", v("<anna@post.example>"), "anna@post.example", ""},
			{"no at", v("anna.post.example"), "", "email"},
			{"two ats", v("a@b@c.example"), "", "email"},
			{"no top level", v("anna@localhost"), "", "email"},
			{"a header behind it", v("anna@post.example\r\nBcc: x@y.example"), "", "control"},
			{"an address list", v("a@b.example,c@d.example"), "", "email"},
			{"IP address", v("anna@127.0.0.1"), "", "email"},
			{"local part too long", v(strings.Repeat("a", 65) + "@b.example"), "", "email"},
		}},
		{`{"id":"f","type":"phone","label":"F"}`, []fieldCase{
			{"national", v("02302/12 34 56"), "02302 123456", ""},
			{"international", v("+49 (0)2302 123456"), "02302 123456", ""},
			{"Austrian", v("+43 1 58858"), "+43 1 58858", ""},
			{"fiction", v("00000 123-456"), "00000123456", ""},
			{"without area code", v("12"), "", "phone"},
			{"words", v("ruf an"), "", "phone"},
			{"too long", v(strings.Repeat("1", 61)), "", "phone"},
		}},
		{`{"id":"f","type":"iban","label":"F","hint":"h"}`, []fieldCase{
			{"blocks of four", v("DE89 3704 0044 0532 0130 00"), "DE89 3704 0044 0532 0130 00", ""},
			{"small letters, odd blanks, prefix", v("IBAN: de89370400440532013000"), "DE89 3704 0044 0532 0130 00", ""},
			{"with no-break spaces", v("DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"), "DE89 3704 0044 0532 0130 00", ""},
			{"Austria", v("AT61 1904 3002 3457 3201"), "AT61 1904 3002 3457 3201", ""},
			{"Netherlands", v("NL91ABNA0417164300"), "NL91 ABNA 0417 1643 00", ""},
			{"Malta, the longest", v("MT84MALT011000012345MTLCAST001S"), "MT84 MALT 0110 0001 2345 MTLC AST0 01S", ""},
			{"Norway, the shortest", v("NO9386011117947"), "NO93 8601 1117 947", ""},
			{"one digit wrong", v("DE89370400440532013001"), "", "iban-check"},
			{"two digits swapped", v("DE89370400440532010300"), "", "iban-check"},
			{"too short", v("DE8937040044053201300"), "", "iban-length"},
			{"outside SEPA", v("TR330006100519786457841326"), "", "iban-country"},
			{"an account number", v("532013000"), "", "iban"},
			{"umlaut", v("DE89ä70400440532013000"), "", "iban"},
		}},
		{`{"id":"f","type":"plate","label":"F","hint":"h"}`, []fieldCase{
			{"typed properly", v("UN-AB 123"), "UN-AB 123", ""},
			{"electric", v("un ab 123 e"), "UN-AB 123E", ""},
			{"historic", v("M-XY 12H"), "M-XY 12H", ""},
			{"umlaut district", v("kün-a 5"), "KÜN-A 5", ""},
			{"only one way to read it", v("WUNAB12"), "WUN-AB 12", ""},
			{"two ways", v("BAB123"), "", "plate-split"},
			{"old plates warn", v("WEB-A 12"), "WEB-A 12", "plate-odd"},
			{"a sign that came back", v("XYZ-A 12"), "XYZ-A 12", "plate-odd"},
			{"official", v("THW-80123"), "THW-80123", "plate-odd"},
			{"invented Kreis", v("mul-ms 418"), "MUL-MS 418", ""},
			{"season", v("UN-AB 123 04/10"), "", "plate-season"},
			{"words", v("mein Auto"), "", "plate"},
			{"empty", v(""), "", "required"},
		}},
		{`{"id":"f","type":"consent","label":"F","version":"7","text":["Text"]}`, []fieldCase{
			{"ticked", v("ja"), "Zugestimmt am 21. November 2026 um 09:30 Uhr", ""}, {"not ticked", url.Values{}, "", "required-consent"}, {"something else", v("on"), "", "option"},
		}},
		{`{"id":"f","type":"quantities","label":"F","maxTotal":5,"minTotal":2,"options":[{"code":"sofa","label":"Sofa","max":4},{"code":"stuhl","label":"Stuhl"}]}`, []fieldCase{
			{"two kinds", url.Values{"f-sofa": {"1"}, "f-stuhl": {" 2x "}}, "1 × Sofa / 2 × Stuhl", ""},
			{"zeros count as nothing", url.Values{"f-sofa": {"0"}, "f-stuhl": {""}}, "", "required-items"},
			{"too many of one", url.Values{"f-sofa": {"5"}}, "", "items-number"},
			{"negative", url.Values{"f-sofa": {"-1"}}, "", "items-number"},
			{"half a sofa", url.Values{"f-sofa": {"0,5"}}, "", "items-number"},
			{"too many in all", url.Values{"f-sofa": {"4"}, "f-stuhl": {"2"}}, "", "items-total"},
			{"too few in all", url.Values{"f-sofa": {"1"}}, "", "items-few"},
			{"huge", url.Values{"f-stuhl": {"99999999999999999999"}}, "", "items-number"},
		}},
	} {
		d := oneField(t, group.field)
		f := d.Field("f")
		for _, c := range group.cases {
			t.Run(fmt.Sprintf("%s: %s", f.Type, c.name), func(t *testing.T) { checkField(t, d, e, c) })
		}
	}
}

type fieldCase struct {
	name string
	in   url.Values
	want string // as shown, lines joined by " / "
	code string
}

func checkField(t *testing.T, d *Definition, e Env, c fieldCase) {
	t.Helper()
	a, problems := send(d, e, c.in)
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
		if p.Text == "" || strings.ContainsAny(p.Text, "{}") || p.Page != "s" || p.Field != "f" {
			t.Errorf("problem %+v", p)
		}
		page, _ := d.Page("s", a, e)
		if !slices.ContainsFunc(page.Fields[0].Inputs, func(i Input) bool { return i.Name == p.Input }) && d.Field("f").Type != Choices {
			t.Errorf("problem links to %q, which is no input of the page", p.Input)
		}
	}
	if got := strings.Join(codes, " "); got != c.code {
		t.Fatalf("problems %q, want %q", got, c.code)
	}
	a = stored(t, a)
	if c.want == "" {
		if a["f"].answered() {
			t.Errorf("refused, yet stored as an answer")
		}
		if !Blocks(d.Check(a, e)) {
			t.Error("submission would take what the page refused")
		}
		if p, _ := d.Page("s", a, e); c.code != "too-large" && c.code != "utf8" && c.code != "several" {
			kept := map[string]string{}
			for _, in := range p.Fields[0].Inputs {
				kept[in.Name] = in.Value
			}
			for name, typed := range c.in {
				if _, has := kept[name]; has && d.Field("f").Type != Choice && d.Field("f").Type != YesNo && d.Field("f").Type != Consent && strings.Trim(typed[0], " 0") != "" && kept[name] != typed[0] {
					t.Errorf("what was typed in %s is lost: %q", name, kept[name])
				}
			}
		}
		return
	}
	rows := d.Summary(a, e)[0].Rows
	if got := strings.Join(rows[0].Text, " / "); got != c.want {
		t.Errorf("shown as %q, want %q", got, c.want)
	}
	if Blocks(d.Check(a, e)) {
		t.Errorf("taken by the page, refused on submission: %+v", d.Check(a, e))
	}
	// what the page shows again is taken again and gives the same
	page, _ := d.Page("s", a, e)
	again := url.Values{}
	for _, in := range page.Fields[0].Inputs {
		if in.Value != "" {
			again.Set(in.Name, in.Value)
		}
	}
	for _, o := range page.Fields[0].Options {
		if o.Chosen {
			if d.Field("f").Type != Choices {
				again.Del("f")
			}
			again.Add("f", o.Code)
		}
	}
	b, problems := d.Accept("s", again, nil, a, e)
	if Blocks(problems) || string(must1(json.Marshal(b["f"]))) != string(must1(json.Marshal(a["f"]))) {
		t.Errorf("sent again from the page it becomes %s, was %s; %+v", must1(json.Marshal(b["f"])), must1(json.Marshal(a["f"])), problems)
	}
}

func TestAddress(t *testing.T) {
	e := testEnv(t, "2026-11-21")
	home := `{"id":"f","type":"address","label":"Anschrift"}`
	abroad := `{"id":"f","type":"address","label":"Anschrift","abroad":true}`
	in := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set("f-"+pairs[i], pairs[i+1])
		}
		return v
	}
	for _, c := range []struct {
		name, field string
		in          url.Values
		code, input string
		lines, ars  string
	}{
		{"one place: filled in", home, in("strasse", "Am Wall", "hausnummer", "3 b", "plz", "00101"), "", "", "Am Wall 3 b / 00101 Torhausen", "990010001001"},
		{"an own spelling of the place stays", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00101", "ort", "Torhausen-Süd"), "", "", "Am Wall 3 / 00101 Torhausen-Süd", "990010001001"},
		{"two places: ask", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00103"), "address-several", "f-ags", "", ""},
		{"two places, named", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00103", "ort", "birkenrode"), "", "", "Am Wall 3 / 00103 Birkenrode", "990010001004"},
		{"two places, picked", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00103", "ags", "99001003"), "", "", "Am Wall 3 / 00103 Aulenried", "990010001003"},
		{"picked a place of another PLZ", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00103", "ags", "99001001"), "address-several", "f-ags", "", ""},
		{"unknown PLZ warns", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "12345", "ort", "Irgendwo"), "address-unknown", "f-plz", "Am Wall 3 / 12345 Irgendwo", ""},
		{"PLZ with blanks and country", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "D-00 101"), "", "", "Am Wall 3 / 00101 Torhausen", "990010001001"},
		{"PLZ of four digits", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "1010", "ort", "Wien"), "address-plz", "f-plz", "", ""},
		{"street missing", home, in("hausnummer", "3", "plz", "00101"), "address-street", "f-strasse", "", ""},
		{"number missing", home, in("strasse", "Am Wall", "plz", "00101"), "address-number", "f-hausnummer", "", ""},
		{"place missing", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "12345"), "address-place", "f-ort", "", ""},
		{"nothing", home, in("strasse", " "), "required", "f-strasse", "", ""},
		{"emoji in the place", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "12345", "ort", "Ort 😀"), "characters", "f-ort", "", ""},
		{"control character in the street", home, in("strasse", "Am\x07Wall", "hausnummer", "3", "plz", "00101"), "control", "f-strasse", "", ""},
		{"street too long", home, in("strasse", strings.Repeat("a", 101), "hausnummer", "3", "plz", "00101"), "too-long", "f-strasse", "", ""},
		{"a country where none is asked", home, in("strasse", "Am Wall", "hausnummer", "3", "plz", "1060", "ort", "Wien", "land", "Österreich"), "input-unknown", "", "", ""},
		{"abroad", abroad, in("strasse", "Gasse", "hausnummer", "7", "plz", "1060", "ort", "Wien", "land", "Österreich"), "", "", "Gasse 7 / 1060 Wien / Österreich", ""},
		{"abroad without a number", abroad, in("strasse", "Rose Cottage", "plz", "EH1 1AA", "ort", "Edinburgh", "land", "Schottland"), "", "", "Rose Cottage / EH1 1AA Edinburgh / Schottland", ""},
		{"Germany named as country", abroad, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00101", "land", "deutschland"), "", "", "Am Wall 3 / 00101 Torhausen", "990010001001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := oneField(t, c.field)
			a, problems := send(d, e, c.in)
			code, input := "", ""
			if len(problems) > 0 {
				code, input = problems[0].Code, problems[0].Input
			}
			if code != c.code || input != c.input || len(problems) > 1 {
				t.Fatalf("problems %+v, want %s at %s", problems, c.code, c.input)
			}
			if c.lines == "" {
				if a["f"].answered() {
					t.Error("refused, yet stored")
				}
				return
			}
			if got := strings.Join(a["f"].Address.Lines(), " / "); got != c.lines || a["f"].Address.ARS != c.ars {
				t.Errorf("stored %q with ARS %q", got, a["f"].Address.ARS)
			}
		})
	}
	d := oneField(t, home)
	a, _ := send(d, e, in("strasse", "Am Wall", "hausnummer", "3", "plz", "00103"))
	p, _ := d.Page("s", a, e)
	last := p.Fields[0].Inputs[len(p.Fields[0].Inputs)-1]
	if last.Name != "f-ags" || len(last.Options) != 2 || last.Options[1].Label != "Birkenrode" {
		t.Errorf("the page does not ask for the place: %+v", last)
	}
}

func TestFiles(t *testing.T) {
	d := oneField(t, `{"id":"f","type":"file","label":"Schein","hint":"h","file":{"kinds":["pdf","jpg"],"maxBytes":1000000,"maxCount":2},"proof":{"what":"x","later":true}}`)
	e := testEnv(t, "2026-11-21")
	pdf := File{ID: "1", Name: "a.pdf", Type: "application/pdf", Size: 5000, SHA256: "aa"}
	jpg := File{ID: "2", Name: "b.jpg", Type: "image/jpeg", Size: 5000, SHA256: "bb"}
	accept := func(a Answers, in url.Values, files ...File) (Answers, string) {
		a, problems := d.Accept("s", in, map[string][]File{"f": files}, a, e)
		codes := ""
		for _, p := range problems {
			codes += p.Code + " "
		}
		return stored(t, a), strings.TrimSpace(codes)
	}
	ids := func(a Answers) (out string) {
		for _, f := range a.Files() {
			out += f.ID
		}
		return out
	}
	a, code := accept(Answers{}, nil)
	if code != "required-proof" {
		t.Fatal(code)
	}
	a, code = accept(a, nil, pdf)
	if code != "" || ids(a) != "1" {
		t.Fatal(code, ids(a))
	}
	b, code := accept(a, nil, File{ID: "9", Name: "x.exe", Type: "application/x-msdownload", Size: 10})
	if code != "file-kind" || ids(b) != "1" {
		t.Error("a program was taken, or took the good file with it:", code, ids(b))
	}
	if _, code = accept(a, nil, File{ID: "9", Name: "x.pdf", Type: "application/pdf", Size: 1000001}); code != "file-size" {
		t.Error(code)
	}
	if _, code = accept(a, nil, File{ID: "9", Name: "x.pdf", Type: "application/pdf"}); code != "file-empty" {
		t.Error(code)
	}
	a, code = accept(a, nil, jpg)
	if code != "" || ids(a) != "12" {
		t.Fatal(code, ids(a))
	}
	if b, code = accept(a, nil, File{ID: "3", Name: "c.pdf", Type: "application/pdf", Size: 1}); code != "file-count" || ids(b) != "12" {
		t.Error(code, ids(b))
	}
	a, code = accept(a, url.Values{"f-entfernen": {"1"}})
	if code != "" || ids(a) != "2" {
		t.Error(code, ids(a))
	}
	a, code = accept(a, url.Values{"f-entfernen": {"2"}, "f-statt": {"later"}})
	if code != "" || a["f"].Promise != "later" {
		t.Error(code, a["f"].Promise)
	}
	if _, code = accept(Answers{}, url.Values{"f-statt": {"post"}}); code != "promise" {
		t.Error("a way that the form does not offer was taken:", code)
	}
	if _, problems := d.Accept("s", nil, map[string][]File{"other": {pdf}}, Answers{}, e); len(problems) != 1 || problems[0].Code != "input-unknown" {
		t.Error("a file for a field that does not exist was taken:", problems)
	}
}

func TestConsentKeepsVersionAndFirstTime(t *testing.T) {
	field := `{"id":"f","type":"consent","label":"F","version":"%s","text":["Text"]}`
	d := oneField(t, fmt.Sprintf(field, "1"))
	e := testEnv(t, "2026-11-21")
	a, _ := send(d, e, url.Values{"f": {"ja"}})
	if a["f"].Version != "1" || !a["f"].At.Equal(e.Now) {
		t.Fatal("version or time is missing")
	}
	e.Now = e.Now.Add(time.Hour)
	b, _ := d.Accept("s", url.Values{"f": {"ja"}}, nil, a, e)
	if !b["f"].At.Equal(*a["f"].At) {
		t.Error("sending the page again moved the time of consent")
	}
	newer := oneField(t, fmt.Sprintf(field, "2"))
	if p := newer.Check(a, e); len(p) != 1 || p[0].Code != "consent-new" {
		t.Errorf("consent to an older text counts for the new one: %+v", p)
	}
	if page, _ := newer.Page("s", a, e); page.Fields[0].Options[0].Chosen {
		t.Error("the box for the new text is ticked already")
	}
	if page, _ := d.Page("s", Answers{}, e); page.Fields[0].Options[0].Chosen {
		t.Error("the box is ticked before the person did")
	}
}

func TestPrefillIsShownAndNotStored(t *testing.T) {
	d := oneField(t, `{"id":"f","type":"text","label":"F","prefill":"vorname"},{"id":"g","type":"date","label":"G","prefill":"geburtsdatum"},{"id":"h","type":"address","label":"H","prefill":"anschrift"}`)
	e := testEnv(t, "2026-11-21")
	e.Person = map[string]string{"vorname": "Anna", "geburtsdatum": "1988-04-07", "strasse": "Am Wall", "hausnummer": "1", "plz": "00101", "ort": "Torhausen"}
	p, _ := d.Page("s", Answers{}, e)
	var got []string
	for _, f := range p.Fields {
		for _, in := range f.Inputs {
			got = append(got, in.Value)
		}
	}
	if want := "Anna|7|4|1988|Am Wall|1||00101|Torhausen"; strings.Join(got, "|") != want {
		t.Errorf("prefilled %s", strings.Join(got, "|"))
	}
	if p.State != Open || !Blocks(d.Check(Answers{}, e)) {
		t.Error("what is only prefilled counts as answered")
	}
	a, _ := send(d, e, url.Values{"f": {""}})
	if p, _ = d.Page("s", a, e); p.Fields[0].Inputs[0].Value != "" {
		t.Error("a field that the person emptied is filled again")
	}
}
