package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/accounts/local"
	"stadttor/internal/app"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
)

// operator is who these verbs act as in the audit log.
var operator = perm.System{Name: "operator"}

type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Add somebody who signs in by a connected method, e.g. the house's own OpenID provider."`
	Invite staffInviteCmd `cmd:"" help:"Add somebody who signs in with e-mail address and password or passkey; prints his one-time link."`
	List   staffListCmd   `cmd:"" help:"List an authority's staff, with names."`
	Remove staffRemoveCmd `cmd:"" help:"Take somebody's access away for good, also the last administrator's."`
}

// ofTenant are the flags of verbs about one tenant.
type ofTenant struct {
	installation
	Tenant string `required:"" placeholder:"SLUG" help:"Tenant, e.g. torhausen."`
}

func (c ofTenant) with(ctx context.Context, fn func(*app.App, tenancy.Tenant) error) error {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	t, ok := a.Directory.TenantBySlug(c.Tenant)
	if !ok {
		return usage{fmt.Errorf("--tenant: there is no tenant %q", c.Tenant)}
	}
	if _, ok := a.Directory.DoorOf(t.ID); !ok {
		return usage{fmt.Errorf("--tenant: %s has no portal where staff could sign in (stadttor import realm)", c.Tenant)}
	}
	return fn(a, t)
}

// person are the flags of verbs that add somebody.
type person struct {
	Name string   `required:"" placeholder:"NAME" help:"Name as colleagues see it."`
	Role []string `required:"" placeholder:"ROLE[@UNIT]" help:"Role for the whole authority, or in one unit; may be given several times."`
}

func (p person) grants(a *app.App, t tenancy.Tenant) ([]perm.Grant, error) {
	if strings.TrimSpace(p.Name) == "" {
		return nil, usage{errors.New("--name: empty")}
	}
	return a.ParseGrants(t, p.Role)
}

const rolesHelp = `Roles: citizen-office, caseworker, lead, editor, form-designer, treasurer, auditor, administrator, realm-administrator (docs/operations/roles.md), and those the authority made itself. The first to let in is an administrator, in the authority that leads the realm a realm-administrator too; all others he lets in at /verwaltung/personal.

What stands on a command line is seen by other users of the machine and kept in the shell's history. Everything here is an entry of the audit log.`

type staffAddCmd struct {
	ofTenant
	person
	Method  string `required:"" placeholder:"NAME" help:"Name of the sign-in method, as connected under Verwaltung → Anmeldeverfahren for this authority's staff."`
	Subject string `required:"" placeholder:"ID" help:"Who he is there: the subject that the method gives (OpenID: sub; SAML: NameID or the attribute that was set)."`
	Replace bool   `help:"Of somebody who is there: take this name and exactly these roles."`
}

// Help is shown by stadttor staff add --help.
func (staffAddCmd) Help() string {
	return rolesHelp + `

Examples:
  stadttor staff add --tenant seenburg --method hausanmeldung --subject 8f3a2c --name "Wiebke Harmsdorf" --role administrator --config FILE
  stadttor staff add --tenant seenburg --method hausanmeldung --subject 77b1d0 --name "Jannes Uhlenbrock" --role caseworker@ordnungsamt --config FILE

Exit code 3: done, but the method is not connected yet, so nobody can sign in by it.`
}

// Run adds.
func (c *staffAddCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App, t tenancy.Tenant) error {
		if c.Method == local.Name {
			return usage{fmt.Errorf("--method: whoever signs in by %q is invited (stadttor staff invite)", local.Name)}
		}
		grants, err := c.grants(a, t)
		if err != nil {
			return err
		}
		same, err := a.AddStaff(ctx, operator, t, app.NewStaff{Method: c.Method, Subject: c.Subject, Name: pii.New(strings.TrimSpace(c.Name)), Grants: grants, Replace: c.Replace})
		if err != nil {
			return err
		}
		outcome := "saved"
		if same {
			outcome = "unchanged"
		}
		fmt.Printf("%s: %s\n", outcome, strings.Join(c.Role, ", "))
		if !a.Connected(t, c.Method) {
			fmt.Fprintf(os.Stderr, "The method %q is not connected for the staff of %s: nobody can sign in by it yet.\nAn administrator connects it at /verwaltung/anmeldeverfahren/personal; the first one comes by `stadttor staff invite`.\n", c.Method, t.Slug)
			return findings{1}
		}
		return nil
	})
}

