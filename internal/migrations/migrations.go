// Package migrations holds the schema, one file a step, for both engines.
//
// The tokens {blob} {json} {bool} {strict} are filled by db before a step runs.
// Steps only add; what a release stops using is dropped by a later one.
// tenant_id (or realm_id) comes first in every primary and unique key: that is
// the wall, and what keeps a distributed PostgreSQL possible. Instants are
// BIGINT microseconds UTC, amounts BIGINT cents.
package migrations

import "embed"

// FS holds the steps.
//
//go:embed *.sql
var FS embed.FS
