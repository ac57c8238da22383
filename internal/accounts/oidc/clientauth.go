package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"stadttor/internal/ident"
)

// assertionLife is how long our own assertion may be used, once.
const assertionLife = time.Minute

// clientKey is our private key towards one provider.
type clientKey struct {
	key jose.JSONWebKey
	alg jose.SignatureAlgorithm
}

// readKey reads a private key: PEM (PKCS #8, SEC 1, PKCS #1) or JWK. RSA keys
// need 3072 bits (TR-03116-4). The error says nothing of the key.
func readKey(secret string, s Settings) (clientKey, error) {
	var k clientKey
	if block, rest := pem.Decode([]byte(secret)); block != nil && len(rest) < 10 {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			k.key.Key = key
		} else if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			k.key.Key = key
		} else if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			k.key.Key = key
		}
	} else if _, err := parseObject([]byte(secret)); err == nil {
		_ = json.Unmarshal([]byte(secret), &k.key) // the switch below refuses what came of an error
	}
	alg := ""
	switch p := k.key.Key.(type) {
	case *rsa.PrivateKey:
		if p.N.BitLen() < minOwnRSA {
			return k, errors.New("an RSA key below 3072 bits")
		}
		alg = "PS256"
	case *ecdsa.PrivateKey:
		alg = curveOf(&p.PublicKey)
	case ed25519.PrivateKey:
		alg = "EdDSA"
	}
	k.alg = jose.SignatureAlgorithm(either(s.KeyAlgorithm, alg))
	if alg == "" || !fitting(jose.JSONWebKey{Key: k.key.Public().Key}, string(k.alg)) {
		return k, errors.New("no private key that goes with the algorithm")
	}
	k.key = jose.JSONWebKey{Key: k.key.Key, KeyID: s.KeyID}
	if k.key.KeyID == "" {
		sum, err := k.key.Thumbprint(crypto.SHA256)
		if err != nil {
			return k, errors.New("no thumbprint")
		}
		k.key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	return k, nil
}

// assertion proves to the provider who we are (RFC 7523 section 3, Core 9).
func (k clientKey) assertion(client, audience string, now time.Time) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: k.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": client, "sub": client, "aud": audience, "jti": ident.Secret(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// ClientKeys gives the public key set (RFC 7517) that the provider has to know
// of us, for a connection with AuthKey. Error: Invalid.
func ClientKeys(settings json.RawMessage, secret func(name string) (string, error)) ([]byte, error) {
	s, err := parseSettings(settings, true)
	if err != nil {
		return nil, err
	}
	text, err := secret(SecretKey)
	if err != nil {
		return nil, err
	}
	k, err := readKey(text, s)
	if err != nil {
		return nil, badSecret(SecretKey)
	}
	return k.public()
}

func (k clientKey) public() ([]byte, error) {
	public := k.key.Public()
	public.Use, public.Algorithm = "sig", string(k.alg)
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
}

// Describe implements accounts.Described: the key by which the provider knows us.
func (m *Method) Describe(string) (string, []byte, error) {
	if m.s.ClientAuth != AuthKey {
		return "", nil, nil
	}
	body, err := m.key.public()
	return "application/jwk-set+json", body, err
}
