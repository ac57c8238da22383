package xzufi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// only23 names the fields that are read from 2.3 and not written to 2.2.
var only23 = map[string]bool{"Zugangskanal": true, "Pflicht": true, "Maschinell": true, "StatusKatalog": true, "StatusBibliothek": true}

// draw fills every field of a struct with something that the standard can
// carry, so that a field added later is part of the property by itself.
func draw(t *rapid.T, v reflect.Value, field string) {
	switch v.Interface().(type) {
	case time.Time:
		if rapid.Bool().Draw(t, "time") {
			v.Set(reflect.ValueOf(time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")).UTC()))
		}
		return
	case Betrag:
		if rapid.Bool().Draw(t, "amount") {
			v.Set(reflect.ValueOf(Betrag{rapid.Int64Range(0, 1e12).Draw(t, "cents"), "EUR"}))
		}
		return
	case Text:
		v.Set(reflect.ValueOf(Text{rapid.SampledFrom([]string{"de", "en", "de-leicht", ""}).Draw(t, "lang"), text(t, field)}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); !only23[f.Name] {
				draw(t, v.Field(i), f.Name)
			}
		}
	case reflect.Slice:
		n := rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "n")
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i), field)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "set") {
			b := rapid.Bool().Draw(t, "flag")
			v.Set(reflect.ValueOf(&b))
		}
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(0, 1000).Draw(t, field)))
	case reflect.String:
		switch v.Interface().(type) {
		case Strukturtyp:
			v.SetString(string(rapid.SampledFrom([]Strukturtyp{LO, LOV, LOVD}).Draw(t, "shape")))
			return
		case Kostenart:
			v.SetString(string(rapid.SampledFrom([]Kostenart{"", KostenFix, KostenFrei, KostenVariabel}).Draw(t, "kind")))
			return
		}
		switch {
		case field == "URI" || field == "Link" || field == "AnfahrtURI":
			v.SetString("https://www.example.de/" + rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "path"))
		case strings.HasPrefix(field, "Einheit"):
			v.SetString(rapid.SampledFrom([]string{"", "TAG", "WOCHE"}).Draw(t, "unit"))
		case field == "Tag":
			v.SetString(rapid.SampledFrom([]string{"MO", "SO"}).Draw(t, "day"))
		default:
			v.SetString(text(t, field))
		}
	default:
		t.Fatalf("no rule for a %s", v.Type())
	}
}

// text gives words as the reader leaves them: trimmed, and without markup
// where HTML is allowed sanitising changes nothing.
func text(t *rapid.T, field string) string {
	word := rapid.SampledFrom([]string{"Straße", "ﬁne", "a b", "<", "&", "]]>", `"x"`, "'", "\t", "\r", "\n", "€", "𝔘", "<p>Wort</p>", "&amp;"})
	s := strings.TrimSpace(strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, field), ""))
	s = strings.Trim(SanitizeHTML(s), " \t\r\n")
	if s == "" || PlainText(s) == "" {
		return "Wort"
	}
	return s
}

func object(t *rapid.T) Object {
	o, _ := blank(Schreibe, string(rapid.SampledFrom([]Kind{
		KindLeistung, KindOrganisationseinheit, KindOnlinedienst, KindZustaendigkeit, KindSpezialisierung,
	}).Draw(t, "kind")))
	if rapid.IntRange(0, 9).Draw(t, "op") == 0 {
		o.Op = Loesche
		for _, p := range []any{o.Leistung, o.Organisationseinheit, o.Onlinedienst, o.Zustaendigkeit, o.Spezialisierung} {
			if v := reflect.ValueOf(p); !v.IsNil() {
				draw(t, v.Elem().FieldByName("ID"), "ID")
			}
		}
		return o
	}
	for _, p := range []any{o.Leistung, o.Organisationseinheit, o.Onlinedienst, o.Zustaendigkeit, o.Spezialisierung} {
		if v := reflect.ValueOf(p); !v.IsNil() {
			draw(t, v.Elem(), "")
		}
	}
	settle(o)
	return o
}

// settle makes the object one that means something: a name, and of each choice
// only what belongs to it.
func settle(o Object) {
	name := Texts{{"de", "Name"}}
	switch o.Kind() {
	case KindLeistung:
		o.Leistung.Texte = append(o.Leistung.Texte, Textmodul{Code: TextBezeichnung, Inhalt: name})
		settleModule(&o.Leistung.Module)
	case KindSpezialisierung:
		settleModule(&o.Spezialisierung.Module)
	case KindOrganisationseinheit:
		o.Organisationseinheit.Name.Name = name
	case KindOnlinedienst:
		o.Onlinedienst.Bezeichnung = name
	}
}

func settleModule(m *Module) {
	for i := range m.Kosten.Kosten {
		k := &m.Kosten.Kosten[i]
		if k.Art != KostenFix {
			k.Betrag = Betrag{}
		}
		if k.Art != KostenVariabel {
			k.Von, k.Bis = Betrag{}, Betrag{}
		}
		if k.Art != KostenVariabel && k.Art != KostenFrei {
			k.Erlaeuterung = nil
		}
	}
}

