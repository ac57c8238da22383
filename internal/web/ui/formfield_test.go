package ui_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/gallery"
)

func draw(t *testing.T, f ui.Field) *html.Node {
	t.Helper()
	var buf bytes.Buffer
	if err := ui.FormField(locale.For(locale.German), f).Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func all(doc *html.Node, match func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && match(n) {
			out = append(out, n)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return out
}

func content(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func isControl(n *html.Node) bool {
	return n.Data == "input" || n.Data == "select" || n.Data == "textarea"
}

// What a person typed comes back exactly as typed, whatever it was.
func TestTypedValuesComeBackUnchanged(t *testing.T) {
	const evil = `"><script>alert(1)</script> & <b>ß 'x' ` + "`y`"
	for _, f := range gallery.AllFields(false) {
		switch f.Type {
		case ui.FieldInfo, ui.FieldComputed, ui.FieldRepeat, ui.FieldFile, ui.FieldConsent, ui.FieldYesNo, ui.FieldChoice, ui.FieldSelect, ui.FieldMany, ui.FieldPassword:
			continue
		}
		t.Run(string(f.Type), func(t *testing.T) {
			f.Value = evil
			f.Date = ui.DateValue{Day: evil, Month: evil, Year: evil}
			f.Address = ui.AddressValue{Street: evil, Number: evil, Extra: evil, PostalCode: evil, Place: evil}
			for i := range f.Quantities {
				f.Quantities[i].Value = evil
			}
			doc := draw(t, f)
			if n := all(doc, func(n *html.Node) bool { return n.Data == "script" || n.Data == "b" }); len(n) > 0 {
				t.Fatal("markup of the typed value became part of the page")
			}
			controls := all(doc, isControl)
			if len(controls) == 0 {
				t.Fatal("no control")
			}
			for _, c := range controls {
				got := attr(c, "value")
				if c.Data == "textarea" {
					got = c.FirstChild.Data
				}
				if got != evil {
					t.Errorf("%s: %q", attr(c, "name"), got)
				}
			}
		})
	}
}

func TestAPasswordIsNeverSentBack(t *testing.T) {
	doc := draw(t, ui.Field{Name: "kennwort", Type: ui.FieldPassword, Label: "Kennwort", Value: "geheim"})
	for _, c := range all(doc, isControl) {
		if attr(c, "value") != "" {
			t.Fatal("password in the page")
		}
	}
}

// Summary and field say the same, and the link of the summary leads to a
// control that can take the focus.
func TestErrorSummaryLeadsToTheField(t *testing.T) {
	for _, f := range gallery.AllFields(true) {
		problems := ui.Problems([]ui.Field{f})
		if len(problems) == 0 {
			continue
		}
		t.Run(string(f.Type), func(t *testing.T) {
			doc := draw(t, f)
			for _, p := range problems {
				target := all(doc, func(n *html.Node) bool { return attr(n, "id") == p.Anchor })
				if len(target) != 1 {
					t.Fatalf("%d elements with id %q", len(target), p.Anchor)
				}
				if !isControl(target[0]) && attr(target[0], "tabindex") != "-1" {
					t.Errorf("%s cannot take the focus", p.Anchor)
				}
				if !strings.Contains(content(doc), p.Text) {
					t.Errorf("the field does not say %q", p.Text)
				}
			}
		})
	}
}

func TestAnchorIsTheFirstWrongPart(t *testing.T) {
	for name, c := range map[string]struct {
		field ui.Field
		want  string
	}{
		"text":                    {ui.Field{Name: "hunde.1.name", Type: ui.FieldText}, "hunde-1-name"},
		"whole date":              {ui.Field{Name: "am", Type: ui.FieldDate}, "am-tag"},
		"year of a date":          {ui.Field{Name: "am", Type: ui.FieldDate, ProblemPart: "jahr"}, "am-jahr"},
		"whole address":           {ui.Field{Name: "wo", Type: ui.FieldAddress}, "wo-strasse"},
		"place of an address":     {ui.Field{Name: "wo", Type: ui.FieldAddress, ProblemPart: "ort"}, "wo-ort"},
		"first option":            {ui.Field{Name: "art", Type: ui.FieldChoice}, "art-1"},
		"yes":                     {ui.Field{Name: "art", Type: ui.FieldYesNo}, "art-1"},
		"consent":                 {ui.Field{Name: "ok", Type: ui.FieldConsent}, "ok"},
		"an id of its own":        {ui.Field{Name: "x", ID: "y", Type: ui.FieldText}, "y"},
		"first quantity":          {ui.Field{Name: "m", Type: ui.FieldQuantities, Quantities: []ui.Quantity{{ID: "a"}, {ID: "b"}}}, "m-a"},
		"a quantity by its id":    {ui.Field{Name: "m", Type: ui.FieldQuantities, ProblemPart: "b", Quantities: []ui.Quantity{{ID: "a"}, {ID: "b"}}}, "m-b"},
		"an empty quantity list":  {ui.Field{Name: "m", Type: ui.FieldQuantities}, "m"},
		"heading of a repetition": {ui.Field{Name: "hunde", Type: ui.FieldRepeat}, "hunde"},
	} {
		if got := c.field.Anchor(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// KERN's rules: few optional fields are marked, required ones carry
// aria-required and never required; a label may be the page's h1.
func TestEveryTypeIsMarkedUp(t *testing.T) {
	for _, f := range gallery.AllFields(false) {
		t.Run(string(f.Type), func(t *testing.T) {
			f.AsHeading = true
			if n := len(all(draw(t, f), func(n *html.Node) bool { return n.Data == "h1" })); n != 1 && f.Type != ui.FieldComputed && f.Type != ui.FieldConsent {
				t.Errorf("label as heading gives %d h1", n)
			}
			for _, optional := range []bool{true, false} {
				f.Optional = optional
				doc := draw(t, f)
				if optional && f.Type != ui.FieldComputed && f.Type != ui.FieldInfo && !strings.Contains(content(doc), "optional") {
					t.Error("optional field is not marked")
				}
				for _, c := range all(doc, isControl) {
					for _, a := range c.Attr {
						if a.Key == "required" || a.Key == "disabled" {
							t.Errorf("attribute %s", a.Key)
						}
					}
				}
			}
		})
	}
}

func TestOnlyABirthdayOffersABirthday(t *testing.T) {
	for token, want := range map[string]string{"bday": "bday-day", "": "off"} {
		doc := draw(t, ui.Field{Name: "am", Type: ui.FieldDate, Label: "Tag", Autocomplete: token})
		if got := attr(all(doc, isControl)[0], "autocomplete"); got != want {
			t.Errorf("autocomplete %q gives %q, want %q", token, got, want)
		}
	}
}

func TestAPostalCodeOfSeveralPlacesAsksForThePlace(t *testing.T) {
	f := ui.Field{Name: "wo", Type: ui.FieldAddress, Label: "Anschrift", Address: ui.AddressValue{PostalCode: "00104", Places: []string{"Aulenried", "Birkenrode"}, Place: "Birkenrode"}}
	selects := all(draw(t, f), func(n *html.Node) bool { return n.Data == "select" })
	if len(selects) != 1 || attr(selects[0], "name") != "wo.ort" || !strings.Contains(content(selects[0]), "Aulenried") {
		t.Fatal("no choice of places")
	}
	f.Address.Places = []string{"Aulenried"}
	if len(all(draw(t, f), func(n *html.Node) bool { return n.Data == "select" })) != 0 {
		t.Fatal("a single place is not a choice")
	}
}

func TestPagerShowsEndsAndNeighbours(t *testing.T) {
	for name, c := range map[string]struct {
		page, pages int
		want        string
	}{
		"one page needs no pager": {1, 1, ""},
		"few pages":               {2, 3, "1 2 3"},
		"the middle of many":      {5, 9, "1 … 4 5 6 … 9"},
		"the beginning":           {1, 9, "1 2 … 9"},
		"the end":                 {9, 9, "1 … 8 9"},
		"beyond the end":          {12, 3, "1 … 3"},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := ui.Pagination(locale.For(locale.German), ui.Pager{Page: c.page, Pages: c.pages, URL: func(int) string { return "#" }, Label: "Seiten"}).Render(context.Background(), &buf); err != nil {
				t.Fatal(err)
			}
			doc, err := html.Parse(&buf)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, li := range all(doc, func(n *html.Node) bool { return n.Data == "li" }) {
				got = append(got, strings.TrimPrefix(content(li), "Seite "))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Fatalf("got %q, want %q", s, c.want)
			}
		})
	}
}

// A screen reader hears "Ändern Anschrift", not "ÄndernAnschrift".
func TestHiddenWordsAreWordsOfTheirOwn(t *testing.T) {
	for name, c := range map[string]struct {
		page, tag, want string
	}{
		"change link of a row":     {"check", "a", "Ändern Anschrift"},
		"change link of a section": {"check", "a", "Ändern Hund 1"},
		"remove button of a file":  {"fields", "button", "Entfernen impfpass-seite-1.jpg"},
		"remove button of entries": {"fields", "button", "Entfernen Luna"},
		"unread messages":          {"step", "a", "Angemeldet als Kim Musterperson 2 ungelesene Nachrichten"},
		"page number":              {"hits", "a", "Seite 4"},
		"what a button deletes":    {"gallery", "button", "Entwurf löschen Hundesteuer"},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := gallery.Pages()[c.page].Render(context.Background(), &buf); err != nil {
				t.Fatal(err)
			}
			doc, err := html.Parse(&buf)
			if err != nil {
				t.Fatal(err)
			}
			if len(all(doc, func(n *html.Node) bool { return n.Data == c.tag && content(n) == c.want })) == 0 {
				t.Fatalf("no %s says %q", c.tag, c.want)
			}
		})
	}
}
