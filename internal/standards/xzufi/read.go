package xzufi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Config says how to read. The zero value reads XZuFi 2.2.0 strictly.
type Config struct {
	// Tolerant also reads 2.1.0 and 2.3.x, and takes elements that are
	// qualified although they should not be and the other way round.
	// Reader.Version tells what was found.
	Tolerant bool
	Limits   Limits
}

// Reader reads a transfer file. It is not safe for concurrent use.
type Reader struct {
	frames  *frames
	session session
	limits  Limits

	started bool
	err     error // FileError or io.EOF, sticky
	ns      string
	version string
	header  Header
	wrap    []byte // the root tag, which declares the prefixes
	wrapNL  int    // line ends in wrap
	buf     []byte
	queue   []Object
	index   int
	single  bool // the root is itself an object
	stats   Stats
}

// Stats tells what a Reader passed over.
type Stats struct {
	Objects      int // given out
	Broken       int // reported as *ObjectError
	DroppedLinks int // links with an address that no browser should follow
	BadValues    int // numbers, amounts, times and flags that are none
	// Unknown counts elements that were skipped, by "parent/element"; at most
	// 500 different ones are told apart, the rest counts under "…".
	Unknown map[string]int
}

// NewReader reads XZuFi 2.2.0 strictly.
func NewReader(r io.Reader) *Reader { return Config{}.NewReader(r) }

// NewReader reads as c says.
func (c Config) NewReader(r io.Reader) *Reader {
	l := c.Limits.orDefaults()
	return &Reader{
		frames:  newFrames(r, l),
		limits:  l,
		session: session{tolerant: c.Tolerant},
		stats:   Stats{Unknown: map[string]int{}},
	}
}

// Header gives the head of the file as far as it was read; it is complete once
// Next has given an object.
func (r *Reader) Header() Header { return r.header }

// Version gives the version that the file's namespace names, such as "2.2.0",
// once Next has been called. In tolerant reading it may differ from Version.
func (r *Reader) Version() string { return r.version }

// Stats tells what was passed over so far.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.DroppedLinks, s.BadValues = r.session.droppedLinks, r.session.badValues
	return s
}

// Next gives the next object. The error is
//   - an *ObjectError for an object that was not taken: call Next again;
//   - io.EOF at the end of a whole file;
//   - a *FileError if the file cannot be read on: every later call gives it too.
func (r *Reader) Next() (Object, error) {
	for {
		if len(r.queue) > 0 {
			o := r.queue[0]
			r.queue = r.queue[1:]
			return r.give(o)
		}
		if r.err != nil {
			return Object{}, r.err
		}
		if !r.started {
			r.started = true
			if err := r.start(); err != nil {
				r.err = err
				continue
			}
		}
		f, err := r.nextFrame()
		if err != nil {
			r.err = err
			continue
		}
		if err := r.take(f); err != nil {
			r.stats.Broken++
			return Object{}, err
		}
	}
}

func (r *Reader) give(o Object) (Object, error) {
	if reason, detail := o.check(); reason != "" {
		r.stats.Broken++
		return Object{}, &ObjectError{Index: r.index, Kind: o.Kind(), ID: o.ID().Value, Line: o.Line, Reason: reason, Detail: detail}
	}
	r.stats.Objects++
	return o, nil
}

// start reads the root tag and finds out what kind of file it is.
func (r *Reader) start() error {
	if err := r.decode(); err != nil {
		return err
	}
	if err := r.frames.start(); err != nil {
		return err
	}
	root := r.frames.rootTag
	line := r.frames.rootLine
	doc := append(bytes.Clone(root), "</"+r.frames.rootName+">"...)
	top, bad := parse(bytes.NewReader(doc), "", r.limits)
	if bad != nil || len(top.kids) != 1 {
		return &FileError{Line: line, Reason: ReasonNotXML, Detail: "the root tag is not well formed"}
	}
	el := top.kids[0]
	ns := rootNamespace(el, r.frames.rootName)
	version, ok := strings.CutPrefix(ns, "http://xoev.de/schemata/xzufi/")
	if !ok {
		return &FileError{Line: line, Reason: ReasonNotXZuFi, Detail: "the root element is not in an XZuFi namespace"}
	}
	r.version = safeDetail(strings.ReplaceAll(version, "_", "."))
	if ns != Namespace && !(r.session.tolerant && (version == "2_1_0" || strings.HasPrefix(version, "2_3_"))) {
		return &FileError{Line: line, Reason: ReasonVersion, Detail: "XZuFi " + r.version}
	}
	r.ns = ns
	r.wrap = root
	if _, r.single = blank(Schreibe, localName(r.frames.rootName)); r.single {
		r.wrap = []byte("<_>")
	}
	r.wrapNL = bytes.Count(r.wrap, []byte{'\n'})
	return nil
}

