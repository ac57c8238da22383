package tenancy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"stadttor/internal/errs"
)

// Look is what a portal may change about its face: names, a logo, six colours
// for each of the two schemes, and the strip above the header. Everything else
// (type, spacing, feedback colours) is the same for all tenants. The zero
// value is not a look; start from DefaultLook.
type Look struct {
	Name  string `json:"name"`            // portal name, 1–60 characters: "Serviceportal Torhausen"
	Claim string `json:"claim,omitempty"` // second line under the name, at most 80 characters
	// Logo is a sanitised inline SVG (see CleanLogo) or empty. It is decoration:
	// the accessible name of the header link is Name.
	Logo  string  `json:"logo,omitempty"`
	Light Palette `json:"light"`
	Dark  Palette `json:"dark"`
	Strip Strip   `json:"strip"`
}

// Palette is the six colours of one scheme, each as #rrggbb.
type Palette struct {
	Action   string `json:"action"`    // links, primary buttons
	OnAction string `json:"on_action"` // text on Action
	Visited  string `json:"visited"`   // visited links
	Focus    string `json:"focus"`     // focus ring
	Brand    string `json:"brand"`     // bars and borders that carry meaning
	Hero     string `json:"hero"`      // background of the opening of the start page
}

// Strip is the line above the header (IT-Planungsrat, decision 2024/04:
// voluntary for Länder and Kommunen).
type Strip struct {
	Flag StripFlag `json:"flag"`
	Text string    `json:"text,omitempty"` // at most 90 characters; empty: no strip
}

// StripFlag names the flag in the strip.
type StripFlag string

// The flags a strip can show. A Land's flag needs the Land's permission and is
// therefore not offered.
const (
	FlagNone   StripFlag = ""
	FlagBund   StripFlag = "bund"
	FlagEurope StripFlag = "eu"
)

// PageColors are the backgrounds and the text colour that the style sheet sets
// for one scheme, in sRGB; contrast is computed against them. A test in web/ui
// compares them with the style sheet.
type PageColors struct{ Background, Surface, Text string }

// The page colours of the two schemes.
var (
	LightPage = PageColors{Background: "#ffffff", Surface: "#f5f6f9", Text: "#131525"}
	DarkPage  = PageColors{Background: "#141824", Surface: "#1d2230", Text: "#f2f4f8"}
)

// DefaultLook is KERN's own blue.
func DefaultLook(name, claim string) Look {
	return Look{
		Name: name, Claim: claim,
		Light: Palette{Action: "#2044aa", OnAction: "#ffffff", Visited: "#6a1fa8", Focus: "#1b2a5c", Brand: "#2044aa", Hero: "#edf2fd"},
		Dark:  Palette{Action: "#9dbcff", OnAction: "#0b1533", Visited: "#d3b0ff", Focus: "#ffd75e", Brand: "#9dbcff", Hero: "#1b2440"},
		Strip: Strip{Flag: FlagBund, Text: "Offizielle Website – Bundesrepublik Deutschland"},
	}
}

// Contrast ratios of WCAG 2.2: 1.4.3 for text, 1.4.11 for everything else.
const (
	contrastText  = 4.5
	contrastShape = 3.0
)

// Check reports what is wrong with the look, field by field ("name",
// "light.action" …), with text keys of the look catalogue. No problems: nil.
func (l Look) Check() []errs.Field {
	var problems []errs.Field
	text := func(name, value string, least, most int) {
		switch n := len([]rune(strings.TrimSpace(value))); {
		case n < least:
			problems = append(problems, errs.Field{Name: name, Key: "look.text.missing"})
		case n > most:
			problems = append(problems, errs.Field{Name: name, Key: "look.text.long", Args: []any{"most", most, "n", n}})
		}
	}
	text("name", l.Name, 1, 60)
	text("claim", l.Claim, 0, 80)
	text("strip.text", l.Strip.Text, 0, 90)
	switch l.Strip.Flag {
	case FlagNone, FlagBund, FlagEurope:
	default:
		problems = append(problems, errs.Field{Name: "strip.flag", Key: "look.flag.unknown"})
	}
	if l.Logo != "" {
		if clean, err := CleanLogo([]byte(l.Logo)); err != nil || clean != l.Logo {
			problems = append(problems, errs.Field{Name: "logo", Key: "look.logo.unclean"})
		}
	}
	return append(problems, l.CheckContrast()...)
}

