package isolation

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"stadttor/internal/db"
)

// parts are the tables in which a case lies; in case_record it is the id.
var parts = []string{"case_record", "case_message", "case_note", "case_document", "case_event", "case_task", "payment", "payment_clearing", "payment_inpayment", "ledger_entry", "parcel"}

// settings are what administrators and editors change.
var settings = []string{"portal", "tenant", "unit", "extension", "staff", "staff_grant", "sign_in_choice", "staff_sign_in_choice", "sign_in_connection", "catalogue_offer", "catalogue_version", "relevance_synonym", "relevance_judgement", "relevance_question",
	"provider_client", "provider_request", "provider_code", "provider_token"}

// house names the settings among fingerprints.
const house = "settings of the house"

// look remembers how everything is now.
func (x *walk) look() { x.state = x.w.prints() }

// unchanged compares what the actor may not touch with what it was; nil is
// everybody, of whom nobody may touch anything.
func (x *walk) unchanged(r *row, a *Actor) {
	now := x.w.prints()
	who := a
	if a == nil {
		who = &Actor{Name: "somebody"}
	}
	for _, o := range x.w.Objects {
		key := string(o.Case)
		if now[key] != x.state[key] && (a == nil || !a.Sees(o) && !(a.knows(o) && r.guard(a) == passes)) {
			x.find(r, who, o.Name, "it was changed")
		}
	}
	if now[house] != x.state[house] {
		x.find(r, who, house, "they were changed")
	}
	x.state = now
}

// prints gives the fingerprint of each object with all that hangs on it, by its
// case, and that of the settings.
func (w *Town) prints() map[string]string {
	w.t.Helper()
	var out map[string]string
	w.must(w.DB.View(w.t.Context(), db.Across("", "the test looks at everything"), func(tx *db.Tx) error {
		sums := map[string]*[sha256.Size]byte{}
		add := func(key, table string, values []string) {
			if sums[key] == nil {
				sums[key] = &[sha256.Size]byte{}
			}
			for i, b := range sha256.Sum256([]byte(table + "\x00" + strings.Join(values, "\x00"))) {
				sums[key][i] ^= b // in whatever order rows come
			}
		}
		for _, t := range parts {
			column := "case_id"
			if t == "case_record" {
				column = "id"
			}
			w.rows(tx, `SELECT * FROM `+t, func(columns, values []string) { add(values[slices.Index(columns, column)], t, values) })
		}
		byHandle := map[string]string{}
		for _, o := range w.Objects {
			for _, name := range o.SignIns {
				byHandle[name] = string(o.Case)
			}
		}
		byID := map[string]string{}
		for _, o := range w.Objects {
			for _, id := range o.Kept.ids() {
				byID[id] = string(o.Case)
			}
		}
		for t, column := range map[string]string{"account_part": "id", "account_consent": "id", "account_mandate": "id", "account": "person_id"} {
			w.rows(tx, `SELECT * FROM `+t, func(columns, values []string) {
				if key := byID[values[slices.Index(columns, column)]]; key != "" {
					add(key, t, values)
				}
			})
		}
		for _, t := range []string{"account_session", "session"} {
			w.rows(tx, `SELECT * FROM `+t, func(columns, values []string) {
				if key := byHandle[values[slices.Index(columns, "handle")]]; key != "" {
					add(key, t, values)
				}
			})
		}
		for _, t := range settings {
			w.rows(tx, `SELECT * FROM `+t, func(_, values []string) { add(house, t, values) })
		}
		w.rows(tx, `SELECT count(*), sum(version) FROM catalogue_object`, func(_, values []string) { add(house, "catalogue_object", values) })
		out = map[string]string{}
		for key, sum := range sums {
			out[key] = hex.EncodeToString(sum[:])
		}
		return nil
	}))
	return out
}

// rows reads rows of any table as text.
func (w *Town) rows(tx *db.Tx, q string, each func(columns, values []string), args ...any) {
	w.t.Helper()
	rows, err := tx.Query(w.t.Context(), q, args...)
	_, err = db.Collect(rows, err, func(r *sql.Rows) (x struct{}, err error) {
		columns, err := r.Columns()
		if err != nil {
			return x, err
		}
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			return x, err
		}
		values := make([]string, len(columns))
		for i, c := range cells {
			if b, ok := c.([]byte); ok {
				values[i] = string(b)
			} else {
				values[i] = fmt.Sprint(c)
			}
		}
		each(columns, values)
		return x, nil
	})
	if err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}
