package saml

import (
	"bytes"
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// Bounds of one message. A BundID answer with all its attributes has about
// 12 KiB, 150 elements and a depth of 9.
const (
	MaxBytes    = 256 << 10
	maxDepth    = 32
	maxElements = 4000
	maxAttrs    = 40
	maxPrefixes = 60 // in scope at one place
	maxName     = 128
)

// Namespaces.
const (
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsDsig      = "http://www.w3.org/2000/09/xmldsig#"
	nsDsigMore  = "http://www.w3.org/2007/05/xmldsig-more#"
	nsEnc       = "http://www.w3.org/2001/04/xmlenc#"
	nsEnc11     = "http://www.w3.org/2009/xmlenc11#"
	nsExcC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
)

var (
	declaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.0["']([ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*["'](?i:utf-8)["'])?([ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*["'](?:yes|no)["'])?[ \t\r\n]*\?>`)
	comment     = regexp.MustCompile(`(?s)<!--.*?-->`)
	ncName      = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_.\-]*$`)
	xmlID       = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.\-]{0,199}$`)
)

// parse reads one element from foreign bytes. Everything that two XML parsers
// have ever been seen to read differently is refused here, at the level of
// bytes where that is possible: a declared encoding other than UTF-8, DOCTYPE,
// entities, comments, CDATA, processing instructions, undeclared or reserved
// prefixes, attributes given twice (also by two prefixes of one namespace),
// two elements with one ID.
//
// outer are the namespaces in scope where the bytes stood (for what came out of
// an EncryptedData); they are declared on the element.
func parse(b []byte, outer map[string]string) (*etree.Element, error) {
	if len(b) > MaxBytes {
		return nil, refuse(RuleSize, "%d bytes", len(b))
	}
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return nil, refuse(RuleEncoding, "not UTF-8")
	}
	if bytes.HasPrefix(b, []byte("<?xml")) {
		d := declaration.Find(b)
		if d == nil {
			return nil, refuse(RuleEncoding, "XML declaration")
		}
		b = b[len(d):]
	}
	// In well-formed XML "<" is literal only where markup begins, so these two
	// bytes say for certain that there is none of all that.
	if bytes.Contains(b, []byte("<!")) || bytes.Contains(b, []byte("<?")) {
		return nil, refuse(RuleForbidden, "DOCTYPE, comment, CDATA or processing instruction")
	}
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true, MaxDepth: maxDepth}
	if err := doc.ReadFromBytes(b); err != nil {
		if err == etree.ErrMaxDepth {
			return nil, refuse(RuleSize, "deeper than %d", maxDepth)
		}
		return nil, refuse(RuleSyntax, "not well-formed")
	}
	var root *etree.Element
	for _, t := range doc.Child {
		switch t := t.(type) {
		case *etree.Element:
			if root != nil {
				return nil, refuse(RuleSyntax, "two root elements")
			}
			root = t
		case *etree.CharData:
			if strings.Trim(t.Data, " \t\r\n") != "" {
				return nil, refuse(RuleSyntax, "text beside the root element")
			}
		default:
			return nil, refuse(RuleForbidden, "%T", t)
		}
	}
	if root == nil {
		return nil, refuse(RuleSyntax, "no element")
	}
	doc.RemoveChild(root)
	w := walker{ids: map[string]bool{}}
	if err := w.walk(root, outer); err != nil {
		return nil, err
	}
	declare(root, outer)
	return root, nil
}

// parseMetadata is parse for metadata, which people write by hand: comments are
// taken out first.
func parseMetadata(b []byte) (*etree.Element, error) {
	if len(b) > 4*MaxBytes {
		return nil, refuse(RuleSize, "%d bytes", len(b))
	}
	b = comment.ReplaceAll(bytes.TrimPrefix(b, []byte("\ufeff")), nil)
	return parse(bytes.TrimSpace(b), nil)
}

type walker struct {
	ids      map[string]bool
	elements int
}

func (w *walker) walk(e *etree.Element, scope map[string]string) error {
	w.elements++
	if w.elements > maxElements {
		return refuse(RuleSize, "more than %d elements", maxElements)
	}
	if len(e.Attr) > maxAttrs {
		return refuse(RuleSize, "more than %d attributes", maxAttrs)
	}
	scope, err := subScope(e, scope)
	if err != nil {
		return err
	}
	if _, ok := lookup(scope, e.Space); !ok || !name(e.Tag) {
		return refuse(RuleSyntax, "element name")
	}
	seen := make(map[[2]string]bool, len(e.Attr))
	for _, a := range e.Attr {
		key := [2]string{"", a.Key}
		switch {
		case isDeclaration(a):
			key[0] = "xmlns:" + a.Space
		case a.Space != "":
			uri, ok := lookup(scope, a.Space)
			if !ok || uri == "" {
				return refuse(RuleSyntax, "attribute prefix")
			}
			key[0] = uri
		}
		if !name(a.Key) || seen[key] {
			return refuse(RuleSyntax, "attribute name, or an attribute twice")
		}
		seen[key] = true
		if a.Space == "xml" && a.Key != "lang" && a.Key != "space" {
			return refuse(RuleSyntax, "xml:%s", foreign(a.Key))
		}
		if strings.EqualFold(a.Key, "id") && !isDeclaration(a) {
			if !xmlID.MatchString(a.Value) || w.ids[a.Value] {
				return refuse(RuleDuplicateID, "ID of %s", foreign(e.Tag))
			}
			w.ids[a.Value] = true
		}
	}
	for _, t := range e.Child {
		switch t := t.(type) {
		case *etree.Element:
			if err := w.walk(t, scope); err != nil {
				return err
			}
		case *etree.CharData:
		default:
			return refuse(RuleForbidden, "%T", t)
		}
	}
	return nil
}

