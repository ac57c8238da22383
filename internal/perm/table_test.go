package perm

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/operations/roles.md again")

// The table in the manual is the one by which the program decides.
func TestTheManualShowsTheTable(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# What each role may do

Made from ` + "`internal/perm/role.go`" + ` by ` + "`go test ./internal/perm -update`" + `. A role is granted in a unit or in all, for a service or for all. Administrators see
the same table, with the roles that their authority made itself, at ` + "`/verwaltung/rollen`" + `.

| right |`)
	for _, row := range table {
		b.WriteString(" " + string(row.Role) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(table)) + "\n")
	for _, r := range rights {
		b.WriteString("| " + string(r) + " |")
		for _, row := range table {
			if row.Role.Has(r) {
				b.WriteString(" ● |")
			} else {
				b.WriteString("   |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhoever holds `roles.grant` gives and takes what he holds himself, where he holds it. Beyond that, and without holding their rights,\n")
	for _, row := range table {
		if len(row.Gives) > 0 {
			var names []string
			for _, g := range row.Gives {
				names = append(names, string(g))
			}
			b.WriteString("- " + string(row.Role) + " gives and takes: " + strings.Join(names, ", ") + "\n")
		}
	}
	b.WriteString("\nNobody changes his own grants, blocks or removes himself; the last administrator of an authority is removed, blocked or demoted by the operator only. Each grant and each revocation is an entry of the audit log.\n")
	name := filepath.Join("..", "..", "docs", "operations", "roles.md")
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(name); err != nil || string(have) != b.String() {
		t.Errorf("docs/operations/roles.md is not what the program does: go test ./internal/perm -update (%v)", err)
	}
	for _, row := range table {
		for _, r := range row.Rights {
			if !slices.Contains(rights, r) {
				t.Errorf("%s of %s is missing in the list of rights", r, row.Role)
			}
		}
	}
}
