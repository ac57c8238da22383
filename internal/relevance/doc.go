// Package relevance is what a portal's search learns: from its editors, who
// know how people here speak, and from visits that found nothing.
//
// It decides which words of citizens lead where (Synonym), for one tenant or a
// whole realm, as draft or live; what of a query may be counted at all
// (Question) and how visits are told apart without persons (book.go); from how
// many visits on editors see a query (EnoughVisits); how much a choice counts
// for the ranking and how that fades; and whether a change makes a stored set
// of queries better or worse (Try). It tells the catalogue what is live (Learnt),
// which lays it over the search of a portal and never over its pages.
//
// It never finds anything itself (that is internal/search), knows no text of
// the catalogue, and never stores who asked: no account, address, session,
// cookie or time of day, and no words that fewer than EnoughVisits asked.
//
// A synonym's states: new (draft only), live, changed (a draft beside what is
// live), leaving (live, no draft). Release makes every draft live, Discard
// drops them.
//
// Law: DSGVO Art. 5 (1) b, c, e, Art. 25; TDDDG § 25: nothing is stored on or
// read from a visitor's device. Reasons and limits: docs/adr/0018.
package relevance
