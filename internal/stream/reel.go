package stream

import "github.com/belfryhq/belfry"

// A frame is one entry of a log as it is written, encoded once and shared by everyone who is given it. It is never
// changed.
type frame struct {
	kind   belfry.ChangeKind
	body   []byte        // all but the id line, which differs from reader to reader
	counts belfry.Counts // after it: the person's own part, or of a broadcast the shared part

	// A person's change of a broadcast may be heard before the broadcast. It is given after the broadcasts up to after; blind
	// says that these are not known.
	after int64
	blind bool
}

// A reel holds the newest entries of one log by their numbers: base < n ≤ head, without a hole. Rings may come doubled
// and swapped: what is there is ignored, and what comes before its turn waits for those before it.
//
// A copy of the struct stays valid while the reel goes on, as long as nobody calls forget: a slot is never written twice.
type reel struct {
	known      bool // base and head mean something
	base, head int64
	frames     []*frame // frames[i] is entry base+1+i
	bytes      int
	early      map[int64]*frame // before their turn
	target     int64            // the highest number heard of
}

// What a reel keeps. More costs memory for whoever reads slowly, less sends them to the store earlier.
const (
	reelFrames = 256
	reelBytes  = 256 << 10
	reelEarly  = 64
)

// put takes an entry in and returns how far the head has moved.
func (r *reel) put(n int64, f *frame) (moved int64) {
	if !r.known {
		r.known, r.base, r.head = true, n-1, n-1
	}
	before := r.head
	switch {
	case n <= r.head:
		return 0
	case n > r.head+1:
		r.target = max(r.target, n)
		if r.early == nil {
			r.early = make(map[int64]*frame)
		}
		r.early[n] = f
		if len(r.early) > reelEarly {
			r.skip()
		}
		return r.head - before
	}
	for ; f != nil; f = r.early[r.head+1] {
		delete(r.early, r.head+1)
		r.head++
		r.frames = append(r.frames, f)
		r.bytes += len(f.body)
	}
	r.target = max(r.target, r.head)
	for len(r.frames) > reelFrames || r.bytes > reelBytes && len(r.frames) > 1 {
		r.bytes -= len(r.frames[0].body)
		r.frames = r.frames[1:]
		r.base++
	}
	return r.head - before
}

// observe is told that the log reaches n, as the store says.
func (r *reel) observe(n int64) {
	if !r.known {
		r.known, r.base, r.head = true, n, n
	}
	r.target = max(r.target, n)
}

// hole reports whether entries exist that have not come.
func (r *reel) hole() bool { return r.known && r.target > r.head }

// skip gives up on a hole: whoever stands before its end must read the store.
func (r *reel) skip() {
	r.base, r.head = r.target, r.target
	r.frames, r.early, r.bytes = nil, nil, 0
}

// forget drops the entries up to n, which nobody needs any more.
func (r *reel) forget(n int64) {
	drop := int(min(n, r.head) - r.base)
	if drop <= 0 {
		return
	}
	r.base += int64(drop)
	if drop == len(r.frames) && cap(r.frames) <= 8 {
		clear(r.frames) // the slots are used again: most topics hold one frame for a moment at a time
		r.frames, r.bytes = r.frames[:0], 0
		return
	}
	for _, f := range r.frames[:drop] {
		r.bytes -= len(f.body)
	}
	r.frames = r.frames[drop:]
	if len(r.frames) == 0 {
		r.frames = nil
	}
}

// keep drops the oldest entries until no more are held than so many, and so many bytes.
func (r *reel) keep(frames, size int) {
	for len(r.frames) > frames || r.bytes > size {
		r.forget(r.base + 1)
	}
}

// holds reports whether everything after n is held.
func (r *reel) holds(n int64) bool { return r.base <= n && n <= r.head }

// at returns entry n, which must be held.
func (r *reel) at(n int64) *frame { return r.frames[n-r.base-1] }
