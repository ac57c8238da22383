// Package credentials are the pages of local accounts and accesses: signing in
// with e-mail address and password or passkey, the second factor, the links of
// mails, looking after one's own means of sign-in. Two doors show them: the
// account host to citizens, the staff's side of a portal to staff.
//
// It decides what stands on these pages and what somebody reads when a verb of
// accounts/local refuses. It never decides whether somebody gets in: that is
// the verb, and the host (accounts) which asked it. It opens no session and
// knows neither citizens nor staff: a door tells it by Config.
//
// Everything but passkeys works without JavaScript.
package credentials
