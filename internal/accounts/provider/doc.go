// Package provider makes the account host of a realm an OpenID provider for the
// modules of an authority's vendors: appointments, Ratsinformation.
//
// It decides which module may send people here (a client of one tenant, with
// exact addresses to return to), at which trust level they must be signed in,
// which of their data go over (what the client is registered for and the person
// agreed to, both), and under which name the module knows them: another one in
// each module (pairwise subject), so that two vendors cannot compare.
//
// It never signs anybody in (package accounts does), never shows a page (the
// doors do) and never follows an address that is not registered letter by
// letter. There is the authorization code flow with PKCE S256 and nothing else:
// no implicit or hybrid flow, no refresh tokens, no request objects.
//
// What goes over stands in the person's consents and in the history of uses,
// purpose accounts.PurposeModule: withdrawn there, it is refused here at once. So is
// everything of a client that its authority switched off, and everything that
// came from a sign-in that has ended.
//
// States of a request: asked → (sign-in) → (consent) → code → used. A code that
// is used twice takes its token with it.
//
// The endpoints that machines call (token, userinfo, discovery, keys) are
// parsed and answered by zitadel/oidc; the one that people come to is ours,
// because its checks must be stricter (docs/adr/0024-openid-provider.md).
//
// OpenID Connect Core 1.0, RFC 6749, RFC 7636, RFC 9207, RFC 9700; levels:
// eIDAS LoA addresses by the table in level.go. Where we differ:
// docs/standards/oidc.md.
package provider
