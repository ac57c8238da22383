package citizen

import (
	"net/url"
	"strconv"

	"stadttor/internal/ident"
	"stadttor/internal/search"
)

// kinds in the order of the facets, with their name in addresses.
var kinds = []struct {
	kind search.Kind
	name string
}{
	{search.KindService, "leistung"},
	{search.KindSituation, "lebenslage"},
	{search.KindFacility, "einrichtung"},
	{search.KindPerson, "kontakt"},
}

// hitsPerPage is the length of a result page.
const hitsPerPage = 15

// searchQuery is what a result page was asked.
type searchQuery struct {
	Text       string
	Kind       search.Kind // "": all
	Life       string      // slug of a life situation; "": all
	Online     bool        // only what can be done on-line
	Who        string      // who is responsible, as facts names them; "": all
	Page       int         // 1-based
	Everywhere bool
}

// parseSearch reads the address. Whatever it holds, it is a question.
func parseSearch(q url.Values) searchQuery {
	out := searchQuery{Text: cleanQuery(q.Get("q")), Everywhere: q.Get("portale") == "alle", Online: q.Get("online") == "ja", Page: 1}
	if ident.Slug(q.Get("lage")) {
		out.Life = q.Get("lage")
	}
	if ident.Slug(q.Get("stelle")) {
		out.Who = q.Get("stelle")
	}
	for _, k := range kinds {
		if q.Get("art") == k.name {
			out.Kind = k.kind
		}
	}
	if n, err := strconv.Atoi(q.Get("seite")); err == nil && n > 1 {
		out.Page = min(n, search.MaxOffset/hitsPerPage)
	}
	return out
}

// address is the address of a result page.
func (q searchQuery) address() string { return "/suche?" + q.values().Encode() }

// values are the parts of the address.
func (q searchQuery) values() url.Values {
	v := url.Values{"q": {q.Text}}
	for _, k := range kinds {
		if q.Kind == k.kind {
			v.Set("art", k.name)
		}
	}
	if q.Life != "" {
		v.Set("lage", q.Life)
	}
	if q.Online {
		v.Set("online", "ja")
	}
	if q.Who != "" {
		v.Set("stelle", q.Who)
	}
	if q.Page > 1 {
		v.Set("seite", strconv.Itoa(q.Page))
	}
	if q.Everywhere {
		v.Set("portale", "alle")
	}
	return v
}

func (q searchQuery) at(page int) string { q.Page = page; return q.address() }

// with is the address of the same question, changed; it begins on page 1.
func (q searchQuery) with(change func(*searchQuery)) string {
	q.Page = 1
	change(&q)
	return q.address()
}

func (q searchQuery) of(kind search.Kind) string {
	return q.with(func(q *searchQuery) { q.Kind = kind })
}

// asking is another question, narrowed down by nothing.
func (q searchQuery) asking(text string) string {
	return searchQuery{Text: text, Everywhere: q.Everywhere}.address()
}
