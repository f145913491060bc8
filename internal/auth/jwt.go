package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
)

// JWT says how to check JSON Web Tokens. With none of Secret, PublicKey and KeySetURL, and no Django, every token is refused;
// with several, the token's algorithm chooses between them, and a key that is given comes before the set.
//
// The kind of key pins the algorithms, so that no token can choose how it is checked: HS256 for a secret; RS and PS with
// 256, 384 and 512 for RSA; ES256, ES384 or ES512 by the curve; EdDSA for Ed25519. `exp` is required and exact, `nbf` and
// `iat` may lie in the future by Leeway, a `token_type` other than "access" is refused.
type JWT struct {
	Secret    []byte // for HS256; at least 8 bytes, better 32
	PublicKey []byte // PEM (PKIX or PKCS #1): RSA of at least 2048 bits, EC (P-256, P-384, P-521), Ed25519
	KeySetURL string // where the issuer publishes its keys (a JWKS, http or https): read at need, and again when they rotate

	Issuer    string // when set, `iss` must be it
	Audience  string // when set, `aud` must name it
	UserClaim string // the claim that names the person; empty: `user_id`, else `sub`

	Cookies []string // that may hold a token; nil: belfry_token and access_token; empty: none

	// Leeway is how far `nbf` and `iat` may lie in the future, for clocks that disagree; 0: 30 seconds, negative: none.
	// `exp` gets none: a stream ends at exactly that moment, and a token that is still taken after it would have its
	// stream ended as soon as it is opened.
	Leeway time.Duration
}

const (
	// minSecret keeps words and short passwords out. RFC 7518, 3.2 asks for strongSecret, but the secret is the issuer's
	// choice, often years old, so between the two there is a warning only.
	minSecret    = 8
	strongSecret = 32

	defaultLeeway = 30 * time.Second

	// maxToken bounds the work that a stranger can ask for. Proxies pass headers of 8 KiB, browsers cookies of 4 KiB.
	maxToken = 16 << 10
)

// A verifier checks JWTs. A nil verifier refuses all.
type verifier struct {
	keys   map[string][]verificationKey // by algorithm: what is not here is refused, `none` first of all
	remote *keySet                      // nil: none
	claims claimRules
	now    func() time.Time
	heads  heads
}

type verificationKey struct {
	method jwt.SigningMethod
	key    any
	django bool // Django's own: it signs access tokens of SimpleJWT, and no others
}

// A token is what a JWT says that was checked.
type token struct {
	user   string
	id     string            // its jti; empty: it has none, or a ticket stands for it
	hash   belfry.SecretHash // of a ticket: what revocation returned
	issued time.Time         // zero: it does not say
	exp    time.Time
	django bool // signed by Django's key
}

// revocation names the token among what is revoked; zero: it has no id.
func (t *token) revocation() belfry.SecretHash {
	if t.id == "" {
		return t.hash
	}
	return belfry.RevocationHash(t.user, t.id)
}

func newVerifier(c *Config) (*verifier, error) {
	v := &verifier{keys: map[string][]verificationKey{}, claims: rulesOf(c.JWT), now: c.Now}
	if secret := c.JWT.Secret; len(secret) > 0 {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("the secret has %d bytes, and at least %d are needed: make one with `openssl rand -base64 48`", len(secret), minSecret)
		}
		if bytes.Contains(secret, []byte("-----BEGIN ")) {
			// Whoever knows the public key could sign tokens with it.
			return nil, errors.New("the secret is a PEM: give a public key as the public key, not as the secret")
		}
		v.add(verificationKey{method: jwt.SigningMethodHS256, key: bytes.Clone(secret)})
	}
	if len(c.JWT.PublicKey) > 0 {
		key, methods, err := readPublicKey(c.JWT.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("public key: %w", err)
		}
		for _, m := range methods {
			v.add(verificationKey{method: m, key: key})
		}
	}
	if c.Django != nil {
		for _, k := range append([]string{c.Django.SecretKey}, c.Django.Fallbacks...) {
			v.add(verificationKey{method: jwt.SigningMethodHS256, key: []byte(k), django: true})
		}
	}
	if at := c.JWT.KeySetURL; at != "" {
		if err := checkAddress(at); err != nil {
			return nil, fmt.Errorf("address of the key set: %w", err)
		}
		v.remote = newKeySet(at, c.Now, c.Logger)
	}
	if len(v.keys) == 0 && v.remote == nil {
		return nil, nil
	}
	return v, nil
}

