package oidc

import (
	"crypto/subtle"
	"net/url"
)

// answer is what the browser brought back, beside what it has to fit.
type answer struct {
	back         url.Values
	state        string
	issuer       string
	issuerNeeded bool // RFC 9207 announced, or demanded by the settings
}

// answerRules is everything an authorization response has to satisfy before
// anything is sent to the provider (RFC 6749 4.1.2, RFC 9207 2.4, RFC 9700
// 2.1.1, 4.4).
var answerRules = []rule[answer]{
	{RuleState, func(a answer) string {
		if a.state == "" || subtle.ConstantTimeCompare([]byte(a.back.Get("state")), []byte(a.state)) != 1 {
			return "the answer belongs to another attempt"
		}
		return ""
	}},
	{RuleMixUp, func(a answer) string {
		if (a.issuerNeeded || a.back.Has("iss")) && a.back.Get("iss") != a.issuer {
			return "the answer comes from another provider"
		}
		return ""
	}},
	{RuleShape, func(a answer) string {
		for name, v := range a.back {
			if len(v) != 1 {
				return "a parameter stands twice"
			}
			switch name {
			case "id_token", "access_token", "response", "refresh_token", "vp_token":
				return "the browser brings " + name
			}
		}
		code, failed := a.back.Get("code"), a.back.Get("error")
		switch {
		case failed != "" && code != "":
			return "code and error at once"
		case failed == "" && !token(code, 1, 4096): // RFC 6749 appendix A.11: VSCHAR
			return "no usable code"
		}
		return ""
	}},
}

// partnerError turns an error response (RFC 6749 4.1.2.1, Core 3.1.2.6, OpenID
// Connect Unmet Authentication Requirements) into ours.
func partnerError(code string) error {
	switch code {
	case "access_denied":
		return refuseAs(RulePartner, KeyCancelled, "the person broke off")
	case "unmet_authentication_requirements":
		return refuseAs(RulePartner, KeyTooLow, "the provider cannot give the level")
	case "temporarily_unavailable", "server_error":
		return unavailable(RulePartner, "the provider says %s", code)
	}
	return refuse(RulePartner, "the provider says "+shown(code))
}
