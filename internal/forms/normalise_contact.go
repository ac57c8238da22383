package forms

import (
	"net/mail"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
)

// normaliseEmail reads one address (RFC 5321 lengths, domains in any script by IDNA). The domain is lower-cased, the
// part before the @ stays as typed.
func normaliseEmail(s string) (string, *fault) {
	bad := &fault{code: "email"}
	s = strings.TrimPrefix(compact(s, "<>"), "mailto:")
	if len(s) > 254 {
		return "", bad
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || !strings.Contains(domain, ".") {
		return "", bad
	}
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 {
		return "", bad
	}
	parsed, err := mail.ParseAddress(local + "@" + ascii)
	if err != nil || parsed.Address != local+"@"+ascii {
		return "", bad
	}
	labels := strings.Split(ascii, ".")
	if top := labels[len(labels)-1]; len(top) < 2 || strings.Trim(top, "0123456789") == "" {
		return "", bad
	}
	return local + "@" + domain, nil
}

// normalisePhone reads a number with area code into E.164. Numbers from 0000 on can never be dialled; they are the
// fiction that examples and demonstrations use, and stay as their digits.
func normalisePhone(s string) (string, *fault) {
	bad := &fault{code: "phone"}
	if len(s) > 60 {
		return "", bad
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "tel:"), "Tel.")
	digits := compact(s, "-/().")
	if strings.HasPrefix(digits, "0000") && len(digits) >= 8 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" {
		return digits, nil
	}
	n, err := phonenumbers.Parse(s, "DE")
	if err != nil || !phonenumbers.IsValidNumber(n) || n.GetExtension() != "" {
		return "", bad
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
