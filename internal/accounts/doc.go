// Package accounts knows citizens and staff and lets them in.
//
// It decides who somebody is (a sign-in method confirmed it), at which trust
// level, and for how long a session lives. One account per person and realm;
// data of the account are sealed per person and lie with the tenant that
// answers for the realm (mission D10). It never decides what a person may see:
// that is each feature's perm.go.
//
// Sign-in methods are extensions of one port (Method). The flow is the same
// for all: Begin notes an attempt and sends the browser away, Finish takes what
// came back, asks the method who it is and opens a session with a fresh secret.
// A return path is kept here, on our side; no address that a browser brings is
// ever followed.
//
// Session limits: BSI TR-03160-1 table 2. Secrets are 160 bit random; only
// their SHA-256 is stored.
package accounts
