package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"stadttor/internal/test/portals"
	"stadttor/internal/web/api"
)

type asked struct {
	*portals.Realm
	http.Handler
}

func open(t *testing.T, rate, burst int) asked {
	t.Helper()
	r := portals.Open(t)
	return asked{r, r.Handler(api.New(api.Config{Catalogue: r.Catalogue, Directory: r.Directory, Now: r.Clock.Now, Rate: rate, Burst: burst, Version: "1"}).Routes())}
}

// get decodes an answer of the expected status.
func (a asked) get(t *testing.T, host, path string, status int, into any) *httptest.ResponseRecorder {
	t.Helper()
	w := portals.Get(a, host, path)
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	if w.Code != status || w.Header().Get("Content-Type") != kind {
		t.Fatalf("%s: %d %s, want %d %s\n%.300s", path, w.Code, w.Header().Get("Content-Type"), status, kind, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return w
}

type hits struct{ Hits []api.Hit }

type problem struct {
	Title, Detail string
	Status        int
	Errors        []struct {
		Message, Location string
		Value             any
	}
}

func TestSearchGivesEachKindWithItsAddress(t *testing.T) {
	a := open(t, 0, 0)
	for q, want := range map[string]api.Hit{
		"angelschein":          {Kind: "service", ID: "L999900.LB.fischereischein", Slug: "fischereischein", Title: "Fischereischein beantragen", URL: "/leistungen/fischereischein", LeiKa: "99046001000000"},
		"bello":                {Kind: "service", ID: "L999900.LB.hund-anmelden", Slug: "hund-anmelden", Title: "Hund anmelden", URL: "/leistungen/hund-anmelden", LeiKa: "99102005000000", Online: true},
		"Zahlwein":             {Kind: "person", ID: "L999900.KP.astadt.ada-zahlwein", Slug: "ada-zahlwein", Title: "Ada Zahlwein", URL: "/kontakte/ada-zahlwein"},
		"Ordnungsamt":          {Kind: "facility", ID: "L999900.OE.astadt.ordnungsamt", Slug: "ordnungsamt", Title: "Ordnungsamt", URL: "/einrichtungen/ordnungsamt"},
		"rund um den bau haus": {Kind: "situation", ID: "bauen", Slug: "bauen", Title: "Bauen", URL: "/lebenslagen/bauen"},
	} {
		var got hits
		a.get(t, portals.Astadt, "/api/v1/search?limit=50&q="+url.QueryEscape(q), 200, &got)
		found := false
		for _, h := range got.Hits {
			found = found || h == want
		}
		if !found {
			t.Errorf("%s: %+v is not among %+v", q, want, got.Hits)
		}
	}
}

func TestAPortalShowsOnlyItsOwnPeople(t *testing.T) {
	a := open(t, 0, 0)
	var got hits
	a.get(t, portals.Bdorf, "/api/v1/search?q=Zahlwein", 200, &got)
	for _, h := range got.Hits {
		if h.Kind == "person" {
			t.Errorf("Bdorf shows %s", h.Title)
		}
	}
}

func TestLimitIsOneToFifty(t *testing.T) {
	a := open(t, 0, 0)
	for limit, status := range map[string]int{"": 200, "1": 200, "50": 200, "0": 422, "51": 422, "-1": 422, "abc": 422, "1.5": 422, "99999999999999999999": 422, strings.Repeat("9", 10_000): 422, "%ff": 422} {
		var got struct {
			hits
			problem
		}
		a.get(t, portals.Astadt, "/api/v1/search?q=hund&limit="+limit, status, &got)
		if status == 200 {
			if limit == "1" && len(got.Hits) != 1 {
				t.Errorf("limit 1 gives %d", len(got.Hits))
			}
			continue
		}
		if got.Title != "Das konnten wir so nicht annehmen" || len(got.Errors) != 1 || got.Errors[0].Message != "limit muss eine ganze Zahl von 1 bis 50 sein." || got.Errors[0].Location != "query.limit" {
			t.Errorf("%.20s: %+v", limit, got.problem)
		}
		if v, _ := got.Errors[0].Value.(string); len(v) > 100 {
			t.Errorf("%d bytes of the refused value come back", len(v))
		}
	}
}

func TestBadQueriesHaveNoHitsAndNoFault(t *testing.T) {
	a := open(t, 0, 0)
	for name, q := range map[string]string{"missing": "", "empty": "q=", "blanks": "q=%20%20", "10 kB": "q=" + strings.Repeat("x", 10_240), "10 kB of words": "q=" + strings.Repeat("hund+", 2048), "control characters": "q=%00%01%1b%7f",
		"broken UTF-8": "q=%ff%fe%c3%28", "broken percent": "q=%zz", "twice": "q=&q=", "only signs": "q=%22%27%3C%3E%26%3B", "semicolon": "q=a;b"} {
		w := portals.Get(a, portals.Astadt, "/api/v1/search?"+q)
		if w.Code != 200 && w.Code != 422 {
			t.Errorf("%s: %d", name, w.Code)
		}
		var got hits
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code == 200 && got.Hits == nil {
			t.Errorf("%s: %v %s", name, err, w.Body)
		}
	}
	if len(a.Failures) > 0 {
		t.Error(a.Failures)
	}
}

func TestServices(t *testing.T) {
	a := open(t, 0, 0)
	var list struct{ Services []api.ServiceLine }
	a.get(t, portals.Astadt, "/api/v1/services", 200, &list)
	if len(list.Services) != 5 || list.Services[0].Title != "Ärger mit Lärm melden" {
		t.Fatalf("%+v", list)
	}
	for _, x := range list.Services {
		var d api.ServiceDetail
		a.get(t, portals.Astadt, "/api/v1/services/"+x.Slug, 200, &d)
		if d.ServiceLine != x {
			t.Errorf("list and detail differ: %+v, %+v", x, d.ServiceLine)
		}
	}
	var d api.ServiceDetail
	a.get(t, portals.Astadt, "/api/v1/services/hund-anmelden", 200, &d)
	if d.ApplyURL != "/antrag/hundesteuer-anmeldung" || d.Fees[0].From != 10800 || d.Unit == nil || d.Unit.URL != "/einrichtungen/steueramt" || d.Texts["short"] == "" || !d.Offered {
		t.Errorf("%+v", d)
	}
	d = api.ServiceDetail{}
	a.get(t, portals.Astadt, "/api/v1/services/bauantrag", 200, &d)
	if d.Offered || d.Unit != nil || len(d.ResponsibleAt) != 1 || d.ResponsibleAt[0].Host != portals.Kreis {
		t.Errorf("%+v", d)
	}
	var p problem
	a.get(t, portals.Astadt, "/api/v1/services/gibts-nicht", 404, &p)
	if p.Title != "Diese Seite gibt es nicht" || !strings.Contains(p.Detail, "nicht veröffentlicht") {
		t.Errorf("%+v", p)
	}
}

func TestEverythingElseIsAProblemInGerman(t *testing.T) {
	a := open(t, 0, 0)
	var p problem
	a.get(t, portals.Astadt, "/api/v2/x", 404, &p)
	if !strings.Contains(p.Detail, "/api/v1/openapi.json") {
		t.Errorf("%+v", p)
	}
	for _, path := range []string{"/api/v1/services/", "/api/", "/api/v1/openapi.yaml/x"} {
		if w := portals.Get(a, portals.Astadt, path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://"+portals.Astadt+"/api/v1/search", strings.NewReader("{}"))
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" || !strings.Contains(w.Body.String(), "Methode") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestDescription(t *testing.T) {
	a := open(t, 0, 0)
	var d struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Parameters []struct {
				Name   string
				Schema struct {
					Type             string
					Minimum, Maximum float64
				}
			}
			Responses map[string]any
		}
	}
	w := portals.Get(a, portals.Astadt, "/api/v1/openapi.json")
	if w.Code != 200 {
		t.Fatal(w.Code)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || d.OpenAPI != "3.1.0" {
		t.Fatal(err, d.OpenAPI)
	}
	for _, path := range []string{"/api/v1/search", "/api/v1/services", "/api/v1/services/{slug}"} {
		if d.Paths[path]["get"].Responses["200"] == nil || d.Paths[path]["get"].Responses["429"] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	limit := d.Paths["/api/v1/search"]["get"].Parameters[1]
	if limit.Name != "limit" || limit.Schema.Type != "integer" || limit.Schema.Minimum != 1 || limit.Schema.Maximum != 50 {
		t.Errorf("%+v", limit)
	}
}

func TestOneAddressIsSlowedDownTheOthersAreNot(t *testing.T) {
	a := open(t, 1, 3)
	from := func(remote string) int {
		r := httptest.NewRequest(http.MethodGet, "http://"+portals.Astadt+"/api/v1/services", nil)
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Zu viele Versuche")) {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		return w.Code
	}
	for i, want := range []int{200, 200, 200, 429} {
		if got := from(fmt.Sprintf("203.0.113.5:%d", 1000+i)); got != want {
			t.Errorf("request %d: %d", i, got)
		}
	}
	for name, x := range map[string]struct {
		remote string
		want   int
	}{
		"another host":                  {"203.0.113.6:1", 200},
		"IPv6":                          {"[2001:db8::1]:1", 200},
		"the same /64":                  {"[2001:db8::2]:1", 200},
		"an IPv4 address in IPv6 dress": {"[::ffff:203.0.113.5]:1", 429},
		"no address":                    {"pipe", 200},
	} {
		if got := from(x.remote); got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
	a.Clock.Advance(2e9)
	if got := from("203.0.113.5:1"); got != 200 {
		t.Errorf("never forgiven: %d", got)
	}
}

func TestThousandsOfQuestionsFromOneAddressAreAnswered(t *testing.T) {
	a := open(t, 0, 0)
	for i := range 5000 {
		if w := portals.Get(a, portals.Astadt, "/api/v1/search?q=hund"); w.Code != 200 {
			t.Fatalf("question %d: %d", i, w.Code)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	r := portals.Open(b)
	h := r.Handler(api.New(api.Config{Catalogue: r.Catalogue, Directory: r.Directory, Now: r.Clock.Now, Rate: 1 << 30}).Routes())
	req := httptest.NewRequest(http.MethodGet, "http://"+portals.Astadt+"/api/v1/search?q=hund", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), req)
	}
}

func TestTheSchemaOfFormsIsPublished(t *testing.T) {
	w := portals.Get(open(t, 0, 0), portals.Astadt, "/api/v1/schemas/formular.json")
	var s struct {
		Dialect string   `json:"$schema"`
		Needs   []string `json:"required"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/schema+json" || s.Dialect != "https://json-schema.org/draft/2020-12/schema" || len(s.Needs) == 0 {
		t.Errorf("%d %v %+v", w.Code, w.Header(), s)
	}
}
