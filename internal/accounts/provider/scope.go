package provider

import (
	"slices"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/perm"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// scopes is what a client can be registered for, with the attributes that each
// gives; openid is always there.
var scopes = []struct {
	name  string
	attrs []accounts.Attr
}{
	{oidc.ScopeOpenID, nil},
	{oidc.ScopeProfile, []accounts.Attr{accounts.AttrGiven, accounts.AttrFamily}},
	{oidc.ScopeEmail, []accounts.Attr{accounts.AttrMail}},
	{oidc.ScopeAddress, []accounts.Attr{accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry}},
}

// Scopes lists what a client can be registered for besides openid.
func Scopes() (out []string) {
	for _, x := range scopes[1:] {
		out = append(out, x.name)
	}
	return out
}

// attrsOf are the attributes that scopes give, in the order of the table.
func attrsOf(granted []string) (out []accounts.Attr) {
	for _, x := range scopes {
		if slices.Contains(granted, x.name) {
			out = append(out, x.attrs...)
		}
	}
	return out
}

// claims fills userinfo with what scopes and consent both give. Nothing is surer
// than the sign-in; the levels of proved claims stand beside them, and what a
// person only stated is not among those.
func claims(u *oidc.UserInfo, p accounts.Profile, granted []string, agreed []accounts.Attr, signIn perm.Level) {
	given := accounts.Profile{}
	for _, a := range attrsOf(granted) {
		if v, ok := p.At(signIn)[a]; ok && slices.Contains(agreed, a) && !v.Value.Empty() {
			given[a] = v
		}
	}
	text := func(a accounts.Attr) string { return given.Text(a).Reveal() }
	proved := map[string]string{}
	note := func(claim string, attrs ...accounts.Attr) {
		low, some := perm.LevelHigh, false
		for _, a := range attrs {
			if v, ok := given[a]; ok {
				low, some = min(low, v.Level), true
			}
		}
		if acr := ACR(low); some && acr != "" {
			proved[claim] = acr
		}
	}
	u.Name, u.GivenName, u.FamilyName = given.Name().Reveal(), text(accounts.AttrGiven), text(accounts.AttrFamily)
	note("given_name", accounts.AttrGiven)
	note("family_name", accounts.AttrFamily)
	note("name", accounts.AttrGiven, accounts.AttrFamily)
	if mail, ok := given[accounts.AttrMail]; ok {
		u.Email, u.EmailVerified = mail.Value.Reveal(), oidc.Bool(mail.Level > perm.LevelNone)
		note("email", accounts.AttrMail)
	}
	street := strings.TrimSpace(text(accounts.AttrStreet) + " " + text(accounts.AttrHouseNumber))
	if a := (oidc.UserInfoAddress{StreetAddress: street, Locality: text(accounts.AttrCity), PostalCode: text(accounts.AttrPLZ), Country: text(accounts.AttrCountry)}); a != (oidc.UserInfoAddress{}) {
		u.Address = &a
		note("address", accounts.AttrStreet, accounts.AttrHouseNumber, accounts.AttrPLZ, accounts.AttrCity, accounts.AttrCountry)
	}
	if len(proved) > 0 {
		u.AppendClaims("claims_loa", proved)
	}
}
