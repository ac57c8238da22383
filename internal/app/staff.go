package app

import (
	"context"
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// ParseGrants reads roles as an operator writes them: ROLE for all units,
// ROLE@UNIT for one. Errors: Invalid with the role.
func (a *App) ParseGrants(t tenancy.Tenant, roles []string) (out []perm.Grant, err error) {
	var bad []errs.Field
	for _, text := range roles {
		role, unit, only := strings.Cut(text, "@")
		g := perm.Grant{Role: perm.Role(role)}
		if only {
			units := a.Directory.Units(t.ID)
			i := slices.IndexFunc(units, func(u tenancy.Unit) bool { return u.Slug == unit })
			if i < 0 {
				bad = append(bad, errs.Field{Name: text, Literal: "no unit " + unit + " in " + t.Slug})
				continue
			}
			g.Unit = units[i].ID
		}
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	if len(bad) > 0 {
		return nil, errs.Invalid("", bad...)
	}
	return out, nil
}

// NewStaff is a member whom the operator adds.
type NewStaff struct {
	Method, Subject string // how he signs in and as whom
	Name            pii.Text
	Grants          []perm.Grant
	Replace         bool // of somebody who is there: take this name and exactly these roles
}

// AddStaff adds a member to a tenant's staff. Somebody who is there already
// stays as he is unless x.Replace: same says that he was like this. The
// operator may. Errors: Invalid for somebody who is there otherwise and for a
// role that there is not.
func (a *App) AddStaff(ctx context.Context, actor perm.System, t tenancy.Tenant, x NewStaff) (same bool, err error) {
	list, err := a.Accounts.MembersOf(ctx, actor, t)
	if err != nil {
		return false, err
	}
	for _, m := range list {
		if m.Method != x.Method || m.Subject.Reveal() != x.Subject {
			continue
		}
		key := func(g perm.Grant) string { return string(g.Role) + "@" + string(g.Unit) + "@" + g.Service }
		keys := func(list []perm.Grant) (out []string) {
			for _, g := range list {
				out = append(out, key(g))
			}
			slices.Sort(out)
			return out
		}
		same = m.Name.Reveal() == x.Name.Reveal() && slices.Equal(keys(m.Grants), keys(x.Grants))
		if same {
			return true, nil
		}
		if !x.Replace {
			return false, refused("subject", "is there already, with another name or other roles; --replace gives these")
		}
	}
	_, err = a.Accounts.SaveStaff(ctx, actor, t, x.Method, x.Subject, x.Name, x.Grants)
	return false, err
}

// Connected reports whether the staff of a tenant can sign in by a method.
func (a *App) Connected(t tenancy.Tenant, method string) bool {
	door, ok := a.Directory.DoorOf(t.ID)
	return ok && slices.ContainsFunc(a.Accounts.Methods(accounts.KindStaff, door), func(m accounts.Named) bool { return m.Name == method })
}

// InviteStaff adds a member who will have an access of our own (e-mail address
// with password or passkey) and gives the one-time link with which he makes it,
// for the operator to hand over. No mail is sent. Errors: as local.Invite.
func (a *App) InviteStaff(ctx context.Context, actor perm.System, t tenancy.Tenant, mail, name pii.Text, grants []perm.Grant) (link pii.Text, err error) {
	in, err := a.Local.Invite(ctx, actor, t, local.Invitation{Mail: mail, Name: name, Grants: grants, Lang: "de", ByHand: true})
	return in.Link, err
}
