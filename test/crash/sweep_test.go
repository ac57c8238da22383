//go:build linux

package main

import (
	"flag"
	"fmt"
	"os/exec"
	"testing"
)

var sweep = flag.Int("sweep", 0, "kill at the 1st to N-th system call of each kind during one application; needs strace")

// The program is killed at the N-th call that makes data durable, for every N,
// while one person fills in and submits: whatever was acknowledged is there.
func TestNothingIsLostWhicheverSystemCallIsTheLast(t *testing.T) {
	if *sweep == 0 {
		t.Skip("with -sweep N only")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	for _, calls := range []string{"fsync,fdatasync", "renameat,renameat2,rename", "pwrite64", "write", "ftruncate,mkdirat,unlinkat"} {
		t.Run(calls, func(t *testing.T) {
			p := world(t)
			r, survived := Result{}, 0
			for n := 1; n <= *sweep && survived < 3; n++ {
				o := order{Place: p, Seed: uint64(n), Once: true}
				cmd, out, err := start(t.Context(), o, strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", calls, n))
				if err != nil {
					t.Fatal(err)
				}
				got, err := listen(out, func(report) {})
				if wait := cmd.Wait(); wait == nil {
					survived++ // it has no N-th call of this kind any more
				}
				if err != nil && len(got.failed) > 0 {
					t.Fatal(err) // else it was killed while it opened: nothing was said
				}
				r.Cycles = n
				r.take(o, got)
				found, err := compare(t.Context(), p, got, true)
				if err != nil {
					t.Fatal(err)
				}
				r.add(append(got.failed, found...))
			}
			if err := heal(t.Context(), p, &r); err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Found {
				t.Error(f)
			}
			t.Logf("%d points, %d steps and %d submissions acknowledged, survived %d", r.Cycles, r.Saved, r.Acks, survived)
		})
	}
}
