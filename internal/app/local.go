package app

import (
	"context"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/mail"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
)

// openLocal builds the accounts of our own. Mails go out by the service that
// openMail makes later.
func (a *App) openLocal() {
	a.Local = local.New(local.Config{DB: a.DB, Directory: a.Directory, Site: a.localSite,
		Send: func(ctx context.Context, tx *db.Tx, m mail.Message) error { return a.Mail.Queue(ctx, tx, m) },
		EndSessions: func(ctx context.Context, tx *db.Tx, x local.Scope, holder, but string) error {
			if x.Staff() {
				return accounts.EndStaff(ctx, tx, ident.StaffID(holder), but)
			}
			return accounts.EndOthers(ctx, tx, but)
		},
		AddStaff: func(ctx context.Context, tx *db.Tx, actor perm.Actor, subject string, name pii.Text, list []perm.Grant) (ident.StaffID, error) {
			return a.Accounts.AddStaff(ctx, tx, actor, local.Name, subject, name, list)
		},
		Managed: func(ctx context.Context, tx *db.Tx, actor perm.Actor, id ident.StaffID) (string, error) {
			return a.Accounts.Managed(ctx, tx, actor, local.Name, id)
		},
	})
}

// localSite is where the pages of a scope lie: the account host of a realm, or
// the portal of the authority whose staff signs in.
func (a *App) localSite(x local.Scope) (s local.Site, err error) {
	if x.Staff() {
		door, ok := a.Directory.DoorOf(x.Tenant)
		if !ok {
			return s, errs.NotFound("portal of tenant", x.Tenant)
		}
		return local.Site{Base: a.base(door.Portal), Path: "/verwaltung", Name: door.Tenant.Name, Words: []string{door.Portal.Look.Name, door.Tenant.ShortName}}, nil
	}
	door, ok := a.Directory.AccountDoor(x.Realm)
	if !ok {
		return s, errs.NotFound("account host of realm", x.Realm)
	}
	s = local.Site{Base: a.base(door.Portal), Name: door.Realm.Name}
	for _, t := range a.Directory.Tenants(x.Realm) {
		s.Words = append(s.Words, t.Name)
		if d, ok := a.Directory.DoorOf(t.ID); ok {
			s.Words = append(s.Words, d.Portal.Look.Name)
		}
	}
	return s, nil
}
