package forms

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestSchemaAndTypesKnowTheSameKeys: a key that only one of them has would be refused or silently lost.
func TestSchemaAndTypesKnowTheSameKeys(t *testing.T) {
	var s struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	if err := json.Unmarshal(SchemaJSON, &s); err != nil {
		t.Fatal(err)
	}
	keys := func(v any) []string {
		var out []string
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "" {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return out
	}
	for name, v := range map[string]any{"field": Field{}, "step": Step{}, "param": Param{}, "fee": FeeRule{}} {
		if got, want := keys(v), sortedKeys(s.Defs[name].Properties); !slices.Equal(got, want) {
			t.Errorf("%s: type %v, schema %v", name, got, want)
		}
	}
	if got, want := keys(Definition{}), sortedKeys(s.Properties); !slices.Equal(got, want) {
		t.Errorf("definition: type %v, schema %v", got, want)
	}
}

func TestSchemaKnowsEveryOperation(t *testing.T) {
	for op := range operations {
		if !strings.Contains(string(SchemaJSON), `"`+op+`": {`) {
			t.Errorf("the schema does not know %s", op)
		}
	}
}

// TestExportFollowsItsSchema needs xmllint (Debian libxml2-utils); Go has no XSD validator.
func TestExportFollowsItsSchema(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	files, err := filepath.Glob("testdata/golden/*.xml")
	if err != nil || len(files) != len(demoForms) {
		t.Fatal(files, err)
	}
	out, err := exec.Command(lint, append([]string{"--noout", "--schema", "schema/export.xsd"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
