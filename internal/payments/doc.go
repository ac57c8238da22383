// Package payments decides what is owed, who may pay it, and when it is paid.
//
// Paid is what the provider confirms when it is asked (Provider.Status): the
// exact amount, in euro, under its own reference. A notice is a hint, a browser
// that comes back is a hint; neither ever changes a state by itself. What does
// not fit (amount, currency, reference, a second payment of the same demand) is
// flagged for a human and never counts as paid. The Kasse closes a flag with
// what it found (Clear); that changes no state either. The fact that was closed
// is not raised again as long as the provider says the same; any other is.
//
// What comes at the counter or on the authority's own account the Kasse confirms
// itself (Receive): the exact amount, in an attempt of its own whose provider is
// Treasury, by a human with the right to do so, with an entry in the audit log.
// From there on it is a payment like any other, and what a provider takes for
// the same demand later is a second one.
//
// A demand is one thing owed in a case; each try to pay it is a Payment, one
// row, with the states of the table in state.go. Every amount that is owed,
// received or given back is written to the ledger: two entries that sum to
// zero, never changed, corrected by new ones (GoBD 3.2.5; § 34 KomHKV and its
// kin in the other Länder).
//
// It never holds card or account numbers: the person types those at the
// provider. It knows no form and no case but their IDs. A new provider is one
// folder below this one that implements Provider and passes paymentstest.Run.
//
// The call to the provider stands between two transactions (intend – call –
// settle), repeated safely under the same Order.Key.
package payments
