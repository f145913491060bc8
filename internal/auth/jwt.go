package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
)

// JWT says how to check JSON Web Tokens. With neither Secret nor PublicKey, every token is refused; with both, the
// token's algorithm chooses between them.
//
// The kind of key pins the algorithms, so that no token can choose how it is checked: HS256 for a secret; RS and PS with
// 256, 384 and 512 for RSA; ES256, ES384 or ES512 by the curve; EdDSA for Ed25519. `exp` is required and exact, `nbf` and
// `iat` may lie in the future by Leeway, a `token_type` other than "access" is refused.
type JWT struct {
	Secret    []byte // for HS256; at least 8 bytes, better 32
	PublicKey []byte // PEM (PKIX or PKCS #1): RSA of at least 2048 bits, EC (P-256, P-384, P-521), Ed25519

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
	keys   map[string]verificationKey // by algorithm: what is not here is refused, `none` first of all
	claims claimRules
	now    func() time.Time
}

type verificationKey struct {
	method jwt.SigningMethod
	key    any
}

func newVerifier(c JWT, now func() time.Time) (*verifier, error) {
	v := &verifier{keys: map[string]verificationKey{}, claims: rulesOf(c), now: now}
	if len(c.Secret) > 0 {
		if len(c.Secret) < minSecret {
			return nil, fmt.Errorf("the secret has %d bytes, and at least %d are needed: make one with `openssl rand -base64 48`", len(c.Secret), minSecret)
		}
		if bytes.Contains(c.Secret, []byte("-----BEGIN ")) {
			// Whoever knows the public key could sign tokens with it.
			return nil, errors.New("the secret is a PEM: give a public key as the public key, not as the secret")
		}
		v.keys["HS256"] = verificationKey{jwt.SigningMethodHS256, bytes.Clone(c.Secret)}
	}
	if len(c.PublicKey) > 0 {
		key, methods, err := readPublicKey(c.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("public key: %w", err)
		}
		for _, m := range methods {
			v.keys[m.Alg()] = verificationKey{m, key}
		}
	}
	if len(v.keys) == 0 {
		return nil, nil
	}
	return v, nil
}

// verify returns whom a token is for and when it expires. The error is always a reason.
func (v *verifier) verify(token string) (user string, exp time.Time, err error) {
	if v == nil {
		return "", time.Time{}, reason("no JWT secret and no public key is set")
	}
	if len(token) > maxToken {
		return "", time.Time{}, errLong
	}
	head, rest, _ := strings.Cut(token, ".")
	body, signature, ok := strings.Cut(rest, ".")
	if !ok || head == "" || body == "" || strings.ContainsFunc(token, notInToken) {
		return "", time.Time{}, reason("it is not three parts of base64url")
	}
	key, err := v.keyFor(head)
	if err != nil {
		return "", time.Time{}, err
	}
	sig, err := decodePart(signature)
	if err != nil {
		return "", time.Time{}, err
	}
	if key.method.Verify(token[:len(head)+1+len(body)], sig, key.key) != nil {
		return "", time.Time{}, reason("its signature is not by the configured key")
	}
	// Only now is the text worth reading: it is the issuer's.
	raw, err := decodePart(body)
	if err != nil {
		return "", time.Time{}, err
	}
	c, err := v.claims.read(raw)
	if err != nil {
		return "", time.Time{}, err
	}
	if err := v.claims.check(&c, v.now()); err != nil {
		return "", time.Time{}, err
	}
	user, err = c.person()
	if err == nil && belfry.ValidateUserID(user) != nil {
		err = reason("the claim that names the person is no user id")
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return user, c.exp, nil
}

// keyFor returns the key for a token's header. Nothing of the header is trusted but the name of the algorithm, and that
// only chooses among the keys that are set: kid, jku, jwk and x5c are ignored.
func (v *verifier) keyFor(head string) (verificationKey, error) {
	raw, err := decodePart(head)
	if err != nil {
		return verificationKey{}, err
	}
	alg, err := readHeader(raw)
	if err != nil {
		return verificationKey{}, err
	}
	key, ok := v.keys[alg]
	if !ok {
		return verificationKey{}, reason("its algorithm does not belong to the configured key")
	}
	return key, nil
}

// notInToken finds what the base64 decoder would pass over (line breaks) or a token can't have.
func notInToken(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

func decodePart(s string) ([]byte, error) {
	// Strict: the last character's unused bits must be zero, so that one token has one form.
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, reason("it is not three parts of base64url")
	}
	return b, nil
}
