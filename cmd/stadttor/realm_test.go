package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stadttor/internal/app"
	"stadttor/internal/app/realmfile"
	"stadttor/internal/db/dbtest"
)

// house is an installation in a folder, as docs/operations/first-installation.md makes it.
type house struct {
	t      *testing.T
	dir    string
	config string
	port   int
}

// freePort finds a port that nobody has just now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).Port
}

func newHouse(t *testing.T, engine string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), port: freePort(t)}
	h.config = h.file("stadttor.toml", fmt.Sprintf("database = %q\ndata = %q\nroot_key_file = %q\nfolder_base = %q\nlisten = \"127.0.0.1:%d\"\nmanagement = \"127.0.0.1:0\"\npublic_scheme = \"http\"\npublic_port = %d\n",
		dbtest.Empty(t, engine), h.dir+"/files", h.dir+"/root.key", h.dir+"/out", h.port, h.port))
	for _, tenant := range []string{"seenburg", "uferrode"} {
		if err := os.MkdirAll(filepath.Join(h.dir, "out", tenant), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.does(0, "migrate", "--new-root-key")
	return h
}

func (h *house) file(name, text string) string {
	h.t.Helper()
	name = filepath.Join(h.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return name
}

// does runs a verb on the installation, which must end with the code.
func (h *house) does(code int, args ...string) said {
	h.t.Helper()
	got := stadttor(h.t, nil, append(args, "--config", h.config)...)
	if got.code != code {
		h.t.Fatalf("%s: %d, want %d\n%s%s", strings.Join(args, " "), got.code, code, got.out, got.err)
	}
	return got
}

// serves runs the program while fn asks it.
func (h *house) serves(fn func(get func(host, path string) (int, string))) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), program, "serve", "--config", h.config)
	var out lines
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			h.t.Errorf("serve ended with %v\n%s", err, out.String())
		}
	}()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(host, path string) (int, string) {
		req, err := http.NewRequestWithContext(h.t.Context(), "GET", fmt.Sprintf("http://127.0.0.1:%d%s", h.port, path), nil)
		if err != nil {
			h.t.Fatal(err)
		}
		req.Host = host
		res, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Location") + string(b)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if code, _ := get("x", "/"); code != 0 {
			break
		}
		if time.Now().After(end) {
			h.t.Fatalf("it does not serve:\n%s", out.String())
		}
	}
	fn(get)
}

const exampleRealm = "../../docs/operations/example-realm.json"

