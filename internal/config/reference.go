package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
)

// A Description is what is to be said of one setting.
type Description struct {
	Setting string // the name in the environment
	Flag    string // without the dashes
	Group   string
	Default string // empty: none
	Form    string // what a value looks like
	Help    string
	Secret  bool // may be given as NAME_FILE
}

// Describe returns every setting in the order of the reference page.
func Describe() []Description { return describe(reflect.TypeFor[all]()) }

func describe(t reflect.Type) []Description {
	var ds []Description
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			ds = append(ds, describe(f.Type)...)
			continue
		}
		_, secret := f.Tag.Lookup("secret")
		d := Description{
			Setting: f.Tag.Get("setting"), Flag: f.Tag.Get("name"), Group: f.Tag.Get("group"), Default: f.Tag.Get("default"),
			Form: f.Tag.Get("placeholder"), Help: f.Tag.Get("help"), Secret: secret,
		}
		if d.Flag == "" {
			d.Flag = strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(d.Setting, "BELFRY_")), "_", "-")
		}
		if d.Default == "" {
			d.Default = f.Tag.Get("shown") // what happens without the setting, where a value given is told from none
		}
		if d.Default == "${database}" {
			d.Default = DefaultDatabase
		}
		ds = append(ds, d)
	}
	return ds
}

// WriteReference writes the page docs/reference/configuration.md.
func WriteReference(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`<!-- Made by go generate ./internal/config from the settings themselves; do not edit. -->
# Configuration

Every setting can be given as a flag, in the environment, or in the file ` + "`.env`" + ` in the working directory. A flag wins over
the environment, the environment over ` + "`.env`" + `; an empty value counts as not given. A secret can also be given as the path of
a file that holds it, in ` + "`NAME_FILE`" + ` (for example ` + "`BELFRY_JWT_SECRET_FILE=/run/secrets/jwt`" + `). As a flag, other users of the machine can
see it in the list of processes.

A value that cannot be read stops the start (exit status 2) with the setting's name, where it stood, the reason and the mend.
An unknown ` + "`BELFRY_`" + ` name is warned about.
`)
	group := ""
	for _, d := range Describe() {
		if d.Group != group {
			group = d.Group
			fmt.Fprintf(&b, "\n## %s\n\n| setting | flag | default | meaning |\n|---|---|---|---|\n", group)
		}
		def, help := "none", d.Help
		if d.Default != "" {
			def = "`" + d.Default + "`"
		}
		if d.Secret {
			help += " Secret: also `" + d.Setting + "_FILE`."
		}
		fmt.Fprintf(&b, "| `%s` | `--%s=%s` | %s | %s |\n", d.Setting, d.Flag, strings.ReplaceAll(d.Form, "|", `\|`), def, help)
	}
	b.WriteString("\n## The form of `.env`\n\n" + `- One ` + "`NAME=value`" + ` a line; ` + "`export`" + ` before it is passed over. A line that begins with ` + "`#`" + ` is a comment.
- An unquoted value may hold spaces; ` + "` #`" + ` (a space and a hash) begins a comment.
- In single quotes a value stands as it is. In double quotes ` + "`\\n`, `\\r`, `\\t`, `\\\"` and `\\\\`" + ` are escapes. Either may span lines.
- ` + "`$`" + ` is never expanded: a password may hold one.
- A byte order mark and Windows line ends are accepted. A line that cannot be read stops the start with its number.
`)
	b.WriteString("\n## Further mail accounts\n\n" + `A second account, for when the first is parked, has its number in each name: ` + "`EMAIL_2_HOST`, `EMAIL_2_HOST_USER`, `EMAIL_2_HOST_PASSWORD`" + `
and so on; numbers go to 9. These stand in the environment or in ` + "`.env`" + ` alone. ` + "`DEFAULT_FROM_EMAIL`" + ` is one for all, and ` + "`EMAIL_TIMEOUT`" + ` unless
an account has its own. Mail leaves by the first account that can take it.
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteTemplate writes the file env.template: every setting with its meaning, commented out, for copying to .env.
func WriteTemplate(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Belfry's settings. Copy this file to .env in the directory where belfry runs, and take the # off what you set.\n" +
		"# A flag wins over the environment, the environment over .env. Made by go generate ./internal/config; do not edit.\n")
	group := ""
	for _, d := range Describe() {
		if d.Group != group {
			group = d.Group
			fmt.Fprintf(&b, "\n# ---- %s ----\n", group)
		}
		b.WriteByte('\n')
		for _, line := range wrap(d.Help, 116) {
			b.WriteString("# " + line + "\n")
		}
		if d.Secret {
			b.WriteString("# Or name a file that holds it: " + d.Setting + "_FILE\n")
		}
		fmt.Fprintf(&b, "#%s=%s\n", d.Setting, d.Default)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks text into lines of at most width bytes, at spaces.
func wrap(text string, width int) []string {
	var lines []string
	for _, word := range strings.FieldsFunc(text, unicode.IsSpace) {
		if n := len(lines); n > 0 && len(lines[n-1])+1+len(word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
