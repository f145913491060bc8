// Command naive is the server of every tutorial on event streams: net/http, a goroutine and a channel for each stream, a map
// and a mutex. It authenticates nobody and keeps nothing. GET /s/TOPIC is a stream, POST /p/TOPIC sends its body.
//
//	naive [ADDRESS]        without one, at a free port of 127.0.0.1. It says where.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

// A broker knows who listens to what.
type broker struct {
	mu     sync.RWMutex
	topics map[string]map[chan []byte]struct{}
}

func main() {
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := serve(address); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "naive:", err)
		os.Exit(1)
	}
}

func serve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(os.Stdout, "naive at http://%s\n", l.Addr())
	b := &broker{topics: map[string]map[chan []byte]struct{}{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /s/{topic}", b.listen)
	mux.HandleFunc("POST /p/{topic}", b.publish)
	return http.Serve(l, mux)
}

func (b *broker) listen(w http.ResponseWriter, r *http.Request) {
	topic, messages := r.PathValue("topic"), make(chan []byte, 16)
	b.mu.Lock()
	if b.topics[topic] == nil {
		b.topics[topic] = map[chan []byte]struct{}{}
	}
	b.topics[topic][messages] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.topics[topic], messages)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flusher := w.(http.Flusher)
	flusher.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case m := <-messages:
			_, _ = fmt.Fprintf(w, "id: 1\ndata: %s\n\n", m) // a stream that is gone ends its request
			flusher.Flush()
		}
	}
}

func (b *broker) publish(_ http.ResponseWriter, r *http.Request) {
	m, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for messages := range b.topics[r.PathValue("topic")] {
		messages <- m
	}
}
