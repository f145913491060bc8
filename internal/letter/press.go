package letter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"

	"github.com/belfryhq/belfry"
)

// MaxSize is the most bytes that a mail may have: what Gmail takes, and few servers more.
const MaxSize = 25 << 20

// Config is what a [Press] works with.
type Config struct {
	Templates fs.FS        // the folder of templates; nil: every mail has the built-in layout
	From      string       // the sender, with a name or not; empty: Belfry <belfry@localhost>, which is for mail that never leaves
	ReplyTo   string       // for mails that name none, as when the server will rewrite From; empty: answers go to From
	PublicURL string       // of links that are paths, and of the page to unsubscribe; empty: such links are left out
	Secret    []byte       // signs the links to unsubscribe; at least 16 bytes. Required
	Logger    *slog.Logger // nil: silent
}

// A Press renders mail. Make one with [New].
type Press struct {
	from    *mail.Address
	replyTo *mail.Address
	domain  string   // of Message-IDs
	public  *url.URL // nil: there is none
	secret  []byte
	library library
}

// New compiles all templates.
func New(c Config) (*Press, error) {
	if len(c.Secret) < 16 {
		return nil, errors.New("letter: a secret of at least 16 bytes is required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.From == "" {
		c.From = "Belfry <belfry@localhost>"
	}
	p := &Press{secret: c.Secret}
	var err error
	if p.from, err = parseAddress(c.From); err != nil {
		return nil, fmt.Errorf("letter: the sender: %w", err)
	}
	p.domain = p.from.Address[strings.LastIndexByte(p.from.Address, '@')+1:]
	if c.ReplyTo != "" {
		if p.replyTo, err = parseAddress(c.ReplyTo); err != nil {
			return nil, fmt.Errorf("letter: the address for answers: %w", err)
		}
	}
	if c.PublicURL != "" {
		p.public, err = url.Parse(c.PublicURL)
		if err != nil || p.public.Host == "" || p.public.Scheme != "http" && p.public.Scheme != "https" || p.public.User != nil {
			return nil, fmt.Errorf("letter: the public address %.100q must be like https://app.example.com", c.PublicURL)
		}
	}
	if p.library, err = compile(c.Templates, p.public, c.Logger); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return p, nil
}

// Has reports whether a category has templates of its own, by itself or by a category above it.
func (p *Press) Has(category string) bool { return p.library.family(category) != p.library.plain }

// Title returns the subject that the category's template makes of a send; empty when it has none.
func (p *Press) Title(send *belfry.Send) (string, error) {
	s := p.library.family(send.Category).pick("")
	if s.subject == nil {
		return "", nil
	}
	v, err := p.sample(send, s)
	if err != nil {
		return "", err
	}
	return s.subjectOf(v)
}

// Check renders the mail of a send for nobody in particular, in every language that the category's templates have. The
// error is what would be one when the mail is due.
func (p *Press) Check(send *belfry.Send) error {
	if err := checkContent(send.Email); err != nil {
		return err
	}
	f := p.library.family(send.Category)
	for _, s := range f.sets {
		v, err := p.sample(send, s)
		if err != nil {
			return err
		}
		if _, err := s.fill(v, send.Email, true); err != nil {
			return err
		}
	}
	return nil
}

// checkContent refuses what is too large before anything is stored.
func checkContent(e *belfry.EmailContent) error {
	if e == nil {
		return nil
	}
	for _, part := range []struct{ field, text string }{{"email.html", e.HTML}, {"email.text", e.Text}} {
		if len(part.text) > MaxSize {
			return belfry.Invalid(belfry.FieldError{Field: part.field, Message: tooLarge(len(part.text)).Error()})
		}
	}
	return nil
}

func tooLarge(size int) error {
	return fmt.Errorf("has %d MB, and a mail may have %d", (size+1<<20-1)>>20, MaxSize>>20)
}

// Render makes the bytes of a mail, and its Message-ID without the angle brackets.
func (p *Press) Render(ctx context.Context, m *belfry.Mail) (messageID string, message []byte, err error) {
	if err := context.Cause(ctx); err != nil {
		return "", nil, err
	}
	s := p.library.family(m.Notification.Category).pick(m.User.Locale)
	v, err := p.vars(m, s)
	if err != nil {
		return "", nil, err
	}
	words, err := s.fill(v, m.Plan.Content, false)
	if err != nil {
		return "", nil, err
	}
	messageID = m.Delivery.ID.String() + "@" + p.domain
	message, err = p.message(m, v, words, messageID)
	return messageID, message, err
}
