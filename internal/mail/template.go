package mail

import (
	"embed"
	"fmt"
	"strings"
	"unicode"
)

// Template is one of the fixed mails.
type Template string

// The mails that the product can send.
const (
	Inbox Template = "inbox" // something new lies in the inbox
	Draft Template = "draft" // a draft will be deleted soon

	// Of local accounts; their links are made by accounts/local (Message.Link).
	AccountConfirm Template = "account-confirm" // confirm the address, make the account
	AccountKnown   Template = "account-known"   // somebody wanted an account for an address that has one
	AccountUnknown Template = "account-unknown" // somebody wanted a new password for an address without account
	AccountRecover Template = "account-recover" // set a new password
	AccountAddress Template = "account-address" // confirm the new address
	AccountChanged Template = "account-changed" // means of sign-in were changed
	AccountReset   Template = "account-reset"   // the administration reset the account: set a new password

	AccountErased Template = "account-erased" // the account is gone

	// Of the local access of staff.
	StaffInvite  Template = "staff-invite"  // make the access
	StaffReset   Template = "staff-reset"   // an administrator reset the access: make it anew
	StaffUnknown Template = "staff-unknown" // somebody wanted a new password for an address without access
)

// Templates lists all of them.
func Templates() []Template {
	return []Template{Inbox, Draft, AccountConfirm, AccountKnown, AccountUnknown, AccountRecover, AccountAddress, AccountChanged, AccountReset, AccountErased, StaffInvite, StaffReset, StaffUnknown}
}

// Languages lists the languages of each; the first serves where a person's is
// not among them.
func Languages() []string { return []string{"de", "de-leicht", "en"} }

// paths are the pages of the tenant's portal that the links lead to, where the
// message brings none.
var paths = map[Template]string{Inbox: "/postfach", Draft: "/konto", AccountConfirm: "/", AccountKnown: "/", AccountUnknown: "/", AccountRecover: "/", AccountAddress: "/", AccountChanged: "/konto", AccountReset: "/", AccountErased: "/impressum",
	StaffInvite: "/verwaltung", StaffReset: "/verwaltung", StaffUnknown: "/verwaltung"}

//go:embed templates/*.txt
var files embed.FS

// text is a template in a language: the first line is the subject.
func text(t Template, lang string) (subject, body string, err error) {
	b, err := files.ReadFile("templates/" + string(t) + "." + lang + ".txt")
	if err != nil {
		return "", "", fmt.Errorf("mail template %s.%s: %w", t, lang, err)
	}
	subject, body, ok := strings.Cut(string(b), "\n\n")
	if !ok || strings.Contains(subject, "\n") {
		return "", "", fmt.Errorf("mail template %s.%s has no subject", t, lang)
	}
	return subject, body, nil
}

// fill puts in the only three things that differ from mail to mail.
func fill(s, portal, authority, link string) string {
	return strings.NewReplacer("{Portal}", oneLine(portal), "{Authority}", oneLine(authority), "{Link}", link).Replace(s)
}

// oneLine makes a name harmless for a header: whole UTF-8, no control signs, no
// line ends.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	}), " ")
}
