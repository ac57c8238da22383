package obs

import (
	"io"
	"sync"
	"time"
)

// Bounds of Lines.
const (
	linesDelay = 100 * time.Millisecond
	linesBytes = 32 << 10
)

// Lines gathers log lines and writes them together, at the latest a tenth of a
// second later: one system call for many requests instead of one for each. A
// program that is killed loses what it gathered; what must not be lost is in
// the audit log. Safe for concurrent use.
type Lines struct {
	mu      sync.Mutex // guards the rest
	w       io.Writer
	buf     []byte
	waiting bool // a flush is planned
	err     error
}

// NewLines writes to w. Close it when done.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Write implements io.Writer; p is one or more whole lines. It gives the error
// of an earlier flush, once.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	if len(l.buf) >= linesBytes {
		l.flush()
	} else if !l.waiting {
		l.waiting = true
		time.AfterFunc(linesDelay, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.waiting = false
			l.flush()
		})
	}
	err := l.err
	l.err = nil
	return len(p), err
}

// flush writes what is gathered; the caller holds mu.
func (l *Lines) flush() {
	if len(l.buf) == 0 {
		return
	}
	if _, err := l.w.Write(l.buf); err != nil {
		l.err = err
	}
	l.buf = l.buf[:0]
}

// Close writes what is left. The writer below stays open.
func (l *Lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	return l.err
}
