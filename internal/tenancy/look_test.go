package tenancy

import (
	"errors"
	"strings"
	"testing"
)

func TestDefaultLookPassesItsOwnCheck(t *testing.T) {
	if p := DefaultLook("Serviceportal Musterland", "").Check(); len(p) > 0 {
		t.Fatalf("default look has problems: %+v", p)
	}
}

func TestContrastFollowsWCAG(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want float64
	}{
		"black on white is the greatest":      {"#000000", "#ffffff", 21},
		"a colour with itself is the least":   {"#2044aa", "#2044aa", 1},
		"#777 on white just misses text":      {"#777777", "#ffffff", 4.478},
		"#767676 on white just passes text":   {"#767676", "#ffffff", 4.542},
		"the order of the two does not count": {"#ffffff", "#767676", 4.542},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := Contrast(c.a, c.b)
			if !ok || got < c.want-0.005 || got > c.want+0.005 {
				t.Fatalf("Contrast(%s, %s) = %.3f, %v; want %.3f", c.a, c.b, got, ok, c.want)
			}
		})
	}
	for _, bad := range []string{"", "#fff", "2044aa", "#2044ag", "#2044aaa", "red", "#12345;"} {
		if _, ok := Contrast(bad, "#000000"); ok {
			t.Errorf("Contrast accepts %q", bad)
		}
	}
}

func TestLookIsRefusedFieldByField(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(*Look)
		field, text string
	}{
		"a pale link colour":                  {func(l *Look) { l.Light.Action = "#7f9bd8" }, "light.action", "look.on.page"},
		"dark text on a dark button":          {func(l *Look) { l.Light.OnAction = "#000000" }, "light.on_action", "look.on.button"},
		"a dark link in the dark scheme":      {func(l *Look) { l.Dark.Action = "#2044aa" }, "dark.action", "look.on.page"},
		"a focus ring that cannot be seen":    {func(l *Look) { l.Light.Focus = "#e0e0e0" }, "light.focus", "look.on.page"},
		"a bar that cannot be seen":           {func(l *Look) { l.Dark.Brand = "#1d2230" }, "dark.brand", "look.on.page"},
		"a light opening in the dark scheme":  {func(l *Look) { l.Dark.Hero = "#eef6ee" }, "dark.hero", "look.under.text"},
		"a colour that is no colour":          {func(l *Look) { l.Dark.Visited = "red;}" }, "dark.visited", "look.color.malformed"},
		"no name":                             {func(l *Look) { l.Name = " " }, "name", "look.text.missing"},
		"a claim too long for the header":     {func(l *Look) { l.Claim = strings.Repeat("ä", 81) }, "claim", "look.text.long"},
		"a flag that is not offered":          {func(l *Look) { l.Strip.Flag = "bayern" }, "strip.flag", "look.flag.unknown"},
		"a logo that did not go through wash": {func(l *Look) { l.Logo = "<svg onload='x()' viewBox='0 0 1 1'/>" }, "logo", "look.logo.unclean"},
	} {
		t.Run(name, func(t *testing.T) {
			l := DefaultLook("Serviceportal", "")
			c.change(&l)
			for _, p := range l.Check() {
				if p.Name == c.field && p.Key == c.text {
					return
				}
			}
			t.Fatalf("no problem %s at %s in %+v", c.text, c.field, l.Check())
		})
	}
}

func TestCSSNeverCarriesAForeignRule(t *testing.T) {
	l := DefaultLook("x", "")
	l.Light.Action = "#000000;} body{display:none"
	css := string(l.CSS())
	if strings.Contains(css, "display") {
		t.Fatalf("injected: %s", css)
	}
	if strings.Count(css, "--p-hero-bg:") != 4 { // light, dark by system, dark by choice, print
		t.Fatalf("schemes missing: %s", css)
	}
	if DefaultLook("x", "").CSSHash() == l.CSSHash() {
		t.Fatal("two looks share one address")
	}
}

