// Package xzufi reads and writes XZuFi 2.2 transfer files: descriptions of
// public services (Leistung), authorities (Organisationseinheit), online
// services, competences and specialisations.
//
// A Reader streams. It holds one object at a time, so its memory does not grow
// with the file, and every size that the file could choose is bounded (Limits).
// What is broken stays small: an object that cannot be read is reported as an
// *ObjectError and the next one follows; a file that is not XML, not XZuFi, has
// a DOCTYPE or ends too early is reported as a *FileError, after which nothing
// follows. Elements that this package does not know are skipped and counted.
//
// Texts that may carry HTML leave the reader sanitised with the whitelist of
// the Portalverbund; addresses of links leave it only with a scheme that a
// browser may follow.
//
// A Writer gives the same structure back: reading what it wrote yields equal
// objects, but for the five fields that only XZuFi 2.3 has.
//
// The package never opens files, never asks the network, knows no database and
// does not judge whether a code exists in its list.
//
// Norm: XÖV standard XZuFi 2.2.0, namespace
// http://xoev.de/schemata/xzufi/2_2_0. The XSD is not openly published; what
// is known, what is inferred and what is left out stands in
// docs/standards/xzufi.md. Claim "structurally per FIM Portal model", never
// "schema-valid".
package xzufi
