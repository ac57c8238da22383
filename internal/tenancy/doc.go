// Package tenancy says who is on the platform: realms, tenants, units, portals
// (docs/adr/0001-realm-tenant-unit-portal.md).
//
// It decides which host name opens on which tenant, which one is the account
// host of a realm (docs/adr/0019-account-host.md), how a portal looks and
// speaks (settings and content only, never code), which extension serves a
// port of a tenant, and under which key a tenant's data are sealed. It never
// asks a tenant's name to decide anything.
//
// A Directory holds all of it in memory, immutable, swapped as a whole when
// something was published; requests ask it once, at the door.
package tenancy