// CheckContrast computes the contrast of the twelve colours with what they
// stand on: 4.5 : 1 for text and links, 3 : 1 for focus rings and bars, in
// both schemes.
func (l Look) CheckContrast() []errs.Field {
	var problems []errs.Field
	for _, scheme := range []struct {
		name string
		p    Palette
		page PageColors
	}{{"light", l.Light, LightPage}, {"dark", l.Dark, DarkPage}} {
		p, page := scheme.p, scheme.page
		malformed := false
		for _, c := range []struct{ field, value string }{
			{"action", p.Action}, {"on_action", p.OnAction}, {"visited", p.Visited},
			{"focus", p.Focus}, {"brand", p.Brand}, {"hero", p.Hero},
		} {
			if _, ok := parseHex(c.value); !ok {
				problems = append(problems, errs.Field{Name: scheme.name + "." + c.field, Key: "look.color.malformed"})
				malformed = true
			}
		}
		if malformed {
			continue
		}
		for _, pair := range []struct {
			field, fg, bg, on string
			need              float64
		}{
			{"action", p.Action, page.Background, "look.on.page", contrastText},
			{"action", p.Action, page.Surface, "look.on.surface", contrastText},
			{"action", p.Action, p.Hero, "look.on.hero", contrastText},
			{"on_action", p.OnAction, p.Action, "look.on.button", contrastText},
			{"visited", p.Visited, page.Background, "look.on.page", contrastText},
			{"visited", p.Visited, page.Surface, "look.on.surface", contrastText},
			{"focus", p.Focus, page.Background, "look.on.page", contrastShape},
			{"focus", p.Focus, page.Surface, "look.on.surface", contrastShape},
			{"focus", p.Focus, p.Hero, "look.on.hero", contrastShape},
			{"brand", p.Brand, page.Background, "look.on.page", contrastShape},
			{"brand", p.Brand, page.Surface, "look.on.surface", contrastShape},
			{"hero", page.Text, p.Hero, "look.under.text", contrastText},
		} {
			have, _ := Contrast(pair.fg, pair.bg)
			if have < pair.need {
				problems = append(problems, errs.Field{
					Name: scheme.name + "." + pair.field, Key: pair.on,
					Args: []any{"have", ratio(have), "need", ratio(pair.need)},
				})
			}
		}
	}
	return problems
}

// ratio writes 4.4999 as "4,4": cut, not rounded, so that a refused value
// never reads like an accepted one.
func ratio(r float64) string {
	return strings.ReplaceAll(fmt.Sprintf("%.1f", math.Floor(r*10)/10), ".", ",")
}

