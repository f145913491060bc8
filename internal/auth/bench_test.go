package auth_test

import (
	"crypto/elliptic"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry/internal/auth"
)

func BenchmarkAuthenticate(b *testing.B) {
	claims := `{"token_type":"access","exp":` + in(time.Hour) + `,"iat":` + in(0) + `,"jti":"c7f5f3f5a5b1424ebd1be09f1fd4a30e","user_id":"7"}`
	p256, ed := ecKey(elliptic.P256()), edKey()
	for name, test := range map[string]struct {
		jwt     auth.JWT
		request *http.Request
	}{
		"APIKey":      {standard().JWT, get("/", "Authorization", "Bearer "+appKey)},
		"StoredKey":   {standard().JWT, get("/", "Authorization", "Bearer bf_a-stored-key-in-use")},
		"HS256":       {standard().JWT, get("/", "Authorization", "Bearer "+hs256(b, claims))},
		"HS256Query":  {standard().JWT, get("/?token=" + hs256(b, claims) + "&last_event_id=3f9a-118-4")},
		"HS256Cookie": {standard().JWT, get("/", "Cookie", "sessionid=abcdefgh; belfry_token="+hs256(b, claims))},
		"RS256":       {auth.JWT{PublicKey: publicPEM(rsaKey().Public())}, get("/", "Authorization", "Bearer "+sign(b, jwt.SigningMethodRS256, rsaKey(), `{"alg":"RS256"}`, claims))},
		"ES256":       {auth.JWT{PublicKey: publicPEM(p256.Public())}, get("/", "Authorization", "Bearer "+sign(b, jwt.SigningMethodES256, p256, `{"alg":"ES256"}`, claims))},
		"EdDSA":       {auth.JWT{PublicKey: publicPEM(ed.Public())}, get("/", "Authorization", "Bearer "+sign(b, jwt.SigningMethodEdDSA, ed, `{"alg":"EdDSA"}`, claims))},
	} {
		b.Run(name, func(b *testing.B) {
			c := standard()
			c.JWT = test.jwt
			w := open(b, c)
			w.store.set("bf_a-stored-key-in-use")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Authenticate(test.request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRedactURL(b *testing.B) {
	for name, address := range map[string]string{
		"Plain": "/api/v1/notifications/?limit=20&category=order.assigned",
		"Token": "/api/v1/notifications/sse/stream/?token=" + hs256(b, `{"sub":"7"}`),
	} {
		u := must(url.Parse(address))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = auth.RedactURL(u)
			}
		})
	}
}
