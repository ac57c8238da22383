package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"stadttor/internal/accounts"
	"stadttor/internal/db"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
	"stadttor/internal/pii"
)

// Bounds of passkeys.
const (
	MaxPasskeys      = 20
	PasskeyNameMax   = 60       // code points
	MaxPasskeyAnswer = 64 << 10 // bytes of a browser's answer
	maxCredentialID  = 1023     // WebAuthn Level 3, 5.4.3
)

// Ceremony is what the browser needs to ask an authenticator.
type Ceremony struct {
	// ID comes back with the answer; single use, as long as a try.
	ID string `json:"id"`
	// Options are the JSON that PublicKeyCredential.parse…OptionsFromJSON takes.
	Options json.RawMessage `json:"options"`
}

// ceremony is what of it is sealed. Bound ties it to what it was begun for.
type ceremony struct {
	Bound string
	Data  webauthn.SessionData
}

// owner makes an account the library's user. Name is shown on the person's own
// device, where several accounts may be kept.
type owner struct {
	id   AccountID
	name pii.Text
	keys []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.id) }
func (o owner) WebAuthnName() string                       { return o.name.Reveal() }
func (o owner) WebAuthnDisplayName() string                { return o.name.Reveal() }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

// relyingParty is this scope's: a passkey belongs to one host. The person must
// be verified by the device, the key must be findable without an address, and
// nobody is asked which make of device it is.
func (r room) relyingParty() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: r.site.host(), RPDisplayName: r.site.Name, RPOrigins: []string{r.site.Base},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired},
	})
}

// algorithms that authenticators have in practice; no SHA-1, nothing below 128
// bit but what RSA keys of platforms bring.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// errPasskey refuses an answer. rule is the library's short word for the kind
// of error; its details hold what came from outside and stay here.
func errPasskey(err error) error {
	rule := "answer"
	var p *protocol.Error
	if errors.As(err, &p) && len(p.Type) < 40 {
		rule = p.Type
	}
	return accounts.Refused("local.passkey.refused", "passkey: "+rule)
}

func (r room) putCeremony(ctx context.Context, tx *db.Tx, bound string, data *webauthn.SessionData, options any) (c Ceremony, err error) {
	if c.Options, err = json.Marshal(options); err != nil {
		return c, err
	}
	b, err := json.Marshal(ceremony{bound, *data})
	if err != nil {
		return c, err
	}
	c.ID = ident.Secret()
	id := digest(c.ID)
	_, err = tx.Exec(ctx, `INSERT INTO local_ceremony (realm_id,tenant_id,id,session,expires_at) VALUES ($1,$2,$3,$4,$5)`,
		string(r.Realm), string(r.Tenant), id, r.key.Seal(b, r.place("local_ceremony", fmt.Sprintf("%x", id), "session")), db.Micros(tx.Now.Add(tryLife)))
	return c, err
}

// useCeremony takes a ceremony away: with the commit its challenge is used.
// Error: Forbidden for one that is unknown, used, too old or another's.
func (r room) useCeremony(ctx context.Context, tx *db.Tx, id, bound string) (webauthn.SessionData, error) {
	var c ceremony
	var sealed []byte
	var expires int64
	if len(id) != secretLength {
		return c.Data, errPasskey(nil)
	}
	d := digest(id)
	err := tx.QueryRow(ctx, `DELETE FROM local_ceremony WHERE realm_id=$1 AND tenant_id=$2 AND id=$3 RETURNING session,expires_at`, string(r.Realm), string(r.Tenant), d).Scan(&sealed, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return c.Data, errPasskey(nil)
	}
	if err != nil {
		return c.Data, err
	}
	plain, err := r.key.Open(sealed, r.place("local_ceremony", fmt.Sprintf("%x", d), "session"))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil {
		return c.Data, fmt.Errorf("passkey ceremony: %w", err)
	}
	if c.Bound != bound || expires <= db.Micros(tx.Now) {
		return webauthn.SessionData{}, errPasskey(nil)
	}
	return c.Data, nil
}

