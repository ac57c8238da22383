package payments_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps the usual run short: 40 histories an engine. The long run says
// `go test -run History ./internal/payments -rapid.checks=50000 -timeout 0`.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "40"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
