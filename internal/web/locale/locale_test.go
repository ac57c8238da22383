package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"stadttor/internal/money"
)

// staffOnly are the areas that only staff and administrators see: German is enough.
var staffOnly = map[string]bool{
	"staff": true, "admin": true, "look": true, "delivery": true, "tenancy": true, "jobs": true, "roles": true,
	"catalogue": true, "forms": true, "letter": true, "mail": true, "relevance": true, "clearing": true, "inpayment": true,
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func areaOf(key string) string { area, _, _ := strings.Cut(key, "."); return area }

func TestEveryKeySpeaksEveryLanguageItMust(t *testing.T) {
	for key := range catalogues[German] {
		for _, lang := range []Lang{English, Leicht} {
			if _, ok := catalogues[lang][key]; !ok && !staffOnly[areaOf(key)] {
				t.Errorf("%s: no text for %s", lang, key)
			}
		}
	}
	for _, lang := range []Lang{English, Leicht} {
		for key := range catalogues[lang] {
			if _, ok := catalogues[German][key]; !ok {
				t.Errorf("%s: %s has no German text", lang, key)
			}
		}
	}
}

func TestPlaceholdersAreTheSameInAllLanguagesAndForms(t *testing.T) {
	set := func(s string) string {
		found := placeholder.FindAllString(s, -1)
		sort.Strings(found)
		return strings.Join(found, " ")
	}
	for key, german := range catalogues[German] {
		for _, lang := range Langs {
			entry, ok := catalogues[lang][key]
			if !ok {
				continue
			}
			if set(entry.Other) != set(german.Other) {
				t.Errorf("%s %s: placeholders %q, German has %q", lang, key, set(entry.Other), set(german.Other))
			}
			if (entry.One == "") != (german.One == "") {
				t.Errorf("%s %s: plural in one language only", lang, key)
			}
			if strings.TrimSpace(entry.Other) != entry.Other || entry.Other == "" {
				t.Errorf("%s %s: empty or with blanks around", lang, key)
			}
		}
	}
}

// Leichte Sprache: short sentences (DIN SPEC 33429 recommends at most ten
// words or so; fifteen is where we stop).
func TestLeichteSpracheKeepsSentencesShort(t *testing.T) {
	for key, entry := range catalogues[Leicht] {
		for _, sentence := range regexp.MustCompile(`[.!?:] `).Split(entry.Other, -1) {
			if n := len(strings.Fields(sentence)); n > 15 {
				t.Errorf("%s: %d words in one sentence: %s", key, n, sentence)
			}
		}
	}
}

// keyed are the functions whose first argument is a text key.
var keyed = map[string]bool{"T": true, "Invalid": true, "Forbidden": true, "Conflict": true, "Unavailable": true, "TooLarge": true, "Limited": true}

var keyShape = regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)

// uses reads the module's Go code (templates are compiled into it): wanted are
// keys that must exist, literals all strings that may be keys or beginnings of keys.
func uses(t *testing.T) (wanted map[string]string, literals map[string]bool) {
	wanted, literals = map[string]string{}, map[string]bool{}
	root := filepath.Join("..", "..", "..")
	want := func(lit ast.Expr, file string) {
		b, ok := lit.(*ast.BasicLit)
		if !ok || b.Kind != token.STRING {
			return
		}
		if s, err := strconv.Unquote(b.Value); err == nil && keyShape.MatchString(s) {
			wanted[s] = file
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "build" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // a file that does not parse fails the build elsewhere
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					if s, err := strconv.Unquote(n.Value); err == nil {
						literals[s] = true
					}
				}
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || len(n.Args) == 0 || !keyed[sel.Sel.Name] {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); sel.Sel.Name == "T" || ok && x.Name == "errs" {
					want(n.Args[0], path)
				}
			case *ast.CompositeLit:
				sel, ok := n.Type.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Field" {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "errs" {
					return true
				}
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Key" {
							want(kv.Value, path)
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return wanted, literals
}

func TestEveryKeyInTheCodeExistsAndNoneIsUnused(t *testing.T) {
	wanted, literals := uses(t)
	if len(wanted) < 50 {
		t.Fatalf("only %d keys found in the code: the search is broken", len(wanted))
	}
	for key, file := range wanted {
		if _, ok := catalogues[German][key]; !ok {
			t.Errorf("%s uses %s, which no catalogue has", file, key)
		}
	}
	var beginnings []string
	for s := range literals {
		if strings.HasSuffix(s, ".") && keyShape.MatchString(strings.TrimSuffix(s, ".")+".x") {
			beginnings = append(beginnings, s)
		}
	}
	for key := range catalogues[German] {
		if literals[key] {
			continue
		}
		used := false
		for _, b := range beginnings {
			used = used || strings.HasPrefix(key, b)
		}
		if !used {
			t.Errorf("%s is never used", key)
		}
	}
}

