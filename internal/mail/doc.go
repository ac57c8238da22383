// Package mail tells people by e-mail that something waits for them in the
// portal.
//
// It decides what a mail may hold: one of the fixed texts in templates/, the
// portal's name, the authority's name and a plain link made from configuration.
// No name, no case number, no answer ever leaves by mail (mission C4). No link
// holds a secret but those of local accounts, whose whole point it is: single
// use, short-lived, nothing about the person. It decides how a mail is sent (SMTP, RFC 5321, with the
// TLS that the operator demands) and that the recipient is kept sealed and only
// until the mail is on its way. It never reads a mailbox: what a foreign server
// returns later goes to the operator's sender address.
//
// A mail is queued in the transaction of the verb that causes it and sent by
// the job mail.Due. SMTP knows no idempotency key: when the program dies between
// the server's "250" and its own commit, the mail goes out twice with one
// Message-ID (RFC 5322 3.6.4).
//
// States: waiting → sent | dead (given up; the job is shown to administrators
// and may be started again).
package mail
