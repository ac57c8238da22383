package accounts

import (
	"stadttor/internal/errs"
	"stadttor/internal/tenancy"
)

// Described is a Method of which the partner has to know something before it
// serves us: SAML metadata, the public keys of an OpenID client.
type Described interface {
	// Describe gives it for our return page; nothing in it is secret. An empty
	// body: there is nothing to know.
	Describe(back string) (mediaType string, body []byte, err error)
}

// Describe gives what a connected partner has to know of us, for its
// administrator or machine; base is the address of the page below which we take
// answers. It is public. Errors: NotFound.
func (s *Service) Describe(door tenancy.Door, kind, name, base string) (mediaType string, body []byte, err error) {
	m, err := s.method(kind, door, name)
	if err != nil {
		return "", nil, err
	}
	d, ok := m.Method.(Described)
	if !ok {
		return "", nil, errs.NotFound("description of a sign-in method", "of this kind")
	}
	mediaType, body, err = d.Describe(base + "/anmelden/zurueck/" + m.Name)
	if err == nil && len(body) == 0 {
		err = errs.NotFound("description of a sign-in method", "with these settings")
	}
	return mediaType, body, err
}