// keys are an account's credentials.
func (r room) keys(ctx context.Context, tx *db.Tx, a AccountID) ([]webauthn.Credential, error) {
	rows, err := tx.Query(ctx, `SELECT id,credential FROM local_passkey WHERE realm_id=$1 AND tenant_id=$2 AND account_id=$3 ORDER BY id`, string(r.Realm), string(r.Tenant), string(a))
	return db.Collect(rows, err, func(row *sql.Rows) (c webauthn.Credential, err error) {
		var id string
		var sealed []byte
		if err := row.Scan(&id, &sealed); err != nil {
			return c, err
		}
		plain, err := r.key.Open(sealed, r.place("local_passkey", id, "credential"))
		if err != nil {
			return c, fmt.Errorf("passkey %s: %w", id, err)
		}
		return c, json.Unmarshal(plain, &c)
	})
}

// challenge begins the making of a passkey for an account that exists or will.
func (r room) challenge(ctx context.Context, tx *db.Tx, bound string, id AccountID, name pii.Text) (c Ceremony, err error) {
	keys, err := r.keys(ctx, tx, id)
	if err != nil {
		return c, err
	}
	if len(keys) >= MaxPasskeys {
		return c, errs.Conflict("local.passkey.many")
	}
	w, err := r.relyingParty()
	if err != nil {
		return c, err
	}
	options, data, err := w.BeginRegistration(owner{id, name, keys}, webauthn.WithExclusions(webauthn.Credentials(keys).CredentialDescriptors()), webauthn.WithCredentialParameters(algorithms))
	if err != nil {
		return c, fmt.Errorf("passkey for local account %s: %w", id, err)
	}
	return r.putCeremony(ctx, tx, bound, data, options.Response)
}

// credential checks a browser's answer to challenge.
func (r room) credential(ctx context.Context, tx *db.Tx, bound, ceremony string, id AccountID, answer []byte) (*webauthn.Credential, error) {
	data, err := r.useCeremony(ctx, tx, ceremony, bound)
	if err != nil {
		return nil, err
	}
	parsed, err := parseCreation(answer)
	if err != nil {
		return nil, errPasskey(err)
	}
	w, err := r.relyingParty()
	if err != nil {
		return nil, err
	}
	c, err := w.CreateCredential(owner{id: id}, data, parsed)
	if err != nil {
		return nil, errPasskey(err)
	}
	if len(c.ID) == 0 || len(c.ID) > maxCredentialID {
		return nil, errPasskey(nil)
	}
	// Only what checking a signature needs is kept: nothing about the device.
	c.Attestation = webauthn.CredentialAttestation{}
	return c, nil
}

// parseCreation and parseAssertion read a browser's answer, of any bytes.
func parseCreation(answer []byte) (*protocol.ParsedCredentialCreationData, error) {
	if len(answer) > MaxPasskeyAnswer {
		return nil, protocol.ErrBadRequest
	}
	return protocol.ParseCredentialCreationResponseBytes(answer)
}

func parseAssertion(answer []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > MaxPasskeyAnswer {
		return nil, protocol.ErrBadRequest
	}
	return protocol.ParseCredentialRequestResponseBytes(answer)
}

// cleanPasskeyName gives the person's word for a passkey, one of ours for none.
func cleanPasskeyName(n pii.Text) (pii.Text, error) {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(n.Reveal(), "")), " ")
	if utf8.RuneCountInString(s) > PasskeyNameMax {
		return n, errs.Invalid("local.passkey.name", errs.Field{Name: "name", Key: "local.passkey.name", Args: []any{PasskeyNameMax}})
	}
	if s == "" {
		s = "Passkey"
	}
	return pii.New(s), nil
}

// putPasskey writes a new passkey. Error: Conflict if the authenticator's key is
// known already.
func (r room) putPasskey(ctx context.Context, tx *db.Tx, a AccountID, c *webauthn.Credential, name pii.Text) error {
	id := string(ident.New[ident.EntryID](tx.Now))
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `INSERT INTO local_passkey (realm_id,tenant_id,id,account_id,credential_id,credential,name,created_at,used_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,0) ON CONFLICT DO NOTHING`,
		string(r.Realm), string(r.Tenant), id, string(a), c.ID, r.key.Seal(b, r.place("local_passkey", id, "credential")), r.key.Seal([]byte(name.Reveal()), r.place("local_passkey", id, "name")), db.Micros(tx.Now))
	if err == nil && n == 0 {
		return errs.Conflict("local.passkey.known")
	}
	return err
}
