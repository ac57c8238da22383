// Package search finds services, facilities, staff and life situations for
// people who do not speak like an administration.
//
// It decides which documents of one portal answer a query and in which order.
// It is pure: it reads nothing but its embedded word lists, keeps no query and
// starts no goroutine. Who may see a document is decided by the caller, who
// hands over only published documents.
//
// How a query finds its way:
//
//  1. fold.go       spelling: NFC, lower case, umlauts and ß in all spellings, gender forms, hyphens
//  2. stem.go       German endings, irregular words, prefix verbs ("melde … an")
//  3. compound.go   compounds by dictionary ("Hundesteueranmeldung")
//  4. vocabulary.go colloquial to official words ("Perso", "Knöllchen", "Opa gestorben")
//  5. plan.go       tokens to slots: known, corrected (correct.go), place, number
//  6. rank.go       slots to hits
//  7. around.go     where there is none: what lies near ("Maulkorb" to what there is for dogs)
//
// Documents are indexed once in a [Corpus]. A [View] is what one portal sees: a
// set over the realm's library plus the tenant's own documents, so that a
// tenant costs memory only for what it words itself.
//
// Bounds: a query is cut at [MaxQueryRunes] runes and [MaxQueryTerms] words,
// whatever bytes it holds. Corpus, View and Vocabulary are immutable and safe
// for concurrent use.
//
// Norms obeyed: LeiKa keys are 14 digits starting with 99 (FIM-Baustein
// Leistungen); spelling follows the rules of 2006 and accepts those of 1901.
package search
