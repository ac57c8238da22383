package catalogue

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/search"
	"stadttor/internal/standards/xzufi"
	"stadttor/internal/tenancy"
)

// live holds what is compiled. A reader never waits for a rebuild: the old
// view serves until the new one is there.
type live struct {
	mu        sync.Mutex // guards the maps; held for look-ups only
	libraries map[ident.RealmID]*library
	views     map[ident.TenantID]*View
	options   map[ident.RealmID]keptOptions
	building  sync.Mutex // one build at a time
	changed   func(ident.TenantID)
}

// OnChange sets a function that hears of each newly compiled view (page
// caches). Call before Load.
func (c *Catalogue) OnChange(f func(ident.TenantID)) { c.live.changed = f }

// Published gives what the citizens of a tenant read. The first call for a
// tenant compiles it. Errors: NotFound for an unknown tenant.
func (c *Catalogue) Published(ctx context.Context, t ident.TenantID) (*View, error) {
	c.live.mu.Lock()
	v := c.live.views[t]
	c.live.mu.Unlock()
	if v != nil {
		return v, nil
	}
	door, ok := c.c.Directory.DoorOf(t)
	if !ok {
		return nil, errs.NotFound("tenant", t)
	}
	return c.build(ctx, door.Realm, door.Tenant, false)
}

// build compiles a tenant's view (and the library, if it is not there yet).
func (c *Catalogue) build(ctx context.Context, r tenancy.Realm, t tenancy.Tenant, again bool) (*View, error) {
	c.live.building.Lock()
	defer c.live.building.Unlock()
	c.live.mu.Lock()
	v, lib := c.live.views[t.ID], c.live.libraries[r.ID]
	c.live.mu.Unlock()
	if v != nil && !again {
		return v, nil // somebody else was quicker
	}
	var err error
	if lib == nil {
		if lib, err = c.loadLibrary(ctx, r); err != nil {
			return nil, err
		}
	}
	if v, err = c.loadView(ctx, lib, t); err != nil {
		return nil, err
	}
	if again {
		v.search() // the old view serves meanwhile; the first visitor of a portal waits for a page only
	}
	c.live.mu.Lock()
	if c.live.views == nil {
		c.live.views, c.live.libraries = map[ident.TenantID]*View{}, map[ident.RealmID]*library{}
	}
	c.live.libraries[r.ID], c.live.views[t.ID] = lib, v
	c.live.mu.Unlock()
	if c.live.changed != nil {
		c.live.changed(t.ID)
	}
	return v, nil
}

