package forms

import (
	_ "embed"
	"encoding/csv"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// districtsCSV lists the distinguishing signs of vehicle registration districts (CC0-1.0, 07/2023).
//
//go:embed data/kfz_unterscheidungszeichen.csv
var districtsCSV string

// districts holds every sign of the list.
var districts = sync.OnceValue(func() map[string]bool {
	rows, err := csv.NewReader(strings.NewReader(districtsCSV)).ReadAll()
	if err != nil {
		panic("forms: the embedded list of districts is broken: " + err.Error())
	}
	m := make(map[string]bool, len(rows))
	for _, r := range rows[1:] {
		m[r[0]] = true
	}
	return m
})

var (
	plateTail   = regexp.MustCompile(`^([A-Z]{1,2})([1-9][0-9]{0,3})([EH]?)$`)
	plateParts  = regexp.MustCompile(`^([A-ZÄÖÜ]{1,3})[ -]+([A-Z]{1,2})[ -]*([1-9][0-9]{0,3})[ -]*([EH]?)$`)
	plateSeason = regexp.MustCompile(`(0[1-9]|1[0-2])[ ]*[/–-][ ]*(0[1-9]|1[0-2])$`)
	plateOdd    = regexp.MustCompile(`^[A-ZÄÖÜ0-9][A-ZÄÖÜ0-9 -]{1,10}[A-ZÄÖÜ0-9]$`)
	plateNormal = regexp.MustCompile(`^[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} [1-9][0-9]{0,3}[EH]?$`)
)

// normalisePlate writes a registration as "UN-AB 123E" (§ 9, Annex 2 FZV). Old, official and red plates keep the form
// they were typed in; whether they are usual is for platePlausible.
func (r *run) normalisePlate(s string) (string, *fault) {
	if len(s) > 40 {
		return "", &fault{code: "plate"}
	}
	s = strings.ToUpper(strings.Join(strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(" .:•*_\u00a0\u2009\u202f", c) }), " "))
	s = strings.NewReplacer("–", "-", "—", "-", "‐", "-", "‑", "-").Replace(s)
	if plateSeason.MatchString(s) && strings.Count(s, "/") > 0 {
		return "", &fault{code: "plate-season"}
	}
	if m := plateParts.FindStringSubmatch(s); m != nil {
		return m[1] + "-" + m[2] + " " + m[3] + m[4], nil
	}
	solid := strings.NewReplacer(" ", "", "-", "").Replace(s)
	switch ways := r.splitPlate(solid); {
	case len(ways) == 1:
		return ways[0], nil
	case len(ways) > 1:
		return "", &fault{code: "plate-split", vars: []string{"{ways}", strings.Join(ways, " oder ")}}
	}
	if plateOdd.MatchString(s) && strings.ContainsAny(s, "0123456789") {
		return s, nil
	}
	return "", &fault{code: "plate"}
}

// splitPlate finds the readings of a registration typed without separators.
func (r *run) splitPlate(s string) []string {
	var ways []string
	letters := []rune(s)
	for n := 1; n <= 3 && n < len(letters); n++ {
		head := string(letters[:n])
		m := plateTail.FindStringSubmatch(string(letters[n:]))
		if r.knowsSign(head) && m != nil && n+len(m[1])+len(m[2])+len(m[3]) <= 8 {
			ways = append(ways, head+"-"+m[1]+" "+m[2]+m[3])
		}
	}
	return ways
}

// platePlausible warns, and never blocks: districts come back and go, and old plates stay valid.
func (r *run) platePlausible(s string) *fault {
	head, _, _ := strings.Cut(s, "-")
	if plateNormal.MatchString(s) && r.knowsSign(head) && len([]rune(s)) <= 10 {
		return nil
	}
	return &fault{code: "plate-odd", warn: true, vars: []string{"{plate}", s}}
}

func (r *run) knowsSign(s string) bool { return districts()[s] || slices.Contains(r.e.Signs, s) }
