package app

import (
	"context"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
)

// subscribe says who listens to what, one line each.
func (a *App) subscribe() {
	r := a.Jobs
	jobs.Inside(r, "cases", a.Cases.Paid)
	jobs.Outside(r, "ask", a.Payments.Reconcile, a.Payments.GiveUp)
	jobs.Outside(r, "receipt", a.Cases.MakeReceipt, nil)
	jobs.Outside(r, "send", a.Cases.Deliver, a.Cases.DeliverFailed)
	jobs.Outside(r, "mail", func(ctx context.Context, c jobs.Call, e cases.Submitted) error { return a.tell(ctx, c, e.Case) }, nil)
	jobs.Outside(r, "mail", func(ctx context.Context, c jobs.Call, e cases.Asked) error { return a.tell(ctx, c, e.Case) }, nil)
	jobs.Outside(r, "mail", func(ctx context.Context, c jobs.Call, e cases.Decided) error { return a.tell(ctx, c, e.Case) }, nil)
	jobs.Outside(r, "sweep", a.Cases.Sweep, nil)
	r.Every("cases", 24*time.Hour, cases.Sweep{}.Kind())
	a.Mail.Register(r)
}

// tell queues the mail "something lies in your inbox" for the applicant of a
// case. Without an address nobody is told: the inbox tells.
func (a *App) tell(ctx context.Context, c jobs.Call, id ident.CaseID) error {
	scope := db.ForTenant(c.Realm, c.Tenant)
	err := a.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		to, err := a.Cases.Addressee(ctx, tx, id)
		if err != nil || to.Mail.Empty() {
			return err
		}
		return a.Mail.Queue(ctx, tx, mail.Message{Template: mail.Inbox, To: to.Mail, Lang: "de", Key: c.Key})
	})
	if errs.Is(err, errs.KindInvalid) { // the address is none: there is nobody to tell
		return nil
	}
	return err
}
