package forms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// form wraps steps into a definition that has nothing else to complain about.
func form(steps string) []byte {
	return fmt.Appendf(nil, `{"id":"f","version":1,"title":"T","level":"none","purpose":"P","legal":["R"],
	"params":[{"id":"satz","type":"amount","label":"Satz","default":1},{"id":"zonen","type":"table","label":"Z","columns":[],"default":[]}],"steps":[%s]}`, steps)
}

const choiceStep = `{"id":"a","title":"A","fields":[{"id":"wahl","type":"choice","label":"Wahl","options":[{"code":"x","label":"X"},{"code":"y","label":"Y"}]},{"id":"zahl","type":"number","label":"Zahl"},{"id":"ja","type":"yesno","label":"Ja"}]}`

func TestLint(t *testing.T) {
	page := func(when string) string {
		return choiceStep + `,{"id":"b","title":"B","when":` + when + `,"fields":[{"id":"t","type":"text","label":"T"}]}`
	}
	one := func(field string) string { return `{"id":"a","title":"A","fields":[` + field + `]}` }
	for _, c := range []struct{ name, steps, code string }{
		{"nothing wrong", choiceStep, ""},
		{"a possible condition", page(`{"and":[{"eq":[{"field":"wahl"},"x"]},{"gt":[{"field":"zahl"},2]}]}`), ""},
		{"two answers at once", page(`{"and":[{"eq":[{"field":"wahl"},"x"]},{"eq":[{"field":"wahl"},"y"]}]}`), "unreachable"},
		{"an answer and its opposite", page(`{"and":[{"eq":[{"field":"wahl"},"x"]},{"ne":[{"field":"wahl"},"x"]}]}`), "unreachable"},
		{"no number is both", page(`{"and":[{"gt":[{"field":"zahl"},5]},{"lt":[{"field":"zahl"},3]}]}`), "unreachable"},
		{"between whole thousandths there is nothing", page(`{"and":[{"gt":[{"field":"zahl"},5]},{"lt":[{"field":"zahl"},5.001]}]}`), "unreachable"},
		{"yes and no", page(`{"and":[{"field":"ja"},{"not":{"field":"ja"}}]}`), "unreachable"},
		{"empty and compared", page(`{"and":[{"empty":{"field":"zahl"}},{"gt":[{"field":"zahl"},1]}]}`), "unreachable"},
		{"every branch of an or is impossible", page(`{"and":[{"eq":[{"field":"wahl"},"x"]},{"or":[{"eq":[{"field":"wahl"},"y"]},{"not":{"in":[{"field":"wahl"},["x"]]}}]}]}`), "unreachable"},
		{"one branch is possible", page(`{"and":[{"eq":[{"field":"wahl"},"x"]},{"or":[{"eq":[{"field":"wahl"},"y"]},{"field":"ja"}]}]}`), ""},
		{"never", page(`false`), "unreachable"},
		{"against the condition of the field it reads", choiceStep +
			`,{"id":"b","title":"B","when":{"eq":[{"field":"wahl"},"x"]},"fields":[{"id":"t","type":"yesno","label":"T"}]}` +
			`,{"id":"c","title":"C","when":{"and":[{"field":"t"},{"eq":[{"field":"wahl"},"y"]}]},"fields":[{"id":"u","type":"text","label":"U"}]}`, "unreachable"},
		{"a field against its own page", choiceStep +
			`,{"id":"b","title":"B","when":{"eq":[{"field":"wahl"},"x"]},"fields":[{"id":"t","type":"text","label":"T"},{"id":"u","type":"text","label":"U","when":{"eq":[{"field":"wahl"},"y"]}}]}`, "unreachable"},
		{"an option that is none", page(`{"eq":[{"field":"wahl"},"z"]}`), "option-unknown"},
		{"an option that is none, in a list", page(`{"in":[{"field":"wahl"},["x","z"]]}`), "option-unknown"},
		{"a field that is none", page(`{"field":"nichts"}`), "expression"},
		{"a condition that is a number", page(`{"field":"zahl"}`), "type"},
		{"a condition on its own page's later field", page(`{"eq":[{"field":"t"},"x"]}`), "forward"},
		{"a calculation that reads itself", one(`{"id":"c","type":"computed","label":"C","compute":{"add":[{"field":"c"},1]}}`), "expression"},
		{"a calculation that reads a later one", one(`{"id":"c","type":"computed","label":"C","compute":{"field":"d"}},{"id":"d","type":"number","label":"D"}`), "forward"},
		{"an entry that sums its own group", one(`{"id":"g","type":"group","label":"G","maxEntries":2,"fields":[{"id":"n","type":"number","label":"N"},{"id":"c","type":"computed","label":"C","compute":{"sum":{"of":"g","value":{"entry":"n"}}}}]}`), "forward"},
		{"label missing", one(`{"id":"t","type":"text"}`), "label"},
		{"hint missing", one(`{"id":"t","type":"longtext","label":"T"}`), "hint"},
		{"a file without rules", one(`{"id":"t","type":"file","label":"T","hint":"H"}`), "file-rules"},
		{"personal data without purpose", one(`{"id":"t","type":"text","label":"T","personal":true}`), "purpose"},
		{"an address without purpose", one(`{"id":"t","type":"address","label":"T"}`), "purpose"},
		{"an address with purpose", one(`{"id":"t","type":"address","label":"T","why":"W"}`), ""},
		{"six questions", one(strings.Join(manyFields(6), ",")), "crowded"},
		{"five questions", one(strings.Join(manyFields(5), ",")), ""},
		{"six questions in an entry", one(`{"id":"g","type":"group","label":"G","maxEntries":2,"fields":[` + strings.Join(manyFields(6), ",") + `]}`), "crowded"},
		{"a choice without options", one(`{"id":"t","type":"choice","label":"T"}`), "options"},
		{"options from what is no list", one(`{"id":"t","type":"choice","label":"T","optionsFrom":{"param":"satz"}}`), "param-unknown"},
		{"the same option twice", one(`{"id":"t","type":"choice","label":"T","options":[{"code":"x","label":"X"},{"code":"x","label":"Y"}]}`), "duplicate"},
		{"consent without a version", one(`{"id":"t","type":"consent","label":"T","text":["x"]}`), "consent"},
		{"a group in a group", one(`{"id":"g","type":"group","label":"G","maxEntries":2,"fields":[{"id":"h","type":"group","label":"H","maxEntries":2,"fields":[{"id":"t","type":"text","label":"T"}]}]}`), "nested"},
		{"a group beside a question", one(`{"id":"t","type":"text","label":"T"},{"id":"g","type":"group","label":"G","maxEntries":2,"fields":[{"id":"n","type":"text","label":"N"}]}`), "group-alone"},
		{"a group without end", one(`{"id":"g","type":"group","label":"G","fields":[{"id":"n","type":"text","label":"N"}]}`), "group"},
		{"an exit that asks", `{"id":"a","title":"A","exit":true,"fields":[{"id":"t","type":"text","label":"T"}]}`, "exit"},
		{"the same field twice", one(`{"id":"t","type":"text","label":"T"},{"id":"t","type":"text","label":"T"}`), "duplicate"},
		{"a field named like the declaration", one(`{"id":"erklaerung","type":"text","label":"T"}`), "duplicate"},
		{"a page named like the check page", `{"id":"pruefen","title":"A","fields":[{"id":"t","type":"text","label":"T"}]}`, "duplicate"},
		{"a pattern that is none", one(`{"id":"t","type":"text","label":"T","hint":"H","pattern":"("}`), "pattern"},
		{"lengths crossed", one(`{"id":"t","type":"text","label":"T","minLength":9,"maxLength":3}`), "length"},
		{"a placeholder to nowhere", one(`{"id":"t","type":"text","label":"{field:u}"}`), "placeholder"},
		{"a placeholder misspelt", one(`{"id":"t","type":"text","label":"{Param:satz}"}`), "placeholder"},
		{"a placeholder that fits", one(`{"id":"t","type":"text","label":"{param:satz}"}`), ""},
		{"a text for an error that cannot be", one(`{"id":"t","type":"text","label":"T","errors":{"kaputt":"x"}}`), "error-code"},
		{"a calculation with a gap", one(`{"id":"n","type":"number","label":"N","optional":true},{"id":"c","type":"computed","label":"C","compute":{"add":[{"field":"n"},1]}}`), "maybe-missing"},
		{"a calculation with the gap filled", one(`{"id":"n","type":"number","label":"N","optional":true},{"id":"c","type":"computed","label":"C","compute":{"add":[{"default":[{"field":"n"},0]},1]}}`), ""},
		{"unknown type", one(`{"id":"t","type":"colour","label":"T"}`), "schema"},
		{"unknown key", one(`{"id":"t","type":"text","label":"T","script":"x"}`), "schema"},
		{"an id that would break a name", one(`{"id":"t-1","type":"text","label":"T"}`), "schema"},
		{"no steps", ``, "schema"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, findings := Parse(form(c.steps))
			var codes []string
			for _, f := range findings {
				codes = append(codes, f.Code)
				if f.Text == "" || f.Path == "" && f.Code != "schema" {
					t.Errorf("finding %+v", f)
				}
			}
			if c.code == "" && len(codes) > 0 || c.code != "" && !slices.Contains(codes, c.code) {
				t.Errorf("found %+v, want %q", findings, c.code)
			}
			if (d == nil) != Failed(findings) {
				t.Error("a definition with errors can be used, or one without cannot")
			}
		})
	}
}

