package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestWhatIsLinkedInAndEmbeddedIsListed(t *testing.T) {
	self, err := os.Executable() // a Go program like any other
	if err != nil {
		t.Fatal(err)
	}
	var first, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &again} {
		if err := run(w, self, "../../web/package-lock.json", "v1.2.3", "2026-11-22T00:00:00Z"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("the same program gives two lists")
	}
	var b bom
	if err := json.Unmarshal(first.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("serial number %s", b.Serial)
	}
	scope := map[string]string{}
	for _, c := range b.Components {
		if scope[c.Ref] != "" {
			t.Errorf("%s twice", c.Ref)
		}
		scope[c.Ref] = c.Scope
		if c.Version == "" || !strings.HasSuffix(c.PURL, "@"+c.Version) {
			t.Errorf("%+v", c)
		}
	}
	for prefix, want := range map[string]string{"pkg:golang/std@1.": "required", "pkg:npm/%40kern-ux/native@": "required", "pkg:npm/esbuild@": "excluded"} {
		found := false
		for ref, s := range scope {
			found = found || strings.HasPrefix(ref, prefix) && s == want
		}
		if !found {
			t.Errorf("no %s with scope %s", prefix, want)
		}
	}
}

func TestAFileThatIsNoProgramIsRefused(t *testing.T) {
	if err := run(&bytes.Buffer{}, "main.go", "", "v1", ""); err == nil {
		t.Error("taken")
	}
}
