package cases

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"image"
	_ "image/jpeg" // for the size of a picture
	_ "image/png"  // the same
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// fileKind is what the content shows a file to be, whatever its name says.
type fileKind struct{ media, ext string }

var (
	kindPDF  = fileKind{"application/pdf", "pdf"}
	kindZip  = fileKind{"application/zip", "zip"}
	kindDOCX = fileKind{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"}
	kindODT  = fileKind{"application/vnd.oasis.opendocument.text", "odt"}
)

var simpleKinds = map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/heic": "heic", "image/heif": "heic", "image/tiff": "tiff"}

// sniff tells the kind from the first bytes. Everything built on ZIP is kindZip.
func sniff(head []byte) fileKind {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return kindZip
	}
	m := mimetype.Detect(head)
	media, _, _ := strings.Cut(m.String(), ";")
	if media == kindPDF.media {
		return kindPDF
	}
	if ext, ok := simpleKinds[media]; ok {
		return fileKind{media, ext}
	}
	return fileKind{media, "bin"} // forms refuses it: no field allows such a kind
}

// Bounds of a text document's inside.
const (
	maxZipEntries = 2000
	maxZipBytes   = 200 << 20
)

// lookIntoZip tells a text document from an archive and refuses macros, files
// inside, passwords and bombs. Nothing is unpacked but the list of contents.
func lookIntoZip(b []byte) (fileKind, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) > maxZipEntries {
		return kindZip, &verdict{textBroken}
	}
	kind, total := kindZip, uint64(0)
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		total += f.UncompressedSize64
		switch {
		case f.Flags&1 != 0:
			return kindZip, &verdict{textEncrypted}
		case total > maxZipBytes || f.UncompressedSize64 > 1<<20+200*f.CompressedSize64:
			return kindZip, &verdict{textBroken}
		case strings.Contains(name, "vbaproject"), strings.Contains(name, "vbadata"), strings.HasPrefix(name, "basic/"), strings.HasPrefix(name, "scripts/"),
			strings.HasPrefix(name, "word/embeddings/"), strings.HasPrefix(name, "word/activex/"), strings.HasSuffix(name, ".bin") && !strings.HasPrefix(name, "word/printersettings"):
			return kindZip, &verdict{textActive}
		case name == "word/document.xml":
			kind = kindDOCX
		case name == "mimetype":
			r, err := f.Open()
			if err != nil {
				return kindZip, &verdict{textBroken}
			}
			head, err := io.ReadAll(io.LimitReader(r, 100))
			if err = errors.Join(err, r.Close()); err == nil && strings.TrimSpace(string(head)) == kindODT.media {
				kind = kindODT
			}
		}
	}
	return kind, nil
}

// maxPixels of a picture: a page at 600 dpi has 35 million. More is a bomb for
// whoever opens it.
const maxPixels = 100 << 20

// lookIntoPicture refuses a picture whose head cannot be read or that would
// need more room when it is shown than any camera's.
func lookIntoPicture(r io.Reader) error {
	c, _, err := image.DecodeConfig(bufio.NewReader(r))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return &verdict{textBroken}
	}
	if c.Width > maxPixels/c.Height {
		return &verdict{textPixels}
	}
	return nil
}

// activeNames of PDF (ISO 32000-1, 12.6 and 7.11): what runs, starts or carries
// other files.
var activeNames = map[string]bool{"JavaScript": true, "JS": true, "Launch": true, "RichMedia": true, "EmbeddedFile": true, "EmbeddedFiles": true, "XFA": true}

// Bounds of one object stream.
const (
	maxPacked   = 8 << 20
	maxUnpacked = 32 << 20
)

// pdfEnd is how near to the end of the file the mark of its end must stand, as
// viewers look for it (ISO 32000-1, annex H.3, note 18).
const pdfEnd = 1024

// lookIntoPDF reads a PDF once and refuses active content and passwords, also
// inside of compressed object streams. Other streams (pictures, fonts, page
// content) hold no objects and are passed over. A file without its end was cut
// off on the way.
func lookIntoPDF(r io.Reader) error {
	var end tail
	p := pdfLook{in: bufio.NewReaderSize(io.TeeReader(r, &end), 64<<10)}
	for {
		b, err := p.block(1)
		if err == io.EOF {
			if p.bad == nil && !bytes.Contains(end.b, []byte("%%EOF")) {
				return &verdict{textBroken}
			}
			return p.bad
		}
		if err != nil {
			return err
		}
		n := p.look(b)
		if p.bad != nil {
			return p.bad
		}
		_, _ = p.in.Discard(n) // they are in the buffer
		if p.starts {
			p.starts = false
			if err := p.stream(); err != nil {
				return err
			}
		}
	}
}

