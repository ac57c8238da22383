package din91379

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Range holds characters, both ends included.
type Range struct{ First, Last rune }

// Ranges are the single characters of a datatype in rising order: "A", "C",
// "E"; any other name is B.
func Ranges(set string) []Range { return slices.Clone(ranges(set)) }

// Sequences are the letters that Unicode only knows as a base with combining
// marks; they belong to every datatype.
func Sequences() []string { return slices.Clone(sequences) }

func ranges(set string) []Range {
	switch set {
	case "A":
		return setA
	case "C":
		return setC
	case "E":
		return setE
	}
	return setB
}

// sequencesByBase is read-only after start.
var sequencesByBase = indexSequences(sequences)

// indexSequences sorts the sequences of each base longest first.
func indexSequences(list []string) map[rune][]string {
	m := map[rune][]string{}
	for _, s := range list {
		base, _ := utf8.DecodeRuneInString(s)
		m[base] = append(m[base], s)
	}
	for _, s := range m {
		sort.Slice(s, func(i, j int) bool { return len(s[i]) > len(s[j]) })
	}
	return m
}

// Foreign finds the first character of s outside of the datatype. s is valid
// UTF-8 in NFC.
func Foreign(s, set string) (rune, bool) {
	in := ranges(set)
next:
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		for _, q := range sequencesByBase[c] {
			if strings.HasPrefix(s[i:], q) {
				i += len(q)
				continue next
			}
		}
		k := sort.Search(len(in), func(k int) bool { return in[k].Last >= c })
		if k == len(in) || c < in[k].First {
			return c, true
		}
		i += n
	}
	return 0, false
}