func TestCleanLogo(t *testing.T) {
	const wappen = `<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" width="44" viewBox="0 0 44 52">
<metadata><rdf:RDF xmlns:rdf="r"/></metadata><title>Wappen</title>
<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
<path style="fill:red" d="M2 2h40v26z" fill="url(#a)"/></svg>`
	got, err := CleanLogo([]byte(wappen))
	if err != nil {
		t.Fatal(err)
	}
	want := `<svg viewBox="0 0 44 52" aria-hidden="true" focusable="false"><defs><linearGradient id="logo-a"><stop offset="0" stop-color="#fff"></stop></linearGradient></defs><path d="M2 2h40v26z" fill="url(#logo-a)"></path></svg>`
	if got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if again, err := CleanLogo([]byte(got)); err != nil || again != got {
		t.Fatalf("not stable: %v %s", err, again)
	}
	for name, c := range map[string]struct {
		svg  string
		want error
	}{
		"a script":               {`<svg viewBox="0 0 1 1"><script>x()</script></svg>`, ErrLogoActive},
		"an event attribute":     {`<svg viewBox="0 0 1 1"><path onclick="x()" d=""/></svg>`, ErrLogoActive},
		"an event on the root":   {`<svg viewBox="0 0 1 1" onload="x()"/>`, ErrLogoActive},
		"a link":                 {`<svg viewBox="0 0 1 1"><a href="https://example.org"><path d=""/></a></svg>`, ErrLogoActive},
		"a use of another file":  {`<svg viewBox="0 0 1 1"><use href="x.svg#a"/></svg>`, ErrLogoActive},
		"xlink to elsewhere":     {`<svg viewBox="0 0 1 1"><path xlink:href="x"/></svg>`, ErrLogoActive},
		"a fill from elsewhere":  {`<svg viewBox="0 0 1 1"><path fill="url(https://example.org/x)"/></svg>`, ErrLogoActive},
		"a style element":        {`<svg viewBox="0 0 1 1"><style>*{}</style></svg>`, ErrLogoActive},
		"embedded HTML":          {`<svg viewBox="0 0 1 1"><foreignObject/></svg>`, ErrLogoActive},
		"an embedded picture":    {`<svg viewBox="0 0 1 1"><image href="data:x"/></svg>`, ErrLogoActive},
		"an entity":              {`<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 1 1"/>`, ErrLogoActive},
		"no viewBox":             {`<svg width="1" height="1"/>`, ErrLogoFormat},
		"a viewBox of nothing":   {`<svg viewBox="0 0 0 0"/>`, ErrLogoFormat},
		"two roots":              {`<svg viewBox="0 0 1 1"/><svg viewBox="0 0 1 1"/>`, ErrLogoFormat},
		"HTML":                   {`<html/>`, ErrLogoFormat},
		"broken XML":             {`<svg viewBox="0 0 1 1"><path`, ErrLogoFormat},
		"nothing":                {``, ErrLogoFormat},
		"more than the bound":    {`<svg viewBox="0 0 1 1"><path d="` + strings.Repeat("M0 0", MaxLogo) + `"/></svg>`, ErrLogoSize},
		"a picture in disguise":  {"\x89PNG\r\n", ErrLogoFormat},
		"an animation with href": {`<svg viewBox="0 0 1 1"><set attributeName="href" to="javascript:x"/></svg>`, ErrLogoActive},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if got, err := CleanLogo([]byte(c.svg)); !errors.Is(err, c.want) {
				t.Fatalf("got %q, %v; want %v", got, err, c.want)
			}
		})
	}
}

func FuzzCleanLogo(f *testing.F) {
	f.Add([]byte(`<svg viewBox="0 0 1 1"><path d="M0 0" fill="url(#a)" id="a"/></svg>`))
	f.Add([]byte(`<svg xmlns:x="y" viewBox="0 0 1 1"><x:path x:fill="&quot;&lt;"/></svg>`))
	f.Add([]byte(`<svg viewBox="0,0,1,1"><g><title>a</title></g></svg>`))
	f.Fuzz(func(t *testing.T, svg []byte) {
		clean, err := CleanLogo(svg)
		if err != nil {
			return
		}
		for _, evil := range []string{"<script", "<!", "<?", "<a ", "<use", "<style"} {
			if strings.Contains(strings.ToLower(clean), evil) {
				t.Fatalf("%q survives in %q", evil, clean)
			}
		}
		if again, err := CleanLogo([]byte(clean)); err != nil || again != clean {
			t.Fatalf("not stable: %v\n%s\n%s", err, clean, again)
		}
	})
}
