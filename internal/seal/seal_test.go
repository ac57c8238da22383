package seal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestSealedDataOpenOnlyAtTheirPlace(t *testing.T) {
	k, w := Random(), Where{"t1", "cases", "c1", "answers"}
	sealed := k.Seal([]byte("Kaltenrain"), w)
	if got, err := k.Open(sealed, w); err != nil || string(got) != "Kaltenrain" {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		k Key
		s []byte
		w Where
	}{
		"another tenant": {k, sealed, Where{"t2", "cases", "c1", "answers"}},
		"another table":  {k, sealed, Where{"t1", "messages", "c1", "answers"}},
		"another row":    {k, sealed, Where{"t1", "cases", "c2", "answers"}},
		"another column": {k, sealed, Where{"t1", "cases", "c1", "note"}},
		"another key":    {Random(), sealed, w},
		"changed":        {k, flipped, w},
		"cut":            {k, sealed[:len(sealed)-1], w},
		"empty":          {k, nil, w},
		"other version":  {k, append([]byte{9}, sealed[1:]...), w},
	} {
		if _, err := c.k.Open(c.s, c.w); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if bytes.Equal(sealed, k.Seal([]byte("Kaltenrain"), w)) {
		t.Error("equal texts must not look equal")
	}
}

func TestKeysOpenOnlyBelowTheirParent(t *testing.T) {
	root := Random()
	tenant, wrapped := root.NewKey(Where{"t1", "tenant", "t1", "key"})
	again, err := root.OpenKey(wrapped, Where{"t1", "tenant", "t1", "key"})
	if err != nil || *again.k != *tenant.k {
		t.Fatal(err)
	}
	if _, err := root.OpenKey(wrapped, Where{"t2", "tenant", "t2", "key"}); err == nil {
		t.Error("a key moved to another tenant opened")
	}
	if _, err := root.Open(wrapped, Where{"t1", "tenant", "t1", "key"}); err == nil {
		t.Error("a wrapped key opened as data")
	}
	if s := fmt.Sprintf("%v %+v %#v %s", tenant, tenant, tenant, tenant); s != "[key] [key] [key] [key]" {
		t.Error(s)
	}
}

func TestFilesAreWholeOrRefused(t *testing.T) {
	k, w := Random(), Where{"t1", "file", "f1", "body"}
	plain := bytes.Repeat([]byte("0123456789"), 30000)
	var c bytes.Buffer
	sw, err := k.SealTo(&c, w)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = sw.Write(plain)
	if err := sw.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(b []byte, w Where) ([]byte, error) {
		r, err := k.OpenFrom(bytes.NewReader(b), w)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	if got, err := read(c.Bytes(), w); err != nil || !bytes.Equal(got, plain) {
		t.Fatal(err)
	}
	if _, err := read(c.Bytes()[:c.Len()-70000], w); err == nil {
		t.Error("a cut file was taken as whole")
	}
	if _, err := read(c.Bytes(), Where{"t2", "file", "f1", "body"}); err == nil {
		t.Error("a moved file opened")
	}
}

func TestRootKeyFile(t *testing.T) {
	p := filepath.Join(t.TempDir(), "k", "root.key")
	a, err := NewRoot(p)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadRoot(p)
	if err != nil || *a.k != *b.k {
		t.Fatal(err)
	}
	if _, err := NewRoot(p); err == nil {
		t.Error("overwrote a root key")
	}
	_ = os.Chmod(p, 0o644)
	if _, err := ReadRoot(p); err == nil {
		t.Error("took a key that others may read")
	}
}
