package search

// Misspell is for tests of the whole from outside the package.
var Misspell = misspell
