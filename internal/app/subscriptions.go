package app

import (
	"context"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
	"stadttor/internal/relevance"
)

// subscribe says who listens to what, one line each.
func (a *App) subscribe() {
	r := a.Jobs
	jobs.Inside(r, "cases", a.Cases.Paid)
	jobs.Inside(r, "cases", a.Cases.PaymentFlagged)
	jobs.Inside(r, "cases", a.Cases.PaymentCleared)
	jobs.Outside(r, "payments", a.Payments.Reconcile, a.Payments.GiveUp)
	jobs.Outside(r, "receipt", a.Cases.MakeReceipt, nil)
	jobs.Outside(r, "cases", a.Cases.Deliver, a.Cases.DeliverFailed)
	jobs.Inside(r, "mail", func(ctx context.Context, tx *db.Tx, e cases.Submitted) error { return a.tell(ctx, tx, e, e.Case) })
	jobs.Inside(r, "mail", func(ctx context.Context, tx *db.Tx, e cases.Asked) error { return a.tell(ctx, tx, e, e.Case) })
	jobs.Inside(r, "mail", func(ctx context.Context, tx *db.Tx, e cases.Decided) error { return a.tell(ctx, tx, e, e.Case) })
	jobs.Outside(r, "cases", a.Cases.PersonErased, nil)
	jobs.Outside(r, "cases", a.Cases.StaffLeft, nil)
	jobs.Outside(r, "payments", func(ctx context.Context, call jobs.Call, e accounts.Erased) error {
		return a.Payments.ForgetPerson(ctx, call.Realm, e.Person)
	}, nil)
	jobs.Outside(r, "mail", func(ctx context.Context, call jobs.Call, e accounts.Farewell) error {
		return a.Accounts.SayFarewell(ctx, call, e, a.sayFarewell)
	}, nil)
	jobs.Outside(r, "accounts", func(ctx context.Context, call jobs.Call, e cases.OnBehalf) error {
		return a.Accounts.Represented(ctx, call.Realm, accounts.MandateID(e.Mandate), accounts.UseEntry{Authority: call.Tenant, Form: e.Form, Title: e.Title, Case: e.Case})
	}, nil)
	jobs.Outside(r, "cases", a.Cases.Sweep, nil)
	jobs.Outside(r, "payment-notes", a.Cases.SweepPaymentNotes, nil)
	r.Every("cases", 24*time.Hour, cases.Sweep{}.Kind())
	jobs.Inside(r, "relevance", a.Relevance.Sweep)
	r.Every("relevance", 24*time.Hour, relevance.Sweep{}.Kind())
	a.Accounts.Subscribe(r)
	a.Local.Subscribe(r)
	a.Mail.Register(r)
}

// exporters are the features that keep something of a person outside of the
// account, in the order of their folders.
func (a *App) exporters() []accounts.Exporter {
	return []accounts.Exporter{
		{Name: "antraege", Export: a.Cases.ExportPerson},
		{Name: "zahlungen", Export: a.Payments.ExportPerson},
	}
}

// sayFarewell queues the last notice to somebody whose account is gone.
func (a *App) sayFarewell(ctx context.Context, tx *db.Tx, to pii.Text, key string) error {
	return a.Mail.Queue(ctx, tx, mail.Message{Template: mail.AccountErased, To: to, Lang: "de", Key: key})
}

// tell queues the mail "something lies in your inbox" for the applicant of a
// case. Without an address (or one that is none) the inbox alone tells.
func (a *App) tell(ctx context.Context, tx *db.Tx, e jobs.Job, id ident.CaseID) error {
	to, err := a.Cases.Addressee(ctx, tx, id)
	if errs.Is(err, errs.KindNotFound) || (err == nil && to.Mail.Empty()) {
		return nil
	}
	if err != nil {
		return err
	}
	err = a.Mail.Queue(ctx, tx, mail.Message{Template: mail.Inbox, To: to.Mail, Lang: "de", Key: e.Kind() + ":" + e.Key()})
	if errs.Is(err, errs.KindInvalid) {
		return nil
	}
	return err
}
