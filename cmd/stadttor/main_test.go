package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stadttor")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "stadttor")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// said is what a run printed and how it ended.
type said struct {
	out, err string
	code     int
}

func stadttor(t *testing.T, env []string, args ...string) said {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, fail bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fail
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return said{out.String(), fail.String(), cmd.ProcessState.ExitCode()}
}

func TestHelpTeaches(t *testing.T) {
	whole := stadttor(t, nil, "--help")
	if bare := stadttor(t, nil); bare != whole {
		t.Errorf("without a word it says something else than with --help")
	}
	for _, line := range []string{"Try it       stadttor demo\n", "Exit codes: 0 done"} {
		if !strings.Contains(whole.out, line) {
			t.Errorf("%q is missing in\n%s", line, whole.out)
		}
	}
	for _, verb := range [][]string{{"demo"}, {"serve"}, {"migrate"}, {"import", "realm"}, {"import", "xzufi"}, {"export", "realm"}, {"export", "xzufi"}, {"staff", "add"}, {"staff", "invite"}, {"staff", "list"}, {"staff", "remove"}, {"search", "eval"}, {"doctor"}, {"version"}} {
		name := strings.Join(verb, " ")
		if !strings.Contains(whole.out, "  "+name+" ") {
			t.Errorf("%s is not in the list", name)
		}
		one := stadttor(t, nil, append(verb, "--help")...)
		if one.code != 0 || one.err != "" || !strings.Contains(one.out, "Usage: stadttor "+name) || len(strings.Split(one.out, "\n")) < 5 {
			t.Errorf("%s --help: %+v", name, one)
		}
	}
}

// A wrong use ends at once with one line that says what is wrong, and code 2.
func TestAWrongSettingStopsTheStartWithOneLine(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		name := filepath.Join(dir, "stadttor.toml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, c := range map[string]struct {
		env, args []string
		says      string
	}{
		"no such file":             {nil, []string{"serve", "--config", filepath.Join(dir, "nothing.toml")}, "nothing.toml"},
		"a database of no kind":    {[]string{"STADTTOR_DATABASE=mongo://x"}, []string{"serve"}, "STADTTOR_DATABASE"},
		"a word that is no verb":   {nil, []string{"fly"}, "fly"},
		"a flag that is not there": {nil, []string{"demo", "--fly"}, "--fly"},
		"an import for nobody":     {nil, []string{"import", "xzufi", file(""), "--data", dir}, "--tenant"},
	} {
		if got := stadttor(t, c.env, c.args...); got.code != 2 || !strings.Contains(got.err, c.says) || !strings.HasPrefix(got.err, "stadttor: ") || strings.Contains(got.err, "goroutine") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := stadttor(t, nil, "serve", "--config", file("databse = \"sqlite:x\"\n")); got.code != 2 || !strings.Contains(got.err, "databse") || strings.Count(got.err, "\n") > 1 {
		t.Errorf("a setting that does not exist: %+v", got)
	}
}

func TestContentGoesIntoAStoppedDemoAndComesOut(t *testing.T) {
	data := filepath.Join(t.TempDir(), "demo")
	demo := exec.CommandContext(t.Context(), program, "demo", "--data", data, "--addr", "127.0.0.1:0", "--management", "off")
	var out lines
	demo.Stdout, demo.Stderr = &out, &out
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(90 * time.Second); !strings.Contains(out.String(), "service.torhausen.localhost"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the demo does not start:\n%s", out.String())
		}
	}
	good := filepath.Join(t.TempDir(), "nordhafen.xml")
	export := []string{"export", "xzufi", "--tenant", "nordhafen", "--output", good, "--data", data}
	if got := stadttor(t, nil, export...); got.code == 0 || !strings.Contains(got.err, "another") {
		t.Errorf("while the demo runs: %+v", got)
	}
	if err := demo.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := demo.Wait(); err != nil {
		t.Fatalf("stopped by hand it ends with %v\n%s", err, out.String())
	}

	noXML := filepath.Join(t.TempDir(), "x.xml")
	if err := os.WriteFile(noXML, []byte("PK\x03\x04 not XML"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := stadttor(t, nil, export...); got.code != 0 {
		t.Fatalf("export: %+v", got)
	}
	before, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := stadttor(t, nil, "import", "xzufi", noXML, "--tenant", "nordhafen", "--publish", "--data", data); got.code == 0 || !strings.Contains(got.err, "x.xml") {
		t.Errorf("a file that is not XML: %+v", got)
	}
	if got := stadttor(t, nil, export...); got.code != 0 {
		t.Fatalf("export again: %+v", got)
	}
	if after, err := os.ReadFile(good); err != nil || objects(after) != objects(before) || objects(after) < 5 {
		t.Errorf("%d objects, before the broken file %d; %v", objects(after), objects(before), err)
	}
	got := stadttor(t, nil, "import", "xzufi", good, "--tenant", "auental", "--publish", "--json", "--data", data)
	var report []map[string]any
	if err := json.NewDecoder(strings.NewReader(got.out)).Decode(&report); err != nil || got.code != 0 || len(report) == 0 {
		t.Errorf("import --json: %d %v\n%.600s\n%s", got.code, err, got.out, got.err)
	}
	if got := stadttor(t, nil, "doctor", "--data", data); got.code != 0 {
		t.Errorf("doctor: %+v", got)
	}
}

// objects counts what a transfer file holds.
func objects(b []byte) int {
	return bytes.Count(b, []byte("<xzufi:id ")) + bytes.Count(b, []byte("<id "))
}
