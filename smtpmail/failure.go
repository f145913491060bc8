package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// A failure is why a letter did not go, or may not have gone.
type failure struct {
	stage Stage
	reply *reply // nil: the server did not say
	kind  string // of an error of the connection, as in replies.yaml
	text  string // in words; may hold what a server sent
	lost  bool   // the whole message was handed over, and no answer came
	clean bool   // the dialogue is in order: the connection may be used again

	commit error // the commit was refused
}

// refused returns the failure that a reply is.
func refused(stage Stage, r *reply) *failure { return &failure{stage: stage, reply: r} }

// broken returns the failure that an error of the connection is.
func broken(stage Stage, err error) *failure {
	kind := kindOf(err)
	return &failure{stage: stage, kind: kind, text: describe(kind, err)}
}

// stale reports whether a connection that was kept had been closed by the server in the meantime.
func (f *failure) stale() bool {
	if f.lost || f.commit != nil || f.stage != StageMail {
		return false
	}
	return f.kind == "eof" || f.reply != nil && (f.reply.code == 421 || ruleFor(f.stage, f.reply).Again)
}

// A protocolError says that what came is no SMTP.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// A kindError is an error whose kind is known where it arises.
type kindError struct {
	kind string
	text string
}

func (e *kindError) Error() string { return e.text }

// kindOf names an error of the connection in the words of replies.yaml.
func kindOf(err error) string {
	var kind *kindError
	var protocol protocolError
	var dns *net.DNSError
	switch {
	case errors.As(err, &kind):
		return kind.kind
	case errors.As(err, &protocol):
		return "protocol"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &dns):
		return "dns"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "unreachable"
	}
	if k := kindOfTLS(err); k != "" {
		return k
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) {
		return "eof"
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return "other"
}

func kindOfTLS(err error) string {
	var header tls.RecordHeaderError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &header):
		return "not-tls"
	case errors.As(err, &name):
		return "cert-name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "cert-expired"
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "cert-unknown"
	}
	return ""
}

// describe says an error in words that an operator can read; Go's own words repeat addresses and operations.
func describe(kind string, err error) string {
	var known *kindError
	if errors.As(err, &known) {
		return known.text
	}
	switch kind {
	case "timeout":
		return "no answer in time"
	case "eof":
		return "the server closed the connection"
	case "canceled":
		return "broken off from this side"
	case "refused":
		return "connection refused"
	case "unreachable":
		return "no route to the server"
	}
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) {
		text = op.Err.Error()
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// ended is what the end of a context means for a dialogue: one that had no more time was kept waiting by the server, one that
// was canceled is no fault of the server's.
func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &kindError{"timeout", "no answer in the time that there was"}
	}
	return context.Canceled
}

// A late error names the stage's deadline.
func late(d time.Duration) error {
	return &kindError{"timeout", fmt.Sprintf("no answer within %v", d)}
}
