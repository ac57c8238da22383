package isolation_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is the program with one check removed.
type mutant struct {
	name, file, check, instead string
}

var mutants = []mutant{
	{"anybody owns a person's case", "internal/cases/perm.go", "if c.Person == r.person {", "if true {"},
	{"any secret opens a guest's draft", "internal/cases/perm.go", "subtle.ConstantTimeCompare(digest(p.Secret), r.secret) == 1", "subtle.ConstantTimeCompare(digest(p.Secret), r.secret) >= 0"},
	{"any unit reads a case", "internal/cases/perm.go", " || !s.MayAt(perm.ReadCases, r.unit, r.service)", ""},
	{"staff read what was not sent", "internal/cases/perm.go", " || !r.state.Received()", ""},
	{"the worklist forgets the units", "internal/cases/worklist.go", "actor.Reaches(perm.ReadCases)", "[]perm.Reach(nil), true"},
	{"a file of another case opens", "internal/cases/files.go", "if d.ID != id {", "if false {"},
	{"payments without asking for the tenant", "internal/payments/perm.go", "if s.Everywhere(perm.ReadPayments) {", "if true {"},
	{"flags are closed in one unit only", "internal/payments/perm.go", "if s.Everywhere(perm.ClearPayments) {", "if true {"},
	{"a demand of another authority", "internal/payments/store.go", "WHERE tenant_id=$1 AND demand_id=(SELECT demand_id FROM payment WHERE tenant_id=$1 AND id=$2) ORDER BY attempt`+forUpdate", "WHERE $1<>'' AND demand_id=(SELECT demand_id FROM payment WHERE $1<>'' AND id=$2) ORDER BY attempt`+forUpdate"},
	{"pages of a person for everybody", "internal/web/ui/route.go", "if v.Citizen.Guest() {", "if false {"},
	{"pages of the office for everybody", "internal/web/ui/route.go", "if !v.SignedInStaff() {", "if false {"},
	{"rights are not asked for", "internal/web/ui/route.go", `if rt.Right != "" && !v.Staff.May(rt.Right) {`, "if false {"},
	{"every role may everything", "internal/perm/perm.go", "return g.Role.Has(r)", "return true"},
	{"a module of another authority", "internal/accounts/provider/client.go", "WHERE tenant_id=$1 AND id=$2`+tx.ForUpdate()", "WHERE $1<>'' AND id=$2`+tx.ForUpdate()"},
	{"a module of another realm", "internal/accounts/provider/client.go", "!ok || t.Realm != realm || ", "!ok || "},
	{"a module's request in any browser", "internal/accounts/provider/request.go", "AND browser=$3 AND", "AND $3<>'' AND"},
	{"a name in the clear", "internal/cases/submit.go", "r.unit = s.unitFor(d.at, r.form, r.service)", "r.unit = s.unitFor(d.at, r.form, r.service); r.means += z.applicant.Family"},
}

// fit gives the file and the program text that a mutant changes.
func (m mutant) fit(t *testing.T) (file, text string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../../..", m.file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(b), m.check) != 1 {
		t.Fatalf("%s does not hold the check once: %s", m.file, m.check)
	}
	return file, string(b)
}

// A check that was moved takes its mutant along, or the nightly run tests less.
func TestMutantsFitTheProgram(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) { m.fit(t) })
	}
}

// Long: builds the program once for each mutant. `STADTTOR_MUTANTS=1 go test
// -run Mutants ./internal/test/isolation`, part of the nightly run.
func TestMutantsAreNoticed(t *testing.T) {
	if os.Getenv("STADTTOR_MUTANTS") == "" {
		t.Skip("nightly")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			file, text := m.fit(t)
			dir := t.TempDir()
			changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
			if err := os.WriteFile(changed, []byte(strings.Replace(text, m.check, m.instead, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
			if err == nil {
				err = os.WriteFile(overlay, b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-run", "TestNobodySeesOrChangesWhatIsNotHis", "stadttor/internal/test/isolation")
			c.Env = append(os.Environ(), "STADTTOR_TEST_POSTGRES=skip", "STADTTOR_MUTANTS=")
			out, err := c.CombinedOutput()
			text = string(out)
			switch {
			case err == nil:
				t.Error("not noticed")
			case strings.Contains(text, "[build failed]"):
				t.Errorf("it does not build: %s", text)
			case !strings.Contains(text, "matrix_test.go"):
				t.Errorf("it failed otherwise: %s", text)
			default:
				lines := strings.Split(text, "\n")
				t.Logf("noticed: %s", strings.Join(lines[:min(len(lines), 5)], "\n"))
			}
		})
	}
}
