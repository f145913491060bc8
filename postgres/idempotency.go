package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// answerAge is how long a send under an idempotency key is answered again; the wire contract states it.
const answerAge = 24 * time.Hour

// An answer is what stands under an idempotency key while a transaction has it locked.
type answer struct {
	fingerprint belfry.SecretHash
	at          int64
	stored      []byte // nil: the key is new, or its answer too old to count
	in          *belfry.Accepted
}

// A twin is a send under a key that another of the same transaction has.
type twin struct{ of, out *belfry.Accepted }

// todo returns what is to be stored, and answers the rest: what was answered under its idempotency key before.
func (b *batch) todo(ctx context.Context, sends []*belfry.Accept, out []belfry.Accepted) ([]*sending, error) {
	if err := b.claimKeys(ctx, sends); err != nil {
		return nil, err
	}
	todo := make([]*sending, 0, len(sends))
	for i, a := range sends {
		s, err := newSending(a, &out[i])
		if err != nil {
			return nil, err
		}
		s.named = b.named[a]
		if a.IdempotencyKey != "" {
			done, err := b.answered(a, s)
			if err != nil {
				return nil, err
			}
			if done {
				continue
			}
		}
		todo = append(todo, s)
	}
	return todo, nil
}

// claimKeys locks the keys of sends, in their order, and reads what stands under them.
func (b *batch) claimKeys(ctx context.Context, sends []*belfry.Accept) error {
	b.answers = map[string]*answer{}
	for _, a := range sends {
		if a.IdempotencyKey != "" {
			b.answers[a.IdempotencyKey] = nil
		}
	}
	if len(b.answers) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(b.answers))
	// Whoever comes second waits here until the first one's answer is committed.
	b.queue(`INSERT INTO belfry.answers SELECT unnest($1::text[]), '', '', 0 ON CONFLICT (idempotency_key) DO NOTHING`, names)
	return b.query(ctx, func(r row) error {
		a := &answer{at: r.int(3), stored: r.blob(2)}
		copy(a.fingerprint[:], r.blob(1))
		b.answers[r.text(0)] = a
		return nil
	}, `SELECT idempotency_key, fingerprint, answer, created_at FROM belfry.answers WHERE idempotency_key = ANY($1)
		ORDER BY idempotency_key FOR UPDATE`, names)
}

// answered answers a send whose key was used before.
func (b *batch) answered(a *belfry.Accept, s *sending) (bool, error) {
	old := b.answers[a.IdempotencyKey]
	switch {
	case old == nil: // removed by Prune just now
		return false, errAgain
	case old.in == nil && (len(old.stored) == 0 || old.at <= a.At.Add(-answerAge).UnixMilli()):
		old.fingerprint, old.in, s.keep = a.Fingerprint, s.out, true
		return false, nil
	case old.fingerprint != a.Fingerprint:
		s.out.Err = belfry.ErrKeyReused
		return true, nil
	case old.in != nil:
		b.twins = append(b.twins, twin{old.in, s.out})
		return true, nil
	}
	var err error
	*s.out, err = decodeAnswer(old.stored)
	s.out.Replayed = true
	return true, err
}

// remember stores the answers under their keys, and gives them to the twins.
func (b *batch) remember(todo []*sending) {
	var names []string
	var fingerprints, answers [][]byte
	var at []int64
	for _, s := range todo {
		if s.keep {
			names, at = append(names, s.IdempotencyKey), append(at, s.at)
			fingerprints, answers = append(fingerprints, s.Fingerprint[:]), append(answers, encodeAnswer(s.out))
		}
	}
	if len(names) > 0 {
		b.queue(`UPDATE belfry.answers a SET fingerprint=v.fingerprint, answer=v.answer, created_at=v.at
			FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bigint[]) AS v(name, fingerprint, answer, at) WHERE a.idempotency_key=v.name`,
			names, fingerprints, answers, at)
	}
	for _, w := range b.twins {
		*w.out = belfry.Accepted{ID: w.of.ID, Users: w.of.Users, Replayed: true}
	}
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
