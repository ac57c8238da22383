package local

import (
	"context"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/perm"
)

var _ accounts.Forgetter = (*Service)(nil)

// Forget implements accounts.Forgetter: whoever deletes the account of the
// realm keeps no password, passkey or code here.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, c perm.Citizen) error {
	return s.Erase(ctx, tx, c, Citizens(c.Realm), string(c.Person))
}
