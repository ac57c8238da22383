// Command stadttor is the citizen-service platform of a Kreis and its Kommunen:
// one binary for the portals, the staff behind them and the operator.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"stadttor/internal/errs"
	"stadttor/internal/web/locale"
)

// version is set by the release build (-ldflags "-X main.version=…").
var version = "dev"

type verbs struct {
	Demo    demoCmd    `cmd:"" help:"Start a Kreis with its ten Kommunen, people, services and cases, offline, in one command."`
	Serve   serveCmd   `cmd:"" help:"Serve the portals of an installation."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to this program's schema."`
	Import  importCmd  `cmd:"" help:"Take content in."`
	Export  exportCmd  `cmd:"" help:"Give content out."`
	Staff   staffCmd   `cmd:"" help:"Let the first members of an authority's staff in."`
	Search  searchCmd  `cmd:"" help:"Measure the search."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings, keys, disk, database and audit chain."`
	Version versionCmd `cmd:"" help:"Say which version this is."`
}

const description = `Stadttor: the shared citizen-service platform of a Kreis and its Kommunen.

    Try it       stadttor demo
    Found it     stadttor migrate --config FILE --new-root-key && stadttor import realm REALM.json --config FILE
    Run it       stadttor serve --config FILE
    Look at it   stadttor doctor --config FILE

Exit codes: 0 done, 1 failed, 2 wrong use or wrong setting, 3 done but something was refused or found.`

// findings says that a command did its work and found something to report.
type findings struct{ n int }

func (f findings) Error() string { return fmt.Sprintf("%d findings", f.n) }

// usage says that the command line or a setting is wrong.
type usage struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var v verbs
	code := -1
	parser, err := kong.New(&v, kong.Name("stadttor"), kong.Description(description), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Exit(func(c int) { code = c }))
	if err != nil {
		panic(err) // the grammar is a constant
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if code >= 0 { // --help was asked for and printed
		return code
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "stadttor: %v\nTry 'stadttor --help'.\n", err)
		return 2
	}
	err = k.Run()
	var u usage
	var f findings
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		return 3
	case errors.As(err, &u):
		fmt.Fprintf(os.Stderr, "stadttor: %v\n", u.error)
		return 2
	}
	fmt.Fprintf(os.Stderr, "stadttor: %v\n", err)
	words := locale.For(locale.German)
	if key := errs.KeyOf(err); key != "" && words.Has(key) {
		fmt.Fprintf(os.Stderr, "  %s\n", words.T(key))
	}
	for _, x := range errs.FieldsOf(err) {
		fmt.Fprintf(os.Stderr, "  %s: %s\n", x.Name, cmp.Or(x.Literal, words.T(x.Key, x.Args...)))
	}
	return 1
}

type versionCmd struct {
	JSON bool `help:"Print as JSON."`
}

// Run prints the version, the Go version and the commit.
func (c versionCmd) Run() error {
	commit := "unknown"
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
		if c.JSON {
			fmt.Printf("{\"version\":%q,\"commit\":%q,\"go\":%q}\n", version, commit, b.GoVersion)
			return nil
		}
	}
	fmt.Printf("stadttor %s (%s), EUPL-1.2\n", version, commit)
	return nil
}
