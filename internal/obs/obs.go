// Package obs is how the program is watched: log lines and metrics.
//
// It decides the closed set of fields of a request's log line and which
// metrics exist. No field can hold a query, a body, an address with secrets or
// a name: routes are logged as patterns (TR-03172-3 A3.14.07).
package obs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
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

// Write logs the line: errors of ours as error, refusals as info.
func (e Request) Write(log *slog.Logger) {
	level := slog.LevelInfo
	if e.Status >= 500 {
		level = slog.LevelError
	}
	attrs := []any{"id", e.ID, "portal", e.Portal, "route", e.Route, "method", e.Method, "status", e.Status, "ms", float64(e.Duration.Microseconds()) / 1000, "bytes", e.Bytes}
	if e.Actor != "" {
		attrs = append(attrs, "actor", e.Actor)
	}
	if e.Error != "" {
		attrs = append(attrs, "error", e.Error)
	}
	log.Log(context.Background(), level, "request", attrs...)
}

// Metrics of the program.
type Metrics struct {
	reg      *prometheus.Registry
	requests *prometheus.HistogramVec
	jobs     *prometheus.HistogramVec
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
	m.requests.WithLabelValues(e.Route, e.Method, fmt.Sprint(e.Status)).Observe(e.Duration.Seconds())
}

// Job counts a job run; its form fits jobs.Runner.Observe.
func (m *Metrics) Job(kind, result string, d time.Duration) {
	m.jobs.WithLabelValues(kind, result).Observe(d.Seconds())
}

// Handler serves the metrics in the Prometheus text format.
func (m *Metrics) Handler() http.Handler { return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{}) }
