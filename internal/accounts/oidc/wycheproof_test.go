package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"stadttor/internal/clock"
)

// The vectors of C2SP Wycheproof (testdata/README.md), each with its own key
// set, through the same code as ID tokens: none that is invalid is taken.
func TestWycheproof(t *testing.T) {
	t.Run("signatures", func(t *testing.T) { wycheproofFile(t, "testdata/wycheproof_jws.json", 20, 300) })
	t.Run("keys", func(t *testing.T) { wycheproofFile(t, "testdata/wycheproof_jwk.json", 1, 20) })
}

func wycheproofFile(t *testing.T, name string, mostlyTaken, mostlyRefused int) {
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		TestGroups []struct {
			Comment         string
			Public, Private json.RawMessage
			Tests           []struct {
				TcID    int
				Comment string
				JWS     json.RawMessage
				Result  string
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	taken, refused, strict := 0, 0, map[string]int{}
	for _, g := range file.TestGroups {
		key := g.Public
		if key == nil { // symmetric: published as it stands
			key = g.Private
		}
		if !bytes.Contains(key, []byte(`"keys"`)) {
			key = []byte(`{"keys":[` + string(key) + `]}`)
		}
		keys, err := parseKeys(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range g.Tests {
			why := wycheproof(t.Context(), keys, v.JWS)
			switch {
			case v.Result != "valid" && why == "":
				t.Errorf("%d (%s, %s): taken", v.TcID, g.Comment, v.Comment)
			case v.Result != "valid":
				refused++
			case why == "":
				taken++
			default:
				strict[g.Comment+" "+why]++
			}
		}
	}
	// What is valid by RFC 7515 and still not for us: symmetric ones, keys that
	// are too weak or do not say what they are, and base64 in another writing.
	for group, n := range strict {
		t.Logf("valid and not taken: %d × %s", n, group)
	}
	if taken < mostlyTaken || refused < mostlyRefused {
		t.Errorf("only %d taken, %d refused: the vectors are not read", taken, refused)
	}
	t.Logf("%d taken, %d refused", taken, refused)
}

// wycheproof says by which rule a JWS is refused, "" if it is taken. Its
// payload need not be JSON.
func wycheproof(ctx context.Context, keys []jose.JSONWebKey, raw json.RawMessage) string {
	var compact string
	if json.Unmarshal(raw, &compact) != nil {
		compact = string(raw) // JSON serialisation
	}
	h, _, err := readHeader(compact, Algorithms())
	if err != nil && !(broken(err) == RuleJSON && strings.Contains(err.Error(), "claims: ")) {
		return string(broken(err))
	}
	set := &keySet{header: h, keys: &kept[[]jose.JSONWebKey]{clock: clock.NewFake(began), fetch: func(context.Context) ([]jose.JSONWebKey, error) { return keys, nil }}}
	if _, err := set.VerifySignature(ctx, compact); err != nil {
		return string(broken(err))
	}
	return ""
}
