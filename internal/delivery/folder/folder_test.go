package folder

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stadttor/internal/clock"
	"stadttor/internal/delivery"
	"stadttor/internal/delivery/deliverytest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

var fixed = clock.NewFake(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))

// partner reads a disk as a DMS would: names that begin with a dot are not there.
type partner struct {
	disk  func() (disk, error)
	lossy *lossyDisk
	lazy  string
}

func (p partner) Connect(step func(string) error) (delivery.Connector, error) {
	if step == nil {
		step = func(string) error { return nil }
	}
	return &connector{clock: fixed, open: func() (disk, error) {
		d, err := p.disk()
		if err != nil {
			return nil, err
		}
		return dying{d, step, p.lazy}, nil
	}}, nil
}

func (p partner) Content(n ident.Number, id ident.ParcelID) (map[string][]byte, bool, error) {
	d, err := p.disk()
	if err != nil {
		return nil, false, err
	}
	defer d.close()
	dir := path.Join(string(n), string(id))
	names, err := d.names(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	out := map[string][]byte{}
	for _, name := range names {
		r, err := d.open(path.Join(dir, name))
		if err != nil {
			return nil, false, err
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, false, err
		}
		out[name] = b
	}
	return out, true, nil
}

func (p partner) Visible() (out []ident.ParcelID, err error) {
	d, err := p.disk()
	if err != nil {
		return nil, err
	}
	defer d.close()
	cases, err := d.names(".")
	for _, c := range cases {
		if strings.HasPrefix(c, ".") {
			continue
		}
		parcels, err := d.names(c)
		if err != nil {
			return nil, err
		}
		for _, x := range parcels {
			if !strings.HasPrefix(x, ".") {
				out = append(out, ident.ParcelID(x))
			}
		}
	}
	return out, err
}

func (p partner) PowerCut() {
	if p.lossy != nil {
		p.lossy.powerCut()
	}
}

func onReal(t testing.TB) deliverytest.Partner {
	base := t.TempDir()
	if err := os.MkdirAll(filepath.Join(base, "torhausen/eingang"), 0o750); err != nil {
		t.Fatal(err)
	}
	return partner{disk: func() (disk, error) { return openFolder(base, "torhausen/eingang") }}
}

func onLossy(keepNames bool, lazy string) deliverytest.Partner {
	d := newLossyDisk(keepNames)
	return partner{func() (disk, error) { return d, nil }, d, lazy}
}

func TestConformanceInAFolder(t *testing.T) { deliverytest.Run(t, onReal) }

func TestConformanceOnADiskThatForgets(t *testing.T) {
	t.Run("names and bytes", func(t *testing.T) {
		deliverytest.Run(t, func(testing.TB) deliverytest.Partner { return onLossy(false, "") })
	})
	t.Run("bytes only", func(t *testing.T) {
		deliverytest.Run(t, func(testing.TB) deliverytest.Partner { return onLossy(true, "") })
	})
}

func TestEachSyncIsNeeded(t *testing.T) {
	for _, lazy := range []string{"sync of a file", "sync of the parcel's folder", "sync of the case's folder", "sync of the tenant's folder"} {
		if found := deliverytest.Check(t.Context(), func() deliverytest.Partner { return onLossy(false, lazy) }); len(found) == 0 {
			t.Errorf("without the %s nothing is found", lazy)
		}
	}
}

func settings(p string) json.RawMessage {
	b, _ := json.Marshal(Settings{Path: p})
	return b
}

func TestThePathLiesBelowTheOperatorsBase(t *testing.T) {
	base := t.TempDir()
	for p, ok := range map[string]bool{
		"torhausen": true, "kreis/torhausen": true, "torhausen/": true, filepath.Join(base, "torhausen"): true,
		"": false, ".": false, "/": false, base: false, "..": false, "../x": false, "a/../../x": false, "a/../b": false, base + "/../x": false,
		"/etc": false, base + "x/y": false, "a\x00b": false,
	} {
		_, err := New(Config{Base: base})(settings(p))
		if (err == nil) != ok || !ok && !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
	for name, raw := range map[string]string{"no JSON": "x", "null": "null", "unknown key": `{"path":"a","mode":"0777"}`} {
		if _, err := New(Config{Base: base})(json.RawMessage(raw)); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range []string{"", "relative"} {
		if _, err := New(Config{Base: b})(settings("a")); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("base %q: %v", b, err)
		}
	}
}

func TestAFolderThatIsNotAsItShouldBeIsSaidClearly(t *testing.T) {
	parcel := deliverytest.Parcel()
	number := string(parcel.Number)
	final := "torhausen/" + number + "/" + string(parcel.ID)
	for name, x := range map[string]struct {
		prepare func(t *testing.T, base string)
		key     string
	}{
		"the tenant's folder is missing": {func(*testing.T, string) {}, "delivery.folder.missing"},
		"it is a file":                   {func(t *testing.T, b string) { write(t, b+"/torhausen") }, "delivery.folder.not-a-folder"},
		"it is a link to elsewhere":      {func(t *testing.T, b string) { link(t, t.TempDir(), b+"/torhausen") }, "delivery.folder.symlink"},
		"it is a link below the base":    {func(t *testing.T, b string) { mkdir(t, b+"/other"); link(t, b+"/other", b+"/torhausen") }, "delivery.folder.symlink"},
		"the case's folder is a link":    {func(t *testing.T, b string) { mkdir(t, b+"/torhausen"); link(t, t.TempDir(), b+"/torhausen/"+number) }, "delivery.folder.symlink"},
		"the case's folder is a file":    {func(t *testing.T, b string) { mkdir(t, b+"/torhausen"); write(t, b+"/torhausen/"+number) }, "delivery.folder.not-a-folder"},
		"the parcel's folder is a link":  {func(t *testing.T, b string) { mkdir(t, b+"/torhausen/"+number); link(t, t.TempDir(), b+"/"+final) }, "delivery.folder.symlink"},
		"a file of the parcel is a link": {func(t *testing.T, b string) {
			mkdir(t, b+"/"+final)
			for _, f := range parcel.Files {
				write(t, b+"/"+final+"/"+f.Name)
			}
			_ = os.Remove(b + "/" + final + "/antrag.pdf")
			link(t, "/etc/hostname", b+"/"+final+"/antrag.pdf")
			write(t, b+"/"+final+"/parcel.json")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			x.prepare(t, base)
			c, err := New(Config{Base: base, Clock: fixed})(settings("torhausen"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Deliver(t.Context(), parcel)
			if err == nil || x.key != "" && errs.KeyOf(err) != x.key || errs.KindOf(err) == errs.KindInternal {
				t.Errorf("want %s, got %v", x.key, err)
			}
		})
	}
}

func write(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o750); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// fullDisk takes some bytes and then no more.
type fullDisk struct {
	disk
	room *int
}

type fullFile struct {
	file
	room *int
}

func (d fullDisk) create(n string) (file, error) {
	f, err := d.disk.create(n)
	return fullFile{f, d.room}, err
}

func (f fullFile) Write(p []byte) (int, error) {
	if *f.room -= len(p); *f.room < 0 {
		return 0, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.file.Write(p)
}

func TestAFullDiskIsSaidClearlyAndLeavesNothing(t *testing.T) {
	p := onReal(t).(partner)
	parcel := deliverytest.Parcel()
	room := 100 << 10
	c := &connector{clock: fixed, open: func() (disk, error) {
		d, err := p.disk()
		return fullDisk{d, &room}, err
	}}
	if _, err := c.Deliver(t.Context(), parcel); errs.KeyOf(err) != "delivery.folder.full" || !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("%v", err)
	}
	d, err := p.disk()
	if err != nil {
		t.Fatal(err)
	}
	if names, err := d.names(string(parcel.Number)); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
	room = 1 << 30
	if _, err := c.Deliver(t.Context(), parcel); err != nil {
		t.Errorf("after there is room: %v", err)
	}
}

func TestTheListNamesEveryFile(t *testing.T) {
	p := onReal(t).(partner)
	parcel := deliverytest.Parcel()
	c, err := p.Connect(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Deliver(context.Background(), parcel)
	if err != nil || !r.At.Equal(fixed.Now()) || r.Ref != "folder:"+string(parcel.Number)+"/"+string(parcel.ID) {
		t.Fatal(r, err)
	}
	files, _, err := p.Content(parcel.Number, parcel.ID)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(files[delivery.Manifest], &m); err != nil {
		t.Fatal(err)
	}
	if m.Parcel != string(parcel.ID) || m.Number != string(parcel.Number) || m.Event != delivery.Submitted || m.Authority != "Stadt Torhausen" || m.FormVersion != 3 || m.At != "2026-12-01T09:00:00Z" || len(m.Files) != len(parcel.Files) {
		t.Errorf("%+v", m)
	}
	for i, f := range m.Files {
		if f.SHA256 != sum(files[f.Name]) || f.Size != int64(len(files[f.Name])) || f.Name != parcel.Files[i].Name {
			t.Errorf("%s: %+v", f.Name, f)
		}
	}
}

func TestWhatADeadRunLeftIsSweptByTheNext(t *testing.T) {
	p := onReal(t).(partner)
	parcel := deliverytest.Parcel()
	n := 0
	c, _ := p.Connect(func(string) error {
		if n++; n > 5 {
			return deliverytest.ErrDied
		}
		return nil
	})
	if _, err := c.Deliver(t.Context(), parcel); err == nil {
		t.Fatal("did not die")
	}
	d, err := p.disk()
	if err != nil {
		t.Fatal(err)
	}
	if names, _ := d.names(string(parcel.Number)); len(names) != 1 || !strings.HasPrefix(names[0], ".") {
		t.Fatalf("want one hidden folder, got %v", names)
	}
	c, _ = p.Connect(nil)
	if _, err := c.Deliver(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	if names, _ := d.names(string(parcel.Number)); len(names) != 1 || names[0] != string(parcel.ID) {
		t.Errorf("want the parcel alone, got %v", names)
	}
}

func FuzzNoPathLeavesTheBase(f *testing.F) {
	for _, s := range []string{"torhausen", "a/b", "../x", "/srv/uebergabe/x", "/srv/uebergabe/../x", "a/./b//c", "", ".", "a\x00", "..a/b..", "/srv/uebergabex", "\\..\\x", "a/..", "~"} {
		f.Add(s)
	}
	const base = "/srv/uebergabe"
	f.Fuzz(func(t *testing.T, p string) {
		rel, err := Config{Base: base}.below(settings(p))
		if err != nil {
			return
		}
		if full := filepath.Join(base, rel); !strings.HasPrefix(full, base+"/") || !filepath.IsLocal(rel) || strings.Contains("/"+rel+"/", "/../") {
			t.Errorf("%q leads to %s", p, full)
		}
	})
}
