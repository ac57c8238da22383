package town_test

import (
	"bytes"
	"testing"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/test/town"
)

func TestAFilledInFormIsReceivedAndHoldsItsFile(t *testing.T) {
	ctx := t.Context()
	p := town.Place{Dir: t.TempDir()}
	start := time.Now()
	if err := town.Prepare(ctx, p); err != nil {
		t.Fatal(err)
	}
	t.Log("prepare", time.Since(start))
	q := town.Place{Dir: t.TempDir()}
	start = time.Now()
	if err := town.Copy(p, q); err != nil {
		t.Fatal(err)
	}
	t.Log("copy", time.Since(start))
	start = time.Now()
	a, err := town.Open(ctx, q, town.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("open", time.Since(start))
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	start = time.Now()
	guests, err := town.Guests(ctx, a, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("guests", time.Since(start))
	for i, g := range append(guests, guests...) {
		start = time.Now()
		x, err := town.Fill(ctx, a, g, 7, 100<<10)
		if err != nil {
			t.Fatal(err)
		}
		filled := time.Since(start)
		s, err := town.Send(ctx, a, x)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(i, "fill", filled, "all", time.Since(start))
		own, err := a.Cases.Read(ctx, g, x.Proof, x.Case)
		if err != nil || own.State != cases.StateSubmitted || own.Number != s.Number || len(own.Documents) != 1 || own.Documents[0].SHA256 != x.SHA256() {
			t.Errorf("%+v %v", own, err)
		}
	}
}

func TestTheDayIsPossibleOnEveryDayOfTheYear(t *testing.T) {
	for d := range 366 * 12 {
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, d)
		v := town.Pages(now, 1)[0].Values
		day, err := time.Parse("2.1.2006", v.Get("datum-tag")+"."+v.Get("datum-monat")+"."+v.Get("datum-jahr"))
		if err != nil {
			t.Fatal(err)
		}
		if n := day.Sub(now.Truncate(24*time.Hour)) / (24 * time.Hour); n < 14 || n > 400 {
			t.Fatalf("on %s: %d days ahead", now, n)
		}
	}
}

func TestPDFHasItsSizeAndIsNoise(t *testing.T) {
	for _, n := range []int{1000, 4096, 100 << 10} {
		a, b := town.PDF(n, 1), town.PDF(n, 2)
		if len(a) != n || bytes.Equal(a, b) || !bytes.Equal(a, town.PDF(n, 1)) {
			t.Errorf("%d bytes wanted, %d", n, len(a))
		}
	}
}
