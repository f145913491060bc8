package config_test

import (
	"encoding"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
)

func parse[T any](t *testing.T, text string) (T, error) {
	t.Helper()
	var v T
	u, ok := any(&v).(encoding.TextUnmarshaler)
	if !ok {
		t.Fatalf("%T does not read text", v)
	}
	return v, u.UnmarshalText([]byte(text))
}

// good checks that text is read as want.
func good[T any](t *testing.T, text string, want T) {
	t.Helper()
	got, err := parse[T](t, text)
	if err != nil {
		t.Errorf("%T %q: %v", want, text, err)
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T %q, -want +got:\n%s", want, text, diff)
	}
}

// bad checks that text is refused with words that hold want.
func bad[T any](t *testing.T, text, want string) {
	t.Helper()
	v, err := parse[T](t, text)
	if err == nil {
		t.Errorf("%T %q is read as %v; want an error", v, text, v)
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("%T %q: %q; want %q", v, text, err, want)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	good[config.Address](t, "127.0.0.1:8000", "127.0.0.1:8000")
	good[config.Address](t, ":80", ":80")
	good[config.Address](t, "[::1]:0", "[::1]:0")
	bad[config.Address](t, "8000", "host and port")
	bad[config.Address](t, "localhost:http", "not a port")
	bad[config.Address](t, "localhost:65536", "not a port")
	bad[config.Address](t, "http://localhost:80", "host")
	for addr, want := range map[config.Address]bool{"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, ":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false} {
		if got := addr.Loopback(); got != want {
			t.Errorf("%s.Loopback() = %v, want %v", addr, got, want)
		}
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	good[config.DatabaseURL](t, "sqlite:belfry.db", "belfry.db")
	good[config.DatabaseURL](t, "sqlite:/var/lib/b.db", "/var/lib/b.db")
	good[config.DatabaseURL](t, "sqlite:///var/lib/b.db", "/var/lib/b.db")
	bad[config.DatabaseURL](t, "sqlite://b.db", "whole path")
	bad[config.DatabaseURL](t, "sqlite:", "names no file")
	bad[config.DatabaseURL](t, "sqlite", "names no file")
	bad[config.DatabaseURL](t, "sqlite::memory:", "in memory")
	bad[config.DatabaseURL](t, "sqlite:b.db?mode=ro", "options")
	bad[config.DatabaseURL](t, "belfry.db", "sqlite:")
	good[config.DatabaseURL](t, "postgres://ann:hunter2@h:5432/b", "postgres://ann:hunter2@h:5432/b")
	good[config.DatabaseURL](t, "postgresql:///b?host=/run/postgresql", "postgresql:///b?host=/run/postgresql")
	bad[config.DatabaseURL](t, "sqlite:postgres://h/b", "leave sqlite: out")
	if got := config.DatabaseURL("postgres://ann:hunter2@h:5432/b?x=hunter2").String(); got != "postgres://h:5432/b" {
		t.Errorf("for people, the address is %q", got)
	}
	for _, text := range []string{"postgres://ann:hunter2@/b", "postgres:ann:hunter2", "postgres://ann:hunter2@h:x/b", "mysql://ann:hunter2@h/b"} {
		if _, err := parse[config.DatabaseURL](t, text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v; want an error without the password", text, err)
		}
	}
}

func TestNodeName(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "node-1", "Knoten Süd", strings.Repeat("x", 64)} {
		good(t, text, config.NodeName(text))
	}
	for _, text := range []string{"a\nb", "\xff", strings.Repeat("x", 65)} {
		bad[config.NodeName](t, text, "like node-1")
	}
}

func TestBusURL(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "postgres", "nats://ann:hunter2@h:4222", "nats://a:4222,nats://b:4222", "tls://h"} {
		good(t, text, config.BusURL(text))
	}
	bad[config.BusURL](t, "postgres://ann:hunter2@h/b", "the word postgres alone")
	bad[config.BusURL](t, "h:4222", "nats://")
	if _, err := parse[config.BusURL](t, "redis://ann:hunter2@h"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v; want an error without the password", err)
	}
}

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	good(t, "90d", config.Retention(90*24*time.Hour))
	good(t, "12h", config.Retention(12*time.Hour))
	bad[config.Retention](t, "30m", "too short")
	bad[config.Retention](t, "-90d", "not a time span")
	bad[config.Retention](t, "forever", "not a time span")
	good(t, "30s", config.Heartbeat(30*time.Second))
	good(t, "250ms", config.Heartbeat(250*time.Millisecond))
	bad[config.Heartbeat](t, "31s", "out of range")
	bad[config.Heartbeat](t, "0s", "out of range")
	bad[config.Heartbeat](t, "25", "not a duration")
	good(t, "0", config.Count(0))
	good(t, "100000", config.Count(100000))
	bad[config.Count](t, "-1", "whole number")
	bad[config.Count](t, "1e3", "whole number")
	good(t, "off", config.Off)
	good(t, "On", config.On)
	bad[config.Switch](t, "maybe", "neither on nor off")
	good(t, "WARN", config.LogLevel(slog.LevelWarn))
	bad[config.LogLevel](t, "loud", "not a level")
	good[config.LogFormat](t, "JSON", "json")
	bad[config.LogFormat](t, "xml", "not a format")
	good[config.ServerURL](t, "https://bell.example.com/b/", "https://bell.example.com/b")
	bad[config.ServerURL](t, "localhost:8000", "address of a server")
	bad[config.ServerURL](t, "http://localhost/?a", "leave out ?")
}

