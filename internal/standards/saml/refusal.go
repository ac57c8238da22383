package saml

import (
	"errors"
	"fmt"
	"strings"
)

// Rule names what a message broke. The words are stable: audit entries and
// tests carry them.
type Rule string

// The rules, in the order in which they are looked at.
const (
	RuleEncoding    Rule = "encoding"     // no base64, no UTF-8, another declared encoding
	RuleSize        Rule = "size"         // more bytes, elements, attributes or depth than we take
	RuleSyntax      Rule = "syntax"       // not well-formed, or names and namespaces that two parsers could read differently
	RuleForbidden   Rule = "forbidden"    // DOCTYPE, entity, comment, CDATA or processing instruction
	RuleDuplicateID Rule = "duplicate-id" // two elements with one ID, or an ID that is none
	RuleStructure   Rule = "structure"    // an element that must not be there, is missing or stands twice
	RuleVersion     Rule = "version"      // not SAML 2.0
	RuleIssuer      Rule = "issuer"       // somebody else than the configured provider
	RuleDestination Rule = "destination"  // sent to another address
	RuleInResponse  Rule = "in-response"  // answers no request, or another one
	RuleInstant     Rule = "instant"      // made in the future or too long ago
	RuleStatus      Rule = "status"       // the provider says no
	RuleUnsigned    Rule = "unsigned"     // the signature that must be there is not
	RuleReference   Rule = "reference"    // the signature covers something else than its parent
	RuleAlgorithm   Rule = "algorithm"    // an algorithm, parameter or key size that is not allowed
	RuleSignature   Rule = "signature"    // no configured key made this signature
	RuleDigest      Rule = "digest"       // the content is not what was signed
	RuleUnencrypted Rule = "unencrypted"  // the assertion came in clear
	RuleDecryption  Rule = "decryption"   // no key of ours opens it, or it was changed
	RuleSubject     Rule = "subject"      // no name, or no single bearer confirmation
	RuleRecipient   Rule = "recipient"    // confirmed for another address
	RuleExpired     Rule = "expired"      // its time is over
	RuleNotYet      Rule = "not-yet"      // its time has not come
	RuleAudience    Rule = "audience"     // made for somebody else
	RuleCondition   Rule = "condition"    // a condition we do not know
	RuleAuthn       Rule = "authn"        // no single statement how the person was authenticated
	RuleFresh       Rule = "fresh"        // the person was not asked again although we demanded it
	RuleAttribute   Rule = "attribute"    // an attribute twice, encrypted, or without a name
	RuleMetadata    Rule = "metadata"     // metadata that cannot be used
)

// Refusal says which rule a message broke. Detail is for the log: it holds
// algorithm names, status codes and element names, never a value of a person.
type Refusal struct {
	Rule   Rule
	Detail string
	// Status is set for RuleStatus: the codes the provider gave, outermost first.
	Status []string
	// StatusDetail is the text that the provider added, which Error does not
	// show: nobody knows what stands in it. At most 4 KiB.
	StatusDetail string
}

func (r *Refusal) Error() string { return "saml: " + string(r.Rule) + ": " + r.Detail }

// RuleOf finds the broken rule in the chain, "" if there is none.
func RuleOf(err error) Rule {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Rule
	}
	return ""
}

func refuse(rule Rule, format string, args ...any) error {
	return &Refusal{Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

// foreign prepares a word out of a message for the log: short and printable.
func foreign(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x21 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return `"` + s + `"`
}
