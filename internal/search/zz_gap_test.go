package search

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZGap(t *testing.T) {
	if os.Getenv("GAP") == "" {
		t.Skip()
	}
	own, _ := OwnEntries()
	v := NewVocabulary(nil, own)
	var docs []Doc
	seen := map[string]bool{}
	raw, _ := os.ReadFile("thirdparty/leika/names.tsv")
	for _, l := range strings.Split(string(raw), "\n") {
		f := strings.Split(l, "\t")
		if len(f) > 1 && !seen[f[1]] && f[0] != "" && f[0][0] == '9' {
			seen[f[1]] = true
			docs = append(docs, Doc{Kind: KindService, ID: f[0], Title: f[1]})
		}
	}
	for _, name := range []string{"ozg", "berlin"} {
		for i, f := range lines(t, name+".tsv") {
			docs = append(docs, Doc{Kind: KindService, ID: fmt.Sprint(name, i), Title: f[0]})
		}
	}
	c := Build(docs, Options{Synonyms: v})
	best := make([]float32, len(c.docs))
	for _, k := range c.concepts {
		for _, p := range c.postings[k.first:k.last] {
			best[p.doc] = max(best[p.doc], p.quality())
		}
	}
	var b strings.Builder
	for i, q := range best {
		fmt.Fprintf(&b, "%.2f\t%s\t%s\n", q, c.docs[i].key.ID, c.docs[i].title)
	}
	os.WriteFile("/tmp/words/gap.txt", []byte(b.String()), 0o644)
}
