package office

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stadttor/internal/errs"
	"stadttor/internal/web/ui"
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

// Day reads a typed day as clock.Date gives one; ok is false where there is no
// such day.
func Day(d ui.DateValue) (day time.Time, ok bool) {
	dd, err1 := strconv.Atoi(d.Day)
	mm, err2 := strconv.Atoi(d.Month)
	yy, err3 := strconv.Atoi(d.Year)
	if err1 != nil || err2 != nil || err3 != nil || yy < 1000 || yy > 9999 {
		return time.Time{}, false
	}
	day = time.Date(yy, time.Month(mm), dd, 0, 0, 0, 0, time.UTC)
	return day, day.Day() == dd && int(day.Month()) == mm
}
