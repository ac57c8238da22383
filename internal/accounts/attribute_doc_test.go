package accounts

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

var update = flag.Bool("update", false, "write the generated documents")

func TestLevelsAreDocumentedAsTheyAre(t *testing.T) {
	const file = "../../docs/standards/trust-levels.md"
	want := levelsDoc()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || string(have) != want {
		t.Errorf("docs/standards/trust-levels.md is not what the code says (%v): go test ./internal/accounts -run Levels -update", err)
	}
}

// levelsDoc is docs/standards/trust-levels.md: what a form may make of each
// attribute, worked out by the rule itself. A test compares the file with it.
func levelsDoc() string {
	var b strings.Builder
	b.WriteString(levelsHead)
	levels := []perm.Level{perm.LevelBasis, perm.LevelSubstantial, perm.LevelHigh}
	name := func(l perm.Level) string {
		return map[perm.Level]string{perm.LevelNone: "stated", perm.LevelBasis: "Basis", perm.LevelSubstantial: "substantiell", perm.LevelHigh: "hoch"}[l]
	}
	word := map[Use]string{UseNot: "–", UseOffer: "offered", UseProof: "**proof**"}
	table := func(a Attr) string {
		var t strings.Builder
		t.WriteString("| sign-in | attribute |")
		for _, need := range levels {
			fmt.Fprintf(&t, " form at %s |", name(need))
		}
		t.WriteString("\n|---|---|---|---|---|\n")
		for _, signIn := range levels {
			for _, proof := range append([]perm.Level{perm.LevelNone}, levels...) {
				fmt.Fprintf(&t, "| %s | %s |", name(signIn), name(proof))
				for _, need := range levels {
					if signIn < need {
						t.WriteString(" not reached |")
						continue
					}
					fmt.Fprintf(&t, " %s |", word[Attribute{Value: pii.New("x"), Level: proof}.For(a, signIn, need)])
				}
				t.WriteString("\n")
			}
		}
		return t.String()
	}
	// Attributes of one table stand together: the rule decides, not this page.
	var order []string
	groups := map[string][]string{}
	for _, a := range Attrs() {
		t := table(a)
		if groups[t] == nil {
			order = append(order, t)
		}
		groups[t] = append(groups[t], "`"+string(a)+"`")
	}
	for _, t := range order {
		fmt.Fprintf(&b, "\n## %s\n\n%s", strings.Join(groups[t], ", "), t)
	}
	b.WriteString(levelsTail)
	return b.String()
}

const levelsHead = `# Trust levels and attributes (TR-03160-1 chapters 5 and 6)

Made from the code (` + "`accounts.Attribute.For`" + `); ` + "`go test ./internal/accounts -run Levels -update`" + ` writes it anew.

An attribute may be used at a level only if the sign-in **and** the proof of the attribute reach the level. What a form may make of it:

- **proof**: fills the field and locks it, whatever is sent. Both levels reach the form's.
- offered: fills the field as the person's own statement, to be changed at will. It proves nothing.
- –: the form asks, nothing is filled in.
- not reached: the form is not open at this sign-in; the person is asked to sign in at the higher level first.

In a session nothing is surer than the sign-in: an attribute that was proved at "hoch" proves at "Basis" in a session of "Basis". A form
that asks for no level is treated as "Basis", so that what is proved is locked there too. Nothing is given without consent
(` + "`accounts.Fill`" + `), and every use stands in the person's history.
`

const levelsTail = `
## Where we differ
- Contact data, bank account and vehicle prove nobody's identity. They are offered at every level, also when proved lower than the form
  asks: the person may change them, and the application carries them as a statement. Identity attributes follow the rule in every cell.
- The level of an attribute is that of its latest proof; a later, lower sign-in never lowers it, and it does not run out. When a
  name or an address changes, the next sign-in with the proof brings the new one.
- What somebody stated to a partner without proof (Basisregistrierung) has no level here and stays editable.
`
