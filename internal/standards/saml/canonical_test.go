package saml

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Our canonical form against libxml2's, and against what is written here by hand.
func TestCanonicalFormIsThatOfLibxml(t *testing.T) {
	cases := []struct{ name, in, prefixes, want string }{
		{"empty elements get an end tag", `<a/>`, "", `<a></a>`},
		{"attributes are sorted, quotes are double", `<a c='1' b="2" a='"'/>`, "", `<a a="&quot;" b="2" c="1"></a>`},
		{"attributes with prefix are sorted by namespace, not by prefix or name", `<r xmlns:z="urn:a" xmlns:a="urn:z" z:y="1" a:b="2" k="0"/>`, "", `<r xmlns:a="urn:z" xmlns:z="urn:a" k="0" z:y="1" a:b="2"></r>`},
		{"two attributes as BundID might send them", `<r xmlns:akdb="https://www.akdb.de/request/2018/09" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" akdb:TrustLevel="HOCH" xsi:type="x"/>`, "",
			`<r xmlns:akdb="https://www.akdb.de/request/2018/09" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x" akdb:TrustLevel="HOCH"></r>`},
		{"namespaces that are not used are left out", `<a xmlns:b="urn:b" xmlns="urn:a"><b:c/></a>`, "", `<a xmlns="urn:a"><b:c xmlns:b="urn:b"></b:c></a>`},
		{"unless they are listed", `<a xmlns:b="urn:b" xmlns:x="urn:x" xmlns="urn:a"><b:c/></a>`, "x", `<a xmlns="urn:a" xmlns:x="urn:x"><b:c xmlns:b="urn:b"></b:c></a>`},
		{"the default namespace can be listed", `<p:a xmlns="urn:d" xmlns:p="urn:p"><p:b/></p:a>`, "#default", `<p:a xmlns="urn:d" xmlns:p="urn:p"><p:b></p:b></p:a>`},
		{"a default namespace is taken back only where there was one", `<a xmlns=""><b xmlns="urn:b"><c xmlns=""/></b></a>`, "", `<a><b xmlns="urn:b"><c xmlns=""></c></b></a>`},
		{"a prefix bound anew is written anew", `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b></p:a>`, "", `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"></p:c></p:b></p:a>`},
		{"the same declaration twice is written once", `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:1"/></p:a>`, "", `<p:a xmlns:p="urn:1"><p:b></p:b></p:a>`},
		{"siblings declare for themselves", `<a xmlns:p="urn:1"><p:b/><p:c/></a>`, "", `<a><p:b xmlns:p="urn:1"></p:b><p:c xmlns:p="urn:1"></p:c></a>`},
		{"a listed prefix bound anew below", `<a xmlns:x="urn:1"><b xmlns:x="urn:2"/></a>`, "x", `<a xmlns:x="urn:1"><b xmlns:x="urn:2"></b></a>`},
		{"xml:lang needs no declaration", `<a xml:lang="de"/>`, "", `<a xml:lang="de"></a>`},
		{"characters in texts", "<a>&lt;&gt;&amp;&quot;' ä&#xD;\r\n\t&#x1F600;</a>", "", "<a>&lt;&gt;&amp;\"' ä&#xD;\n\t😀</a>"},
		{"characters in attributes", "<a b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;'/>", "", `<a b="&lt;>&amp;&quot;'&#x9;&#xA;&#xD;"></a>`},
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Log("xmllint (libxml2-utils) is not installed: compared with the written results only")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := parse([]byte(c.in), nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := canonical(e, c.prefixes)
			if err != nil {
				t.Fatal(err)
			}
			if string(b) != c.want {
				t.Errorf("got  %s\nwant %s", b, c.want)
			}
			if _, err := reread(b, c.prefixes); err != nil {
				t.Errorf("not stable: %v", err)
			}
			if xmllint == "" || c.prefixes != "" {
				return
			}
			file := filepath.Join(t.TempDir(), "x.xml")
			if err := os.WriteFile(file, []byte(c.in), 0o600); err != nil {
				t.Fatal(err)
			}
			theirs, err := exec.Command(xmllint, "--exc-c14n", file).Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.TrimRight(theirs, "\n"), b) {
				t.Errorf("libxml2 says %s\nwe say       %s", theirs, b)
			}
		})
	}
}

// Part of a document: namespaces come from around it.
func TestCanonicalFormOfAPart(t *testing.T) {
	e, err := parse([]byte(`<a xmlns="urn:a" xmlns:b="urn:b" xmlns:c="urn:c"><b:x><y/></b:x></a>`), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := canonical(e.ChildElements()[0], "c")
	if err != nil {
		t.Fatal(err)
	}
	if want := `<b:x xmlns:b="urn:b" xmlns:c="urn:c"><y xmlns="urn:a"></y></b:x>`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}

// What parse takes has a canonical form that is its own canonical form.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`<a xmlns="urn:a" xmlns:b="urn:b" b:c='1&#9;' d="&amp;"><b:x> &#xD;</b:x></a>`), "b #default")
	f.Add([]byte(`<a xmlns=""><b xmlns="urn:b"><c xmlns=""/></b></a>`), "")
	f.Add([]byte(`<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"/></p:a>`), "p")
	f.Fuzz(func(t *testing.T, in []byte, prefixes string) {
		if strings.ContainsAny(prefixes, "<&\x00") {
			return
		}
		e, err := parse(in, nil)
		if err != nil {
			return
		}
		b, err := canonical(e, prefixes)
		if err != nil {
			return
		}
		if len(b) > MaxBytes {
			return
		}
		if _, err := reread(b, prefixes); err != nil && RuleOf(err) != RuleSize {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}
