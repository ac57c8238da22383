package accounts

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/perm"
)

func TestAnExportHoldsEverythingOfThePersonAndNothingOfOthers(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		ctx := t.Context()
		c, partner := w.fill()
		_ = partner
		var b bytes.Buffer
		more := []Exporter{{Name: "antraege", Export: func(_ context.Context, got perm.Citizen, create func(string, time.Time) (io.Writer, error)) error {
			if got.Person != c.Person {
				t.Error("another person is exported")
			}
			for _, name := range []string{"../../etc/passwd", "a/b.pdf", "A/B.pdf", "C:\\x\x00.pdf", "", "..", strings.Repeat("ä", 200) + ".pdf"} {
				f, err := create(name, time.Time{})
				if err != nil {
					return err
				}
				if _, err := io.WriteString(f, name); err != nil {
					return err
				}
			}
			return nil
		}}}
		w.must(w.s.Export(ctx, c, w.secret[c.Person], &b, more))
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		w.must(err)
		var names []string
		all := ""
		for _, f := range z.File {
			r, err := f.Open()
			w.must(err)
			text, err := io.ReadAll(r)
			w.must(err)
			if strings.HasPrefix(f.Name, "konto/") {
				var any any
				if err := json.Unmarshal(text, &any); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				all += string(text)
			}
			names = append(names, f.Name)
		}
		for _, want := range []string{"konto/angaben.json", "konto/anmeldungen.json", "konto/einwilligungen.json", "konto/verlauf.json", "konto/vertretungen.json", "LIESMICH.txt", "antraege/etc/passwd", "antraege/a/b.pdf", "antraege/A/B (2).pdf", "antraege/C__x_.pdf", "antraege/datei", "antraege/datei (2)"} {
			if !slices.Contains(names, want) {
				t.Errorf("no %s in %v", want, names)
			}
		}
		for _, mark := range []string{"Markevorname", "Markefamilie", "markepost@marke.example", "DE89370400440532013000", "Markestadt", "Markeweg", "Markeort", "Markekind", "Markeregister", "Markenotar", "Markefirma", "Pia Partner", "Stadt a", "Hund anmelden", "hoch", "substantiell", "partner"} {
			if !strings.Contains(all, mark) {
				t.Errorf("%s is missing", mark)
			}
		}
		b.Reset()
		w.must(w.s.Export(ctx, partner, w.secret[partner.Person], &b, nil))
		z, err = zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		w.must(err)
		for _, f := range z.File {
			r, _ := f.Open()
			text, _ := io.ReadAll(r)
			for _, mark := range []string{"markepost", "DE8937", "Markeweg", "Markekind", "Markeregister", "Markefirma"} {
				if bytes.Contains(text, []byte(mark)) {
					t.Errorf("%s of somebody else in %s", mark, f.Name)
				}
			}
		}
	})
}

func TestAnExportThatBreaksOffIsNoZIP(t *testing.T) {
	eachPeople(t, func(t *testing.T, w *people) {
		c := w.add(perm.LevelBasis, named("Ada", "A"))
		var b bytes.Buffer
		broken := errors.New("the disk is gone")
		err := w.s.Export(t.Context(), c, w.secret[c.Person], &b, []Exporter{{"x", func(context.Context, perm.Citizen, func(string, time.Time) (io.Writer, error)) error { return broken }}})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if _, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
			t.Error("half an export looks whole")
		}
	})
}
