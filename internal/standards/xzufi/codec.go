package xzufi

import (
	"strconv"
	"strings"
	"time"

	"stadttor/internal/clock"
)

// A codec stands in one element and describes its fields. The description is
// written once (shape.go) and works in both directions: with n set it reads
// the fields from a tree, with e set it writes them. So nothing can be read
// that is not written and the other way round.
type codec struct {
	n *node
	e *emitter
	s *session
}

// session is what the codecs of one reader share.
type session struct {
	tolerant     bool
	droppedLinks int
	badValues    int
}

// qualified tells which namespace a field's name has to be in.
func (c *codec) qualified(s space) bool {
	return s == spaceXZuFi || c.s.tolerant && s == spaceNone
}

// unqualified is the rule for code and name inside an XÖV code.
func (c *codec) unqualified(s space) bool {
	return s == spaceNone || c.s.tolerant && s == spaceXZuFi
}

// attr is an attribute of the element.
func (c *codec) attr(name string, v *string) {
	if c.e != nil {
		if *v != "" {
			c.e.attr(name, *v)
		}
		return
	}
	*v = strings.TrimSpace(c.n.attr(name))
}

// own is the element's own text.
func (c *codec) own(v *string) {
	if c.e != nil {
		c.e.text(*v)
		return
	}
	*v = c.n.value()
}

// one is a child element that holds fields. When writing, it is left out
// unless present. When reading, repeated elements fill the same fields: XZuFi
// 2.3 repeats modules that are single in 2.2. also names the element in other
// versions.
func (c *codec) one(name string, present bool, f func(*codec), also ...string) {
	if c.e != nil {
		if present {
			c.e.open(name)
			f(c)
			c.e.close()
		}
		return
	}
	for _, k := range c.n.kids {
		if c.named(k, name, also) {
			k.used = true
			f(&codec{n: k, s: c.s})
		}
	}
}

func (c *codec) named(k *node, name string, also []string) bool {
	if !c.qualified(k.space) {
		return false
	}
	if k.name == name {
		return true
	}
	for _, a := range also {
		if k.name == a {
			return true
		}
	}
	return false
}

// many is a list of child elements of one name.
func many[T any](c *codec, name string, list *[]T, f func(*codec, *T), also ...string) {
	if c.e != nil {
		for i := range *list {
			c.e.open(name)
			f(c, &(*list)[i])
			c.e.close()
		}
		return
	}
	for _, k := range c.n.kids {
		if c.named(k, name, also) {
			k.used = true
			var v T
			f(&codec{n: k, s: c.s}, &v)
			*list = append(*list, v)
		}
	}
}

// str is a child element with a text.
func (c *codec) str(name string, v *string, also ...string) {
	if c.e != nil {
		if *v != "" {
			c.e.open(name)
			c.e.text(*v)
			c.e.close()
		}
		return
	}
	if k := c.n.find(c.qualified, append(also, name)...); k != nil {
		k.used = true
		*v = k.value()
	}
}

// num is a child element with a number that is not negative; 0 is not written.
func (c *codec) num(name string, v *int) {
	s := ""
	if c.e != nil && *v > 0 {
		s = strconv.Itoa(*v)
	}
	c.str(name, &s)
	if c.e == nil && s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 1_000_000 {
			c.s.badValues++
			return
		}
		*v = n
	}
}

// flag is a child element with true or false; nil is not written.
func (c *codec) flag(name string, v **bool, also ...string) {
	s := ""
	if c.e != nil && *v != nil {
		s = strconv.FormatBool(**v)
	}
	c.str(name, &s, also...)
	if c.e == nil && s != "" {
		switch s {
		case "true", "1":
			t := true
			*v = &t
		case "false", "0":
			f := false
			*v = &f
		default:
			c.s.badValues++
		}
	}
}

// timeLayouts are the forms of xs:dateTime and xs:date.
var timeLayouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", time.DateOnly}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, clock.Berlin); err == nil {
			t = clock.Truncate(t)
			return t, t.Year() > 0 && t.Year() < 10_000
		}
	}
	return time.Time{}, false
}

// instant is a child element with a time; the zero time is not written.
func (c *codec) instant(name string, v *time.Time) {
	s := ""
	if c.e != nil && !v.IsZero() {
		s = v.UTC().Format(time.RFC3339Nano)
	}
	c.str(name, &s)
	if c.e == nil && s != "" {
		t, ok := parseTime(s)
		if !ok {
			c.s.badValues++
			return
		}
		*v = t
	}
}

// texts is a list of plain texts by language.
func (c *codec) texts(name string, v *Texts, also ...string) { c.localized(name, v, false, also) }

// html is a list of texts by language that may carry HTML.
func (c *codec) html(name string, v *Texts, also ...string) { c.localized(name, v, true, also) }

func (c *codec) localized(name string, v *Texts, markup bool, also []string) {
	if c.e != nil {
		for _, t := range *v {
			if t.Value == "" {
				continue
			}
			c.e.open(name)
			if t.Lang != "" {
				c.e.attr("languageCode", t.Lang)
			}
			c.e.text(t.Value)
			c.e.close()
		}
		return
	}
	for _, k := range c.n.kids {
		if !c.named(k, name, also) {
			continue
		}
		k.used = true
		t := Text{Lang: strings.TrimSpace(k.attr("languageCode"))}
		if markup {
			t.Value = SanitizeHTML(k.markup())
		} else {
			t.Value = k.value()
		}
		if t.Value != "" {
			*v = append(*v, t)
		}
	}
}

