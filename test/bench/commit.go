package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the bare engine
)

// commitOrder is what the bare engine commits: for each of Count submissions a
// file and some rows that weigh together as much as the program's.
type commitOrder struct {
	Dir     string // on the disk of the program's data
	Clients int
	Count   int
	Weight  weight
	File    int // bytes
}

// commitChild is the baseline of submissions: each client writes a file, syncs
// it and its folder and waits for the one writer, which inserts the rows of all
// who wait and commits them together, durably. No form, no checks, no seals,
// no HTTP. It gives submissions a second.
func commitChild(text []byte) error {
	var o commitOrder
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	rate, err := commitAll(o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(rate)
}

func commitAll(o commitOrder) (rate float64, err error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp(o.Dir, "bare-")
	if err != nil {
		return 0, err
	}
	d, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c, err := d.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.ExecContext(ctx, `CREATE TABLE t (submission TEXT NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (submission,n)) STRICT, WITHOUT ROWID`); err != nil {
		return 0, err
	}
	insert, err := c.PrepareContext(ctx, `INSERT INTO t VALUES ($1,$2,$3)`)
	if err != nil {
		return 0, err
	}
	row, file := make([]byte, o.Weight.Bytes/max(o.Weight.Rows, 1)), make([]byte, o.File)
	for _, b := range [][]byte{row, file} {
		_, _ = rand.Read(b)
	}
	type wish struct {
		name string
		done chan error
	}
	queue := make(chan wish, o.Clients)
	go func() { // the one writer
		for first := range queue {
			batch := []wish{first}
			_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
			for i := 0; i < len(batch) && err == nil; i++ {
				for n := range o.Weight.Rows {
					if err == nil {
						_, err = insert.ExecContext(ctx, batch[i].name, n, row)
					}
				}
				select {
				case w, open := <-queue:
					if open {
						batch = append(batch, w)
					}
				default:
				}
			}
			if err == nil {
				_, err = c.ExecContext(ctx, "COMMIT")
			}
			for _, w := range batch {
				w.done <- err
			}
		}
	}()
	next := make(chan int, o.Count)
	for i := range o.Count {
		next <- i
	}
	close(next)
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed error
	)
	folders := make([]string, o.Clients)
	for i := range folders {
		folders[i] = filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(folders[i], 0o700); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	for _, folder := range folders {
		wg.Go(func() {
			done := make(chan error, 1)
			for i := range next {
				name := fmt.Sprintf("%08d", i)
				err := writeDurably(folder, name, file)
				if err == nil {
					queue <- wish{name, done}
					err = <-done
				}
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	close(queue)
	return float64(o.Count) / took.Seconds(), failed
}

// writeDurably writes a file and syncs it and its folder.
func writeDurably(folder, name string, b []byte) error {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
