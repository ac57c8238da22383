package payments

import (
	"context"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/money"
	"stadttor/internal/perm"
)

var errNotYet = errs.Unavailable("payments.not-yet", nil)

type facts struct{}
type verdict struct{}

func judge(facts, Report) verdict { return verdict{} }

func (s *Service) Open(ctx context.Context, tx *db.Tx, d Demand) (Payment, error) {
	return Payment{}, errNotYet
}
func (s *Service) Drop(ctx context.Context, tx *db.Tx, c ident.CaseID) error { return errNotYet }
func (s *Service) Start(ctx context.Context, actor perm.Citizen, id ident.PaymentID, provider string) (redirectURL string, err error) {
	return "", errNotYet
}
func (s *Service) Retry(ctx context.Context, actor perm.Citizen, id ident.PaymentID) (Payment, error) {
	return Payment{}, errNotYet
}
func (s *Service) Return(ctx context.Context, actor perm.Citizen, id ident.PaymentID) (Payment, error) {
	return Payment{}, errNotYet
}
func (s *Service) Notify(ctx context.Context, t ident.TenantID, provider, ref string) error {
	return errNotYet
}
func (s *Service) Reconcile(ctx context.Context, call jobs.Call, j Check) error { return errNotYet }
func (s *Service) GiveUp(ctx context.Context, tx *db.Tx, j Check, cause error) error {
	return errNotYet
}
func (s *Service) Get(ctx context.Context, actor perm.Actor, id ident.PaymentID) (Payment, error) {
	return Payment{}, errNotYet
}
func (s *Service) ForCase(ctx context.Context, tx *db.Tx, c ident.CaseID) ([]Payment, error) {
	return nil, errNotYet
}
func (s *Service) Balance(ctx context.Context, tx *db.Tx, c ident.CaseID) (money.Amount, error) {
	return 0, errNotYet
}
