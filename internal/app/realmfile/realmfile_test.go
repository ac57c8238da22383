package realmfile_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"stadttor/internal/app/demo"
	"stadttor/internal/app/realmfile"
	"stadttor/internal/catalogue"
	"stadttor/internal/tenancy"
)

// town is a description in which everything is said once; %X% marks what cases change.
const town = `{"format":"stadttor-realm/1","realms":[{"slug":"musterkreis","name":"Musterkreis","lead":"musterstadt","account_host":"konto.musterkreis.example",
 "forms":["formulare/",{"id":"x"}],"situations":[{"slug":"umzug","name":"Umzug","order":1}],
 "tenants":[{"slug":"musterstadt","name":"Stadt Musterstadt","kind":"stadt","sign":"MUS","ars":"990010000001","settings":{"short_name":"Musterstadt"},
  "portals":[{"host":"service.musterstadt.example","look":{"name":"Serviceportal"}}],
  "units":[{"slug":"steueramt","name":"Steueramt","roles":["steueramt"]}],
  "extensions":[{"port":"payment","name":"bank","settings":{"secret":"s3cr3t"}}]}]}]}`

func TestWhatAFileMayNotSay(t *testing.T) {
	if _, list := realmfile.Parse("f", []byte(town)); len(list) > 0 {
		t.Fatalf("the town is refused: %+v", list)
	}
	for name, c := range map[string]struct{ old, new, path, says string }{
		"no JSON":                          {`"name":"Musterkreis",`, `"name":"Musterkreis"`, "", "line 1"},
		"another format":                   {"stadttor-realm/1", "stadttor-realm/2", "format", "stadttor-realm/1"},
		"a word it does not know":          {`"lead":`, `"leader":`, "realms[0]", "leader"},
		"a missing name":                   {`"name":"Stadt Musterstadt",`, ``, "realms[0].tenants[0]", "name"},
		"a slug with capitals":             {`"slug":"musterstadt"`, `"slug":"Musterstadt"`, "realms[0].tenants[0].slug", "form"},
		"an ARS that is too short":         {"990010000001", "9900100", "realms[0].tenants[0].ars", "form"},
		"a sign of two letters":            {`"MUS"`, `"MU"`, "realms[0].tenants[0].sign", "form"},
		"a kind that is none":              {`"kind":"stadt"`, `"kind":"dorf"`, "realms[0].tenants[0].kind", "kreis"},
		"a host with a port":               {"service.musterstadt.example", "service.musterstadt.example:80", "realms[0].tenants[0].portals[0].host", "form"},
		"one host for two doors":           {"service.musterstadt.example", "konto.musterkreis.example", "realms[0].tenants[0].portals[0].host", "realms[0].account_host"},
		"a colour that is none":            {`{"name":"Serviceportal"}`, `{"name":"x","light":{"action":"red","on_action":"#ffffff","visited":"#000000","focus":"#000000","brand":"#000000","hero":"#ffffff"}}`, "realms[0].tenants[0].portals[0].look.light.action", "form"},
		"settings that are no object":      {`{"secret":"s3cr3t"}`, `"s3cr3t"`, "realms[0].tenants[0].extensions[0].settings", "object"},
		"a port that there is not":         {`"port":"payment"`, `"port":"print"`, "realms[0].tenants[0].extensions[0].port", "delivery"},
		"a life situation without a place": {`,"order":1`, ``, "realms[0].situations[0]", "order"},
		"two units of one name":            {`{"slug":"steueramt",`, `{"slug":"steueramt","name":"x"},{"slug":"steueramt",`, "realms[0].tenants[0].units[1].slug", "units[0]"},
		"a name that stands twice":         {`"settings":{"short_name":"Musterstadt"}`, `"settings":{"short_name":"Musterstadt","short_name":"Muster"}`, "realms[0].tenants[0].settings.short_name", "twice"},
		"a secret that stands twice":       {`{"secret":"s3cr3t"}`, `{"a":[1,{"b":2}],"secret":"x","secret":"s3cr3t"}`, "realms[0].tenants[0].extensions[0].settings.secret", "twice"},
		"two tenants with one sign":        {`"tenants":[`, `"tenants":[{"slug":"b","name":"B","kind":"stadt","sign":"MUS","ars":"990010000002","settings":{"short_name":"B"}},`, "realms[0].tenants[1].sign", "tenants[0]"},
	} {
		if !strings.Contains(town, c.old) {
			t.Fatalf("%s: the town does not say %q", name, c.old)
		}
		_, list := realmfile.Parse("f", []byte(strings.Replace(town, c.old, c.new, 1)))
		if !slices.ContainsFunc(list, func(f realmfile.Finding) bool {
			return f.File == "f" && f.Path == c.path && strings.Contains(f.Text, c.says)
		}) {
			t.Errorf("%s: %+v", name, list)
		}
		for _, f := range list {
			if strings.Contains(f.Text, "s3cr3t") {
				t.Errorf("%s: the finding quotes a secret", name)
			}
		}
	}
}

func TestTheDemosFilesFit(t *testing.T) {
	d, err := demo.ReadWorld()
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Realms) != 2 || len(d.Realms[0].Tenants) != 11 || len(d.Realms[0].Forms) < 5 || len(d.Realms[0].Situations.List) < 5 {
		t.Errorf("%d realms", len(d.Realms))
	}
	realm, err := demo.RealmOf()
	if err != nil || realm["torhausen"] != "kreis-musterland" || realm["auental"] != "verbund-nordau" || len(realm) != 13 {
		t.Errorf("%v %v", realm, err)
	}
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	for name, read := range map[string]func() (realmfile.Description, error){
		"demo": demo.ReadWorld,
		"town": func() (realmfile.Description, error) { d, _ := realmfile.Parse("", []byte(town)); return d, nil },
	} {
		d, err := read()
		if err != nil {
			t.Fatal(err)
		}
		first, err := d.Write()
		if err != nil {
			t.Fatal(name, err)
		}
		again, list := realmfile.Parse(name, first)
		second, err := again.Write()
		if len(list) > 0 || err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: %v %v, %d and %d bytes", name, list, err, len(first), len(second))
		}
	}
	if _, err := (realmfile.Description{}).Write(); err == nil {
		t.Error("a description without its format was written")
	}
}

