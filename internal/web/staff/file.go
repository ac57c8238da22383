package staff

import (
	"io"
	"mime"
	"net/http"
	"strconv"

	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// file serves GET /verwaltung/faelle/{id}/dateien/{file}: always to be saved,
// never to be shown inside our pages.
func (s *Server) file(w http.ResponseWriter, r *http.Request) error {
	id, err := caseID(r)
	if err != nil {
		return err
	}
	file := ident.FileID(r.PathValue("file"))
	if !ident.Valid(file) {
		return errs.NotFound("file", file)
	}
	d, body, err := s.c.Cases.Attachment(r.Context(), ui.Staff(r), id, file)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10))
	h.Set("Content-Disposition", disposition("attachment", d.Name.Reveal()))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // the browser sees a file that broke off, never half a file that looks whole
	}
	return nil
}

// disposition names a file for the browser (RFC 6266); mime writes other than
// ASCII names by RFC 2231.
func disposition(kind, name string) string {
	if v := mime.FormatMediaType(kind, map[string]string{"filename": name}); v != "" {
		return v
	}
	return kind
}
