package iban

import (
	"errors"
	"testing"
)

func TestNumbersAreGoodOrWrongForAReason(t *testing.T) {
	for in, want := range map[string]error{
		"DE89 3704 0044 0532 0130 00":           nil, // the registry's own examples
		"at61 1904 3002 3457 3201":              nil,
		"MT84MALT011000012345MTLCAST001S":       nil,
		"DE89\u00a03704-0044 0532 0130\u200900": nil, // as pasted
		"DE88 3704 0044 0532 0130 00":           ErrCheck,
		"DE89 3704 0044 0523 0130 00":           ErrCheck, // two digits swapped
		"DE89 3704 0044 0532 0130 0":            ErrLength,
		"BR15 0000 0000 0000 1093 2840 814P2":   ErrCountry,
		"DEX9 3704 0044 0532 0130 00":           ErrCheck,
		"DE89 3704 0044 0532 0130 0Ö":           ErrForm,
		"1289 3704":                             ErrForm,
		"DE":                                    ErrForm,
		"":                                      ErrForm,
	} {
		if got := Check(Compact(in)); !errors.Is(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	if got := Format("DE89370400440532013000"); got != "DE89 3704 0044 0532 0130 00" {
		t.Error(got)
	}
}

func FuzzCompactIsStable(f *testing.F) {
	for _, s := range []string{"DE89 3704 0044 0532 0130 00", "ß", "\xff", "a\u00adb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if Check(Compact(s)) == nil && (Compact(Compact(s)) != Compact(s) || Compact(Format(Compact(s))) != Compact(s)) {
			t.Errorf("%q is written in two ways", s)
		}
	})
}
