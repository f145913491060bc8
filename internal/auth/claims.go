package auth

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// claimRules say what a token's claims must be.
type claimRules struct {
	issuer, audience string
	users            []string // the claims that may name the person, the first that is there decides
	leeway           time.Duration
}

func rulesOf(c JWT) claimRules {
	r := claimRules{issuer: c.Issuer, audience: c.Audience, users: []string{"user_id", "sub"}, leeway: c.Leeway}
	if c.UserClaim != "" {
		r.users = []string{c.UserClaim}
	}
	if c.Leeway == 0 {
		r.leeway = defaultLeeway
	}
	r.leeway = max(r.leeway, 0)
	return r
}

// claims are those that matter, as they stand in the token; nil is absent.
type claims struct {
	issuer, audience, tokenType jsontext.Value
	expires, notBefore, issued  jsontext.Value
	user, id                    jsontext.Value

	exp, iat time.Time // expires and issued, once checked
}

const errJSON = reason("it is not JSON as a token has it")

// eachMember calls fn with each member of a JSON object. Names are compared as they are written, and one that comes twice
// is an error, so that no two readers of a token can disagree about it.
func eachMember(raw []byte, fn func(name string, value jsontext.Value)) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return errJSON
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return errJSON
		}
		name := t.String()
		value, err := d.ReadValue()
		if err != nil {
			return errJSON
		}
		// The decoder reuses what it returns; the same bytes stand in raw.
		end := int(d.InputOffset())
		fn(name, jsontext.Value(raw[end-len(value):end]))
	}
	if _, err := d.ReadToken(); err != nil {
		return errJSON
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errJSON
	}
	return nil
}

func (r *claimRules) read(raw []byte) (claims, error) {
	var c claims
	rank := len(r.users)
	err := eachMember(raw, func(name string, v jsontext.Value) {
		switch name {
		case "exp":
			c.expires = v
		case "nbf":
			c.notBefore = v
		case "iat":
			c.issued = v
		case "iss":
			c.issuer = v
		case "aud":
			c.audience = v
		case "jti":
			c.id = v
		case "token_type":
			c.tokenType = v
		}
		for i, user := range r.users[:rank] {
			if name == user && v.Kind() != 'n' {
				c.user, rank = v, i
				break
			}
		}
	})
	return c, err
}

func (r *claimRules) check(c *claims, now time.Time) error {
	if c.expires == nil {
		return reason("it has no exp")
	}
	exp, ok := moment(c.expires)
	if !ok {
		return reason("its exp is not a number of seconds")
	}
	if !now.Before(exp) {
		return reason("it has expired")
	}
	c.exp = exp
	if !begun(c.notBefore, now.Add(r.leeway)) {
		return reason("its nbf is in the future, or not a number of seconds")
	}
	if !begun(c.issued, now.Add(r.leeway)) {
		return reason("its iat is in the future, or not a number of seconds")
	}
	if c.issued != nil {
		c.iat, _ = moment(c.issued)
	}
	if s, ok := text(c.tokenType); c.tokenType != nil && (!ok || s != "access") {
		return reason("its token_type is not access")
	}
	if s, ok := text(c.issuer); r.issuer != "" && (!ok || s != r.issuer) {
		return reason("its iss is not the configured issuer")
	}
	if r.audience != "" && !names(c.audience, r.audience) {
		return reason("its aud does not name the configured audience")
	}
	return nil
}

// begun reports whether a time in a claim has come; one that is absent has.
func begun(v jsontext.Value, now time.Time) bool {
	if v == nil {
		return true
	}
	t, ok := moment(v)
	return ok && !t.After(now)
}

// lastMoment is the end of the year 9999, beyond which times have no wire form; a later exp is as good as it.
const lastMoment = 253402300799

// moment reads a NumericDate (RFC 7519, 2): seconds since 1970, with a fraction or without.
func moment(v jsontext.Value) (time.Time, bool) {
	if v.Kind() != '0' {
		return time.Time{}, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return time.Time{}, false
	}
	whole, frac := math.Modf(max(-lastMoment, min(f, lastMoment)))
	return time.Unix(int64(whole), int64(frac*1e9)).UTC(), true
}

// text reads a string.
func text(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, v)
	return string(b), err == nil
}

// names reports whether an audience, one string or an array of them, names want.
func names(v jsontext.Value, want string) bool {
	if s, ok := text(v); ok {
		return s == want
	}
	if v.Kind() != '[' {
		return false
	}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err != nil {
			return false
		}
		if t.String() == want {
			return true
		}
	}
	return false
}

// person reads the claim that names the person.
func (c *claims) person() (string, error) {
	if c.user == nil {
		return "", reason("it does not have the claim that names the person")
	}
	if s, ok := identity(c.user); ok {
		return s, nil
	}
	return "", reason("the claim that names the person is neither a string nor an integer")
}

// identity reads a string, or an integer in plain digits. 1.5, 1e21 and -0 name nobody, because two writers of JSON would
// write them in two ways.
func identity(v jsontext.Value) (string, bool) {
	if s, ok := text(v); ok {
		return s, true
	}
	s := string(v)
	return s, v.Kind() == '0' && !strings.ContainsAny(s, ".eE") && s != "-0"
}
