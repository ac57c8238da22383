package catalogue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/perm"
	"stadttor/internal/standards/xzufi"
	"stadttor/internal/tenancy"
)

// Export writes what a layer itself holds as one XZuFi 2.2 transfer file:
// services (of a tenant: its own and its overrides, not what it inherits),
// facilities with their contacts and the services they offer, on-line services,
// and competences that point elsewhere. publishedOnly leaves out what citizens
// do not see; otherwise drafts are written as their editors have them. It gives
// the number of objects written. Who may edit the layer may export it.
//
// Import takes the file back: into an empty layer with the same library it
// gives equal objects. Life situations are no XZuFi objects and stay out;
// services name theirs. w is written to after the transaction; its error comes
// back as it is. Errors: Forbidden.
func (c *Catalogue) Export(ctx context.Context, actor perm.Actor, t tenancy.Layer, w io.Writer, publishedOnly bool) (n int, err error) {
	if err := mayEdit(actor, t); err != nil {
		return 0, err
	}
	var h holding
	var now time.Time
	err = c.c.DB.InTx(ctx, t.Scope(), func(tx *db.Tx) error {
		now = tx.Now
		if h, err = hold(ctx, tx, t, publishedOnly); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actor, audit.Event{Action: "catalogue.export", Object: "catalogue:" + t.Realm.Slug, Detail: fmt.Sprintf("published_only=%t", publishedOnly)})
	})
	if err != nil {
		return 0, fmt.Errorf("exporting from %s: %w", ownerSlug(t), err)
	}
	out := xzufi.NewWriter(w, xzufi.Header{NachrichtUUID: uuid(), ErstelltAm: now.Truncate(time.Second), Sender: ownerName(t), Empfaenger: "Stadttor", TransaktionID: ownerSlug(t), TransaktionPosition: 1})
	for _, o := range h.objects(t) {
		if err := out.Write(o); err != nil {
			return n, fmt.Errorf("exporting %s: %w", o.ID().Value, err)
		}
		n++
	}
	return n, out.Close()
}

func ownerSlug(t tenancy.Layer) string {
	if t.Tenant == nil {
		return t.Realm.Slug
	}
	return t.Tenant.Slug
}

func ownerName(t tenancy.Layer) string {
	if t.Tenant == nil {
		return t.Realm.Name
	}
	return t.Tenant.Name
}

// uuid is a random UUID (RFC 9562, version 4) for the head of a message.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// holding is what a layer itself wrote, each kind in the order of its
// identifiers.
type holding struct {
	services   []Service
	library    map[string]Service // below a tenant: names that its overrides inherit
	facilities []Facility
	contacts   []Contact
	online     []online
	offers     []offerRow
	changed    map[string]time.Time // kind/id → last change
}

type offerRow struct {
	service string
	offer
}

func hold(ctx context.Context, tx *db.Tx, t tenancy.Layer, publishedOnly bool) (holding, error) {
	h := holding{library: map[string]Service{}, changed: map[string]time.Time{}}
	text := "draft"
	if publishedOnly {
		text = "published"
	}
	rows, err := tx.Query(ctx, `SELECT kind,id,`+text+`,updated_at FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND `+text+`<>'' ORDER BY kind,id`, string(t.TenantID()), string(t.Realm.ID))
	_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
		var kind, id, data string
		var at int64
		if err := r.Scan(&kind, &id, &data, &at); err != nil {
			return x, err
		}
		h.changed[kind+"/"+id] = db.FromMicros(at).Truncate(time.Second)
		return x, h.add(kind, id, data)
	})
	if err != nil || t.Tenant == nil {
		return h, err
	}
	rows, err = tx.Query(ctx, `SELECT l.id,l.draft FROM catalogue_object l JOIN catalogue_object o ON o.tenant_id=$1 AND o.realm_id=l.realm_id AND o.kind=l.kind AND o.id=l.id WHERE l.tenant_id='' AND l.realm_id=$2 AND l.kind='service'`, string(t.TenantID()), string(t.Realm.ID))
	_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
		var id, data string
		if err := r.Scan(&id, &data); err != nil {
			return x, err
		}
		var s Service
		err = json.Unmarshal([]byte(data), &s)
		h.library[id] = s
		return x, err
	})
	if err != nil {
		return h, err
	}
	rows, err = tx.Query(ctx, `SELECT service_id,unit_slug,offered FROM catalogue_offer WHERE tenant_id=$1 AND realm_id=$2 ORDER BY service_id`, string(t.TenantID()), string(t.Realm.ID))
	h.offers, err = db.Collect(rows, err, func(r *sql.Rows) (o offerRow, err error) {
		err = r.Scan(&o.service, &o.unit, &o.offered)
		return o, err
	})
	return h, err
}

