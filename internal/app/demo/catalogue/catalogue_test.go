package catalogue

import (
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"stadttor/internal/standards/xzufi"
)

func read(t *testing.T, name string) []xzufi.Object {
	t.Helper()
	f, err := Files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := xzufi.NewReader(f)
	var out []xzufi.Object
	for {
		o, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, o)
	}
	if s := r.Stats(); len(s.Unknown) > 0 || s.BadValues > 0 || s.DroppedLinks > 0 {
		t.Errorf("%s: %+v", name, s)
	}
	return out
}

var realms = map[string][]string{
	"kreis-musterland": {"kreis-musterland", "torhausen", "lindenbrueck", "aulenried", "birkenrode", "ebersgrund",
		"fahlwangen", "gersheide", "hollerbeck", "kaltenrain", "wiesenmuehl"},
	"verbund-nordau": {"nordhafen", "auental"},
}

// complete is what a service carries that is described in all modules.
var complete = []string{xzufi.TextBezeichnung, xzufi.TextBezeichnungII, xzufi.TextKurztext, xzufi.TextVolltext,
	xzufi.TextRechtsgrundlagen, xzufi.TextUnterlagen, xzufi.TextVoraussetzungen, xzufi.TextVerfahrensablauf,
	xzufi.TextHinweise, xzufi.TextRechtsbehelf}

func TestEveryFileIsReadAndEveryReferenceLeadsSomewhere(t *testing.T) {
	all, err := fs.Glob(Files, "*.xml")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	units, people, offered := 0, 0, 0
	for realm, tenants := range realms {
		services := map[string]bool{}
		whole := 0
		for _, name := range Library(realm) {
			seen++
			for _, o := range read(t, name) {
				if o.Leistung == nil {
					continue
				}
				l := o.Leistung
				if services[l.ID.Key()] {
					t.Errorf("%s: %s twice", name, l.ID.Value)
				}
				services[l.ID.Key()] = true
				for _, code := range []string{xzufi.TextBezeichnungII, xzufi.TextKurztext, xzufi.TextUnterlagen, xzufi.TextRechtsgrundlagen} {
					if l.Text(code, "de") == "" && (code != xzufi.TextUnterlagen || realm == "kreis-musterland" && len(l.Dokumente.Eingehend) > 0) {
						t.Errorf("%s has no text %s", l.ID.Value, code)
					}
				}
				if len(l.Kosten.Kosten)+len(l.Kosten.Beschreibung) == 0 {
					t.Errorf("%s says nothing about fees", l.ID.Value)
				}
				if len(l.Klassifizierung.In("urn:de:stadttor:codeliste:ebene")) != 1 || len(l.Klassifizierung.In("urn:de:stadttor:codeliste:stelle")) != 1 ||
					len(l.Klassifizierung.In("urn:de:stadttor:codeliste:lebenslage")) == 0 {
					t.Errorf("%s: classification %v", l.ID.Value, l.Klassifizierung)
				}
				n := 0
				for _, code := range complete {
					if l.Text(code, "de") != "" {
						n++
					}
				}
				if n == len(complete) && len(l.Frist.Fristen) > 0 && len(l.Bearbeitung.Beschreibung) > 0 && len(l.Begriffe) > 0 {
					whole++
				}
			}
		}
		if realm == "kreis-musterland" && (len(services) < 250 || whole < 60) {
			t.Errorf("%d services, %d of them complete", len(services), whole)
		}
		t.Logf("%s: %d services, %d complete", realm, len(services), whole)

		orgs := map[string]bool{}
		files := map[string][]xzufi.Object{}
		for _, tenant := range tenants {
			name := OfTenant(tenant)
			if name == "" {
				t.Fatalf("no file for %s", tenant)
			}
			seen++
			files[tenant] = read(t, name)
			for _, o := range files[tenant] {
				if u := o.Organisationseinheit; u != nil {
					units++
					people += len(u.Kontaktperson)
					orgs[u.ID.Key()] = true
					if len(u.Oeffnung) == 0 || len(u.Anschrift) == 0 || len(u.Erreichbarkeit) == 0 {
						t.Errorf("%s: no hours, no address or no telephone", u.ID.Value)
					}
				}
			}
		}
		for tenant, objects := range files {
			for _, o := range objects {
				var zs []xzufi.Zustaendigkeit
				switch {
				case o.Organisationseinheit != nil:
					zs = o.Organisationseinheit.Zustaendigkeit
					offered += len(zs)
				case o.Zustaendigkeit != nil:
					zs = append(zs, o.Zustaendigkeit.Zustaendigkeit)
					if !orgs[o.Zustaendigkeit.ObjektID.Key()] {
						t.Errorf("%s points at the unknown unit %s", tenant, o.Zustaendigkeit.ObjektID.Value)
					}
				case o.Leistung != nil && !services[o.Leistung.ID.Key()]:
					t.Errorf("%s overrides the unknown service %s", tenant, o.Leistung.ID.Value)
				}
				for _, z := range zs {
					if !services[z.LeistungID.Key()] {
						t.Errorf("%s is competent for the unknown service %s", tenant, z.LeistungID.Value)
					}
				}
			}
		}
	}
	if units < 40 || people < 80 || offered < 1000 {
		t.Errorf("%d units, %d people, %d competences", units, people, offered)
	}
	if seen != len(all) {
		t.Errorf("%d files belong to a library or tenant, %d are there", seen, len(all))
	}
}

var (
	address = regexp.MustCompile(`@[\w.-]+`)
	link    = regexp.MustCompile(`https?://([\w.-]+)`)
	number  = regexp.MustCompile(`(?:Telefon |Tel\. |kennung>)(\+?[0-9][0-9 /-]{5,})`)
)

func TestNothingInTheFilesReachesARealPersonOrAuthority(t *testing.T) {
	all, err := fs.Glob(Files, "*.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		b, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range address.FindAllString(string(b), -1) {
			if m = strings.TrimRight(m, "."); !strings.HasSuffix(m, ".example") && !strings.HasSuffix(m, ".localhost") {
				t.Errorf("%s: mail address %s", name, m)
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			switch host := m[1]; {
			case host == "xoev.de", host == "www.w3.org":
			case host == "example.de", strings.HasSuffix(host, ".example.de"), strings.HasSuffix(host, ".example"):
			default:
				t.Errorf("%s: address %s", name, m[0])
			}
		}
		for _, m := range number.FindAllStringSubmatch(string(b), -1) {
			if !strings.HasPrefix(m[1], "00000 ") {
				t.Errorf("%s: telephone %s", name, m[1])
			}
		}
	}
}

func TestLibraryAndTenantFilesAreKeptApart(t *testing.T) {
	for slug, want := range map[string]string{
		"torhausen": "torhausen.xml", "nordhafen": "nordau-nordhafen.xml",
		"bibliothek": "", "": "", "bibliothek-musterland-bauen": "", "nordau-nordhafen": "", "../torhausen": "",
	} {
		if got := OfTenant(slug); got != want {
			t.Errorf("%q: %q", slug, got)
		}
	}
	if Library("nirgends") != nil {
		t.Error("an unknown realm has a library")
	}
}
