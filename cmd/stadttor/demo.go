package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/schollz/progressbar/v3"

	"stadttor/internal/app"
	"stadttor/internal/app/demo"
	"stadttor/internal/config"
)

type demoCmd struct {
	Addr       string `default:"127.0.0.1:8080" help:"Address to listen on; the portals are reached at http://service.<place>.localhost:PORT."`
	Management string `default:"127.0.0.1:9090" help:"Address of /healthz, /readyz and /metrics; \"off\" for none."`
	Data       string `type:"path" help:"Folder for database, files and key, kept between starts (default: a folder in your cache)."`
	Fresh      bool   `help:"Empty the folder first."`
	LogFile    string `type:"path" help:"Write the log there instead of DATA/stadttor.log; \"-\" for standard error."`
}

// Help is shown by stadttor demo --help.
func (demoCmd) Help() string {
	return `Starts two invented realms on an embedded database: Kreis Musterland with its ten Kommunen and the Verbund Nordau. Nothing is sent anywhere: sign-in, bank and mail server are partners that live in the process.

Examples:
  stadttor demo                          first start takes some seconds, later ones less than one
  stadttor demo --addr 127.0.0.1:9000    another port
  stadttor demo --fresh                  begin again with an empty town

Browsers resolve every name below .localhost to this machine. With curl use
  curl --resolve '*:8080:127.0.0.1' http://service.torhausen.localhost:8080/`
}

// marker names the file that says which data went in.
const marker = "demo-daten"

func (c *demoCmd) dir() (string, error) {
	if c.Data != "" {
		return c.Data, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for the demo's data, name one with --data: %w", err)
	}
	return filepath.Join(cache, "stadttor", "demo"), nil
}

// Run starts the demonstration.
func (c *demoCmd) Run(ctx context.Context) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return usage{fmt.Errorf("--addr: want HOST:PORT, not %q", c.Addr)}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage{errors.New("--addr: in the demonstration anybody may be anybody, so it listens on this machine only (127.0.0.1)")}
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return usage{fmt.Errorf("--addr: %q is no port", port)}
	}
	if c.Fresh {
		if err := empty(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	public, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("%w (is another demo running? use --addr)", err)
	}
	if n == 0 {
		n = public.Addr().(*net.TCPAddr).Port
	}
	management, err := manage(c.Management)
	if err != nil {
		return err
	}
	s := app.DemoSettings(dir, n)
	if url, ok := os.LookupEnv("STADTTOR_DATABASE"); ok { // the same town on PostgreSQL
		s.Database = url
	}
	log, err := openLog(c.LogFile, filepath.Join(dir, "stadttor.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	a, err := openDemo(ctx, dir, s, log)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := install(ctx, a, dir); err != nil {
		return err
	}
	a.Start()
	if err := announce(os.Stdout, a, n, dir, management.Addr().String()); err != nil {
		return err
	}
	return errors.Join(a.Serve(ctx, public, management), a.Close())
}

func openDemo(ctx context.Context, dir string, s config.Settings, log io.Writer) (*app.App, error) {
	if err := app.EnsureRootKey(s.RootKeyFile); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.FolderBase, 0o700); err != nil {
		return nil, err
	}
	people, err := app.DemoPeople()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, app.Options{Settings: s, Version: version, Log: log, People: people}, true)
}

// install puts the data in when they are not there yet, or others now.
func install(ctx context.Context, a *app.App, dir string) error {
	want, err := demo.Fingerprint()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, marker)
	if have, err := os.ReadFile(path); err == nil && string(have) == want {
		return nil
	}
	bar := newBar(0, "Stadttor richtet die Vorführung ein")
	if err := a.InstallDemo(ctx, func(what string, done, all int) {
		bar.ChangeMax(all)
		bar.Describe(what)
		_ = bar.Set(done)
	}); err != nil {
		return fmt.Errorf("putting the demo's data in: %w", err)
	}
	_ = bar.Finish()
	return os.WriteFile(path, []byte(want), 0o600)
}

// newBar shows progress on standard error, only to a person at a terminal.
func newBar(all int, what string) *progressbar.ProgressBar {
	visible := false
	if st, err := os.Stderr.Stat(); err == nil {
		visible = st.Mode()&fs.ModeCharDevice != 0
	}
	return progressbar.NewOptions(all, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(visible), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
}

func manage(addr string) (net.Listener, error) {
	if addr == "off" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil { // the demo shall start beside whatever runs there
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return l, nil
}

func openLog(name, otherwise string) (io.WriteCloser, error) {
	switch name {
	case "-":
		return nopClose{os.Stderr}, nil
	case "":
		name = otherwise
	}
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

type nopClose struct{ io.Writer }

func (nopClose) Close() error { return nil }

// empty removes what a demo left in the folder, and nothing else: a folder that
// holds anything foreign is not touched.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ours := map[string]bool{"stadttor.db": true, "stadttor.db-wal": true, "stadttor.db-shm": true, "stadttor.db.lock": true, "dateien": true, "schluessel": true, "ausgang": true, "postausgang": true, "stadttor.log": true, marker: true}
	for _, e := range entries {
		if !ours[e.Name()] {
			return fmt.Errorf("--fresh: %s holds %q, which is not the demo's: empty it yourself or name another folder", dir, e.Name())
		}
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func announce(w io.Writer, a *app.App, port int, dir, management string) error {
	people, err := demo.ReadPeople()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nStadttor, Vorführung: %d Portale laufen (Beenden mit Strg+C)\n\n", len(a.Directory.Tenants("")))
	for _, r := range a.Directory.Realms() {
		fmt.Fprintf(w, "%s\n", r.Name)
		for _, t := range a.Directory.Tenants(r.ID) {
			if d, ok := a.Directory.DoorOf(t.ID); ok {
				fmt.Fprintf(w, "  %-26s http://%s:%d/\n", t.Name, d.Portal.Host, port)
			}
		}
	}
	fmt.Fprintln(w, "\nBürgerinnen und Bürger (Anmelden → Demo-Anmeldung, Vertrauensniveau wählen)")
	for _, c := range people.Citizens {
		fmt.Fprintf(w, "  %-22s %-14s %s\n", c.Given+" "+c.Family, c.Address.City, c.Story)
	}
	fmt.Fprintln(w, "\nVerwaltung: …/verwaltung auf jedem Portal, Demo-Anmeldung; zum Beispiel in Torhausen")
	for _, s := range people.Staff {
		if s.Tenant == "torhausen" {
			fmt.Fprintf(w, "  %-22s %s\n", s.Given+" "+s.Family, s.Note)
		}
	}
	_, err = fmt.Fprintf(w, "\nDaten: %s\nAusgang (Übergabe an Fachverfahren): %s\nGesundheit: http://%s/healthz\n\n", dir, filepath.Join(dir, "ausgang"), management)
	return err
}
