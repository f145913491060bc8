package smtpmail

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// domains knows which domains of senders the servers do not believe, until their DNS may have been mended. The store keeps
// that, so that neither a restart nor another node asks again before its time.
type domains struct {
	state  belfry.MailAccounts
	logger *slog.Logger

	mu  sync.Mutex
	all map[string]*domainPark
}

type domainPark struct {
	kept    belfry.MailAccount // of it ParkedUntil, Reason and Strikes
	read    time.Time          // when the store was asked
	changes int                // here, so that an answer from before one is not taken
}

// domainName is how the store names a domain; no account's name begins so.
func domainName(domain string) string { return "@" + domain }

// domainOf returns the domain of an envelope's address.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// SenderParked asks a store, beside the servers that use it, until when mail from an address waits because the mail servers do
// not believe its domain, and why; why is empty when none waits.
func SenderParked(ctx context.Context, store interface {
	MailAccount(ctx context.Context, name string) (belfry.MailAccount, error)
}, from string, now time.Time,
) (until time.Time, why string, err error) {
	from, err = envelopeAddress(from)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("the sender: %w", err)
	}
	kept, err := store.MailAccount(ctx, domainName(domainOf(from)))
	if err != nil || !now.Before(kept.ParkedUntil) {
		return time.Time{}, "", err
	}
	return kept.ParkedUntil, kept.Reason, nil
}

// know has the store asked about a domain from which mail is about to be sent, if its word is old. An error changes nothing:
// the server has the last word.
func (d *domains) know(ctx context.Context, domain string, now time.Time) {
	d.mu.Lock()
	p := d.get(domain)
	known, changes := now.Sub(p.read) < fresh, p.changes
	d.mu.Unlock()
	if known {
		return
	}
	kept, err := d.state.MailAccount(ctx, domainName(domain))
	if err != nil && ctx.Err() == nil {
		d.logger.Warn("what servers think of the sender's domain could not be read; what is known is used", "domain", domain, "error", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil && p.changes == changes {
		p.kept, p.read = kept, now
	}
}

func (d *domains) get(domain string) *domainPark {
	if d.all == nil {
		d.all = map[string]*domainPark{}
	}
	p := d.all[domain]
	if p == nil {
		p = &domainPark{kept: belfry.MailAccount{Name: domainName(domain)}}
		d.all[domain] = p
	}
	return p
}

func (d *domains) clear(ctx context.Context, domain string) {
	d.mu.Lock()
	p := d.get(domain)
	before := p.kept
	p.kept = belfry.MailAccount{Name: domainName(domain)}
	changed := p.kept != before
	if changed {
		p.changes++
	}
	d.mu.Unlock()
	if changed {
		d.keep(ctx, belfry.MailAccount{Name: domainName(domain)})
	}
}

func (d *domains) park(ctx context.Context, domain string, pause Pause, why string, now time.Time) time.Time {
	d.mu.Lock()
	p := d.get(domain)
	if until := p.kept.ParkedUntil; now.Before(until) { // mails that were under way together are one failure
		d.mu.Unlock()
		return until
	}
	p.kept.ParkedUntil = now.Add(pause.length(p.kept.Strikes, 0))
	p.kept.Strikes++
	p.kept.Reason = fmt.Sprintf("Mail from %s waits: %s", domain, why)
	p.changes++
	kept := p.kept
	d.mu.Unlock()
	d.keep(ctx, kept)
	return kept.ParkedUntil
}

func (d *domains) keep(ctx context.Context, kept belfry.MailAccount) {
	ctx, cancel := keeping(ctx)
	defer cancel()
	if err := d.state.PutMailAccount(ctx, kept); err != nil {
		d.logger.Error("what servers think of the sender's domain could not be stored; it holds until the next start", "domain", kept.Name, "error", err)
	}
}

// parked returns until when a domain waits, and why; why is empty when it does not.
func (d *domains) parked(domain string, now time.Time) (until time.Time, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.all[domain]; p != nil && now.Before(p.kept.ParkedUntil) {
		return p.kept.ParkedUntil, p.kept.Reason
	}
	return time.Time{}, ""
}

// allParked is parked for all domains from which mail was sent: the next mail is from one of them.
func (d *domains) allParked(now time.Time) (until time.Time, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.all {
		if !now.Before(p.kept.ParkedUntil) {
			return time.Time{}, ""
		}
		if why == "" || p.kept.ParkedUntil.Before(until) {
			until, why = p.kept.ParkedUntil, p.kept.Reason
		}
	}
	return until, why
}

// fullWithin is how soon a mailbox must be full for good again, so that it gets no mail any more.
const fullWithin = 7 * 24 * time.Hour

// fullAgain notes that a mailbox was full for good, and reports whether it is the second time. A store that fails to say so has
// it tried once more.
func (d *domains) fullAgain(ctx context.Context, to string, now time.Time) bool {
	ctx, cancel := keeping(ctx)
	defer cancel()
	before, err := d.state.FullMailbox(ctx, to, now)
	if err != nil {
		d.logger.Error("that a mailbox is full could not be stored", "error", err)
		return false
	}
	return !before.IsZero() && now.Sub(before) <= fullWithin
}
