package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"stadttor/internal/app"
	"stadttor/internal/cases"
	"stadttor/internal/db"
	"stadttor/internal/forms"
	"stadttor/internal/test/town"
)

// What a submission is made of in this measurement.
const (
	senders    = 64        // clients that send at the same time
	attachment = 100 << 10 // bytes of the one file
)

// weight is what one submission leaves in the database: the rows that are
// inserted and the case itself, without indexes and without what jobs do later.
type weight struct{ Rows, Bytes int }

// submissions measures how many applications with a file become durable in a
// second, beside the bare engine that commits rows and files of that size.
//
// Everything that people do before is done before: the drafts are filled in
// through the same verbs, then the world is copied for each round, the program
// started on the copy and left to build its indexes. What is timed are requests to the running
// program, with its jobs (receipts, parcels for the folder) beside them.
func submissions(ctx context.Context, b *bench) error {
	p, err := b.copy("submit")
	if err != nil {
		return err
	}
	n := b.short(30 * senders)
	list, one, err := fillIn(ctx, p, 2*n+2*senders)
	if err != nil {
		return fmt.Errorf("filling in: %w", err)
	}
	first := list[:2*senders] // not timed: the program has just been started
	for _, x := range []struct {
		name, note string
		drafts     []draft
	}{
		// As it is with people, who upload on one page and send on another.
		{"durable submissions a second, 64 clients, 100 KB", "file uploaded before, bare writes it as well", list[2*senders : 2*senders+n]},
		{"the same with the upload in the timed part", "two requests each", list[2*senders+n:]},
	} {
		r := Row{Name: x.name, Unit: "a second", Least: .3}
		for round := range b.rounds {
			q, err := b.copyOf(p, fmt.Sprintf("submit-%d-%d", len(b.rows), round))
			if err != nil {
				return err
			}
			ours, err := b.sendAll(ctx, q, first, x.drafts)
			if err != nil {
				return err
			}
			var base float64
			if err := child(ctx, "commit", anyRT, commitOrder{Dir: q.Dir, Clients: senders, Count: 2 * n, Weight: one, File: attachment}, &base); err != nil {
				return err
			}
			r.Rounds = append(r.Rounds, [2]float64{ours, base})
			if err := empty(q.Dir); err != nil {
				return err
			}
		}
		r.Note = fmt.Sprintf("%s; %d rows, %.1f KB each; load %s", x.note, one.Rows, float64(one.Bytes)/1000, loadNow())
		b.add(r)
	}
	return nil
}

// empty takes what the files of a round hold and leaves the files: ext4 keeps
// from inodes that were freed within the last minutes and searches past all of
// them, so that what one round deletes would slow the next.
func empty(dir string) error {
	return filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			err = os.Truncate(p, 0)
		}
		return err
	})
}

// draft is a filled in form whose last two requests are ready to be sent.
type draft struct{ upload, final []byte }

