package isolation_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/isolation"
	"stadttor/internal/web/ui"
)

// plant serves one more route beside the program's own.
func plant(h *apptest.House, rt ui.Route) http.Handler {
	mux := http.NewServeMux()
	ui.Mount(mux, ui.Errors{Page: ui.PageOf, Log: func(*http.Request, int, error) {}}, []ui.Route{rt})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			h.Handler().ServeHTTP(w, r)
			return
		}
		in, err := h.Gate.Enter(r)
		if err != nil {
			http.Error(w, "gate", http.StatusInternalServerError)
			return
		}
		mux.ServeHTTP(w, in)
	})
}

// The walk must find each of these mistakes, and name the route.
func TestTheWalkFindsAMissingCheck(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	town := isolation.Build(t, h)
	of := func(id string) *isolation.Object {
		for _, o := range town.Objects {
			if string(o.Case) == id {
				return o
			}
		}
		return nil
	}
	owner := func(o *isolation.Object) (perm.Citizen, cases.Proof) {
		return perm.Citizen{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Person: o.Person, Level: perm.LevelHigh}, o.Proof
	}
	everywhere := func(o *isolation.Object) perm.Staff {
		return perm.Staff{Realm: o.Tenant.Realm, Tenant: o.Tenant.ID, Staff: ident.New[ident.StaffID](h.DB.Now()), Grants: []perm.Grant{{Role: perm.Lead}}}
	}
	show := func(w http.ResponseWriter, m cases.Matter) error {
		_, err := fmt.Fprintf(w, "Antrag von %s", m.Applicant.Reveal())
		return err
	}
	gone := func() error { return errs.NotFound("case", "x") }
	kept := map[string]string{}
	for name, c := range map[string]struct {
		route ui.Route
		want  string // in a finding
	}{
		"a case in the inbox without asking whose it is": {ui.Route{Pattern: "GET /postfach/{case}/geplant", Audience: ui.Person, Handle: func(w http.ResponseWriter, r *http.Request) error {
			o := of(r.PathValue("case"))
			if o == nil {
				return gone()
			}
			c, p := owner(o)
			own, err := h.Cases.Read(r.Context(), c, p, o.Case)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(w, own.Title)
			return err
		}}, "status 200, for what does not exist 404"},
		"a case on the desk without asking for the tenant": {ui.Route{Pattern: "GET /verwaltung/faelle/{id}/geplant", Audience: ui.Office, Right: perm.ReadCases, Handle: func(w http.ResponseWriter, r *http.Request) error {
			o := of(r.PathValue("id"))
			if o == nil {
				return gone()
			}
			m, err := h.Cases.Case(r.Context(), everywhere(o), o.Case)
			if err != nil {
				return err
			}
			return show(w, m)
		}}, "of aulenried/decided"},
		"a case on the desk without asking for the unit": {ui.Route{Pattern: "GET /verwaltung/faelle/{id}/geplant", Audience: ui.Office, Right: perm.ReadCases, Handle: func(w http.ResponseWriter, r *http.Request) error {
			a := ui.Staff(r)
			a.Grants = []perm.Grant{{Role: perm.Lead}}
			m, err := h.Cases.Case(r.Context(), a, ident.CaseID(r.PathValue("id")))
			if err != nil {
				return err
			}
			return show(w, m)
		}}, "caseworker of a unit in charge of neither"},
		"a file of another case under one's own": {ui.Route{Pattern: "GET /postfach/{case}/dokument/{file}/geplant", Audience: ui.Person, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if _, err := h.Cases.Read(r.Context(), ui.Citizen(r), cases.Proof{}, ident.CaseID(r.PathValue("case"))); err != nil {
				return err
			}
			for _, o := range town.Objects {
				c, p := owner(o)
				if _, body, err := h.Cases.Document(r.Context(), c, p, o.Case, ident.FileID(r.PathValue("file"))); err == nil {
					defer body.Close()
					_, err := io.Copy(w, body)
					return err
				}
			}
			return gone()
		}}, "with a part of"},
		"a foreign case that is refused, not hidden": {ui.Route{Pattern: "GET /postfach/{case}/geplant", Audience: ui.Person, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if of(r.PathValue("case")) != nil {
				return errs.Forbidden("error.forbidden")
			}
			return gone()
		}}, "status 403, for what does not exist 404"},
		"a foreign case whose 404 says more": {ui.Route{Pattern: "GET /postfach/{case}/geplant", Audience: ui.Visitor, Handle: func(w http.ResponseWriter, r *http.Request) error {
			w.WriteHeader(http.StatusNotFound)
			if o := of(r.PathValue("case")); o != nil {
				_, err := fmt.Fprintf(w, "Den Fall in %s gibt es nicht", o.Tenant.Name)
				return err
			}
			_, err := fmt.Fprint(w, "Den Fall gibt es nicht")
			return err
		}}, "another body than for what does not exist"},
		"a verb that works and then says that there is nothing": {ui.Route{Pattern: "POST /verwaltung/faelle/{id}/vermerk/geplant", Audience: ui.Office, Right: perm.WorkCases, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if o := of(r.PathValue("id")); o != nil && o.Received {
				if err := h.Cases.Note(r.Context(), everywhere(o), o.Case, "heimlich"); err != nil {
					return err
				}
			}
			return gone()
		}}, "it was changed"},
		"a page for all with somebody's words": {ui.Route{Pattern: "GET /neuigkeiten", Audience: ui.Public, Handle: func(w http.ResponseWriter, r *http.Request) error {
			o := town.Objects[1]
			m, err := h.Cases.Case(r.Context(), everywhere(o), o.Case)
			if err != nil {
				return err
			}
			return show(w, m)
		}}, "shows"},
		"a cache that forgets who asked": {ui.Route{Pattern: "GET /postfach/gemerkt", Audience: ui.Person, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if kept["postfach"] == "" {
				in := r.Clone(r.Context())
				in.URL.Path = "/postfach"
				rec := httptest.NewRecorder()
				h.Handler().ServeHTTP(rec, in)
				kept["postfach"] = rec.Body.String()
			}
			_, err := io.WriteString(w, kept["postfach"])
			return err
		}}, "shows the identifier"},
		"a parameter that nobody explains": {ui.Route{Pattern: "GET /akten/{akte}", Audience: ui.Office, Right: perm.ReadCases, Handle: func(http.ResponseWriter, *http.Request) error { return gone() }}, "nobody says what the parameter akten/akte is"},
		"a fault of the program":           {ui.Route{Pattern: "GET /postfach/{case}/geplant", Audience: ui.Person, Handle: func(http.ResponseWriter, *http.Request) error { panic("planted") }}, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			rep := town.Walk(plant(h, c.route), []ui.Route{c.route})
			if c.want == "" { // the guard of the route itself holds: nothing to find
				for _, f := range rep.Findings {
					t.Error(f)
				}
				return
			}
			for _, f := range rep.Findings {
				if f.Pattern != c.route.Pattern {
					t.Errorf("another route is named: %s", f)
				}
				if strings.Contains(f.String(), c.want) {
					return
				}
			}
			t.Errorf("not found; the walk says %v", rep.Findings)
		})
	}
}

