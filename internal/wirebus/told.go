package wirebus

import (
	"errors"
	"fmt"

	"github.com/belfryhq/belfry"
)

// A Told is what a node was told by another; see [belfry.Peers].
type Told struct {
	From    string
	Message []byte
}

// PackTold encodes a message between nodes; one that is too big is refused.
func PackTold(from string, message []byte) ([]byte, error) {
	if len(message) > belfry.MaxPeerMessage {
		return nil, fmt.Errorf("a message to other nodes has %d bytes, and may have %d", len(message), belfry.MaxPeerMessage)
	}
	return append(appendText([]byte{version}, from), message...), nil
}

// UnpackTold decodes it. The bytes are a copy.
func UnpackTold(b []byte) (Told, error) {
	if len(b) == 0 || b[0] != version {
		return Told{}, errors.New("the message is of another version")
	}
	d := decoder{b: b[1:]}
	from := d.text()
	if d.err != nil {
		return Told{}, d.err
	}
	return Told{From: from, Message: append([]byte{}, d.b...)}, nil
}
