package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"stadttor/internal/clock"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

type connector struct {
	clock clock.Clock
	open  func() (disk, error)
}

// Deliver implements delivery.Connector.
func (c *connector) Deliver(ctx context.Context, p delivery.Parcel) (r delivery.Receipt, err error) {
	if err := p.Check(); err != nil {
		return r, err
	}
	contents, err := list(p)
	if err != nil {
		return r, err
	}
	d, err := c.open()
	if err != nil {
		return r, diskError(err)
	}
	defer d.close()
	dir := string(p.Number)
	final := path.Join(dir, string(p.ID))
	if err := ensureFolder(d, dir); err != nil {
		return r, diskError(err)
	}
	there, err := present(d, final, p, contents)
	if err == nil && !there {
		if err = place(ctx, d, dir, final, p, contents); err != nil {
			// Another run of this parcel may have been quicker, and swept ours.
			if there, perr := present(d, final, p, contents); there || errs.Is(perr, errs.KindConflict) {
				err = perr
			}
		}
	}
	if err != nil {
		return r, diskError(err)
	}
	// Also when the parcel was there already: who put it there may have died
	// between the rename and this sync.
	if err := d.syncDir(dir); err != nil {
		return r, diskError(err)
	}
	sweep(d, dir, p.ID)
	return delivery.Receipt{Ref: "folder:" + final, At: c.clock.Now()}, nil
}

// ensureFolder makes the case's folder durable.
func ensureFolder(d disk, dir string) error {
	if err := d.mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := d.lstat(dir)
	if err != nil {
		return err
	}
	if err := onlyFolder(st); err != nil {
		return err
	}
	return d.syncDir(".")
}

// place writes the hidden folder and renames it.
func place(ctx context.Context, d disk, dir, final string, p delivery.Parcel, contents []byte) (err error) {
	tmp := path.Join(dir, hidden(p.ID)+ident.Secret()[:8])
	if err := d.mkdir(tmp); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = d.removeAll(tmp)
		}
	}()
	for _, f := range p.Files {
		if err := writeFile(ctx, d, path.Join(tmp, f.Name), f); err != nil {
			return err
		}
	}
	if err := writeBytes(d, path.Join(tmp, delivery.Manifest), bytes.NewReader(contents)); err != nil {
		return err
	}
	if err := d.syncDir(tmp); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.rename(tmp, final)
}

// writeFile copies a document and compares it with what was announced.
func writeFile(ctx context.Context, d disk, name string, f delivery.File) error {
	src, err := f.Open()
	if err != nil {
		return sourceError(err)
	}
	defer src.Close()
	h := sha256.New()
	n := &counter{}
	// One byte more than announced is enough to know that it is another file.
	err = writeBytes(d, name, io.TeeReader(io.LimitReader(ctxReader{ctx, src}, f.Size+1), io.MultiWriter(h, n)))
	if err != nil {
		return err
	}
	if n.n != f.Size || hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return errs.Invalid("delivery.file-differs", errs.Field{Name: f.Name, Key: "delivery.file-differs"})
	}
	return nil
}

func writeBytes(d disk, name string, r io.Reader) error {
	f, err := d.create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(struct{ io.Writer }{f}, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// present reports whether the parcel lies at its place with exactly this
// content. Other content is a Conflict.
func present(d disk, final string, p delivery.Parcel, contents []byte) (bool, error) {
	st, err := d.lstat(final)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := onlyFolder(st); err != nil {
		return false, err
	}
	names, err := d.names(final)
	if err != nil {
		return false, err
	}
	if len(names) == 0 {
		return false, nil // an empty folder: the rename replaces it
	}
	want := map[string]string{delivery.Manifest: sum(contents)}
	for _, f := range p.Files {
		want[f.Name] = f.SHA256
	}
	if len(names) != len(want) {
		return false, different(p)
	}
	for _, n := range names {
		got, err := fileSum(d, path.Join(final, n))
		if err != nil {
			return false, err
		}
		if got != want[n] {
			return false, different(p)
		}
	}
	return true, nil
}

func different(p delivery.Parcel) error {
	return fmt.Errorf("parcel %s: %w", p.ID, errs.Conflict("delivery.folder.different"))
}

func fileSum(d disk, name string) (string, error) {
	st, err := d.lstat(name)
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() {
		return "", errs.Conflict("delivery.folder.symlink")
	}
	f, err := d.open(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func hidden(id ident.ParcelID) string { return "." + string(id) + "." }

// sweep removes what runs of this parcel that died left behind; a run that is
// still going on finds its parcel at its place.
func sweep(d disk, dir string, id ident.ParcelID) {
	names, err := d.names(dir)
	if err != nil {
		return
	}
	for _, n := range slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, hidden(id)) }) {
		_ = d.removeAll(path.Join(dir, n))
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// ctxReader stops a long copy when the job ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		err = sourceError(err)
	}
	return n, err
}

// sourceError keeps a failing file of ours apart from a failing folder.
func sourceError(err error) error {
	if errs.KindOf(err) != errs.KindInternal {
		return err
	}
	return errs.Unavailable("delivery.source", err)
}
