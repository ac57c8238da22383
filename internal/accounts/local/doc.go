// Package local signs people in with an account of Stadttor's own: e-mail
// address and password, or passkey.
//
// It decides how such an account comes to be (the address is confirmed first),
// which passwords are taken, when a second factor is asked for, how somebody
// who forgot everything but the mailbox comes back, and how guessing is slowed
// down without locking the owner out. It is a room of accounts: the method
// (Begin, Complete) is one of its ports, its pages are doors' business.
//
// It never proves who somebody is. What it confirms is that the same person is
// back who opened the account, so it never gives more than perm.LevelBasis,
// with a second factor or a passkey too: TR-03107-1 takes the lowest of
// identification and authentication, and nobody was identified here
// (docs/adr/0022-local-accounts.md).
//
// A Scope says whose credentials: those of the citizens of a realm, or those of
// the staff of one tenant. Staff are invited and need a second factor
// (TR-03172-3 A3.9.03), citizens register themselves and may have one. Whoever
// lost all of them is helped by an administrator, and never without the mailbox.
//
// What is stored: the address as a keyed digest and sealed; the password as
// argon2id (RFC 9106) with its parameters, sealed; secrets of links and tries
// as digests. Nothing in an answer, nor the time it takes, tells whether an
// account exists (ASVS 5.0 6.3.8).
//
// States of a try: password → (code | enrol) → (shown) → done → consumed by
// Complete.
//
// NIST SP 800-63B-4 3.1.1 and BSI ORP.4.A8, A22, A23 (passwords), RFC 6238
// (one-time codes), W3C WebAuthn Level 3 (passkeys).
package local
