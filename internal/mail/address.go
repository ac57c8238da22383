package mail

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

// Clean brings a typed address to the form in which it is stored and goes on
// the wire. Error: Invalid for what is no plain address.
func Clean(typed pii.Text) (pii.Text, error) {
	s, err := address(typed.Reveal())
	return pii.New(s), err
}

// address brings a typed address to the form in which it goes on the wire: one
// address, no name, no comment, the domain in ASCII. Error: Invalid.
func address(s string) (string, error) {
	bad := errs.Invalid("mail.address-refused", errs.Field{Name: "mail", Key: "mail.address-refused"})
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return "", bad
	}
	local := s[:at]
	for i := range len(local) {
		// atext of RFC 5322 and dots; quoted local parts are for attackers only.
		if c := local[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return "", bad
		}
	}
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil || domain == "" {
		return "", bad
	}
	out := local + "@" + domain
	if a, err := mail.ParseAddress(out); err != nil || a.Address != out || a.Name != "" || len(out) > 254 {
		return "", bad
	}
	return out, nil
}
