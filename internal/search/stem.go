package search

import (
	"bufio"
	"embed"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

//go:embed words/*.txt words/*.tsv
var wordFiles embed.FS

//go:embed thirdparty/decompound/dictionary-de.txt thirdparty/stopwords/german_stopwords_plain.txt thirdparty/openthesaurus/synsets.txt thirdparty/leika/names.tsv
var thirdPartyFiles embed.FS

// language holds the word lists of German. It is immutable once loaded.
type language struct {
	stop    map[string]bool    // folded
	lemma   map[string]string  // folded form to stem
	verb    map[string]bool    // stems of simple verbs
	generic map[string]float32 // stem to weight in a title
	parts   map[string]partKind
}

// german returns the word lists, loaded on first use.
var german = sync.OnceValue(loadGerman)

// particles are the separable beginnings of verbs, longest first.
var particles = [...]string{"zusammen", "zuruck", "weiter", "wieder", "heraus", "herein", "hinzu", "frei", "fest", "fort", "nach", "raus", "rein", "runter", "weg", "aus", "auf", "ein", "her", "hin", "los", "mit", "vor", "ab", "an", "um", "zu", "bei"}

func particle(w string) bool {
	for _, p := range particles {
		if p == w {
			return true
		}
	}
	return false
}

// eachLine calls f with each line of an embedded list that is neither empty nor a comment.
func eachLine(files fs.FS, name string, f func(line string)) {
	file, err := files.Open(name)
	if err != nil {
		panic("search: embedded list " + name + ": " + err.Error())
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := strings.TrimRight(s.Text(), " \t\r")
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		f(line)
	}
	if err := s.Err(); err != nil {
		panic("search: embedded list " + name + ": " + err.Error())
	}
}

func loadGerman() *language {
	l := &language{
		stop:    make(map[string]bool, 1024),
		lemma:   make(map[string]string, 2048),
		verb:    make(map[string]bool, 512),
		generic: make(map[string]float32, 256),
		parts:   make(map[string]partKind, 20000),
	}
	eachLine(wordFiles, "words/stop.txt", func(line string) {
		for _, w := range strings.Fields(line) {
			l.stop[fold(w)] = true
		}
	})
	eachLine(thirdPartyFiles, "thirdparty/stopwords/german_stopwords_plain.txt", func(line string) {
		if w := fold(line); w != "" {
			l.stop[w] = true
		}
	})
	eachLine(wordFiles, "words/keep.txt", func(line string) {
		for _, w := range strings.Fields(line) {
			delete(l.stop, fold(w))
		}
	})
	eachLine(wordFiles, "words/lemmas.tsv", func(line string) {
		stem, forms, _ := strings.Cut(line, "\t")
		for _, f := range strings.Fields(forms) {
			l.lemma[fold(f)] = stem
		}
	})
	eachLine(wordFiles, "words/verbs.txt", func(line string) {
		for _, w := range strings.Fields(line) {
			l.verb[fold(w)] = true
		}
	})
	eachLine(wordFiles, "words/generic.tsv", func(line string) {
		word, weight, _ := strings.Cut(line, "\t")
		w, err := strconv.ParseFloat(strings.TrimSpace(weight), 32)
		if err != nil {
			panic("search: words/generic.tsv: " + line)
		}
		l.generic[l.stem(fold(word))] = float32(w)
	})
	l.loadParts()
	return l
}

// weight tells how much a term says about a title: 1 for most, little for
// words such as "Antrag" or "Erteilung".
func (l *language) weight(stem string) float32 {
	if w, ok := l.generic[stem]; ok {
		return w
	}
	return 1
}

// stem reduces a folded word to the term of the index. It is light: endings of
// nouns, adjectives and verbs and -ung, but no other derivation.
func (l *language) stem(w string) string {
	if s, ok := l.lemma[w]; ok {
		return s
	}
	if len(w) < 4 || w[0] >= '0' && w[0] <= '9' {
		return w
	}
	if s, ok := l.verbForm(w); ok {
		return s
	}
	s := w
	if n := len(s); n > 7 && strings.HasSuffix(s, "innen") {
		s = s[:n-5]
		if t, ok := l.lemma[s]; ok {
			return t
		}
		return s
	}
	if n := len(s); n > 6 && strings.HasSuffix(s, "erin") {
		return s[:n-2]
	}
	for _, e := range [...]string{"ungs", "heits", "keits", "schafts", "ions", "tats", "tums"} {
		if strings.HasSuffix(s, e) && len(s)-len(e) >= 3 {
			s = s[:len(s)-1]
			break
		}
	}
	if t, ok := cutEnd(s, "ungen", 4); ok {
		return l.end(t)
	}
	if t, ok := cutEnd(s, "ung", 4); ok {
		return l.end(t)
	}
	for _, e := range [...]string{"heiten", "keiten", "heit", "keit"} {
		if t, ok := cutEnd(s, e, 5); ok {
			return l.end(t)
		}
	}
	return l.end(l.inflection(s))
}

// inflection drops one ending of case, number or person.
func (l *language) inflection(s string) string {
	switch {
	case strings.HasSuffix(s, "ern"), strings.HasSuffix(s, "eln"):
		if len(s) > 5 {
			return s[:len(s)-1]
		}
		return s
	case strings.HasSuffix(s, "ers"), strings.HasSuffix(s, "els"):
		if len(s) > 5 {
			return s[:len(s)-1]
		}
		return s
	}
	if t, ok := cutEnd(s, "er", 5); ok && adjective(t) {
		return t
	}
	for _, e := range [...]struct {
		end string
		min int
	}{{"em", 5}, {"en", 3}, {"es", 4}, {"e", 3}} {
		if t, ok := cutEnd(s, e.end, e.min); ok {
			if e.end == "em" && !adjective(t) && !l.verb[t] {
				continue
			}
			return t
		}
	}
	if t, ok := cutEnd(s, "s", 3); ok {
		switch t[len(t)-1] {
		case 'b', 'd', 'f', 'g', 'h', 'k', 'l', 'm', 'n', 'r', 't', 'a', 'o', 'y':
			return t
		}
	}
	for _, e := range [...]string{"et", "t", "st"} {
		if t, ok := cutEnd(s, e, 3); ok && l.verb[t] {
			return t
		}
	}
	return s
}

// end tidies the end of a stem: two equal s become one ("Zeugniss", "Pass").
func (l *language) end(s string) string {
	if t, ok := l.lemma[s]; ok {
		return t
	}
	if strings.HasSuffix(s, "ss") && len(s) > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// root takes one more ending off a stem, for words of the same family:
// "Bestatter" and "Bestattung", "gewerblich" and "Gewerbe". It returns "" if
// nothing of use is left.
func (l *language) root(stem string) string {
	for _, e := range [...]string{"erei", "isch", "lich", "erin", "ler", "er", "ig", "in", "ei", "schaft"} {
		if t, ok := cutEnd(stem, e, 4); ok {
			return l.end(t)
		}
	}
	return ""
}

func adjective(s string) bool {
	for _, e := range [...]string{"lich", "ig", "isch", "bar", "sam", "los", "haft", "end", "iert", "iv", "ell", "ent", "uell"} {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

func cutEnd(s, end string, atLeast int) (string, bool) {
	if strings.HasSuffix(s, end) && len(s)-len(end) >= atLeast {
		return s[:len(s)-len(end)], true
	}
	return s, false
}

// verbForm recognises participles and "zu" infinitives, with and without a
// particle: "angemeldet", "gezogen", "umgezogen", "anzumelden".
func (l *language) verbForm(w string) (string, bool) {
	if s, ok := l.participle(w); ok {
		return s, true
	}
	for _, p := range particles {
		rest, ok := strings.CutPrefix(w, p)
		if !ok || len(rest) < 4 {
			continue
		}
		if s, ok := l.participle(rest); ok {
			return p + s, true
		}
		if strings.HasPrefix(rest, "ge") {
			if s, ok := l.lemma[rest]; ok && rest != s {
				return p + s, true
			}
		}
		if inner, ok := strings.CutPrefix(rest, "zu"); ok {
			if t, ok := cutEnd(inner, "en", 3); ok && l.verb[t] {
				return p + t, true
			}
			if t, ok := cutEnd(inner, "n", 3); ok && l.verb[t] {
				return p + t, true
			}
		}
		for _, e := range [...]string{"et", "t", "st"} {
			if t, ok := cutEnd(rest, e, 3); ok && l.verb[t] {
				return p + t, true
			}
		}
	}
	return w, false
}

func (l *language) participle(w string) (string, bool) {
	inner, ok := strings.CutPrefix(w, "ge")
	if !ok {
		return w, false
	}
	for _, e := range [...]string{"etes", "eter", "eten", "ete", "tes", "ter", "ten", "te", "et", "t"} {
		if t, ok := cutEnd(inner, e, 3); ok && l.verb[t] {
			return t, true
		}
	}
	return w, false
}

// joinVerbs adds the prefix verb to sentences that part it: "melde ich mein
// Auto an" gets "anmeld" in place of "melde". The particle is dropped.
func joinVerbs(in []token) []token {
	verb := -1
	out := in[:0]
	for i := range in {
		t := &in[i]
		if t.particle && verb >= 0 && (i == len(in)-1 || in[i+1].stop || in[i+1].fold == "und") {
			out[verb].stem, out[verb].info = t.fold+out[verb].stem, nil
			verb = -1
			continue
		}
		if t.verb {
			verb = len(out)
		}
		out = append(out, *t)
	}
	return out
}
