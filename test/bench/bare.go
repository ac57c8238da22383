package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"

	"context"
)

// bareOrder is what the bare server writes: for each host and path the same
// body that the program sent.
type bareOrder struct {
	Pages map[string]bareBody // host + path
}

type bareBody struct {
	Type, Encoding string
	Body           []byte
}

// bareChild is the baseline: net/http and a handler that writes bytes.
func bareChild(text []byte) error {
	var o bareOrder
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Println(strconv.Quote(l.Addr().String())); err != nil {
		return err
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, found := o.Pages[r.Host+r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", p.Type)
		if p.Encoding != "" {
			h.Set("Content-Encoding", p.Encoding)
		}
		h.Set("Content-Length", strconv.Itoa(len(p.Body)))
		_, _ = w.Write(p.Body)
	}))
}

// bare starts the baseline.
func bare(ctx context.Context, at place, o bareOrder) (*process, error) {
	cmd, err := childCommand(ctx, "bare", o)
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(at, cmd); err != nil {
		return nil, err
	}
	s := &process{cmd: cmd}
	if err := json.NewDecoder(out).Decode(&s.addr); err != nil {
		_ = cmd.Process.Signal(os.Kill)
		return nil, err
	}
	return s, nil
}
