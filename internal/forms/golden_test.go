package forms

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is one filled in form, page by page, as a browser sends it.
type sample struct {
	Today  string
	Params map[string]any
	Pages  []struct {
		Page  string
		In    url.Values
		Files map[string][]File
	}
}

func readSample(t testing.TB, id string) (sample, Env) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "samples", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	e := testEnv(t, s.Today)
	e.Params = s.Params
	return s, e
}

// testEnv is a Kreis with three PLZ, one of which means two places.
func testEnv(t testing.TB, today string) Env {
	t.Helper()
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string][]Place{
		"00101": {{Name: "Torhausen", AGS: "99001001", ARS: "990010001001"}},
		"00102": {{Name: "Lindenbrück", AGS: "99001002", ARS: "990010001002"}},
		"00103": {{Name: "Aulenried", AGS: "99001003", ARS: "990010001003"}, {Name: "Birkenrode", AGS: "99001004", ARS: "990010001004"}},
	}
	return Env{Today: day, Now: day.Add(9*time.Hour + 30*time.Minute), Signs: []string{"MUL"},
		Places: func(plz string) []Place { return places[plz] }}
}

// fill sends every page of a sample and stores the answers as JSON in between, as a draft does.
func fill(t testing.TB, d *Definition, s sample, e Env) Answers {
	t.Helper()
	a := Answers{}
	for i, p := range s.Pages {
		next, problems := d.Accept(p.Page, p.In, p.Files, a, e)
		if Blocks(problems) {
			t.Fatalf("page %s: %+v", p.Page, problems)
		}
		a = stored(t, next)
		if i+1 < len(s.Pages) {
			if follow := d.Follow(p.Page, p.In, a, e); follow != s.Pages[i+1].Page {
				t.Fatalf("after %s comes %s, want %s", p.Page, follow, s.Pages[i+1].Page)
			}
		}
	}
	return a
}

func stored(t testing.TB, a Answers) Answers {
	t.Helper()
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Answers
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("answers change when they are stored:\n%s\n%s", data, again)
	}
	return back
}

func TestGolden(t *testing.T) {
	for _, id := range demoForms {
		t.Run(id, func(t *testing.T) {
			d := demoForm(t, id)
			s, e := readSample(t, id)
			a := fill(t, d, s, e)
			if problems := d.Check(a, e); Blocks(problems) {
				t.Fatalf("a filled in form has problems: %+v", problems)
			}
			golden(t, id+".txt", []byte(summaryText(t, d, a, e)))
			x, err := d.Export(a, e)
			if err != nil {
				t.Fatal(err)
			}
			js, err := x.JSON()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, id+".json", js)
			doc, err := x.XML()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, id+".xml", doc)
			var back Export
			if err := xml.Unmarshal(doc, &back); err != nil {
				t.Fatal(err)
			}
			if again, _ := back.JSON(); !bytes.Equal(again, js) {
				t.Errorf("JSON and XML say different things:\n%s\n%s", js, again)
			}
			final := d.Final(a, e)
			if got, want := summaryText(t, d, final, e), summaryText(t, d, a, e); got != want {
				t.Errorf("the summary of the final answers differs:\n%s", got)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", name, got)
	}
}

func summaryText(t testing.TB, d *Definition, a Answers, e Env) string {
	t.Helper()
	var b strings.Builder
	for _, s := range d.Summary(a, e) {
		fmt.Fprintf(&b, "## %s [%s]\n", s.Title, s.Page)
		for _, r := range s.Rows {
			fmt.Fprintf(&b, "%s: %s  (%s#%s, %s)\n", r.Label, strings.Join(r.Text, " / "), r.Page, r.Input, r.Register)
		}
	}
	total, lines, err := d.Fee(a, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		fmt.Fprintf(&b, "%d × %s je %s = %s\n", l.Quantity, l.Label, l.Unit, l.Amount)
	}
	fmt.Fprintf(&b, "= %s\n", total)
	return b.String()
}
