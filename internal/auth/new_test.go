package auth_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/auth"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	public := publicPEM(rsaKey().Public())
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	key := func(name, secret string) []auth.NamedKey { return []auth.NamedKey{{Name: name, Secret: secret}} }
	public224 := publicPEM(ecKey(elliptic.P224()).Public())

	for name, test := range map[string]struct {
		config auth.Config
		want   string
	}{
		"a short secret":           {auth.Config{JWT: auth.JWT{Secret: []byte("7 bytes")}}, "at least 8"},
		"a PEM as the secret":      {auth.Config{JWT: auth.JWT{Secret: public}}, "the secret is a PEM"},
		"no PEM":                   {auth.Config{JWT: auth.JWT{PublicKey: []byte("hello")}}, "it is no PEM"},
		"a PKCS #8 private key":    {auth.Config{JWT: auth.JWT{PublicKey: privatePEM(rsaKey())}}, "openssl pkey"},
		"a PKCS #1 private key":    {auth.Config{JWT: auth.JWT{PublicKey: block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey()))}}, "openssl pkey"},
		"an EC private key":        {auth.Config{JWT: auth.JWT{PublicKey: block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ecKey(elliptic.P256()))))}}, "openssl pkey"},
		"what openssl ecparam has": {auth.Config{JWT: auth.JWT{PublicKey: block("EC PARAMETERS", []byte{6, 8})}}, "openssl pkey"},
		"an encrypted key":         {auth.Config{JWT: auth.JWT{PublicKey: block("ENCRYPTED PRIVATE KEY", []byte("x"))}}, "openssl pkey"},
		"a certificate":            {auth.Config{JWT: auth.JWT{PublicKey: block("CERTIFICATE", []byte("x"))}}, "openssl x509"},
		"a broken key":             {auth.Config{JWT: auth.JWT{PublicKey: block("PUBLIC KEY", []byte("x"))}}, "read PEM block"},
		"a truncated PEM":          {auth.Config{JWT: auth.JWT{PublicKey: public[:len(public)/2]}}, "it is no PEM"},
		"two keys":                 {auth.Config{JWT: auth.JWT{PublicKey: append(bytes.Clone(public), public...)}}, "one key alone"},
		"a small RSA key":          {auth.Config{JWT: auth.JWT{PublicKey: publicPEM(must(rsa.GenerateKey(rand.Reader, 1024)).Public())}}, "1024 bits"},
		"a curve without name":     {auth.Config{JWT: auth.JWT{PublicKey: public224}}, "P-224"},
		"a key without name":       {auth.Config{Keys: key("", appKey)}, "no name"},
		"a short key":              {auth.Config{Keys: key("a", "short")}, "5 characters"},
		"an endless key":           {auth.Config{Keys: key("a", strings.Repeat("k", 257))}, "at most 256"},
		"a key with a space":       {auth.Config{Keys: key("a", "a key of good length")}, "spaces"},
		"a key with an umlaut":     {auth.Config{Keys: key("a", "schlüssel-für-die-app")}, "ASCII"},
		"a key like a JWT":         {auth.Config{Keys: key("a", "bf_1234567.890.1234567")}, "two dots"},
		"a name twice":             {auth.Config{Keys: append(key("a", appKey), key("a", appKey+"2")...)}, "two keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Store = &credentials{}
			_, err := auth.New(test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error with %q", err, test.want)
			}
			for _, k := range test.config.Keys {
				if strings.Contains(err.Error(), k.Secret) {
					t.Errorf("%v has the secret in it", err)
				}
			}
		})
	}
	if _, err := auth.New(auth.Config{}); err == nil {
		t.Error("want no Authenticator without a store")
	}
}

func TestNewTakesPKCS1(t *testing.T) {
	t.Parallel()
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)})
	text = append([]byte("a comment before it\n"), append(text, "\n\n"...)...)
	if _, err := auth.New(auth.Config{Store: &credentials{}, JWT: auth.JWT{PublicKey: text}}); err != nil {
		t.Error(err)
	}
}

func TestNewWarnsOfAWeakSecret(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]bool{strings.Repeat("s", 31): true, strings.Repeat("s", 32): false} {
		var log bytes.Buffer
		_, err := auth.New(auth.Config{
			Store: &credentials{}, JWT: auth.JWT{Secret: []byte(secret)}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "RFC 7518"); got != want || strings.Contains(log.String(), secret) {
			t.Errorf("%d bytes: got log %q", len(secret), &log)
		}
	}
}
