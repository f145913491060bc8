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
	whole  []string            // replaced where they stand
	pieces map[string]struct{} // of which every n bytes betray
}

const (
	pieceLength = 10
	removed     = "[removed]"
)

func newRedactor(a Account) *redactor {
	r := &redactor{pieces: map[string]struct{}{}}
	r.learn(a.Secret)
	r.learn(strings.Join(strings.Fields(a.Secret), "")) // an App Password as a server sees it
	r.learnForm("\x00" + a.User + "\x00" + a.Secret)
	if o := a.OAuth2; o != nil {
		r.learn(o.ClientSecret)
		r.learn(o.RefreshToken)
	}
	return r
}

// learn adds a secret in every form in which it may come back.
func (r *redactor) learn(secret string) {
	if secret == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))} {
		r.add(form)
	}
	// In base64 of something longer, a secret looks different at each of three positions; its first and last letters mix
	// with their neighbours and are left out.
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
		text = strings.TrimRight(text, "=")
		from := []int{0, 2, 3}[shift]
		if to := len(text) - 1; to-from >= 4 {
			r.add(text[from:to])
			r.add(strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to]))
		}
	}
}

// learnForm adds what is sent as base64 of itself alone.
func (r *redactor) learnForm(plain string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(base64.StdEncoding.EncodeToString([]byte(plain)))
}

func (r *redactor) add(form string) {
	if len(form) < 2 {
		return
	}
	r.whole = append(r.whole, form)
	for i := 0; i+pieceLength <= len(form); i++ {
		r.pieces[form[i:i+pieceLength]] = struct{}{}
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
	for _, w := range r.whole {
		text = strings.ReplaceAll(text, w, removed)
	}
	return clean(r.cutPieces(text))
}

// cutPieces removes every word-like run in which a piece of a secret stands.
func (r *redactor) cutPieces(text string) string {
	var b strings.Builder
	done := 0
	for i := 0; i+pieceLength <= len(text); i++ {
		if _, ok := r.pieces[text[i:i+pieceLength]]; !ok {
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
