package local

import (
	"strings"
	"testing"
	"unicode/utf8"

	"stadttor/internal/errs"
	"stadttor/internal/pii"
)

func TestPasswordsAreLongAndNotWhatEverybodyTries(t *testing.T) {
	words := []string{"Serviceportal Torhausen", "Kreis Musterland", "k.beispiel-zander@post.example"}
	for name, c := range map[string]struct{ password, key string }{
		"a phrase":                                  {"vier Igel tanzen leise", ""},
		"what a manager makes":                      {"kX7#pQ2m!vR9tLw4", ""},
		"twelve signs exactly":                      {"bxjuhwplkrnq", ""},
		"no kinds of signs are asked for":           {"nebelkraehenflug", ""},
		"digits alone, if nobody would guess them":  {"918273455029", ""},
		"blanks at both ends belong to it":          {"  mvkq trwp ", ""},
		"other scripts":                             {"крокодил гена", ""},
		"a pictograph is one sign":                  {strings.Repeat("🦔🌲🚲🧀🎈🗝", 2) + "x", ""},
		"a common word with much around it":         {"passwort-fjqmuzk", ""},
		"128 signs":                                 {strings.Repeat("q3Jv-8Lm", 15) + "ulkowner", ""},
		"eleven signs":                              {"bxjuhwplkrn", "local.password.short"},
		"empty":                                     {"", "local.password.short"},
		"129 signs":                                 {strings.Repeat("q3Jv-8Lm", 16) + "x", "local.password.long"},
		"a book":                                    {strings.Repeat("ü", 5000), "local.password.long"},
		"a control sign":                            {"bxjuhw\x00plkrnq", "local.password.signs"},
		"no text":                                   {"bxjuhwplkrnq\xff", "local.password.signs"},
		"one sign over and over":                    {"aaaaaaaaaaaa", "local.password.common"},
		"a short part over and over":                {"xkqxkqxkqxkqxk", "local.password.common"},
		"counting":                                  {"123456789012", "local.password.common"},
		"counting down":                             {"0987654321098", "local.password.common"},
		"the keyboard":                              {"qwertzuiopasdf", "local.password.common"},
		"the keyboard zigzag":                       {"1q2w3e4r5t6z", "local.password.common"},
		"the alphabet":                              {"abcdefghijkl", "local.password.common"},
		"a common word and a number":                {"Passwort1234", "local.password.common"},
		"with exchanged letters":                    {"P@55w0rt!2026", "local.password.common"},
		"season and year":                           {"Sommer2026!!!", "local.password.common"},
		"two common words":                          {"HalloWillkommen", "local.password.common"},
		"words with umlauts":                        {"Frühling2027!", "local.password.common"},
		"the portal's name":                         {"torhausen2026", "local.password.common"},
		"the portal's name twice":                   {"TorhausenTorhausen", "local.password.common"},
		"the authority's name":                      {"Musterland-2026", "local.password.common"},
		"known words with hyphens":                  {"kreis-musterland-1", "local.password.common"},
		"known words with blanks":                   {"hallo musterland !!", "local.password.common"},
		"the own address":                           {"beispielzander1", "local.password.common"},
		"wide letters are the same letters (NFKC)":  {"Ｐａｓｓｗｏｒｔ１２３４", "local.password.common"},
		"the own address within a longer one":       {"zander-wu8kfqmy", ""},
		"a year in the middle of something unusual": {"kraehe1987nebelhorn", ""},
	} {
		err := CheckPassword(pii.New(c.password), "kennwort", words...)
		if errs.KeyOf(err) != c.key || (c.key != "" && errs.FieldsOf(err)[0].Name != "kennwort") {
			t.Errorf("%s: %v, want %q", name, err, c.key)
		}
	}
}

func FuzzPasswordRules(f *testing.F) {
	for _, s := range []string{"", "Passwort1234", "aaaaaaaaaaaaa", "\xff\xfe", "крокодил гена", "1q2w3e4r5t6z7u8i9o0p", "ﷺﷺﷺﷺ"} {
		f.Add(s, "Torhausen")
	}
	f.Fuzz(func(t *testing.T, s, word string) {
		err := CheckPassword(pii.New(s), "f", word)
		if err == nil && (utf8.RuneCountInString(normal(pii.New(s))) < PasswordMin || !utf8.ValidString(s)) {
			t.Errorf("taken: %q", s)
		}
		if err != nil && !errs.Is(err, errs.KindInvalid) {
			t.Error(err)
		}
		if err != nil && word != "" && s != "" && strings.Contains(err.Error(), s) && len(s) > 12 {
			t.Error("the error holds the password")
		}
	})
}
