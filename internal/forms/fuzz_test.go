package forms

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: no definition, however broken, panics, and what is taken can be run and written.
func FuzzParse(f *testing.F) {
	for _, id := range demoForms {
		data, err := os.ReadFile(filepath.Join("..", "app", "demo", "forms", id+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	v, _, _ := readVectors(f)
	f.Add([]byte(v.Form))
	for _, c := range v.Cases {
		f.Add(form(choiceStep + `,{"id":"b","title":"B","when":` + string(c.Expr) + `,"fields":[{"id":"t","type":"text","label":"T"}]}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, findings := Parse(data)
		if d == nil {
			if !Failed(findings) {
				t.Fatal("refused without a reason")
			}
			return
		}
		e := testEnv(t, "2026-11-21")
		for _, p := range d.Journey(Answers{}, e) {
			a, _ := d.Accept(p.ID, url.Values{}, nil, Answers{}, e)
			d.Check(a, e)
			d.Summary(a, e)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzAccept: whatever a browser sends, nothing panics, the draft can be stored, and what the page takes is what the
// submission takes.
func FuzzAccept(f *testing.F) {
	for i, id := range demoForms {
		s, _ := readSample(f, id)
		for _, p := range s.Pages {
			f.Add(i, p.Page, p.In.Encode())
		}
	}
	f.Add(0, "hunde/1", "name=%FF&wurfdatum-jahr=99999999999999999999")
	f.Add(1, "gegenstaende", "gegenstaende-sofa=9223372036854775808")
	f.Add(2, "fahrzeug", "kennzeichen=%C3%9C%C3%9C%C3%9C-1&kennzeichen=2")
	var defs []*Definition
	for _, id := range demoForms {
		defs = append(defs, demoForm(f, id))
	}
	f.Fuzz(func(t *testing.T, form int, page, query string) {
		d := defs[uint(form)%uint(len(defs))]
		in, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		s, e := readSample(t, d.ID)
		e.Params = s.Params
		a, problems := d.Accept(page, in, nil, Answers{}, e)
		for _, p := range problems {
			if p.Text == "" {
				t.Fatalf("%+v", p)
			}
		}
		a = stored(t, a)
		p, known := d.Page(page, a, e)
		if known && len(problems) == 0 && p.Kind != PageOverview && p.Kind != PageExit && p.State != Done {
			t.Fatalf("page %s took everything and is %s", page, p.State)
		}
		d.Journey(a, e)
		d.Check(a, e)
		d.Summary(a, e)
		if x, err := d.Export(a, e); err == nil {
			if err := xml.Unmarshal(must1(x.XML()), new(Export)); err != nil {
				t.Fatal(err)
			}
			must1(x.JSON())
		}
	})
}

// FuzzAnswers: a stored draft from anywhere is looked at without harm.
func FuzzAnswers(f *testing.F) {
	d := demoForm(f, "hundesteuer-anmeldung")
	s, e := readSample(f, d.ID)
	f.Add(must1(json.Marshal(fill(f, d, s, e))))
	f.Add([]byte(`{"hunde":{"t":"group","e":[{"k":1,"a":null},{"k":1,"a":{"wurfdatum":{"t":"date","s":"x-00-00"}}}]},"anschrift":{"t":"address"},"iban":{"t":"iban","s":"D"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a Answers
		if json.Unmarshal(data, &a) != nil {
			return
		}
		for _, p := range d.Journey(a, e) {
			d.Accept(p.ID, url.Values{"weitere": {"nein"}}, nil, a, e)
		}
		d.Check(a, e)
		d.Summary(a, e)
		if x, err := d.Export(a, e); err == nil {
			must1(x.JSON())
			must1(x.XML())
		}
	})
}
