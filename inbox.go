package belfry

import "time"

// Counts are what the badge shows. Both are exact, and neither counts what is archived, expired or retracted.
type Counts struct {
	Unread int64 `json:"unread"` // not read
	Unseen int64 `json:"unseen"` // not seen
}

// Plus returns the sum.
func (c Counts) Plus(d Counts) Counts { return Counts{c.Unread + d.Unread, c.Unseen + d.Unseen} }

// Minus returns the difference.
func (c Counts) Minus(d Counts) Counts { return Counts{c.Unread - d.Unread, c.Unseen - d.Unseen} }

// A Filter chooses by state what a list shows.
type Filter string

// The filters. The zero Filter is the inbox as people know it: all but the archived.
const (
	FilterInbox    Filter = ""
	FilterUnread   Filter = "unread"   // neither read nor archived
	FilterRead     Filter = "read"     // read, not archived
	FilterArchived Filter = "archived" // archived
	FilterAll      Filter = "all"      // everything
)

// Match reports whether the filter shows the notification.
func (f Filter) Match(n *Notification) bool {
	read, archived := !n.ReadAt.IsZero(), !n.ArchivedAt.IsZero()
	switch f {
	case FilterUnread:
		return !read && !archived
	case FilterRead:
		return read && !archived
	case FilterArchived:
		return archived
	case FilterAll:
		return true
	default:
		return !archived
	}
}

// A ListQuery asks for a page of an inbox.
type ListQuery struct {
	User     string
	Filter   Filter
	Category string    // this category and those below it; empty: every category
	Before   *Position // only what stands after this place in the list, that is, what is older
	After    *Position // only what was created after this place
	Limit    int       // at least 1
	Now      time.Time // what has expired by now is not shown
}

// A Page is a piece of an inbox, newest first, with the counts and the cursor of the same moment: a stream that starts
// from Cursor continues exactly where Results end.
type Page struct {
	Results []Notification
	Next    *Position // Before of the following page; nil when this is the last
	Cursor  Cursor
	Counts  Counts
}

// A ChangeKind says what an entry of the log does to an inbox.
type ChangeKind uint8

// The kinds.
const (
	Created ChangeKind = iota + 1 // new to whoever holds the cursor before it
	Updated                       // its state changed
	Deleted                       // gone: retracted, expired or replaced; only its ID is set
)

// A Change is one entry of a person's log. Exactly one of Seq and Broadcast is set: its number in the person's own log,
// or in the log of broadcasts.
type Change struct {
	Kind         ChangeKind
	Seq          int64
	Broadcast    int64
	Notification Notification
}

// A Reset says why a cursor cannot be continued.
type Reset string

// The reasons, in the words of the wire.
const (
	ResetNone    Reset = ""
	ResetEpoch   Reset = "epoch"   // the cursor is of another database, or from ahead of this one: a backup was restored
	ResetPruned  Reset = "pruned"  // entries after it have been removed
	ResetBacklog Reset = "backlog" // more came after it than a stream replays
)

// Changes is what a log holds after a cursor, read in one snapshot.
type Changes struct {
	Reset Reset    // when set, Items is empty and the reader must load the list again
	Items []Change // the broadcasts' entries first, then the person's own, each in rising order
	More  bool     // there are further entries after the last item
	Head  Cursor   // the end of the log at the snapshot
	Tally Tally    // the counts at Head
}

// A Tally is the counts at a place in the log, split so that a broadcast changes everyone's at once: a person's Own
// part, which may be negative, and the Shared part, which is the same for all. Sending a broadcast changes Shared alone;
// retracting one may change the Own part of those who had changed its state. Plain says that the counts are
// their sum and that the person sees every broadcast. It does not hold for those who muted a category, nor while a
// retracted broadcast is being cleared away; for them only a read of the store gives the counts of another place.
type Tally struct {
	Counts Counts // exact
	Own    Counts
	Shared Counts
	Plain  bool
}

// A StateChange sets and clears states; a nil field leaves its state as it is. Setting what is set already keeps the
// first time stamp and changes nothing.
type StateChange struct {
	Seen, Read, Archived *bool
}

// A Mark changes states in one person's inbox: of the named notifications, or of all in a category.
type Mark struct {
	User     string
	Set      StateChange
	IDs      []ID // those that are not in the inbox are passed over; one named twice counts once
	All      bool
	Category string    // with All: this category and those below it; empty: every category
	UpTo     *Position // with All: only what was created up to here
	Limit    int       // with All: change at most so many in this transaction
	At       time.Time
}

// Marked is what a [Mark] did.
type Marked struct {
	Changes []Change // one for each notification that changed, in the order of their seq
	Cursor  Cursor
	Tally   Tally
	More    bool // Limit was reached: call again for the rest
}