// A route that is served more openly than the registry says is found too.
func TestTheWalkFindsARouteServedWithoutItsRight(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	town := isolation.Build(t, h)
	says := ui.Route{Pattern: "POST /verwaltung/personal/geplant", Audience: ui.Office, Right: perm.GrantRoles, Handle: func(w http.ResponseWriter, r *http.Request) error {
		a := ui.Staff(r)
		t, _ := h.Directory.TenantBySlug("torhausen")
		if _, err := h.Accounts.SaveStaff(r.Context(), perm.System{Name: "planted"}, t, "demo", "neu-"+string(a.Staff), pii.New("Neu"), nil); err != nil {
			return err
		}
		return ui.SeeOther(w, r, "/verwaltung/personal")
	}}
	does := says
	does.Right = ""
	rep := town.Walk(plant(h, does), []ui.Route{says})
	for _, want := range []string{"by editor on nobody's: status 303 without the right roles.grant", "settings of the house: they were changed"} {
		if !slices.ContainsFunc(rep.Findings, func(f isolation.Finding) bool { return strings.Contains(f.String(), want) }) {
			t.Errorf("not found: %s; the walk says %v", want, rep.Findings)
		}
	}
}

// The look for traces must find a word wherever it is put.
func TestTheLookForTracesIsNotBlind(t *testing.T) {
	h := apptest.Start(t, "sqlite")
	town := isolation.Build(t, h)
	if found, _ := town.Traces(); len(found) > 0 {
		t.Fatal(found)
	}
	word := town.Word("torhausen/decided")
	finds := func(where string) {
		t.Helper()
		found, _ := town.Traces()
		if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, where) }) {
			t.Errorf("the word in %s was not found: %v", where, found)
		}
	}
	_, _ = h.Log.Write([]byte("level=INFO applicant=" + word))
	finds("the log")
	if err := h.DB.InTx(t.Context(), db.Across("", "the test plants a word"), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE job SET last_error=$1`, "no answer for "+word)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	finds("table job, column last_error")
	if err := os.WriteFile(filepath.Join(h.Dir, "ausgang", "aulenried", "fremd.xml"), []byte("<name>"+word+"</name>"), 0o600); err != nil {
		t.Fatal(err)
	}
	finds("file ausgang/aulenried/fremd.xml")
	if err := os.WriteFile(filepath.Join(h.Dir, "dateien", "offen"), []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	finds("file dateien/offen")
}
