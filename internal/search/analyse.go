package search

// analyse turns a text into tokens with stems, without the stop words of
// questions. A text of stop words only keeps them all.
func (l *language) analyse(text string) []token { return l.telling(words(text)) }

// telling does the same with the words of a text, in their place.
func (l *language) telling(toks []token) []token {
	toks = joinVerbs(l.known(toks))
	n := 0
	for i := range toks {
		if !toks[i].stop {
			toks[n] = toks[i]
			n++
		}
	}
	if n == 0 {
		return toks
	}
	return toks[:n]
}

// known looks up the words of which nothing is known yet.
func (l *language) known(toks []token) []token {
	for i := range toks {
		if toks[i].stem == "" {
			l.know(&toks[i])
		}
	}
	return toks
}

// know looks up what the lists say of a word as it is folded.
func (l *language) know(t *token) {
	t.stem = l.stem(t.fold)
	t.traits = traits{stop: l.stop[t.fold], verb: l.verb[t.stem] && t.fold != t.stem+"ung", particle: particle(t.fold)}
}

// stemmed returns all words of a text with their stems.
func (l *language) stemmed(text string) []token { return l.known(words(text)) }