// tail keeps the last pdfEnd bytes of what is written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	p = p[max(0, n-pdfEnd):]
	t.b = append(t.b[max(0, min(len(t.b), len(t.b)+len(p)-pdfEnd)):], p...)
	return n, nil
}

type pdfLook struct {
	in      *bufio.Reader
	name    []byte // of the name that is being read
	naming  bool
	last    [8]byte // the last bytes outside of streams
	objects bool    // the dictionary before says /ObjStm
	flate   bool    // … and how it is packed
	starts  bool    // a stream begins
	bad     error
}

// block gives what is in the buffer, at least n bytes; fewer only with the error
// that ended the file.
func (p *pdfLook) block(n int) ([]byte, error) {
	if p.in.Buffered() >= n {
		n = p.in.Buffered()
		return p.in.Peek(n)
	}
	b, err := p.in.Peek(n)
	if err != nil {
		return b, err
	}
	return p.in.Peek(p.in.Buffered())
}

// byteSet is a set of bytes.
type byteSet [256]bool

func setOf(s string) (out byteSet) {
	for i := range len(s) {
		out[s[i]] = true
	}
	return out
}

var (
	pdfDelimiters = setOf(" \t\r\n\f\x00()<>[]{}/%")
	// pdfTurns are the bytes at which see does more than remember: the start of a
	// name, the last of "obj" and the last of "stream\n".
	pdfTurns = setOf("/j\n")
)

// look goes through b up to the byte that is refused or after which a stream
// starts, and gives how many bytes that were.
func (p *pdfLook) look(b []byte) int {
	for i := 0; i < len(b); i++ {
		if !p.naming {
			from := i
			for i < len(b) && !pdfTurns[b[i]] {
				i++
			}
			p.pass(b[from:i])
			if i == len(b) {
				break
			}
		}
		if p.see(b[i]); p.bad != nil || p.starts {
			return i + 1
		}
	}
	return len(b)
}

// pass remembers the last of b.
func (p *pdfLook) pass(b []byte) {
	b = b[max(0, len(b)-len(p.last)):]
	copy(p.last[:], p.last[len(b):])
	copy(p.last[len(p.last)-len(b):], b)
}

func (p *pdfLook) see(c byte) {
	if p.naming {
		if !pdfDelimiters[c] && len(p.name) < 128 {
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

func (p *pdfLook) named(n string) {
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
func (p *pdfLook) stream() error {
	var packed []byte
	mark := []byte("endstream")
	for ended, least := false, 1; !ended; {
		b, err := p.block(least)
		n := max(0, len(b)-len(mark)+1) // the rest may be the beginning of the mark
		if i := bytes.Index(b, mark); i >= 0 {
			n, ended = i+len(mark), true
		} else if err != nil {
			n, ended = len(b), true
		}
		if p.objects {
			if packed = append(packed, b[:n]...); len(packed) > maxPacked {
				return &verdict{textBroken}
			}
		}
		if err != nil && err != io.EOF {
			return err
		}
		_, _ = p.in.Discard(n) // they are in the buffer
		least = len(b) - n + 1
	}
	if !p.objects {
		return nil
	}
	inner := pdfLook{}
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
	for text = append(text, ' '); len(text) > 0; {
		text = text[inner.look(text):]
		if inner.bad != nil {
			return inner.bad
		}
		inner.starts = false // no streams in streams (ISO 32000-1, 7.5.7)
	}
	p.objects, p.flate = false, false
	return nil
}

// unescape resolves #xx in a name (ISO 32000-1, 7.3.5).
func unescape(b []byte) string {
	if bytes.IndexByte(b, '#') < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) {
			if h, l := hexDigit(b[i+1]), hexDigit(b[i+2]); h >= 0 && l >= 0 {
				out = append(out, byte(h<<4|l))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return string(out)
}

func hexDigit(c byte) int {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
