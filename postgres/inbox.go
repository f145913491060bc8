package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// List implements [belfry.Inboxes].
func (s *Store) List(ctx context.Context, q belfry.ListQuery) (page belfry.Page, err error) {
	err = s.read(ctx, func(ctx context.Context, l *link) error {
		page, err = list(ctx, l, q, s.epoch)
		return err
	})
	return page, failure("list", err)
}

func list(ctx context.Context, l *link, q belfry.ListQuery, epoch string) (belfry.Page, error) {
	h, p, err := look(ctx, l, q.User)
	if err != nil {
		return belfry.Page{}, err
	}
	now := q.Now.UnixMilli()
	counts, err := tally(ctx, l, h, p, now)
	if err != nil {
		return belfry.Page{}, err
	}
	page := belfry.Page{Cursor: belfry.Cursor{Epoch: epoch, Seq: p.seq, Broadcast: h.bseq}, Counts: counts.Counts}
	place := belfry.Position{Seq: p.seq + 1, Broadcast: h.bseq + 1}
	if q.Before != nil {
		place = *q.Before
	}
	var after belfry.Position
	if q.After != nil {
		after = *q.After
	}
	own, err := listOwn(ctx, l, p, q, place.Seq, after.Seq)
	if err != nil {
		return belfry.Page{}, err
	}
	all, err := listShared(ctx, l, p, q, place.Broadcast, after.Broadcast)
	if err != nil {
		return belfry.Page{}, err
	}
	for len(own)+len(all) > 0 {
		if len(page.Results) == q.Limit {
			page.Next = &place
			break
		}
		if len(all) == 0 || len(own) > 0 && own[0].n.Newer(&all[0].n) {
			page.Results = append(page.Results, own[0].n)
			place.Seq, own = own[0].seq, own[1:]
		} else {
			page.Results = append(page.Results, all[0].n)
			place.Broadcast, all = all[0].bseq, all[1:]
		}
	}
	return page, nil
}

// listOwn returns at most one more than the page's limit: whether there is one tells whether there is another page.
func listOwn(ctx context.Context, l *link, p *person, q belfry.ListQuery, before, after int64) ([]*note, error) {
	if p.uid == 0 {
		return nil, nil
	}
	o := ownQuery{category: q.Category, limit: int64(q.Limit) + 1, above: after, below: before, descending: true}
	if p.due != 0 && p.due <= q.Now.UnixMilli() {
		o.now = q.Now.UnixMilli()
	}
	for s := range status(inboxStatuses) {
		if s.matches(q.Filter) {
			o.statuses = append(o.statuses, s)
		}
	}
	return o.run(ctx, l, p.uid)
}

// matches is [belfry.Filter.Match] on a status.
func (s status) matches(f belfry.Filter) bool {
	n := s.as(time.Unix(1, 0))
	return f.Match(&n)
}

// as returns a notification with the status's states reached at a moment.
func (s status) as(at time.Time) (n belfry.Notification) {
	if s&statusSeen != 0 {
		n.SeenAt = at
	}
	if s&statusRead != 0 {
		n.ReadAt = at
	}
	if s&statusArchived != 0 {
		n.ArchivedAt = at
	}
	return n
}

// An ownQuery is a walk along a person's own notifications of some statuses, in the order of creation.
type ownQuery struct {
	statuses     []status
	category     string
	above, below int64 // both exclusive
	now          int64 // what expired by then is passed over; 0: nothing did
	limit        int64
	descending   bool
}

// run walks each status along the index, no further than limit, merges by seq, and then only fetches the rows: a page
// of the few unread among 100,000 read costs what it costs among none.
func (o *ownQuery) run(ctx context.Context, l *link, uid int64) ([]*note, error) {
	if len(o.statuses) == 0 {
		return nil, nil
	}
	args := []any{uid, o.above, o.below, o.limit}
	where := `uid=$1 AND seq > $2 AND seq < $3`
	if o.category != "" {
		args = append(args, o.category, o.category+".", o.category+"/") // '/' follows '.'
		where += ` AND (category = $5 OR category >= $6 AND category < $7)`
	}
	if o.now != 0 {
		args = append(args, o.now)
		where += fmt.Sprintf(` AND (expires_at IS NULL OR expires_at > $%d)`, len(args))
	}
	order := ` ORDER BY seq`
	if o.descending {
		order += ` DESC`
	}
	var sql strings.Builder
	sql.WriteString(`SELECT ` + noteColumns + ` FROM (`)
	for i, s := range o.statuses {
		if i > 0 {
			sql.WriteString(` UNION ALL `)
		}
		fmt.Fprintf(&sql, `SELECT * FROM (SELECT id, seq FROM belfry.notifications WHERE status=%d AND %s%s LIMIT $4) s`, s, where, order)
	}
	sql.WriteString(order + ` LIMIT $4) o JOIN belfry.notifications n ON n.id = o.id ORDER BY o.seq`)
	if o.descending {
		sql.WriteString(` DESC`)
	}
	return notes(ctx, l, sql.String(), args...)
}

func listShared(ctx context.Context, l *link, p *person, q belfry.ListQuery, before, after int64) (found []shared, err error) {
	now := q.Now.UnixMilli()
	err = walkShared(ctx, l, p, after, before, true, func(b shared) bool {
		if b.live(now) && q.Filter.Match(&b.n) && within(b.n.Category, q.Category) {
			found = append(found, b)
		}
		return len(found) <= q.Limit
	})
	return found, err
}

// within reports whether a category is the other, or below it.
func within(category, above string) bool {
	return above == "" || category == above || strings.HasPrefix(category, above) && category[len(above)] == '.'
}

// Find implements [belfry.Inboxes].
func (s *Store) Find(ctx context.Context, user string, id belfry.ID, now time.Time) (out belfry.Notification, err error) {
	err = s.read(ctx, func(ctx context.Context, l *link) error {
		_, p, err := look(ctx, l, user)
		if err != nil {
			return err
		}
		found, err := notes(ctx, l, notesWhere+`n.id=$1 AND n.uid=$2`, key(id), p.uid)
		switch {
		case err != nil:
			return err
		case len(found) > 0 && found[0].live(now.UnixMilli()):
			out = found[0].n
			return nil
		}
		b, err := findShared(ctx, l, p, id)
		switch {
		case err != nil:
			return err
		case b != nil && b.live(now.UnixMilli()):
			out = b.n
			return nil
		}
		return belfry.ErrNotFound
	})
	return out, failure("find", err)
}
