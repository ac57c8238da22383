package ui

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"stadttor/internal/clock"
)

// securityLife is how long a security.txt is good for; RFC 9116 2.5.5 asks for
// less than a year.
const securityLife = 180 * 24 * time.Hour

// SecurityText answers GET /.well-known/security.txt (RFC 9116): whoever finds
// a hole tells the authority that answers for the host. contact is the address
// of its imprint.
func SecurityText(w http.ResponseWriter, r *http.Request, contact string, now time.Time) error {
	v := VisitOf(r)
	var b bytes.Buffer
	if m := v.Door.Tenant.Contact.Mail; MailURL(m) != "" {
		fmt.Fprintf(&b, "Contact: mailto:%s\n", m)
	}
	fmt.Fprintf(&b, "Contact: %s\n", contact)
	fmt.Fprintf(&b, "Expires: %s\n", clock.Date(now).Add(securityLife).Format(time.RFC3339))
	fmt.Fprintf(&b, "Preferred-Languages: de, en\nCanonical: %s/.well-known/security.txt\n", v.Base)
	return Text(w, r, "text/plain; charset=utf-8", b.Bytes())
}

// Text answers with a small public file; HEAD gets its headers.
func Text(w http.ResponseWriter, r *http.Request, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=3600")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
	return nil
}