func (h *holding) add(kind, id, data string) error {
	switch kind {
	case kindService:
		return add(&h.services, id, data)
	case kindFacility:
		return add(&h.facilities, id, data)
	case kindContact:
		return add(&h.contacts, id, data)
	case kindOnline:
		return add(&h.online, id, data)
	}
	return nil
}

func add[T any](list *[]T, id, data string) error {
	var v T
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return fmt.Errorf("object %s: %w", id, err)
	}
	*list = append(*list, v)
	return nil
}

// objects puts services first, then units, so that a reader who goes through
// the file once knows what a competence names.
func (h *holding) objects(t tenancy.Layer) []xzufi.Object {
	var out []xzufi.Object
	ars := ""
	if t.Tenant != nil {
		ars = t.Tenant.ARS
	}
	for _, s := range h.services {
		l := fromService(s, h.library[s.ID], ars)
		l.Version = xzufi.Versionsinformation{GeaendertAm: h.changed[kindService+"/"+s.ID], GeaendertDurch: ownerName(t)}
		out = append(out, xzufi.Object{Op: xzufi.Schreibe, Leistung: l})
	}
	units := map[string]string{} // slug → ID
	for _, f := range h.facilities {
		units[f.Slug] = f.ID
		u := fromFacility(f, ars)
		u.Version = xzufi.Versionsinformation{GeaendertAm: h.changed[kindFacility+"/"+f.ID], GeaendertDurch: ownerName(t)}
		for _, k := range h.contacts {
			if k.Facility == f.Slug {
				u.Kontaktperson = append(u.Kontaktperson, fromContact(k))
			}
		}
		for _, o := range h.offers {
			if o.offered && o.unit == f.Slug {
				u.Zustaendigkeit = append(u.Zustaendigkeit, xzufi.Zustaendigkeit{LeistungID: identifier(o.service)})
			}
		}
		out = append(out, xzufi.Object{Op: xzufi.Schreibe, Organisationseinheit: u})
	}
	for _, d := range h.online {
		x := fromOnline(d)
		x.Version = xzufi.Versionsinformation{GeaendertAm: h.changed[kindOnline+"/"+d.ID], GeaendertDurch: ownerName(t)}
		out = append(out, xzufi.Object{Op: xzufi.Schreibe, Onlinedienst: x})
	}
	for _, o := range h.offers {
		unit, own := units[o.unit]
		if own && o.offered {
			continue // stands with its unit
		}
		role := roleElsewhere
		switch {
		case o.offered:
			role = roleOffered
		case own || o.unit == "":
			role = roleNotOffered
		default:
			unit = o.unit // the identifier of a unit elsewhere
		}
		if unit == "" {
			unit = ownerSlug(t)
		}
		out = append(out, xzufi.Object{Op: xzufi.Schreibe, Zustaendigkeit: &xzufi.ZustaendigkeitTransferObjekt{ObjektID: identifier(unit),
			Zustaendigkeit: xzufi.Zustaendigkeit{LeistungID: identifier(o.service), Rolle: xzufi.Code{Code: role, ListURI: listCompetence}}}})
	}
	return out
}
