package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A sender posts letters on connections that are kept.
type sender struct {
	http   *http.Client
	target *Target
	who    names
	turn   atomic.Int64 // counts requests
}

func newSender(t *Target, who names, connections int, patience time.Duration) *sender {
	return &sender{
		http: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true, TLSClientConfig: t.TLS},
			Timeout:   patience,
		},
		target: t, who: who,
	}
}

func (s *sender) close() { s.http.CloseIdleConnections() }

// send posts letters, several in one request.
func (s *sender) send(ctx context.Context, letters ...letter) error {
	if len(letters) == 1 {
		path, body := s.target.Peer.post(s.who, letters[0])
		_, err := s.do(ctx, http.MethodPost, path, s.target.APIKey, body)
		return err
	}
	path, body := s.target.Peer.bulk(s.who, letters)
	answer, err := s.do(ctx, http.MethodPost, path, s.target.APIKey, body)
	if err != nil {
		return err
	}
	// Each item of a bulk is accepted or refused by itself.
	var results struct {
		Results []struct{ Status int }
	}
	if err := json.Unmarshal(answer, &results); err != nil || len(results.Results) != len(letters) {
		return fmt.Errorf("send %d at once: the answer is %.300q", len(letters), answer)
	}
	for _, r := range results.Results {
		if r.Status != http.StatusCreated {
			return fmt.Errorf("send %d at once: one was refused: %.300q", len(letters), answer)
		}
	}
	return nil
}

// do makes a request and reads the answer, which must be a 2xx.
func (s *sender) do(ctx context.Context, method, path, credential string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.target.node(int(s.turn.Add(1))).String(), "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s %.300s", method, path, answer.Status, text)
	}
	return text, err
}
