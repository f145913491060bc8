package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/smtpmail"
)

// Who waits at a terminal does not wait the ten minutes that a mail server may take for an answer.
const (
	stagePatience = 20 * time.Second
	dotPatience   = time.Minute
)

// checkMail goes through the dialogue with the server of each account.
func (c *doctorCmd) checkMail(ctx context.Context, d *doctor, setup *config.MailSetup) {
	if len(setup.Accounts) == 0 {
		d.note(check{Part: "mail", Stage: "accounts", Status: checkSkipped, Detail: "no EMAIL_HOST is set: mail is kept for viewing (captured), and never leaves", Mend: "Set EMAIL_HOST, EMAIL_HOST_USER and EMAIL_HOST_PASSWORD to send it; for Gmail, docs/guide/gmail.md tells how."})
		return
	}
	if setup.Err() != nil {
		d.note(check{Part: "mail", Stage: "accounts", Status: checkSkipped, Detail: "the settings do not fit together, so no server is asked", Mend: "Mend them first."})
		return
	}
	for _, account := range mailAccounts(setup.Accounts) {
		c.probe(ctx, d, account, setup.From)
		c.checkQuota(ctx, d, account)
	}
	c.checkSender(ctx, d, setup.From)
}

// probe is one login. Without --send-to the server is asked whether it would take a mail to ourselves, and then let go.
func (c *doctorCmd) probe(ctx context.Context, d *doctor, account smtpmail.Account, from string) {
	if c.EmailTimeout == 0 {
		account.Timeouts = smtpmail.Within(stagePatience)
	}
	account.Timeouts.Dot = dotPatience
	sender, err := mail.ParseAddress(from)
	if err != nil { // the settings have said so
		return
	}
	options := smtpmail.ProbeOptions{From: sender.Address, To: sender.Address}
	if c.SendTo != "" {
		options.To, options.SendTest, options.Message = c.SendTo, true, testMail(sender, c.SendTo, account.Name)
	}
	ok := smtpmail.Probe(ctx, account, options, func(s smtpmail.Step) {
		status := map[smtpmail.Status]checkStatus{smtpmail.OK: checkOK, smtpmail.Warning: checkWarning, smtpmail.Failed: checkFailed}[s.Status]
		d.note(check{
			Part: "mail", Account: account.Name, Stage: stageName(s.Stage), Status: status, Milliseconds: s.Took.Milliseconds(),
			Said: s.Said, Detail: s.Detail, Mend: mendAt(&account, &s),
		})
	})
	if ok && c.SendTo == "" {
		d.note(check{Part: "mail", Account: account.Name, Stage: "data", Status: checkSkipped, Detail: "nothing was sent", Mend: "--send-to ADDRESS sends a test mail."})
	}
}

// mendAt says what the table of replies says, and of Gmail's commonest refusal what it means there.
func mendAt(account *smtpmail.Account, s *smtpmail.Step) string {
	if s.Stage == smtpmail.StageAuth && s.Status == smtpmail.Failed && account.OAuth2 == nil && smtpmail.Google(account.Host) && strings.HasPrefix(s.Said, "535") {
		return "Gmail did not accept the App Password: it ends when the password of the account is changed, and belongs to EMAIL_HOST_USER alone. " +
			"Make a new one (https://myaccount.google.com/apppasswords), set its 16 letters as EMAIL_HOST_PASSWORD, and restart."
	}
	return s.Mend
}

// stageName says tcp and data for what the dialogue calls dial and dot: the steps by the names that people look for.
func stageName(s smtpmail.Stage) string {
	switch s {
	case smtpmail.StageDial:
		return "tcp"
	case smtpmail.StageDot:
		return "data"
	default:
		return string(s)
	}
}

// testMail is a mail in plain words, so that what fails is the way and not the mail.
func testMail(from *mail.Address, to, account string) []byte {
	now := time.Now()
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	lines := []string{
		"From: " + from.String(),
		"To: <" + to + ">",
		"Subject: " + mime.QEncoding.Encode("utf-8", "Belfry can send mail"),
		"Date: " + now.Format(time.RFC1123Z),
		"Message-ID: <doctor-" + strings.ToLower(rand.Text()) + "@" + domain + ">",
		"Auto-Submitted: auto-generated",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: 8bit",
		"",
		"This is the test mail of belfry doctor.",
		"",
		"It left by the account " + account + ": the settings are right.",
		"",
	}
	return []byte(strings.Join(lines, "\r\n"))
}

