package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

const (
	jwksAge     = 5 * time.Minute  // keys are read again when they are older, so that one that was withdrawn stops working
	jwksRetry   = 30 * time.Second // after a reading of known keys that failed
	jwksPause   = 5 * time.Second  // between two readings, whatever strangers' tokens ask for
	jwksTimeout = 5 * time.Second
	maxJWKS     = 512 << 10
	maxJWKSKeys = 100
	maxKid      = 256
)

// A keySet is the public keys that an issuer publishes (RFC 7517, 5). They are read at need, by the request that needs them.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time
	logger *slog.Logger

	last atomic.Pointer[reading] // nil: never read

	mu      sync.Mutex // held while the keys are read, so that many requests read them once
	tried   time.Time
	failure error // of the last try
}

// A reading is what the set held at a time.
type reading struct {
	keys []publicKey
	at   time.Time
}

// A publicKey is one key of the set, with the algorithms it is for.
type publicKey struct {
	kid     string
	methods []jwt.SigningMethod
	key     any
}

func newKeySet(url string, now func() time.Time, logger *slog.Logger) *keySet {
	return &keySet{url: url, client: newClient(jwksTimeout), now: now, logger: logger}
}

// find returns the keys that may have signed a token with this header. A kid that is not known has the set read again, for
// the issuer may have rotated its keys.
func (s *keySet) find(ctx context.Context, alg, kid string) ([]verificationKey, error) {
	if len(kid) > maxKid {
		return nil, errLong
	}
	keys, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	found := choose(keys, alg, kid)
	if len(found) > 0 || kid == "" {
		return found, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readAgain(ctx, jwksPause)
	return choose(s.last.Load().keys, alg, kid), nil
}

// choose takes the key of a name, or, of a token that names none, each that is for the algorithm.
func choose(keys []publicKey, alg, kid string) (found []verificationKey) {
	for _, k := range keys {
		if kid != "" && k.kid != kid {
			continue
		}
		for _, m := range k.methods {
			if m.Alg() == alg {
				found = append(found, verificationKey{method: m, key: k.key})
			}
		}
	}
	return found
}

// get returns the keys. Those that are known are good enough for whoever comes while they are read again, and for as long as
// they cannot be: an issuer that is down must not let nobody in.
func (s *keySet) get(ctx context.Context) ([]publicKey, error) {
	if known := s.last.Load(); known != nil {
		if age := s.now().Sub(known.at); age >= 0 && age < jwksAge || !s.mu.TryLock() {
			return known.keys, nil
		}
		defer s.mu.Unlock()
		s.readAgain(ctx, jwksRetry)
		return s.last.Load().keys, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Load() == nil {
		s.readAgain(ctx, jwksPause)
	}
	if known := s.last.Load(); known != nil {
		return known.keys, nil
	}
	return nil, &outage{MethodJWT, fmt.Errorf("read the issuer's keys: %w", s.failure)}
}

// readAgain reads the keys unless the last try is less than pause ago. The caller holds the lock.
func (s *keySet) readAgain(ctx context.Context, pause time.Duration) {
	now := s.now()
	if since := now.Sub(s.tried); !s.tried.IsZero() && since >= 0 && since < pause {
		return
	}
	s.tried = now
	keys, err := s.fetch(ctx)
	if s.failure = err; err != nil {
		s.logger.WarnContext(ctx, "the issuer's keys cannot be read", "error", err, "known", s.last.Load() != nil)
		return
	}
	s.last.Store(&reading{keys, now})
}

func (s *keySet) fetch(ctx context.Context) ([]publicKey, error) {
	// Whoever asked first may go away; the others wait for the same answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jwksTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers with status %d", resp.StatusCode)
	}
	body, err := readAtMost(resp.Body, maxJWKS)
	if err != nil {
		return nil, err
	}
	return parseKeySet(body, s.logger)
}

// parseKeySet reads a set. A key of a kind that cannot be used is passed over: the set may serve others too. So is a symmetric
// one, which everybody could sign with.
func parseKeySet(body []byte, logger *slog.Logger) ([]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, errors.New("it is not a JSON Web Key Set")
	}
	if len(set.Keys) > maxJWKSKeys {
		return nil, fmt.Errorf("it has %d keys, and at most %d are looked at", len(set.Keys), maxJWKSKeys)
	}
	keys := []publicKey{}
	for i, raw := range set.Keys {
		k, err := parseKey(raw)
		if err != nil {
			logger.Warn("a key of the issuer's set is passed over", "number", i+1, "reason", err)
			continue
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func parseKey(raw json.RawMessage) (publicKey, error) {
	jwk, err := jwkset.NewJWKFromRawJSON(raw, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return publicKey{}, errors.New("it cannot be read")
	}
	m := jwk.Marshal()
	if m.USE != "" && m.USE != jwkset.UseSig {
		return publicKey{}, errors.New("it is not for signatures")
	}
	methods, err := methodsOf(jwk.Key())
	if err != nil {
		return publicKey{}, err
	}
	k := publicKey{kid: m.KID, key: jwk.Key()}
	for _, method := range methods {
		if alg := m.ALG.String(); alg == "" || alg == method.Alg() {
			k.methods = append(k.methods, method)
		}
	}
	if len(k.methods) == 0 {
		return publicKey{}, errors.New("its alg does not belong to its kind")
	}
	return k, nil
}
