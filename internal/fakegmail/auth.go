package fakegmail

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// masked is a client's line without its credential.
func masked(line string) string {
	if len(line) < 5 || !strings.EqualFold(line[:5], "AUTH ") {
		return line
	}
	words := strings.Fields(line)
	if len(words) > 2 {
		words = append(words[:2], mask)
	}
	return strings.Join(words, " ")
}

const mask = "(secret)"

func (c *conn) auth(arg string) error {
	switch {
	case !c.mayLogin():
		return c.say(answer("starttls-first"))
	case !c.offers("AUTH"):
		return c.say(Answer{502, "5.5.1", "Unrecognized command."})
	case !c.hello:
		return c.say(Answer{503, "5.5.1", "EHLO/HELO first."})
	case c.authed:
		return c.say(Answer{503, "5.5.1", "Already authenticated."})
	}
	mechanism, initial, _ := strings.Cut(arg, " ")
	var user string
	var good bool
	var err error
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		user, good, err = c.plain(initial)
	case "LOGIN":
		user, good, err = c.login(initial)
	case "XOAUTH2", "OAUTHBEARER":
		user, good, err = c.bearer(strings.ToUpper(mechanism), initial)
	default:
		return c.say(Answer{504, "5.7.4", "Unrecognized Authentication Type"})
	}
	if err != nil {
		return err
	}
	usual := answer("bad-credentials")
	if good {
		usual = Answer{235, "2.7.0", "Accepted"}
	}
	c.user = user // rules may ask for it
	c.authed, err = c.reach(AtAuth, usual)
	return err
}

// challenge asks for one more line; a client may have sent it already. nil with no error: it cannot be read.
func (c *conn) challenge(initial, question string) ([]byte, error) {
	if initial == "" {
		if err := c.say(Answer{Code: 334, Text: question}); err != nil {
			return nil, err
		}
		var err error
		if initial, err = c.secret(); err != nil {
			return nil, err
		}
		c.note(Client, mask)
	}
	if initial == "=" {
		return []byte{}, nil
	}
	text, err := base64.StdEncoding.DecodeString(initial)
	if err != nil {
		return nil, nil //nolint:nilerr // a client's mistake, which is answered as a wrong password
	}
	return text, nil
}

func (c *conn) plain(initial string) (user string, good bool, err error) {
	text, err := c.challenge(initial, "")
	parts := bytes.Split(text, []byte{0})
	if err != nil || len(parts) != 3 {
		return "", false, err
	}
	user = string(parts[1])
	return user, c.s.knows(c.s.opts.Users, user, string(parts[2])), nil
}

func (c *conn) login(initial string) (user string, good bool, err error) {
	name, err := c.challenge(initial, base64.StdEncoding.EncodeToString([]byte("Username:")))
	if err != nil {
		return "", false, err
	}
	password, err := c.challenge("", base64.StdEncoding.EncodeToString([]byte("Password:")))
	return string(name), err == nil && c.s.knows(c.s.opts.Users, string(name), string(password)), err
}

// bearer takes an access token; a wrong one is told in a challenge, which the client answers with an empty line.
func (c *conn) bearer(mechanism, initial string) (user string, good bool, err error) {
	text, err := c.challenge(initial, "")
	if err != nil {
		return "", false, err
	}
	token := ""
	for _, part := range strings.Split(string(text), "\x01") {
		if value, ok := strings.CutPrefix(part, "user="); ok && mechanism == "XOAUTH2" {
			user = value
		}
		if strings.HasPrefix(part, "n,a=") && mechanism == "OAUTHBEARER" {
			user = strings.TrimSuffix(strings.TrimPrefix(part, "n,a="), ",")
		}
		if value, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = value
		}
	}
	if c.s.knows(c.s.opts.Tokens, user, token) {
		return user, true, nil
	}
	why := base64.StdEncoding.EncodeToString([]byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`))
	if err := c.say(Answer{Code: 334, Text: why}); err != nil {
		return "", false, err
	}
	if _, err = c.secret(); err == nil {
		c.note(Client, mask)
	}
	return user, false, err
}

// knows reports whether a login is right. Google ignores the spaces that an App Password is shown with.
func (s *Server) knows(secrets map[string]string, user, secret string) bool {
	if s.opts.Users == nil && s.opts.Tokens == nil {
		return user != "" && secret != ""
	}
	for name, right := range secrets {
		if strings.EqualFold(name, user) {
			return subtle.ConstantTimeCompare([]byte(bare(right)), []byte(bare(secret))) == 1
		}
	}
	return false
}

func bare(s string) string { return strings.ReplaceAll(s, " ", "") }
