package config

import (
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// An Error is a setting that cannot be used.
type Error struct {
	Setting string // the name in the environment
	Where   string // where it was given: "the environment", or a file and its line; empty: it is not given
	Err     error  // what is wrong, and the mend
}

// Error implements error.
func (e *Error) Error() string {
	if e.Where == "" {
		return fmt.Sprintf("%s: %v", e.Setting, e.Err)
	}
	return fmt.Sprintf("%s (in %s): %v", e.Setting, e.Where, e.Err)
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// A Source is where settings come from beside the flags: the environment, and .env. It implements [kong.Resolver] for
// the flags that have a `setting` tag. It is read once, and safe for use by several goroutines at once.
type Source struct {
	env     map[string]Variable
	file    map[string]Variable
	path    string
	fileErr error // told when a setting is first asked for, so that commands without settings work nevertheless
}

// NewSource reads the environment (as from os.Environ) and the file .env in dir, if there is one. A directory of that
// name is something else: Python's virtual environments are often called so.
func NewSource(environ []string, dir string) *Source {
	s := &Source{env: map[string]Variable{}, path: ".env"}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			s.env[name] = Variable{Value: value}
		}
	}
	file := filepath.Join(dir, s.path)
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return s
	}
	text, err := readSmall(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.fileErr = fmt.Errorf("read .env in the working directory: %w", withoutPath(err))
	default:
		s.file, s.fileErr = ParseEnv(s.path, []byte(text))
	}
	return s
}

// Validate implements [kong.Resolver]; there is nothing to check.
func (s *Source) Validate(*kong.Application) error { return nil }

// Resolve implements [kong.Resolver]. It tries the value itself, because kong's own message would name the flag, which
// nobody gave.
func (s *Source) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	name := flag.Tag.Get("setting")
	if name == "" {
		return nil, nil
	}
	value, where, err := s.lookup(name, flag.Tag.Has("secret"))
	if err != nil || value == "" {
		return nil, err
	}
	if u, ok := reflect.New(flag.Target.Type()).Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(value)); err != nil {
			return nil, &Error{name, where, err}
		}
	}
	return value, nil
}

// lookup returns a setting's value and where it stood; both empty when it is not given.
func (s *Source) lookup(name string, secret bool) (value, where string, err error) {
	if s.fileErr != nil {
		return "", "", s.fileErr
	}
	for _, layer := range []map[string]Variable{s.env, s.file} {
		v, file := layer[name], Variable{}
		if secret {
			file = layer[name+"_FILE"]
		}
		switch {
		case v.Value != "" && file.Value != "":
			return "", "", &Error{name, s.where(v), fmt.Errorf("%s_FILE is set too; remove one of the two", name)}
		case v.Value != "":
			return v.Value, s.where(v), nil
		case file.Value != "":
			text, err := readSmall(file.Value)
			if err != nil {
				return "", "", &Error{name + "_FILE", s.where(file), fmt.Errorf("the file cannot be read (%w); give the path of a file that holds the value", withoutPath(err))}
			}
			if text = strings.TrimRight(text, "\r\n"); text == "" {
				return "", "", &Error{name + "_FILE", s.where(file), errors.New("the file is empty; write the value into it")}
			}
			return text, "the file that " + name + "_FILE names", nil
		}
	}
	return "", "", nil
}

func (s *Source) where(v Variable) string {
	if v.Line == 0 {
		return "the environment"
	}
	return fmt.Sprintf("%s, line %d", s.path, v.Line)
}

// WorkingDir returns the source of this process.
func WorkingDir() *Source { return NewSource(os.Environ(), ".") }
