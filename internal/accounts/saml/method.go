package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"stadttor/internal/accounts"
	"stadttor/internal/clock"
	"stadttor/internal/errs"
	"stadttor/internal/standards/saml"
)

// Name of this kind of connection.
const Name = "saml"

// Text keys of the calm pages; the host's locale files hold the sentences.
const (
	KeyRefused     = "login.refused"          // the answer did not prove anything
	KeyBrokenOff   = "login.broken-off"       // the person broke off at the provider
	KeyTooLow      = "login.level-too-low"    // signed in, but below what is needed
	KeyUnavailable = "login.method-silent"    // the provider has a fault of its own
	KeySettings    = "login.settings-refused" // administration: the connection's settings are wrong
)

// Config of the extension.
type Config struct {
	// Clock; nil is the machine's.
	Clock clock.Clock
	// Insecure takes plain http to this machine and any entity ID of ours: demo
	// and tests only.
	Insecure bool
}

// New gives the kind of connection.
func New(c Config) accounts.Kind {
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	return accounts.Kind{Name: Name, Title: "SAML 2.0 (BundID, BayernID, Mein Unternehmenskonto …)", Settings: fields(),
		New: func(_ context.Context, raw json.RawMessage, secret func(string) (string, error)) (accounts.Method, error) {
			s, err := parseSettings(raw, c.Insecure)
			if err != nil {
				return nil, err
			}
			p := profiles[s.Profile](s)
			conn, err := s.connection(p, secret, c.Insecure, c.Clock.Now())
			if err != nil {
				return nil, err
			}
			return &Method{settings: s, profile: p, conn: conn, clock: c.Clock}, nil
		}}
}

// Method is one connection. Safe for use by several goroutines.
type Method struct {
	settings Settings
	profile  profile
	conn     *saml.Connection
	clock    clock.Clock
}

var _ accounts.Method = (*Method)(nil)

// Metadata of ours for the provider's administrator: back are the return pages,
// the first is the usual one. Error: the connection has no certificate.
func (m *Method) Metadata(back ...string) ([]byte, error) {
	return m.conn.Metadata(back, m.profile.nameID)
}

// Describe implements accounts.Described.
func (m *Method) Describe(back string) (string, []byte, error) {
	body, err := m.Metadata(back)
	return "application/samlmetadata+xml", body, err
}

// kept is what Begin gives to Complete.
type kept struct {
	Request  string    `json:"r"`
	Issued   time.Time `json:"t"`
	EntityID string    `json:"e"` // ours: settings that changed meanwhile end the attempt
	Fresh    bool      `json:"f"`
}

// Begin implements accounts.Method.
func (m *Method) Begin(_ context.Context, a accounts.Attempt) (accounts.Begun, error) {
	if m.settings.Clear && a.Kind != accounts.KindStaff { // TR-03172-3 A3.10.01
		return accounts.Begun{}, errs.Unavailable(KeyUnavailable, errors.New("saml: a connection that takes assertions in clear is for staff only"))
	}
	ask := saml.Ask{ACS: a.Back, RelayState: a.State, ForceAuthn: a.Fresh || m.profile.fresh, NameID: m.profile.nameID, Classes: m.profile.classes(a.Level)}
	if m.profile.extensions != nil {
		ask.Extensions = m.profile.extensions(a)
	}
	sent, err := m.conn.Request(ask, m.clock.Now())
	if err != nil {
		return accounts.Begun{}, fmt.Errorf("saml request: %w", err)
	}
	keep, err := json.Marshal(kept{sent.ID, sent.Issued, m.settings.EntityID, ask.ForceAuthn})
	if err != nil {
		return accounts.Begun{}, err
	}
	return accounts.Begun{Redirect: sent.Redirect, Post: sent.Post, Fields: sent.Fields, Keep: keep}, nil
}

