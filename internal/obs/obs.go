// Package obs is how the program is watched: log lines and metrics.
//
// It decides the closed set of fields of a request's log line and which
// metrics exist. No field can hold a query, a body, an address with secrets or
// a name: routes are logged as patterns (TR-03172-3 A3.14.07).
package obs

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewLog writes JSON lines at or above the level ("debug", "info", "warn", "error").
func NewLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
}

// Request is the one log line of a request.
type Request struct {
	ID       string // request ID, also on error pages
	Portal   string // host name from the configuration
	Route    string // pattern, never the address
	Method   string
	Status   int
	Duration time.Duration
	Bytes    int64
	Actor    string // kind:id
	Error    string // internal text, IDs only
}

// RequestLog writes the lines of requests, in the form of NewLog's lines. Safe
// for concurrent use.
type RequestLog struct {
	w     io.Writer
	level slog.Level
	lines sync.Pool // of *[]byte
}

// NewRequestLog writes JSON lines at or above the level. There is a line for
// each request, so it does not go through slog, whose way costs as much as the
// rest of a page from memory.
func NewRequestLog(w io.Writer, level string) *RequestLog {
	l := &RequestLog{w: w, lines: sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}}
	if err := l.level.UnmarshalText([]byte(level)); err != nil {
		l.level = slog.LevelInfo
	}
	return l
}

// Write logs the line of a request that ended now: errors of ours as error,
// refusals as info.
func (l *RequestLog) Write(now time.Time, e Request) {
	level := slog.LevelInfo
	if e.Status >= 500 {
		level = slog.LevelError
	}
	if level < l.level {
		return
	}
	p := l.lines.Get().(*[]byte)
	b := append((*p)[:0], `{"time":"`...)
	b = now.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, level.String()...)
	b = append(b, `","msg":"request"`...)
	b = text(b, `,"id":`, e.ID)
	b = text(b, `,"portal":`, e.Portal)
	b = text(b, `,"route":`, e.Route)
	b = text(b, `,"method":`, e.Method)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(e.Status), 10)
	b = strconv.AppendFloat(append(b, `,"ms":`...), float64(e.Duration.Microseconds())/1000, 'f', -1, 64)
	b = strconv.AppendInt(append(b, `,"bytes":`...), e.Bytes, 10)
	if e.Actor != "" {
		b = text(b, `,"actor":`, e.Actor)
	}
	if e.Error != "" {
		b = text(b, `,"error":`, e.Error)
	}
	b = append(b, "}\n"...)
	_, _ = l.w.Write(b) // a log that cannot be written must not fail the request
	*p = b
	l.lines.Put(p)
}

// text appends a name and a string as JSON.
func text(b []byte, name, s string) []byte {
	b = append(b, name...)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			q, _ := json.Marshal(s) // a string can always be written; broken UTF-8 is replaced
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// Metrics of the program.
type Metrics struct {
	reg      *prometheus.Registry
	requests *prometheus.HistogramVec
	jobs     *prometheus.HistogramVec
	known    sync.Map // requestKey → prometheus.Observer: finding one by its labels costs more than using it
}

type requestKey struct {
	route, method string
	status        int
}

// NewMetrics registers the metrics.
func NewMetrics(version string) *Metrics {
	m := &Metrics{reg: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "stadttor_request_seconds", Help: "Time to answer, by route pattern and status.", Buckets: []float64{.001, .002, .005, .01, .025, .05, .1, .25, 1, 5}}, []string{"route", "method", "status"}),
		jobs:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "stadttor_job_seconds", Help: "Time of a job run, by kind and result.", Buckets: []float64{.005, .025, .1, .5, 2, 10, 60}}, []string{"kind", "result"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "stadttor_build_info", Help: "1, labelled with the program's version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.reg.MustRegister(m.requests, m.jobs, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts a request.
func (m *Metrics) Request(e Request) {
	k := requestKey{e.Route, method(e.Method), e.Status}
	o, ok := m.known.Load(k)
	if !ok {
		o, _ = m.known.LoadOrStore(k, m.requests.WithLabelValues(k.route, k.method, strconv.Itoa(k.status)))
	}
	o.(prometheus.Observer).Observe(e.Duration.Seconds())
}

// method keeps what strangers invent out of the labels.
func method(s string) string {
	switch s {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return s
	}
	return "other"
}

// Job counts a job run; its form fits jobs.Runner.Observe.
func (m *Metrics) Job(kind, result string, d time.Duration) {
	m.jobs.WithLabelValues(kind, result).Observe(d.Seconds())
}

// Handler serves the metrics in the Prometheus text format.
func (m *Metrics) Handler() http.Handler { return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{}) }
