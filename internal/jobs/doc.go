// Package jobs runs what follows from a verb, later and reliably.
//
// It decides when a job runs, how often it is tried again, and that every
// tenant gets its turn. A job is a row that is inserted in the transaction of
// the verb that causes it: both are kept or neither.
//
// Two kinds of handlers:
//
//   - Inside: reacts within a transaction and touches only the database; its
//     effect and the job's end are one commit, so it happens exactly once.
//   - Outside: calls the world with no transaction open. It may run again after
//     a crash, so the effect needs Call.Key, an idempotency key that survives
//     retries.
//
// An event (a Job that several listen to) becomes one job row per listener.
// Payloads hold IDs, never personal data.
//
// States: waiting → running → done, or back to waiting with a growing pause,
// or dead after the last attempt (shown to administrators, who can start it
// again). A node that dies leaves its jobs running until the lease ends.
package jobs
