package realmfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"stadttor/internal/catalogue"
)

// Read reads the description in a file of the folder and the files beside it
// that it names. It opens nothing outside the folder. The error says that the
// file itself cannot be read; whatever is wrong in it is a finding, and then
// the description is of no use.
func Read(folder fs.FS, name string) (Description, []Finding, error) {
	data, err := load(folder, name)
	if err != nil {
		return Description{}, nil, err
	}
	d, list := Parse(name, data)
	if len(list) > 0 {
		return d, list, nil
	}
	for i := range d.Realms {
		r, at := &d.Realms[i], fmt.Sprintf("realms[%d]", i)
		forms := r.Forms
		r.Forms = nil
		for j, f := range forms {
			found, err := follow(folder, f)
			if err != nil {
				list = append(list, Finding{name, fmt.Sprintf("%s.forms[%d]", at, j), err.Error()})
			}
			r.Forms = append(r.Forms, found...)
		}
		if s := &r.Situations; s.From != "" {
			more, err := situations(folder, s)
			if err != nil {
				list = append(list, Finding{name, at + ".situations", err.Error()})
			}
			list = append(list, more...)
		}
	}
	return d, list, nil
}

// load reads a file that is not too large.
func load(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	return b, errors.Join(err, f.Close())
}

// follow gives the form of a file, or all of a folder.
func follow(folder fs.FS, f Form) ([]Form, error) {
	if f.From == "" {
		return []Form{f}, nil
	}
	names := []string{f.From}
	if dir, ok := strings.CutSuffix(f.From, "/"); ok {
		if !fs.ValidPath(dir) {
			return nil, errors.New("no name of a folder beside this file")
		}
		all, err := fs.ReadDir(folder, dir)
		if err != nil {
			return nil, reason(err)
		}
		names = nil
		for _, e := range all {
			if !e.IsDir() && path.Ext(e.Name()) == ".json" {
				names = append(names, path.Join(dir, e.Name()))
			}
		}
		slices.Sort(names)
		if len(names) == 0 {
			return nil, errors.New("no *.json in this folder")
		}
	}
	var out []Form
	for _, n := range names {
		if !fs.ValidPath(n) {
			return nil, errors.New("no name of a file beside this one")
		}
		text, err := load(folder, n)
		if err != nil {
			return nil, reason(err)
		}
		out = append(out, Form{n, text})
	}
	return out, nil
}

// situations reads the list from its file and checks it as if it stood in the
// description.
func situations(folder fs.FS, s *Situations) ([]Finding, error) {
	if !fs.ValidPath(s.From) {
		return nil, errors.New("no name of a file beside this one")
	}
	data, err := load(folder, s.From)
	if err != nil {
		return nil, reason(err)
	}
	s.List = []catalogue.Situation{}
	if err := json.Unmarshal(data, &s.List); err != nil {
		return []Finding{{s.From, "", "no list of life situations: " + where(data, err)}}, nil
	}
	const before, after = `{"format":"` + Format + `","realms":[{"slug":"x","name":"x","situations":`, `}]}`
	_, list := Parse(s.From, slices.Concat([]byte(before), data, []byte(after)))
	for i := range list {
		list[i].Path = strings.TrimPrefix(list[i].Path, "realms[0].situations")
		list[i].Text = strings.ReplaceAll(list[i].Text, "realms[0].situations", "")
	}
	return list, nil
}

// reason is why a file cannot be read, without the folder's own path.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}
