package letter

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"stadttor/internal/errs"
)

func TestALetterThatCannotBeOneIsRefusedBeforeAByteIsWritten(t *testing.T) {
	for _, c := range []struct {
		rule  string
		spoil func(l *Letter)
		kind  errs.Kind
		field string
	}{
		{"a subject line is required", func(l *Letter) { l.Title = " " }, errs.KindInvalid, "Title"},
		{"an authority is required", func(l *Letter) { l.Sender.Name = "" }, errs.KindInvalid, "Sender.Name"},
		{"the language must be one whose words we have", func(l *Letter) { l.Lang = "fr" }, errs.KindInvalid, "Lang"},
		{"the language cannot break out of its string", func(l *Letter) { l.Lang = "de)/AA(" }, errs.KindInvalid, "Lang"},
		{"ten lines do not fit the address field", func(l *Letter) { l.Recipient = make([]string, 10) }, errs.KindInvalid, "Recipient"},
		{"five columns do not fit the footer", func(l *Letter) { l.Footer = "a\n\nb\n\nc\n\nd\n\ne" }, errs.KindInvalid, "Footer"},
		{"a footer is not a page", func(l *Letter) { l.Footer = strings.Repeat("a\n", 40) }, errs.KindInvalid, "Footer"},
		{"a heading of level 1 is the subject line alone", func(l *Letter) { l.Blocks = []Block{Heading{1, "x"}} }, errs.KindInvalid, "Blocks[0]"},
		{"an empty block is a mistake", func(l *Letter) { l.Blocks = []Block{nil} }, errs.KindInvalid, "Blocks[0]"},
		{"a table needs heads", func(l *Letter) { l.Blocks = []Block{Table{Rows: [][]string{{"x"}}}} }, errs.KindInvalid, "Blocks[0]"},
		{"a row is not longer than the heads", func(l *Letter) { l.Blocks = []Block{Table{Header: []string{"a"}, Rows: [][]string{{"x", "y"}}}} }, errs.KindInvalid, "Blocks[0]"},
		{"nine columns are no table for paper", func(l *Letter) { l.Blocks = []Block{Table{Header: make([]string, 9)}} }, errs.KindInvalid, "Blocks[0]"},
		{"an information block longer than the page", func(l *Letter) { l.Reference = make60() }, errs.KindInvalid, "Reference"},
		{"more text than MaxText", func(l *Letter) { l.Blocks = []Block{Paragraph{strings.Repeat("x ", MaxText/2+1)}} }, errs.KindTooLarge, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			l := receipt(t)
			c.spoil(&l)
			var b bytes.Buffer
			err := Render(&b, l)
			if !errs.Is(err, c.kind) {
				t.Fatalf("error %v, want kind %v", err, c.kind)
			}
			if c.field != "" && (len(errs.FieldsOf(err)) != 1 || errs.FieldsOf(err)[0].Name != c.field) {
				t.Errorf("fields %v, want %s", errs.FieldsOf(err), c.field)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes written", b.Len())
			}
		})
	}
}

func make60() [][2]string {
	rows := make([][2]string, 60)
	for i := range rows {
		rows[i] = [2]string{"Zeichen", fmt.Sprint(i)}
	}
	return rows
}

func TestEqualLettersGiveEqualBytes(t *testing.T) {
	for name, l := range map[string]Letter{"decision": decision(t), "receipt": receipt(t), "long": long(t)} {
		want := render(t, l)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if !bytes.Equal(render(t, l), want) {
					t.Errorf("%s: two renderings differ", name)
				}
			})
		}
		wg.Wait()
		l.Blocks = append(l.Blocks, Paragraph{"Noch ein Satz."})
		if bytes.Equal(render(t, l), want) {
			t.Errorf("%s: another letter gave the same bytes", name)
		}
	}
}

func TestALetterIsNeverPrintedOrLogged(t *testing.T) {
	l := receipt(t)
	const mark = "Torhausen"
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "letter", l)
	out := fmt.Sprintf("%v %+v %#v %s %d", l, l, l, l, l) + log.String()
	if strings.Contains(out, mark) {
		t.Errorf("leaked: %s", out)
	}
}

func TestALogoIsAPictureOfBoundedSize(t *testing.T) {
	if _, err := NewLogo([]byte("<svg/>"), ""); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("no picture: %v", err)
	}
	if _, err := NewLogo(make([]byte, MaxLogoBytes+1), ""); !errs.Is(err, errs.KindTooLarge) {
		t.Errorf("too many bytes: %v", err)
	}
	// A PNG head that says 65535 × 65535 must not be unpacked.
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00\x50\x9c\x3a\x2e")
	if _, err := NewLogo(bomb, ""); err == nil {
		t.Error("a picture of four billion pixels was taken")
	}
	if l := shield(t); l.width != 120 || l.height != 140 {
		t.Errorf("size %d × %d", l.width, l.height)
	}
}

func BenchmarkRender(b *testing.B) {
	for _, c := range []struct {
		name string
		l    Letter
	}{{"decision", decision(b)}, {"receipt", receipt(b)}, {"300 rows", long(b)}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(b, c.l)
			}
		})
	}
}
