package saml

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// canonical is the exclusive canonical form of e without comments
// (http://www.w3.org/2001/10/xml-exc-c14n#); prefixes is the PrefixList of
// InclusiveNamespaces. e comes from parse (or was built here), so there are
// elements and texts only and every prefix is declared.
//
// It is our own because goxmldsig sorts two attributes of different namespaces
// by name instead of by namespace, does not know "#default", and writes
// xmlns="" at the apex (ADR 0021).
func canonical(e *etree.Element, prefixes string) ([]byte, error) {
	var outer map[string]string
	if e.Parent() != nil {
		outer = scopeOf(e.Parent())
	}
	inclusive := strings.Fields(prefixes)
	for i, p := range inclusive {
		if p == "#default" {
			inclusive[i] = ""
		}
	}
	c := canonicalizer{inclusive: inclusive}
	if err := c.element(e, outer, nil); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// reread parses canonical bytes and proves that they mean the same to us when
// read again: the canonical form of what was read must be those bytes.
func reread(b []byte, prefixes string) (*etree.Element, error) {
	e, err := parse(b, nil)
	if err != nil {
		return nil, err
	}
	again, err := canonical(e, prefixes)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(b, again) {
		return nil, refuse(RuleSyntax, "does not survive reading and writing")
	}
	return e, nil
}

type canonicalizer struct {
	out       bytes.Buffer
	inclusive []string
}

type shownAttr struct{ uri, qname, key, value string }

// element writes e. scope is what is declared around it, shown what the
// elements around it have written.
func (c *canonicalizer) element(e *etree.Element, scope, shown map[string]string) error {
	scope, err := subScope(e, scope)
	if err != nil {
		return err
	}
	used := []string{e.Space}
	var attrs []shownAttr
	for _, a := range e.Attr {
		if isDeclaration(a) {
			continue
		}
		s := shownAttr{qname: a.Key, key: a.Key, value: a.Value}
		if a.Space != "" {
			s.qname = a.Space + ":" + a.Key
			s.uri, _ = lookup(scope, a.Space)
			used = append(used, a.Space)
		}
		attrs = append(attrs, s)
	}
	for _, p := range c.inclusive {
		if _, ok := scope[p]; ok {
			used = append(used, p)
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	slices.SortFunc(attrs, func(a, b shownAttr) int {
		if n := strings.Compare(a.uri, b.uri); n != 0 {
			return n
		}
		return strings.Compare(a.key, b.key)
	})

	tag := e.FullTag()
	c.out.WriteString("<" + tag)
	inner, own := shown, false
	for _, p := range used {
		if p == "xml" {
			continue
		}
		uri, ok := lookup(scope, p)
		if !ok {
			return refuse(RuleSyntax, "undeclared prefix")
		}
		if uri == shown[p] { // also: no default namespace here, none around
			continue
		}
		if !own {
			inner, own = clone(shown), true
		}
		inner[p] = uri
		if p == "" {
			c.out.WriteString(` xmlns="`)
		} else {
			c.out.WriteString(` xmlns:` + p + `="`)
		}
		attrEscaper.WriteString(&c.out, uri)
		c.out.WriteByte('"')
	}
	for _, a := range attrs {
		c.out.WriteString(" " + a.qname + `="`)
		attrEscaper.WriteString(&c.out, a.value)
		c.out.WriteByte('"')
	}
	c.out.WriteByte('>')
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.Element:
			if err := c.element(t, scope, inner); err != nil {
				return err
			}
		case *etree.CharData:
			textEscaper.WriteString(&c.out, t.Data)
		default:
			return refuse(RuleForbidden, "%T", t)
		}
	}
	c.out.WriteString("</" + tag + ">")
	return nil
}

func clone(m map[string]string) map[string]string {
	c := make(map[string]string, len(m)+2)
	maps.Copy(c, m)
	return c
}

var (
	textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attrEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)