func TestReadingWhatWasWrittenGivesEqualObjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(object), 1, 3).Draw(t, "objects")
		var file bytes.Buffer
		head := Header{NachrichtUUID: "u", ErstelltAm: time.Unix(1, 0).UTC(), Sender: "S & T", Empfaenger: "E", TransaktionID: "7", TransaktionPosition: 1}
		w := NewWriter(&file, head)
		for _, o := range want {
			if err := w.Write(o); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r := NewReader(&file)
		got, broken, end := readAll(r)
		if end != io.EOF || len(broken) > 0 {
			t.Fatalf("broken %v, end %v", broken, end)
		}
		for i := range got {
			got[i].Line = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(head, r.Header()); diff != "" {
			t.Fatal(diff)
		}
		if s := r.Stats(); len(s.Unknown) > 0 || s.BadValues > 0 || s.DroppedLinks > 0 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestForeignFileSurvivesASecondTransfer(t *testing.T) {
	first, _, _ := readAll(NewReader(bytes.NewReader(openSample(t))))
	var file bytes.Buffer
	w := NewWriter(&file, Header{})
	for _, o := range first {
		if err := w.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	second, broken, end := readAll(NewReader(&file))
	if len(broken) > 0 || end != io.EOF {
		t.Fatal(broken, end)
	}
	for i := range first {
		first[i].Line, second[i].Line = 0, 0
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestWriterWritesCodesUnqualifiedAndAllElseQualified(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file, Header{Sender: "S"})
	objects, _, _ := readAll(NewReader(bytes.NewReader(openSample(t))))
	for _, o := range objects {
		if err := w.Write(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(&file)
	parents := []string{}
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			want := Namespace
			if tok.Name.Local == "code" || tok.Name.Local == "name" && parents[len(parents)-1] != "name" && parents[len(parents)-1] != "organisationseinheit" {
				want = ""
			}
			if tok.Name.Space != want {
				t.Errorf("%v/%s is in %q", parents, tok.Name.Local, tok.Name.Space)
			}
			parents = append(parents, tok.Name.Local)
		case xml.EndElement:
			parents = parents[:len(parents)-1]
		}
	}
}

func TestWriterRefusesWhatAReaderWouldAndStaysUsable(t *testing.T) {
	var file bytes.Buffer
	w := NewWriter(&file, Header{})
	for _, o := range []Object{
		{},
		{Op: Schreibe},
		{Op: Schreibe, Leistung: &Leistung{}},
		{Op: Schreibe, Leistung: &Leistung{ID: Identifikator{Value: "1"}}},
		{Op: Loesche, Onlinedienst: &Onlinedienst{}},
		{Op: "", Leistung: &Leistung{ID: Identifikator{Value: "1"}, Module: Module{Texte: []Textmodul{{Code: "02", Inhalt: Texts{{"de", "x"}}}}}}},
	} {
		var oe *ObjectError
		if err := w.Write(o); !errors.As(err, &oe) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	name := Texts{{"de", "Amt\x00 \xff\u0007für Alles"}}
	if err := w.Write(Object{Op: Schreibe, Organisationseinheit: &Organisationseinheit{ID: Identifikator{Value: "O"}, Name: Name{Name: name}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Object{Op: Schreibe}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	objects, broken, end := readAll(NewReader(&file))
	if len(objects) != 1 || len(broken) > 0 || end != io.EOF {
		t.Fatal(objects, broken, end)
	}
	if got := objects[0].Organisationseinheit.Name.Name.In("de"); got != "Amt für Alles" {
		t.Errorf("%q", got)
	}
}

func TestWriterKeepsTheFirstErrorOfItsTarget(t *testing.T) {
	w := NewWriter(broken{}, Header{})
	big := strings.Repeat("x", 40<<10)
	o := Object{Op: Schreibe, Organisationseinheit: &Organisationseinheit{ID: Identifikator{Value: big}, Name: Name{Name: Texts{{"de", big}}}}}
	if err := w.Write(o); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// FuzzRead: whatever comes, the reader ends, gives only whole objects, and what
// it gives can be written and read again unchanged.
func FuzzRead(f *testing.F) {
	sample := openSample(f)
	f.Add(sample)
	f.Add(sample[:len(sample)/2])
	f.Add([]byte(fileHead + good("A") + good("B") + fileTail))
	f.Add([]byte(fileHead + good("A") + "<x:schreibe><x:leistung></x:schreibe>" + good("B") + fileTail))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a/>`))
	f.Add([]byte("\xff\xfe<\x00a\x00>\x00"))
	f.Add([]byte(`<leistung xmlns="http://xoev.de/schemata/xzufi/2_2_0"><id>a</id>`))
	f.Add([]byte(fileHead + strings.Repeat("<x:schreibe>", 50) + "<<<>>>" + fileTail))
	f.Add([]byte(fileHead + good("A&#0;") + good("<![CDATA[x]]>") + "<x:loesche><x:leistungID>1</x:leistungID></x:loesche>" + fileTail))
	limits := Limits{Object: 64 << 10, Text: 16 << 10, Elements: 2000}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, tolerant := range []bool{false, true} {
			r := Config{Tolerant: tolerant, Limits: limits}.NewReader(bytes.NewReader(file))
			objects, broken, end := readAll(r)
			var fe *FileError
			if end != io.EOF && !errors.As(end, &fe) {
				t.Fatalf("end %v", end)
			}
			if _, err := r.Next(); !errors.Is(err, end) {
				t.Fatalf("after the end: %v", err)
			}
			for _, b := range broken {
				if b.Reason == "" || b.Line < 1 || !utf8.ValidString(b.Error()) {
					t.Fatalf("%+v", b)
				}
			}
			var again bytes.Buffer
			w := NewWriter(&again, r.Header())
			for _, o := range objects {
				if o.Line < 1 {
					t.Fatalf("object without line: %+v", o)
				}
				if err := w.Write(o); err != nil {
					t.Fatalf("an object that was read cannot be written: %v", err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			second, lost, end := readAll(NewReader(bytes.NewReader(again.Bytes())))
			if len(lost) > 0 || end != io.EOF {
				t.Fatalf("lost %v, end %v\n%s", lost, end, again.Bytes())
			}
			for i := range objects {
				objects[i].Line, second[i].Line = 0, 0
			}
			if diff := cmp.Diff(objects, second); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
