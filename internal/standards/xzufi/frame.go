package xzufi

import (
	"bytes"
	"io"
	"strings"
)

// frames cuts a transfer file into its root tag and the children of the root.
// It looks at markup only as far as it must to find where a child ends, and it
// finds the next child again after one that is no XML. Whether a child is well
// formed is decided later by encoding/xml, on bytes that are already bounded.
type frames struct {
	src    io.Reader
	buf    []byte // window on src
	r, w   int
	err    error // of src, sticky
	line   int   // of buf[r], from 1
	limits Limits

	rootTag  []byte // "<xzufi:… xmlns:xzufi=…>", never self-closing
	rootName string // as written, with prefix
	rootLine int
	ended    bool

	tag     []byte // the tag that was read last, from < to >
	tagLine int
	pending markup // what tag holds if it has not been used, else markupNone
}

// frame is one child of the root element.
type frame struct {
	name string // as written, with prefix
	line int
	data []byte // valid until the next call; cut at the limit if reason is too-large
	// reason tells what kept the child from being read whole.
	reason Reason
}

const window = 64 << 10

func newFrames(src io.Reader, l Limits) *frames {
	return &frames{src: src, buf: make([]byte, window), line: 1, limits: l}
}

// fill reads more bytes behind buf[w]; it makes room by moving the window.
func (f *frames) fill() bool {
	if f.err != nil {
		return false
	}
	if f.r > 0 {
		copy(f.buf, f.buf[f.r:f.w])
		f.w -= f.r
		f.r = 0
	}
	for range 100 {
		n, err := f.src.Read(f.buf[f.w:])
		f.w += n
		if err != nil {
			f.err = err
		}
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	f.err = io.ErrNoProgress
	return false
}

// peek reports whether the bytes at the window begin with s.
func (f *frames) peek(s string) bool {
	for f.w-f.r < len(s) {
		if !f.fill() {
			return false
		}
	}
	return string(f.buf[f.r:f.r+len(s)]) == s
}

func (f *frames) take(n int) []byte {
	b := f.buf[f.r : f.r+n]
	f.line += bytes.Count(b, []byte{'\n'})
	f.r += n
	return b
}

// sink keeps bytes up to a limit and knows when there were more.
type sink struct {
	data  []byte
	limit int
	over  bool
}

func (s *sink) add(b []byte) {
	if s.over {
		return
	}
	if len(s.data)+len(b) > s.limit {
		b = b[:s.limit-len(s.data)]
		s.over = true
	}
	s.data = append(s.data, b...)
}

// until moves everything up to and including end into s; false at the end of
// the file. end has at most three bytes.
func (f *frames) until(end string, s *sink) bool {
	for {
		if i := bytes.Index(f.buf[f.r:f.w], []byte(end)); i >= 0 {
			s.add(f.take(i + len(end)))
			return true
		}
		keep := min(len(end)-1, f.w-f.r)
		s.add(f.take(f.w - f.r - keep))
		if !f.fill() {
			s.add(f.take(f.w - f.r))
			return false
		}
	}
}

// text moves everything before the next < into s; false at the end of the file.
func (f *frames) text(s *sink) bool {
	for {
		if i := bytes.IndexByte(f.buf[f.r:f.w], '<'); i >= 0 {
			s.add(f.take(i))
			return true
		}
		s.add(f.take(f.w - f.r))
		if !f.fill() {
			return false
		}
	}
}

// markup is what stands at a <.
type markup int

const (
	markupNone markup = iota
	markupEOF
	markupStart
	markupEmpty // <a/>
	markupEnd
	markupOther   // comment, CDATA, processing instruction: already in the sink
	markupDoctype // <! that is neither comment nor CDATA: nothing taken
	markupHuge    // a tag longer than Limits.Tag: skipped
)

// next reads the markup at the window, which stands on <. Tags go to f.tag,
// everything else to s.
func (f *frames) next(s *sink) markup {
	switch {
	case f.peek("<!--"):
		s.add(f.take(4))
		if !f.until("-->", s) {
			return markupEOF
		}
		return markupOther
	case f.peek("<![CDATA["):
		s.add(f.take(9))
		if !f.until("]]>", s) {
			return markupEOF
		}
		return markupOther
	case f.peek("<?"):
		s.add(f.take(2))
		if !f.until("?>", s) {
			return markupEOF
		}
		return markupOther
	case f.peek("<!"):
		return markupDoctype
	}
	f.tagLine = f.line
	t := sink{data: f.tag[:0], limit: f.limits.Tag}
	whole := f.readTag(&t)
	f.tag = t.data
	if t.over {
		return markupHuge
	}
	switch {
	case !whole && f.r == f.w:
		return markupEOF
	case len(f.tag) > 1 && f.tag[1] == '/':
		return markupEnd
	case bytes.HasSuffix(f.tag, []byte("/>")):
		return markupEmpty
	}
	return markupStart
}

// readTag reads up to the > that closes the tag, which does not stand in
// quotes. A < inside ends the tag too: XML allows it nowhere there, so it is
// more likely the next tag than a part of this one.
func (f *frames) readTag(t *sink) bool {
	t.add(f.take(1))
	var quote byte
	for {
		b := f.buf[f.r:f.w]
		for i, c := range b {
			switch {
			case c == '<':
				t.add(f.take(i))
				return false
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				t.add(f.take(i + 1))
				return true
			}
		}
		t.add(f.take(len(b)))
		if !f.fill() {
			return false
		}
	}
}

// nameIn gives the name in a tag as written, with prefix.
func nameIn(tag []byte) []byte {
	t := tag[min(1, len(tag)):]
	if len(t) > 0 && t[0] == '/' {
		t = t[1:]
	}
	for i, c := range t {
		switch c {
		case ' ', '\t', '\r', '\n', '/', '>':
			return t[:i]
		}
	}
	return t
}

func tagName(tag []byte) string { return string(nameIn(tag)) }

// isOp reports whether a tag is schreibe or loesche, under any prefix.
func isOp(tag []byte) bool {
	name := nameIn(tag)
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return string(name) == string(Schreibe) || string(name) == string(Loesche)
}

func localName(qname string) string {
	if _, local, ok := strings.Cut(qname, ":"); ok {
		return local
	}
	return qname
}

// start reads up to and including the root tag.
func (f *frames) start() *FileError {
	if f.peek("\xef\xbb\xbf") {
		f.r += 3
	}
	for first := true; ; first = false {
		before := sink{limit: f.limits.Tag}
		more := f.text(&before)
		if junk := bytes.TrimSpace(before.data); len(junk) > 0 {
			return f.fail(ReasonNotXML, "text where the root element should begin")
		}
		if !more {
			if f.err != io.EOF {
				return f.fail("", "")
			}
			if first {
				return f.fail(ReasonEmpty, "")
			}
			return f.fail(ReasonTruncated, "no root element")
		}
		prolog := sink{}
		switch f.next(&prolog) {
		case markupEOF:
			return f.fail(ReasonTruncated, "no root element")
		case markupDoctype:
			return f.fail(ReasonDoctype, "")
		case markupEnd:
			return f.fail(ReasonNotXML, "an end tag where the root element should begin")
		case markupHuge:
			return f.fail(ReasonNotXML, "the first tag is too long")
		case markupEmpty:
			f.ended = true
			f.tag = append(f.tag[:len(f.tag)-2], '>')
			fallthrough
		case markupStart:
			f.rootTag = bytes.Clone(f.tag)
			f.rootName = tagName(f.tag)
			f.rootLine = f.tagLine
			return nil
		}
	}
}

// fail builds a FileError; an error of the source wins over the reason.
func (f *frames) fail(reason Reason, detail string) *FileError {
	if f.err != nil && f.err != io.EOF {
		return &FileError{Line: f.line, Reason: ReasonRead, Detail: f.err.Error(), Err: f.err}
	}
	return &FileError{Line: f.line, Reason: reason, Detail: detail}
}

// child gives the next child of the root, or io.EOF after the root's end tag,
// or a *FileError. The bytes are appended to dst.
func (f *frames) child(dst []byte) (frame, error) {
	m := f.pending
	for {
		switch m {
		case markupEOF:
			return frame{}, f.fail(ReasonTruncated, "the root element does not end")
		case markupDoctype:
			return frame{}, f.fail(ReasonDoctype, "")
		case markupHuge:
			return frame{line: f.tagLine, reason: ReasonTooLarge}, nil
		case markupEmpty:
			f.pending = markupNone
			return frame{name: tagName(f.tag), line: f.tagLine, data: append(dst, f.tag...)}, nil
		case markupStart:
			f.pending = markupNone
			return f.body(dst, tagName(f.tag), f.tagLine)
		case markupEnd:
			if tagName(f.tag) != f.rootName {
				return frame{name: tagName(f.tag), line: f.tagLine, reason: ReasonStray}, nil
			}
			f.ended = true
		}
		if f.ended {
			return frame{}, f.trailer()
		}
		void := sink{}
		if m = markupEOF; f.text(&void) {
			m = f.next(&void)
		}
	}
}

// body reads a child whose start tag is in f.tag.
func (f *frames) body(dst []byte, name string, line int) (frame, error) {
	s := sink{data: dst, limit: len(dst) + f.limits.Object}
	s.add(f.tag)
	done := func(reason Reason) (frame, error) {
		if s.over {
			reason = ReasonTooLarge
		}
		return frame{name: name, line: line, data: s.data, reason: reason}, nil
	}
	for {
		if !f.text(&s) {
			if f.err != io.EOF {
				return frame{}, f.fail("", "")
			}
			return done(ReasonUnclosed)
		}
		switch m := f.next(&s); m {
		case markupEOF:
			if f.err != io.EOF {
				return frame{}, f.fail("", "")
			}
			return done(ReasonUnclosed)
		case markupDoctype:
			return frame{}, f.fail(ReasonDoctype, "")
		case markupStart, markupEmpty:
			if isOp(f.tag) {
				f.pending = m
				return done(ReasonUnclosed)
			}
			s.add(f.tag)
		case markupEnd:
			if string(nameIn(f.tag)) == f.rootName && f.rootName != name {
				f.ended = true
				return done(ReasonUnclosed)
			}
			s.add(f.tag)
			if string(nameIn(f.tag)) == name {
				return done("")
			}
		case markupHuge:
			s.over = true
		}
	}
}

// trailer checks that nothing but comments follows the root element.
func (f *frames) trailer() error {
	for {
		rest := sink{limit: f.limits.Tag}
		more := f.text(&rest)
		if len(bytes.TrimSpace(rest.data)) > 0 || rest.over {
			return f.fail(ReasonTrailing, "")
		}
		if !more {
			if f.err != io.EOF {
				return f.fail("", "")
			}
			return io.EOF
		}
		void := sink{}
		if f.next(&void) != markupOther {
			return f.fail(ReasonTrailing, "")
		}
	}
}

// recode lets the bytes that are still to come go through a decoder.
func (f *frames) recode(decoder func(io.Reader) io.Reader) {
	rest := bytes.Clone(f.buf[f.r:f.w])
	src := f.src
	if f.err != nil {
		src = &failed{f.err}
	}
	f.src = decoder(io.MultiReader(bytes.NewReader(rest), src))
	f.r, f.w, f.err = 0, 0, nil
}

// failed is a source that has ended or failed.
type failed struct{ err error }

func (s *failed) Read([]byte) (int, error) { return 0, s.err }
