package citizen_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"stadttor/internal/tenancy"
	"stadttor/internal/test/portals"
)

func TestForeignQueriesDoNotFillTheCache(t *testing.T) {
	w := openTown(t)
	for i := range 300 {
		if got := portals.Get(w, portals.Astadt, fmt.Sprintf("/leistungen/hund-anmelden?utm_source=%d&x=%d", i, i)); got.Code != 200 {
			t.Fatal(got.Code)
		}
		portals.Get(w, portals.Astadt, fmt.Sprintf("/leistungen/gibts-nicht-%d", i))
		portals.Get(w, portals.Astadt, fmt.Sprintf("/leistungen?online=%d", i))
	}
	if n := w.server.KeptPages(); n != 2 {
		t.Errorf("%d pages kept, want 2", n)
	}
}

func TestAPublishedChangeIsSeenAtOnce(t *testing.T) {
	w := openTown(t)
	ctx := t.Context()
	if p := w.page(t, portals.Astadt, "/leistungen/hund-anmelden", 200); p.Text("#kosten td") != "108,00 €" {
		t.Fatal(p.Text("#kosten td"))
	}
	door := w.Door(portals.Astadt)
	target := tenancy.Layer{Realm: door.Realm, Tenant: &door.Tenant}
	d, err := w.Catalogue.Edit(ctx, portals.Operator, target, "hund-anmelden")
	if err != nil {
		t.Fatal(err)
	}
	d.Own.Fees[0].From = 11100
	if err := w.Catalogue.Save(ctx, portals.Operator, target, d.Own, d.Version, true); err != nil {
		t.Fatal(err)
	}
	if err := w.Catalogue.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if p := w.page(t, portals.Astadt, "/leistungen/hund-anmelden", 200); p.Text("#kosten td") != "111,00 €" {
		t.Errorf("still %s", p.Text("#kosten td"))
	}
	door.Portal.Look.Name = "Neuer Name"
	if err := w.Directory.SavePortal(ctx, portals.Operator, door.Tenant.Scope(), door.Portal); err != nil {
		t.Fatal(err)
	}
	door = w.Door(portals.Bdorf)
	door.Tenant.Name, door.Tenant.Contact.Phone = "Gemeinde Bdorf", "00000 102-99"
	if err := w.Directory.SaveSettings(ctx, portals.Operator, door.Tenant); err != nil {
		t.Fatal(err)
	}
	if err := w.Directory.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	w.server.DirectoryChanged()
	if p := w.page(t, portals.Astadt, "/leistungen/hund-anmelden", 200); !strings.HasSuffix(p.Text("title"), "Neuer Name") {
		t.Errorf("old look: %s", p.Text("title"))
	}
	if p := w.page(t, portals.Bdorf, "/leistungen/hund-anmelden", 200); !strings.Contains(p.Text("aside"), "00000 102-99") {
		t.Error("old telephone number")
	}
}

// A service page over HTTP against a bare handler that writes the same bytes.
// The budget is 0.6 of it; the ratio is the figure "of-bare".
func BenchmarkServicePage(b *testing.B) {
	w := openTown(b)
	for _, accept := range []string{"br", "identity"} {
		const path = "/leistungen/hund-anmelden"
		want := portals.Get(w, portals.Astadt, path, "Accept-Encoding", accept)
		body := want.Body.Bytes()
		bare := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			h := rw.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = rw.Write(body)
		})
		var speed [2]float64
		for i, x := range []struct {
			name string
			http.Handler
		}{{"bare", bare}, {"page", w}} {
			b.Run(accept+"/"+x.name, func(b *testing.B) {
				srv := httptest.NewServer(x)
				defer srv.Close()
				client := srv.Client()
				client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						req, err := http.NewRequest(http.MethodGet, srv.URL+path, nil)
						if err != nil {
							b.Error(err)
							return
						}
						req.Host = portals.Astadt
						req.Header.Set("Accept-Encoding", accept)
						resp, err := client.Do(req)
						if err != nil {
							b.Error(err)
							return
						}
						n, _ := io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
						if resp.StatusCode != 200 || n != int64(len(body)) {
							b.Errorf("%d, %d bytes", resp.StatusCode, n)
							return
						}
					}
				})
				speed[i] = float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(speed[i], "req/s")
				if i == 1 {
					b.ReportMetric(speed[1]/speed[0], "of-bare")
				}
			})
		}
	}
}

// What a page costs the process beside net/http.
func BenchmarkServicePageInProcess(b *testing.B) {
	w := openTown(b)
	req := httptest.NewRequest(http.MethodGet, "/leistungen/hund-anmelden", nil)
	req.Host = portals.Astadt
	req.Header.Set("Accept-Encoding", "gzip, br")
	b.ReportAllocs()
	for b.Loop() {
		w.ServeHTTP(httptest.NewRecorder(), req)
	}
}

func BenchmarkSearchPage(b *testing.B) {
	w := openTown(b)
	req := httptest.NewRequest(http.MethodGet, "/suche?q=hund", nil)
	req.Host = portals.Astadt
	b.ReportAllocs()
	for b.Loop() {
		w.ServeHTTP(httptest.NewRecorder(), req)
	}
}
