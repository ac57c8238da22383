package badinput_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/app/demo"
	"stadttor/internal/db"
	"stadttor/internal/perm"
	"stadttor/internal/test/apptest"
)

// What is typed comes back with the sentence that says why not, and nothing
// that was saved before is touched.
func TestWrongAnswersComeBackAndNothingIsLost(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		d := newDraft(t, h, h.Browser(), "torhausen", "osterfeuer-anmeldung")
		d.answer(url.Values{"datum.tag": {"27"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
		here := d.URL.Path // beginning, end, guests
		sound := url.Values{"beginn": {"18:30"}, "ende": {"23:00"}, "gaeste": {"120"}}
		d.answer(sound)
		for name, x := range map[string]struct {
			change url.Values
			status int
			typed  map[string]string // stands in the form afterwards
		}{
			"a negative number":        {url.Values{"gaeste": {"-1"}}, 422, map[string]string{"gaeste": "-1"}},
			"a number beyond all":      {url.Values{"gaeste": {"99999999999999999999999999"}}, 422, map[string]string{"gaeste": "99999999999999999999999999"}},
			"an exponent":              {url.Values{"gaeste": {"1e9"}}, 422, map[string]string{"gaeste": "1e9"}},
			"not a number":             {url.Values{"gaeste": {"NaN"}}, 422, map[string]string{"gaeste": "NaN"}},
			"no number at all":         {url.Values{"gaeste": {"viele"}}, 422, map[string]string{"gaeste": "viele"}},
			"a formula":                {url.Values{"beginn": {"=1+1"}}, 422, map[string]string{"beginn": "=1+1"}},
			"markup":                   {url.Values{"beginn": {marker}}, 422, map[string]string{"beginn": marker}},
			"a control character":      {url.Values{"ende": {"23\x07:00"}}, 422, nil},
			"a NUL":                    {url.Values{"ende": {"23:\x0000"}}, 422, nil},
			"broken UTF-8":             {url.Values{"ende": {"23:\xff\xfe"}}, 422, nil},
			"half a surrogate":         {url.Values{"ende": {"\xed\xa0\x80"}}, 422, nil},
			"writing direction turned": {url.Values{"ende": {"\u202e00:32"}}, 422, nil},
			"a text of 200 KB":         {url.Values{"beginn": {strings.Repeat("1", 200_000)}}, 422, nil},
			"a text of 10 MB":          {url.Values{"beginn": {strings.Repeat("1", 10<<20)}}, 413, nil},
			"an unknown field":         {url.Values{"rabatt": {"100"}}, 422, nil},
			"a field of another page":  {url.Values{"datum.tag": {"1"}}, 422, nil},
			"a part nobody knows":      {url.Values{"gaeste.anzahl": {"1"}}, 422, nil},
			"two answers to one":       {url.Values{"gaeste": {"1", "2"}}, 422, nil},
			"nothing":                  {url.Values{"beginn": {""}, "ende": {""}, "gaeste": {""}}, 422, nil},
		} {
			d.Get(here).Sees(http.StatusOK)
			d.Submit(d.main(), x.change)
			look(t, d.Browser, name)
			if d.Code != x.status {
				t.Errorf("%s: %d, want %d: %.600s", name, d.Code, x.status, d.Text())
				continue
			}
			if x.status == 422 {
				v := d.main().Values
				for field, want := range x.typed {
					if v.Get(field) != want {
						t.Errorf("%s: %s came back as %q, typed was %q", name, field, v.Get(field), want)
					}
				}
				if x.change.Get("gaeste") == "" && !x.change.Has("gaeste") && v.Get("gaeste") != "120" {
					t.Errorf("%s: another answer of the page is gone: %q", name, v.Get("gaeste"))
				}
			}
			// The page before is as it was.
			d.Get("/antrag/osterfeuer-anmeldung/datum")
			if v := d.main().Values; v.Get("datum.tag") != "27" || v.Get("datum.jahr") != "2027" {
				t.Fatalf("%s: the answers before are gone: %v", name, v)
			}
			d.Get(here)
			d.Submit(d.main(), sound).Sees(http.StatusOK)
		}
		calm(t, h)
	})
}

func TestSkippedStepsAndForeignDrafts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		d := newDraft(t, h, h.Browser(), "torhausen", "osterfeuer-anmeldung")
		d.answer(url.Values{"datum.tag": {"27"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
		for _, page := range []string{"pruefen", "aufsicht", "einverstaendnis", "anschrift"} {
			d.Get("/antrag/osterfeuer-anmeldung/" + page).Sees(http.StatusOK)
			if !strings.HasSuffix(d.URL.Path, "/zeit") {
				t.Errorf("%s was opened before its time: %s", page, d.URL)
			}
			d.Post("/antrag/osterfeuer-anmeldung/"+page, url.Values{"_entwurf": {d.id}, "_schluessel": {strings.Repeat("k", 32)}, "erklaerung": {"ja"}, "vertretung": {"x"}}).Sees(http.StatusOK)
			if !strings.HasSuffix(d.URL.Path, "/zeit") {
				t.Errorf("%s was taken before its time: %s", page, d.URL)
			}
		}
		d.Get("/antrag/osterfeuer-anmeldung/gibt-es-nicht").Sees(http.StatusNotFound)
		look(t, d.Browser, "a page that the form does not have")
		d.Get("/antrag/gibt-es-nicht").Sees(http.StatusNotFound)
		look(t, d.Browser, "a form that nobody offers")
		// Whoever knows the number of a draft, but neither link nor account.
		stranger, person := h.Browser(), h.Browser().SignIn("torhausen", "emeka-brandhorst", "hoch")
		for name, b := range map[string]*apptest.Browser{"stranger": stranger, "person": person} {
			for _, path := range []string{"/antrag/osterfeuer-anmeldung/datum?entwurf=" + d.id, "/antrag/osterfeuer-anmeldung/entwurf/" + d.id, "/antrag/osterfeuer-anmeldung/eingegangen/" + d.id, "/antrag/fortsetzen/" + d.id + "-" + strings.Repeat("a", 32)} {
				b.Get(h.URLOf("torhausen", path)).Lacks("2027")
				look(t, b, name+" "+path)
			}
			b.Post(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung/datum"), url.Values{"_entwurf": {d.id}, "datum.tag": {"28"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
			look(t, b, name+" writes into a foreign draft")
			b.Post(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung/entwurf/"+d.id), url.Values{"aktion": {"loeschen"}})
			look(t, b, name+" deletes a foreign draft")
			b.PostFiles(h.URLOf("torhausen", "/antrag/osterfeuer-anmeldung/einverstaendnis"), url.Values{"_entwurf": {d.id}}, apptest.File{Field: "einverstaendnis", Name: "x.pdf", Body: apptest.PDF("x", "")})
			look(t, b, name+" uploads into a foreign draft")
		}
		d.Get("/antrag/osterfeuer-anmeldung/datum")
		if d.main().Values.Get("datum.tag") != "27" {
			t.Error("a stranger changed the draft")
		}
		calm(t, h)
	})
}

// zipped makes an archive with files of the given sizes, all zeros.
func zipped(t testing.TB, files map[string]int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for name, size := range files {
		f, err := w.Create(name)
		for ; err == nil && size > 0; size -= len(block) {
			_, err = f.Write(block[:min(size, len(block))])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWrongFilesAreRefusedOneByOne(t *testing.T) {
	bomb := zipped(t, map[string]int{"[Content_Types].xml": 100, "word/document.xml": 60 << 20})
	good := apptest.PDF("Einverstanden", "")
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		d := newDraft(t, h, h.Browser(), "torhausen", "osterfeuer-anmeldung")
		d.fireToFile()
		d.answerFiles(nil, apptest.File{Field: "einverstaendnis", Name: "gutes.pdf", Body: good})
		const here = "/antrag/osterfeuer-anmeldung/einverstaendnis"
		for name, f := range map[string]apptest.File{
			"a program that calls itself PDF":        {Name: "rechnung.pdf", Body: append([]byte("MZ\x90\x00\x03"), make([]byte, 5000)...)},
			"a program with its own name":            {Name: "rechnung.exe", Body: append([]byte("MZ\x90\x00\x03"), make([]byte, 5000)...)},
			"a script":                               {Name: "x.sh", Body: []byte("#!/bin/sh\nrm -rf /\n")},
			"an empty file":                          {Name: "leer.pdf", Body: nil},
			"a PDF that runs JavaScript":             {Name: "js.pdf", Body: apptest.PDF("x", "/OpenAction 5 0 R", "<< /Type /Action /S /JavaScript /JS (app.alert\\(1\\)) >>")},
			"a PDF that hides JavaScript":            {Name: "js.pdf", Body: apptest.PDF("x", "/OpenAction 5 0 R", "<< /Type /Action /S /Java#53cript /J#53 (app.alert\\(1\\)) >>")},
			"a PDF that starts a program":            {Name: "launch.pdf", Body: apptest.PDF("x", "/OpenAction 5 0 R", "<< /Type /Action /S /Launch /F (cmd.exe) >>")},
			"a PDF with a file inside":               {Name: "inside.pdf", Body: apptest.PDF("x", "/Names << /EmbeddedFiles 5 0 R >>", "<< /Names [(a.exe) 6 0 R] >>", "<< /Type /Filespec /F (a.exe) >>")},
			"an archive that grows without bound":    {Name: "bombe.docx", Body: bomb},
			"the same archive that calls itself PDF": {Name: "bombe.pdf", Body: bomb},
			"a page of HTML as a photo":              {Name: "foto.jpg", Body: []byte("<html><script>alert(1)</script></html>")},
			"an SVG with a script":                   {Name: "bild.svg", Body: []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
			"20 MB":                                  {Name: "gross.pdf", Body: append(slices.Clone(good), make([]byte, 20<<20)...)},
		} {
			f.Field = "einverstaendnis"
			d.Get(here).Sees(http.StatusOK, "gutes.pdf")
			d.Submit(d.main(), nil, f)
			look(t, d.Browser, name)
			if d.Code != http.StatusUnprocessableEntity && d.Code != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d: %.500s", name, d.Code, d.Text())
			}
			if d.Code == http.StatusUnprocessableEntity {
				d.Sees(422, "gutes.pdf")
			}
			d.Get(here).Sees(http.StatusOK, "gutes.pdf").Lacks(f.Name)
		}
		// Too many, one of them wrong: the page says so and keeps what was there.
		d.Submit(d.main(), nil, apptest.File{Field: "einverstaendnis", Name: "zwei.pdf", Body: apptest.PDF("2", "")}, apptest.File{Field: "einverstaendnis", Name: "drei.pdf", Body: apptest.PDF("3", "")})
		look(t, d.Browser, "one more than allowed")
		d.Sees(http.StatusUnprocessableEntity, "gutes.pdf")
		d.Get(here).Sees(http.StatusOK, "gutes.pdf")
		// A file in a field that takes none, and one at a page that has none.
		d.PostFiles(here, url.Values{"_entwurf": {d.id}}, apptest.File{Field: "beginn", Name: "x.pdf", Body: good})
		look(t, d.Browser, "a file in a field that takes none")
		if d.Code != 422 {
			t.Errorf("a file in a field that takes none: %d", d.Code)
		}
		d.PostFiles("/antrag/osterfeuer-anmeldung/zeit", url.Values{"_entwurf": {d.id}, "beginn": {"18:30"}, "ende": {"23:00"}, "gaeste": {"120"}}, apptest.File{Field: "einverstaendnis", Name: "x.pdf", Body: good})
		look(t, d.Browser, "a file on a page that has none")
		if d.Code != 422 {
			t.Errorf("a file on a page that has none: %d", d.Code)
		}
		// A connection that breaks off in the middle of an upload.
		body := "--x\r\nContent-Disposition: form-data; name=\"_entwurf\"\r\n\r\n" + d.id + "\r\n--x\r\nContent-Disposition: form-data; name=\"einverstaendnis\"; filename=\"halb.pdf\"\r\n\r\n%PDF-1.4"
		d.Do(http.MethodPost, here, strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x", "Sec-Fetch-Site", "same-origin")
		look(t, d.Browser, "an upload that breaks off")
		if d.Code < 400 {
			t.Errorf("an upload that breaks off: %d", d.Code)
		}
		d.Get(here).Sees(http.StatusOK, "gutes.pdf").Lacks("halb.pdf")
		calm(t, h)
	})
}

func TestNamesOfFilesAreHarmless(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		for i, name := range []string{"../../../etc/passwd.pdf", `C:\Users\x\foto.pdf`, "a\x00b.pdf", "a\r\nX-Zzz: 1.pdf", marker + ".pdf", strings.Repeat("ä", 400) + ".pdf", "con.pdf", ".pdf", "..pdf", "\u202efdp.exe.pdf", "ohne-endung", "broken\xff\xfe.pdf", "antrag.json", "parcel.json"} {
			d := newDraft(t, h, h.Browser(), "torhausen", "osterfeuer-anmeldung")
			d.fireToFile()
			what := fmt.Sprintf("file name %d %.40q", i, name)
			d.Submit(d.main(), nil, apptest.File{Field: "einverstaendnis", Name: name, Body: apptest.PDF("x", "")})
			look(t, d.Browser, what)
			if d.Code != http.StatusOK && d.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", what, d.Code)
			}
			d.Get("/antrag/osterfeuer-anmeldung/einverstaendnis")
			look(t, d.Browser, what)
			for _, l := range d.Links() {
				if !strings.Contains(l, "/datei/") {
					continue
				}
				b := d.Get(l)
				if b.Code != http.StatusOK || !strings.HasPrefix(b.Header.Get("Content-Disposition"), "attachment") || strings.ContainsAny(b.Header.Get("Content-Disposition"), "/\\\x00\r\n<>") || b.Header.Get("X-Zzz") != "" {
					t.Errorf("%s: served as %q", what, b.Header.Get("Content-Disposition"))
				}
				break
			}
		}
		calm(t, h)
	})
}

// The version that a draft answers is gone: the page says so, and the draft
// stays until its time is over.
func TestAFormVersionThatIsGone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		d := newDraft(t, h, h.Browser(), "torhausen", "osterfeuer-anmeldung")
		d.answer(url.Values{"datum.tag": {"27"}, "datum.monat": {"3"}, "datum.jahr": {"2027"}})
		here := d.URL.Path
		forms, err := demo.ReadForms()
		if err != nil {
			t.Fatal(err)
		}
		realm, _ := h.Directory.RealmBySlug("kreis-musterland")
		for _, text := range forms {
			if bytes.Contains(text, []byte(`"id": "osterfeuer-anmeldung"`)) {
				next := bytes.Replace(text, []byte(`"version": 1`), []byte(`"version": 2`), 1)
				if findings, err := h.Shelf.Publish(t.Context(), perm.System{Name: "test"}, realm.Scope(), next); err != nil {
					t.Fatal(err, findings)
				}
			}
		}
		if err := h.Shelf.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A newer version alone changes nothing for who has begun.
		d.Get(here).Sees(http.StatusOK)
		if err := h.DB.InTx(t.Context(), db.Across("", "a test takes a version away"), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM form_version WHERE form_id=$1 AND version=1`, "osterfeuer-anmeldung")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.Restart()
		h.Clock.Advance(time.Minute)
		for _, path := range []string{here, "/antrag/osterfeuer-anmeldung/pruefen", "/antrag/osterfeuer-anmeldung/entwurf/" + d.id} {
			d.Get(path).Sees(http.StatusConflict, "Dieses Formular hat sich geändert", "Ihre Angaben sind nicht verloren")
			look(t, d.Browser, path)
		}
		d.Post(here, url.Values{"_entwurf": {d.id}, "beginn": {"18:30"}}).Sees(http.StatusConflict, "Dieses Formular hat sich geändert")
		d.Follow("Mit der neuen Fassung beginnen").Sees(http.StatusOK, "Osterfeuer")
		look(t, d.Browser, "the new version")
		calm(t, h)
	})
}
