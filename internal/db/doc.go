// Package db is the one way to the database, on SQLite and on PostgreSQL.
//
// It decides how a transaction begins, commits and is retried, which scope it
// carries, and what time it is inside. It knows no table but goose's own.
//
// Every access names a scope: TenantScope (the work of one authority),
// PersonScope (one citizen's own things across the tenants of a realm) or
// RealmScope (library, accounts, administration). The zero scope is refused.
// Work across these walls goes through Across, with a reason that can be
// searched for. On PostgreSQL the scope is also set for row-level security, as
// the second lock.
//
// SQLite: WAL, synchronous=FULL, one writer goroutine. Verbs that wait at the
// same time share one durable commit, each in its savepoint; none is told of
// success before the commit that holds it is on disk. A verb's function
// therefore must not wait for anything but the database.
//
// PostgreSQL: READ COMMITTED with explicit row locks (ForUpdate), retried on
// serialization failure and deadlock: see docs/adr/0003-transactions.md.
//
// Transactions do not nest. Functions that need one take *Tx.
package db
