package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// loadOrder is what the load generator sends: raw requests over keep-alive
// connections, one after the other on each.
type loadOrder struct {
	Addr    string
	Conns   int
	Seconds float64
	// Rate is the number of requests a second, sent when they are due, whether
	// earlier ones were answered or not; 0: as fast as the answers come.
	Rate     int
	Requests [][]byte
	// Chains are sent instead of Requests, each once, its requests one after the
	// other on one connection; Seconds and Rate then mean nothing.
	Chains [][][]byte
	// Status is what each answer must say.
	Status int
}

// loadResult is what came back. Latency runs from when a request was due.
type loadResult struct {
	Requests int
	Wrong    int    // answers with another status
	First    string // the first wrong answer
	Seconds  float64
	P50, P99 float64 // milliseconds
}

func loadChild(text []byte) error {
	var o loadOrder
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	r, err := load(o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func load(o loadOrder) (r loadResult, err error) {
	if len(o.Requests)+len(o.Chains) == 0 {
		return r, errors.New("nothing to send")
	}
	chain := func(n int64) [][]byte { return o.Requests[int(n)%len(o.Requests):][:1] }
	if len(o.Chains) > 0 {
		o.Rate = 0
		chain = func(n int64) [][]byte { return o.Chains[n] }
	}
	var (
		mu     sync.Mutex // guards r, took, failed
		took   []time.Duration
		failed error
		next   atomic.Int64
		wg     sync.WaitGroup
	)
	start := time.Now()
	end := start.Add(time.Duration(o.Seconds * float64(time.Second)))
	due := func(n int64) time.Time {
		if o.Rate == 0 {
			return time.Now()
		}
		return start.Add(time.Duration(n) * time.Second / time.Duration(o.Rate))
	}
	for i := range o.Conns {
		wg.Go(func() {
			mine := make([]time.Duration, 0, 1<<16)
			wrong, first := 0, ""
			err := func() error {
				c, err := dial(o.Addr, i)
				if err != nil {
					return err
				}
				defer c.Close()
				for {
					n := next.Add(1) - 1
					at := due(n)
					if len(o.Chains) == 0 && at.After(end) || len(o.Chains) > 0 && int(n) >= len(o.Chains) {
						return nil
					}
					time.Sleep(time.Until(at))
					for _, request := range chain(n) {
						status, body, err := c.ask(request)
						if err != nil {
							return err
						}
						if status != o.Status {
							if wrong++; first == "" {
								first = fmt.Sprintf("%d: %.300s", status, body)
							}
						}
					}
					mine = append(mine, time.Since(at))
				}
			}()
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			r.Wrong += wrong
			if r.First == "" {
				r.First = first
			}
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	r.Requests, r.Seconds = len(took), time.Since(start).Seconds()
	if failed != nil || len(took) == 0 {
		return r, errors.Join(failed, fmt.Errorf("%d requests answered", len(took)))
	}
	slices.Sort(took)
	at := func(p float64) float64 { return float64(took[int(float64(len(took)-1)*p)].Microseconds()) / 1000 }
	r.P50, r.P99 = at(.5), at(.99)
	return r, nil
}

// conn is one keep-alive connection, read with as little work as possible: the
// generator must not be what is measured.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// dial connects from an address of its own for each number, as different people
// do: the program counts what comes from one.
func dial(addr string, number int) (*conn, error) {
	from := net.TCPAddr{IP: net.IPv4(127, 1, byte(number/250), byte(number%250+1))}
	c, err := (&net.Dialer{LocalAddr: &from}).Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// ask sends one request and reads its answer whole. body is its beginning, good
// until the next call.
func (c *conn) ask(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	length, chunked := 0, false
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if first {
			if len(line) < 12 {
				return 0, nil, fmt.Errorf("status line %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, nil, err
			}
			continue
		}
		if v, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return 0, nil, err
			}
		} else if bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")) {
			chunked = true
		}
	}
	if !chunked {
		body, _ = c.r.Peek(min(length, 300))
		_, err = c.r.Discard(length)
		return status, body, err
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return status, nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 64)
		if err != nil {
			return status, nil, err
		}
		if _, err := c.r.Discard(int(n) + 2); err != nil {
			return status, nil, err
		}
		if n == 0 {
			return status, nil, nil
		}
	}
}

// asBrowser are the headers that a browser sends with a navigation.
const asBrowser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: de,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\nUpgrade-Insecure-Requests: 1\r\n"

// get is a raw GET of a browser.
func get(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + asBrowser + "\r\n")
}

// fetch gets an address with all headers, in the benchmark's own process.
func fetch(addr, host, path string) (*http.Response, []byte, error) {
	return exchange(addr, get(host, path))
}

func exchange(addr string, request []byte) (*http.Response, []byte, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	if _, err := c.Write(request); err != nil {
		return nil, nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: string(request[:strings.IndexByte(string(request), ' ')])})
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}