func TestARealmIsFoundedFromAFile(t *testing.T) {
	example, err := os.ReadFile(exampleRealm)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, engine)
			if got := h.does(0, "import", "realm", exampleRealm, "--dry-run"); !strings.Contains(got.out, "11 taken") || !strings.Contains(got.out, "nothing was done") {
				t.Errorf("dry run: %s", got.out)
			}
			if got := h.does(0, "import", "realm", exampleRealm); !strings.Contains(got.out, " 11 taken, 0 changed, 0 unchanged, 0 kept, 0 refused\n") {
				t.Errorf("first: %s", got.out)
			}
			if got := h.does(0, "import", "realm", exampleRealm); !strings.Contains(got.out, " 0 taken, 0 changed, 12 unchanged, 0 kept, 0 refused\n") || strings.Contains(got.out, "seenburg") {
				t.Errorf("again: %s", got.out)
			}

			other := strings.NewReplacer("Der kurze Weg zum Rathaus", "Rathaus offen", `"frist_tage": 21`, `"frist_tage": 28`, "Stadt Seenburg\",\n     \"kind\"", "Große Stadt Seenburg\",\n     \"kind\"", `"order": 20`, `"order": 5`).Replace(string(example))
			changed := h.file("realm.json", other)
			kept := h.does(0, "import", "realm", changed)
			for _, line := range []string{"kept      tenant     seenburg ", "kept      portal     service.seenburg.example ", "differs in look", "kept      params     seenburg/gartenfest-anmelden ", "kept      situation  feste-feiern ", "--replace", " 4 kept"} {
				if !strings.Contains(kept.out, line) {
					t.Errorf("%q is missing in\n%s", line, kept.out)
				}
			}
			h.serves(func(get func(host, path string) (int, string)) {
				if code, page := get("service.seenburg.example", "/"); code != 200 || !strings.Contains(page, "Der kurze Weg zum Rathaus") || !strings.Contains(page, "Umzug und Wohnen") {
					t.Errorf("the first portal: %d\n%.300s", code, page)
				}
				if code, to := get("service.seenburg.example", "/anmelden"); code != 303 || !strings.HasPrefix(to, fmt.Sprintf("http://konto.seenplatte.example:%d/", h.port)) {
					t.Errorf("signing in leads to the account host: %d %.300s", code, to)
				}
				if code, _ := get("service.nirgends.example", "/"); code == 200 {
					t.Error("a host that nobody named is served")
				}
			})
			if got := h.does(0, "import", "realm", h.dir, "--replace"); !strings.Contains(got.out, " 4 changed, 8 unchanged, 0 kept, 0 refused\n") { // the folder with realm.json
				t.Errorf("--replace: %s", got.out)
			}
			h.serves(func(get func(host, path string) (int, string)) {
				if _, page := get("service.seenburg.example", "/"); !strings.Contains(page, "Rathaus offen") {
					t.Error("the replaced portal is not shown")
				}
			})

			wrong := h.file("falsch.json", strings.NewReplacer(`"host": "service.uferrode.example"`, `"host": "konto.seenplatte.example2"`, `"settings": {"path": "uferrode"}`, `"settings": {"path": "../geheim-4711"}`,
				`"name": "Serviceportal Uferrode"}`, `"name": "Serviceportal Uferrode", "light": {"action": "#dddddd", "on_action": "#ffffff", "visited": "#6a1fa8", "focus": "#1b2a5c", "brand": "#2044aa", "hero": "#edf2fd"}}`).Replace(string(example)))
			got := h.does(3, "import", "realm", wrong, "--replace", "--json")
			var rep app.RealmReport
			if err := json.Unmarshal([]byte(got.out), &rep); err != nil || rep.Counts[app.Refused] != 2 {
				t.Errorf("%v %s", err, got.out)
			}
			for _, l := range rep.Lines {
				if l.Outcome == app.Refused && (l.Path == "" || l.Why == "") {
					t.Errorf("refused without reason: %+v", l)
				}
			}
			if strings.Contains(got.out+got.err, "4711") {
				t.Error("a setting is quoted")
			}
			h.does(3, "doctor") // http, for a trial

			out := filepath.Join(t.TempDir(), "verbund.json")
			if got := h.does(0, "export", "realm", "--realm", "verbund-seenplatte", "-o", out); !strings.Contains(got.err, "2 tenants, 1 forms, 2 life situations; settings of extensions are left out") {
				t.Errorf("export: %s", got.err)
			}
			if got := h.does(0, "import", "realm", out); !strings.Contains(got.out, " 12 unchanged, 0 kept, 0 refused\n") {
				t.Errorf("what was exported is taken back: %s", got.out)
			}
			h.does(2, "export", "realm", "--realm", "nirgends", "-o", out)
			elsewhere := newHouse(t, engine)
			if got := elsewhere.does(3, "import", "realm", out); !strings.Contains(got.out, " 9 taken, 0 changed, 0 unchanged, 0 kept, 2 refused\n") || !strings.Contains(got.out, "an export leaves them out") {
				t.Errorf("elsewhere: %s", got.out)
			}
		})
	}
}

func TestAFileThatDoesNotFitChangesNothing(t *testing.T) {
	h := newHouse(t, "sqlite")
	example, err := os.ReadFile(exampleRealm)
	if err != nil {
		t.Fatal(err)
	}
	bad := h.file("bad.json", strings.Replace(strings.Replace(string(example), `"sign": "SEE"`, `"sign": "Seenburg"`, 1), `"kind": "gemeinde"`, `"knid": "gemeinde"`, 1))
	got := h.does(1, "import", "realm", bad)
	for _, says := range []string{"bad.json does not fit, nothing was changed", "  bad.json: realms[0].tenants[0].sign: ", "realms[0].tenants[1]: ", "knid"} {
		if !strings.Contains(got.err, says) {
			t.Errorf("%q is missing in\n%s", says, got.err)
		}
	}
	if got := h.does(0, "import", "realm", exampleRealm, "--dry-run"); !strings.Contains(got.out, "11 taken") {
		t.Errorf("something was taken: %s", got.out)
	}
	without := h.file("ohne.json", strings.Replace(string(example), `"account_host": "konto.seenplatte.example",`, "", 1))
	h.does(0, "import", "realm", without)
	if got := h.does(3, "doctor"); !strings.Contains(got.out, "verbund-seenplatte: no account_host: nobody can sign in (stadttor import realm FILE gives it)") {
		t.Errorf("doctor: %s", got.out)
	}
	if got := h.does(0, "import", "realm", exampleRealm); !strings.Contains(got.out, "changed   realm      verbund-seenplatte\n") || !strings.Contains(got.out, " 1 changed, 11 unchanged") {
		t.Errorf("what was missing is filled in: %s", got.out)
	}
	if got := h.does(3, "doctor"); strings.Contains(got.out, "account_host") {
		t.Errorf("doctor: %s", got.out)
	}
	if got := h.does(2, "import", "realm", t.TempDir()); !strings.Contains(got.err, "realm.json") {
		t.Errorf("a folder without a description: %s", got.err)
	}
	if got := h.does(2, "import", "realm"); !strings.Contains(got.err, "FILE") {
		t.Errorf("no file: %s", got.err)
	}
	if got := stadttor(t, nil, "import", "realm", "--schema"); got.code != 0 || got.out != string(realmfile.Schema) {
		t.Errorf("--schema: %d", got.code)
	}
}

