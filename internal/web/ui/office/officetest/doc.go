// Package officetest builds a small town for the tests of the doors for staff
// (web/staff, web/admin): two authorities of one realm on a real database, with
// services, forms, one member of staff for each role, and a browser that signs
// in as one of them. It is imported from tests only.
package officetest