// rootNamespace resolves the prefix of the root's own name.
func rootNamespace(el *node, qname string) string {
	prefix, _, ok := strings.Cut(qname, ":")
	for _, a := range el.attrs {
		if ok && a.Name.Space == "xmlns" && a.Name.Local == prefix || !ok && a.Name.Space == "" && a.Name.Local == "xmlns" {
			return a.Value
		}
	}
	return ""
}

// decode makes UTF-8 of the encodings that editorial systems still write.
func (r *Reader) decode() error {
	f := r.frames
	for f.w-f.r < 200 && f.fill() {
	}
	head := f.buf[f.r:f.w]
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		f.recode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader)
		return nil
	case !bytes.HasPrefix(head, []byte("<?xml")):
		return nil
	}
	decl, _, _ := bytes.Cut(head, []byte("?>"))
	switch enc := strings.ToLower(declared(string(decl))); enc {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		f.recode(charmap.Windows1252.NewDecoder().Reader)
	case "iso-8859-15":
		f.recode(charmap.ISO8859_15.NewDecoder().Reader)
	default:
		return &FileError{Line: 1, Reason: ReasonEncoding, Detail: safeDetail(enc)}
	}
	return nil
}

func declared(decl string) string {
	_, rest, ok := strings.Cut(decl, "encoding")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	enc, _, _ := strings.Cut(rest[1:], rest[:1])
	return enc
}

func (r *Reader) nextFrame() (frame, error) {
	f, err := frame{}, error(nil)
	r.buf = append(r.buf[:0], r.wrap...)
	if r.single {
		if r.index > 0 {
			return r.frames.child(r.buf)
		}
		empty := r.frames.ended
		r.frames.ended = false
		r.frames.tag = append(r.frames.tag[:0], r.frames.rootTag...)
		if empty {
			r.frames.ended = true
			f = frame{name: r.frames.rootName, line: r.frames.rootLine, data: append(r.buf, r.frames.rootTag...)}
			f.data = append(f.data, "</"+r.frames.rootName+">"...)
		} else {
			f, err = r.frames.body(r.buf, r.frames.rootName, r.frames.rootLine)
			r.frames.ended = f.reason == ""
		}
	} else {
		f, err = r.frames.child(r.buf)
	}
	if cap(f.data) > cap(r.buf) && cap(f.data) <= 1<<20 {
		r.buf = f.data
	}
	return f, err
}

// take reads one child of the root. Its objects go to the queue.
func (r *Reader) take(f frame) error {
	local := localName(f.name)
	_, object := blank(Schreibe, local)
	op := Schreibe
	switch local {
	case "nachrichtenkopf", "transaktionID", "transaktionPosition":
		r.head(f, local)
		return nil
	case string(Loesche):
		op = Loesche
	case string(Schreibe):
	default:
		if !object && f.reason != ReasonStray && f.reason != ReasonTooLarge {
			r.unknown("", local)
			return nil
		}
	}
	fail := func(e *ObjectError) error {
		if e.Line == 0 {
			e.Line = f.line
		}
		return e
	}
	if f.reason == ReasonStray {
		return fail(&ObjectError{Reason: ReasonStray, Detail: "</" + safeDetail(f.name) + ">"})
	}
	r.index++
	top, bad := r.tree(f)
	var holder *node
	if len(top.kids) > 0 {
		holder = top.kids[0]
		if !object && len(holder.kids) > 0 {
			holder = holder.kids[len(holder.kids)-1]
		}
	}
	if f.reason != "" || bad != nil {
		e := &ObjectError{Index: r.index, Reason: f.reason}
		if bad != nil && f.reason == "" {
			e.Reason, e.Detail, e.Line = bad.reason, bad.detail, bad.line
		}
		if e.Reason == ReasonTooLarge {
			e.Detail = fmt.Sprintf("larger than %d bytes", r.limits.Object)
		}
		e.Kind, e.ID = r.guess(holder)
		return fail(e)
	}
	if !object {
		return r.objects(top.kids[0], op, f.line, fail)
	}
	return r.queueOne(holder, op, f.line, fail)
}

// objects queues what stands in schreibe or loesche.
func (r *Reader) objects(el *node, op Op, line int, fail func(*ObjectError) error) error {
	c := codec{n: el, s: &r.session}
	var first error
	found := 0
	for _, k := range el.kids {
		if k.name == "" {
			continue
		}
		if !c.qualified(k.space) {
			r.unknown(el.name, k.name)
			continue
		}
		found++
		if err := r.queueOne(k, op, line, fail); err != nil && first == nil {
			first = err
		}
	}
	if found == 0 {
		return fail(&ObjectError{Index: r.index, Reason: ReasonNoObject})
	}
	return first
}