type staffInviteCmd struct {
	ofTenant
	person
	Mail string `required:"" placeholder:"ADDRESS" help:"E-mail address with which he will sign in. No mail is sent."`
}

// Help is shown by stadttor staff invite --help.
func (staffInviteCmd) Help() string {
	return `Prints a link that is good once and for 72 hours: whoever has it becomes that member. Hand it over in person or by a way that only he reads. If the authority's staff cannot sign in with e-mail address yet, it can from now on.

` + rolesHelp + `

Example:
  stadttor staff invite --tenant seenburg --mail w.harmsdorf@seenburg.example --name "Wiebke Harmsdorf" --role administrator --role realm-administrator --config FILE`
}

// Run invites.
func (c *staffInviteCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App, t tenancy.Tenant) error {
		grants, err := c.grants(a, t)
		if err != nil {
			return err
		}
		link, err := a.InviteStaff(ctx, operator, t, pii.New(c.Mail), pii.New(strings.TrimSpace(c.Name)), grants)
		if err != nil {
			return err
		}
		fmt.Println(link.Reveal())
		return nil
	})
}

type staffListCmd struct {
	ofTenant
	JSON bool `help:"Print as JSON."`
}

// Help is shown by stadttor staff list --help.
func (staffListCmd) Help() string {
	return "Names are personal data: keep what is printed no longer than you need it. That you looked is an entry of the audit log.\n\nExample:\n  stadttor staff list --tenant seenburg --config FILE"
}

// listed is a member as printed.
type listed struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Method  string   `json:"method"`
	Subject string   `json:"subject"`
	Active  bool     `json:"active"`
	Roles   []string `json:"roles"`
}

// Run lists.
func (c *staffListCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App, t tenancy.Tenant) error {
		members, err := a.Accounts.MembersOf(ctx, operator, t)
		if err != nil {
			return err
		}
		out := []listed{}
		for _, m := range members {
			out = append(out, listed{string(m.ID), m.Name.Reveal(), m.Method, m.Subject.Reveal(), m.Active, rolesOf(a, t, m)})
		}
		if c.JSON {
			e := json.NewEncoder(os.Stdout)
			e.SetIndent("", " ")
			e.SetEscapeHTML(false)
			return e.Encode(out)
		}
		for _, m := range out {
			state := ""
			if !m.Active {
				state = " (blocked)"
			}
			fmt.Printf("%s  %-30s %-16s %s%s\n", m.ID, m.Name, m.Method, strings.Join(m.Roles, ", "), state)
		}
		fmt.Printf("%s: %d members of staff\n", t.Name, len(out))
		return nil
	})
}

type staffRemoveCmd struct {
	ofTenant
	ID string `arg:"" help:"Whom, as stadttor staff list prints it."`
}

// Help is shown by stadttor staff remove --help.
func (staffRemoveCmd) Help() string {
	return `His roles, sessions and credentials go, and open cases that he holds go back to their unit; his name stays with the files that say what he did. Who comes back is added as somebody new. Administrators do this at /verwaltung/personal; only here can the last one of an authority be removed. Removing somebody again changes nothing.

Example:
  stadttor staff list --tenant seenburg --config FILE
  stadttor staff remove 01KAPJ3M8Q4T6V9X2Y5Z7B1C3D --tenant seenburg --config FILE`
}

// Run removes.
func (c *staffRemoveCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App, t tenancy.Tenant) error {
		id := ident.StaffID(c.ID)
		if !ident.Valid(id) {
			return usage{errors.New("ID: not one that stadttor staff list prints")}
		}
		if err := a.Accounts.RemoveStaff(ctx, operator, t, id); err != nil {
			return err
		}
		fmt.Println("removed")
		return nil
	})
}

// rolesOf writes grants as --role takes them; a service stands behind a colon.
func rolesOf(a *app.App, t tenancy.Tenant, m accounts.Member) []string {
	out := []string{}
	for _, g := range m.Grants {
		text := string(g.Role)
		if u, ok := a.Directory.Unit(t.ID, g.Unit); ok {
			text += "@" + u.Slug
		}
		if g.Service != "" {
			text += ":" + g.Service
		}
		out = append(out, text)
	}
	return out
}