func isDeclaration(a etree.Attr) bool {
	return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
}

func name(s string) bool { return len(s) <= maxName && ncName.MatchString(s) }

func lookup(scope map[string]string, prefix string) (string, bool) {
	switch prefix {
	case "":
		return scope[""], true
	case "xml":
		return nsXML, true
	}
	uri, ok := scope[prefix]
	return uri, ok
}

// subScope is the scope inside of e.
func subScope(e *etree.Element, scope map[string]string) (map[string]string, error) {
	var own map[string]string
	for _, a := range e.Attr {
		if !isDeclaration(a) {
			continue
		}
		prefix := ""
		if a.Space == "xmlns" {
			prefix = a.Key
			if a.Value == "" || len(prefix) >= 3 && strings.EqualFold(prefix[:3], "xml") || !name(prefix) {
				return nil, refuse(RuleSyntax, "namespace declaration")
			}
		}
		if a.Value == nsXML || a.Value == "http://www.w3.org/2000/xmlns/" || strings.ContainsAny(a.Value, " \t\r\n") {
			return nil, refuse(RuleSyntax, "namespace declaration")
		}
		if own == nil {
			if own = maps.Clone(scope); own == nil {
				own = map[string]string{}
			}
		}
		own[prefix] = a.Value
	}
	if own == nil {
		return scope, nil
	}
	if len(own) > maxPrefixes {
		return nil, refuse(RuleSize, "more than %d prefixes", maxPrefixes)
	}
	return own, nil
}

// scopeOf is the scope inside of an element of a parsed tree.
func scopeOf(e *etree.Element) map[string]string {
	scope := map[string]string{}
	for ; e != nil; e = e.Parent() {
		for _, a := range e.Attr {
			if !isDeclaration(a) {
				continue
			}
			prefix := ""
			if a.Space == "xmlns" {
				prefix = a.Key
			}
			if _, ok := scope[prefix]; !ok {
				scope[prefix] = a.Value
			}
		}
	}
	return scope
}

// declare writes the namespaces of scope that e does not declare itself onto it.
func declare(e *etree.Element, scope map[string]string) {
	own := map[string]bool{}
	for _, a := range e.Attr {
		if isDeclaration(a) {
			if a.Space == "" {
				own[""] = true
			} else {
				own[a.Key] = true
			}
		}
	}
	for prefix, uri := range scope {
		switch {
		case own[prefix]:
		case prefix == "":
			if uri != "" {
				e.Attr = append(e.Attr, etree.Attr{Key: "xmlns", Value: uri})
			}
		default:
			e.Attr = append(e.Attr, etree.Attr{Space: "xmlns", Key: prefix, Value: uri})
		}
	}
}

// is reports whether e has this name.
func is(e *etree.Element, ns, tag string) bool {
	return e != nil && e.Tag == tag && e.NamespaceURI() == ns
}

// attr is the value of an attribute without namespace; ok says that it is there.
func attr(e *etree.Element, key string) (value string, ok bool) {
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// value is attr, "" if it is not there.
func value(e *etree.Element, key string) string { v, _ := attr(e, key); return v }

// text is the character content of an element that has no children.
func text(e *etree.Element) (string, error) {
	var b strings.Builder
	for _, t := range e.Child {
		c, ok := t.(*etree.CharData)
		if !ok {
			return "", refuse(RuleStructure, "%s holds more than text", foreign(e.Tag))
		}
		b.WriteString(c.Data)
	}
	return b.String(), nil
}

// blank reports whether there is no text between the children of e.
func blank(e *etree.Element) bool {
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok && strings.Trim(c.Data, " \t\r\n") != "" {
			return false
		}
	}
	return true
}

// children lists the child elements of e, which has no text of its own.
func children(e *etree.Element) ([]*etree.Element, error) {
	if !blank(e) {
		return nil, refuse(RuleStructure, "text in %s", foreign(e.Tag))
	}
	return e.ChildElements(), nil
}

// count counts the elements of this name in the whole tree, e included.
func count(e *etree.Element, ns, tag string) int {
	n := 0
	if is(e, ns, tag) {
		n = 1
	}
	for _, c := range e.ChildElements() {
		n += count(c, ns, tag)
	}
	return n
}
