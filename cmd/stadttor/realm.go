package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stadttor/internal/app"
	"stadttor/internal/app/realmfile"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

type importRealmCmd struct {
	installation
	File    string `arg:"" optional:"" name:"file" type:"existingpath" help:"Description of one realm or several, or a folder with a realm.json."`
	Replace bool   `help:"Make what is there as the file says; else it stays."`
	DryRun  bool   `name:"dry-run" help:"Say what would be done and do nothing."`
	Schema  bool   `help:"Print the JSON Schema of the file and do nothing else."`
	JSON    bool   `help:"Print the report as JSON."`
	All     bool   `help:"List unchanged objects too."`
}

// Help is shown by stadttor import realm --help.
func (importRealmCmd) Help() string {
	return `The file (JSON, see --schema) says which realms (Verbünde) there are, where their people sign in, which tenants (Mandanten) belong to them with portals, units and extensions, and which forms and life situations they have; forms and life situations may lie in files beside it. docs/operations/example-realm.json is an example. Services and staff come by "import xzufi" and "staff".

A file that does not fit changes nothing: each wrong field is named. What is there already stays, because administrators change it by pages: it is reported as kept, with what differs, and --replace takes the file's. What is missing is added; nothing is ever deleted. Slugs, signs and the lead of a realm stay for ever. An account host that changes makes people register their passkeys anew. Settings of extensions may be secret: they are never printed.

Examples:
  stadttor import realm docs/operations/example-realm.json --dry-run --config /etc/stadttor.toml
  stadttor import realm verbund/ --replace --config /etc/stadttor.toml
  stadttor import realm --schema > realm.schema.json

Running nodes on PostgreSQL show what came within a second; on SQLite stop the program first.

Exit code 3: done, and something was refused.`
}

// Run imports.
func (c *importRealmCmd) Run(ctx context.Context) error {
	if c.Schema {
		_, err := os.Stdout.Write(realmfile.Schema)
		return err
	}
	if c.File == "" {
		return usage{errors.New("import realm wants a FILE or a folder (or --schema)")}
	}
	d, err := readRealms(c.File)
	if err != nil {
		return err
	}
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	bar := newBar(0, filepath.Base(c.File))
	rep, err := a.ImportRealms(ctx, perm.System{Name: "import"}, d, app.RealmOptions{Replace: c.Replace, DryRun: c.DryRun, Progress: func(what string, done, all int) {
		bar.ChangeMax(all)
		bar.Describe(what)
		_ = bar.Set(done)
	}})
	_ = bar.Finish()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		if err := e.Encode(rep); err != nil {
			return err
		}
	} else {
		printRealmReport(os.Stdout, c.File, rep, c.All, c.DryRun)
	}
	if n := rep.Counts[app.Refused]; n > 0 {
		return findings{n}
	}
	return nil
}

// readRealms reads a description and the files beside it.
func readRealms(name string) (realmfile.Description, error) {
	dir, file := filepath.Split(name)
	if st, err := os.Stat(name); err == nil && st.IsDir() {
		dir, file = name, realmfile.Main
	}
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return realmfile.Description{}, usage{err}
	}
	defer root.Close()
	d, list, err := realmfile.Read(root.FS(), file)
	if errors.Is(err, fs.ErrNotExist) {
		return d, usage{fmt.Errorf("%s: there is no %s in this folder", dir, file)}
	}
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	if len(list) == 0 {
		return d, nil
	}
	fields := make([]errs.Field, len(list))
	for i, f := range list {
		fields[i] = errs.Field{Name: f.File, Literal: f.Text}
		if f.Path != "" {
			fields[i].Name += ": " + f.Path
		}
	}
	return d, fmt.Errorf("%s does not fit, nothing was changed: %w", name, errs.Invalid("", fields...))
}

func printRealmReport(w io.Writer, file string, r app.RealmReport, all, dry bool) {
	var b bytes.Buffer
	for _, l := range r.Lines {
		if l.Outcome == app.Unchanged && !all {
			continue
		}
		why := l.Why
		if l.Outcome == app.Refused {
			why = l.Path + ": " + why
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-9s %-10s %-44s %s", l.Outcome, l.Kind, l.ID, why), " ") + "\n")
	}
	_, _ = w.Write(b.Bytes())
	would := ""
	if dry {
		would = " (nothing was done)"
	}
	fmt.Fprintf(w, "%s: %d objects: %d taken, %d changed, %d unchanged, %d kept, %d refused%s\n", file, len(r.Lines),
		r.Counts[app.Taken], r.Counts[app.Changed], r.Counts[app.Unchanged], r.Counts[app.Kept], r.Counts[app.Refused], would)
}

type exportRealmCmd struct {
	installation
	Realm  string `required:"" placeholder:"SLUG" help:"Realm, e.g. kreis-musterland."`
	Output string `short:"o" required:"" placeholder:"FILE" help:"File to write, \"-\" for standard output. An existing file is replaced when the new one is whole."`
}

// Help is shown by stadttor export realm --help.
func (exportRealmCmd) Help() string {
	return `Writes one file that "import realm" takes: the realm, its tenants with portals, units and parameters, its life situations, and the current version of each form. Left out are settings of extensions, because they may be secret (add them to the file before you import it elsewhere), keys, accounts, staff and cases. Services are written by "export xzufi".

Example:
  stadttor export realm --realm kreis-musterland -o verbund.json --config /etc/stadttor/stadttor.toml`
}

// Run exports.
func (c *exportRealmCmd) Run(ctx context.Context) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	d, err := a.ExportRealm(ctx, perm.System{Name: "export"}, c.Realm)
	if errs.Is(err, errs.KindNotFound) {
		return usage{fmt.Errorf("--realm: there is no realm %q", c.Realm)}
	}
	if err != nil {
		return err
	}
	text, err := d.Write()
	if err != nil {
		return err
	}
	if err := writeWhole(c.Output, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	r := d.Realms[0]
	fmt.Fprintf(os.Stderr, "%s: %d tenants, %d forms, %d life situations; settings of extensions are left out\n", c.Output, len(r.Tenants), len(r.Forms), len(r.Situations.List))
	return nil
}
