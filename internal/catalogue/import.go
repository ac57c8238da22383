package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"stadttor/internal/audit"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/perm"
	"stadttor/internal/standards/xzufi"
	"stadttor/internal/tenancy"
)

// ImportOptions say how a transfer file is taken.
type ImportOptions struct {
	// Publish makes what was taken visible at once; else it waits as draft.
	Publish bool
	// Progress is told the number of objects done; nil is fine.
	Progress func(done int)
}

// Line of an import report: one object.
type Line struct {
	Line    int    `json:"line,omitempty"`
	Kind    string `json:"kind,omitempty"`
	ID      string `json:"id,omitempty"`
	Title   string `json:"title,omitempty"`
	Outcome string `json:"outcome"` // taken, changed, unchanged, removed, refused
	Why     string `json:"why,omitempty"`
}

// Report of an import.
type Report struct {
	Lines  []Line         `json:"objects"`
	Counts map[string]int `json:"counts"`
}

func (r *Report) add(l Line) {
	r.Lines = append(r.Lines, l)
	r.Counts[l.Outcome]++
}

const batchSize = 100

// Import takes a XZuFi transfer file into the library of a realm or into a
// tenant. Broken objects are reported and the rest is taken; a file that is not
// XZuFi changes nothing and gives errs.KindInvalid. Importing the same file
// again changes nothing. The operator and the layer's editors may.
func (c *Catalogue) Import(ctx context.Context, actor perm.Actor, t tenancy.Layer, r io.Reader, o ImportOptions) (Report, error) {
	rep := Report{Counts: map[string]int{}}
	if err := mayEdit(actor, t); err != nil {
		return rep, err
	}
	im := &importer{c: c, ctx: ctx, actor: actor, t: t, o: o, rep: &rep}
	if err := im.known(); err != nil {
		return rep, err
	}
	reader := xzufi.Config{Tolerant: true}.NewReader(r) // foreign systems write 2.1 and 2.3 as well
	var batch []xzufi.Object
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := im.batch(batch)
		batch = batch[:0]
		if o.Progress != nil {
			o.Progress(len(rep.Lines))
		}
		return err
	}
	for {
		obj, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *xzufi.ObjectError
		if errors.As(err, &broken) {
			rep.add(Line{Line: broken.Line, Kind: string(broken.Kind), ID: broken.ID, Outcome: "refused", Why: broken.Error()})
			continue
		}
		if err != nil {
			if ferr := flush(); ferr != nil {
				return rep, ferr
			}
			return rep, errors.Join(errs.Invalid("catalogue.not-xzufi"), err)
		}
		if batch = append(batch, obj); len(batch) == batchSize {
			if err := flush(); err != nil {
				return rep, err
			}
		}
	}
	return rep, flush()
}

type importer struct {
	c     *Catalogue
	ctx   context.Context // of the one call; the importer dies with it
	actor perm.Actor
	t     tenancy.Layer
	o     ImportOptions
	rep   *Report
	slugs map[string]string // kind/slug → id
	ids   map[string]string // kind/id → slug
}

// known reads which slugs are taken, in the layer and in the library below it.
func (im *importer) known() error {
	im.slugs, im.ids = map[string]string{}, map[string]string{}
	return im.c.c.DB.View(im.ctx, im.t.Scope(), func(tx *db.Tx) error {
		rows, err := tx.Query(im.ctx, `SELECT kind,id,slug FROM catalogue_object WHERE realm_id=$1 AND (tenant_id='' OR tenant_id=$2) ORDER BY tenant_id DESC`, string(im.t.Realm.ID), string(im.t.TenantID()))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, id, slug string
			if err := rows.Scan(&kind, &id, &slug); err != nil {
				return err
			}
			im.slugs[kind+"/"+slug], im.ids[kind+"/"+id] = id, slug
		}
		return rows.Err()
	})
}

