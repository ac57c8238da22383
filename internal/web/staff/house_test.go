package staff_test

import (
	"testing"

	"stadttor/internal/web/staff"
	"stadttor/internal/web/ui/office/officetest"
)

// open founds the town and opens the door.
func open(t *testing.T) *officetest.Town {
	t.Helper()
	w := officetest.New(t)
	w.Serve(door(w).Routes())
	return w
}

func door(w *officetest.Town) *staff.Server {
	return staff.New(staff.Config{Accounts: w.Accounts, Cases: w.Cases, Catalogue: w.Catalogue, Forms: w.Shelf, Directory: w.Directory, Gate: w.Gate, Now: w.DB.Now})
}
