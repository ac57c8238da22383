// Package oidc is the sign-in method for any OpenID provider: a relying party
// of OpenID Connect Core 1.0 with the authorization code flow and PKCE
// (RFC 7636 S256), hardened as RFC 9700 asks.
//
// It decides whether an answer of the provider proves who somebody is and at
// which trust level. Signatures and the code exchange are the work of
// coreos/go-oidc and x/oauth2; everything those leave to the caller is a named
// rule here (rules.go for ID tokens, answer.go for what the browser brings
// back, keys.go for keys, metadata.go for discovery). A refusal names its rule
// in the log and says nothing about the person.
//
// It never follows an address that a token or a browser carries, never takes a
// token from the browser, never accepts a symmetric or missing signature, never
// guesses a level: the values of acr are an explicit table in the settings, and
// what the table does not know is the lowest.
//
// It keeps nothing but public metadata and keys of providers, in memory. What
// one attempt needs (nonce, verifier, which provider) goes into Attempt.Keep,
// which the host seals and gives back once.
//
// Norms and where we differ: docs/standards/oidc.md.
package oidc