// fillIn fills n forms in, half of them without their file, and weighs one.
func fillIn(ctx context.Context, p town.Place, n int) (list []draft, one weight, err error) {
	a, err := town.Open(ctx, p, town.Options{})
	if err != nil {
		return nil, one, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	guests, err := town.Guests(ctx, a, 11)
	if err != nil {
		return nil, one, err
	}
	if one, err = weigh(ctx, a); err != nil {
		return nil, one, fmt.Errorf("weighing a submission: %w", err)
	}
	list = make([]draft, n)
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	bar := newBar(n, "filling forms in")
	for range senders {
		wg.Go(func() {
			for i := range next {
				who := guests[i%len(guests)]
				door, _ := a.Directory.DoorOf(who.Tenant)
				withFile := i < senders || i >= 2*senders && i < 2*senders+(n-2*senders)/2
				x, version, err := town.Start(ctx, a, who, uint64(i), attachment)
				for _, page := range town.Pages(a.DB.Now(), x.Mark()) {
					if err != nil || page.Name == forms.CheckPage || page.File && !withFile {
						continue
					}
					version, err = town.Answer(ctx, a, x, page)
				}
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
				list[i], err = lastRequests(door.Portal.Host, x, version, withFile)
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
				bar.step()
			}
		})
	}
	wg.Wait()
	bar.done()
	return list, one, failed
}

// lastRequests are the upload (if it is still to be done) and the page that
// sends, as a browser would send them.
func lastRequests(host string, x town.Application, version int64, uploaded bool) (d draft, err error) {
	head := func(path, kind string, n int) string {
		return "POST /antrag/" + town.Form + "/" + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + asBrowser + "Origin: http://" + host + "\r\n" +
			cookie(map[string]string{"entwurf": town.Form + "." + string(x.Case) + "." + x.Proof.Secret}) +
			"Content-Type: " + kind + "\r\nContent-Length: " + strconv.Itoa(n) + "\r\n\r\n"
	}
	if !uploaded {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		err = m.WriteField("_entwurf", string(x.Case))
		if err == nil {
			w, e := m.CreateFormFile(town.Upload, town.Upload+".pdf")
			if err = e; err == nil {
				_, err = w.Write(x.File())
			}
		}
		if err = errors.Join(err, m.Close()); err != nil {
			return d, err
		}
		d.upload = append([]byte(head(town.Upload, m.FormDataContentType(), body.Len())), body.Bytes()...)
		version++
	}
	final := url.Values{"_entwurf": {string(x.Case)}, "_schluessel": {x.Key}, "_stand": {strconv.FormatInt(version, 10)}, forms.DeclarationField: {"ja"}}.Encode()
	d.final = append([]byte(head(forms.CheckPage, "application/x-www-form-urlencoded", len(final))), final...)
	return d, nil
}

// sendAll starts the program on a world, lets all clients send and counts in
// the database afterwards what was received.
func (b *bench) sendAll(ctx context.Context, p town.Place, first, timed []draft) (rate float64, err error) {
	ours, err := b.demo(ctx, p, anyRT)
	if err != nil {
		return 0, err
	}
	err = func() error {
		for _, list := range [][]draft{first, timed} {
			if err := ours.settle(ctx); err != nil {
				return err
			}
			o := loadOrder{Addr: ours.addr, Conns: senders, Status: http.StatusSeeOther}
			for _, d := range list {
				o.Chains = append(o.Chains, d.requests())
			}
			var r loadResult
			if err := child(ctx, "load", anyRT, o, &r); err != nil {
				return err
			}
			if r.Wrong > 0 {
				return fmt.Errorf("%d wrong answers, the first %s", r.Wrong, r.First)
			}
			rate = float64(len(list)) / r.Seconds
		}
		return nil
	}()
	if err = errors.Join(err, ours.stop()); err != nil {
		return 0, err
	}
	// A redirect may lead anyRT: what counts is in the database.
	a, err := town.Open(ctx, p, town.Options{})
	if err != nil {
		return 0, err
	}
	var got int
	for _, part := range a.DB.Partitions() {
		err = errors.Join(err, a.DB.View(ctx, db.Across(part, "the benchmark counts what was received"), func(tx *db.Tx) error {
			var some int
			err := tx.QueryRow(ctx, `SELECT count(*) FROM case_record WHERE form=$1 AND submitted_at>0`, town.Form).Scan(&some)
			got += some
			return err
		}))
	}
	if err = errors.Join(err, a.Close()); err != nil {
		return 0, err
	}
	if want := len(first) + len(timed) + weighed; got != want {
		return 0, fmt.Errorf("%d applications were acknowledged and %d are in the database", want, got)
	}
	return rate, nil
}

// requests are those that are left to do.
func (d draft) requests() [][]byte {
	if d.upload == nil {
		return [][]byte{d.final}
	}
	return [][]byte{d.upload, d.final}
}

// weighed applications are sent to learn what one weighs.
const weighed = 4

// weigh sends some applications and looks at what they left in the tables.
func weigh(ctx context.Context, a *app.App) (weight, error) {
	guests, err := town.Guests(ctx, a, 1)
	if err != nil {
		return weight{}, err
	}
	var list []town.Application
	for i := range weighed {
		x, err := town.Fill(ctx, a, guests[0], uint64(1e6+i), attachment)
		if err != nil {
			return weight{}, err
		}
		list = append(list, x)
	}
	rows, before, _, err := sizes(ctx, a)
	if err != nil {
		return weight{}, err
	}
	for _, x := range list {
		s, err := town.Send(ctx, a, x)
		if err != nil {
			return weight{}, err
		}
		if s.State != cases.StateSubmitted {
			return weight{}, fmt.Errorf("the case is %s", s.State)
		}
	}
	more, after, record, err := sizes(ctx, a)
	// The file's own row and the case, which is changed and not inserted.
	return weight{Rows: (more-rows)/weighed + 2, Bytes: (after-before)/weighed + record}, err
}

// sizes adds up all tables but that of the cases, of which it gives the mean
// size of those that were sent.
func sizes(ctx context.Context, a *app.App) (rows, size, record int, err error) {
	err = a.DB.View(ctx, db.Across("", "the benchmark weighs rows"), func(tx *db.Tx) error {
		type column struct{ table, name string }
		q, err := tx.Query(ctx, `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table' AND m.name NOT LIKE 'sqlite_%'`)
		columns, err := db.Collect(q, err, func(r *sql.Rows) (c column, err error) { err = r.Scan(&c.table, &c.name); return c, err })
		if err != nil {
			return err
		}
		sums := map[string]string{}
		for _, c := range columns {
			sums[c.table] += "+coalesce(length(\"" + c.name + "\"),0)"
		}
		for table, sum := range sums {
			var n, s int
			where := ""
			if table == "case_record" {
				where = " WHERE submitted_at>0"
			}
			if err := tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(`+sum[1:]+`),0) FROM "`+table+`"`+where).Scan(&n, &s); err != nil {
				return err
			}
			if table == "case_record" {
				record = s / max(n, 1)
				continue
			}
			rows, size = rows+n, size+s
		}
		return nil
	})
	return rows, size, record, err
}
