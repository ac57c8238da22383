package search

import (
	"sort"
)

// explain says in a few words why a document was found: the strongest way of
// the most important word.
func (c *Corpus) explain(p *plan, d uint32) string {
	var out string
	var bestV float32
	try := func(v float32, text func() string) {
		if v > bestV {
			bestV, out = v, text()
		}
	}
	for i := range p.slots {
		s := &p.slots[i]
		for _, m := range s.concepts {
			if s.importance*m.factor <= bestV {
				break // even in a title; the others are weaker still
			}
			if post, ok := in(c.about(m.concept), d); ok {
				try(s.importance*post.quality()*m.factor, func() string {
					return m.v.phrases[m.phrase].text + " → " + m.v.names[m.concept]
				})
			}
		}
		for _, alts := range append([][]alt{s.alts}, s.parts...) {
			for _, a := range alts {
				if s.importance*a.factor*wordsFirst <= bestV {
					continue
				}
				head, body := c.lookup(a.stem)
				post, ok := in(head, d)
				if !ok {
					post, ok = in(body, d)
				}
				if ok {
					try(s.importance*post.quality()*a.factor*wordsFirst, func() string { return post.why.german() + ": " + s.text + a.german() })
				}
			}
		}
	}
	if out == "" && p.digits != "" {
		return "Nummer: " + p.digits
	}
	if out == "" && len(p.placeName) > 0 {
		return "Ort: " + p.placeName[0]
	}
	return out
}

// wordsFirst lets the words themselves explain a document rather than an equally strong meaning.
const wordsFirst = 1.001

func (a alt) german() string {
	if a.note == "" {
		return ""
	}
	return " (" + a.note + ")"
}

func (r reason) german() string {
	switch r {
	case inTitle, inTitlePart:
		return "Titel"
	case inKeyword, inKeywordPart:
		return "Stichwort"
	case inOfficialName:
		return "Amtlicher Name"
	case inLead:
		return "Kurztext"
	case inBody:
		return "Text"
	}
	return "Thema"
}

// in finds the posting of a document.
func in(posts []posting, d uint32) (posting, bool) {
	i := sort.Search(len(posts), func(i int) bool { return posts[i].doc >= d })
	if i < len(posts) && posts[i].doc == d {
		return posts[i], true
	}
	return posting{}, false
}
