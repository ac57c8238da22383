package ui

import (
	"strconv"

	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
)

// Portal is what all pages of one portal share. A door builds it once per
// published state and copies it into each Page.
type Portal struct {
	Look tenancy.Look
	// Operator stands in the footer: "Stadt Torhausen".
	Operator string
	// Address and Phone stand beside it, one line each; empty lines are left out.
	Address, Phone string
	// Nav is the main navigation; CitizenNav gives the citizens' one.
	Nav []NavItem
	// SimpleLanguage and SignLanguage are addresses of the pages in Leichte
	// Sprache and in German Sign Language (BITV 2.0 § 4); empty: not shown.
	SimpleLanguage, SignLanguage string
	// SearchURL is the target of the search in the header; empty: no search.
	SearchURL string
	// SignInURL is where "Anmelden" leads; empty: no button.
	SignInURL string
	// AccountURL is where the name of a signed-in citizen leads; empty: /konto.
	AccountURL string
	// Legal are the links of the footer; LegalLinks gives the usual five.
	Legal []Link
	// Demo shows the banner that nothing here is real.
	Demo bool
}

// NavItem is one entry of the main navigation. Key is what Page.Nav names.
type NavItem struct{ Key, Text, URL string }

// Link is a text with an address.
type Link struct{ Text, URL string }

// Keys of the citizens' main navigation.
const (
	NavStart    = "start"
	NavServices = "services"
	NavLife     = "life"
	NavUnits    = "units"
	NavAccount  = "account"
)

// CitizenNav is the main navigation of the citizens' door.
func CitizenNav(p locale.Printer) []NavItem {
	return []NavItem{
		{NavStart, p.T("ui.nav.start"), "/"},
		{NavServices, p.T("ui.nav.services"), "/leistungen"},
		{NavLife, p.T("ui.nav.life"), "/lebenslagen"},
		{NavUnits, p.T("ui.nav.units"), "/einrichtungen"},
		{NavAccount, p.T("ui.nav.account"), "/konto"},
	}
}

// LegalLinks is the footer every portal needs: imprint, privacy, accessibility
// statement, reporting a barrier (BITV 2.0 § 7), suggestions.
func LegalLinks(p locale.Printer) []Link {
	return []Link{
		{p.T("ui.legal.imprint"), "/impressum"},
		{p.T("ui.legal.privacy"), "/datenschutz"},
		{p.T("ui.legal.accessibility"), "/barrierefreiheit"},
		{p.T("ui.legal.barrier"), "/barrierefreiheit#melden"},
		{p.T("ui.legal.suggestion"), "/impressum#anregung"},
	}
}

// Page is everything Layout needs to know about one page. Title is required.
type Page struct {
	Lang        locale.Lang
	Portal      Portal
	Title       string // without the portal's name; also the h1 unless the page says otherwise
	Detail      string // only in the title element: tells the page from others with the same heading, such as a case number
	Description string // for search engines, at most 160 characters
	Nav         string // key of the current entry of Portal.Nav, or ""
	Breadcrumb  []Link // without the start page and without the page itself
	// Person is the name shown when somebody is signed in; empty: signed out.
	Person pii.Text
	Unread int  // messages not yet opened, shown beside the name
	Staff  bool // staff header: denser, marked, with its own navigation
	// Languages are the addresses of this page in other languages; the door
	// fills them, fewer than two: no switch.
	Languages []LanguageLink
	// Acting is set while somebody acts for somebody else ("Sie handeln für …").
	Acting *Acting
	Banner *Banner
	// SessionEnds is when the session expires, in seconds from now; 0: no warning.
	SessionEnds int
	// Problems is the number of wrong fields; above 0 the title begins with "Fehler: ".
	Problems int
	NoIndex  bool // kept out of search engines: everything personal
	NoSearch bool // hides the search in the header: on pages that have their own
	Bare     bool // leaves main without the page frame: start page, own sections
}

// LanguageLink is this page in another language.
type LanguageLink struct {
	Lang    locale.Lang
	URL     string
	Current bool
}

// Acting says on whose behalf somebody acts and how to stop.
type Acting struct {
	For    pii.Text
	EndURL string // POST target
}

// Tone is the meaning of an alert or badge; colour is never its only sign.
type Tone string

// The tones. Danger is for real problems only.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Banner is one line of notice across the page, below the header: an outage, a closed office.
type Banner struct {
	Tone Tone
	Text string
	Link Link // optional
}

// Printer speaks the page's language.
func (p Page) Printer() locale.Printer { return locale.For(p.Lang) }

// T is Printer().T.
func (p Page) T(key string, args ...any) string { return p.Printer().T(key, args...) }

// FullTitle is the title element: "Fehler: Angaben zum Hund – Serviceportal Torhausen".
func (p Page) FullTitle() string {
	title := p.Title
	if p.Detail != "" {
		title += " · " + p.Detail
	}
	if p.Portal.Look.Name != "" && p.Portal.Look.Name != title {
		title += " – " + p.Portal.Look.Name
	}
	if p.Problems > 0 {
		title = p.T("ui.title.problems") + " " + title
	}
	return title
}

func itoa(n int) string { return strconv.Itoa(n) }
