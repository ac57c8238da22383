package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

var system = perm.System{Name: "delivery"}

const keyEarlier = "delivery.earlier-waiting"

// Send hands a planned parcel to the tenant's connector. It is called from a
// job with no transaction open and may be called again at any time: a parcel
// that has arrived is left alone. nil means that nothing is left to do: it
// arrived, or the tenant has no connector. Errors are noted on the parcel and
// make the job try again: NotFound if it was not planned, Invalid (see
// Parcel.Check), Conflict if the partner has other content under this ID,
// Unavailable if the partner does not answer or an earlier parcel of the case
// has not arrived.
func (s *Service) Send(ctx context.Context, call jobs.Call, p Parcel) error {
	x, to, err := s.begin(ctx, call, p)
	if err != nil || x.State == Delivered || x.State == None {
		return err
	}
	p.ID, p.Tenant = x.ID, call.Tenant
	if d, ok := s.c.Directory.DoorOf(call.Tenant); ok {
		p.Authority, p.ARS = d.Tenant.Name, d.Tenant.ARS
	}
	r, err := s.deliver(ctx, to, p)
	if err != nil {
		// The note must be written even when the node is stopping.
		if nerr := s.note(context.WithoutCancel(ctx), call, p, err); nerr != nil {
			return nerr
		}
		return fmt.Errorf("delivering parcel %s by %s: %w", p.ID, to.name, err)
	}
	return s.settle(context.WithoutCancel(ctx), call, p, r)
}

type route struct {
	name     string
	settings json.RawMessage
}

// begin notes the attempt and finds the route.
func (s *Service) begin(ctx context.Context, call jobs.Call, p Parcel) (x row, to route, err error) {
	wait := false
	err = s.c.DB.InTx(ctx, call.Scope, func(tx *db.Tx) error {
		to, wait = route{}, false
		var err error
		if x, err = find(ctx, tx, p.ID, p.Case, p.Event, tx.ForUpdate()); err != nil {
			return err
		}
		if x.ID == "" || x.Case != p.Case || x.Event != p.Event {
			return errs.NotFound("parcel of case", p.Case)
		}
		if x.State == Delivered || x.State == None {
			return nil
		}
		if wait, err = blocked(ctx, tx, x); err != nil {
			return err
		}
		list, err := s.c.Directory.Extensions(ctx, tx, Port)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Enabled {
				to = route{e.Name, e.Settings}
				break
			}
		}
		x.TriedAt, x.Number, x.Failure = tx.Now, p.Number, ""
		switch {
		case to.name == "":
			x.State, x.EndedAt, wait = None, tx.Now, false
		case wait:
			x.Failure = keyEarlier
		default:
			x.Attempts++
			x.Connector = to.name
		}
		return put(ctx, tx, x)
	})
	if err == nil && wait {
		err = errs.Unavailable(keyEarlier, fmt.Errorf("parcel %s waits for an earlier one of its case", x.ID))
	}
	return x, to, err
}

// deliver calls the connector.
func (s *Service) deliver(ctx context.Context, to route, p Parcel) (r Receipt, err error) {
	if err := p.Check(); err != nil {
		return r, err
	}
	open, ok := s.c.Connectors[to.name]
	if !ok {
		return r, errs.Unavailable("delivery.connector-unknown", fmt.Errorf("no connector %q in this program", to.name))
	}
	c, err := open(to.settings)
	if err != nil {
		return r, err
	}
	return c.Deliver(ctx, p)
}

// note writes down why an attempt failed: a text key, never the partner's words.
func (s *Service) note(ctx context.Context, call jobs.Call, p Parcel, cause error) error {
	return s.c.DB.InTx(ctx, call.Scope, func(tx *db.Tx) error {
		x, err := find(ctx, tx, p.ID, "", "", tx.ForUpdate())
		if err != nil || x.State == Delivered {
			return err
		}
		x.Failure = failure(cause)
		return put(ctx, tx, x)
	})
}

func failure(cause error) string {
	if k := errs.KeyOf(cause); k != "" {
		return k
	}
	return "delivery.failed"
}

// settle keeps the receipt and lets the next parcel of the case go on.
func (s *Service) settle(ctx context.Context, call jobs.Call, p Parcel, r Receipt) error {
	return s.c.DB.InTx(ctx, call.Scope, func(tx *db.Tx) error {
		x, err := find(ctx, tx, p.ID, "", "", tx.ForUpdate())
		if err != nil || x.State == Delivered {
			return err
		}
		if r.At.IsZero() {
			r.At = tx.Now
		}
		x.State, x.Failure, x.Ref, x.EndedAt = Delivered, "", r.Ref[:min(len(r.Ref), 200)], r.At
		if err := put(ctx, tx, x); err != nil {
			return err
		}
		if err := release(ctx, tx, x); err != nil {
			return err
		}
		return audit.Record(ctx, tx, system, audit.Event{Action: "delivery.deliver", Object: "parcel:" + string(x.ID), Detail: x.Connector})
	})
}

// release starts the next parcel of the case again if it was held up by this one.
func release(ctx context.Context, tx *db.Tx, x row) error {
	next, err := follower(ctx, tx, x)
	if err != nil || next.ID == "" || next.Failure != keyEarlier {
		return err
	}
	return restart(ctx, tx, next)
}

// restart makes the parcel wait for a fresh job.
func restart(ctx context.Context, tx *db.Tx, x row) error {
	x.State, x.Failure, x.round, x.EndedAt = Waiting, "", x.round+1, time.Time{}
	if err := put(ctx, tx, x); err != nil {
		return err
	}
	return jobs.Insert(ctx, tx, Due{Parcel: x.ID, Case: x.Case, Event: x.Event, Round: x.round})
}
