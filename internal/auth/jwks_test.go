package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// jwk writes a key as an issuer publishes it.
func jwk(t testing.TB, kid string, alg jwkset.ALG, use jwkset.USE, key any) json.RawMessage {
	t.Helper()
	k, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{
		Marshal: jwkset.JWKMarshalOptions{Private: true}, Metadata: jwkset.JWKMetadataOptions{KID: kid, ALG: alg, USE: use},
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(k.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keySet(keys ...json.RawMessage) func(http.ResponseWriter, *http.Request) {
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return says(200, string(b))
}

// An issuer signs tokens and publishes its keys.
func byKey(t testing.TB, m jwt.SigningMethod, kid string, key any) *http.Request {
	header := fmt.Sprintf(`{"alg":%q,"kid":%q}`, m.Alg(), kid)
	return get("/", "Authorization", "Bearer "+sign(t, m, key, header, `{"sub":"42","exp":`+in(24*time.Hour)+`}`))
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	ec, ed, other := ecKey(elliptic.P256()), edKey(), ecKey(elliptic.P256())
	public := func(k crypto.Signer) any { return k.Public() }
	b := newBackend(t, keySet(
		jwk(t, "rsa", jwkset.AlgRS256, jwkset.UseSig, public(rsaKey())), jwk(t, "ec", "", "", public(ec)), jwk(t, "ed", "", jwkset.UseSig, public(ed)),
		jwk(t, "enc", "", jwkset.UseEnc, public(other)), jwk(t, "oct", jwkset.AlgHS256, jwkset.UseSig, []byte("a symmetric key that all can read")),
		json.RawMessage(`{"kty":"XX","kid":"future"}`), json.RawMessage(`{"kty":"RSA","kid":"broken","n":"!","e":"AQAB"}`),
	))
	w := open(t, auth.Config{JWT: auth.JWT{KeySetURL: b.URL}})
	for name, r := range map[string]*http.Request{
		"RSA": byKey(t, jwt.SigningMethodRS256, "rsa", rsaKey()), "EC": byKey(t, jwt.SigningMethodES256, "ec", ec), "Ed25519": byKey(t, jwt.SigningMethodEdDSA, "ed", ed),
		"without kid": byKey(t, jwt.SigningMethodES256, "", ec),
	} {
		if p, err := w.Authenticate(r); err != nil || p.User != "42" {
			t.Errorf("%s: got %+v, %v (%s)", name, p, err, w.reasonOf(t))
		}
	}
	for name, r := range map[string]*http.Request{
		"another algorithm of RSA":     byKey(t, jwt.SigningMethodRS512, "rsa", rsaKey()),
		"another key's name":           byKey(t, jwt.SigningMethodES256, "ed", ec),
		"another key by a name":        byKey(t, jwt.SigningMethodES256, "ec", other),
		"a key for encryption":         byKey(t, jwt.SigningMethodES256, "enc", other),
		"the symmetric key":            byKey(t, jwt.SigningMethodHS256, "oct", []byte("a symmetric key that all can read")),
		"HS256 with the RSA key's PEM": byKey(t, jwt.SigningMethodHS256, "rsa", publicPEM(rsaKey().Public())),
		"a long name":                  byKey(t, jwt.SigningMethodES256, strings.Repeat("k", 300), ec),
	} {
		if _, err := w.Authenticate(r); codeOf(err) != belfry.CodeNoIdentity {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	w.Close()
}

// A new key is found at its first token, a withdrawn one stops within minutes, and made-up names cost a reading in five seconds.
func TestKeySetRotates(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	first, second := ecKey(elliptic.P256()), ecKey(elliptic.P256())
	b := newBackend(t, keySet(jwk(t, "1", "", "", first.Public())))
	w := open(t, auth.Config{Now: clock.now, JWT: auth.JWT{KeySetURL: b.URL}})
	defer w.Close()
	let := func(kid string, key *ecdsa.PrivateKey) bool {
		_, err := w.Authenticate(byKey(t, jwt.SigningMethodES256, kid, key))
		return err == nil
	}
	if !let("1", first) || let("2", second) {
		t.Fatal("want the published key alone")
	}
	b.set(keySet(jwk(t, "2", "", "", second.Public())))
	clock.move(5 * time.Second)
	if !let("2", second) || let("1", first) {
		t.Error("after the rotation: want the new key alone")
	}
	b.asked.Store(0)
	for i := range 100 {
		clock.move(100 * time.Millisecond)
		if let(fmt.Sprint("made up ", i), second) {
			t.Error("a made-up name was accepted")
		}
	}
	if got := b.asked.Load(); got > 3 {
		t.Errorf("made-up names in 10 s had the set read %d times, want at most 3", got)
	}
	b.set(keySet())
	clock.move(5 * time.Minute)
	if let("2", second) {
		t.Error("a key that was withdrawn works after five minutes")
	}
}

// An issuer that is down lets its known keys go on; where none is known, its people are told to come back.
func TestKeySetOutage(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	key := ecKey(elliptic.P256())
	b := newBackend(t, says(500, ""))
	w := open(t, auth.Config{Now: clock.now, JWT: auth.JWT{KeySetURL: b.URL, Secret: []byte(hmacSecret)}})
	defer w.Close()
	ask := func() error {
		_, err := w.Authenticate(byKey(t, jwt.SigningMethodES256, "1", key))
		return err
	}
	if err := ask(); codeOf(err) != belfry.CodeUnavailable {
		t.Errorf("no key is known: got %v, want unavailable", err)
	}
	if _, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, `{"sub":"7","exp":`+in(time.Hour)+`}`))); err != nil {
		t.Errorf("the secret's tokens need no set: %v", err)
	}
	b.set(keySet(jwk(t, "1", "", "", key.Public())))
	clock.move(5 * time.Second)
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []func(http.ResponseWriter, *http.Request){says(500, ""), says(200, "<html>"), says(200, strings.Repeat(" ", 1<<20)), says(302, "")} {
		b.set(bad)
		clock.move(time.Hour)
		if err := ask(); err != nil {
			t.Errorf("a known key: got %v", err)
		}
	}
}

// Many who come at once have the set read once.
func TestKeySetIsReadOnce(t *testing.T) {
	t.Parallel()
	key := ecKey(elliptic.P256())
	b := newBackend(t, keySet(jwk(t, "1", "", "", key.Public())))
	w := open(t, auth.Config{JWT: auth.JWT{KeySetURL: b.URL}})
	defer w.Close()
	var wg sync.WaitGroup
	var refused atomic.Int64
	for range 20 {
		wg.Go(func() {
			if _, err := w.Authenticate(byKey(t, jwt.SigningMethodES256, "1", key)); err != nil {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if refused.Load() > 0 || b.asked.Load() != 1 {
		t.Errorf("%d were refused, and the set was read %d times", refused.Load(), b.asked.Load())
	}
}
