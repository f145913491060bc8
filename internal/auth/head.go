package auth

import (
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// A head is what a token's header says: its algorithm, and the name of the key.
type head struct {
	text     string // the header as it stands in the token
	alg, kid string
}

// heads reads headers, and remembers the last: all tokens of one key have the same. Safe for use by several goroutines at
// once; the zero value is ready.
type heads struct{ last atomic.Pointer[head] }

// maxHead is the longest header that is remembered, in bytes; who has no key may send one as well.
const maxHead = 512

func (h *heads) read(text string) (*head, error) {
	if last := h.last.Load(); last != nil && last.text == text {
		return last, nil
	}
	found, err := readHead(text)
	if err == nil && len(text) <= maxHead {
		found.text = strings.Clone(text)
		h.last.Store(found)
	}
	return found, err
}

func readHead(encoded string) (*head, error) {
	raw, err := decodePart(encoded)
	if err != nil {
		return nil, err
	}
	h, critical := &head{}, false
	err = eachMember(raw, func(name string, v jsontext.Value) {
		switch name {
		case "alg":
			h.alg, _ = text(v)
		case "kid":
			h.kid, _ = text(v)
		case "crit":
			critical = true
		}
	})
	if err != nil {
		return nil, err
	}
	if critical {
		// RFC 7515, 4.1.11: what must be understood and is not makes the token invalid.
		return nil, reason("its header has a critical extension")
	}
	return h, nil
}
