package cases

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// slowPDF is lookIntoPDF byte by byte: plain enough to be read as the rule, and
// what the quick one is compared with.
func slowPDF(r io.Reader) error {
	var end tail
	p := slowLook{in: bufio.NewReaderSize(io.TeeReader(r, &end), 64<<10)}
	for {
		c, err := p.in.ReadByte()
		if err == io.EOF {
			if p.bad == nil && !bytes.Contains(end.b, []byte("%%EOF")) {
				return &verdict{textBroken}
			}
			return p.bad
		}
		if err != nil {
			return err
		}
		p.see(c)
		if p.bad != nil {
			return p.bad
		}
		if p.starts {
			p.starts = false
			if err := p.stream(); err != nil {
				return err
			}
		}
	}
}

type slowLook struct {
	in      *bufio.Reader
	name    []byte // of the name that is being read
	naming  bool
	last    [8]byte // the last bytes outside of streams
	objects bool    // the dictionary before says /ObjStm
	flate   bool    // … and how it is packed
	starts  bool    // a stream begins
	bad     error
}

const slowDelimiters = " \t\r\n\f\x00()<>[]{}/%"

func (p *slowLook) see(c byte) {
	if p.naming {
		if strings.IndexByte(slowDelimiters, c) < 0 && len(p.name) < 128 {
			p.name = append(p.name, c)
		} else {
			p.named(unescape(p.name))
			p.naming = false
		}
	}
	if c == '/' {
		p.naming, p.name = true, p.name[:0]
	}
	copy(p.last[:], p.last[1:])
	p.last[7] = c
	switch {
	case bytes.HasSuffix(p.last[:], []byte(" obj")), bytes.HasSuffix(p.last[:], []byte("\nobj")):
		p.objects, p.flate = false, false
	case c == '\n' && (bytes.HasSuffix(p.last[:], []byte("stream\n")) || bytes.Equal(p.last[:], []byte("stream\r\n"))):
		p.starts = !bytes.Contains(p.last[:], []byte("dstream"))
	}
}

func (p *slowLook) named(n string) {
	switch {
	case n == "Encrypt":
		p.bad = &verdict{textEncrypted}
	case activeNames[n]:
		p.bad = &verdict{textActive}
	case n == "ObjStm":
		p.objects = true
	case n == "FlateDecode", n == "Fl":
		p.flate = true
	}
}

// stream passes over a stream to its end; one of objects is looked into.
func (p *slowLook) stream() error {
	var packed []byte
	var last [len("endstream")]byte
	for string(last[:]) != "endstream" {
		c, err := p.in.ReadByte()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		copy(last[:], last[1:])
		last[len(last)-1] = c
		if p.objects {
			if packed = append(packed, c); len(packed) > maxPacked {
				return &verdict{textBroken}
			}
		}
	}
	if !p.objects {
		return nil
	}
	inner := slowLook{}
	var plain io.Reader = bytes.NewReader(packed)
	if p.flate {
		z, err := zlib.NewReader(plain)
		if err != nil {
			return &verdict{textBroken}
		}
		plain = z
	}
	// What does not unpack to its end may show more to a lenient viewer than to us.
	text, err := io.ReadAll(io.LimitReader(plain, maxUnpacked+1))
	if len(text) > maxUnpacked || err != nil && !errors.Is(err, zlib.ErrChecksum) {
		return &verdict{textBroken}
	}
	for _, c := range append(text, ' ') {
		if inner.see(c); inner.bad != nil {
			return inner.bad
		}
	}
	p.objects, p.flate = false, false
	return nil
}

func outcomeOf(err error) string {
	var v *verdict
	switch {
	case err == nil:
		return "taken"
	case errors.As(err, &v):
		return v.text
	}
	return "error: " + err.Error()
}

// FuzzPDFQuickAsSlow compares the two on whole files, on files that arrive in
// pieces, on large ones that fill more than one block, and on a reader that fails.
func FuzzPDFQuickAsSlow(f *testing.F) {
	for _, s := range []string{
		pdfWith("<< /S /JavaScript >>"), pdfWith("<< /S /Java#53cript >>"), pdfWith(objects("/Filter /FlateDecode", packed("1 0 << /JS (x) >>"))),
		pdfWith(objects("", "1 0 << /JS (x) >>")), pdfWith("<< /Length 6 >>\nstream\nendstrendstream\n/JS (x)"), pdfWith("<< /Length 2 >>\nstream\r\nab\nendstream"),
		"stream\nendstream/#4/#4a#53", "/ObjStm stream\nx\nendstream obj\nstream\n/JS endstream", "endstream\nstream\nstream\n", "/Fl/ObjStm\nstream\n" + packed("/Encrypt ") + "endstream",
		"/" + strings.Repeat("a", 128) + "JS /JS", "\nobj /ObjStm obj\nstream\n/JS\nendstream %%EOF", "stream\nendstrea",
	} {
		f.Add([]byte(s), uint16(0))
		f.Add([]byte(s), uint16(65530-len(s)/2))
	}
	f.Fuzz(func(t *testing.T, b []byte, before uint16) {
		doc := append(bytes.Repeat([]byte(" "), int(before)), b...)
		for name, r := range map[string]func() io.Reader{
			"whole":  func() io.Reader { return bytes.NewReader(doc) },
			"pieces": func() io.Reader { return iotest.HalfReader(bytes.NewReader(doc)) },
			"ended":  func() io.Reader { return strings.NewReader(string(doc) + " %%EOF") },
			"fails":  func() io.Reader { return io.MultiReader(bytes.NewReader(doc), iotest.ErrReader(io.ErrUnexpectedEOF)) },
		} {
			if quick, slow := outcomeOf(lookIntoPDF(r())), outcomeOf(slowPDF(r())); quick != slow {
				t.Errorf("%s: %q, byte by byte %q", name, quick, slow)
			}
		}
	})
}

func BenchmarkLookIntoPDF(b *testing.B) {
	doc := []byte(pdfWith("<< /Length 99 >>\nstream\n" + strings.Repeat("some bytes of a picture", 4400) + "\nendstream"))
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if err := lookIntoPDF(bytes.NewReader(doc)); err != nil {
			b.Fatal(err)
		}
	}
}
