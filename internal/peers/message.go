package peers

import (
	"encoding/json"
	"fmt"
)

// A kind says what a message is.
type kind string

const (
	here   kind = "here"
	gone   kind = "gone"
	ask    kind = "ask"
	answer kind = "answer"
)

// A message is what nodes tell each other. JSON, so that nodes of another version may add to it; a reader passes over kinds
// and fields that it does not know.
type message struct {
	Kind    kind   `json:"kind"`
	Name    string `json:"name,omitempty"`    // of here: how people call the node
	Version string `json:"version,omitempty"` // of here
	Streams int64  `json:"streams,omitempty"` // of here: how many are open
	Reply   bool   `json:"reply,omitempty"`   // of here: the others are asked to say so too
	ID      uint64 `json:"id,omitempty"`      // of a question and its answers
	What    string `json:"what,omitempty"`    // of ask
	Part    int    `json:"part,omitempty"`    // of answer: from 0 on
	Parts   int    `json:"parts,omitempty"`   // of answer: into how many it was cut
	Body    []byte `json:"body,omitempty"`
}

// How an answer is cut: in base64, with the rest around it, a part fits into belfry.MaxPeerMessage.
const (
	partSize = 3 << 10
	maxParts = 64
)

// cut returns the messages of an answer; one that is too long for any use is cut off.
func cut(id uint64, body []byte) []message {
	parts := min(max((len(body)+partSize-1)/partSize, 1), maxParts)
	all := make([]message, parts)
	for i := range all {
		n := min(partSize, len(body))
		all[i] = message{Kind: answer, ID: id, Part: i, Parts: parts, Body: body[:n]}
		body = body[n:]
	}
	return all
}

func (m *message) encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a message to other nodes: %w", err)
	}
	return b, nil
}

func decode(b []byte) (m message, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("decode a message of another node: %w", err)
	}
	return m, nil
}
