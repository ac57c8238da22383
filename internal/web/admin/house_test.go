package admin_test

import (
	"testing"

	"stadttor/internal/mail"
	"stadttor/internal/web/admin"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office/officetest"
)

// open founds the town and opens the door, with the demonstration's outbox.
func open(t *testing.T) (*officetest.Town, []ui.Route, *mail.Outbox) {
	t.Helper()
	w := officetest.New(t)
	out, err := mail.OpenOutbox(mail.OutboxConfig{Clock: w.Clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	routes := door(w, out).Routes()
	w.Serve(routes)
	return w, routes, out
}

func door(w *officetest.Town, out *mail.Outbox) *admin.Server {
	return admin.New(admin.Config{DB: w.DB, Accounts: w.Accounts, Catalogue: w.Catalogue, Relevance: w.Relevance, Forms: w.Shelf, Payments: w.Payments, Delivery: w.Delivery, Directory: w.Directory, Gate: w.Gate, Now: w.DB.Now, Outbox: out})
}
