package app

import (
	"slices"

	"stadttor/internal/errs"
	"stadttor/internal/web/account"
	"stadttor/internal/web/admin"
	"stadttor/internal/web/api"
	"stadttor/internal/web/citizen"
	"stadttor/internal/web/staff"
	"stadttor/internal/web/ui"
)

var errCrossOrigin = errs.Forbidden("error.cross-origin")

// doors builds all doors; their routes are everything that people and partners
// can reach, on portals and on account hosts.
func (a *App) doors() (portal, accountHost []ui.Route) {
	op := a.openProvider()
	c := citizen.New(citizen.Config{Catalogue: a.Catalogue, Directory: a.Directory, Gate: a.Gate, Now: a.DB.Now,
		Accounts: a.Accounts, Cases: a.Cases, Forms: a.forms, Payments: a.Payments, Relevance: a.Relevance})
	a.changed = append(a.changed, c.DirectoryChanged)
	return slices.Concat(c.Routes(),
		staff.New(staff.Config{Accounts: a.Accounts, Local: a.Local, Cases: a.Cases, Catalogue: a.Catalogue, Forms: a.Shelf, Directory: a.Directory, Gate: a.Gate, Now: a.DB.Now}).Routes(),
		admin.New(admin.Config{DB: a.DB, Accounts: a.Accounts, Local: a.Local, Provider: op, Catalogue: a.Catalogue, Relevance: a.Relevance, Forms: a.Shelf, Payments: a.Payments, Delivery: a.Delivery, Directory: a.Directory, Gate: a.Gate, Now: a.DB.Now, Outbox: a.Outbox}).Routes(),
		api.New(api.Config{Catalogue: a.Catalogue, Directory: a.Directory, Now: a.DB.Now, Version: a.o.Version}).Routes(),
	), account.New(account.Config{Accounts: a.Accounts, Local: a.Local, Provider: op, Cases: a.Cases, Exporters: a.exporters(), Services: a.onlineServices, Directory: a.Directory, Gate: a.Gate, Now: a.DB.Now}).Routes()
}
