package folder

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lossyDisk is a folder in memory that forgets, on a power cut, what was not
// synced: the bytes of files and the names in folders, each on its own.
type lossyDisk struct {
	mu   sync.Mutex
	root *node
	// keepNames makes names survive unsynced, as a disk may write them any
	// time, while bytes do not: the order that hurts a rename most.
	keepNames bool
}

type node struct {
	dir     bool
	entries map[string]*node // now
	kept    map[string]*node // after a power cut
	data    []byte
	synced  []byte
}

func newLossyDisk(keepNames bool) *lossyDisk {
	return &lossyDisk{root: &node{dir: true, entries: map[string]*node{}, kept: map[string]*node{}}, keepNames: keepNames}
}

func (d *lossyDisk) powerCut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root.cut(d.keepNames)
}

func (n *node) cut(keepNames bool) {
	if !n.dir {
		n.data = bytes.Clone(n.synced)
		return
	}
	if !keepNames {
		n.entries = map[string]*node{}
		for k, v := range n.kept {
			n.entries[k] = v
		}
	}
	for _, c := range n.entries {
		c.cut(keepNames)
	}
}

// at finds a node and its parent; n is nil if there is none.
func (d *lossyDisk) at(name string) (parent, n *node, base string, err error) {
	n, parent = d.root, d.root
	if name == "." {
		return d.root, d.root, ".", nil
	}
	parts := strings.Split(path.Clean(name), "/")
	for i, p := range parts {
		if n == nil || !n.dir {
			return nil, nil, "", &fs.PathError{Op: "walk", Path: name, Err: syscall.ENOENT}
		}
		parent, n, base = n, n.entries[p], parts[i]
	}
	return parent, n, base, nil
}

func missing(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT} }

func (d *lossyDisk) lstat(name string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, n, base, err := d.at(name)
	if err == nil && n == nil {
		err = missing("lstat", name)
	}
	if err != nil {
		return nil, err
	}
	return nodeInfo{base, n.dir, int64(len(n.data))}, nil
}

func (d *lossyDisk) add(op, name string, n *node) error {
	parent, old, base, err := d.at(name)
	if err != nil {
		return err
	}
	if old != nil {
		return &fs.PathError{Op: op, Path: name, Err: syscall.EEXIST}
	}
	parent.entries[base] = n
	return nil
}

func (d *lossyDisk) mkdir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add("mkdir", name, &node{dir: true, entries: map[string]*node{}, kept: map[string]*node{}})
}

func (d *lossyDisk) create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &node{}
	return &lossyFile{d, n}, d.add("create", name, n)
}

func (d *lossyDisk) open(name string) (io.ReadCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, n, _, err := d.at(name)
	if err == nil && n == nil {
		err = missing("open", name)
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(bytes.Clone(n.data))), nil
}

func (d *lossyDisk) names(dir string) (out []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, n, _, err := d.at(dir)
	if err == nil && n == nil {
		err = missing("readdir", dir)
	}
	if err != nil {
		return nil, err
	}
	for k := range n.entries {
		out = append(out, k)
	}
	slices.Sort(out)
	return out, nil
}

func (d *lossyDisk) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fp, f, fb, err := d.at(from)
	if err == nil && f == nil {
		err = missing("rename", from)
	}
	if err != nil {
		return err
	}
	tp, t, tb, err := d.at(to)
	if err != nil {
		return err
	}
	if t != nil && len(t.entries) > 0 {
		return &fs.PathError{Op: "rename", Path: to, Err: syscall.ENOTEMPTY}
	}
	delete(fp.entries, fb)
	tp.entries[tb] = f
	return nil
}

func (d *lossyDisk) removeAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	parent, _, base, err := d.at(name)
	if err == nil {
		delete(parent.entries, base)
	}
	return nil
}

func (d *lossyDisk) syncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, n, _, err := d.at(name)
	if err == nil && n == nil {
		err = missing("sync", name)
	}
	if err != nil {
		return err
	}
	n.kept = map[string]*node{}
	for k, v := range n.entries {
		n.kept[k] = v
	}
	return nil
}

func (d *lossyDisk) close() error { return nil }

type lossyFile struct {
	d *lossyDisk
	n *node
}

func (f *lossyFile) Write(p []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.n.data = append(f.n.data, p...)
	return len(p), nil
}

func (f *lossyFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.n.synced = bytes.Clone(f.n.data)
	return nil
}

func (f *lossyFile) Close() error { return nil }

type nodeInfo struct {
	name string
	dir  bool
	size int64
}

func (i nodeInfo) Name() string       { return i.name }
func (i nodeInfo) Size() int64        { return i.size }
func (i nodeInfo) ModTime() time.Time { return time.Time{} }
func (i nodeInfo) IsDir() bool        { return i.dir }
func (i nodeInfo) Sys() any           { return nil }
func (i nodeInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o750
	}
	return 0o640
}

// dying is a disk whose program dies at a step; lazy leaves out one kind of
// sync, the planted bug.
type dying struct {
	disk
	step func(string) error
	lazy string
}

func (d dying) mkdir(n string) error { return d.do("mkdir", func() error { return d.disk.mkdir(n) }) }
func (d dying) rename(a, b string) error {
	return d.do("rename", func() error { return d.disk.rename(a, b) })
}
func (d dying) removeAll(n string) error {
	return d.do("removeAll", func() error { return d.disk.removeAll(n) })
}

func (d dying) syncDir(n string) error {
	return d.do("syncDir", func() error {
		depth := strings.Count(n, "/")
		if n != "." {
			depth++
		}
		if d.lazy == [...]string{"sync of the tenant's folder", "sync of the case's folder", "sync of the parcel's folder"}[depth] {
			return nil
		}
		return d.disk.syncDir(n)
	})
}

func (d dying) create(n string) (f file, err error) {
	err = d.do("create", func() error { f, err = d.disk.create(n); return err })
	return dyingFile{f, d}, err
}

func (d dying) do(name string, fn func() error) error {
	if err := d.step(name); err != nil {
		return err
	}
	return fn()
}

type dyingFile struct {
	file
	d dying
}

func (f dyingFile) Write(p []byte) (n int, err error) {
	err = f.d.do("write", func() error { n, err = f.file.Write(p); return err })
	return n, err
}

func (f dyingFile) Sync() error {
	return f.d.do("sync", func() error {
		if f.d.lazy == "sync of a file" {
			return nil
		}
		return f.file.Sync()
	})
}
