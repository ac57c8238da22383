// Package delivery hands what happened in a case to the authority's own
// systems: a DMS, a Fachverfahren, a folder.
//
// It decides which connector a tenant's parcels take, that a parcel keeps its
// ID through every retry and every sending by hand, that the parcels of one
// case arrive in the order of their events, and when sending is given up and
// becomes a human's task. It never builds a parcel's content (cases does),
// never reads it, and never calls a partner while a transaction is open.
//
// States of a parcel:
//
//	waiting   → delivered   the connector gave a receipt
//	waiting   → none        the tenant has no connector: the case is worked here
//	waiting   → failed      the job gave up (GiveUp)
//	any       → waiting     staff send it again (Resend)
//
// Plan and Resend insert the job Due. Who builds parcels (cases) listens to it
// with jobs.Outside: build, Send; and with its dead function: GiveUp.
//
// TR-03172-4 (hand-over to the Fachverfahren); security.md S9: every effect
// once, order kept per case, nothing stuck after the partner is well again.
package delivery
