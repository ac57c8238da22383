package forms

import (
	"os"
	"path/filepath"
	"testing"
)

// demoForm reads one of the five forms that the demonstration ships.
func demoForm(t testing.TB, id string) *Definition {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "app", "demo", "forms", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	d, findings := Parse(data)
	for _, f := range findings {
		t.Errorf("%s: %s %s %s: %s", id, f.Severity, f.Code, f.Path, f.Text)
	}
	if d == nil {
		t.FailNow()
	}
	return d
}

var demoForms = []string{"hundesteuer-anmeldung", "sperrgutabfuhr", "bewohnerparkausweis", "osterfeuer-anmeldung", "geburtsurkunde"}

func TestTheFiveFormsHaveNoFindings(t *testing.T) {
	for _, id := range demoForms {
		if d := demoForm(t, id); d.ID != id {
			t.Errorf("file %s holds form %s", id, d.ID)
		}
	}
}
