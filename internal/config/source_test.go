package config_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/belfryhq/belfry/internal/config"
)

// read parses a command line over an environment and a .env file.
func read(t *testing.T, args, environ []string, dotenv string) (config.Config, error) {
	t.Helper()
	dir := t.TempDir()
	if dotenv != "" {
		write(t, filepath.Join(dir, ".env"), dotenv)
	}
	var cfg config.Config
	parser, err := kong.New(&cfg, kong.Vars{"database": config.DefaultDatabase}, kong.Resolvers(config.NewSource(environ, dir)),
		kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return cfg, err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()
	const file = "BELFRY_ADDR=file:1\nBELFRY_METRICS_ADDR=file:2\nBELFRY_JWT_ISSUER=file\n"
	environ := []string{"BELFRY_ADDR=env:1", "BELFRY_METRICS_ADDR=env:2", "BELFRY_JWT_ISSUER="}
	cfg, err := read(t, []string{"--addr=flag:1"}, environ, file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cfg.Addr, config.Address("flag:1"); got != want {
		t.Errorf("addr = %q, want %q, the flag's", got, want)
	}
	if got, want := cfg.MetricsAddr, config.Address("env:2"); got != want {
		t.Errorf("metrics addr = %q, want %q, the environment's", got, want)
	}
	if got, want := cfg.JWTIssuer, "file"; got != want {
		t.Errorf("issuer = %q, want %q: what is empty counts as not given", got, want)
	}
	if got, want := cfg.DatabaseURL, config.DatabaseURL("belfry.db"); got != want {
		t.Errorf("database = %q, want %q, the default", got, want)
	}
}

func TestSecretsMayStandInFiles(t *testing.T) {
	t.Parallel()
	const secret = "a secret of many words"
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, secret+"\n")
	cfg, err := read(t, nil, []string{"BELFRY_JWT_SECRET_FILE=" + path}, "BELFRY_JWT_SECRET=another secret, of .env\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.JWTSecret.Reveal(); got != secret {
		t.Errorf("secret = %q, want %q: the environment wins over .env also with a file", got, secret)
	}
}

func TestADirectoryNamedDotEnvIsNotTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".env"), 0o700); err != nil {
		t.Fatal(err)
	}
	var cfg config.Config
	parser, err := kong.New(&cfg, kong.Vars{"database": config.DefaultDatabase}, kong.Resolvers(config.NewSource(nil, dir)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Errorf("beside a directory named .env: %v", err)
	}
}

func TestWhatCannotBeReadNamesSettingPlaceAndMend(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	write(t, empty, "\n")
	tests := []struct {
		name    string
		environ []string
		file    string
		want    []string
	}{
		{"environment", []string{"BELFRY_ADDR=8000"}, "", []string{"BELFRY_ADDR (in the environment)", "host and port, like"}},
		{"file", nil, "\nBELFRY_HEARTBEAT_INTERVAL=45s", []string{"BELFRY_HEARTBEAT_INTERVAL (in .env, line 2)", "from 100ms to 30s"}},
		{"short secret", []string{"BELFRY_JWT_SECRET=hunter2"}, "", []string{"BELFRY_JWT_SECRET (in the environment)", "at least 8"}},
		{"both forms", []string{"BELFRY_JWT_SECRET=hunter2", "BELFRY_JWT_SECRET_FILE=x"}, "", []string{"BELFRY_JWT_SECRET", "BELFRY_JWT_SECRET_FILE is set too; remove one"}},
		{"missing file", []string{"BELFRY_API_KEYS_FILE=/nowhere/hunter2"}, "", []string{"BELFRY_API_KEYS_FILE (in the environment)", "cannot be read"}},
		{"empty file", []string{"BELFRY_API_KEYS_FILE=" + empty}, "", []string{"BELFRY_API_KEYS_FILE", "is empty"}},
		{"a file that is not .env", nil, "hunter2", []string{".env:1: the line is not NAME=value"}},
		{"postgres", []string{"BELFRY_DATABASE_URL=postgres://a:hunter2@/b"}, "", []string{"BELFRY_DATABASE_URL", "not the address of a PostgreSQL database"}},
		{"another bus", []string{"BELFRY_BUS_URL=redis://a:hunter2@h"}, "", []string{"BELFRY_BUS_URL", "give nats://"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, nil, tt.environ, tt.file)
			if err == nil {
				t.Fatal("it is read; want an error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q; want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows the value", err)
			}
		})
	}
}

func TestAnErrorIsFoundInsideTheParsersOwn(t *testing.T) {
	t.Parallel()
	_, err := read(t, nil, []string{"BELFRY_ADDR=8000"}, "")
	var unusable *config.Error
	if !errors.As(err, &unusable) || unusable.Setting != "BELFRY_ADDR" {
		t.Errorf("error %v holds %v; want a config.Error of BELFRY_ADDR", err, unusable)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		warning string
	}{
		{"nothing", []string{"PATH=/bin", "BELFRY_ADDR=:1", "BELFRY_JWT_SECRET_FILE=x"}, ""},
		{"a slip", []string{"BELFRY_HEARTBEAT_INTERVALL=5s"}, "BELFRY_HEARTBEAT_INTERVALL (in the environment) is not a setting: did you mean BELFRY_HEARTBEAT_INTERVAL?"},
		{"far from all", []string{"BELFRY_XYZZY_PLUGH=1"}, "BELFRY_XYZZY_PLUGH (in the environment) is not a setting; it is ignored"},
		{"no file for what is no secret", []string{"BELFRY_ADDR_FILE=x"}, "is not a setting"},
		{"mail", []string{"EMAIL_HOST=smtp.example.com", "EMAIL_2_HOST=h", "EMAIL_2_HOST_PASSWORD_FILE=x", "EMAIL_BACKEND=x", "EMAIL_OF_THE_APP=x"}, ""},
		{"a slip in mail", []string{"EMAIL_HOST_PASWORD=x"}, "EMAIL_HOST_PASWORD (in the environment) is not a setting: did you mean EMAIL_HOST_PASSWORD?"},
		{"a slip in further mail", []string{"EMAIL_3_HOST_USR=x"}, "did you mean EMAIL_3_HOST_USER?"},
		{"another word", []string{"EMAIL_PASSWORD=x"}, "did you mean EMAIL_HOST_PASSWORD?"},
		{"a bus", []string{"BELFRY_BUS_URL=nats://h"}, ""},
		{"a file of Django's key", []string{"BELFRY_DJANGO_SECRET_KEY_FILE=x"}, ""},
		{"empty is not given", []string{"BELFRY_BUS_URL=", "BELFRY_NOTHING="}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			warnings := config.NewSource(tt.environ, t.TempDir()).Check()
			if got := strings.Join(warnings, "\n"); (tt.warning == "") != (got == "") || !strings.Contains(got, tt.warning) {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
		})
	}
}
