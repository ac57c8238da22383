package errs

import (
	"errors"
	"fmt"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	base := errors.New("disk")
	for name, c := range map[string]struct {
		err  error
		kind Kind
		key  string
	}{
		"plain error is internal":      {base, KindInternal, ""},
		"invalid keeps its key":        {Invalid("form.wrong"), KindInvalid, "form.wrong"},
		"wrapped not found stays":      {fmt.Errorf("loading case x: %w", NotFound("case", "x")), KindNotFound, ""},
		"unavailable keeps its cause":  {Unavailable("store.down", base), KindUnavailable, "store.down"},
		"conflict is not found by way": {fmt.Errorf("a: %w", fmt.Errorf("b: %w", Conflict("case.changed"))), KindConflict, "case.changed"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := KindOf(c.err); got != c.kind {
				t.Errorf("kind %v, want %v", got, c.kind)
			}
			if got := KeyOf(c.err); got != c.key {
				t.Errorf("key %q, want %q", got, c.key)
			}
		})
	}
	if !errors.Is(Unavailable("k", base), base) {
		t.Error("the cause must be reachable")
	}
	if Is(nil, KindInternal) {
		t.Error("nil has no kind")
	}
}
