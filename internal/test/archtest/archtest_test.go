package archtest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheHouseStands(t *testing.T) {
	broken, err := Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// The test of the test: a planted import is found.
func TestAPlantedImportIsFound(t *testing.T) {
	for name, c := range map[string]struct{ dir, imports string }{
		"a stone imports a feature":             {"money", "stadttor/internal/cases"},
		"a feature imports its sibling":         {"payments", "stadttor/internal/delivery"},
		"a door imports another door":           {"web/staff", "stadttor/internal/web/citizen"},
		"a feature imports an extension":        {"payments", "stadttor/internal/payments/demo"},
		"an extension imports another feature":  {"delivery/folder", "stadttor/internal/cases"},
		"a room of a feature imports a sibling": {"accounts/local", "stadttor/internal/payments"},
		"a room of a feature imports a door":    {"accounts/local", "stadttor/internal/web/ui"},
		"a conductor imports a door":            {"cases", "stadttor/internal/web/ui"},
		"a door speaks SQL":                     {"web/staff", "database/sql"},
		"the program imports a test package":    {"cases", "stadttor/internal/db/dbtest"},
		"a room that is on no floor":            {"util", "stadttor/internal/money"},
		"somebody imports a room without floor": {"cases", "stadttor/internal/helpers"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, filepath.FromSlash(c.dir))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte("package x\n\nimport _ \""+c.imports+"\"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if broken, err := Check(root); err != nil || len(broken) != 1 {
				t.Errorf("found %v, %v", broken, err)
			}
		})
	}
}
