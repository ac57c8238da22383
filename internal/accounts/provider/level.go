package provider

import "stadttor/internal/perm"

// levels is the whole table between trust levels and acr (eIDAS LoA).
var levels = []struct {
	level perm.Level
	acr   string
}{
	{perm.LevelBasis, "http://eidas.europa.eu/LoA/low"},
	{perm.LevelSubstantial, "http://eidas.europa.eu/LoA/substantial"},
	{perm.LevelHigh, "http://eidas.europa.eu/LoA/high"},
}

// ACR is the address of a level, "" for none.
func ACR(l perm.Level) string {
	for _, x := range levels {
		if x.level == l {
			return x.acr
		}
	}
	return ""
}

// levelOf reads an acr; ok is false for one that is not in the table.
func levelOf(acr string) (l perm.Level, ok bool) {
	for _, x := range levels {
		if x.acr == acr {
			return x.level, true
		}
	}
	return perm.LevelNone, false
}
