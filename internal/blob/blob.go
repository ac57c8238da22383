// Package blob keeps files: sealed attachments and documents.
//
// It decides that a file is durable when Put returns (the file and its folder
// are fsynced) and that names are our own IDs below one folder per tenant. It
// never looks inside a file, never encrypts (seal does, before), and never
// decides who may read.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// Store is where files lie: a folder (Dir), later an object store.
type Store interface {
	// Put writes a file durably; an existing one of that name is replaced
	// whole. Returns the bytes written.
	Put(ctx context.Context, t ident.TenantID, id ident.FileID, write func(io.Writer) error) (int64, error)
	// Open reads a file; errs.KindNotFound if there is none.
	Open(ctx context.Context, t ident.TenantID, id ident.FileID) (io.ReadCloser, error)
	// Delete removes a file and what a Put of it left behind when the program was
	// stopped; a file that is gone already is no error.
	Delete(ctx context.Context, t ident.TenantID, id ident.FileID) error
	// Check says what would break the promise, nil when sound.
	Check() error
}

// Dir is a Store in a folder of this machine.
type Dir struct {
	root   *os.Root
	making singleflight.Group // by folder: who finds it while it is being made waits until it is durable
	known  sync.Map           // tenants' folders that are durable with all that lay in them
	syncs  groupSync
}

// OpenDir opens or makes the folder.
func OpenDir(p string) (*Dir, error) {
	if err := os.MkdirAll(p, 0o700); err != nil {
		return nil, err
	}
	r, err := os.OpenRoot(p)
	if err != nil {
		return nil, err
	}
	d := &Dir{root: r}
	d.syncs.sync = d.syncNow
	return d, nil
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

func place(t ident.TenantID, id ident.FileID) (dir, file string, err error) {
	if !ident.Valid(t) || !ident.Valid(id) {
		return "", "", errs.NotFound("file", id)
	}
	dir = path.Join(string(t), string(id[24:])) // the random end spreads evenly
	return dir, path.Join(dir, string(id)), nil
}

// Put implements Store.
func (d *Dir) Put(_ context.Context, t ident.TenantID, id ident.FileID, write func(io.Writer) error) (n int64, err error) {
	dir, name, err := place(t, id)
	if err != nil {
		return 0, err
	}
	if err := d.folder(dir); err != nil {
		return 0, err
	}
	tmp := name + "." + ident.Secret()[:8] + tmpEnding
	f, err := d.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, errs.Unavailable("error.store", err)
	}
	c := &counter{w: f}
	werr := write(c)
	if werr == nil {
		werr = storeError(f.Sync())
	}
	if err := errors.Join(werr, storeError(f.Close())); err != nil {
		_ = d.root.Remove(tmp)
		return 0, err
	}
	if err := d.root.Rename(tmp, name); err != nil {
		return 0, storeError(err)
	}
	return c.n, storeError(d.syncDir(dir))
}

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return errs.Unavailable("error.store", err)
}

// folder makes a folder and its tenant's folder durable.
func (d *Dir) folder(dir string) error {
	tenant := path.Dir(dir)
	if _, there := d.known.Load(tenant); !there {
		// Once in a run: a run before may have been stopped between making and syncing.
		_, err, _ := d.making.Do(tenant, func() (any, error) {
			if err := d.make(tenant, true); err != nil {
				return nil, err
			}
			if err := d.syncDir(tenant); err != nil {
				return nil, storeError(err)
			}
			d.known.Store(tenant, true)
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	_, err, _ := d.making.Do(dir, func() (any, error) { return nil, d.make(dir, false) })
	return err
}

// make makes one folder; its parent is synced if it was missing, or always.
func (d *Dir) make(dir string, always bool) error {
	if _, err := d.root.Stat(dir); err == nil && !always {
		return nil
	}
	if err := d.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		d.known.Delete(path.Dir(dir)) // perhaps somebody has taken it away
		return storeError(err)
	}
	if err := d.syncDir(path.Dir(dir)); err != nil {
		_ = d.root.Remove(dir) // while it is empty: else the next one would trust it
		return storeError(err)
	}
	return nil
}

// syncDir makes the names in a folder durable that were there when it was called.
func (d *Dir) syncDir(dir string) error { return d.syncs.do(dir) }

func (d *Dir) syncNow(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements Store.
func (d *Dir) Open(_ context.Context, t ident.TenantID, id ident.FileID) (io.ReadCloser, error) {
	_, name, err := place(t, id)
	if err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.NotFound("file", id)
	}
	if err != nil {
		return nil, storeError(err)
	}
	return f, nil
}

// Delete implements Store.
func (d *Dir) Delete(_ context.Context, t ident.TenantID, id ident.FileID) error {
	dir, name, err := place(t, id)
	if err != nil {
		return err
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storeError(err)
	}
	if err := d.removeHalves(dir, string(id)); err != nil {
		return storeError(err)
	}
	return storeError(d.syncDirIfThere(dir))
}

// removeHalves removes what a Put left behind that did not live to its end.
func (d *Dir) removeHalves(dir, id string) error {
	f, err := d.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names, err := f.Readdirnames(-1)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasPrefix(n, id+".") && strings.HasSuffix(n, tmpEnding) {
			if err := d.root.Remove(path.Join(dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// tmpEnding marks a file that is being written.
const tmpEnding = ".tmp"

func (d *Dir) syncDirIfThere(dir string) error {
	if err := d.syncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Check implements Store: a probe file is written and read back.
func (d *Dir) Check() error {
	const probe = ".probe"
	f, err := d.root.Create(probe)
	if err != nil {
		return fmt.Errorf("files folder %s: %w", filepath.Base(d.root.Name()), err)
	}
	_, werr := f.WriteString("x")
	return errors.Join(werr, f.Sync(), f.Close(), d.root.Remove(probe))
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if err != nil {
		err = storeError(err)
	}
	return n, err
}