// Contrast is the ratio of two #rrggbb colours, 1–21 (WCAG 2.2, "contrast
// ratio"); false if one of them is malformed.
func Contrast(a, b string) (float64, bool) {
	x, okX := parseHex(a)
	y, okY := parseHex(b)
	if !okX || !okY {
		return 0, false
	}
	lighter, darker := luminance(x), luminance(y)
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05), true
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(c [3]byte) float64 {
	linear := func(b byte) float64 {
		v := float64(b) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func parseHex(s string) ([3]byte, bool) {
	var c [3]byte
	if len(s) != 7 || s[0] != '#' {
		return c, false
	}
	_, err := hex.Decode(c[:], []byte(s[1:]))
	return c, err == nil
}

// CSS is the tenant's token file. It is served from its own address because
// the content security policy allows no inline style. Malformed colours are
// left out, so that a broken setting cannot inject a rule.
func (l Look) CSS() []byte {
	var b bytes.Buffer
	write := func(selector string, p Palette) {
		b.WriteString(selector)
		b.WriteByte('{')
		for _, t := range []struct{ token, value string }{
			{"--kern-color-action-default", p.Action},
			{"--kern-color-action-on-default", p.OnAction},
			{"--kern-color-action-visited", p.Visited},
			{"--kern-color-action-focus-default", p.Focus},
			{"--kern-color-decorative-brand-default", p.Brand},
			{"--p-hero-bg", p.Hero},
		} {
			if _, ok := parseHex(t.value); ok {
				fmt.Fprintf(&b, "%s:%s;", t.token, strings.ToLower(t.value))
			}
		}
		b.WriteString("}")
	}
	write(":root,[data-kern-theme=light]", l.Light)
	b.WriteString("\n@media (prefers-color-scheme:dark){")
	write(":root:not([data-kern-theme=light])", l.Dark)
	b.WriteString("}\n")
	write("[data-kern-theme=dark]", l.Dark)
	b.WriteString("\n@media print{")
	write(":root:root,:root[data-kern-theme]", l.Light)
	b.WriteString("}\n")
	return b.Bytes()
}

// CSSHash is the first 12 hex digits of the SHA-256 of CSS: the name under
// which the file may be cached for ever.
func (l Look) CSSHash() string {
	sum := sha256.Sum256(l.CSS())
	return hex.EncodeToString(sum[:6])
}

// MaxLogo is the size bound of a logo in bytes, before and after cleaning: it
// is part of every page.
const MaxLogo = 16 << 10

// Reasons why CleanLogo refuses.
var (
	ErrLogoSize   = errors.New("logo is larger than 16 KiB")
	ErrLogoFormat = errors.New("logo is not an SVG with a viewBox")
	ErrLogoActive = errors.New("logo holds scripts, links, styles or embedded files")
)

var (
	svgElements = wordSet("svg g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop clipPath")
	// svgSkipped are dropped with everything in them: harmless leavings of drawing programs.
	svgSkipped    = wordSet("title desc metadata namedview")
	svgAttributes = wordSet("id d x y x1 y1 x2 y2 cx cy r rx ry fx fy width height points transform viewBox " +
		"fill fill-rule fill-opacity clip-path clip-rule clipPathUnits stroke stroke-width stroke-linecap stroke-linejoin " +
		"stroke-miterlimit stroke-dasharray stroke-dashoffset stroke-opacity opacity offset stop-color stop-opacity " +
		"gradientUnits gradientTransform spreadMethod preserveAspectRatio")
)

func wordSet(s string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// CleanLogo turns a foreign SVG into one that may stand inline in every page:
// shapes and gradients only, no script, no reference that leaves the file, no
// inline style, ids prefixed with "logo-". The result is stable: cleaning it
// again gives the same text. Active content is refused, not repaired, so that
// the uploader learns of it.
func CleanLogo(svg []byte) (string, error) {
	if len(svg) > MaxLogo {
		return "", ErrLogoSize
	}
	d := xml.NewDecoder(bytes.NewReader(svg))
	d.Strict = true
	var out strings.Builder
	depth, hasRoot := 0, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", ErrLogoFormat
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.Contains(t, []byte("ENTITY")) {
				return "", ErrLogoActive
			}
		case xml.StartElement:
			name := t.Name.Local
			if depth == 0 && (name != "svg" || hasRoot) {
				return "", ErrLogoFormat
			}
			if svgSkipped[name] {
				if err := d.Skip(); err != nil {
					return "", ErrLogoFormat
				}
				continue
			}
			if !svgElements[name] || (name == "svg" && depth > 0) {
				return "", ErrLogoActive
			}
			attrs, err := cleanAttributes(t.Attr)
			if err != nil {
				return "", err
			}
			if depth == 0 {
				box := attributeOf(t.Attr, "viewBox")
				if !validViewBox(box) {
					return "", ErrLogoFormat
				}
				hasRoot = true
				attrs = ` viewBox="` + escapeAttribute(box) + `" aria-hidden="true" focusable="false"`
			}
			out.WriteString("<" + name + attrs + ">")
			depth++
		case xml.EndElement:
			depth--
			out.WriteString("</" + t.Name.Local + ">")
		}
	}
	if !hasRoot || depth != 0 {
		return "", ErrLogoFormat
	}
	if out.Len() > MaxLogo {
		return "", ErrLogoSize
	}
	return out.String(), nil
}

func attributeOf(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func validViewBox(s string) bool {
	var x, y, w, h float64
	var rest string
	n, _ := fmt.Sscan(strings.ReplaceAll(s, ",", " "), &x, &y, &w, &h, &rest)
	return n == 4 && w > 0 && h > 0 && !math.IsInf(w, 0) && !math.IsInf(h, 0)
}

func cleanAttributes(attrs []xml.Attr) (string, error) {
	var out strings.Builder
	for _, a := range attrs {
		name, value := a.Name.Local, strings.TrimSpace(a.Value)
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "on") || lower == "href" {
			return "", ErrLogoActive
		}
		if a.Name.Space != "" || !svgAttributes[name] {
			continue
		}
		if name == "id" {
			if !validID(value) {
				continue
			}
			value = logoID(value)
		}
		if strings.Contains(strings.ToLower(value), "url") {
			id, ok := localReference(value)
			if !ok {
				return "", ErrLogoActive
			}
			value = "url(#" + logoID(id) + ")"
		}
		out.WriteString(" " + name + `="` + escapeAttribute(value) + `"`)
	}
	return out.String(), nil
}

const logoPrefix = "logo-"

func logoID(id string) string {
	if strings.HasPrefix(id, logoPrefix) {
		return id
	}
	return logoPrefix + id
}

func validID(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// localReference reads "url(#a)" as "a".
func localReference(s string) (string, bool) {
	inner, ok := strings.CutPrefix(s, "url(#")
	if !ok {
		return "", false
	}
	id, ok := strings.CutSuffix(inner, ")")
	return id, ok && validID(id)
}

func escapeAttribute(s string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;", "\n", " ", "\t", " ", "\r", " ").Replace(s)
}
