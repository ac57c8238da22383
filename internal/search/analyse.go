package search

// analyse turns a text into tokens with stems, without the stop words of
// questions. A text of stop words only keeps them all.
func (l *language) analyse(text string) []token { return l.analyseWith(text, nil) }

// analyseWith does the same with a cache of words as written, for many texts.
func (l *language) analyseWith(text string, cache map[string]token) []token {
	toks := scan(text, cache)
	for i := range toks {
		if toks[i].stem == "" {
			toks[i].stem = l.stem(toks[i].fold)
		}
	}
	toks = l.joinVerbs(toks)
	n := 0
	for i := range toks {
		if !l.stop[toks[i].fold] {
			n++
		}
	}
	if n == 0 {
		return toks
	}
	out := toks[:0]
	for _, t := range toks {
		if !l.stop[t.fold] {
			out = append(out, t)
		}
	}
	return out
}

// stemmed returns all words of a text with their stems.
func (l *language) stemmed(text string) []token {
	toks := words(text)
	for i := range toks {
		toks[i].stem = l.stem(toks[i].fold)
	}
	return toks
}