func TestAccess(t *testing.T) {
	t.Parallel()
	const key = "bf_0123456789abcdef"
	good(t, "app:"+key+", other:"+key+"2", config.Keys{{Name: "app", Key: key}, {Name: "other", Key: key + "2"}})
	good(t, key, config.Keys{{Name: "default", Key: key}})
	bad[config.Keys](t, "a:"+key+",a:"+key+"2", `two keys are named "a"`)
	bad[config.Keys](t, ":"+key, "no name")
	good(t, "app:a:b:c:send:users, "+"b:"+key+" send", config.Keys{{Name: "app", Key: "a:b:c:send:users"}, {Name: "b", Key: key, Scopes: belfry.ScopeSend}})
	good(t, key+"  users+admin ", config.Keys{{Name: "default", Key: key, Scopes: belfry.ScopeUsers | belfry.ScopeAdmin}})
	bad[config.Keys](t, "app:"+key+" x", "no list of scopes")
	bad[config.Keys](t, "app:"+key+" send users", "no list of scopes")
	bad[config.Keys](t, "app:"+key+"\tsend", "header")
	bad[config.Keys](t, "app:hunter2", "shorter than 8")
	if _, err := parse[config.Keys](t, "app:hunter2"); strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Errorf("the error shows the key: %v", err)
	}
	good(t, "https://App.example.com/,http://localhost:3000", config.Origins{"https://app.example.com", "http://localhost:3000"})
	bad[config.Origins](t, "*", "every website")
	bad[config.Origins](t, "app.example.com", "not an origin")
	bad[config.Origins](t, "https://app.example.com/path", "not an origin")
	good(t, "a, b", config.Names{"a", "b"})
	bad[config.Names](t, "a b", "name of a cookie")
	bad[config.Names](t, ",", "no name")
	bad[config.Origins](t, " , ", "no origin")
	bad[config.Keys](t, ",", "no key")
	bad[config.SigningSecret](t, "hunter2", "at least 8")
	bad[config.SigningSecret](t, "-----BEGIN PUBLIC KEY-----", "BELFRY_JWT_PUBLIC_KEY")
}

func TestPublicKeyIsPEMOrAFile(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(pem+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good(t, pem, config.PublicKey(pem))
	good(t, file, config.PublicKey(pem))
	good(t, strings.ReplaceAll(pem, "\n", `\n`), config.PublicKey(pem))
	bad[config.PublicKey](t, "-----BEGIN RSA PRIVATE KEY-----\nhunter2", "private key")
	bad[config.PublicKey](t, file+".missing", "nor a file")
	bad[config.PublicKey](t, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "openssl pkey -pubout")
	bad[config.PublicKey](t, "-----BEGIN PUBLIC KEY-----", "openssl pkey -pubout")
	if _, err := parse[config.PublicKey](t, "hunter2"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("what is no file: %v; want an error that does not show it", err)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := config.Secret("hunter2hunter2hunter2")
	cfg := config.Config{APIKeys: config.APIKeys{Keys: config.Keys{{Name: "app", Key: secret}}}, JWT: config.JWT{JWTSecret: config.SigningSecret{Secret: secret}}}
	var b strings.Builder
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("start", "secret", secret, "config", cfg)
	slog.New(slog.NewTextHandler(&b, nil)).Info("start", "secret", secret, "config", cfg)
	fmt.Fprintf(&b, "%v %+v %#v %s %q %v", cfg, cfg, cfg, secret, secret, &cfg)
	if strings.Contains(b.String(), "hunter2") {
		t.Errorf("a secret is shown: %s", b.String())
	}
}