// id is a child element with one identifier.
func (c *codec) id(name string, v *Identifikator, also ...string) {
	c.one(name, *v != Identifikator{}, func(c *codec) { identifikator(c, v) }, also...)
}

// ids is a list of identifiers.
func (c *codec) ids(name string, v *[]Identifikator, also ...string) {
	many(c, name, v, identifikator, also...)
}

func identifikator(c *codec, v *Identifikator) {
	c.attr("schemeAgencyID", &v.SchemeAgencyID)
	c.attr("schemeAgencyName", &v.SchemeAgencyName)
	c.attr("schemeDataURI", &v.SchemeDataURI)
	c.attr("schemeID", &v.SchemeID)
	c.attr("schemeName", &v.SchemeName)
	c.attr("schemeURI", &v.SchemeURI)
	c.attr("schemeVersionID", &v.SchemeVersionID)
	c.own(&v.Value)
}

// code is a child element that is an XÖV code.
func (c *codec) code(name string, v *Code, also ...string) {
	c.one(name, *v != Code{}, func(c *codec) { codeOf(c, v) }, also...)
}

// code23 is a code that only XZuFi 2.3 has: it is read and, as 2.2 is written,
// never written.
func (c *codec) code23(name string, v *Code) {
	if c.e == nil {
		c.code(name, v)
	}
}

// codes is a list of XÖV codes.
func (c *codec) codes(name string, v *Codes, also ...string) {
	many(c, name, (*[]Code)(v), codeOf, also...)
}

// codeOf is an XÖV code: the children code and name are unqualified although
// everything around them is not.
func codeOf(c *codec, v *Code) {
	c.attr("listURI", &v.ListURI)
	c.attr("listVersionID", &v.ListVersionID)
	if c.e != nil {
		c.e.bare("code", v.Code)
		if v.Name != "" {
			c.e.bare("name", v.Name)
		}
		return
	}
	bare := func(name string, v *string) {
		if k := c.n.find(c.unqualified, name); k != nil {
			k.used = true
			*v = k.value()
		}
	}
	bare("code", &v.Code)
	bare("name", &v.Name)
	if v.Code == "" && len(c.n.kids) == 0 { // <typisierung>5</typisierung>
		v.Code = c.n.value()
	}
}

// links is a list of links with their words.
func (c *codec) links(name string, v *[]Hyperlink, also ...string) {
	many(c, name, v, hyperlink, also...)
	if c.e == nil {
		*v = c.followable(*v)
	}
}

func (c *codec) followable(links []Hyperlink) []Hyperlink {
	keep := links[:0]
	for _, l := range links {
		if uri, ok := safeURI(l.URI); ok {
			l.URI = uri
			keep = append(keep, l)
		} else {
			c.s.droppedLinks++
		}
	}
	if len(keep) == 0 {
		return nil
	}
	return keep
}

func hyperlink(c *codec, v *Hyperlink) {
	c.attr("languageCode", &v.Lang)
	c.str("uri", &v.URI, "url", "link")
	c.str("titel", &v.Titel)
	c.str("beschreibung", &v.Beschreibung)
	c.num("positionDarstellung", &v.Position)
	if c.e == nil && v.URI == "" && len(c.n.kids) == 0 {
		v.URI = c.n.value()
	}
}

// money is a child element with an amount.
func (c *codec) money(name string, v *Betrag) {
	c.one(name, *v != Betrag{}, func(c *codec) {
		c.attr("currencyCode", &v.Waehrung)
		s := ""
		if c.e != nil {
			s = formatCents(v.Cents)
		}
		c.own(&s)
		if c.e != nil {
			return
		}
		if v.Waehrung == "" {
			c.attr("currencyID", &v.Waehrung)
		}
		if v.Waehrung == "" {
			v.Waehrung = "EUR"
		}
		cents, ok := parseCents(s)
		if !ok {
			c.s.badValues++
			*v = Betrag{}
			return
		}
		v.Cents = cents
	})
}

func formatCents(cents int64) string {
	s := strconv.FormatInt(cents, 10)
	if pad := 3 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	return s[:len(s)-2] + "." + s[len(s)-2:]
}

// parseCents reads "12", "12.5", "12,50", "1.234,50" and "12.500" (three zeros
// after the point are cents and nothing). An amount in fractions of a cent is
// none.
func parseCents(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, ",") { // German: points group, the comma parts
		s = strings.ReplaceAll(s, ".", "")
		s = strings.Replace(s, ",", ".", 1)
	}
	euros, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if euros == "" || len(euros) > 12 || len(frac) > 2 {
		return 0, false
	}
	var cents int64
	for _, d := range euros + frac + strings.Repeat("0", 2-len(frac)) {
		if d < '0' || d > '9' {
			return 0, false
		}
		cents = cents*10 + int64(d-'0')
	}
	return cents, true
}
