package citizen

import (
	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// portalLink is another portal of the realm, with the address of a page there.
type portalLink struct {
	Tenant tenancy.Tenant
	Name   string // "Kreis Musterland"
	URL    string
	Kreis  bool
}

// portalOf gives the address of a path at a tenant's portal.
func (s *Server) portalOf(t ident.TenantID, path string) (portalLink, bool) {
	d, ok := s.c.Directory.DoorOf(t)
	if !ok {
		return portalLink{}, false
	}
	return s.atDoor(d, path), true
}

func (s *Server) atDoor(d tenancy.Door, path string) portalLink {
	return portalLink{Tenant: d.Tenant, Name: d.Tenant.Name, URL: s.c.Gate.Base(d.Portal) + path, Kreis: d.Tenant.Kind == tenancy.KindKreis}
}

// portals lists the portals of tenants, in the given order.
func (s *Server) portals(ids []ident.TenantID, path string) (out []portalLink) {
	for _, id := range ids {
		if l, ok := s.portalOf(id, path); ok {
			out = append(out, l)
		}
	}
	return out
}

// whoText says in a few words who does a service: for lists.
func (s *Server) whoText(p ui.Page, v *catalogue.View, it catalogue.Item) string {
	unit, elsewhere := v.Charge(it.ID)
	switch {
	case unit != nil:
		return unit.Name
	case it.Offered:
		return v.Tenant.Name
	}
	var names []string
	for _, l := range s.portals(elsewhere, "") {
		if l.Kreis {
			return l.Name
		}
		names = append(names, l.Name)
	}
	switch {
	case len(names) == 1:
		return names[0]
	case len(names) > 1 && v.Tenant.Kind == tenancy.KindKreis:
		return p.T("citizen.who.municipalities")
	case len(names) > 1:
		return p.T("citizen.who.neighbours")
	case it.Level == catalogue.LevelLand:
		return p.T("citizen.who.land")
	case it.Level == catalogue.LevelBund:
		return p.T("citizen.who.bund")
	}
	return p.T("citizen.who.elsewhere")
}

// onlineHere reports whether the portal itself takes the application on-line,
// or the responsible authority elsewhere does.
func onlineHere(it catalogue.Item) bool {
	return it.Online && (it.Offered || it.Level == catalogue.LevelLand || it.Level == catalogue.LevelBund)
}
