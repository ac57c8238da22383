package app

import (
	"stadttor/internal/accounts"
	logindemo "stadttor/internal/accounts/demo"
	"stadttor/internal/accounts/oidc"
	"stadttor/internal/accounts/saml"
	"stadttor/internal/delivery"
	"stadttor/internal/delivery/folder"
	"stadttor/internal/payments"
)

// One line per extension. The demo ones exist only in `stadttor demo`.

// logins are the sign-in methods that are part of the program.
func (a *App) logins() []accounts.Named {
	var list []accounts.Named
	if a.people != nil {
		list = append(list, accounts.Named{Name: logindemo.Name, Title: "Demo-Anmeldung", Kind: logindemo.Name, Method: a.people, Citizens: true, Staff: true})
	}
	return append(list, a.Local.Named())
}

// loginKinds are the sorts of partners that administrators can connect.
func (a *App) loginKinds() []accounts.Kind {
	demo := a.people != nil
	return []accounts.Kind{
		oidc.New(oidc.Config{Clock: a.o.Clock, Loopback: demo}),
		saml.New(saml.Config{Clock: a.o.Clock, Insecure: demo}),
	}
}

func (a *App) providers() map[string]payments.Factory {
	m := map[string]payments.Factory{}
	if a.Bank != nil {
		m["demo-karte"] = a.Bank.Provider
		m["demo-giro"] = a.Bank.Provider
	}
	return m
}

func (a *App) connectors() map[string]delivery.Factory {
	m := map[string]delivery.Factory{}
	if a.o.Settings.FolderBase != "" {
		m[folder.Name] = folder.New(folder.Config{Base: a.o.Settings.FolderBase, Clock: a.o.Clock})
	}
	return m
}
