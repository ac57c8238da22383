package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"stadttor/internal/app"
	"stadttor/internal/catalogue"
	"stadttor/internal/config"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// installation are the flags of verbs that work on an installation or on the
// data folder of a stopped demo.
type installation struct {
	configured
	Data string `type:"path" placeholder:"DIR" help:"Data folder of a stopped demo, instead of --config."`
}

func (c installation) open(ctx context.Context) (*app.App, error) {
	if c.Data != "" {
		s := app.DemoSettings(c.Data, 8080)
		if _, err := os.Stat(s.RootKeyFile); err != nil {
			return nil, usage{fmt.Errorf("--data: %s is not the data folder of a demo (start `stadttor demo --data %s` once)", c.Data, c.Data)}
		}
		if url, ok := os.LookupEnv("STADTTOR_DATABASE"); ok {
			s.Database = url
		}
		return openDemo(ctx, c.Data, s, io.Discard)
	}
	s, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return nil, usage{err}
	}
	return app.Open(ctx, app.Options{Settings: s, Version: version, Log: os.Stderr}, false)
}

// target is the house into or out of which content goes.
type target struct {
	Tenant string `xor:"target" required:"" placeholder:"SLUG" help:"Tenant, e.g. torhausen."`
	Realm  string `xor:"target" required:"" placeholder:"SLUG" help:"Library of a realm, e.g. kreis-musterland."`
}

func (t target) find(a *app.App) (tenancy.Layer, error) {
	if t.Tenant != "" {
		ten, ok := a.Directory.TenantBySlug(t.Tenant)
		if !ok {
			return tenancy.Layer{}, usage{fmt.Errorf("--tenant: there is no tenant %q", t.Tenant)}
		}
		r, _ := a.Directory.Realm(ten.Realm)
		return tenancy.Layer{Realm: r, Tenant: &ten}, nil
	}
	r, ok := a.Directory.RealmBySlug(t.Realm)
	if !ok {
		return tenancy.Layer{}, usage{fmt.Errorf("--realm: there is no realm %q", t.Realm)}
	}
	return tenancy.Layer{Realm: r}, nil
}

type importCmd struct {
	Realm importRealmCmd `cmd:"" help:"Make realms, tenants, portals, forms and life situations as a file says."`
	Xzufi importXzufiCmd `cmd:"" help:"Take services, facilities and contacts from XZuFi 2.2 transfer files."`
}

type importXzufiCmd struct {
	installation
	target
	Files   []string `arg:"" name:"file" type:"existingfile" help:"Transfer files, taken in this order."`
	Publish bool     `help:"Show what was taken to citizens at once; else it waits as draft."`
	JSON    bool     `help:"Print the report as JSON."`
	All     bool     `help:"List unchanged objects too."`
}

// Help is shown by stadttor import xzufi --help.
func (importXzufiCmd) Help() string {
	return `Broken objects are reported and the rest is taken; a file that is not XZuFi changes nothing. Taking the same file again changes nothing.

Examples:
  stadttor import xzufi leistungen.xml --tenant torhausen --publish --config /etc/stadttor.toml
  stadttor import xzufi katalog.xml --tenant nordhafen --publish --data ~/.cache/stadttor/demo

Exit code 3: done, and something was refused.`
}

// Run imports.
func (c *importXzufiCmd) Run(ctx context.Context) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	t, err := c.find(a)
	if err != nil {
		return err
	}
	type fileReport struct {
		File string `json:"file"`
		catalogue.Report
	}
	var reports []fileReport
	refused := 0
	for _, name := range c.Files {
		rep, err := importOne(ctx, a, t, name, c.Publish)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		refused += rep.Counts["refused"]
		reports = append(reports, fileReport{name, rep})
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		if err := e.Encode(reports); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			printReport(os.Stdout, r.File, r.Report, c.All)
		}
	}
	if refused > 0 {
		return findings{refused}
	}
	return nil
}

func importOne(ctx context.Context, a *app.App, t tenancy.Layer, name string, publish bool) (catalogue.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return catalogue.Report{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return catalogue.Report{}, err
	}
	bar := newBar(int(st.Size()), filepath.Base(name))
	defer func() { _ = bar.Finish() }()
	return a.Catalogue.Import(ctx, perm.System{Name: "import"}, t, io.TeeReader(f, barWriter{bar.Add}), catalogue.ImportOptions{Publish: publish})
}

type barWriter struct{ add func(int) error }

func (b barWriter) Write(p []byte) (int, error) { return len(p), b.add(len(p)) }

func printReport(w io.Writer, file string, r catalogue.Report, all bool) {
	var b bytes.Buffer
	for _, l := range r.Lines {
		if l.Outcome == "unchanged" && !all {
			continue
		}
		fmt.Fprintf(&b, "%-9s %-28s %-24s %s", l.Outcome, l.Kind, l.ID, l.Title)
		if l.Why != "" {
			fmt.Fprintf(&b, "  line %d: %s", l.Line, l.Why)
		}
		b.WriteByte('\n')
	}
	_, _ = w.Write(b.Bytes())
	fmt.Fprintf(w, "%s: %d objects: %d taken, %d changed, %d unchanged, %d removed, %d refused\n", file, len(r.Lines), r.Counts["taken"], r.Counts["changed"], r.Counts["unchanged"], r.Counts["removed"], r.Counts["refused"])
}
