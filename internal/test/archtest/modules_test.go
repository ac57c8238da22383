package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var required = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`) // without "// indirect"

// Each module we chose has a sentence of reason.
func TestEachModuleHasAReason(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var reasons strings.Builder
	files, err := filepath.Glob(filepath.Join(root, "docs", "adr", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		reasons.Write(b)
	}
	found := required.FindAllStringSubmatch(string(mod), -1)
	if len(found) < 20 {
		t.Fatalf("%d modules read from go.mod", len(found))
	}
	name := regexp.MustCompile(`/v\d+$`)
	for _, m := range found {
		if !strings.Contains(reasons.String(), name.ReplaceAllString(m[1], "")) {
			t.Errorf("no decision in docs/adr says why we take %s", m[1])
		}
	}
}
