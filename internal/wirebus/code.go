package wirebus

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/belfryhq/belfry"
)

// version begins every message.
const version = 1

// Doubt is the ring for what cannot be told in full: whoever hears it asks the store.
func Doubt(user string) belfry.Ring { return belfry.Ring{User: user, Mute: true} }

// Nothing is a message without a ring.
func Nothing() []byte { return []byte{version} }

// Pack encodes rings into messages of at most size bytes each, in their order. A ring that is too big by itself becomes
// a [Doubt] of its person.
func Pack(rings []belfry.Ring, size int) (messages [][]byte) {
	message := []byte{version}
	for i := range rings {
		one := appendRing(nil, &rings[i])
		if len(one)+1 > size {
			one = appendRing(nil, new(Doubt(rings[i].User)))
		}
		if len(message) > 1 && len(message)+len(one) > size {
			messages = append(messages, message)
			message = []byte{version}
		}
		message = append(message, one...)
	}
	if len(message) > 1 {
		messages = append(messages, message)
	}
	return messages
}

// Unpack decodes a message. After an error, the rings that were read before it are good.
func Unpack(message []byte) (rings []belfry.Ring, err error) {
	if len(message) == 0 || message[0] != version {
		return nil, errors.New("the message is of another version")
	}
	d := decoder{b: message[1:]}
	for len(d.b) > 0 {
		r := d.ring()
		if d.err != nil {
			return rings, d.err
		}
		rings = append(rings, r)
	}
	return rings, nil
}

// A ring is its fields in order: texts with their length, numbers as varints, and the notification in the wire's JSON
// (of a deleted one, and of none, the id alone).
func appendRing(b []byte, r *belfry.Ring) []byte {
	b = appendText(b, r.User)
	b = append(b, byte(r.Change.Kind))
	for _, n := range numbers(r) {
		b = binary.AppendVarint(b, *n)
	}
	head := ""
	if !r.Head.IsZero() {
		head = r.Head.String()
	}
	b = appendText(b, head)
	b = appendText(appendText(b, string(r.Hangup.Reason)), r.Hangup.Connection)
	mute := byte(0)
	if r.Mute {
		mute = 1
	}
	b = append(b, mute)
	n := &r.Change.Notification
	if !whole(r.Change.Kind) {
		return append(b, n.ID[:]...)
	}
	return appendText(b, string(n.AppendJSON(nil)))
}

// whole reports whether a change of the kind carries its notification.
func whole(k belfry.ChangeKind) bool { return k == belfry.Created || k == belfry.Updated }

func numbers(r *belfry.Ring) []*int64 {
	return []*int64{&r.Change.Seq, &r.Change.Broadcast, &r.Own.Unread, &r.Own.Unseen, &r.Shared.Unread, &r.Shared.Unseen}
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A decoder reads on until the first error.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) ring() (r belfry.Ring) {
	r.User = d.text()
	r.Change.Kind = belfry.ChangeKind(d.take(1)[0])
	for _, n := range numbers(&r) {
		*n = d.number()
	}
	if err := r.Head.UnmarshalText([]byte(d.text())); err != nil && d.err == nil {
		d.err = err
	}
	r.Hangup.Reason = belfry.CloseReason(d.text())
	r.Hangup.Connection = d.text()
	r.Mute = d.take(1)[0] == 1
	n := &r.Change.Notification
	if !whole(r.Change.Kind) {
		copy(n.ID[:], d.take(len(n.ID)))
		return r
	}
	if s := d.text(); d.err == nil {
		if err := n.UnmarshalJSON([]byte(s)); err != nil {
			d.err = fmt.Errorf("the notification of a ring: %w", err)
		}
	}
	return r
}

var errShort = errors.New("the message is cut off")

// take returns the next n bytes; after an error, zeros.
func (d *decoder) take(n int) []byte {
	if d.err != nil || n > len(d.b) {
		if d.err == nil {
			d.err = errShort
		}
		return make([]byte, min(n, 16))
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) number() int64 {
	n, width := binary.Varint(d.b)
	if width <= 0 {
		d.take(len(d.b) + 1)
		return 0
	}
	d.take(width)
	return n
}

func (d *decoder) text() string {
	n, width := binary.Uvarint(d.b)
	if width <= 0 || n > uint64(len(d.b)-width) {
		d.take(len(d.b) + 1)
		return ""
	}
	d.take(width)
	return string(d.take(int(n)))
}
