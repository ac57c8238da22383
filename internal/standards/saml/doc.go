// Package saml is a strict SAML 2.0 service provider: it writes signed
// AuthnRequests and own metadata, reads an identity provider's metadata, and
// reads one Response to one request of ours.
//
// It decides whether an answer is genuine and meant for us, and nothing else:
// which level a class of authentication stands for and what an attribute
// means is the caller's (accounts/saml). It never opens a connection, reads no
// clock, keeps no state, follows no address in a message and takes no key from
// one.
//
// The one idea is "see what is signed": a message is parsed once, strictly; the
// signature must be the one direct child of the element it covers; and what the
// caller gets was read from the very bytes whose digest was checked, parsed
// anew. Whatever stands elsewhere in the message cannot be read at all.
//
// Norms: SAML 2.0 core, bindings, profiles, metadata (OASIS, 2005) with errata;
// XML Signature 1.1, Exclusive XML Canonicalization 1.0, XML Encryption 1.1;
// algorithms by BSI TR-03116-4 ch. 3, RFC 9231 for RSASSA-PSS. What is taken
// and what is refused stands in docs/standards/saml.md, the reasons in ADR 0021.
package saml
