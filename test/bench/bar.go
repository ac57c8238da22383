package main

import (
	"io/fs"
	"os"

	"github.com/schollz/progressbar/v3"
)

// bar shows progress on standard error, only to a person at a terminal.
type bar struct{ p *progressbar.ProgressBar }

func newBar(all int, what string) bar {
	st, err := os.Stderr.Stat()
	return bar{progressbar.NewOptions(all, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(err == nil && st.Mode()&fs.ModeCharDevice != 0),
		progressbar.OptionSetDescription("bench:   "+what), progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())}
}

func (b bar) step() { _ = b.p.Add(1) }
func (b bar) done() { _ = b.p.Finish() }
