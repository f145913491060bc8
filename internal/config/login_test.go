package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

func TestLoginValues(t *testing.T) {
	t.Parallel()
	good[config.WebURL](t, "https://app.example.com/whoami/?x=1", "https://app.example.com/whoami/?x=1")
	bad[config.WebURL](t, "app.example.com/whoami", "not an http or https address")
	bad[config.WebURL](t, "ftp://h/", "not an http or https address")
	good(t, "sqlite:/srv/app/db.sqlite3", config.ForeignURL("sqlite:/srv/app/db.sqlite3"))
	good(t, "postgres://u:p@h/app", config.ForeignURL("postgres://u:p@h/app"))
	good(t, "postgresql://h/app?sslmode=disable", config.ForeignURL("postgresql://h/app?sslmode=disable"))
	bad[config.ForeignURL](t, "postgres://u:canary@h", "names no database")
	bad[config.ForeignURL](t, "sqlite:", "names no file")
	bad[config.ForeignURL](t, "sqlite:db?mode=rw", "nothing after it")
	bad[config.ForeignURL](t, "mysql://h/app", "not the address of a database")
	good(t, "0s", config.Pause(0))
	bad[config.Pause](t, "-1s", "out of range")
	bad[config.Pause](t, "soon", "not a duration")
	good(t, "1s", config.Recheck(time.Second))
	bad[config.Recheck](t, "61s", "from 1s to 1m")
	bad[config.Recheck](t, "0s", "from 1s to 1m")
	for text, want := range map[string]time.Duration{"1209600": 14 * 24 * time.Hour, "14d": 14 * 24 * time.Hour, "36h": 36 * time.Hour} {
		good(t, text, config.Age(want))
	}
	for _, text := range []string{"0", "-5", "0d", "two weeks", ""} {
		bad[config.Age](t, text, "not a time span")
	}
}

func TestSecretKeys(t *testing.T) {
	t.Parallel()
	keys, err := parse[config.SecretKeys](t, " first-key#$1 ,second=key ")
	if got := keys.Reveal(); err != nil || len(got) != 2 || got[0] != "first-key#$1" || got[1] != "second=key" {
		t.Errorf("got %q, %v", got, err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", keys, keys, config.ForeignURL("postgres://u:canary@h/d"), config.ForeignURL("postgres://u:canary@h/d")); strings.Contains(s, "first-key") || strings.Contains(s, "second") || strings.Contains(s, "canary") {
		t.Errorf("a secret is printed: %s", s)
	}
	bad[config.SecretKeys](t, "long-enough,short", "key 2")
}

func TestLoginsCheck(t *testing.T) {
	t.Parallel()
	key := config.SigningSecret{Secret: "a-key-of-django"}
	fine := config.Logins{DjangoSecretKey: key, DjangoDatabase: "sqlite:x", DjangoCookie: config.Names{"sessionid"}, DjangoUserColumns: config.Names{"id", "password"}}
	if err := fine.Check(); err != nil {
		t.Error(err)
	}
	for setting, l := range map[string]config.Logins{
		"BELFRY_DJANGO_DATABASE_URL":         {DjangoDatabase: "sqlite:x"},
		"BELFRY_DJANGO_SECRET_KEY_FALLBACKS": {DjangoFallbacks: config.SecretKeys{key}},
		"BELFRY_DJANGO_SESSION_COOKIE":       {DjangoCookie: config.Names{"a", "b"}},
		"BELFRY_DJANGO_USER_COLUMNS":         {DjangoUserColumns: config.Names{"id"}},
	} {
		e, ok := errors.AsType[*config.Error](l.Check())
		if !ok || e.Setting != setting {
			t.Errorf("got %v, want a complaint of %s", e, setting)
		}
	}
}
