package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"stadttor/internal/clock"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
)

// Name of the extension.
const Name = "folder"

// Config is the operator's part.
type Config struct {
	// Base is the absolute folder below which every tenant's folder lies.
	Base string
	// Clock dates the receipts; nil means the system's.
	Clock clock.Clock
}

// Settings are the tenant's part.
type Settings struct {
	// Path is the tenant's folder: relative to the base, or absolute below it.
	Path string `json:"path"`
}

// New gives the extension's factory.
func New(c Config) delivery.Factory {
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	return func(raw json.RawMessage) (delivery.Connector, error) {
		rel, err := c.below(raw)
		if err != nil {
			return nil, err
		}
		return &connector{clock: c.Clock, open: func() (disk, error) { return openFolder(c.Base, rel) }}, nil
	}
}

// below reads the settings and gives the folder's path relative to the base.
func (c Config) below(raw json.RawMessage) (string, error) {
	refuse := func(key string) error {
		return errs.Invalid(key, errs.Field{Name: "path", Key: key})
	}
	if !filepath.IsAbs(c.Base) {
		return "", refuse("delivery.folder.no-base")
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Path == "" || strings.ContainsRune(s.Path, 0) {
		return "", refuse("delivery.folder.path-refused")
	}
	rel := s.Path
	if filepath.IsAbs(rel) {
		var err error
		if rel, err = filepath.Rel(filepath.Clean(c.Base), filepath.Clean(rel)); err != nil {
			return "", refuse("delivery.folder.path-refused")
		}
	}
	for _, part := range strings.Split(filepath.ToSlash(s.Path), "/") {
		if part == ".." {
			return "", refuse("delivery.folder.path-refused")
		}
	}
	rel = filepath.ToSlash(filepath.Clean(rel))
	if rel == "." || !filepath.IsLocal(rel) {
		return "", refuse("delivery.folder.path-refused")
	}
	return rel, nil
}

// openFolder opens base/rel and refuses a symbolic link on the way.
func openFolder(base, rel string) (disk, error) {
	b, err := os.OpenRoot(base)
	if err != nil {
		return nil, diskError(err)
	}
	defer b.Close()
	part := ""
	for name := range strings.SplitSeq(rel, "/") {
		part = path.Join(part, name)
		st, err := b.Lstat(part)
		if err != nil {
			return nil, diskError(err)
		}
		if err := onlyFolder(st); err != nil {
			return nil, err
		}
	}
	r, err := b.OpenRoot(rel)
	if err != nil {
		return nil, diskError(err)
	}
	// What was opened is what was looked at, or somebody swapped it meanwhile.
	seen, err1 := b.Lstat(rel)
	got, err2 := r.Stat(".")
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(seen, got) {
		return nil, errors.Join(errs.Conflict("delivery.folder.symlink"), r.Close())
	}
	return rootDisk{r}, nil
}

func onlyFolder(st fs.FileInfo) error {
	switch {
	case st.Mode()&fs.ModeSymlink != 0:
		return errs.Conflict("delivery.folder.symlink")
	case !st.IsDir():
		return errs.Conflict("delivery.folder.not-a-folder")
	}
	return nil
}
