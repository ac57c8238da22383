package local

import (
	"context"

	"stadttor/internal/accounts"
	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/perm"
)

var (
	_ accounts.Forgetter      = (*Service)(nil)
	_ accounts.StaffForgetter = (*Service)(nil)
)

// Forget implements accounts.Forgetter: whoever deletes the account of the
// realm keeps no password, passkey or code here.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, c perm.Citizen) error {
	return s.Erase(ctx, tx, c, Citizens(c.Realm), string(c.Person))
}

// ForgetStaff implements accounts.StaffForgetter: of a member who leaves no
// address, password, passkey, link or code stays, and his invitation is void.
// It goes by the subject, which an access has before its first sign-in too.
func (s *Service) ForgetStaff(ctx context.Context, tx *db.Tx, actor perm.Actor, subject string) error {
	r, err := s.room(Staff(tx.Walls()))
	if err != nil {
		return err
	}
	if err := r.erase(ctx, tx, AccountID(subject)); err != nil {
		return err
	}
	return audit.Record(ctx, tx, actor, audit.Event{Action: "local.erase", Object: "local:" + subject})
}
