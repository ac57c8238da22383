package cases

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"stadttor/internal/db"
	"stadttor/internal/delivery"
	"stadttor/internal/errs"
	"stadttor/internal/forms"
	"stadttor/internal/ident"
	"stadttor/internal/jobs"
	"stadttor/internal/perm"
)

// Deliver is the outside listener of delivery.Due: it builds the parcel from
// what is frozen in the case, so that building it again gives the same bytes,
// and sends it.
func (s *Service) Deliver(ctx context.Context, call jobs.Call, due delivery.Due) error {
	scope := db.ForTenant(call.Realm, call.Tenant)
	p, err := s.parcel(ctx, scope, due)
	if err != nil {
		return err
	}
	if err := s.c.Delivery.Send(ctx, call, p); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, scope, func(tx *db.Tx) error {
		_, err := endTasks(ctx, tx, due.Case, TaskDelivery, string(due.Parcel))
		return err
	})
}

// DeliverFailed is its last word: the parcel is given up and becomes a task in
// the worklist.
func (s *Service) DeliverFailed(ctx context.Context, tx *db.Tx, due delivery.Due, cause error) error {
	if err := s.c.Delivery.GiveUp(ctx, tx, due.Parcel, cause); err != nil {
		return err
	}
	return addTask(ctx, tx, due.Case, TaskDelivery, string(due.Parcel))
}

// Resend starts a delivery again, with the same parcel. Staff with delivery.send
// in the unit of the case may. Errors: NotFound, Forbidden, those of delivery.
func (s *Service) Resend(ctx context.Context, actor perm.Staff, id ident.CaseID, parcel ident.ParcelID) error {
	return s.c.DB.InTx(ctx, actor.Scope(), func(tx *db.Tx) error {
		r, err := lockRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := maySend(actor, &r); err != nil {
			return err
		}
		list, err := s.c.Delivery.ForCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(p delivery.Status) bool { return p.ID == parcel }) {
			return errs.NotFound("parcel", parcel)
		}
		if err := s.c.Delivery.Resend(ctx, tx, actor, r.unit, parcel); err != nil { // records it, too
			return err
		}
		return addEvent(ctx, tx, &r, actor, EventDelivered)
	})
}

// parcel builds what an event of a case hands over.
func (s *Service) parcel(ctx context.Context, scope db.TenantScope, due delivery.Due) (p delivery.Parcel, err error) {
	event, message, _ := strings.Cut(due.Event, ":")
	if event == delivery.Submitted {
		if _, err := s.receipt(ctx, scope, due.Case); err != nil {
			return p, err
		}
	}
	var l loaded
	if err := s.c.DB.View(ctx, scope, func(tx *db.Tx) error {
		r, err := getRecord(ctx, tx, due.Case)
		if err != nil {
			return err
		}
		l, err = s.load(ctx, tx, r)
		return err
	}); err != nil {
		return p, err
	}
	r := &l.r
	k, err := s.key(r)
	if err != nil {
		return p, err
	}
	p = delivery.Parcel{ID: due.Parcel, Case: r.id, Number: r.number, Form: r.form, FormVersion: r.formVersion, Event: due.Event, At: r.submittedAt}
	var wanted []DocumentKind
	switch event {
	case delivery.Submitted:
		var z frozen
		if err := openJSON(k, r.frozen, r.place("frozen"), &z); err != nil {
			return p, err
		}
		p.Files = append(p.Files, delivery.Bytes("antrag.json", "application/json", z.JSON), delivery.Bytes("antrag.xml", "application/xml", z.XML))
		if len(z.Behalf) > 0 {
			p.Files = append(p.Files, delivery.Bytes("vertretung.json", "application/json", z.Behalf))
		}
		wanted = []DocumentKind{KindReceipt, KindUpload}
		return p, s.addFiles(ctx, &p, l, wanted, "", z.Files)
	case delivery.Replied:
		for _, m := range l.messages {
			if string(m.ID) == message {
				text, err := k.Open(m.text, textPlace(r.tenant, "case_message", m.ID))
				if err != nil {
					return p, err
				}
				p.At = m.At
				p.Files = append(p.Files, delivery.Bytes("antwort.txt", "text/plain; charset=utf-8", text))
			}
		}
		wanted = []DocumentKind{KindReply}
	case delivery.Decided:
		p.At = r.decidedAt
		wanted = []DocumentKind{KindDecision}
	default:
		return p, fmt.Errorf("parcel of case %s: no event %q", r.id, due.Event)
	}
	return p, s.addFiles(ctx, &p, l, wanted, ident.MessageID(message), nil)
}

// addFiles puts documents of the wanted kinds into a parcel. only limits the
// uploads to those that the submitted answers speak of; message limits to one
// message. Names are the documents' own; a second of the same name gets the end
// of its ID.
func (s *Service) addFiles(ctx context.Context, p *delivery.Parcel, l loaded, wanted []DocumentKind, message ident.MessageID, only []forms.File) error {
	k, err := s.key(&l.r)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, f := range p.Files {
		names[strings.ToLower(f.Name)] = true
	}
	for _, kind := range wanted {
		for _, sealed := range l.documents {
			if sealed.Kind != kind || message != "" && sealed.Message != message || kind == KindUpload && !slices.Contains(ids(only), string(sealed.ID)) {
				continue
			}
			d, err := sealed.open(&l.r, k)
			if err != nil {
				return err
			}
			name := d.Name.Reveal()
			if names[strings.ToLower(name)] {
				ext := extOf(name)
				name = strings.TrimSuffix(name, "."+ext) + "-" + string(d.ID[20:]) + "." + ext
			}
			names[strings.ToLower(name)] = true
			p.Files = append(p.Files, delivery.File{Name: name, Type: d.Type, Size: d.Size, SHA256: d.SHA256,
				Open: func() (io.ReadCloser, error) { return s.content(ctx, &l.r, k, d.ID) }})
		}
	}
	return nil
}