// Complete implements accounts.Method.
func (m *Method) Complete(_ context.Context, a accounts.Attempt, back url.Values) (accounts.Identity, error) {
	if m.settings.Clear && a.Kind != accounts.KindStaff {
		return accounts.Identity{}, refuse("unencrypted", KeyRefused)
	}
	var k kept
	if json.Unmarshal(a.Keep, &k) != nil || k.Request == "" || k.EntityID != m.settings.EntityID {
		return accounts.Identity{}, refuse("attempt", KeyRefused)
	}
	raw, err := form(back, a.State)
	if err != nil {
		return accounts.Identity{}, err
	}
	now := m.clock.Now()
	got, err := m.conn.Response(raw, saml.Expected{RequestID: k.Request, Issued: k.Issued, ACS: a.Back, Fresh: k.Fresh}, now)
	if err != nil {
		return accounts.Identity{}, refusedBy(err)
	}
	who := accounts.Identity{Issuer: got.Issuer, Level: m.profile.level(got.Class), Means: m.profile.means, Profile: accounts.Profile{}}
	read := answer{got, now}
	if who.Subject, err = m.subject(read); err != nil {
		return accounts.Identity{}, err
	}
	if err := m.profile.read(read, &who); err != nil {
		return accounts.Identity{}, err
	}
	if who.Level < a.Level {
		return accounts.Identity{}, refuse("level", KeyTooLow)
	}
	return who, nil
}

// form takes the one answer out of what came back. Nothing of it may be there
// twice, and RelayState must be our state.
func form(back url.Values, state string) (string, error) {
	for _, k := range []string{"SAMLRequest", "SAMLart"} {
		if back.Has(k) {
			return "", refuse("form", KeyRefused)
		}
	}
	if len(back["SAMLResponse"]) != 1 || len(back["RelayState"]) != 1 {
		return "", refuse("form", KeyRefused)
	}
	if state == "" || back.Get("RelayState") != state {
		return "", refuse("relay-state", KeyRefused)
	}
	return back.Get("SAMLResponse"), nil
}

// subject is who the person is to us: an attribute, or a NameID that is made to
// last. A transient one would be another person at each sign-in.
func (m *Method) subject(a answer) (string, error) {
	s := ""
	if m.profile.subject != "" {
		s = a.one(m.profile.subject)
	} else {
		n := a.NameID
		if n.Format != saml.FormatPersistent || n.Qualifier != "" && n.Qualifier != a.Issuer || n.SPQualifier != "" && n.SPQualifier != m.settings.EntityID {
			return "", refuse("subject", KeyRefused)
		}
		s = n.Value
	}
	if s == "" || len(s) > 256 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\ufffd' }) {
		return "", refuse("subject", KeyRefused)
	}
	return s, nil
}

// statusBrokenOff are the second-level codes with which providers say that the
// person did not go through with it (BundID: AuthnFailed, RequestDenied).
var statusBrokenOff = []string{"AuthnFailed", "RequestDenied"}

const statusPrefix = "urn:oasis:names:tc:SAML:2.0:status:"

// refusedBy turns the engine's refusal into ours.
func refusedBy(err error) error {
	var r *saml.Refusal
	if !errors.As(err, &r) {
		return err
	}
	key := KeyRefused
	if r.Rule == saml.RuleStatus {
		last := strings.TrimPrefix(r.Status[len(r.Status)-1], statusPrefix)
		switch {
		case slices.Contains(statusBrokenOff, last):
			key = KeyBrokenOff
		case last == "NoAuthnContext":
			key = KeyTooLow
		case last == "Responder" && len(r.Status) == 1:
			return errs.Unavailable(KeyUnavailable, err)
		}
	}
	if codes := akdbCodes(r.StatusDetail); codes != "" {
		err = fmt.Errorf("%w: %s", err, codes)
	}
	return &refusal{err, accounts.Refused(key, "saml "+string(r.Rule))}
}

// akdbCodes reads the codes out of BundID's StatusDetail, for the log; its
// messages stay where they are.
func akdbCodes(detail string) string {
	var d struct {
		Errors []struct{ Code string }
	}
	if detail == "" || json.Unmarshal([]byte(detail), &d) != nil {
		return ""
	}
	var codes []string
	for _, e := range d.Errors {
		if len(codes) < 8 && len(e.Code) <= 60 && strings.Trim(e.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
			codes = append(codes, e.Code)
		}
	}
	return strings.Join(codes, " ")
}

// refusal carries the engine's words for the log beside the host's error.
type refusal struct {
	why error
	err error
}

func (r *refusal) Error() string { return r.err.Error() + ": " + r.why.Error() }

func (r *refusal) Unwrap() error { return r.err }

func refuse(rule, key string) error { return accounts.Refused(key, "saml "+rule) }
