// Package samlidp is a SAML identity provider for tests: it writes the answers
// that a provider would send, genuine ones and forged ones.
//
// It shares no code with internal/standards/saml. It needs no canonicalizer:
// every text it writes is in exclusive canonical form by construction, so a
// digest is the hash of the text. It must never be part of the program.
package samlidp
