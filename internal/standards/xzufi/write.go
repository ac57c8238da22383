package xzufi

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Namespace is that of XZuFi 2.2.0, which is read strictly and written.
const Namespace = "http://xoev.de/schemata/xzufi/2_2_0"

// Version is the value of the root's attribute xzufiVersion.
const Version = "2.2.0"

// rootElement is the root that a Writer writes. The standard's own name is not
// openly documented; a Reader takes any name in the namespace.
const rootElement = "transferNachricht"

// Header is the head of a transfer file.
type Header struct {
	NachrichtUUID       string
	ErstelltAm          time.Time
	Sender              string
	Empfaenger          string
	TransaktionID       string
	TransaktionPosition int // of this file in the transaction, from 1; 0 means none given
}

func (h *Header) shape(c *codec) {
	c.str("nachrichtUUID", &h.NachrichtUUID)
	c.instant("erstelltDatumZeit", &h.ErstelltAm)
	c.str("empfaenger", &h.Empfaenger)
	c.str("sender", &h.Sender)
}

// Writer writes a transfer file, object by object. The first error is kept:
// every later call returns it.
type Writer struct {
	e   emitter
	err error
}

// NewWriter begins a file on w. Close ends it; w itself stays open.
func NewWriter(w io.Writer, h Header) *Writer {
	x := &Writer{e: emitter{w: bufio.NewWriterSize(w, 32<<10)}}
	e := &x.e
	e.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	e.open(rootElement)
	e.attr("xmlns:xzufi", Namespace)
	e.attr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
	e.attr("xzufiVersion", Version)
	e.attr("produktbezeichnung", "Stadttor")
	c := &codec{e: e}
	c.one("nachrichtenkopf", true, h.shape)
	c.str("transaktionID", &h.TransaktionID)
	c.num("transaktionPosition", &h.TransaktionPosition)
	return x
}

// ErrClosed is returned for what is written after Close.
var ErrClosed = errors.New("xzufi: writer is closed")

// Write adds an object. It refuses with an *ObjectError what a Reader would
// refuse; the file stays whole then. Texts lose what XML cannot carry: control
// characters and broken UTF-8.
func (x *Writer) Write(o Object) error {
	if x.err != nil {
		return x.err
	}
	if reason, detail := o.check(); reason != "" {
		return &ObjectError{Kind: o.Kind(), ID: o.ID().Value, Reason: reason, Detail: detail}
	}
	if o.Op != Schreibe && o.Op != Loesche {
		return &ObjectError{Kind: o.Kind(), ID: o.ID().Value, Reason: ReasonNoObject, Detail: "no operation"}
	}
	e := &x.e
	e.open(string(o.Op))
	e.open(string(o.Kind()))
	if c := (&codec{e: e}); o.Op == Loesche {
		id := o.ID()
		c.id("id", &id)
	} else {
		o.shape(c)
	}
	e.close()
	e.close()
	if e.err != nil {
		x.err = e.err
	}
	return x.err
}

// Close ends the file and flushes it.
func (x *Writer) Close() error {
	if x.err != nil {
		return x.err
	}
	x.e.close()
	x.e.raw("\n")
	if x.e.err == nil {
		x.e.err = x.e.w.Flush()
	}
	x.err = ErrClosed
	return x.e.err
}

// emitter writes indented XML with the prefix xzufi. An element that holds
// only text stands on one line.
type emitter struct {
	w     *bufio.Writer
	err   error
	stack []string // names of the open elements
	tag   bool     // the last start tag still takes attributes
	inner bool     // the innermost open element has children
}

func (e *emitter) raw(s string) {
	if e.err == nil {
		_, e.err = e.w.WriteString(s)
	}
}

func (e *emitter) endTag() {
	if e.tag {
		e.raw(">")
		e.tag = false
	}
}

func (e *emitter) newline() {
	e.raw("\n")
	for range e.stack {
		e.raw("  ")
	}
}

func (e *emitter) open(name string) {
	e.endTag()
	if len(e.stack) > 0 {
		e.newline()
	}
	e.raw("<xzufi:" + name)
	e.stack = append(e.stack, name)
	e.tag, e.inner = true, false
}

func (e *emitter) attr(name, value string) {
	e.raw(" " + name + `="`)
	e.escape(value, true)
	e.raw(`"`)
}

func (e *emitter) text(s string) {
	e.endTag()
	s = clean(s)
	if strings.ContainsAny(s, "<&") && !strings.Contains(s, "]]>") && !strings.Contains(s, "\r") {
		e.raw("<![CDATA[" + s + "]]>")
		return
	}
	e.escape(s, false)
}

// bare writes an unqualified element with a text.
func (e *emitter) bare(name, s string) {
	e.endTag()
	e.newline()
	e.raw("<" + name + ">")
	e.escape(clean(s), false)
	e.raw("</" + name + ">")
	e.inner = true
}

func (e *emitter) close() {
	name := e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
	switch {
	case e.tag:
		e.raw("/>")
		e.tag = false
	case e.inner:
		e.newline()
		fallthrough
	default:
		e.raw("</xzufi:" + name + ">")
	}
	e.inner = true
}

// clean drops what XML cannot carry.
func clean(s string) string {
	ok := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
	}
	for _, r := range s {
		if !ok(r) {
			return strings.Map(func(r rune) rune {
				if ok(r) {
					return r
				}
				return -1
			}, strings.ToValidUTF8(s, ""))
		}
	}
	return strings.ToValidUTF8(s, "")
}

// escape writes s so that a parser gives it back unchanged; in an attribute
// that includes tabs and line ends, which would become blanks.
func (e *emitter) escape(s string, attr bool) {
	if attr {
		s = clean(s)
	}
	last := 0
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		rep := ""
		switch {
		case r == '&':
			rep = "&amp;"
		case r == '<':
			rep = "&lt;"
		case r == '>':
			rep = "&gt;"
		case r == '"' && attr:
			rep = "&quot;"
		case r == '\r', attr && (r == '\n' || r == '\t'):
			rep = "&#" + strconv.Itoa(int(r)) + ";"
		}
		if rep != "" {
			e.raw(s[last:i])
			e.raw(rep)
			last = i + width
		}
		i += width
	}
	e.raw(s[last:])
}