// slug gives the object's slug: the one it has, else the one its file asks for
// or one of its name, made free.
func (im *importer) slug(kind, id string, second []xzufi.Identifikator, title string) string {
	if s, ok := im.ids[kind+"/"+id]; ok {
		return s
	}
	base := wantedSlug(second)
	if base == "" {
		base = slugOf(id, title)
	}
	s := base
	for n := 2; ; n++ {
		if _, taken := im.slugs[kind+"/"+s]; !taken {
			break
		}
		s = fmt.Sprintf("%s-%d", base, n)
	}
	im.slugs[kind+"/"+s], im.ids[kind+"/"+id] = id, s
	return s
}

func (im *importer) batch(list []xzufi.Object) error {
	// Units first: they are the directory's, each a verb of its own.
	for _, o := range list {
		if u := o.Organisationseinheit; u != nil && o.Op == xzufi.Schreibe && im.t.Tenant != nil {
			f := toFacility(u)
			if _, err := im.c.c.Directory.SaveUnit(im.ctx, im.actor, im.t.Tenant.Scope(), tenancy.Unit{Tenant: im.t.Tenant.ID, Slug: im.slug(kindFacility, f.ID, u.IDSekundaer, f.Name), Name: f.Name, Roles: f.Roles}); err != nil {
				return fmt.Errorf("unit %s: %w", f.ID, err)
			}
		}
	}
	var lines []Line
	err := im.c.c.DB.InTx(im.ctx, im.t.Scope(), func(tx *db.Tx) error {
		lines = lines[:0]
		for _, o := range list {
			l, err := im.object(tx, o)
			if err != nil {
				return fmt.Errorf("object %s: %w", o.ID().Value, err)
			}
			l.Line, l.Kind, l.ID = o.Line, string(o.Kind()), o.ID().Value
			lines = append(lines, l)
		}
		if im.o.Publish {
			if err := bump(im.ctx, tx, im.t); err != nil {
				return err
			}
		}
		return audit.Record(im.ctx, tx, im.actor, audit.Event{Action: "catalogue.import", Object: "catalogue:" + im.t.Realm.Slug, Detail: fmt.Sprintf("objects=%d", len(list))})
	})
	if err != nil {
		return err
	}
	for _, l := range lines {
		im.rep.add(l)
	}
	return nil
}

