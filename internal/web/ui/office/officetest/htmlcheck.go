package officetest

import (
	"bytes"
	"testing"

	"stadttor/internal/test/htmlcheck"
)

// WellFormed checks what every page owes to people who use assistive
// technology, and that no text is missing.
func WellFormed(t testing.TB, name string, a Answer) {
	t.Helper()
	p, err := htmlcheck.Parse(bytes.NewReader(a.Body))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, f := range p.Findings() {
		t.Errorf("%s: %s", name, f)
	}
}
