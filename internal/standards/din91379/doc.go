// Package din91379 is the repertoire of characters in which German authorities
// keep names and texts: DIN 91379:2022-08, datatypes A (names of persons),
// B (other names), C (texts) and E (texts with Greek and Cyrillic letters).
//
// It decides which characters belong to a datatype. It never changes a text:
// callers bring it to NFC before they ask, and say in their own words what is
// wrong.
package din91379
