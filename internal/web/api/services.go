package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"stadttor/internal/catalogue"
)

// ServiceLine is one service in the list.
type ServiceLine struct {
	ID      string `json:"id"`
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	URL     string `json:"url" doc:"Pfad der Seite auf diesem Portal"`
	LeiKa   string `json:"leika" doc:"LeiKa-Schlüssel, 14 Ziffern, oder leer"`
	Level   string `json:"level" enum:"gemeinde,kreis,land,bund" doc:"Ebene, die die Leistung erbringt"`
	Offered bool   `json:"offered" doc:"wird von dieser Behörde selbst erbracht"`
	Online  bool   `json:"online" doc:"kann online erledigt werden"`
}

type servicesOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Services []ServiceLine `json:"services" doc:"alle Leistungen, alphabetisch"`
	}
}

// ServiceDetail is one service with its text modules. Texts are HTML of the
// whitelist of the Portalverbund.
type ServiceDetail struct {
	ServiceLine
	Official      string            `json:"official,omitempty" doc:"amtliche Bezeichnung"`
	Synonyms      []string          `json:"synonyms,omitempty"`
	Situations    []string          `json:"situations,omitempty" doc:"Lebenslagen"`
	Trust         string            `json:"trust,omitempty" doc:"Vertrauensniveau des Online-Dienstes"`
	ApplyURL      string            `json:"apply_url,omitempty" doc:"hier beginnt der Online-Antrag"`
	Texts         map[string]string `json:"texts" doc:"Textmodule als HTML: short, full, requirements, documents, fees, deadlines, duration, procedure, legal, notes, more, responsible, contact, remedy"`
	Documents     []ServiceDocument `json:"documents,omitempty"`
	Fees          []ServiceFee      `json:"fees,omitempty"`
	Deadlines     []ServiceDeadline `json:"deadlines,omitempty"`
	Links         []ServiceLink     `json:"links,omitempty"`
	Unit          *ServiceUnit      `json:"unit,omitempty" doc:"zuständige Organisationseinheit dieser Behörde"`
	ResponsibleAt []ServiceTenant   `json:"responsible_at,omitempty" doc:"andere Behörden im Verbund, die die Leistung erbringen"`
}

// ServiceDocument is a paper that is asked for.
type ServiceDocument struct {
	Name     string `json:"name"`
	Note     string `json:"note,omitempty" doc:"HTML"`
	Optional bool   `json:"optional"`
}

// ServiceFee is a fee; amounts are in cents.
type ServiceFee struct {
	Text string `json:"text,omitempty"`
	From int64  `json:"from_cents"`
	To   int64  `json:"to_cents,omitempty" doc:"bei einem Rahmen die Obergrenze"`
	Free bool   `json:"free"`
	Show string `json:"show" doc:"der Betrag, wie ihn die Seite zeigt"`
}

// ServiceDeadline is a time limit.
type ServiceDeadline struct {
	Text string `json:"text,omitempty"`
	Span string `json:"span,omitempty"`
}

// ServiceLink leads to more.
type ServiceLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// ServiceUnit is the unit in charge.
type ServiceUnit struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// ServiceTenant is another authority of the realm.
type ServiceTenant struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	Host string `json:"host"`
}

type serviceInput struct {
	Slug string `path:"slug" doc:"Name der Leistung in der Adresse"`
}

type serviceOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         ServiceDetail
}

const publicMinute = "public, max-age=60"

// services serves GET /api/v1/services and GET /api/v1/services/{slug}.
func (s *Server) services(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "services", Method: http.MethodGet, Path: "/api/v1/services", Summary: "Alle Leistungen", Tags: []string{"Leistungen"},
		Errors: []int{http.StatusTooManyRequests},
	}, func(ctx context.Context, _ *struct{}) (*servicesOutput, error) {
		view, err := s.view(ctx)
		if err != nil {
			return nil, refuse(err)
		}
		out := &servicesOutput{CacheControl: publicMinute}
		items := view.Services()
		out.Body.Services = make([]ServiceLine, len(items))
		for i, it := range items {
			out.Body.Services[i] = lineOf(it)
		}
		return out, nil
	})
	huma.Register(a, huma.Operation{
		OperationID: "service", Method: http.MethodGet, Path: "/api/v1/services/{slug}", Summary: "Eine Leistung", Tags: []string{"Leistungen"},
		Errors: []int{http.StatusNotFound, http.StatusTooManyRequests},
	}, func(ctx context.Context, in *serviceInput) (*serviceOutput, error) {
		view, err := s.view(ctx)
		if err != nil {
			return nil, refuse(err)
		}
		p, ok := view.Service(in.Slug)
		if !ok {
			return nil, huma.Error404NotFound("api.service")
		}
		return &serviceOutput{publicMinute, s.detail(p)}, nil
	})
}

func lineOf(it catalogue.Item) ServiceLine {
	return ServiceLine{ID: it.ID, Slug: it.Slug, Title: it.Title, URL: "/leistungen/" + it.Slug, LeiKa: it.LeiKa, Level: it.Level, Offered: it.Offered, Online: it.Online}
}

func (s *Server) detail(p catalogue.Page) ServiceDetail {
	d := ServiceDetail{
		ServiceLine: ServiceLine{ID: p.ID, Slug: p.Slug, Title: p.Title, URL: "/leistungen/" + p.Slug, LeiKa: p.LeiKa, Level: p.Level, Offered: p.Offered, Online: p.Form != "" || p.FormURL != ""},
		Official:    p.Official, Synonyms: p.Synonyms, Situations: p.Situations, Trust: p.Trust, ApplyURL: p.FormURL, Texts: map[string]string{},
	}
	if p.Form != "" && p.Offered {
		d.ApplyURL = "/antrag/" + p.Form
	}
	for name, text := range map[string]string{
		"short": p.Short, "full": p.Full, "requirements": p.Requirements, "documents": p.DocumentText, "fees": p.FeeText, "deadlines": p.DeadlineText,
		"duration": p.Duration, "procedure": p.Procedure, "legal": p.Legal, "notes": p.Notes, "more": p.More, "responsible": p.Responsible, "contact": p.Contact, "remedy": p.Remedy,
	} {
		if text != "" {
			d.Texts[name] = text
		}
	}
	for _, x := range p.Documents {
		d.Documents = append(d.Documents, ServiceDocument(x))
	}
	for _, f := range p.Fees {
		d.Fees = append(d.Fees, ServiceFee{Text: f.Text, From: int64(f.From), To: int64(f.To), Free: f.Free, Show: f.Amount()})
	}
	for _, x := range p.Deadlines {
		d.Deadlines = append(d.Deadlines, ServiceDeadline(x))
	}
	for _, x := range p.Links {
		d.Links = append(d.Links, ServiceLink(x))
	}
	if p.Unit != nil {
		d.Unit = &ServiceUnit{Slug: p.Unit.Slug, Name: p.Unit.Name, URL: "/einrichtungen/" + p.Unit.Slug}
	}
	for _, id := range p.Elsewhere {
		if door, ok := s.c.Directory.DoorOf(id); ok {
			d.ResponsibleAt = append(d.ResponsibleAt, ServiceTenant{Slug: door.Tenant.Slug, Name: door.Tenant.Name, Host: door.Portal.Host})
		}
	}
	return d
}