func manyFields(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"id":"t%d","type":"text","label":"T"}`, i)
	}
	return out
}

func TestLintFindsAFormWithoutPurposeAndFee(t *testing.T) {
	_, findings := Parse([]byte(`{"id":"f","version":1,"title":"T","level":"none","purpose":"P","payment":true,"steps":[` + choiceStep + `]}`))
	var codes []string
	for _, f := range findings {
		codes = append(codes, string(f.Severity)+":"+f.Code)
	}
	slices.Sort(codes)
	if got := strings.Join(codes, " "); got != "error:fee warning:legal" {
		t.Error(got)
	}
}

func TestParseRefusesWhatIsNoForm(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "not JSON": "<xml/>", "an array": "[]", "null": "null", "two documents": `{} {}`,
		"broken UTF-8": "{\"id\":\"\xff\"}", "too large": strings.Repeat(" ", MaxDefinition+1), "deep": strings.Repeat("[", 9000),
	} {
		if d, findings := Parse([]byte(data)); d != nil || !Failed(findings) {
			t.Errorf("%s was taken: %v", name, findings)
		}
	}
}

// TestADefinitionSurvivesItsOwnWriting: what the builder stores is what was read.
func TestADefinitionSurvivesItsOwnWriting(t *testing.T) {
	for _, id := range demoForms {
		d := demoForm(t, id)
		first := must1(json.Marshal(d))
		again, findings := Parse(first)
		if again == nil {
			t.Fatalf("%s: %+v", id, findings)
		}
		if second := must1(json.Marshal(again)); string(first) != string(second) {
			t.Errorf("%s changes when it is written", id)
		}
	}
}

func TestParams(t *testing.T) {
	d := demoForm(t, "bewohnerparkausweis")
	zone := map[string]any{"code": "N", "label": "Nord", "hint": "Nordstraße"}
	for _, c := range []struct {
		name   string
		values map[string]any
		wrong  bool
	}{
		{"nothing set", nil, false},
		{"a table", map[string]any{"zonen": []any{zone}}, false},
		{"a decimal", map[string]any{"hoechstgewicht": 2.8}, false},
		{"a decimal with too many places", map[string]any{"hoechstgewicht": 2.80001}, true},
		{"unknown", map[string]any{"zone": 1}, true},
		{"a text for a number", map[string]any{"hoechstgewicht": "3"}, true},
		{"below its bound", map[string]any{"vorlauf_monate": 0}, true},
		{"above its bound", map[string]any{"vorlauf_monate": 366}, true},
		{"a row without a column", map[string]any{"zonen": []any{map[string]any{"code": "N", "label": "Nord"}}}, true},
		{"a row with an unknown column", map[string]any{"zonen": []any{map[string]any{"code": "N", "label": "Nord", "hint": "x", "x": 1}}}, true},
		{"the same code twice", map[string]any{"zonen": []any{zone, zone}}, true},
		{"a code with a blank", map[string]any{"zonen": []any{map[string]any{"code": "N 1", "label": "Nord", "hint": "x"}}}, true},
		{"a negative fee", map[string]any{"laufzeiten": []any{map[string]any{"code": "1", "label": "x", "monate": 1, "gebuehr": -5}}}, true},
	} {
		if got := Failed(d.CheckParams(c.values)); got != c.wrong {
			t.Errorf("%s: %+v", c.name, d.CheckParams(c.values))
		}
	}
	s, e := readSample(t, d.ID)
	a := fill(t, d, s, e)
	e.Params = map[string]any{"laufzeiten": []any{map[string]any{"code": "24", "label": "Zwei Jahre", "monate": 24, "gebuehr": 9900}}}
	if total, lines, err := d.Fee(a, e); err != nil || total != 9900 || lines[0].Label != "Bewohnerparkausweis, Zwei Jahre" {
		t.Errorf("the tenant's own fee: %v %v %v", total, lines, err)
	}
	e.Params = map[string]any{"laufzeiten": "kaputt"}
	if total, _, err := d.Fee(a, e); err != nil || total != 11500 {
		t.Errorf("with a broken parameter the default counts: %v %v", total, err)
	}
	e.Params = map[string]any{"zonen": []any{zone}}
	if p := d.Check(a, e); len(p) != 1 || p[0].Field != "zone" || p[0].Code != "option" {
		t.Errorf("a zone that is gone: %+v", p)
	}
}
