package ui

import (
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/web/locale"
)

func homeURL(page Page) string {
	if page.Staff {
		return "/verwaltung"
	}
	return "/"
}

func accountURL(page Page) string {
	if page.Staff {
		return "/verwaltung/konto"
	}
	if page.Portal.AccountURL != "" {
		return page.Portal.AccountURL
	}
	return "/konto"
}

// logoName is the portal's name, or the program's on a plain page without portal.
func logoName(page Page) string {
	if page.Portal.Look.Name == "" {
		return page.T("ui.product")
	}
	return page.Portal.Look.Name
}

// languageName is the language in its own words.
func languageName(l locale.Lang) string { return locale.For(l).T("ui.language.name") }

func otherLanguages(page Page) []LanguageLink {
	if len(page.Languages) < 2 {
		return nil
	}
	var others []LanguageLink
	for _, l := range page.Languages {
		if !l.Current {
			others = append(others, l)
		}
	}
	return others
}

// hasTools says whether the header has a row of languages: an empty list is no list.
func hasTools(page Page) bool {
	return !page.Staff && (page.Portal.SimpleLanguage != "" || page.Portal.SignLanguage != "" || len(otherLanguages(page)) > 0)
}

// telURL is the tel: address of a German telephone number.
func telURL(number string) templ.SafeURL {
	var b strings.Builder
	b.WriteString("tel:")
	for _, r := range number {
		if r >= '0' && r <= '9' || r == '+' {
			b.WriteRune(r)
		}
	}
	return templ.SafeURL(b.String())
}

// TelURL is the tel: address of a telephone number as people write it.
func TelURL(number string) templ.SafeURL { return telURL(number) }

// MailURL is the mailto: address, or "" for what is no address.
func MailURL(address string) templ.SafeURL {
	if strings.ContainsAny(address, " ?&\r\n\"<>") || !strings.Contains(address, "@") {
		return ""
	}
	return templ.SafeURL("mailto:" + address)
}
