package relevance

import (
	"context"
	"database/sql"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"stadttor/internal/db"
	"stadttor/internal/ident"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// Topic is the change notice of a release.
const Topic = "relevance"

// Config of the feature.
type Config struct {
	DB        *db.DB
	Directory *tenancy.Directory
}

// Service is the feature. Safe for concurrent use.
type Service struct {
	c    Config
	book book

	mu    sync.RWMutex // guards the rest; held for look-ups only
	words map[layerKey]released
	likes map[ident.TenantID]liked
	known map[ident.TenantID]*search.Learnt
	seen  map[ident.TenantID]ident.RealmID // whose search was asked since the start
}

// released is what is live in a layer.
type released struct {
	version  int64
	synonyms *search.Synonyms
}

// liked is how often the documents of a tenant were chosen.
type liked struct {
	at     time.Time
	clicks map[search.Key]float64
}

// New makes the feature knowing nothing; Refresh reads what is live, Run keeps
// it current.
func New(c Config) *Service {
	return &Service{c: c, words: map[layerKey]released{}, likes: map[ident.TenantID]liked{}, known: map[ident.TenantID]*search.Learnt{}, seen: map[ident.TenantID]ident.RealmID{}}
}

// Learnt is what the search of a tenant's portal knows beyond its documents:
// words of the tenant, words of the realm, what its visitors chose. It is asked
// for each question; the same pointer says that nothing changed. The caller
// does not change what it points to.
func (s *Service) Learnt(r ident.RealmID, t ident.TenantID) *search.Learnt {
	s.mu.RLock()
	x := s.known[t]
	s.mu.RUnlock()
	if x != nil {
		return x
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[t] = r
	x = &search.Learnt{Popularity: s.likes[t].clicks}
	for _, k := range []layerKey{{r, t}, {r, ""}} { // the nearer word first
		if w := s.words[k]; w.synonyms.Len() > 0 {
			x.Synonyms = append(x.Synonyms, w.synonyms)
		}
	}
	s.known[t] = x
	return x
}

// Refresh reads whatever was released since.
func (s *Service) Refresh(ctx context.Context) error {
	for _, part := range s.c.DB.Partitions() {
		err := s.c.DB.View(ctx, db.Across(part, "which words of the search changed"), func(tx *db.Tx) error {
			type version struct {
				at layerKey
				n  int64
			}
			rows, err := tx.Query(ctx, `SELECT realm_id,tenant_id,version FROM relevance_version`)
			list, err := db.Collect(rows, err, func(r *sql.Rows) (v version, err error) { return v, r.Scan(&v.at.realm, &v.at.tenant, &v.n) })
			if err != nil {
				return err
			}
			for _, v := range list {
				s.mu.RLock()
				have := s.words[v.at].version
				s.mu.RUnlock()
				if have == v.n {
					continue
				}
				words, err := live(ctx, tx, v.at)
				if err != nil {
					return err
				}
				s.put(v.at, released{v.n, compile(words)})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) put(at layerKey, w released) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words[at] = w
	for t := range s.known {
		if t == at.tenant || at.tenant == "" && s.seen[t] == at.realm {
			delete(s.known, t)
		}
	}
}

// live reads the words of a layer that the search has.
func live(ctx context.Context, tx *db.Tx, at layerKey) ([]Synonym, error) {
	rows, err := tx.Query(ctx, `SELECT published FROM relevance_synonym WHERE tenant_id=$1 AND realm_id=$2 AND published<>'' ORDER BY pair`, string(at.tenant), string(at.realm))
	return db.Collect(rows, err, func(r *sql.Rows) (Synonym, error) {
		var text string
		err := r.Scan(&text)
		return unmarshal(text), err
	})
}

// How often the node writes what it counted, looks for a lost notice, and reads
// what visitors chose.
const (
	writeEvery = time.Minute
	lookEvery  = 30 * time.Second
	likesEvery = 10 * time.Minute
)

// Run keeps what the search knows current and writes what was counted, until
// ctx ends; then it writes once more.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	notices, stop := s.c.DB.Listen(Topic)
	defer stop()
	look, write, soon := time.NewTicker(lookEvery), time.NewTicker(writeEvery), time.NewTicker(2*time.Second)
	defer look.Stop()
	defer write.Stop()
	defer soon.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if err := s.Write(end); err != nil {
				log.Error("search counts not written", "error", err.Error())
			}
			return
		case _, ok := <-notices:
			if !ok {
				return
			}
			err = s.Refresh(ctx)
		case <-look.C:
			err = s.Refresh(ctx)
		case <-write.C:
			err = s.Write(ctx)
		case <-soon.C:
			err = s.ReadLikes(ctx)
		}
		if err != nil && ctx.Err() == nil {
			log.Error("search does not learn", "error", err.Error())
		}
	}
}

// Visit is where and from which network something was asked. The address stays
// in memory as a digest of the day.
type Visit struct {
	Realm  ident.RealmID
	Tenant ident.TenantID
	From   netip.Prefix
}

func (v Visit) key() layerKey { return layerKey{v.Realm, v.Tenant} }

// Asked notes that somebody saw the result list of a query with so many hits.
// A query that may not be counted is forgotten at once.
func (s *Service) Asked(v Visit, query string, hits int) {
	if words, ok := Question(query); ok {
		s.book.asked(v.key(), v.From, words, hits, s.c.DB.Now())
	}
}

// Chose notes that somebody opened a page of the catalogue, from the result
// list of a query, or from elsewhere (query "").
func (s *Service) Chose(v Visit, query string, hit search.Key) {
	words, _ := Question(query)
	s.book.chose(v.key(), v.From, words, hit, s.c.DB.Now())
}

// Judged notes a thumb for a hit of a query, or for its whole list (zero hit).
func (s *Service) Judged(v Visit, query string, hit search.Key, helped bool) {
	if words, ok := Question(query); ok {
		s.book.judged(v.key(), v.From, words, hit, helped, s.c.DB.Now())
	}
}
