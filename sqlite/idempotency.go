package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/belfryhq/belfry"
)

// answerAge is how long a send under an idempotency key is answered again; the wire contract states it.
const answerAge = 24 * time.Hour

// answered returns what was answered under the send's idempotency key; not ok when nothing was.
func (t *tx) answered(a *belfry.Accept) (out belfry.Accepted, ok bool, err error) {
	err = t.query(func(r row) (err error) {
		ok = true
		if !bytes.Equal(r.blob(0), a.Fingerprint[:]) {
			out.Err = belfry.ErrKeyReused
			return nil
		}
		out, err = decodeAnswer(r.blob(1))
		out.Replayed = true
		return err
	}, `SELECT fingerprint, answer FROM answers WHERE idempotency_key=? AND created_at > ?`,
		a.IdempotencyKey, a.At.Add(-answerAge).UnixMilli())
	return out, ok, err
}

func (t *tx) remember(a *belfry.Accept, out *belfry.Accepted) error {
	_, err := t.exec(`INSERT OR REPLACE INTO answers VALUES (?,?,?,?)`,
		a.IdempotencyKey, a.Fingerprint[:], encodeAnswer(out), a.At.UnixMilli())
	return err
}

// An answer is stored as a version, the id, and for each person their id and the name with its length.
const answerVersion = 1

func encodeAnswer(out *belfry.Accepted) []byte {
	b := append([]byte{answerVersion}, out.ID[:]...)
	for _, u := range out.Users {
		b = append(b, u.ID[:]...)
		b = binary.AppendUvarint(b, uint64(len(u.User)))
		b = append(b, u.User...)
	}
	return b
}

func decodeAnswer(b []byte) (out belfry.Accepted, err error) {
	bad := errors.New("a stored answer is not readable")
	if len(b) < 17 || b[0] != answerVersion {
		return out, bad
	}
	copy(out.ID[:], b[1:])
	for b = b[17:]; len(b) > 0; {
		var u belfry.AcceptedUser
		n := copy(u.ID[:], b)
		length, width := binary.Uvarint(b[n:])
		if n < 16 || width <= 0 || length > uint64(len(b)-n-width) {
			return out, bad
		}
		b = b[n+width:]
		u.User, b = string(b[:length]), b[length:]
		out.Users = append(out.Users, u)
	}
	return out, nil
}
