package forms

import (
	"reflect"
	"testing"
)

func TestOneLookSaysWhatManyDo(t *testing.T) {
	for _, id := range demoForms {
		d := demoForm(t, id)
		s, e := readSample(t, id)
		for name, a := range map[string]Answers{"empty": {}, "filled in": fill(t, d, s, e)} {
			total, lines, err := d.Fee(a, e)
			export, exportErr := d.Export(a, e)
			want := []any{d.Check(a, e), d.Final(a, e), total, lines, err, export, exportErr, d.Summary(a, e)}
			look := d.Look(a, e)
			for range 2 { // asked twice, in another order
				summary := look.Summary()
				export, exportErr := look.Export()
				total, lines, err := look.Fee()
				if got := []any{look.Check(), look.Final(), total, lines, err, export, exportErr, summary}; !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s:\n got %+v\nwant %+v", id, name, got, want)
				}
			}
		}
	}
}
