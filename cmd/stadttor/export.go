package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stadttor/internal/perm"
)

type exportCmd struct {
	Realm exportRealmCmd `cmd:"" help:"Describe a realm with its tenants, portals, forms and life situations in a file."`
	Xzufi exportXzufiCmd `cmd:"" help:"Write services, facilities and contacts as one XZuFi 2.2 transfer file."`
}

type exportXzufiCmd struct {
	installation
	target
	Drafts bool   `help:"Write the working copies too; else only what citizens read."`
	Output string `short:"o" required:"" placeholder:"FILE" help:"File to write, \"-\" for standard output. An existing file is replaced when the new one is whole."`
}

// Help is shown by stadttor export xzufi --help.
func (exportXzufiCmd) Help() string {
	return `Writes what the target itself holds: for a tenant its own services, its texts over the library's, its facilities, contacts and what it offers; for a realm its library. What a tenant inherits stands in the library's file: take that first.

Examples:
  stadttor export xzufi --tenant torhausen -o torhausen.xml --config /etc/stadttor.toml
  stadttor export xzufi --realm kreis-musterland --drafts -o bibliothek.xml --data ~/.cache/stadttor/demo
  stadttor export xzufi --tenant torhausen -o - --config FILE | xmllint --format -

stadttor import xzufi takes the file back and gives equal objects.`
}

// Run exports.
func (c *exportXzufiCmd) Run(ctx context.Context) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	t, err := c.find(a)
	if err != nil {
		return err
	}
	n := 0
	err = writeWhole(c.Output, func(w io.Writer) (err error) {
		n, err = a.Catalogue.Export(ctx, perm.System{Name: "export"}, t, w, !c.Drafts)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d objects\n", c.Output, n)
	return nil
}

// writeWhole writes a file under another name first, so that a half file never
// stands under the name asked for; "-" is standard output.
func writeWhole(name string, write func(io.Writer) error) error {
	if name == "-" {
		out := bufio.NewWriter(os.Stdout)
		return errors.Join(write(out), out.Flush())
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return usage{fmt.Errorf("-o: %w", err)}
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = errors.Join(os.Chmod(f.Name(), 0o644), os.Rename(f.Name(), name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
