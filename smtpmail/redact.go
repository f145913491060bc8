package smtpmail

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// A redactor takes secrets and web addresses out of what is shown or kept. Servers do repeat what they were sent, whole or
// cut off, and Google sends one-time addresses by which an account can be opened.
type redactor struct {
	mu     sync.Mutex
	sets   [3]secrets // of the account, of the last access token, of the one before
	bearer string     // the last access token
}

// secrets are texts that must not be shown.
type secrets struct {
	whole  []string            // replaced where they stand
	pieces map[string]struct{} // of which every n bytes betray
}

const (
	pieceLength = 10
	removed     = "[removed]"
)

func newRedactor(a Account) *redactor {
	var s secrets
	s.learn(a.Secret)
	s.learn(strings.Join(strings.Fields(a.Secret), "")) // an App Password as a server sees it
	s.add(encode("\x00" + a.User + "\x00" + a.Secret))  // as PLAIN says it
	if o := a.OAuth2; o != nil {
		s.learn(o.ClientSecret)
		s.learn(o.RefreshToken)
	}
	return &redactor{sets: [3]secrets{s}}
}

// learnBearer adds an access token and forgets the one before the last: they change each hour.
func (r *redactor) learnBearer(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if token == r.bearer {
		return
	}
	var s secrets
	s.learn(token)
	r.bearer, r.sets[2], r.sets[1] = token, r.sets[1], s
}

// learn adds a secret in every form in which it may come back.
func (s *secrets) learn(secret string) {
	if secret == "" {
		return
	}
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))} {
		s.add(form)
	}
	// In base64 of something longer, a secret looks different at each of three positions; its first and last letters mix
	// with their neighbours and are left out.
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
		text = strings.TrimRight(text, "=")
		from := []int{0, 2, 3}[shift]
		if to := len(text) - 1; to-from >= 4 {
			s.add(text[from:to])
			s.add(strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to]))
		}
	}
}

func (s *secrets) add(form string) {
	if len(form) < 2 {
		return
	}
	if s.pieces == nil {
		s.pieces = map[string]struct{}{}
	}
	s.whole = append(s.whole, form)
	for i := 0; i+pieceLength <= len(form); i++ {
		s.pieces[form[i:i+pieceLength]] = struct{}{}
	}
}

var (
	// Google breaks its one-time address over several lines, between angle brackets.
	bracketed = regexp.MustCompile(`(?is)<\s*https?:[^>]*(>|$)`)
	address   = regexp.MustCompile(`(?i)https?:\S+`)
)

// clean returns text that may be shown.
func (r *redactor) clean(text string) string {
	text = bracketed.ReplaceAllString(text, removed)
	text = address.ReplaceAllString(text, removed)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range r.sets {
		for _, w := range set.whole {
			text = strings.ReplaceAll(text, w, removed)
		}
		text = set.cutPieces(text)
	}
	return clean(text)
}

// cutPieces removes every word-like run in which a piece of a secret stands.
func (s *secrets) cutPieces(text string) string {
	var b strings.Builder
	done := 0
	for i := 0; i+pieceLength <= len(text); i++ {
		if _, ok := s.pieces[text[i:i+pieceLength]]; !ok {
			continue
		}
		from, to := i, i+pieceLength
		for from > done && wordLike(text[from-1]) {
			from--
		}
		for to < len(text) && wordLike(text[to]) {
			to++
		}
		b.WriteString(text[done:from])
		b.WriteString(removed)
		done, i = to, to-1
	}
	b.WriteString(text[done:])
	return b.String()
}

func wordLike(ch byte) bool { return ch > ' ' && ch != '<' && ch != '>' && ch < 127 }