// Refresh compiles again whatever is older than the database: a tenant's view
// when the tenant published, all views of a realm when its library did.
func (c *Catalogue) Refresh(ctx context.Context) error {
	for _, part := range c.c.DB.Partitions() {
		now := map[string]int64{}
		sum := map[ident.RealmID]int64{} // of the tenants' versions
		err := c.c.DB.View(ctx, db.Across(part, "which catalogues changed"), func(tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,version FROM catalogue_version`)
			_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
				var realm, tenant string
				var n int64
				err = r.Scan(&realm, &tenant, &n)
				now[realm+"/"+tenant] = n
				if tenant != "" {
					sum[ident.RealmID(realm)] += n
				}
				return x, err
			})
			return err
		})
		if err != nil {
			return err
		}
		moved, err := c.refreshOffers(ctx, sum)
		if err != nil {
			return err
		}
		c.live.mu.Lock()
		views := make([]*View, 0, len(c.live.views))
		for _, v := range c.live.views {
			views = append(views, v)
		}
		c.live.mu.Unlock()
		fresh := map[ident.RealmID]bool{}
		for _, v := range views {
			r := v.realm.realm
			lv, known := now[string(r.ID)+"/"]
			if known && lv != v.realm.version && !fresh[r.ID] {
				lib, err := c.loadLibrary(ctx, r)
				if err != nil {
					return err
				}
				c.live.mu.Lock()
				c.live.libraries[r.ID] = lib
				c.live.mu.Unlock()
				fresh[r.ID] = true
			}
			if tv, ok := now[string(r.ID)+"/"+string(v.Tenant.ID)]; fresh[r.ID] || (ok && tv != v.Version>>20) || (known && lv != v.realm.version) {
				t := v.Tenant
				if door, ok := c.c.Directory.DoorOf(t.ID); ok {
					t = door.Tenant
				}
				if _, err := c.build(ctx, r, t, true); err != nil {
					return err
				}
			} else if moved[r.ID] && c.live.changed != nil {
				c.live.changed(v.Tenant.ID) // its pages say who else does it
			}
		}
	}
	return nil
}

// refreshOffers reads who offers what again for each realm in which a tenant
// published since, and says for which.
func (c *Catalogue) refreshOffers(ctx context.Context, sum map[ident.RealmID]int64) (moved map[ident.RealmID]bool, err error) {
	moved = map[ident.RealmID]bool{}
	c.live.mu.Lock()
	libraries := maps.Clone(c.live.libraries)
	c.live.mu.Unlock()
	for r, lib := range libraries {
		if n, here := sum[r]; !here || n == lib.offers.Load().at {
			continue
		}
		if err := c.c.DB.View(ctx, db.Across(r, "who of the realm offers what is public"), func(tx *db.Tx) error {
			o, err := readOffers(ctx, tx, r)
			if err == nil {
				lib.offers.Store(o)
			}
			return err
		}); err != nil {
			return nil, err
		}
		moved[r] = true
	}
	return moved, nil
}

// Follow keeps the views current until ctx ends.
func (c *Catalogue) Follow(ctx context.Context, log *slog.Logger) {
	c.c.DB.Follow(ctx, Topic, func() {
		if err := c.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("catalogue not refreshed", "error", err.Error())
		}
	})
}

func (c *Catalogue) loadLibrary(ctx context.Context, r tenancy.Realm) (*library, error) {
	lib := &library{realm: r, byID: map[string]*entry{}, bySlug: map[string]*entry{}}
	forms := map[string]online{}
	err := c.c.DB.View(ctx, db.Across(r.ID, "who of the realm offers what is public"), func(tx *db.Tx) error {
		if err := version(ctx, tx, r.ID, "", &lib.version); err != nil {
			return err
		}
		if err := each(ctx, tx, r.ID, "", func(kind, id, data string) error {
			switch kind {
			case kindService:
				e := &entry{}
				if err := json.Unmarshal([]byte(data), &e.s); err != nil {
					return err
				}
				lib.entries = append(lib.entries, e)
			case kindSituation:
				var s Situation
				if err := json.Unmarshal([]byte(data), &s); err != nil {
					return err
				}
				lib.situations = append(lib.situations, s)
			case kindOnline:
				return addOnline(forms, data)
			}
			return nil
		}); err != nil {
			return err
		}
		o, err := readOffers(ctx, tx, r.ID)
		lib.offers.Store(o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("library of %s: %w", r.Slug, err)
	}
	docs := make([]search.Doc, 0, len(lib.entries)+len(lib.situations))
	for _, e := range lib.entries {
		finish(e, forms)
		lib.byID[e.s.ID], lib.bySlug[e.s.Slug] = e, e
		docs = append(docs, serviceDoc(e.s))
	}
	slices.SortStableFunc(lib.entries, func(a, b *entry) int { return slices.Compare(a.sort, b.sort) })
	slices.SortFunc(lib.situations, func(a, b Situation) int { return a.Order - b.Order })
	for _, s := range lib.situations {
		docs = append(docs, search.Doc{Kind: search.KindSituation, ID: s.Slug, Title: s.Name, Lead: s.Line, Body: s.Intro})
	}
	options := c.searchOptions(r)
	lib.corpus = sync.OnceValue(func() *search.Corpus { return search.Build(docs, options) })
	return lib, nil
}

// readOffers reads who of the realm offers what.
func readOffers(ctx context.Context, tx *db.Tx, r ident.RealmID) (*offers, error) {
	o := &offers{by: map[string][]ident.TenantID{}}
	if err := tx.QueryRow(ctx, `SELECT coalesce(sum(version),0) FROM catalogue_version WHERE realm_id=$1 AND tenant_id<>''`, string(r)).Scan(&o.at); err != nil {
		return o, err
	}
	rows, err := tx.Query(ctx, `SELECT service_id,tenant_id FROM catalogue_offer WHERE realm_id=$1 AND offered ORDER BY tenant_id`, string(r))
	_, err = db.Collect(rows, err, func(s *sql.Rows) (x struct{}, err error) {
		var id string
		var t ident.TenantID
		err = s.Scan(&id, &t)
		o.by[id] = append(o.by[id], t)
		return x, err
	})
	return o, err
}

// keptOptions are those of one state of the directory: its views need them a
// thousand times when a realm has a thousand tenants.
type keptOptions struct {
	of *tenancy.Tenant // the first of that state's list, which is made anew for each
	o  search.Options
}

func (c *Catalogue) searchOptions(r tenancy.Realm) search.Options {
	all := c.c.Directory.Tenants("")
	if len(all) == 0 {
		return search.Options{Synonyms: c.c.Vocabulary}
	}
	c.live.mu.Lock()
	kept := c.live.options[r.ID]
	c.live.mu.Unlock()
	if kept.of == &all[0] {
		return kept.o
	}
	var places []string
	for _, t := range all {
		if t.Realm != r.ID {
			continue
		}
		places = append(places, t.ShortName)
		for _, p := range t.Places {
			places = append(places, p.Name, p.District)
		}
	}
	slices.Sort(places)
	places = slices.Compact(places)
	o := search.Options{Synonyms: c.c.Vocabulary, Places: slices.DeleteFunc(places, func(s string) bool { return s == "" })}
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	if c.live.options == nil {
		c.live.options = map[ident.RealmID]keptOptions{}
	}
	c.live.options[r.ID] = keptOptions{&all[0], o}
	return o
}

func (c *Catalogue) loadView(ctx context.Context, lib *library, t tenancy.Tenant) (*View, error) {
	v := &View{Tenant: t, realm: lib, own: map[string]*entry{}, offers: map[string]offer{}, learnt: c.c.Learnt}
	forms := map[string]online{}
	var own []*entry
	var version_ int64
	err := c.c.DB.View(ctx, t.Scope(), func(tx *db.Tx) error {
		if err := version(ctx, tx, t.Realm, t.ID, &version_); err != nil {
			return err
		}
		if err := each(ctx, tx, t.Realm, t.ID, func(kind, id, data string) error {
			switch kind {
			case kindService:
				e := &entry{}
				own = append(own, e)
				return json.Unmarshal([]byte(data), &e.s)
			case kindFacility:
				var f Facility
				err := json.Unmarshal([]byte(data), &f)
				v.facilities = append(v.facilities, f)
				return err
			case kindContact:
				var k Contact
				err := json.Unmarshal([]byte(data), &k)
				v.contacts = append(v.contacts, k)
				return err
			case kindOnline:
				return addOnline(forms, data)
			}
			return nil
		}); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT service_id,unit_slug,offered FROM catalogue_offer WHERE tenant_id=$1 AND realm_id=$2`, string(t.ID), string(t.Realm))
		_, err = db.Collect(rows, err, func(s *sql.Rows) (x struct{}, err error) {
			var id string
			var o offer
			err = s.Scan(&id, &o.unit, &o.offered)
			v.offers[id] = o
			return x, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("catalogue of %s: %w", t.Slug, err)
	}
	v.Version = version_<<20 | lib.version&(1<<20-1)
	var docs []search.Doc
	for _, e := range own {
		if base := lib.byID[e.s.ID]; base != nil {
			e.s, e.mine = override(base.s, e.s)
			finish(e, forms)
			v.own[e.s.ID] = e
		} else {
			finish(e, forms)
			v.extra = append(v.extra, e)
		}
		docs = append(docs, serviceDoc(e.s))
	}
	for id := range forms { // a form of the tenant's own on a service of the library
		if base := lib.byID[id]; base != nil && v.own[id] == nil {
			e := &entry{s: base.s, mine: map[string]bool{"form": true}}
			finish(e, forms)
			v.own[id] = e
		}
	}
	slices.SortFunc(v.facilities, func(a, b Facility) int { return slices.Compare(sortKey(a.Name), sortKey(b.Name)) })
	slices.SortFunc(v.contacts, func(a, b Contact) int {
		return slices.Compare(sortKey(a.Family+" "+a.Given), sortKey(b.Family+" "+b.Given))
	})
	for _, f := range v.facilities {
		docs = append(docs, search.Doc{Kind: search.KindFacility, ID: f.Slug, Title: f.Name, Lead: xzufi.PlainText(f.Text), Keywords: f.Roles, Body: xzufi.PlainText(f.Notes), Phone: f.Phone, Places: []string{f.City}})
	}
	for _, k := range v.contacts {
		name := ""
		if f := v.facility(k.Facility); f != nil {
			name = f.Name
		}
		docs = append(docs, search.Doc{Kind: search.KindPerson, ID: k.Slug, Title: k.Name(), Keywords: keywords(k, name), Lead: k.Function + " " + name, Body: k.Topics, Phone: k.Phone})
	}
	options := c.searchOptions(lib.realm)
	v.search = sync.OnceValue(func() *search.View {
		var corpus *search.Corpus
		if len(docs) > 0 {
			corpus = search.Build(docs, options)
		}
		return search.NewView(lib.corpus(), nil, corpus)
	})
	return v, nil
}

// keywords are the words under which people look for a contact: the office and
// each topic.
func keywords(k Contact, office string) []string {
	out := []string{office}
	for _, t := range strings.FieldsFunc(k.Topics, func(r rune) bool { return r == ',' || r == ';' }) {
		out = append(out, strings.TrimSpace(t))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// finish fills what is derived.
func finish(e *entry, forms map[string]online) {
	if o, ok := forms[e.s.ID]; ok {
		e.s.Form, e.s.FormURL = o.Form, o.URL
		if o.Trust != "" {
			e.s.Trust = o.Trust
		}
	}
	if e.s.Level == "" {
		e.s.Level = LevelGemeinde
	}
	e.sort = sortKey(e.s.Title)
}

func addOnline(forms map[string]online, data string) error {
	var o online
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		return err
	}
	for _, id := range o.Services {
		forms[id] = o
	}
	return nil
}

func version(ctx context.Context, tx *db.Tx, r ident.RealmID, t ident.TenantID, n *int64) error {
	err := tx.QueryRow(ctx, `SELECT version FROM catalogue_version WHERE tenant_id=$1 AND realm_id=$2`, string(t), string(r)).Scan(n)
	if err == sql.ErrNoRows {
		return nil
	}
	return err
}

func each(ctx context.Context, tx *db.Tx, r ident.RealmID, t ident.TenantID, fn func(kind, id, data string) error) error {
	rows, err := tx.Query(ctx, `SELECT kind,id,published FROM catalogue_object WHERE tenant_id=$1 AND realm_id=$2 AND published<>''`, string(t), string(r))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, id, data string
		if err := rows.Scan(&kind, &id, &data); err != nil {
			return err
		}
		if err := fn(kind, id, data); err != nil {
			return fmt.Errorf("%s %s: %w", kind, id, err)
		}
	}
	return rows.Err()
}

func serviceDoc(s Service) search.Doc {
	var body strings.Builder
	for _, h := range []string{s.Full, s.Requirements, s.DocumentText, s.Procedure, s.Notes, s.More, s.FeeText} {
		if h != "" {
			body.WriteString(xzufi.PlainText(h))
			body.WriteByte('\n')
		}
	}
	for _, d := range s.Documents {
		body.WriteString(d.Name + "\n")
	}
	kw := s.Synonyms
	if s.Official != s.Title {
		kw = append(slices.Clone(kw), s.Official)
	}
	return search.Doc{Kind: search.KindService, ID: s.ID, Title: s.Title, Keywords: kw, Lead: xzufi.PlainText(s.Short), Body: body.String(), LeiKa: s.LeiKa, Online: s.Form != "" || s.FormURL != "", Situations: s.Situations}
}
