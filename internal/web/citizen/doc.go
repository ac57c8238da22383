// Package citizen is the door through which the public comes: finding a
// service, reading what it takes, applying, reading the answer.
//
// It decides which page an address shows, in which order a page tells things
// and how long a page that was rendered once may be shown. It never decides
// what is published, who is responsible or what a person may see: that is
// asked of the features behind it. It knows no SQL and no extension.
//
// Pages without a session come from a cache of compressed pages, keyed by
// everything they are made of (portal, published version, language, address);
// they never expire under load. Signed-in people get the same page rendered
// with their header.
//
// Texts of services are German whatever language the frame speaks, and are
// marked so (WCAG 2.2, 3.1.2).
//
// Norms: BITV 2.0 §§ 3, 4, 7; § 5 DDG (imprint); Art. 13 DSGVO; RFC 9116
// (security.txt); RFC 9309 (robots.txt); OZG § 1a, § 3 (one way in, who is
// responsible).
package citizen
