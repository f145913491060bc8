package config_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/belfryhq/belfry/internal/config"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	for name, generate := range map[string]func(io.Writer) error{
		"docs/reference/configuration.md": config.WriteReference,
		"env.template":                    config.WriteTemplate,
	} {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := generate(&want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is not what the settings make; run go generate ./internal/config", name)
		}
	}
}

func TestEverySettingIsAFlagOfItsName(t *testing.T) {
	t.Parallel()
	var all struct {
		config.Config
		config.Remote
		config.RemoteKey
		config.RemoteToken
	}
	parser, err := kong.New(&all, kong.Vars{"database": config.DefaultDatabase})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]*kong.Flag{}
	for _, f := range parser.Model.Flags {
		flags[f.Tag.Get("setting")] = f
	}
	setting := regexp.MustCompile(`^(BELFRY|EMAIL|DEFAULT_FROM)_[A-Z]+[2]?(_[A-Z]+)*$`)
	for _, d := range config.Describe() {
		if !setting.MatchString(d.Setting) || !strings.HasSuffix(d.Help, ".") || d.Form == "" || d.Group == "" {
			t.Errorf("%+v: want a name, a group, a form and a sentence", d)
		}
		f := flags[d.Setting]
		if f == nil {
			t.Errorf("%s is no flag", d.Setting)
			continue
		}
		if f.Name != d.Flag {
			t.Errorf("%s is --%s; the reference says --%s", d.Setting, f.Name, d.Flag)
		}
	}
}

func TestTheTemplateIsAValidEnvFile(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := config.WriteTemplate(&b); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^#((?:BELFRY|EMAIL|DEFAULT)_)`).ReplaceAllString(b.String(), "$1")
	vars, err := config.ParseEnv("env.template", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range config.Describe() {
		if got, ok := vars[d.Setting]; !ok || got.Value != d.Default {
			t.Errorf("%s = %q in the template, want %q", d.Setting, got.Value, d.Default)
		}
	}
	if _, err := read(t, nil, nil, text); err != nil {
		t.Errorf("the template with nothing changed is refused: %v", err)
	}
}