func (r *Reader) queueOne(k *node, op Op, line int, fail func(*ObjectError) error) error {
	name := k.name
	if op == Loesche {
		name = strings.TrimSuffix(name, "ID")
	}
	o, ok := blank(op, name)
	if !ok {
		r.unknown(string(op), k.name)
		return fail(&ObjectError{Index: r.index, Kind: Kind(safeDetail(k.name)), Reason: ReasonUnknown})
	}
	o.Line = line
	c := &codec{n: k, s: &r.session}
	if op == Loesche {
		r.deletion(o, c, name != k.name)
	} else {
		o.shape(c)
		r.countUnknown(k)
	}
	r.queue = append(r.queue, o)
	return nil
}

// deletion fills only the identifier. Writers send the object with its id, or
// an element such as leistungID that is the identifier.
func (r *Reader) deletion(o Object, c *codec, bare bool) {
	var id Identifikator
	if bare {
		identifikator(c, &id)
	} else {
		c.id("id", &id)
		if id.Value == "" && o.Zustaendigkeit != nil {
			o.Zustaendigkeit.shape(c)
			id = o.Zustaendigkeit.ID
			*o.Zustaendigkeit = ZustaendigkeitTransferObjekt{}
		}
	}
	switch o.Kind() {
	case KindLeistung:
		o.Leistung.ID = id
	case KindOrganisationseinheit:
		o.Organisationseinheit.ID = id
	case KindOnlinedienst:
		o.Onlinedienst.ID = id
	case KindZustaendigkeit:
		o.Zustaendigkeit.ID = id
	case KindSpezialisierung:
		o.Spezialisierung.ID = id
	}
}

// tree parses a frame. Its first node is the frame's element.
func (r *Reader) tree(f frame) (*node, *treeError) {
	if len(f.data) == 0 {
		return &node{}, nil
	}
	doc := f.data
	if f.reason == "" {
		name := r.frames.rootName
		if r.single {
			name = "_"
		}
		doc = append(doc, "</"+name+">"...)
	}
	top, bad := parse(bytes.NewReader(doc), r.ns, r.limits)
	if len(top.kids) > 0 {
		top = top.kids[0]
	}
	if bad != nil {
		bad.line = f.line + max(0, bad.line-1-r.wrapNL)
	}
	return top, bad
}

func (r *Reader) head(f frame, local string) {
	top, bad := r.tree(f)
	if bad != nil || f.reason != "" || len(top.kids) == 0 {
		r.session.badValues++
		return
	}
	c := &codec{n: top, s: &r.session}
	switch local {
	case "nachrichtenkopf":
		c.one(local, true, r.header.shape)
		r.countUnknown(top.kids[0])
	case "transaktionID":
		c.str(local, &r.header.TransaktionID)
	case "transaktionPosition":
		c.num(local, &r.header.TransaktionPosition)
	}
}

// guess finds kind and identifier in what was read of a broken object.
func (r *Reader) guess(holder *node) (Kind, string) {
	if holder == nil {
		return "", ""
	}
	o, ok := blank(Schreibe, holder.name)
	if !ok {
		return "", ""
	}
	if k := holder.find(func(s space) bool { return s != spaceForeign }, "id"); k != nil {
		return o.Kind(), safeDetail(k.value())
	}
	return o.Kind(), ""
}

const maxUnknown = 500

func (r *Reader) unknown(parent, name string) {
	key := safeDetail(parent + "/" + name)
	if _, ok := r.stats.Unknown[key]; !ok && len(r.stats.Unknown) >= maxUnknown {
		key = "…"
	}
	r.stats.Unknown[key]++
}

// countUnknown counts the elements from which no field was read. What is below
// them is not counted again.
func (r *Reader) countUnknown(n *node) {
	for _, k := range n.kids {
		switch {
		case k.name == "":
		case k.used:
			r.countUnknown(k)
		default:
			r.unknown(n.name, k.name)
		}
	}
}

// All gives every object of the file and then the FileError, if there was one.
// Broken objects are handed to broken, which may be nil.
func (r *Reader) All(broken func(*ObjectError)) func(yield func(Object, error) bool) {
	return func(yield func(Object, error) bool) {
		for {
			o, err := r.Next()
			var oe *ObjectError
			switch {
			case err == nil:
				if !yield(o, nil) {
					return
				}
			case errors.As(err, &oe):
				if broken != nil {
					broken(oe)
				}
			case errors.Is(err, io.EOF):
				return
			default:
				yield(Object{}, err)
				return
			}
		}
	}
}
