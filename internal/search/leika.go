package search

import (
	"strings"
	"sync"
)

// officialName is what the LeiKa calls a service.
type officialName struct {
	name string // of the service: "Personalausweis Ausstellung"
	ozg  string // of the OZG-Leistung it belongs to: "Personalausweis"
}

// leikaKeyLen is the length of a LeiKa key; its first eight digits name the
// object ("Personalausweis"), the others what is done with it.
const (
	leikaKeyLen    = 14
	leikaObjectLen = 8
)

var officialNames = sync.OnceValue(func() map[string]officialName {
	out := make(map[string]officialName, 6000)
	eachLine(thirdPartyFiles, "thirdparty/leika/names.tsv", func(line string) {
		f := strings.Split(line, "\t")
		if len(f) < 2 || len(f[0]) != leikaKeyLen {
			panic("search: thirdparty/leika/names.tsv: " + line)
		}
		n := officialName{name: f[1]}
		if len(f) > 2 {
			n.ozg = f[2]
		}
		out[f[0]] = n
		if object := f[0][:leikaObjectLen]; out[object].name == "" {
			out[object] = n
		}
	})
	return out
})

// officialNameOf returns the name of a key, or of its object if the key is not known.
func officialNameOf(key string) (officialName, bool) {
	if len(key) < leikaObjectLen {
		return officialName{}, false
	}
	names := officialNames()
	if n, ok := names[key]; ok {
		return n, true
	}
	n, ok := names[key[:leikaObjectLen]]
	return n, ok
}

// phone is the number of a document, digits only.
type phone struct {
	number string
	doc    uint32
}

// leika is the service key of a document, digits only.
type leika struct {
	key string
	doc uint32
}

// leikaKeys returns the keys of a field that may hold several, digits only.
func leikaKeys(field string) []string {
	var out []string
	for _, k := range strings.FieldsFunc(field, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if n := digitsOf(k); len(n) >= 5 {
			out = append(out, n)
		}
	}
	return out
}

func digitsOf(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= '0' && c <= '9' {
			b.WriteByte(c)
		}
	}
	return b.String()
}
