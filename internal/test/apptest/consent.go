package apptest

import (
	"net/url"
	"slices"
	"strings"
)

// UseAccount answers the question whether a form may be filled from the
// account with yes where it is asked, and stays where it is elsewhere.
func (b *Browser) UseAccount() *Browser { return b.answerAccount("ja") }

// TypeMyself answers it with no.
func (b *Browser) TypeMyself() *Browser { return b.answerAccount("nein") }

func (b *Browser) answerAccount(yes string) *Browser {
	if b.URL == nil || !strings.HasSuffix(b.URL.Path, "/daten-aus-konto") {
		return b
	}
	return b.Submit(b.Form(func(f Form) bool { return slices.Contains(f.Names, "fassung") }), url.Values{"antwort": {yes}})
}
