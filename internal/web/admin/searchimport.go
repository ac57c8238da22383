package admin

import (
	"io"
	"net/http"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/relevance"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// importPage takes a file of synonyms and says what became of each line.
type importPage struct {
	Told, Refused string
	Lead          string
	Action        string
	Fields        []ui.Field
	Report        ui.Table // of lines that were not taken
	Ways          []ui.Link
}

// mostLines bounds what one upload may hold, beside its bytes.
const mostLines = 2 * relevance.MaxSynonyms

// importExample shows how a file is built.
const importExample = "Bürgerwort;Leistung;Amtliches Wort;Nur verwandt\nHundepapiere;Hundesteuer anmelden;;\nFleppe;;Führerschein;\nBalkonkasten;;Sondernutzung;ja"

// searchImport serves GET …/import.
func (s *Server) searchImport(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	return s.showImport(w, r, at, http.StatusOK, importPage{}, "", "")
}

func (s *Server) showImport(w http.ResponseWriter, r *http.Request, at taughtAt, status int, out importPage, typed, problem string) error {
	page := at.frame(r, "relevance.import.title")
	t := page.T
	out.Lead, out.Action, out.Ways = t("relevance.import.lead"), at.base+"/import", at.ways(r, page, "/import")
	out.Fields = []ui.Field{
		{Name: "datei", Type: ui.FieldFile, Label: t("relevance.import.file"), Hint: t("relevance.import.filehint"), Accept: ".csv,.txt", Optional: true, Problem: problem},
		{Name: "zeilen", Type: ui.FieldLong, Label: t("relevance.import.lines"), Hint: t("relevance.import.lineshint"), Rows: 10, Value: typed, Optional: true},
	}
	problems := ui.Problems(out.Fields)
	for range out.Report.Rows {
		page.Problems++
	}
	page.Problems += len(problems)
	return ui.Render(w, r, status, importView(page, out, problems))
}

// searchTake serves POST …/import: good lines become drafts, the others come
// back to be mended, each with its reason.
func (s *Server) searchTake(w http.ResponseWriter, r *http.Request, at taughtAt) error {
	text, err := uploaded(r, "datei", "zeilen")
	if err != nil {
		return err
	}
	t := ui.PageOf(r).T
	if strings.TrimSpace(text) == "" {
		return s.showImport(w, r, at, http.StatusUnprocessableEntity, importPage{}, "", t("relevance.import.missing"))
	}
	if strings.Count(text, "\n") > mostLines {
		return s.showImport(w, r, at, http.StatusUnprocessableEntity, importPage{}, "", t("relevance.import.toolong", "n", mostLines))
	}
	good, bad := relevance.ParseCSV(text, at.finder())
	done, err := s.c.Relevance.ImportSynonyms(r.Context(), ui.Staff(r), at.Layer, good)
	if errs.Is(err, errs.KindConflict) {
		return s.showImport(w, r, at, http.StatusConflict, importPage{Refused: t(errs.KeyOf(err), "n", relevance.MaxSynonyms)}, text, "")
	}
	if err != nil {
		return err
	}
	out := importPage{}
	if n := done.Added + done.Changed + done.Unchanged; n > 0 || len(bad) == 0 {
		out.Told = t("relevance.import.done", "n", n, "added", done.Added, "changed", done.Changed)
	}
	if len(bad) == 0 {
		return s.showImport(w, r, at, http.StatusOK, out, "", "")
	}
	out.Report = badLines(ui.PageOf(r), bad)
	return s.showImport(w, r, at, http.StatusUnprocessableEntity, out, linesOf(bad), "")
}

// finder is find with a memory: a file names the same services again and again.
func (at taughtAt) finder() func(string) []string {
	known := map[string][]string{}
	return func(text string) []string {
		out, ok := known[text]
		if !ok {
			out = at.find(text)
			known[text] = out
		}
		return out
	}
}

// uploaded gives the text of a file, or what was typed where there is none.
func uploaded(r *http.Request, file, area string) (string, error) {
	if err := office.ReadForm(r); err != nil {
		return "", err
	}
	if r.MultipartForm != nil {
		if f, head, err := r.FormFile(file); err == nil {
			defer f.Close()
			if head.Size > 0 {
				b, err := io.ReadAll(f)
				if err != nil {
					return "", errs.Invalid("staff.form-broken")
				}
				return relevance.Decode(b), nil
			}
		}
	}
	return r.PostForm.Get(area), nil
}

// badLines says of each line why it was not taken.
func badLines(page ui.Page, bad []relevance.BadLine) ui.Table {
	t := ui.Table{ID: "fehlzeilen", Caption: page.T("relevance.import.bad", "n", len(bad)), Columns: []ui.Column{{Title: page.T("relevance.import.number"), Width: "narrow"}, {Title: page.T("relevance.import.line")}, {Title: page.T("relevance.import.why")}}}
	for _, x := range bad {
		t.Rows = append(t.Rows, ui.Row{Marked: true, Cells: []ui.Cell{{Text: page.Printer().Number(int64(x.Number))}, {Text: ui.Typed(strings.ReplaceAll(x.Text, "\t", " → "), 120)}, {Text: ui.ProblemText(page.Printer(), x.Reason)}}})
	}
	return t
}

// linesOf are the lines again, to be mended.
func linesOf(bad []relevance.BadLine) string {
	var b strings.Builder
	for _, x := range bad {
		b.WriteString(x.Text + "\n")
	}
	return b.String()
}
