package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/seal"
)

// Check is one thing that Examine looked at.
type Check struct {
	Name     string   `json:"name"`
	What     string   `json:"what"`
	Findings []string `json:"findings"` // empty: sound
}

// lowDisk is what must be free where the files lie: beneath it submissions
// would soon be refused.
const lowDisk = 1 << 30

// Examine looks at settings, keys, disk, database and audit chain and changes
// nothing. progress hears of audit entries seen.
func (a *App) Examine(ctx context.Context, progress func(int)) ([]Check, error) {
	var out []Check
	add := func(name, what string, found ...string) {
		if found == nil {
			found = []string{}
		}
		out = append(out, Check{name, what, found})
	}
	var set []string
	if a.o.Settings.PublicScheme != "https" {
		set = append(set, "public_scheme is http: people's data travel in the open (fine for a trial on this machine)")
	}
	if a.Gate.Secure && a.o.Settings.SMTPHost == "" {
		set = append(set, "smtp_host is empty: mails wait")
	}
	if a.people != nil {
		set = nil // a demonstration
	}
	add("settings", "read, all known, within bounds", set...)

	var keys []string
	probe := seal.Where{Tenant: "probe", Table: "probe", Row: "probe", Column: "probe"}
	for _, t := range a.Directory.Tenants("") {
		k := a.Directory.Key(t.ID)
		if _, err := k.Open(k.Seal([]byte("x"), probe), probe); err != nil {
			keys = append(keys, t.Slug+": "+err.Error())
		}
	}
	add("keys", fmt.Sprintf("root key opens the keys of %d tenants", len(a.Directory.Tenants(""))), keys...)

	var ways []string
	for _, r := range a.Directory.Realms() {
		if _, ok := a.Directory.AccountDoor(r.ID); !ok {
			missing := "no account_host"
			switch lead, ok := a.Directory.TenantBySlug(r.Lead); {
			case !ok || lead.Realm != r.ID:
				missing = "no lead, a tenant that answers for the accounts"
			case r.AccountHost != "":
				missing = "no portal of " + r.Lead + ", or its host is the account host"
			}
			ways = append(ways, r.Slug+": "+missing+": nobody can sign in (stadttor import realm FILE gives it)")
		}
	}
	ways = append(ways, a.Accounts.Broken()...)
	add("sign-in", fmt.Sprintf("%d realms have an account host, every method can be made", len(a.Directory.Realms())), ways...)

	var disk []string
	if err := a.Blobs.Check(); err != nil {
		disk = append(disk, err.Error())
	}
	var st unix.Statfs_t
	free := uint64(0)
	if err := unix.Statfs(a.o.Settings.Data, &st); err != nil {
		disk = append(disk, err.Error())
	} else if free = st.Bavail * uint64(st.Bsize); free < lowDisk {
		disk = append(disk, fmt.Sprintf("only %d MB free where the files lie", free>>20))
	}
	if a.o.Settings.FolderBase != "" {
		for _, t := range a.Directory.Tenants("") {
			p := filepath.Join(a.o.Settings.FolderBase, t.Slug)
			if _, err := os.Stat(p); err != nil {
				disk = append(disk, "folder of the connector is missing: "+p)
			}
		}
	}
	add("disk", fmt.Sprintf("files can be written, %d GB free", free>>30), disk...)

	add("database", a.DB.Engine()+": durable settings, integrity", a.DB.Check(ctx)...)

	var broken []string
	for _, part := range a.DB.Partitions() {
		b, err := audit.Verify(ctx, a.DB, db.Across(part, "doctor checks every audit chain"), progress)
		if err != nil {
			return out, err
		}
		broken = append(broken, b...)
	}
	add("audit", "chains unbroken", broken...)
	return out, nil
}
