package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"stadttor/internal/search"
)

type searchCmd struct {
	Eval searchEvalCmd `cmd:"" help:"Measure how well a portal's search answers a list of queries."`
}

type searchEvalCmd struct {
	installation
	Tenant string `required:"" placeholder:"SLUG" help:"Tenant whose portal is asked, e.g. torhausen."`
	File   string `arg:"" type:"existingfile" help:"Queries with the titles that answer them (TSV, see below)."`
	JSON   bool   `help:"Print figures and misses as JSON."`
}

// Help is shown by stadttor search eval --help.
func (searchEvalCmd) Help() string {
	return `Each line of the file is a query, a tab, the accepted titles separated by "|", and if you like another tab and a group by which the report is split. Lines that begin with # are comments:

  hund anmelden	Hundesteuer	Alltag
  Perso verloren	Personalausweis|Verlust	Alltag
  sperrmull	Sperrgut	Tippfehler

A hit is right when its title contains one of the accepted texts; case, umlauts and hyphens do not matter.

What the figures say (1 is best):
  s@1   share of queries whose first hit is right
  s@5   share with a right hit among the first five: what people see without scrolling
  MRR   mean of 1/rank of the first right hit (first 1, second 1/2, …; not among ten: 0)
  nDCG  are the right hits above the wrong ones among the first ten?

Below them stands every query whose first hit is wrong, worst first, with what came instead. Take such queries from what people ask at your counter and telephone, never from logs: queries are not logged. Mend a miss with a synonym at the service, or with its text; then measure again.

Example:
  stadttor search eval anfragen.tsv --tenant torhausen --data ~/.cache/stadttor/demo

Exit code 3: done, and some query has no right hit among the first ten.`
}

// Run measures.
func (c *searchEvalCmd) Run(ctx context.Context) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	pairs, err := search.ParsePairs(f)
	if err != nil {
		return usage{fmt.Errorf("%s: %w", c.File, err)}
	}
	if len(pairs) == 0 {
		return usage{fmt.Errorf("%s holds no queries", c.File)}
	}
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	t, err := target{Tenant: c.Tenant}.find(a)
	if err != nil {
		return err
	}
	v, err := a.Catalogue.Published(ctx, t.Tenant.ID)
	if err != nil {
		return err
	}
	rep := search.Evaluate(v.Index(), pairs)
	lost := 0
	for _, m := range rep.Misses {
		if m.Rank == 0 {
			lost++
		}
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", " ")
		err = e.Encode(quality(rep))
	} else {
		err = printQuality(os.Stdout, rep, lost)
	}
	if err == nil && lost > 0 {
		return findings{lost}
	}
	return err
}

func printQuality(w io.Writer, r search.Report, lost int) error {
	if _, err := io.WriteString(w, r.String()); err != nil {
		return err
	}
	if len(r.Misses) == 0 {
		_, err := fmt.Fprintln(w, "\nEvery first hit is right.")
		return err
	}
	fmt.Fprintf(w, "\n%d of %d queries have no right hit among ten, %d have it later than first:\n", lost, r.Pairs, len(r.Misses)-lost)
	for _, m := range r.Misses {
		rank := "none"
		if m.Rank > 0 {
			rank = fmt.Sprint("at ", m.Rank)
		}
		got := strings.Join(m.Got, " · ")
		if got == "" {
			got = "nothing found"
		}
		if _, err := fmt.Fprintf(w, "  %-6s %s\n         wanted %s\n         got    %s\n", rank, m.Query, strings.Join(m.Want, " | "), got); err != nil {
			return err
		}
	}
	return nil
}

// figures is the report for machines.
type figures struct {
	Pairs    int     `json:"pairs"`
	Success1 float64 `json:"success_at_1"`
	Success5 float64 `json:"success_at_5"`
	MRR      float64 `json:"mrr"`
	NDCG     float64 `json:"ndcg"`
}

type missed struct {
	Query string   `json:"query"`
	Group string   `json:"group"`
	Want  []string `json:"want"`
	Rank  int      `json:"rank"` // 0: not among ten
	Got   []string `json:"got"`
}

type measured struct {
	figures
	Groups map[string]figures `json:"groups"`
	Misses []missed           `json:"misses"`
}

func quality(r search.Report) measured {
	out := measured{figures: figures(r.Figures), Groups: map[string]figures{}, Misses: []missed{}}
	for name, g := range r.Groups {
		out.Groups[name] = figures(g)
	}
	for _, m := range r.Misses {
		out.Misses = append(out.Misses, missed{m.Query, m.Group, m.Want, m.Rank, m.Got})
	}
	return out
}
