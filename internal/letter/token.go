package letter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/belfryhq/belfry"
)

const (
	tokenVersion = 1
	macSize      = 16

	maxCategories = 255 // bytes: their length is one
)

// errToken is one for all, so that nobody learns which part of a guess was right.
var errToken = belfry.Errorf(belfry.CodeUnknown, "This link is not valid. Copy the whole of it from the email.")

// Unsubscribe returns a token by which whoever holds it may switch off the mails of a category for a person, or of several, with
// commas between. It does not expire: a mail may be old when somebody has had enough.
func (p *Press) Unsubscribe(user, category string) string {
	b := []byte{tokenVersion, byte(len(category))} // a category has at most 100 bytes, several have maxCategories
	b = append(append(b, category...), user...)
	return base64.RawURLEncoding.EncodeToString(append(b, p.mac("unsubscribe", b)[:macSize]...))
}

// ReadUnsubscribe returns what a token says; an [belfry.Error] with CodeUnknown when it was not made by Unsubscribe with
// this secret.
func (p *Press) ReadUnsubscribe(token string) (user, category string, err error) {
	if len(token) > 2048 {
		return "", "", errToken
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 2+macSize || base64.RawURLEncoding.EncodeToString(b) != token { // line breaks are passed over
		return "", "", errToken
	}
	b, sum := b[:len(b)-macSize], b[len(b)-macSize:]
	if !hmac.Equal(sum, p.mac("unsubscribe", b)[:macSize]) || b[0] != tokenVersion || len(b) < 2+int(b[1]) {
		return "", "", errToken
	}
	return string(b[2+int(b[1]):]), string(b[2 : 2+int(b[1])]), nil
}

// mac signs b for one purpose, so that what was signed for another is void.
func (p *Press) mac(purpose string, b []byte) []byte {
	h := hmac.New(sha256.New, p.secret)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(b)
	return h.Sum(nil)
}
