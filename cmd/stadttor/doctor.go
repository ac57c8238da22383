package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"stadttor/internal/app"
)

type doctorCmd struct {
	installation
	JSON bool `help:"Print as JSON."`
}

// Help is shown by stadttor doctor --help.
func (doctorCmd) Help() string {
	return "Changes nothing. Exit code 0: sound; 3: something was found; 1: the installation does not open.\nOn SQLite stop the program first: one process per file."
}

// Run looks and reports.
func (c *doctorCmd) Run(ctx context.Context) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	bar := newBar(-1, "Protokoll")
	rep, err := a.Examine(ctx, func(n int) { _ = bar.Set(n) })
	_ = bar.Finish()
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		if err := e.Encode(rep); err != nil {
			return err
		}
	} else {
		printChecks(rep)
	}
	bad := 0
	for _, x := range rep {
		bad += len(x.Findings)
	}
	if bad > 0 {
		return findings{bad}
	}
	return nil
}

func printChecks(rep []app.Check) {
	for _, x := range rep {
		mark := "ok  "
		if len(x.Findings) > 0 {
			mark = "BAD "
		}
		fmt.Printf("%s %-10s %s\n", mark, x.Name, x.What)
		for _, f := range x.Findings {
			fmt.Printf("     - %s\n", f)
		}
	}
}
