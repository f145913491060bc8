package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
)

// jwt signs claims with the target's secret by HS256.
func (t *T) jwt(claims obj) string {
	return sign(obj{"alg": "HS256", "typ": "JWT"}, claims, sha256.New, t.target.JWTSecret)
}

// sign makes a compact JWS (RFC 7515, 7.1).
func sign(header, claims obj, h func() hash.Hash, secret string) string {
	input := segment(header) + "." + segment(claims)
	mac := hmac.New(h, []byte(secret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func segment(o obj) string {
	b, _ := json.Marshal(o) // strings, numbers and lists of them: it can't fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// byAlgorithm signs by the algorithms that an attacker tries on a server that expects HS256.
func byAlgorithm(alg string, claims obj, secret string) string {
	header := obj{"alg": alg, "typ": "JWT"}
	switch alg {
	case "HS512":
		return sign(header, claims, sha512.New, secret)
	case "HS384":
		return sign(header, claims, sha512.New384, secret)
	case "none", "None", "nOnE":
		return segment(header) + "." + segment(claims) + "."
	default:
		return sign(header, claims, sha256.New, secret)
	}
}