func (im *importer) object(tx *db.Tx, o xzufi.Object) (Line, error) {
	refused := func(why string) (Line, error) { return Line{Outcome: "refused", Why: why}, nil }
	write := func(kind, id, slug, title string, v any) (Line, error) {
		out, err := put(im.ctx, tx, im.t, kind, id, slug, v, im.o.Publish)
		return Line{Title: title, Outcome: string(out)}, err
	}
	if o.Op == xzufi.Loesche {
		return im.remove(tx, o)
	}
	switch o.Kind() {
	case xzufi.KindLeistung:
		s := toService(o.Leistung)
		for _, second := range o.Leistung.IDSekundaer { // an override may name the library's service there
			if im.t.Tenant != nil && im.ids[kindService+"/"+second.Value] != "" && im.ids[kindService+"/"+s.ID] == "" {
				s.ID = second.Value
			}
		}
		s.Slug = im.slug(kindService, s.ID, o.Leistung.IDSekundaer, s.Title)
		return write(kindService, s.ID, s.Slug, s.Title, s)
	case xzufi.KindOrganisationseinheit:
		if im.t.Tenant == nil {
			return refused("eine Organisationseinheit gehört zu einem Mandanten: mit --tenant einlesen")
		}
		f := toFacility(o.Organisationseinheit)
		f.Slug = im.slug(kindFacility, f.ID, o.Organisationseinheit.IDSekundaer, f.Name)
		line, err := write(kindFacility, f.ID, f.Slug, f.Name, f)
		if err != nil {
			return line, err
		}
		for _, k := range o.Organisationseinheit.Kontaktperson {
			c := toContact(k, f.Slug)
			if c.ID == "" {
				c.ID = f.ID + ".KP." + slugOf("", c.Name())
			}
			c.Slug = im.slug(kindContact, c.ID, k.IDSekundaer, c.Name())
			if _, err := put(im.ctx, tx, im.t, kindContact, c.ID, c.Slug, c, im.o.Publish); err != nil {
				return line, err
			}
		}
		for _, z := range o.Organisationseinheit.Zustaendigkeit {
			if z.LeistungID.Value == "" {
				continue
			}
			unit, offered := f.Slug, true
			if z.Rolle.Code == roleElsewhere {
				unit, offered = f.ID, false
			}
			if _, err := putOffer(im.ctx, tx, im.t, z.LeistungID.Value, unit, offered); err != nil {
				return line, err
			}
		}
		return line, nil
	case xzufi.KindOnlinedienst:
		d := o.Onlinedienst
		x := online{ID: d.ID.Value, Title: d.Bezeichnung.In("de"), Trust: map[string]string{"20": "basis", "30": "substantiell", "40": "hoch"}[d.Vertrauensniveau.Code]}
		for _, l := range d.Links {
			if form, ok := strings.CutPrefix(l.URI, "/antrag/"); ok && ident.Slug(form) {
				x.Form = form
			} else if x.URL == "" && strings.HasPrefix(l.URI, "https://") {
				x.URL = l.URI
			}
		}
		for _, id := range d.LeistungID {
			x.Services = append(x.Services, id.Value)
		}
		if x.Form == "" && x.URL == "" {
			return refused("der Onlinedienst hat keine Adresse, unter der er beginnt")
		}
		return write(kindOnline, x.ID, slugOf(x.ID, x.Title), x.Title, x)
	case xzufi.KindZustaendigkeit:
		if im.t.Tenant == nil {
			return refused("eine Zuständigkeit gehört zu einem Mandanten: mit --tenant einlesen")
		}
		unit, ok := im.ids[kindFacility+"/"+o.Zustaendigkeit.ObjektID.Value]
		offered := true
		switch o.Zustaendigkeit.Rolle.Code {
		case roleElsewhere: // the unit may be another tenant's
			unit, ok, offered = o.Zustaendigkeit.ObjektID.Value, true, false
		case roleNotOffered:
			ok, offered = true, false
		case roleOffered:
			ok = true
		}
		if !ok {
			return refused("die Organisationseinheit dieser Zuständigkeit ist nicht bekannt")
		}
		n, err := putOffer(im.ctx, tx, im.t, o.Zustaendigkeit.LeistungID.Value, unit, offered)
		if n == 0 {
			return Line{Outcome: string(unchanged)}, err
		}
		return Line{Outcome: string(taken)}, err
	}
	return refused("diese Art von Objekt wird nicht übernommen")
}

// online is an on-line service (Onlinedienst).
type online struct {
	ID       string   `json:"id"`
	Title    string   `json:"title,omitempty"`
	Form     string   `json:"form,omitempty"`
	URL      string   `json:"url,omitempty"`
	Trust    string   `json:"trust,omitempty"`
	Services []string `json:"services,omitempty"`
}

func (im *importer) remove(tx *db.Tx, o xzufi.Object) (Line, error) {
	kind, ok := map[xzufi.Kind]string{xzufi.KindLeistung: kindService, xzufi.KindOrganisationseinheit: kindFacility, xzufi.KindOnlinedienst: kindOnline}[o.Kind()]
	if !ok {
		return Line{Outcome: "refused", Why: "diese Art von Objekt wird nicht gelöscht"}, nil
	}
	n, err := tx.Exec(im.ctx, `DELETE FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND kind=$3 AND id=$4`, string(im.t.TenantID()), string(im.t.Realm.ID), kind, o.ID().Value)
	if n == 0 {
		return Line{Outcome: string(unchanged), Why: "war nicht vorhanden"}, err
	}
	delete(im.ids, kind+"/"+o.ID().Value)
	return Line{Outcome: "removed"}, err
}