func (v *verifier) add(k verificationKey) { v.keys[k.method.Alg()] = append(v.keys[k.method.Alg()], k) }

// verify checks a JWT. The error is a reason, or an outage of the key set.
func (v *verifier) verify(ctx context.Context, text string) (*token, error) {
	if v == nil {
		return nil, reason("no JWT secret and no public key is set")
	}
	if len(text) > maxToken {
		return nil, errLong
	}
	head, rest, _ := strings.Cut(text, ".")
	body, signature, ok := strings.Cut(rest, ".")
	if !ok || head == "" || body == "" || !tokenText(text) {
		return nil, reason("it is not three parts of base64url")
	}
	sig, err := decodePart(signature)
	if err != nil {
		return nil, err
	}
	key, err := v.signer(ctx, head, text[:len(head)+1+len(body)], sig)
	if err != nil {
		return nil, err
	}
	// Only now is the text worth reading: it is the issuer's.
	raw, err := decodePart(body)
	if err != nil {
		return nil, err
	}
	return v.read(raw, key.django)
}

func (v *verifier) read(raw []byte, django bool) (*token, error) {
	c, err := v.claims.read(raw)
	if err != nil {
		return nil, err
	}
	if err := v.claims.check(&c, v.now()); err != nil {
		return nil, err
	}
	if django && c.tokenType == nil {
		return nil, reason("it is signed by Django's key and has no token_type")
	}
	t := &token{issued: c.iat, exp: c.exp, django: django}
	if t.user, err = c.person(); err != nil {
		return nil, err
	}
	if belfry.ValidateUserID(t.user) != nil {
		return nil, reason("the claim that names the person is no user id")
	}
	if c.id != nil {
		t.id, _ = text(c.id)
	}
	return t, nil
}

// signer returns the key that has signed a token. Nothing of the header is trusted but the names of the algorithm and of the
// key, and these only choose among the keys that are set: jku, jwk and x5c are ignored.
func (v *verifier) signer(ctx context.Context, head, signed string, sig []byte) (verificationKey, error) {
	h, err := v.heads.read(head)
	if err != nil {
		return verificationKey{}, err
	}
	keys := v.keys[h.alg]
	if k, ok := signedBy(keys, signed, sig); ok {
		return k, nil
	}
	if v.remote != nil && published(h.alg) {
		more, err := v.remote.find(ctx, h.alg, h.kid)
		if err != nil {
			return verificationKey{}, err
		}
		if k, ok := signedBy(more, signed, sig); ok {
			return k, nil
		}
		keys = append(keys[:len(keys):len(keys)], more...)
	}
	if len(keys) == 0 {
		return verificationKey{}, reason("its algorithm does not belong to the configured key")
	}
	return verificationKey{}, reason("its signature is not by the configured key")
}

func signedBy(keys []verificationKey, signed string, sig []byte) (verificationKey, bool) {
	for _, k := range keys {
		if k.method.Verify(signed, sig, k.key) == nil {
			return k, true
		}
	}
	return verificationKey{}, false
}

// published reports whether an algorithm is one of public keys: no other has a set read.
func published(alg string) bool {
	switch alg {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA":
		return true
	}
	return false
}

// tokenText reports whether a token has nothing but what one can have: the base64 decoder would pass over line breaks.
func tokenText(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func decodePart(s string) ([]byte, error) {
	// Strict: the last character's unused bits must be zero, so that one token has one form.
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, reason("it is not three parts of base64url")
	}
	return b, nil
}
