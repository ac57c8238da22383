// Package loginstest is what every sign-in method must stand (Run), and a
// browser without pages that plays a whole sign-in against the verbs.
package loginstest

import (
	"context"
	"errors"
	"net/url"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
)

// Base is the address of a host in these tests.
func Base(door tenancy.Door) string { return "http://" + door.Portal.Host }

// Browser plays a browser: it keeps cookies and goes where it is sent.
type Browser struct {
	Service   *accounts.Service
	Directory *tenancy.Directory
	// Answer is the person's part at the method: it gives what comes back.
	Answer func(accounts.Begun) url.Values
	// Cookies by host: of the sign-in and of the session.
	Login, Session map[string]string
}

// New opens a browser without cookies.
func New(s *accounts.Service, d *tenancy.Directory, answer func(accounts.Begun) url.Values) *Browser {
	return &Browser{Service: s, Directory: d, Answer: answer, Login: map[string]string{}, Session: map[string]string{}}
}

// Visitor is the browser as the account host sees it.
func (b *Browser) Visitor(host tenancy.Door) accounts.Visitor {
	return accounts.Visitor{Browser: b.Login[host.Portal.Host], Session: b.Session[host.Portal.Host]}
}

// Asked says that a method was asked on the way; SignIn without it went by a
// sign-in that was there.
type Asked bool

// Begin goes from a portal to the account host. It ends with a way (Ticket) or
// with Leave.
func (b *Browser) Begin(ctx context.Context, portal tenancy.Door, w accounts.Wish) (host tenancy.Door, a accounts.Arrival, err error) {
	host, ok := b.Directory.AccountDoor(portal.Realm.ID)
	if !ok {
		return host, a, errors.New("the realm has no account host")
	}
	req, cookie, err := b.Service.AskHost(ctx, portal, b.Login[portal.Portal.Host], w)
	if err != nil {
		return host, a, err
	}
	b.Login[portal.Portal.Host] = cookie
	if req, err = accounts.ParseRequest(req.Values()); err != nil {
		return host, a, err
	}
	if a, err = b.Service.Arrive(ctx, host, b.Visitor(host), req); err == nil && a.Leave == nil {
		b.Login[host.Portal.Host] = a.Browser
	}
	return host, a, err
}

// Try goes through a method on a way.
func (b *Browser) Try(ctx context.Context, host tenancy.Door, ticket, method string) (accounts.Outcome, error) {
	begun, err := b.Service.TryMethod(ctx, host, b.Visitor(host), Base(host), ticket, method)
	if err != nil {
		return accounts.Outcome{Ticket: ticket}, err
	}
	o, err := b.Service.Answer(ctx, host, b.Visitor(host), Base(host), method, b.Answer(begun))
	if err == nil && !o.Ask {
		b.Session[host.Portal.Host] = o.Secret
	}
	return o, err
}

// Return goes back to the portal.
func (b *Browser) Return(ctx context.Context, portal tenancy.Door, l *accounts.Leave) (accounts.Entry, error) {
	e, err := b.Service.TakeCode(ctx, portal, b.Login[portal.Portal.Host], l.State, l.Code, b.Session[portal.Portal.Host])
	if err == nil {
		b.Session[portal.Portal.Host] = e.Secret
	}
	return e, err
}

// SignIn plays the whole way of a citizen; it gives the portal's session.
func (b *Browser) SignIn(ctx context.Context, portal tenancy.Door, method string, level perm.Level) (e accounts.Entry, asked Asked, err error) {
	return b.Go(ctx, portal, method, accounts.Wish{Level: level, ReturnPath: "/konto"})
}

// Go is SignIn with a wish.
func (b *Browser) Go(ctx context.Context, portal tenancy.Door, method string, w accounts.Wish) (e accounts.Entry, asked Asked, err error) {
	host, a, err := b.Begin(ctx, portal, w)
	if err != nil {
		return e, false, err
	}
	leave := a.Leave
	if leave == nil {
		asked = true
		o, err := b.Try(ctx, host, a.Ticket, method)
		if err != nil {
			return e, true, err
		}
		if o.Ask {
			return e, true, errors.New("asks whether two accounts are one")
		}
		leave = o.Leave
	}
	e, err = b.Return(ctx, portal, leave)
	return e, asked, err
}

// SignInStaff plays the way of a member of staff; it gives his session.
func (b *Browser) SignInStaff(ctx context.Context, portal tenancy.Door, method, path string) (secret, returnPath string, err error) {
	host := portal.Portal.Host
	begun, cookie, err := b.Service.BeginStaff(ctx, portal, b.Login[host], method, Base(portal)+"/verwaltung/anmelden/zurueck/"+method, path)
	if err != nil {
		return "", "", err
	}
	b.Login[host] = cookie
	return b.Service.FinishStaff(ctx, portal, cookie, method, "", b.Answer(begun))
}
