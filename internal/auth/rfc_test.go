package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/auth"
)

// The claims of RFC 7515, appendix A.1 to A.3, as they stand there, line breaks included: issuer joe, until 2011.
const rfcClaims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

func raw(s string) []byte { return must(base64.RawURLEncoding.DecodeString(s)) }

// rfcKeys are the keys of the RFCs' examples.
func rfcKeys() map[string]auth.JWT {
	n := "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
	point := append([]byte{4}, append(raw("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), raw("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")...)...)
	return map[string]auth.JWT{
		"HS256": {Secret: raw("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")},
		"RS256": {PublicKey: publicPEM(&rsa.PublicKey{N: new(big.Int).SetBytes(raw(n)), E: 65537})},
		"ES256": {PublicKey: publicPEM(must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)))},
		"EdDSA": {PublicKey: publicPEM(ed25519.PublicKey(raw("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")))},
	}
}

func TestRFC7515Examples(t *testing.T) {
	t.Parallel()
	for alg, token := range map[string]string{
		"HS256": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + rfcClaims + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		"RS256": "eyJhbGciOiJSUzI1NiJ9." + rfcClaims + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
		"ES256": "eyJhbGciOiJFUzI1NiJ9." + rfcClaims + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			config := rfcKeys()[alg]
			config.UserClaim = "iss"
			w := open(t, auth.Config{JWT: config, Now: func() time.Time { return time.Unix(1300819379, 0) }})
			p, err := w.Authenticate(get("/?token=" + token))
			if err != nil {
				t.Fatalf("%v: %s", err, w.reasonOf(t))
			}
			want := auth.Principal{Kind: auth.User, User: "joe", Method: "jwt", ExpiresAt: time.Unix(1300819380, 0).UTC()}
			if diff := compare(want, p); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
			w = open(t, auth.Config{JWT: config, Now: func() time.Time { return time.Unix(1300819380, 0) }})
			if p, err := w.Authenticate(get("/?token=" + token)); err == nil {
				t.Errorf("a second later it let in %+v", p)
			}
		})
	}
}

// RFC 7519, 6.1: the unsecured token, with every key there is.
func TestUnsecuredTokenIsRefused(t *testing.T) {
	t.Parallel()
	for alg, config := range rfcKeys() {
		config.UserClaim = "iss"
		w := open(t, auth.Config{JWT: config, Now: func() time.Time { return time.Unix(1300819379, 0) }})
		if p, err := w.Authenticate(get("/?token=eyJhbGciOiJub25lIn0." + rfcClaims + ".")); err == nil {
			t.Errorf("%s: let in %+v", alg, p)
		}
	}
}

// RFC 8037, A.4 signs a text that is no JSON: it gets past the signature and no further, and not even there with one
// character changed.
func TestRFC8037Example(t *testing.T) {
	t.Parallel()
	const token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	for token, want := range map[string]string{
		token: "not JSON",
		strings.Replace(token, "RXhh", "RXhi", 1): "signature",
	} {
		w := open(t, auth.Config{JWT: rfcKeys()["EdDSA"]})
		if p, err := w.Authenticate(get("/?token=" + token)); err == nil {
			t.Fatalf("let in %+v", p)
		}
		if got := w.reasonOf(t); !strings.Contains(got, want) {
			t.Errorf("reason: got %q, want %q in it", got, want)
		}
	}
}
