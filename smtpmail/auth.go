package smtpmail

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
)

// authenticate shows who the account is. It is called under TLS only: without it an account has no credential.
func (s *session) authenticate(ctx context.Context, bearer string) *failure {
	offered := strings.Fields(strings.ToUpper(s.offers["AUTH"]))
	method := s.account.Auth
	if method == AuthAuto {
		switch {
		case s.account.OAuth2 != nil:
			method = AuthXOAuth2
		case slices.Contains(offered, string(AuthPlain)) || len(offered) == 0:
			method = AuthPlain
		default:
			method = AuthLogin
		}
	}
	if !slices.Contains(offered, string(method)) {
		return broken(StageAuth, &kindError{"no-auth", "the server offers: " + strings.Join(offered, " ") + "; wanted: " + string(method)})
	}
	switch method {
	case AuthLogin:
		return s.login(ctx)
	case AuthXOAuth2:
		return s.xoauth2(ctx, bearer)
	default:
		_, f := s.ask(ctx, StageAuth, 2, s.account.Timeouts.Command, "AUTH PLAIN "+encode("\x00"+s.account.User+"\x00"+s.account.Secret))
		return f
	}
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// login asks for nothing but the two answers, whatever the server calls its questions.
func (s *session) login(ctx context.Context) *failure {
	d := s.account.Timeouts.Command
	if _, f := s.ask(ctx, StageAuth, 3, d, "AUTH LOGIN"); f != nil {
		return f
	}
	if _, f := s.ask(ctx, StageAuth, 3, d, encode(s.account.User)); f != nil {
		return f
	}
	_, f := s.ask(ctx, StageAuth, 2, d, encode(s.account.Secret))
	return f
}

// xoauth2 is Google's mechanism. A refusal comes as a question whose answer is empty; then the reply follows.
func (s *session) xoauth2(ctx context.Context, bearer string) *failure {
	d := s.account.Timeouts.Command
	line := "AUTH XOAUTH2 " + encode("user="+s.account.User+"\x01auth=Bearer "+bearer+"\x01\x01")
	r, f := s.ask(ctx, StageAuth, 2, d, line)
	if f != nil && r != nil && r.code == 334 {
		_, f = s.ask(ctx, StageAuth, 2, d, "")
	}
	return f
}
