package accounts

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

// Request is what a portal asks of the account host; it stands in the address
// that the browser takes there: an authorization request of the code flow
// (RFC 6749 4.1.1) with PKCE S256 (RFC 7636). It names no address to return to:
// the account host knows the portals of its realm from the directory.
type Request struct {
	Portal    string // host name of the portal
	State     string // of the portal, comes back unchanged
	Challenge string // S256 of the portal's verifier
	Level     perm.Level
	Fresh     bool // ask again even though somebody is signed in
	Lang      string
}

// secretSize is the length of ident.Secret.
const secretSize = 32

// Values is the request as the query of an address.
func (r Request) Values() url.Values {
	v := url.Values{"portal": {r.Portal}, "state": {r.State}, "challenge": {r.Challenge}, "niveau": {r.Level.String()}}
	if r.Fresh {
		v.Set("neu", "1")
	}
	if r.Lang != "" {
		v.Set("sprache", r.Lang)
	}
	return v
}

// ParseRequest reads a request; everything that a portal of ours would not send
// is refused. Whether the portal exists is not asked here.
func ParseRequest(q url.Values) (Request, error) {
	r := Request{Portal: q.Get("portal"), State: q.Get("state"), Challenge: q.Get("challenge"), Level: max(perm.ParseLevel(q.Get("niveau")), perm.LevelBasis), Fresh: q.Get("neu") == "1", Lang: q.Get("sprache")}
	for _, k := range []string{"portal", "state", "challenge", "niveau", "neu"} {
		if len(q[k]) > 1 {
			return Request{}, Refused("login.request", "parameter twice")
		}
	}
	if r.Portal == "" || len(r.Portal) > 253 || !isSecret(r.State) || !isChallenge(r.Challenge) {
		return Request{}, Refused("login.request", "malformed request")
	}
	return r, nil
}

func isSecret(s string) bool {
	return len(s) == secretSize && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isChallenge: the base64url of a SHA-256, nothing else (RFC 7636 4.2).
func isChallenge(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// challengeOf is the S256 of a verifier.
func challengeOf(verifier string) string {
	d := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(d[:])
}

// errAttempt answers everything that names no living attempt of this browser.
func errAttempt(rule string) error { return Refused("login.attempt-gone", rule) }

// RefusedHere reports whether an error is one that a page about the sign-in
// explains; everything else is an ordinary error.
func RefusedHere(err error) bool {
	return errs.Is(err, errs.KindForbidden) || errs.Is(err, errs.KindUnavailable)
}
