package citizen

import (
	"net/url"

	"github.com/a-h/templ"

	"stadttor/internal/catalogue"
	"stadttor/internal/web/ui"
)

// servicesPage is the list from A to Z.
type servicesPage struct {
	Letters []ui.Letter
	Groups  []letterGroup
	Count   int
	Online  bool // only what can be done on-line
	Title   string
}

// letterGroup is one letter with its services.
type letterGroup struct {
	Letter, ID string
	Lines      []serviceLine
}

// serviceLine is one service in a list.
type serviceLine struct {
	Title, URL, Who string
	Online, Offered bool
}

const variantOnline = "online=ja"

// servicesVariant: the list has two faces, all services or those on-line.
func servicesVariant(q url.Values) string {
	if q.Get("online") == "ja" {
		return variantOnline
	}
	return ""
}

// services serves GET /leistungen.
func (s *Server) services(v *visit, _, variant string) (templ.Component, error) {
	p := servicesPage{Online: variant == variantOnline}
	v.page.Title, v.page.Nav = v.t("citizen.services.title"), ui.NavServices
	v.page.Description = v.t("citizen.services.description", "name", v.door.Tenant.Name)
	if p.Online {
		v.page.Title = v.t("citizen.services.titleonline")
	}
	byLetter := map[string]int{}
	for _, it := range v.view.Services() {
		if p.Online && !onlineHere(it) {
			continue
		}
		l := catalogue.Letter(it.Title)
		at, ok := byLetter[l]
		if !ok {
			at = len(p.Groups)
			byLetter[l] = at
			p.Groups = append(p.Groups, letterGroup{Letter: l, ID: letterID(l)})
		}
		line := s.line(v, it)
		if it.Offered {
			line.Who = "" // the unit of each own service would make the list unreadable
		}
		p.Groups[at].Lines = append(p.Groups[at].Lines, line)
		p.Count++
	}
	for r := 'A'; r <= 'Z'; r++ {
		l := ui.Letter{Letter: string(r)}
		if _, ok := byLetter[l.Letter]; ok {
			l.URL = "#" + letterID(l.Letter)
		}
		p.Letters = append(p.Letters, l)
	}
	if _, ok := byLetter["0–9"]; ok {
		p.Letters = append(p.Letters, ui.Letter{Letter: "0–9", URL: "#" + letterID("0–9")})
	}
	return servicesView(v.page, v, p), nil
}

func letterID(l string) string {
	if l == "0–9" {
		return "buchstabe-ziffern"
	}
	return "buchstabe-" + l
}

func (s *Server) line(v *visit, it catalogue.Item) serviceLine {
	return serviceLine{Title: it.Title, URL: "/leistungen/" + it.Slug, Who: s.whoText(v.page, v.view, it), Online: onlineHere(it), Offered: it.Offered}
}
