package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/db/dbtest"
)

// blocks gives the fenced blocks of a manual that are marked with a language.
func blocks(t *testing.T, file, language string) (out []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllSubmatch(text, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// What the manual says is run as it stands; only the folders of the system are
// those of the test, and the database is the engine's.
func TestTheManualOfTheFirstInstallationIsTrue(t *testing.T) {
	const manual = "../../docs/operations/first-installation.md"
	settings, commands := blocks(t, manual, "toml"), blocks(t, manual, "sh")
	if len(settings) != 1 || len(commands) < 6 {
		t.Fatalf("%d settings, %d commands", len(settings), len(commands))
	}
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := &house{t: t, dir: t.TempDir(), port: freePort(t)}
			here := strings.NewReplacer("/etc/stadttor", h.dir+"/etc", "/srv/stadttor", h.dir+"/srv",
				`"sqlite:/srv/stadttor/stadttor.db"`, fmt.Sprintf("%q", dbtest.Empty(t, engine)), ":8080", fmt.Sprintf(":%d", h.port), ":9090", ":0")
			for _, d := range []string{"etc", "srv"} {
				if err := os.Mkdir(filepath.Join(h.dir, d), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			h.config = h.file("etc/stadttor.toml", here.Replace(settings[0]))
			var printed strings.Builder
			for _, c := range commands {
				cmd := exec.CommandContext(t.Context(), "bash", "-euc", here.Replace(c))
				cmd.Dir = "../.."
				cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
				// The PostgreSQL of the tests is not durable on purpose, and the doctor sees it.
				out, err := cmd.CombinedOutput()
				printed.Write(out)
				if err != nil && !(engine == "postgres" && strings.Contains(c, "doctor") && onlyFindings(string(out), "postgres: fsync", "postgres: full_page_writes")) {
					t.Fatalf("%s%v\n%s", c, err, out)
				}
			}
			invitation := regexp.MustCompile(`https://service\.seenburg\.example(/verwaltung/\S+)`).FindStringSubmatch(printed.String())
			if invitation == nil {
				t.Fatalf("no invitation was printed:\n%s", printed.String())
			}
			h.serves(func(get func(host, path string) (int, string)) {
				for _, c := range []struct{ host, path, says string }{
					{"service.seenburg.example", "/", "Der kurze Weg zum Rathaus"},
					{"service.seenburg.example", "/suche?q=gartenfest", "Gartenfest anmelden"},
					{"service.seenburg.example", "/antrag/gartenfest-anmelden", "Gartenfest anmelden"},
					{"service.seenburg.example", "/barrierefreiheit", "teilweise vereinbar"},
					{"service.uferrode.example", "/", "Serviceportal Uferrode"},
					{"service.seenburg.example", "/anmelden", "https://konto.seenplatte.example/"},
					{"service.seenburg.example", "/verwaltung/anmelden", "Anmelden"},
					{"service.seenburg.example", invitation[1], "Ihre Einladung gilt"},
				} {
					if code, page := get(c.host, c.path); code != 200 && code != 303 || !strings.Contains(page, c.says) {
						t.Errorf("%s%s: %d\n%.300s", c.host, c.path, code, page)
					}
				}
			})
		})
	}
}

// onlyFindings reports whether what the doctor found is among these.
func onlyFindings(out string, known ...string) bool {
	found := regexp.MustCompile(`(?m)^     - (.*)$`).FindAllStringSubmatch(out, -1)
	return len(found) > 0 && !slices.ContainsFunc(found, func(m []string) bool {
		return !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(m[1], k) })
	})
}
