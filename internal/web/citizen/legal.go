package citizen

import (
	"time"

	"github.com/a-h/templ"

	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// imprint serves GET /impressum (§ 5 DDG, § 18 Abs. 2 MStV).
func (s *Server) imprint(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title = v.t("ui.legal.imprint")
	i, c := v.door.Portal.Imprint, v.door.Tenant.Contact
	provider := i.Provider
	if provider == "" {
		provider = v.door.Tenant.Name
	}
	facts := []ui.Fact{{Name: v.t("citizen.imprint.provider"), Values: append([]string{provider}, addressLines(c)...)}}
	for _, f := range []struct{ key, value string }{
		{"citizen.imprint.form", i.LegalForm},
		{"citizen.imprint.represented", i.RepresentedBy},
		{"citizen.imprint.supervisory", i.Supervisory},
		{"citizen.imprint.responsible", i.Responsible},
	} {
		if f.value != "" {
			facts = append(facts, ui.Fact{Name: v.t(f.key), Values: []string{f.value}})
		}
	}
	return imprintView(v.page, v, facts, i.Paragraphs), nil
}

// privacy serves GET /datenschutz (Art. 13 DSGVO).
func (s *Server) privacy(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title = v.t("ui.legal.privacy")
	return privacyView(v.page, v, v.door.Portal.Privacy), nil
}

// accessPage is the accessibility statement.
type accessPage struct {
	tenancy.Accessibility
	Verdict string // the status in a sentence
	Day     string // of the statement
}

// accessibility serves GET /barrierefreiheit (§ 7 BITV 2.0; model of
// Durchführungsbeschluss (EU) 2018/1523).
func (s *Server) accessibility(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title = v.t("ui.legal.accessibility")
	p := accessPage{Accessibility: v.door.Portal.Accessibility}
	switch p.Status {
	case "vollständig":
		p.Verdict = v.t("citizen.access.full")
	case "nicht vereinbar":
		p.Verdict = v.t("citizen.access.not")
	default: // a statement without a status claims nothing more than partly
		p.Verdict = v.t("citizen.access.partly")
	}
	if d, err := time.Parse(time.DateOnly, p.Date); err == nil {
		p.Day = v.page.Printer().Date(d.Add(12 * time.Hour))
	}
	if p.Feedback.Mail == "" && p.Feedback.Phone == "" {
		p.Feedback = v.door.Tenant.Contact
	}
	return accessView(v.page, v, p), nil
}

// simple serves GET /leichte-sprache: what the portal offers, in Leichte
// Sprache, with the way to turn it on for the frame of all pages (§ 4 BITV 2.0).
func (s *Server) simple(v *visit, _, _ string) (templ.Component, error) {
	on := v.page.Lang == locale.Leicht
	if v.page.Lang == locale.German {
		v.page.Lang = locale.Leicht
		v.page.Portal = s.c.Gate.Frame(v.door, locale.Leicht)
	}
	v.page.Title = v.t("citizen.simple.title")
	return simpleView(v.page, v, on), nil
}

// sign serves GET /gebaerdensprache.
func (s *Server) sign(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title = v.t("citizen.sign.title")
	return signView(v.page, v), nil
}

func addressLines(c tenancy.Contact) (out []string) {
	for _, l := range []string{c.Building, c.Street, c.PLZ + " " + c.City} {
		if l != "" && l != " " {
			out = append(out, l)
		}
	}
	return out
}
