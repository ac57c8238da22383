package blob

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

func TestAFileIsWholeOrAbsent(t *testing.T) {
	p := t.TempDir()
	d, err := OpenDir(p)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Unix(1e9, 0)
	ten, id := ident.New[ident.TenantID](now), ident.New[ident.FileID](now)
	ctx := t.Context()
	boom := errors.New("boom")
	if _, err := d.Put(ctx, ten, id, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if _, err := d.Open(ctx, ten, id); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("half a file is there: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(p, "*/*/*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	for _, body := range []string{"first", "second, longer"} {
		if n, err := d.Put(ctx, ten, id, func(w io.Writer) error { _, err := io.Copy(w, strings.NewReader(body)); return err }); err != nil || n != int64(len(body)) {
			t.Fatal(n, err)
		}
		r, err := d.Open(ctx, ten, id)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r)
		_ = r.Close()
		if string(b) != body {
			t.Errorf("%q", b)
		}
	}
	half := filepath.Join(p, string(ten), string(id[24:]), string(id)+".abcdefgh.tmp") // a Put that was killed
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := ident.New[ident.TenantID](now)
	if _, err := d.Open(ctx, other, id); !errs.Is(err, errs.KindNotFound) {
		t.Error("another tenant's folder holds it")
	}
	for range 2 {
		if err := d.Delete(ctx, ten, id); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(p, "*/*/*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if _, err := d.Open(ctx, "../../etc", "passwd"); !errs.Is(err, errs.KindNotFound) {
		t.Error(err)
	}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
}
