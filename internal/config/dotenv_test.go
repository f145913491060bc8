package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/config"
)

func TestParseEnvReadsEveryForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       map[string]config.Variable
	}{
		{"nothing", "", map[string]config.Variable{}},
		{"plain", "A=1", map[string]config.Variable{"A": {"1", 1, false}}},
		{"byte order mark", "\uFEFFA=1\n", map[string]config.Variable{"A": {"1", 1, false}}},
		{"Windows line ends", "A=1\r\nB=2\r\n", map[string]config.Variable{"A": {"1", 1, false}, "B": {"2", 2, false}}},
		{"comments and blank lines", "# a\n\n  # b\nA=1\n", map[string]config.Variable{"A": {"1", 4, false}}},
		{"export", "export A=1\nexport\tB=2\nexported=3", map[string]config.Variable{"A": {"1", 1, false}, "B": {"2", 2, false}, "exported": {"3", 3, false}}},
		{"a name that is export", "export=1", map[string]config.Variable{"export": {"1", 1, false}}},
		{"spaces around", "  A =  some words  ", map[string]config.Variable{"A": {"some words", 1, false}}},
		{"empty", "A=\nB= \nC=''\nD=\"\"", map[string]config.Variable{"A": {"", 1, false}, "B": {"", 2, false}, "C": {"", 3, false}, "D": {"", 4, false}}},
		{"a comment after a value", "A=1 # one\nB=2\t# two", map[string]config.Variable{"A": {"1", 1, true}, "B": {"2", 2, true}}},
		{"a comment instead of a value", "A= # nothing", map[string]config.Variable{"A": {"", 1, true}}},
		{"a hash inside a value", "A=a#b\nB=#c", map[string]config.Variable{"A": {"a#b", 1, false}, "B": {"#c", 2, false}}},
		{"a hash inside quotes", "A=\"a # b\" # c\nB='a # b'# c", map[string]config.Variable{"A": {"a # b", 1, false}, "B": {"a # b", 2, false}}},
		{"no expansion", "A=$HOME\nB=\"${HOME}\"\nC='pa$$word'", map[string]config.Variable{"A": {"$HOME", 1, false}, "B": {"${HOME}", 2, false}, "C": {"pa$$word", 3, false}}},
		{"equals signs in a value", "A=b=c==", map[string]config.Variable{"A": {"b=c==", 1, false}}},
		{"an app password with spaces", "EMAIL_HOST_PASSWORD=abcd efgh ijkl mnop", map[string]config.Variable{"EMAIL_HOST_PASSWORD": {"abcd efgh ijkl mnop", 1, false}}},
		{"escapes in double quotes", `A="a\nb\tc\"d\\e\qf"`, map[string]config.Variable{"A": {"a\nb\tc\"d\\e\\qf", 1, false}}},
		{"no escapes in single quotes", `A='a\nb"c'`, map[string]config.Variable{"A": {`a\nb"c`, 1, false}}},
		{"quotes inside a value", `A=it's "so"`, map[string]config.Variable{"A": {`it's "so"`, 1, false}}},
		{"several lines", "A=\"one\ntwo\"\nB='x\r\ny'\nC=3", map[string]config.Variable{"A": {"one\ntwo", 1, false}, "B": {"x\ny", 3, false}, "C": {"3", 5, false}}},
		{"the last one counts", "A=1\nA=2", map[string]config.Variable{"A": {"2", 2, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.ParseEnv(".env", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseEnv(%q), -want +got:\n%s", tt.text, diff)
			}
		})
	}
}

func TestParseEnvNamesFileAndLineAndNoValue(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no assignment", "A=1\nhunter2\n", ".env:2: the line is not NAME=value"},
		{"a bad name", "MY-NAME=hunter2", ".env:1: the line is not NAME=value"},
		{"a name that begins with a digit", "1A=hunter2", ".env:1: the line is not NAME=value"},
		{"a quote never closed", "A=1\nB=\"hunter2\n\nC=3", ".env:2: B begins with a quote that is never closed"},
		{"text after a quote", "A='x\ny' hunter2", ".env:2: A has text after its closing quote"},
		{"UTF-16", "\xff\xfeA\x00=\x001\x00", ".env:1: the file is UTF-16; save it as UTF-8"},
		{"a zero byte", "A=hunter2\x00", ".env:1: the file is not text"},
		{"invalid UTF-8", "A=hunter2\xff", ".env:1: the file is not text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.ParseEnv(".env", []byte(tt.text))
			if err == nil {
				t.Fatalf("ParseEnv(%q) reads it; want an error", tt.text)
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "hunter2") {
				t.Errorf("ParseEnv(%q): %q; want %q, and no value", tt.text, got, tt.want)
			}
		})
	}
}

// FuzzParseEnv: no file makes it panic, and a value written in double quotes is read back as it was.
func FuzzParseEnv(f *testing.F) {
	for _, seed := range []string{"A=1", "export A='x' # c", "\uFEFFA=\"a\nb\\n\"\r\n", "=", "A='", "export ", "\"", "A=\"\\", "A= #"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		vars, err := config.ParseEnv("f", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("ParseEnv(%q): %v; want file and line first", text, err)
			}
			return
		}
		var b strings.Builder
		want := map[string]string{}
		for name, v := range vars {
			if lines := strings.Count(text, "\n") + 1; v.Line < 1 || v.Line > lines {
				t.Errorf("ParseEnv(%q): %s stands in line %d of %d", text, name, v.Line, lines)
			}
			want[name] = v.Value
			b.WriteString(name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`).Replace(v.Value) + "\"\n")
		}
		again, err := config.ParseEnv("f", []byte(b.String()))
		if err != nil {
			t.Fatalf("ParseEnv of what was written, %q: %v", b.String(), err)
		}
		got := map[string]string{}
		for name, v := range again {
			got[name] = v.Value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("written %q and read, -want +got:\n%s", b.String(), diff)
		}
	})
}