func TestTheFirstMembersOfStaffAreLetIn(t *testing.T) {
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, engine)
			h.does(0, "import", "realm", exampleRealm)
			invite := []string{"staff", "invite", "--tenant", "seenburg", "--mail", "w.harmsdorf@seenburg.example", "--name", "Wiebke Harmsdorf", "--role", "administrator", "--role", "realm-administrator"}
			link := strings.TrimSpace(h.does(0, invite...).out)
			if want := fmt.Sprintf("http://service.seenburg.example:%d/verwaltung/", h.port); !strings.HasPrefix(link, want) || strings.Contains(link, "\n") {
				t.Errorf("link %q", link)
			}
			if got := h.does(1, invite...); got.out != "" || strings.Contains(got.err, "harmsdorf") {
				t.Errorf("invited twice: %s%s", got.out, got.err)
			}
			add := func(code int, more ...string) said {
				return h.does(code, append([]string{"staff", "add", "--tenant", "seenburg", "--method", "haus", "--subject", "8f3a", "--name", "Jannes Uhlenbrock"}, more...)...)
			}
			if got := add(3, "--role", "caseworker@ordnungsamt"); !strings.HasPrefix(got.out, "saved") || !strings.Contains(got.err, "not connected") {
				t.Errorf("a method that is not there: %s%s", got.out, got.err)
			}
			if got := add(3, "--role", "caseworker@ordnungsamt"); !strings.HasPrefix(got.out, "unchanged") {
				t.Errorf("again: %s", got.out)
			}
			if got := add(1, "--role", "lead"); !strings.Contains(got.err, "--replace") {
				t.Errorf("other roles: %s", got.err)
			}
			if got := add(1, "--role", "chef", "--replace"); !strings.Contains(got.err, "Diese Rolle gibt es nicht") {
				t.Errorf("a role that is none: %s", got.err)
			}
			if got := add(1, "--role", "lead@bauamt"); !strings.Contains(got.err, "no unit bauamt") {
				t.Errorf("a unit that is none: %s", got.err)
			}
			add(3, "--role", "lead", "--role", "auditor", "--replace")
			if got := h.does(2, "staff", "add", "--tenant", "seenburg", "--method", "lokal", "--subject", "x", "--name", "X", "--role", "lead"); !strings.Contains(got.err, "invite") {
				t.Errorf("a local account cannot be added: %s", got.err)
			}
			h.does(2, "staff", "list", "--tenant", "nirgends")
			list := h.does(0, "staff", "list", "--tenant", "seenburg")
			for _, line := range []string{"Wiebke Harmsdorf               lokal            administrator, realm-administrator\n", "Jannes Uhlenbrock              haus             auditor, lead\n", "2 members"} {
				if !strings.Contains(list.out, line) {
					t.Errorf("%q is missing in\n%s", line, list.out)
				}
			}
			var members []struct {
				ID, Method, Subject string
				Active              bool
			}
			if err := json.Unmarshal([]byte(h.does(0, "staff", "list", "--tenant", "seenburg", "--json").out), &members); err != nil || len(members) != 2 || !members[1].Active {
				t.Errorf("--json: %v %+v", err, members)
			}
			if got := h.does(0, "staff", "list", "--tenant", "uferrode"); !strings.Contains(got.out, "0 members") {
				t.Errorf("of the other authority: %s", got.out)
			}
			h.does(2, "staff", "remove", "8f3a", "--tenant", "seenburg")
			h.does(1, "staff", "remove", members[0].ID, "--tenant", "uferrode") // not one of theirs
			for range 2 {                                                       // again is no harm; it is the last administrator
				if got := h.does(0, "staff", "remove", members[0].ID, "--tenant", "seenburg"); !strings.Contains(got.out, "removed") {
					t.Errorf("removing: %s", got.out)
				}
			}
			if got := h.does(0, "staff", "list", "--tenant", "seenburg"); !strings.Contains(got.out, "1 members") || strings.Contains(got.out, "Harmsdorf") {
				t.Errorf("after the removal: %s", got.out)
			}
		})
	}
}
