package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/belfryhq/belfry/internal/config"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// printf writes to the command's standard output. Its errors are dropped on purpose: a reader that went away (a closed
// pipe) is no failure of the command's work.
func (p *program) printf(format string, args ...any) { _, _ = fmt.Fprintf(p.stdout, format, args...) }

// tell writes a line to standard error: what a person should know, and no machine should read.
func (p *program) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, format+"\n", args...)
}

// printJSON writes one value as one line, for machines.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// A style is an SGR code of the terminal.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// paint styles s where a person sees it.
func (p *program) paint(s string, st style) string {
	if !p.color {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// logger returns the log that the settings ask for, on standard error, and what to close at the end.
func (p *program) logger(c config.Log) (*slog.Logger, *logbook) {
	book := &logbook{w: p.stderr}
	opts := &slog.HandlerOptions{Level: c.LogLevel.Level()}
	if c.LogFormat == "text" || c.LogFormat == "auto" && p.logTerminal {
		return slog.New(prompt{slog.NewTextHandler(book, opts), book}), book
	}
	return slog.New(prompt{slog.NewJSONHandler(book, opts), book}), book
}
