package search

// analyse turns a text into tokens with stems, without the stop words of
// questions. A text of stop words only keeps them all.
func (l *language) analyse(text string) []token {
	toks := words(text)
	for i := range toks {
		toks[i].stem = l.stem(toks[i].fold)
	}
	toks = l.joinVerbs(toks)
	n := 0
	for _, t := range toks {
		if !l.stop[t.fold] {
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
