package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

var furtherName = regexp.MustCompile(`^EMAIL_(\d+)_\w+$`)

// furtherAccounts returns the numbers of the accounts beside the first.
func (s *Source) furtherAccounts() ([]int, error) {
	found := map[int]bool{}
	for _, name := range s.names() {
		match := furtherName.FindStringSubmatch(name)
		if match == nil || s.given(name).Value == "" {
			continue
		}
		n, err := strconv.Atoi(match[1])
		if err != nil || n < 2 || n > 9 {
			return nil, &Error{name, s.where(s.given(name)), errors.New("further accounts have the numbers 2 to 9; the first has none, as in EMAIL_HOST")}
		}
		found[n] = true
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// furtherMail reads the settings of a further account as the first's are read.
func (s *Source) furtherMail(n int) (Mail, error) {
	var m Mail
	v := reflect.ValueOf(&m).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		_, secret := tag.Lookup("secret")
		name := numbered(tag.Get("setting"), n)
		if name == tag.Get("setting") {
			continue // one for all accounts
		}
		value, where, err := s.lookup(name, secret)
		if err != nil {
			return m, err
		}
		if value == "" {
			continue
		}
		field := v.Field(i)
		if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); !ok {
			field.SetString(value)
		} else if err := u.UnmarshalText([]byte(value)); err != nil {
			return m, &Error{name, where, err}
		}
	}
	return m, nil
}

// given returns what the stronger layer says of a name.
func (s *Source) given(name string) Variable {
	if v := s.env[name]; v.Value != "" {
		return v
	}
	return s.file[name]
}

// A Given is a setting that has a value, and where it stands.
type Given struct {
	Setting string
	Where   string
}

// Given returns the settings that the environment and .env give, sorted, and the error of .env if it cannot be read.
func (s *Source) Given() ([]Given, error) {
	if s.fileErr != nil {
		return nil, s.fileErr
	}
	known := s.known()
	var all []Given
	for _, name := range s.names() {
		if v := s.given(name); known[name] && v.Value != "" {
			all = append(all, Given{name, s.where(v)})
		}
	}
	return all, nil
}

// known returns every name that is a setting.
func (s *Source) known() map[string]bool {
	known := map[string]bool{}
	for _, d := range Describe() {
		for n := 1; n <= 9; n++ {
			name := numbered(d.Setting, n)
			known[name] = true
			if d.Secret {
				known[fmt.Sprintf("%s_FILE", name)] = true
			}
		}
	}
	return known
}
