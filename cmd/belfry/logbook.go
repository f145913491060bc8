package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// A logbook writes the log. A line that comes alone is written at once; of a crowd, the lines of logPause are written
// together, and those of slog.LevelWarn and above never wait. One write for each request costs more than the line itself, and
// where the log is a file on the database's disk, each of the database's syncs would have to sync its growth too (ADR 0011).
//
// What a crash of the process itself can lose is the requests of the last logPause.
type logbook struct {
	mu      sync.Mutex
	w       io.Writer
	waiting []byte
	at      time.Time   // of the last write
	timer   *time.Timer // nil: nothing waits
	closed  bool
}

const (
	logPause = 100 * time.Millisecond // nobody who watches a log sees it
	logCrowd = 32 << 10               // bytes that wait at most
)

// Write implements [io.Writer]. It tells of errors only what concerns b: for lines that waited, nobody is left to tell.
func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	late := logPause - time.Since(l.at)
	if len(l.waiting) == 0 && (late <= 0 || l.closed) {
		l.at = time.Now()
		return l.w.Write(b)
	}
	l.waiting = append(l.waiting, b...)
	switch {
	case len(l.waiting) >= logCrowd:
		l.turn()
	case l.timer == nil:
		l.timer = time.AfterFunc(late, l.flush)
	}
	return len(b), nil
}

// flush writes what waits.
func (l *logbook) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
}

func (l *logbook) turn() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if len(l.waiting) == 0 {
		return
	}
	_, _ = l.w.Write(l.waiting)
	l.waiting, l.at = l.waiting[:0], time.Now()
}

// close writes what waits. Lines that come later do not wait.
func (l *logbook) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	l.closed = true
}

// A prompt handler has what an operator must know written at once.
type prompt struct {
	slog.Handler
	book *logbook
}

// Handle implements [slog.Handler].
func (p prompt) Handle(ctx context.Context, r slog.Record) error {
	err := p.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		p.book.flush()
	}
	return err
}

// WithAttrs implements [slog.Handler].
func (p prompt) WithAttrs(a []slog.Attr) slog.Handler { return prompt{p.Handler.WithAttrs(a), p.book} }

// WithGroup implements [slog.Handler].
func (p prompt) WithGroup(name string) slog.Handler { return prompt{p.Handler.WithGroup(name), p.book} }
