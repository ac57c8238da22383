package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"golang.org/x/text/language"
)

// Lang is a language a page can speak.
type Lang string

// The languages. The zero value counts as German.
const (
	German  Lang = "de"
	English Lang = "en"
	Leicht  Lang = "de-leicht" // Leichte Sprache
)

// Default is spoken where nobody chose.
const Default = German

// Langs lists the languages in the order of the switch in the header.
var Langs = []Lang{German, English, Leicht}

// Tag is the value for the lang attribute (BCP 47). Leichte Sprache has the
// registered variant "simple".
func (l Lang) Tag() string {
	switch l {
	case English:
		return "en"
	case Leicht:
		return "de-simple"
	}
	return "de"
}

// Parse reads a language from a URL or cookie; unknown is German, false.
func Parse(s string) (Lang, bool) {
	for _, l := range Langs {
		if string(l) == s {
			return l, true
		}
	}
	return German, false
}

var matcher = language.NewMatcher([]language.Tag{language.German, language.English})

// Match picks German or English from an Accept-Language header. Leichte
// Sprache is only ever chosen by the person.
func Match(acceptLanguage string) Lang {
	if len(acceptLanguage) > 200 {
		return German
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return German
	}
	if _, i, c := matcher.Match(tags...); i == 1 && c >= language.Low {
		return English
	}
	return German
}

//go:embed *.json
var files embed.FS

// text is one entry of a catalogue: Other alone, or One and Other.
type text struct{ One, Other string }

func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.Other)
	}
	var forms map[string]string
	if err := json.Unmarshal(b, &forms); err != nil {
		return err
	}
	t.One, t.Other = forms["one"], forms["other"]
	if len(forms) != 2 || t.One == "" || t.Other == "" {
		return fmt.Errorf("a plural has exactly the forms one and other")
	}
	return nil
}

// catalogues holds the texts of each language, read once and never changed.
var catalogues = mustLoad(files)

func mustLoad(fsys fs.FS) map[Lang]map[string]text {
	loaded, err := load(fsys)
	if err != nil {
		panic("locale: " + err.Error()) // the files are part of the binary: a broken one fails every test
	}
	return loaded
}

func load(fsys fs.FS) (map[Lang]map[string]text, error) {
	loaded := map[Lang]map[string]text{German: {}, English: {}, Leicht: {}}
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	for _, name := range names {
		area, rest, _ := strings.Cut(name, ".")
		lang, ok := Parse(strings.TrimSuffix(rest, ".json"))
		if !ok {
			return nil, fmt.Errorf("%s: want <area>.<de|en|de-leicht>.json", name)
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var entries map[string]text
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, entry := range entries {
			if !strings.HasPrefix(key, area+".") {
				return nil, fmt.Errorf("%s: key %q does not begin with %q", name, key, area+".")
			}
			loaded[lang][key] = entry
		}
	}
	return loaded, nil
}

// Printer speaks one language. The zero value speaks German.
type Printer struct{ lang Lang }

// For gives the printer of a language.
func For(l Lang) Printer { return Printer{l} }

// Lang is the language spoken.
func (p Printer) Lang() Lang {
	if p.lang == "" {
		return German
	}
	return p.lang
}

// T gives the text for key with its placeholders filled from alternating
// name, value pairs; a lone argument fills {n}. The argument "n" (int) chooses between one and other. A
// key missing in this language is taken from German; a key missing everywhere
// is returned as it stands, so that a page never breaks over a text.
func (p Printer) T(key string, args ...any) string {
	entry, ok := catalogues[p.Lang()][key]
	if !ok {
		if entry, ok = catalogues[German][key]; !ok {
			return key
		}
	}
	out := entry.Other
	if entry.One != "" && isOne(args) {
		out = entry.One
	}
	if len(args) == 0 {
		return out
	}
	if len(args) == 1 {
		args = []any{"n", args[0]}
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+fmt.Sprint(args[i])+"}", p.format(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(out)
}

// Has reports whether the key exists in this language or in German.
func (p Printer) Has(key string) bool {
	_, here := catalogues[p.Lang()][key]
	_, german := catalogues[German][key]
	return here || german
}

func isOne(args []any) bool {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" {
			n, ok := args[i+1].(int)
			return ok && n == 1
		}
	}
	return false
}

func (p Printer) format(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	}
	return fmt.Sprint(v)
}
