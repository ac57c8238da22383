package isolation

import (
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stadttor/internal/db"
	"stadttor/internal/migrations"
)

var tableStep = regexp.MustCompile(`(CREATE|DROP|ALTER) TABLE (\w+)(?: RENAME TO (\w+))?`)

// Traces looks for marks where nobody's data may stand in the clear: the log,
// mails beside their addressee, every table, every stored file, the figures,
// another authority's outgoing folder. It gives one line for each, and how many
// it saw where they belong.
func (w *Town) Traces() (found []string, rightly int) {
	w.t.Helper()
	look := func(where, text string, allowed func(m mark) bool) {
		for _, m := range sign.FindAllString(text, -1) {
			k, ok := w.Marks.by[strings.ToLower(m)]
			switch {
			case !ok:
			case allowed != nil && allowed(k):
				rightly++
			default:
				found = append(found, fmt.Sprintf("%s holds %q of %s", where, m, k.of.Name))
			}
		}
	}
	look("the log", w.Log.String(), nil)
	for _, k := range w.Outbox.List() {
		to := k.To.Reveal()
		look("a mail", strings.ReplaceAll(k.Raw+k.Subject+k.Text, to, ""), nil)
	}
	rec := httptest.NewRecorder()
	w.Management().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	look("the figures", rec.Body.String(), nil)

	w.must(w.DB.View(w.t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		for _, t := range w.tables() {
			w.rows(tx, `SELECT * FROM `+t, func(columns, values []string) {
				for i, v := range values {
					look("table "+t+", column "+columns[i]+",", v, nil)
				}
			})
		}
		return nil
	}))
	// What lies on the disk; the demonstration's mail server keeps envelopes.
	w.must(fs.WalkDir(os.DirFS(w.Dir), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(p, "postausgang/") {
			return err
		}
		b, err := os.ReadFile(filepath.Join(w.Dir, p))
		if os.IsNotExist(err) { // a journal that the database has taken in meanwhile
			return nil
		}
		allowed := func(mark) bool { return false }
		if rest, ok := strings.CutPrefix(filepath.ToSlash(p), "ausgang/"); ok { // handed over to the authority itself
			tenant, _, _ := strings.Cut(rest, "/")
			allowed = func(m mark) bool {
				return m.of.Tenant.Slug == tenant && m.of.Received && m.kind != internal && m.kind != cash
			}
		}
		look("file "+p, string(b)+" "+p, allowed)
		return err
	}))
	return found, rightly
}

// tables reads the names of all tables from the migrations.
func (w *Town) tables() (out []string) {
	w.t.Helper()
	w.must(fs.WalkDir(migrations.FS, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".sql") {
			return err
		}
		b, err := fs.ReadFile(migrations.FS, p)
		up, _, _ := strings.Cut(string(b), "-- +goose Down")
		for _, m := range tableStep.FindAllStringSubmatch(up, -1) {
			switch {
			case m[1] == "CREATE":
				out = append(out, m[2])
			case m[1] == "DROP":
				out = slices.DeleteFunc(out, func(t string) bool { return t == m[2] })
			case m[3] != "":
				out[slices.Index(out, m[2])] = m[3]
			}
		}
		return err
	}))
	return out
}
