package main

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

// A counted writer knows what it was given, and in how many pieces.
type counted struct {
	mu     sync.Mutex
	text   bytes.Buffer
	writes int
}

func (c *counted) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	return c.text.Write(b)
}

func (c *counted) has(t *testing.T, when string, lines, writes int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := strings.Count(c.text.String(), "\n"); got != lines || c.writes != writes {
		t.Errorf("%s: got %d lines in %d writes, want %d in %d:\n%s", when, got, c.writes, lines, writes, c.text.String())
	}
}

func TestLogLinesOfACrowdAreWrittenTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out counted
		log, book := (&program{stderr: &out}).logger(config.Log{LogFormat: "json"})
		log.Info("alone")
		out.has(t, "a line alone", 1, 1)
		log.Info("one of a crowd")
		log.With("a", 1).WithGroup("g").Info("another")
		out.has(t, "before the pause is over", 1, 1)
		<-time.After(logPause)
		synctest.Wait()
		out.has(t, "after the pause", 3, 2)
		log.Info("in the next pause")
		log.With("a", 1).WithGroup("g").Warn("an operator must know")
		out.has(t, "with a warning", 5, 3)
		for range 1000 {
			log.Info("one of very many", "text", strings.Repeat("x", 100))
		}
		if len(book.waiting) > logCrowd {
			t.Errorf("%d bytes wait, want at most %d", len(book.waiting), logCrowd)
		}
		book.close()
		out.has(t, "when it is closed", 1005, out.writes)
		log.Info("after the end")
		out.has(t, "after the end", 1006, out.writes)
		if !strings.HasSuffix(out.text.String(), "\"after the end\"}\n") {
			t.Errorf("the lines are out of order:\n%s", out.text.String())
		}
	})
}

func TestLogLinesOfSeveralAreWhole(t *testing.T) {
	t.Parallel()
	var out counted
	log, book := (&program{stderr: &out}).logger(config.Log{LogFormat: "text", LogLevel: config.LogLevel(slog.LevelInfo)})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				log.Info("a line")
			}
		})
	}
	all.Wait()
	book.close()
	if got := strings.Count(out.text.String(), "level=INFO msg=\"a line\"\n"); got != 800 {
		t.Errorf("got %d whole lines, want 800", got)
	}
}
