// Package accounts knows citizens and staff and lets them in.
//
// It decides who somebody is (a sign-in method confirmed it), at which trust
// level, and for how long a session lives. One account per person and realm;
// data of the account are sealed per person and lie with the tenant that
// answers for the realm (mission D10). It never decides what a person may see:
// that is each feature's perm.go.
//
// Citizens sign in once for all portals of their realm, at its account host
// (docs/adr/0019-account-host.md):
//
//	portal:       AskHost … TakeCode or BreakOff          (portal.go)
//	account host: Arrive, Way, TryMethod, Answer, Join    (host.go, enter.go)
//	between them: Request in the address, a code back     (request.go, code.go)
//
// Staff sign in at the portal of their authority: BeginStaff, FinishStaff.
//
// Sign-in methods are extensions of one port (Method); every one stands the
// suite in loginstest. They are part of the program, or connected by
// administrators (connection.go) and chosen by each authority (choice.go). An
// attempt is used up before its answer is looked at; which rule refused one
// stands in the audit log (Refused). A return path is kept here, on our side;
// no address that a browser brings is ever followed.
//
// A portal's session comes from one at the account host and ends with it;
// every page reads its session, so the end holds on all nodes at once. Life and
// pause (limits.go: BSI TR-03160-1 table 2) count over both together. Secrets
// are 160 bit random; only their SHA-256 is stored.
package accounts
