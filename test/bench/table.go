package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one figure. Either Ratio is compared with its goal (more is better),
// or Ours with its limit (less is better); without both it is for information.
type Row struct {
	Name  string
	Ours  float64
	Base  float64 `json:",omitempty"` // of the bare baseline
	Unit  string
	Ratio float64 `json:",omitempty"` // Ours / Base
	Least float64 `json:",omitempty"` // goal of Ratio
	Most  float64 `json:",omitempty"` // goal of Ours
	None  bool    `json:",omitempty"` // the goal of Ours is 0
	Note  string  `json:",omitempty"`
	// Rounds holds each round's Ours and Base.
	Rounds [][2]float64 `json:",omitempty"`
}

// Verdicts.
const (
	ok   = "met"
	bad  = "MISSED"
	busy = "busy" // not measured: the machine alone takes too much of what is allowed
	info = ""
)

// Verdict compares with the goal. Where less is better and the bare baseline
// beside it takes more than half of what is allowed, other programs use the
// machine and a miss says nothing.
func (r Row) Verdict() string {
	switch {
	case r.Most > 0 && r.Ours > r.Most && r.Base > r.Most/2:
		return busy
	case r.Least > 0 && r.Ratio >= r.Least, r.Most > 0 && r.Ours <= r.Most, r.None && r.Ours == 0:
		return ok
	case r.Least > 0 || r.Most > 0 || r.None:
		return bad
	}
	return info
}

// add takes the medians of the rounds.
func (b *bench) add(r Row) {
	if len(r.Rounds) > 0 {
		var ours, base, ratio []float64
		for _, x := range r.Rounds {
			ours, base = append(ours, x[0]), append(base, x[1])
			if x[1] > 0 {
				ratio = append(ratio, x[0]/x[1])
			}
		}
		r.Ours, r.Base = median(ours), median(base)
		if len(ratio) > 0 && r.Most == 0 {
			r.Ratio = median(ratio)
		}
	}
	b.rows = append(b.rows, r)
	fmt.Fprintf(os.Stderr, "bench:   %s: %s\n", r.Name, strings.Join(r.cells()[1:], "  "))
}

func (r Row) cells() []string {
	goal, ratio, base := "", "", ""
	switch {
	case r.Least > 0:
		goal = fmt.Sprintf("≥ %.2f", r.Least)
	case r.Most > 0:
		goal = "≤ " + number(r.Most)
	case r.None:
		goal = "0"
	}
	if r.Ratio > 0 {
		ratio = fmt.Sprintf("%.2f", r.Ratio)
	}
	if r.Base > 0 {
		base = number(r.Base)
	}
	return []string{r.Name, number(r.Ours), base, r.Unit, ratio, goal, r.Verdict(), r.Note}
}

func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

func median(f []float64) float64 {
	if len(f) == 0 {
		return 0
	}
	f = slices.Clone(f)
	slices.Sort(f)
	return f[len(f)/2]
}

// Machine is where and what was measured.
type Machine struct {
	CPU    string
	Cores  int
	Kernel string
	Go     string
	Commit string
	Dirty  bool   // files differ from the commit
	Load   string // of the last minute
	At     time.Time
	Took   string // the whole run
}

func machine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), At: time.Now().UTC().Truncate(time.Second)}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for _, l := range strings.Split(string(text), "\n") {
		if name, value, found := strings.Cut(l, ":"); found && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	text, _ = os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(text))
	m.Load = loadNow()
	out, _ := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	m.Commit = strings.TrimSpace(string(out))
	out, _ = exec.Command("git", "status", "--porcelain", "-uno").Output()
	m.Dirty = len(out) > 0
	return m
}

// loadNow is the load average of the last minute.
func loadNow() string {
	text, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

func print(w io.Writer, m Machine, b *bench) {
	commit := m.Commit
	if m.Dirty {
		commit += " with changes"
	}
	fmt.Fprintf(w, "\n%s, %d cores, Linux %s, %s, commit %s, load %s, medians of %d rounds, in %s\n\n", m.CPU, m.Cores, m.Kernel, m.Go, commit, m.Load, b.rounds, m.Took)
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join([]string{"what", "ours", "bare", "unit", "ratio", "goal", "", ""}, "\t"))
	for _, r := range b.rows {
		fmt.Fprintln(t, strings.Join(r.cells(), "\t"))
	}
	_ = t.Flush()
}
