package djangotest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// SimpleJWT's access tokens are taken in a header, an address and a cookie; what is none of its access tokens is refused.
func TestSimpleJWT(t *testing.T) {
	t.Parallel()
	site := newSite(t, setup{engine: "db"})
	ada := site.hand(map[string]any{"user": "ada"})
	rsaKey, public := keyPair(t)
	bell := newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, "BELFRY_DJANGO_DATABASE_URL="+site.database, "BELFRY_JWT_PUBLIC_KEY="+public)
	var pair struct{ Access, Refresh string }
	site.post(http.DefaultClient, "/token/", map[string]string{"username": "ada", "password": password}, &pair)

	for _, as := range []credential{bearer(pair.Access), inURL(pair.Access), cookie("belfry_token", pair.Access), cookie("access_token", pair.Access)} {
		bell.is(ada, as)
	}
	bell.listen(inURL(pair.Access)).want("message", bell.send(ada, "A"))

	claims := jwt.MapClaims{"token_type": "access", "user_id": ada, "exp": time.Now().Add(time.Hour).Unix(), "jti": "1"}
	sign := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		text, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	with := func(name string, value any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range claims {
			c[k] = v
		}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	bell.is(ada, bearer(sign(jwt.SigningMethodHS256, []byte(secretKey), claims)))
	bell.is(ada, bearer(sign(jwt.SigningMethodRS256, rsaKey, claims)))
	for what, token := range map[string]string{
		"a refresh token":                        pair.Refresh,
		"a tampered token":                       tampered(pair.Access),
		"a token of another key":                 sign(jwt.SigningMethodHS256, []byte("another key than the site has"), claims),
		"alg=none":                               sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims),
		"HS256 signed with the RSA public key":   sign(jwt.SigningMethodHS256, []byte(public), claims),
		"HS512 with the right key":               sign(jwt.SigningMethodHS512, []byte(secretKey), claims),
		"an expired token":                       sign(jwt.SigningMethodHS256, []byte(secretKey), with("exp", time.Now().Add(-time.Second).Unix())),
		"a token without exp":                    sign(jwt.SigningMethodHS256, []byte(secretKey), with("exp", nil)),
		"what Django's key signed for something": sign(jwt.SigningMethodHS256, []byte(secretKey), with("token_type", nil)),
		"a sliding token":                        sign(jwt.SigningMethodHS256, []byte(secretKey), with("token_type", "sliding")),
		"a token of nobody":                      sign(jwt.SigningMethodHS256, []byte(secretKey), with("user_id", "4711")),
	} {
		bell.refuses(what, bearer(token))
		if what != "alg=none" { // an empty signature in a cookie has two dots too
			bell.refuses(what+" in a cookie", cookie("belfry_token", token))
		}
	}

	l := bell.listen(bearer(pair.Access))
	site.hand(map[string]any{"user": "ada", "active": false})
	l.want("close", `"reason":"revoked"`)
	bell.refuses("the token of a user who is not active", bearer(pair.Access))
	counted(t, bell)
}

// counted wants the tokens that stood in an address in the metrics, and not in the log.
func counted(t *testing.T, bell *bell) {
	t.Helper()
	if _, metrics := bell.call(func(*http.Request) {}, http.MethodGet, "/metrics", ""); !strings.Contains(metrics, "belfry_tokens_in_url_total 2\n") {
		t.Error("the metrics do not say that two tokens stood in an address")
	}
	if strings.Contains(string(bell.p.Output.Whole()), "eyJ") {
		t.Error("the log has a token in it")
	}
	bell.quiet()
}

// tampered makes another person of the token's.
func tampered(token string) string {
	parts := strings.Split(token, ".")
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), `"user_id":`, `"user_id":1`, 1)))
	return strings.Join(parts, ".")
}

func keyPair(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
