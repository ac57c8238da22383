package realmfile

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"stadttor/internal/tenancy"
)

// MaxFile bounds a file in bytes.
const MaxFile = 16 << 20

// maxFindings bounds a report: who has more began with another file.
const maxFindings = 100

// Schema is the JSON Schema of the format.
//
//go:embed realm.schema.json
var Schema []byte

var compiled = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		panic("realmfile: the embedded schema is broken: " + err.Error())
	}
	const id = "https://stadttor.example/schemas/realm-1.json" // nothing is fetched from there
	c := jsonschema.NewCompiler()
	if err := c.AddResource(id, doc); err != nil {
		panic("realmfile: the embedded schema is broken: " + err.Error())
	}
	return c.MustCompile(id)
})

// Finding is one thing that is wrong. Path is like "realms[0].tenants[2].ars",
// "" for the file as a whole; Text is an English clause.
type Finding struct{ File, Path, Text string }

// Parse reads a description. Names of other files are kept as names (Read
// follows them). The description is of use only if there is no finding.
func Parse(file string, data []byte) (d Description, list []Finding) {
	add := func(path, format string, args ...any) {
		if len(list) < maxFindings {
			list = append(list, Finding{file, path, fmt.Sprintf(format, args...)})
		}
	}
	if len(data) > MaxFile {
		add("", "larger than %d MB", MaxFile>>20)
		return d, list
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		add("", "no JSON: %s", where(data, err))
		return d, list
	}
	var wrong *jsonschema.ValidationError
	if err := compiled().Validate(doc); errors.As(err, &wrong) {
		leaves(wrong, add)
		return d, list
	} else if err != nil {
		add("", "%v", err)
		return d, list
	}
	if path, twice := repeated(data); twice {
		add(path, "stands twice, only one would count")
		return d, list
	}
	if err := json.Unmarshal(data, &d); err != nil {
		add("", "no JSON: %s", where(data, err))
		return d, list
	}
	check(d, add)
	return d, list
}

// repeated finds the first name that an object of valid JSON has twice: decoders
// would take the last one without a word.
func repeated(data []byte) (path string, twice bool) {
	type level struct {
		names map[string]bool // nil in an array
		name  string          // or the place in an array
		n     int
	}
	var stack []level
	at := func() string {
		var parts []string
		for _, l := range stack {
			parts = append(parts, l.name)
		}
		return pathOf(parts)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	key := false // the next token is a name
	for {
		t, err := d.Token()
		if err != nil {
			return "", false // the end: what is no JSON was refused before
		}
		if top := len(stack) - 1; top >= 0 && t != json.Delim('}') && t != json.Delim(']') {
			l := &stack[top]
			switch {
			case l.names == nil:
				l.name = strconv.Itoa(l.n)
				l.n++
			case key:
				l.name, key = t.(string), false
				if l.names[l.name] {
					return at(), true
				}
				l.names[l.name] = true
				continue
			}
		}
		switch t {
		case json.Delim('{'):
			stack, key = append(stack, level{names: map[string]bool{}}), true
			continue
		case json.Delim('['):
			stack = append(stack, level{})
			key = false
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		key = len(stack) > 0 && stack[len(stack)-1].names != nil
	}
}

// where says what is wrong with JSON and in which line, without quoting it.
func where(data []byte, err error) string {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Sprintf("line %d: %v", 1+bytes.Count(data[:min(int(s.Offset), len(data))], []byte("\n")), err)
	}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Sprintf("%s: a %s where a %s is wanted", t.Field, t.Value, t.Type)
	}
	return err.Error()
}

// leaves are the places where the schema is broken. The validator's words quote
// values of enumerations and constants only, never what the file says; a
// pattern's would, so those are our own.
func leaves(e *jsonschema.ValidationError, add func(path, format string, args ...any)) {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf: // what was meant is what fits furthest
		e = slices.MaxFunc(e.Causes, func(a, b *jsonschema.ValidationError) int { return depth(a) - depth(b) })
		leaves(e, add)
	case *kind.Pattern:
		add(pathOf(e.InstanceLocation), "not in the form that is wanted (see --schema)")
	default:
		for _, c := range e.Causes {
			leaves(c, add)
		}
		if len(e.Causes) == 0 {
			add(pathOf(e.InstanceLocation), "%s", e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
		}
	}
}

// depth is how far into the file the deepest failure lies.
func depth(e *jsonschema.ValidationError) int {
	n := len(e.InstanceLocation)
	for _, c := range e.Causes {
		n = max(n, depth(c))
	}
	return n
}

// pathOf writes a place as realms[0].tenants[2].ars.
func pathOf(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if strings.Trim(p, "0123456789") == "" && p != "" {
			b.WriteString("[" + p + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}

// check finds what a schema cannot say: names that stand twice, hosts that are
// none.
func check(d Description, add func(path, format string, args ...any)) {
	seen := map[string]string{}
	once := func(what, name, path string) {
		if name == "" {
			return
		}
		if first, ok := seen[what+" "+name]; ok {
			add(path, "%s %q stands in %s too", what, name, first)
			return
		}
		seen[what+" "+name] = path
	}
	host := func(name, path string) {
		if name != "" && tenancy.CleanHost(name) != name {
			add(path, "no host name in lower case without port")
		}
		once("host", name, path)
	}
	for i, r := range d.Realms {
		at := fmt.Sprintf("realms[%d]", i)
		once("realm", r.Slug, at+".slug")
		host(r.AccountHost, at+".account_host")
		for j, s := range r.Situations.List {
			once("life situation of "+r.Slug, s.Slug, fmt.Sprintf("%s.situations[%d].slug", at, j))
		}
		for j, t := range r.Tenants {
			at := fmt.Sprintf("%s.tenants[%d]", at, j)
			once("tenant", t.Slug, at+".slug")
			once("sign", t.Sign, at+".sign")
			for k, p := range t.Portals {
				host(p.Host, fmt.Sprintf("%s.portals[%d].host", at, k))
			}
			for k, u := range t.Units {
				once("unit of "+t.Slug, u.Slug, fmt.Sprintf("%s.units[%d].slug", at, k))
			}
			for k, e := range t.Extensions {
				once("extension of "+t.Slug, e.Port+"/"+e.Name, fmt.Sprintf("%s.extensions[%d].name", at, k))
			}
		}
	}
}
