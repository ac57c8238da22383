package forms

import "strconv"

// ibanLengths are the countries of the SEPA area with the length of their IBAN (EPC409-09, ISO 13616 registry).
var ibanLengths = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
	"FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
	"RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}

// checkIBAN checks country, length and the check digits (ISO 7064 MOD 97-10) of an IBAN without blanks.
func checkIBAN(s string) *fault {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') || i < 2 && c < 'A' {
			return &fault{code: "iban"}
		}
	}
	if len(s) < 4 {
		return &fault{code: "iban"}
	}
	want, ok := ibanLengths[s[:2]]
	if !ok {
		return &fault{code: "iban-country", vars: []string{"{country}", s[:2]}}
	}
	if len(s) != want {
		return &fault{code: "iban-length", vars: []string{"{max}", strconv.Itoa(want), "{have}", strconv.Itoa(len(s))}}
	}
	if s[2] > '9' || s[3] > '9' || mod97(s[4:]+s[:4]) != 1 {
		return &fault{code: "iban-check"}
	}
	return nil
}

// mod97 reads letters as 10 to 35.
func mod97(s string) int {
	rest := 0
	for i := range len(s) {
		if c := s[i]; c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}
