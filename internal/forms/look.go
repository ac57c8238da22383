package forms

import (
	"net/url"

	"stadttor/internal/money"
)

// Look is one look at a form with these answers and surroundings: the journey and what follows from it are worked out
// once, whatever is asked. Neither answers nor surroundings may change while it is used; it belongs to one goroutine.
type Look struct {
	r     *run
	pages []Page
	final Answers
}

// Look begins to look; nothing is worked out before it is asked for.
func (d *Definition) Look(a Answers, e Env) *Look { return &Look{r: newRun(d, a, e)} }

// Answers are those that are looked at. They are not to be changed.
func (l *Look) Answers() Answers { return l.r.a }

// Journey is Definition.Journey. It is not to be changed.
func (l *Look) Journey() []Page { return l.journey() }

// Page is Definition.Page.
func (l *Look) Page(id string) (Page, bool) { return l.r.page(id, l.journey()) }

// Follow is Definition.Follow.
func (l *Look) Follow(page string, in url.Values) string { return l.r.follow(page, in, l.journey()) }

// Accept is Definition.Accept.
func (l *Look) Accept(page string, in url.Values, files map[string][]File) (Answers, []Problem) {
	p, ok := l.Page(page)
	if !ok {
		return l.r.a, []Problem{{Page: page, Code: "page-unknown", Text: messages["page-unknown"]}}
	}
	return l.r.d.accept(p, in, files, l.r.a, l.r.e)
}

func (l *Look) journey() []Page {
	if l.pages == nil {
		l.pages = l.r.journey()
	}
	return l.pages
}

// Check is Definition.Check.
func (l *Look) Check() []Problem { return l.r.check(l.journey()) }

// Final is Definition.Final. It is not to be changed.
func (l *Look) Final() Answers {
	if l.final == nil {
		l.final = l.r.final(l.journey())
	}
	return l.final
}

// Fee is Definition.Fee.
func (l *Look) Fee() (money.Amount, []FeeLine, error) {
	if len(l.r.d.Fees) == 0 {
		return 0, nil, nil // whatever calculation elsewhere left its bounds
	}
	return l.r.fee()
}

// Export is Definition.Export.
func (l *Look) Export() (*Export, error) { return newRun(l.r.d, l.Final(), l.r.e).export() }

// Texts fills the placeholders of Intro, Needs, Legal or Next.
func (l *Look) Texts(list []string) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = l.r.expand(t, place{})
	}
	return out
}

// Summary is Definition.Summary.
func (l *Look) Summary() []Section { return l.r.summary(l.journey()) }
