package office

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"stadttor/internal/errs"
)

// ReadForm reads a posted form, with files up to memory bytes kept in memory.
// Broken UTF-8 becomes the replacement sign, so that what comes back to the
// page is a text; line ends become "\n". Errors: TooLarge, Invalid.
func ReadForm(r *http.Request) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(1 << 20)
	} else {
		err = r.ParseForm()
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return errs.TooLarge("error.body-too-large")
	case err != nil:
		return errs.Invalid("staff.form-broken")
	}
	for _, list := range r.PostForm {
		for i, v := range list {
			if !utf8.ValidString(v) {
				v = strings.ToValidUTF8(v, "\uFFFD")
			}
			list[i] = strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\r", "\n")
		}
	}
	return nil
}

// Text is a posted value without blanks around.
func Text(r *http.Request, name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
