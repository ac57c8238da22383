package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"stadttor/internal/errs"
)

// disk is the tenant's folder. The other disk is the one of the tests that
// forgets what was not synced.
type disk interface {
	lstat(name string) (fs.FileInfo, error)
	mkdir(name string) error
	create(name string) (file, error) // must not exist
	open(name string) (io.ReadCloser, error)
	names(dir string) ([]string, error)
	rename(from, to string) error
	removeAll(name string) error
	syncDir(name string) error
	close() error
}

type file interface {
	io.WriteCloser
	Sync() error
}

// rootDisk is a folder of this machine. os.Root keeps every name below it.
type rootDisk struct{ r *os.Root }

func (d rootDisk) lstat(name string) (fs.FileInfo, error) { return d.r.Lstat(name) }
func (d rootDisk) mkdir(name string) error                { return d.r.Mkdir(name, 0o750) }
func (d rootDisk) rename(from, to string) error           { return d.r.Rename(from, to) }
func (d rootDisk) removeAll(name string) error            { return d.r.RemoveAll(name) }
func (d rootDisk) close() error                           { return d.r.Close() }

func (d rootDisk) create(name string) (file, error) {
	return d.r.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
}

func (d rootDisk) open(name string) (io.ReadCloser, error) {
	return d.r.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

func (d rootDisk) names(dir string) ([]string, error) {
	f, err := d.r.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}

func (d rootDisk) syncDir(name string) error {
	f, err := d.r.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// diskError says in the house's words what the disk said.
func diskError(err error) error {
	if err == nil || errs.KindOf(err) != errs.KindInternal {
		return err
	}
	key := "delivery.folder.store"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		key = "delivery.folder.full"
	case errors.Is(err, fs.ErrNotExist):
		key = "delivery.folder.missing"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		key = "delivery.folder.not-writable"
	case errors.Is(err, syscall.ELOOP):
		key = "delivery.folder.symlink"
	case errors.Is(err, syscall.ENOTDIR):
		key = "delivery.folder.not-a-folder"
	}
	return errs.Unavailable(key, err)
}
