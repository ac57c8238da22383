package app

import "stadttor/internal/accounts/provider"

// openProvider makes the account hosts OpenID providers for the modules of the
// authorities' vendors. Addresses of this machine are taken in the demonstration
// only.
func (a *App) openProvider() *provider.Service {
	return provider.New(provider.Config{DB: a.DB, Directory: a.Directory, Accounts: a.Accounts, Loopback: a.people != nil, Log: a.Log})
}
