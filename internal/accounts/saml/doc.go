// Package saml signs people in at a SAML 2.0 identity provider: BundID and
// BayernID, accounts of the OSI type, Mein Unternehmenskonto, or any other.
//
// It decides what an answer that internal/standards/saml found genuine means:
// which trust level its class of authentication stands for, who the person is
// to us, and what is known of her at which level. Each provider is a profile: a
// table and a few rules in a file of its own (bundid.go, osi.go, ekona.go,
// plain.go). It never judges signatures, keeps nothing between request and
// answer but Attempt.Keep, and calls nobody: everything goes through the
// browser.
//
// An unknown class, level or trust level is the lowest. Names are taken as the
// provider writes them (accounts.Attr.Check: NFC, DIN 91379), never re-cased;
// a value outside of that is left out, not repaired.
//
// Norms: AKDB/BundID interface description 10.2.0.0, TR-03160-1 ch. 5 and 6,
// TR-03172-3 A3.10.01–04. Settings and deviations: docs/standards/saml.md.
package saml
