package forms

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

type vectors struct {
	Today    string
	Holidays []string
	Params   map[string]any
	Form     json.RawMessage
	Answers  map[string]Answers
	Cases    []struct {
		Name, With string
		Expr, Want json.RawMessage
	}
	Refused []struct {
		Name string
		Expr json.RawMessage
	}
}

func readVectors(t testing.TB) (vectors, *Definition, Env) {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	d, findings := Parse(v.Form)
	if d == nil {
		t.Fatal(findings)
	}
	e := testEnv(t, v.Today)
	e.Params = v.Params
	e.Holidays = func(day time.Time) bool { return slices.Contains(v.Holidays, day.Format(time.DateOnly)) }
	return v, d, e
}

// bindAt reads and binds an expression as if it stood at the end of the form.
func bindAt(d *Definition, data []byte) (*Expr, []string) {
	var x *Expr
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, []string{err.Error()}
	}
	if x == nil {
		return nil, []string{"null"}
	}
	b := &binder{d: d}
	b.bind(x)
	return x, b.errs
}

func TestVectors(t *testing.T) {
	v, d, e := readVectors(t)
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			x, errs := bindAt(d, c.Expr)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			with := c.With
			if with == "" {
				with = "full"
			}
			r := newRun(d, v.Answers[with], e)
			got := r.eval(x, place{})
			if string(c.Want) == `{"error":true}` || string(c.Want) == `{ "error": true }` {
				if r.err == nil || got.k != kMissing {
					t.Fatalf("got %v, want an error", got)
				}
				return
			}
			if r.err != nil {
				t.Fatal(r.err)
			}
			want := missing
			if string(c.Want) != "null" {
				var w *Expr
				if err := json.Unmarshal(c.Want, &w); err != nil {
					t.Fatal(err)
				}
				want = w.lit
			}
			if got.k != want.k || got.n != want.n || got.s != want.s || !slices.Equal(got.l, want.l) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if got.k != kMissing && got.k != x.typ {
				t.Errorf("the type checker promised %s, the result is %s", kindNames[x.typ], kindNames[got.k])
			}
			written, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			if again, errs := bindAt(d, written); len(errs) > 0 || !bytes.Equal(must1(json.Marshal(again)), written) {
				t.Errorf("written as %s it reads as something else (%v)", written, errs)
			}
			if s := x.Explain(); s == "" || strings.Contains(s, "map[") || strings.Contains(s, "%!") {
				t.Errorf("explained as %q", s)
			}
		})
	}
}

func must1(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestRefusedExpressions(t *testing.T) {
	v, d, _ := readVectors(t)
	for _, c := range v.Refused {
		if _, errs := bindAt(d, c.Expr); len(errs) == 0 {
			t.Errorf("%s was taken: %s", c.Name, c.Expr)
		}
	}
}

func TestExpressionsAreBounded(t *testing.T) {
	deep := strings.Repeat(`{"not":`, maxExprDepth) + "true" + strings.Repeat("}", maxExprDepth)
	if err := new(Expr).UnmarshalJSON([]byte(deep)); err == nil {
		t.Error("a tree that is too deep was taken")
	}
	wide := `{"add":[` + strings.TrimSuffix(strings.Repeat("1,", maxExprNodes), ",") + `]}`
	if err := new(Expr).UnmarshalJSON([]byte(wide)); err == nil {
		t.Error("a tree that is too large was taken")
	}
	fits := strings.Repeat(`{"not":`, maxExprDepth-1) + "true" + strings.Repeat("}", maxExprDepth-1)
	if err := new(Expr).UnmarshalJSON([]byte(fits)); err != nil {
		t.Error(err)
	}
}

func TestExplainIsAGermanSentence(t *testing.T) {
	v, d, _ := readVectors(t)
	_ = v
	for expr, want := range map[string]string{
		`{"eq":[{"field":"wahl"},"b"]}`:         "„Wahl“ ist „B“",
		`{"not":{"eq":[{"field":"wahl"},"b"]}}`: "„Wahl“ ist nicht „B“",
		`{"and":[{"field":"ja"},{"or":[{"gt":[{"field":"zahl"},2]},{"empty":{"field":"text"}}]}]}`: "„Ja“ und („Zahl“ ist größer als 2 oder „Text“ ist leer)",
		`{"in":[{"field":"wahl"},["a","b"]]}`:                                                      "„Wahl“ ist „A“ oder „B“",
		`{"in":["c",{"field":"viele"}]}`:                                                           "in „Viele“ ist „C“ ausgewählt",
		`{"ge":[{"years":[{"field":"tag"},{"today":true}]},18]}`:                                   "volle Jahre von „Tag“ bis heute ist mindestens 18",
		`{"sum":{"of":"gruppe","where":{"eq":[{"entry":"art"},"x"]},"value":{"entry":"n"}}}`:       "Summe über „Gruppe“ von („N“), für die gilt: „Art“ ist „X“",
		`{"div":[{"param":"satz"},12,"half-up"]}`:                                                  "„Satz“ : 12 (kaufmännisch gerundet)",
		`{"lookup":{"param":"zonen","key":{"field":"wahl"},"column":"gebuehr"}}`:                   "„Gebühr“ aus der Tabelle „Zonen“ zu „Wahl“",
		`{"eq":[{"field":"adresse.plz"},"00101"]}`:                                                 "„Adresse“ (Postleitzahl) ist „00101“",
		`{"mul":[2,{"add":[{"field":"zahl"},1]}]}`:                                                 "2 × („Zahl“ + 1)",
		`{"le":[{"field":"betrag"},{"cents":1250}]}`:                                               "„Betrag“ ist höchstens 12,50\u00a0€",
	} {
		x, errs := bindAt(d, []byte(expr))
		if len(errs) > 0 {
			t.Fatal(expr, errs)
		}
		if got := x.Explain(); got != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}

func BenchmarkCondition(b *testing.B) {
	v, d, e := readVectors(b)
	x, errs := bindAt(d, []byte(`{"and":[{"eq":[{"field":"wahl"},"b"]},{"gt":[{"field":"zahl"},2]},{"field":"ja"},{"not":{"empty":{"field":"text"}}}]}`))
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	r := newRun(d, v.Answers["full"], e)
	b.ReportAllocs()
	for b.Loop() {
		if !r.eval(x, place{}).isTrue() {
			b.Fatal("false")
		}
	}
}