// checkQuota says what the ledger knows of an account.
func (c *doctorCmd) checkQuota(ctx context.Context, d *doctor, account smtpmail.Account) {
	begin := time.Now()
	note := func(status checkStatus, detail, mend string) {
		d.note(check{Part: "mail", Account: account.Name, Stage: "quota", Status: status, Milliseconds: time.Since(begin).Milliseconds(), Detail: detail, Mend: mend})
	}
	full, err := account.Complete()
	if err != nil {
		return // the probe has said so
	}
	sent, parked, err := c.ledger(ctx, &full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil // nothing was ever sent
	case err != nil:
		note(checkSkipped, "the ledger of sent mail cannot be read", err.Error())
		return
	}
	if parked != "" {
		note(checkWarning, "the server has parked this account", parked)
	}
	switch left := full.Quota - sent; {
	case full.Quota <= 0:
		note(checkOK, fmt.Sprintf("no limit is known; %s sent in the last 24 hours", plural(sent, "mail")), "")
	case left <= 0:
		note(checkWarning, fmt.Sprintf("0 of %d mails left: %d sent in the last 24 hours", full.Quota, sent), "Nothing is lost: mail waits until the oldest of them is 24 hours old. A further account (EMAIL_2_HOST…) would take over meanwhile.")
	default:
		note(checkOK, fmt.Sprintf("%d of %d mails left: %d sent in the last 24 hours", left, full.Quota, sent), "")
	}
}

// checkSender says what the mail servers made of the sender's domain. The dialogue does not tell: they say it of whole mails
// alone.
func (c *doctorCmd) checkSender(ctx context.Context, d *doctor, from string) {
	begin := time.Now()
	note := func(status checkStatus, detail, mend string) {
		d.note(check{Part: "mail", Stage: "sender", Status: status, Milliseconds: time.Since(begin).Milliseconds(), Detail: detail, Mend: mend})
	}
	sender, err := mail.ParseAddress(from)
	if err != nil { // the settings have said so
		return
	}
	var until time.Time
	var why string
	err = c.beside(ctx, func(store operatorStore) (err error) {
		until, why, err = smtpmail.SenderParked(ctx, store, sender.Address, begin)
		return err
	})
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist): // where there is no database, nothing was ever sent
		note(checkSkipped, "what servers think of the sender's domain cannot be read", err.Error())
	case why != "":
		note(checkWarning, "mail from "+sender.Address+" waits until "+until.Local().Format(time.DateTime)+", for no server believes that it is from there", why)
	default:
		note(checkOK, "mail from "+sender.Address+" is held back nowhere", "")
	}
}

// beside opens the database beside a server that may run. Where there is none it makes none, and says so.
func (c *doctorCmd) beside(ctx context.Context, fn func(operatorStore) error) error {
	if path := c.DatabaseURL.Path(); path != "" {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	return withDatabase(ctx, c.Database, fn)
}

// ledger reads from the database how many mails an account sent, and why it is parked.
func (c *doctorCmd) ledger(ctx context.Context, account *smtpmail.Account) (sent int, parked string, err error) {
	now := time.Now()
	err = c.beside(ctx, func(store operatorStore) error {
		if sent, _, err = store.MailsSent(ctx, account.Name, now.Add(-24*time.Hour), 0); err != nil {
			return err
		}
		state, err := store.MailAccount(ctx, account.Name)
		switch {
		case err != nil:
			return err
		case state.Credential != account.Credential(): // of before the settings changed: it holds no more
		case state.NeedsPerson:
			parked = state.Reason + " (until its settings change)"
		case state.ParkedUntil.After(now):
			parked = state.Reason + " (until " + state.ParkedUntil.Local().Format(time.DateTime) + ")"
		}
		return nil
	})
	return sent, parked, err
}
