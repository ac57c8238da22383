package cases

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"stadttor/internal/letter"
)

func TestAPictureMustFitOntoAScreen(t *testing.T) {
	head := func(w, h uint32) []byte { // a PNG's head as ISO 15948 11.2.1 has it
		b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), make([]byte, 13)...)
		binary.BigEndian.PutUint32(b[16:], w)
		binary.BigEndian.PutUint32(b[20:], h)
		b[24], b[25] = 8, 2
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:29]))
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a scanned page at 600 dpi": {head(4960, 7016), ""},
		"a bomb":                    {head(60000, 60000), textPixels},
		"a head that is cut off":    {head(100, 100)[:20], textBroken},
		"no picture":                {[]byte("hello"), textBroken},
	} {
		got := ""
		if err := lookIntoPicture(bytes.NewReader(c.file)); err != nil {
			got = verdictText(err)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAPDFThatWasCutOffIsBroken(t *testing.T) {
	whole := pdfWith("<< /Type /Catalog >>") + strings.Repeat("\n", 20)
	for _, n := range []int{len(whole) / 2, len(whole) - 26} {
		if err := lookIntoPDF(strings.NewReader(whole[:n])); err == nil || verdictText(err) != textBroken {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	if err := lookIntoPDF(strings.NewReader(strings.Repeat("%", 100<<10) + whole)); err != nil {
		t.Error("a whole one:", err)
	}
}

func zipOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		text := "x"
		if n == "mimetype" {
			text = kindODT.media
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

func pdfWith(body string) string {
	return "%PDF-1.7\n1 0 obj\n" + body + "\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
}

func objects(filter, content string) string {
	return fmt.Sprintf("<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>\nstream\n%s\nendstream", filter, len(content), content)
}

func TestAPDFMayShowButNotRun(t *testing.T) {
	for name, c := range map[string]struct{ pdf, want string }{
		"plain":                                      {pdfWith("<< /Type /Catalog >>"), ""},
		"JavaScript":                                 {pdfWith("<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"), textActive},
		"JavaScript with an escaped name":            {pdfWith("<< /S /Java#53cript >>"), textActive},
		"JavaScript in a packed object stream":       {pdfWith(objects("/Filter /FlateDecode", packed("1 0 << /S /JavaScript >>"))), textActive},
		"JavaScript in an unpacked object stream":    {pdfWith(objects("", "1 0 << /JS (x) >>")), textActive},
		"a name at the very end of an object stream": {pdfWith(objects("/Filter/FlateDecode", packed("1 0 << /S /JS"))), textActive},
		"starts a program":                           {pdfWith("<< /S /Launch /F (cmd.exe) >>"), textActive},
		"carries a file":                             {pdfWith("<< /Type /EmbeddedFile >>"), textActive},
		"password":                                   {pdfWith("<< >>") + "trailer << /Encrypt 5 0 R >>", textEncrypted},
		"the letters in a picture's bytes":           {pdfWith("<< /Length 9 >>\nstream\nab/JS (x)\nendstream"), ""},
		"the letters after a picture":                {pdfWith("<< /Length 2 >>\nstream\r\nab\nendstream\nendobj\n2 0 obj << /JS (x) >>"), textActive},
		"a longer name":                              {pdfWith("<< /JSON /JavaScripts >>"), ""},
		"an object stream that is a bomb":            {pdfWith(objects("/Filter /FlateDecode", packed(strings.Repeat(" ", maxUnpacked+2)))), textBroken},
		"an object stream that is no stream":         {pdfWith(objects("/Filter /FlateDecode", "garbage")), textBroken},
		"an object stream that is cut":               {pdfWith(objects("/Filter /FlateDecode", packed("1 0 << >>")[:8])), textBroken},
		"an end that begins twice":                   {pdfWith("<< /Length 6 >>\nstream\nendstrendstream\n/JS (x)"), textActive},
		"cut in a stream":                            {"%PDF-1.7\n1 0 obj\n<< /Length 99 >>\nstream\nab", textBroken},
	} {
		err := lookIntoPDF(strings.NewReader(c.pdf))
		var v *verdict
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &v) || v.text != c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOurOwnLettersComeBackIn(t *testing.T) {
	var b bytes.Buffer
	if err := letter.Render(&b, letter.Letter{Title: "Bescheid", Sender: letter.Sender{Name: "Stadt Torhausen"}, Blocks: []letter.Block{letter.Paragraph{Text: "Guten Tag"}}}); err != nil {
		t.Fatal(err)
	}
	if err := lookIntoPDF(&b); err != nil {
		t.Error(err)
	}
}

func TestATextDocumentIsNoArchiveAndHasNoMacros(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		kind  fileKind
		bad   bool
	}{
		"docx":             {[]string{"[Content_Types].xml", "word/document.xml"}, kindDOCX, false},
		"odt":              {[]string{"mimetype", "content.xml"}, kindODT, false},
		"archive":          {[]string{"a.txt", "b.exe"}, kindZip, false}, // forms refuses the kind
		"docx with macros": {[]string{"word/document.xml", "word/vbaProject.bin"}, kindZip, true},
		"odt with macros":  {[]string{"mimetype", "Basic/Standard/Module1.xml"}, kindZip, true},
		"odt with scripts": {[]string{"mimetype", "Scripts/python/x.py"}, kindZip, true},
		"docx with a file": {[]string{"word/document.xml", "word/embeddings/oleObject1.bin"}, kindZip, true},
	} {
		kind, err := lookIntoZip(zipOf(t, c.names...))
		if kind != c.kind || (err != nil) != c.bad {
			t.Errorf("%s: %v %v", name, kind, err)
		}
	}
	if _, err := lookIntoZip([]byte("PK\x03\x04 and nothing else")); err == nil {
		t.Error("a broken archive was taken")
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, _ := z.Create("word/document.xml")
	_, _ = w.Write(bytes.Repeat([]byte{0}, 20<<20))
	_ = z.Close()
	if _, err := lookIntoZip(bomb.Bytes()); err == nil {
		t.Error("a bomb was taken")
	}
}

func TestTheContentSaysTheKindNotTheName(t *testing.T) {
	for head, ext := range map[string]string{
		"%PDF-1.7\n": "pdf", "\xff\xd8\xff\xe0\x00\x10JFIF": "jpg", "\x89PNG\r\n\x1a\n": "png", "PK\x03\x04": "zip", "MZ\x90\x00": "bin", "<html><script>": "bin",
		"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\">": "bin", "": "bin", "Rar!\x1a\x07\x00": "bin",
	} {
		if got := sniff([]byte(head)); got.ext != ext {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func TestANameOfOurOwn(t *testing.T) {
	for in, want := range map[string]string{
		"Fahrzeugschein.JPG": "Fahrzeugschein.pdf", `C:\Users\x\Bürgschaft (2).pdf`: "Buergschaft-2.pdf", "../../etc/passwd": "passwd.pdf", "": "datei.pdf", ".": "datei.pdf", "..": "datei.pdf",
		".htaccess": "datei.pdf", "a\x00b\r\nc.pdf": "a-b-c.pdf", "\u202egnp.exe": "gnp.pdf", "con": "con.pdf", strings.Repeat("ä", 200): strings.Repeat("ae", 30) + ".pdf", "日本.pdf": "datei.pdf",
	} {
		if got := cleanName(in, "pdf"); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzLookIntoPDF(f *testing.F) {
	f.Add([]byte(pdfWith("<< /S /JavaScript >>")))
	f.Add([]byte(pdfWith(objects("/Filter /FlateDecode", packed("1 0 << /JS (x) >>")))))
	f.Add([]byte("stream\nendstream/#4/#4a#53"))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Whatever comes before, an object with a script is found.
		doc := append(bytes.Clone(b), "\nendstream\nendobj\n9 0 obj << /S /JavaScript >>"...)
		if lookIntoPDF(bytes.NewReader(doc)) == nil {
			t.Error("a script was hidden")
		}
	})
}

func FuzzLookIntoZip(f *testing.F) {
	f.Add(zipOf(f, "mimetype", "content.xml"))
	f.Add(zipOf(f, "word/document.xml"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := lookIntoZip(b)
		if err != nil && kind != kindZip {
			t.Error("refused, and yet a document")
		}
	})
}

func FuzzCleanName(f *testing.F) {
	f.Add("Bürgschaft.pdf")
	f.Add("../..\\x")
	f.Fuzz(func(t *testing.T, s string) {
		n := cleanName(s, "pdf")
		if len(n) > 70 || strings.Trim(n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") != "" || n[0] == '.' || n[0] == '-' || strings.Count(n, ".") != 1 {
			t.Errorf("%q", n)
		}
	})
}
