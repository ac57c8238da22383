package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"stadttor/internal/test/town"
)

// process is a running server.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// place says where and how a process runs; the process inherits it.
type place struct {
	core int // -1: any
	// first lets it run before everything else on the machine, where that is
	// permitted: for latencies, which else are those of other programs.
	first bool
	// before prefers it to other programs, where that is permitted, and still
	// lets the system's own threads in, which write to the disk.
	before bool
}

// startOn starts a command at a place.
func startOn(at place, cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: this thread ends with the goroutine
		if at.first {
			_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}, 0) // refused to who is not root
		}
		if at.core >= 0 && at.core < runtime.NumCPU() {
			var set unix.CPUSet
			set.Set(at.core)
			if err := unix.SchedSetaffinity(0, &set); err != nil {
				done <- fmt.Errorf("core %d: %w", at.core, err)
				return
			}
		}
		if at.before {
			cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true} // a session is a group of the scheduler
		}
		done <- cmd.Start()
	}()
	err := <-done
	if err == nil && at.before { // refused to who is not root
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid), []byte("-15"), 0)
		_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, -15)
	}
	return err
}

// server and client keep from each other's core.
var (
	anywhere = place{core: -1}
	eager    = place{core: -1, before: true}
	anyRT    = place{core: -1, first: true}
	server   = place{core: 0, before: true}
	client   = place{core: 1, before: true}
	serverRT = place{core: 0, first: true}
	clientRT = place{core: 1, first: true}
)

var announced = regexp.MustCompile(`http://service\.torhausen\.localhost:(\d+)/`)

// demo starts the program as people do and waits until it has said where it
// listens.
func (b *bench) demo(ctx context.Context, p town.Place, at place) (*process, error) {
	cmd := exec.CommandContext(ctx, b.binary, "demo", "--addr", "127.0.0.1:0", "--management", "off", "--data", p.Dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := startOn(at, cmd); err != nil {
		return nil, err
	}
	s := &process{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := announced.FindStringSubmatch(lines.Text()); m != nil {
			s.addr = "127.0.0.1:" + m[1]
			break
		}
	}
	if s.addr == "" {
		return nil, errors.Join(errors.New("the demo does not say where it listens"), s.stop())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return s, nil
}

func (s *process) pid() int { return s.cmd.Process.Pid }

// stop ends a server in peace.
func (s *process) stop() error {
	_ = s.cmd.Process.Signal(os.Interrupt)
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if errors.As(err, &exit) { // a signal is how it was asked to end
			return nil
		}
		return err
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		return errors.New("the server did not stop within 30 seconds")
	}
}

// cpu is the processor time that a server has used.
func (s *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("/proc/PID/stat is not as expected")
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	return time.Duration(user+system) * (time.Second / 100), errors.Join(err1, err2) // USER_HZ is 100 on Linux
}

// settle waits until the program has nothing to do any more, 20 s at most:
// after a start it builds the indexes of all portals.
func (s *process) settle(ctx context.Context) error {
	const look, calm = 500 * time.Millisecond, 20 * time.Millisecond
	before, err := s.cpu()
	for range 40 {
		if err != nil {
			return err
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
		now, e := s.cpu()
		if now-before < calm {
			return e
		}
		before, err = now, e
	}
	return nil
}

// rss is the memory of a process in MB.
func rss(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for _, l := range strings.Split(string(text), "\n") {
		if v, found := strings.CutPrefix(l, "VmRSS:"); found {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 64)
			return kb * 1024 / 1e6, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// child lets a child of the benchmark play a part and gives what it wrote.
func child(ctx context.Context, part string, at place, order, answer any) error {
	cmd, err := childCommand(ctx, part, order)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := startOn(at, cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return json.Unmarshal(out.Bytes(), answer)
}

func childCommand(ctx context.Context, part string, order any) (*exec.Cmd, error) {
	text, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"="+part)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	return cmd, nil
}
