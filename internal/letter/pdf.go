package letter

import (
	"bytes"

	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/klauspost/compress/zlib"
)

// pdf collects the objects of one file (ISO 32000-1, 7.3). Plain objects go
// into compressed object streams, so that the structure tree of a long table
// costs little.
type pdf struct {
	objects []object // number n is objects[n-1]
}

type object struct {
	body   []byte
	stream bool
}

// ref is the number of an object; printed with %v it is an indirect reference.
type ref int

func (r ref) String() string { return fmt.Sprintf("%d 0 R", int(r)) }

// reserve gives a number to an object that is set later.
func (p *pdf) reserve() ref {
	p.objects = append(p.objects, object{})
	return ref(len(p.objects))
}

func (p *pdf) set(r ref, format string, args ...any) {
	p.objects[r-1] = object{body: fmt.Appendf(nil, format, args...)}
}

func (p *pdf) add(format string, args ...any) ref {
	r := p.reserve()
	p.set(r, format, args...)
	return r
}

var deflaters = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(z)
	z.Reset(&b)
	_, _ = z.Write(data) // a bytes.Buffer does not fail
	_ = z.Close()
	return b.Bytes()
}

// stream adds a compressed stream; dict holds further entries.
func (p *pdf) stream(dict string, data []byte) ref {
	return p.rawStream(dict+"/Filter/FlateDecode", deflate(data))
}

// rawStream adds a stream as it is.
func (p *pdf) rawStream(dict string, data []byte) ref {
	r := p.reserve()
	body := fmt.Appendf(nil, "<<%s/Length %d>>\nstream\n", dict, len(data))
	body = append(append(body, data...), "\nendstream"...)
	p.objects[r-1] = object{body, true}
	return r
}

// perStream is how many objects share one object stream: enough to compress
// well, few enough that a viewer unpacks little for one object.
const perStream = 200

// writeTo writes the file. The identifier is a hash of all objects: equal
// content, equal file.
func (p *pdf) writeTo(w io.Writer, catalog, info ref) error {
	type place struct{ kind, a, b int } // 1: offset, 0; 2: number of the object stream, index in it
	h := sha256.New()
	for _, o := range p.objects {
		_, _ = h.Write(o.body)
	}
	id := h.Sum(nil)[:16]

	plain := len(p.objects)
	places := make([]place, plain, plain+plain/perStream+2)
	var index, data bytes.Buffer
	var inStream []int
	flush := func() {
		if len(inStream) == 0 {
			return
		}
		r := p.stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(inStream), index.Len()), append(bytes.Clone(index.Bytes()), data.Bytes()...))
		for i, n := range inStream {
			places[n] = place{2, int(r), i}
		}
		places = append(places, place{})
		index.Reset()
		data.Reset()
		inStream = inStream[:0]
	}
	for i := range plain {
		if o := p.objects[i]; !o.stream {
			fmt.Fprintf(&index, "%d %d ", i+1, data.Len())
			data.Write(o.body)
			data.WriteByte('\n')
			if inStream = append(inStream, i); len(inStream) == perStream {
				flush()
			}
		}
	}
	flush()

	out := []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	for i, o := range p.objects {
		if o.stream {
			places[i] = place{1, len(out), 0}
			out = fmt.Appendf(out, "%d 0 obj\n", i+1)
			out = append(append(out, o.body...), "\nendobj\n"...)
		}
	}
	start := len(out)
	places = append(places, place{1, start, 0})
	xref := []byte{0, 0, 0, 0, 0, 0xFF, 0xFF} // object 0 heads the free list
	for _, e := range places {
		xref = append(xref, byte(e.kind))
		xref = binary.BigEndian.AppendUint32(xref, uint32(e.a))
		xref = binary.BigEndian.AppendUint16(xref, uint16(e.b))
	}
	r := p.stream(fmt.Sprintf("/Type/XRef/Size %d/W[1 4 2]/Root %v/Info %v/ID[<%X><%X>]", len(places)+1, catalog, info, id, id), xref)
	out = fmt.Appendf(out, "%d 0 obj\n", int(r))
	out = append(out, p.objects[r-1].body...)
	out = fmt.Appendf(out, "\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
	_, err := w.Write(out)
	return err
}

// textString is a text for a dictionary (ISO 32000-1, 7.9.2.2).
func textString(s string) string { return "<FEFF" + utf16Hex(s) + ">" }

func utf16Hex(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
