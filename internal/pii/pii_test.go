package pii

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingPrintsAPersonalText(t *testing.T) {
	const mark = "Zzmarke"
	v := New(mark)
	in := struct{ Name Text }{v}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v, "in", in, "p", &in)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, "in", in)
	j, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(j) + fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %#v", v, v, v, v, v, v, v, in, in, in) + fmt.Sprint(v, &v) + fmt.Errorf("a: %v", v).Error()
	if strings.Contains(out, mark) || strings.Contains(out, fmt.Sprintf("%x", mark)) {
		t.Errorf("leaked: %s", out)
	}
	if v.Reveal() != mark {
		t.Error("Reveal must give the text")
	}
}