func TestT(t *testing.T) {
	for name, c := range map[string]struct {
		lang Lang
		key  string
		args []any
		want string
	}{
		"placeholders are filled by name":       {German, "ui.step.of", []any{"n", 2, "total", 5}, "Schritt 2 von 5"},
		"one thing takes the singular":          {German, "ui.errors.title", []any{"n", 1}, "Bitte prüfen Sie eine Angabe"},
		"several take the plural":               {German, "ui.errors.title", []any{"n", 3}, "Bitte prüfen Sie 3 Angaben"},
		"none takes the plural":                 {German, "ui.errors.title", []any{"n", 0}, "Bitte prüfen Sie 0 Angaben"},
		"a lone argument fills n":               {German, "letter.template.braces", []any{7}, "In Zeile 7 ist eine geschweifte Klammer nicht geschlossen."},
		"English speaks English":                {English, "ui.back", nil, "Back"},
		"a text for staff falls back to German": {English, "look.text.missing", nil, "Geben Sie einen Text ein."},
		"an unknown key shows itself":           {German, "ui.nothing", nil, "ui.nothing"},
		"a value is never filled twice":         {German, "ui.step.of", []any{"n", "{total}", "total", 5}, "Schritt {total} von 5"},
		"the zero language is German":           {"", "ui.back", nil, "Zurück"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := For(c.lang).T(c.key, c.args...); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLoadRefusesWhatIsNoCatalogue(t *testing.T) {
	for name, c := range map[string]struct{ file, body string }{
		"a language we do not speak":   {"ui.fr.json", `{}`},
		"a key of another area":        {"ui.de.json", `{"staff.a": "x"}`},
		"a plural with one form":       {"ui.de.json", `{"ui.a": {"one": "x"}}`},
		"a plural with a foreign form": {"ui.de.json", `{"ui.a": {"one": "x", "few": "y"}}`},
		"broken JSON":                  {"ui.de.json", `{`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(fstest.MapFS{c.file: {Data: []byte(c.body)}}); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestMatchPicksALanguageWeSpeak(t *testing.T) {
	for header, want := range map[string]Lang{
		"":                         German,
		"de-DE,de;q=0.9,en;q=0.8":  German,
		"en-GB,en;q=0.9":           English,
		"en;q=0.3,de;q=0.9":        German,
		"fr-FR":                    German, // the authority's language, not English
		"fr-FR,en;q=0.5":           English,
		"zzzz;;;,,,=q":             German,
		strings.Repeat("en,", 200): German, // too long to be a browser's
	} {
		if got := Match(header); got != want {
			t.Errorf("%.30q: got %s, want %s", header, got, want)
		}
	}
}

func TestFormats(t *testing.T) {
	de, en := For(German), For(English)
	winter := time.Date(2027, 3, 3, 13, 5, 0, 0, time.UTC)
	night := time.Date(2027, 6, 30, 22, 30, 0, 0, time.UTC) // already July in Berlin
	for name, c := range map[string]struct{ got, want string }{
		"date":                              {de.Date(winter), "3. März 2027"},
		"English date":                      {en.Date(winter), "3 March 2027"},
		"the day is that of Berlin":         {de.Date(night), "1. Juli 2027"},
		"short date":                        {de.ShortDate(winter), "03.03.2027"},
		"time":                              {de.DateTime(winter), "3. März 2027, 14:05 Uhr"},
		"no time, no text":                  {de.DateTime(time.Time{}), ""},
		"machine time":                      {de.Machine(winter), "2027-03-03T14:05:00+01:00"},
		"weekday":                           {de.Weekday(winter), "Mittwoch"},
		"money":                             {de.Money(money.Amount(123450)), "1.234,50\u00a0€"},
		"English money":                     {en.Money(money.Amount(123456789)), "€1,234,567.89"},
		"English debt":                      {en.Money(money.Amount(-50)), "−€0.50"},
		"four digits stay together":         {de.Number(1234), "1234"},
		"five digits are grouped":           {de.Number(12345), "12.345"},
		"English groups with commas":        {en.Number(1234567), "1,234,567"},
		"negative numbers have a real sign": {de.Number(-7), "−7"},
		"bytes":                             {de.Bytes(812), "812 Byte"},
		"kilobytes":                         {de.Bytes(812_345), "812 KB"},
		"megabytes":                         {de.Bytes(1_412_000), "1,4 MB"},
		"nearly a megabyte":                 {de.Bytes(999_900), "1,0 MB"},
		"English megabytes":                 {en.Bytes(1_412_000), "1.4 MB"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}
