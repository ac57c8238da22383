package api

import (
	"net/http"

	"stadttor/internal/forms"
)

// formSchema is where the JSON Schema of form definitions is published; its
// version is in its own $id.
const formSchema = "/api/v1/schemas/formular.json"

// schema serves the JSON Schema (2020-12) by which every form definition is
// checked when it is published, for editors of other makers.
func schema(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/schema+json")
	h.Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(forms.SchemaJSON)
}
