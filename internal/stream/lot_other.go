//go:build !linux

package stream

import (
	"context"
	"net/http"
	"sync"
)

// A lot is where streams are parked; this system has none, and every stream stays with net/http.
type lot struct{}

// A loop would write parked streams.
type loop struct{}

func newLot(context.Context, *Hub, *sync.WaitGroup) *lot { return &lot{} }

func (*lot) close() {}

func (*lot) loop(http.ResponseWriter, *http.Request) *loop { return nil }

func (*lot) wakeAll() {}

func (h *Hub) park(_ *loop, w http.ResponseWriter, r *http.Request, q *Request) error {
	return h.carry(w, r, q)
}
