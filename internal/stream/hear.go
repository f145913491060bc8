package stream

import "github.com/belfryhq/belfry"

// hear takes a ring in.
func (h *Hub) hear(r belfry.Ring) {
	if r.User == "" {
		h.hearAll(&r)
		return
	}
	if r.Hangup.Reason != "" {
		h.Hangup(r.User, r.Hangup.Connection, r.Hangup.Reason)
		return
	}
	t := h.topic(r.User)
	if t == nil {
		return // nobody listens, and nobody did lately: not even encoded
	}
	switch {
	case r.Mute:
		t.doubt()
	case r.Change.Seq > 0:
		f := ringFrame(&r)
		if f.after > 0 && h.all.observe(f.after, nil, h.now()) {
			h.mender.add(nil)
		}
		if t.hear(r.Change.Seq, f) {
			h.mender.add(t)
		}
	}
}

func (h *Hub) hearAll(r *belfry.Ring) {
	switch {
	case r.Hangup.Reason != "":
		h.hungUp.note("", r.Hangup.Connection, r.Hangup.Reason)
		h.each(func(t *topic) { t.hangup(r.Hangup.Connection, r.Hangup.Reason) })
	case r.Mute:
		h.all.doubt()
		h.each((*topic).doubt)
	case r.Change.Broadcast > 0:
		if h.kept.Load() == 0 && h.all.pass(&h.kept) {
			return // nobody listens: not even encoded
		}
		moved, hole := h.all.hear(r.Change.Broadcast, newFrame(&r.Change, r.Shared), h.now())
		if moved {
			signal(h.cry)
		}
		if hole {
			h.mender.add(nil)
		}
	}
}
