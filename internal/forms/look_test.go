package forms

import (
	"reflect"
	"strings"
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

func TestNoTextShowsAPlaceholder(t *testing.T) {
	for _, id := range demoForms {
		d := demoForm(t, id)
		s, e := readSample(t, id)
		look := d.Look(fill(t, d, s, e), e)
		for _, list := range [][]string{d.Intro, d.Needs, d.Legal, d.Next} {
			for i, text := range look.Texts(list) {
				if placeholder.MatchString(text) || strings.Contains(text, placeholderGap) && !strings.Contains(list[i], placeholderGap) {
					t.Errorf("%s: %q", id, text)
				}
			}
		}
	}
	d := demoForm(t, "sperrgutabfuhr")
	s, e := readSample(t, "sperrgutabfuhr")
	if got := d.Look(fill(t, d, s, e), e).Texts(d.Next)[1]; got == d.Next[1] {
		t.Errorf("nothing was filled in: %q", got)
	}
}
