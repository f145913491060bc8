package letter

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/belfryhq/belfry"
)

// message makes the bytes of a mail.
func (p *Press) message(m *belfry.Mail, v *vars, w words, messageID string) ([]byte, error) {
	if size := len(w.text) + len(w.html); size > MaxSize { // encoded it is larger still
		return nil, fmt.Errorf("the mail %w", tooLarge(size))
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(p.boundary(m)))
	if err := p.address(msg, m); err != nil {
		return nil, err
	}
	if err := checkSubject("the subject", w.subject); err != nil {
		return nil, err
	}
	msg.SetGenHeader(gomail.HeaderSubject, headerText(w.subject))
	msg.SetMessageIDWithValue(messageID)
	msg.SetDateWithValue(m.Delivery.CreatedAt.UTC())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if v.Locale != "" {
		msg.SetGenHeader("Content-Language", strings.ReplaceAll(v.Locale, "_", "-"))
	}
	// An address has no place to be folded, and a line has at most 998 bytes: of a person whose id makes a longer one, the link
	// is in the text alone.
	if v.UnsubscribeURL != "" && len(v.UnsubscribeURL) < 900 {
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+v.UnsubscribeURL+">")
		if strings.HasPrefix(v.UnsubscribeURL, "https://") { // RFC 8058 3.1
			msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
		}
	}
	if m.Plan.Thread != "" {
		id := "<" + p.thread(m) + ">"
		msg.SetGenHeader(gomail.HeaderInReplyTo, id)
		msg.SetGenHeader(gomail.HeaderReferences, id)
	}
	msg.SetBodyString(gomail.TypeTextPlain, w.text, gomail.WithPartEncoding(encodingOf(w.text)))
	msg.AddAlternativeString(gomail.TypeTextHTML, w.html, gomail.WithPartEncoding(encodingOf(w.html)))
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	if b.Len() > MaxSize {
		return nil, fmt.Errorf("the mail %w", tooLarge(b.Len()))
	}
	return b.Bytes(), nil
}

func (p *Press) address(msg *gomail.Msg, m *belfry.Mail) error {
	to, err := parseAddress(m.Delivery.To)
	if err != nil {
		return fmt.Errorf("the address of the person: %w", err)
	}
	if err := oneLine(m.User.Name); err != nil {
		return fmt.Errorf("the name of the person: %w", err)
	}
	to.Name = displayName(m.User.Name)
	from := *p.from
	msg.FromMailAddress(&from)
	msg.ToMailAddress(to)
	answers := p.replyTo
	if c := m.Plan.Content; c != nil && c.ReplyTo != "" {
		if answers, err = parseAddress(c.ReplyTo); err != nil {
			return fmt.Errorf("the address for answers: %w", err)
		}
	}
	if answers != nil {
		msg.ReplyToMailAddress(answers)
	}
	return nil
}

// boundary parts the parts. It is made with the secret, so that what the mail says cannot hold it.
func (p *Press) boundary(m *belfry.Mail) string {
	return hex.EncodeToString(p.mac("boundary", m.Delivery.ID[:])[:20])
}

// thread names the mail that all mails of a thread to a person answer to. It was never sent, which mail readers do not mind.
func (p *Press) thread(m *belfry.Mail) string {
	sum := p.mac("thread", []byte(m.User.ID+"\x00"+m.Plan.Thread))
	return "thread-" + hex.EncodeToString(sum[:16]) + "@" + p.domain
}

// encodingOf chooses what is shorter; both leave no bare CR or LF.
func encodingOf(text string) gomail.Encoding {
	runes := utf8.RuneCountInString(text)
	if foreign := len(text) - runes; foreign > runes/4 {
		return gomail.EncodingB64
	}
	return gomail.EncodingQP
}