func TestWhatIsLeftOutOfALookIsTheProductsOwn(t *testing.T) {
	d, _ := realmfile.Parse("", []byte(town))
	tenant := d.Realms[0].Tenants[0]
	want := tenancy.DefaultLook("Serviceportal", "")
	if got := tenant.Portals[0].Look; got != want {
		t.Errorf("%+v", got)
	}
	if e := tenant.Extensions[0]; !e.Enabled {
		t.Error("an extension that says nothing of it is not enabled")
	}
}

func TestOnlyFilesOfTheFolderAreOpened(t *testing.T) {
	outer := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(outer+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(outer+"/in/formulare", 0o700); err != nil {
		t.Fatal(err)
	}
	write("secret.json", `[]`)
	write("in/formulare/a.json", `{"id":"a"}`)
	write("in/lagen.json", `[{"slug":"umzug","name":"Umzug","order":1}]`)
	write("in/broken.json", `[{"slug":"Umzug","name":"Umzug","order":1}]`)
	write("in/sly.json", `[],"lead":"x"`)
	if err := os.Symlink(outer+"/secret.json", outer+"/in/link.json"); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(outer + "/in")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, c := range map[string]struct {
		forms, situations, path string
		in                      string // file of the finding, "" for realm.json
	}{
		"what is there":                {`"formulare/","formulare/a.json"`, `"lagen.json"`, "ok", ""},
		"a file above":                 {`"../secret.json"`, `[]`, "realms[0].forms[0]", ""},
		"a path from the root":         {`"` + outer + `/secret.json"`, `[]`, "realms[0].forms[0]", ""},
		"a link that leads out":        {``, `"link.json"`, "realms[0].situations", ""},
		"a folder above":               {`"../"`, `[]`, "realms[0].forms[0]", ""},
		"a folder without forms":       {`"./"`, `[]`, "realms[0].forms[0]", ""},
		"a file that is not there":     {``, `"nothing.json"`, "realms[0].situations", ""},
		"a list that does not fit":     {``, `"broken.json"`, "[0].slug", "broken.json"},
		"a list that is more than one": {``, `"sly.json"`, "", "sly.json"},
	} {
		write("in/realm.json", `{"format":"stadttor-realm/1","realms":[{"slug":"x","name":"X","forms":[`+c.forms+`],"situations":`+c.situations+`}]}`)
		d, list, err := realmfile.Read(root.FS(), realmfile.Main)
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.path == "ok":
			if len(list) > 0 || len(d.Realms[0].Forms) != 2 || d.Realms[0].Forms[0].From != "formulare/a.json" || len(d.Realms[0].Situations.List) != 1 {
				t.Errorf("%s: %+v %+v", name, list, d.Realms)
			}
		case len(list) != 1 || list[0].Path != c.path || c.in != "" && list[0].File != c.in || strings.Contains(list[0].Text, outer):
			t.Errorf("%s: %+v", name, list)
		}
	}
	if _, _, err := realmfile.Read(fstest.MapFS{}, "realm.json"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// The schema and the types name the same fields: nothing that may be said is
// dropped, nothing that is kept cannot be said.
func TestSchemaAndTypesNameTheSameFields(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
		Defs       map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(realmfile.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	for def, v := range map[string]any{
		"": realmfile.Description{}, "realm": realmfile.Realm{}, "tenant": realmfile.Tenant{}, "portal": realmfile.Portal{}, "unit": realmfile.Unit{}, "extension": realmfile.Extension{},
		"settings": tenancy.Settings{}, "place": tenancy.Place{}, "contact": tenancy.Contact{}, "look": tenancy.Look{}, "palette": tenancy.Palette{},
		"imprint": tenancy.Imprint{}, "privacy": tenancy.Privacy{}, "accessibility": tenancy.Accessibility{}, "notice": tenancy.Notice{}, "situation": catalogue.Situation{},
	} {
		said := schema.Defs[def].Properties
		if def == "" {
			said = schema.Properties
		}
		var have []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				have = append(have, name)
			}
		}
		slices.Sort(have)
		var want []string
		for name := range said {
			want = append(want, name)
		}
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s: type %v, schema %v", def, have, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(town))
	if b, err := fs.ReadFile(os.DirFS("../demo"), "realm.json"); err == nil {
		f.Add(b[:2000])
	}
	for _, s := range []string{``, `null`, `[]`, `{"format":"stadttor-realm/1","realms":[]}`, `{"format":"stadttor-realm/1","realms":[{"slug":"x","name":"x","forms":["",{}],"situations":[]}]}`,
		`{"format":"stadttor-realm/1","realms":[{"slug":"x","name":"x","situations":"a"}]}`, strings.Repeat(`[`, 2000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, list := realmfile.Parse("f", data)
		if len(list) > 0 {
			return
		}
		first, err := d.Write()
		if err != nil {
			t.Fatal(err)
		}
		again, list := realmfile.Parse("f", first)
		if len(list) > 0 {
			t.Fatalf("what was written is refused: %v", list)
		}
		if second, err := again.Write(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written twice it differs: %v\n%s\n%s", err, first, second)
		}
	})
}
