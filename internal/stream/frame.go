package stream

import (
	"bytes"
	"strconv"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
)

// ringFrame encodes what a ring brought of a person's own log.
func ringFrame(r *belfry.Ring) *frame {
	f := newFrame(&r.Change, r.Own)
	if r.Change.Kind == belfry.Updated {
		f.after, f.blind = r.Head.Broadcast, r.Head.IsZero()
	}
	return f
}

// newFrame encodes an entry of a log. A created one has no event field; whoever asked for names is given nameField
// before it.
func newFrame(c *belfry.Change, counts belfry.Counts) *frame {
	var scratch [2048]byte // most bodies fit, so that what is kept is allocated once, in its size
	body := appendChange(scratch[:0], c)
	return &frame{kind: c.Kind, counts: counts, body: bytes.Clone(body)}
}

// nameField makes a created frame a named one.
const nameField = "event: notification\n"

func appendChange(b []byte, c *belfry.Change) []byte {
	switch c.Kind {
	case belfry.Deleted:
		b = append(b, "event: delete\ndata: {\"id\":\""...)
		b = append(b, c.Notification.ID.String()...)
		return append(b, "\"}\n\n"...)
	case belfry.Updated:
		b = append(b, "event: update\n"...)
	case belfry.Created:
	}
	var scratch [1024]byte
	return sse.AppendEvent(b, "", c.Notification.AppendJSON(scratch[:0]))
}

func appendID(b []byte, c belfry.Cursor) []byte {
	b = append(b, "id: "...)
	return append(c.Append(b), '\n')
}

func appendConnection(b []byte, c *conn, resumed bool, retry time.Duration) []byte {
	b = appendID(b, c.topic.hub.cursor(c.at))
	b = append(b, "event: connection\ndata: {\"status\":\"connected\",\"connection_id\":\""...)
	b = append(append(b, c.id.String()...), `","user_id":`...)
	b = belfry.AppendString(b, c.topic.user)
	b = append(appendCountFields(append(b, ','), c.told), `,"heartbeat_interval":`...)
	b = strconv.AppendFloat(b, c.topic.hub.cfg.Heartbeat.Seconds(), 'f', -1, 64)
	b = strconv.AppendBool(append(b, `,"resumed":`...), resumed)
	return append(strconv.AppendInt(append(b, `,"retry":`...), retry.Milliseconds(), 10), "}\n\n"...)
}

func appendCounts(b []byte, counts belfry.Counts) []byte {
	b = append(b, "event: counts\ndata: {"...)
	return append(appendCountFields(b, counts), "}\n\n"...)
}

func appendCountFields(b []byte, counts belfry.Counts) []byte {
	b = strconv.AppendInt(append(b, `"unread":`...), counts.Unread, 10)
	return strconv.AppendInt(append(b, `,"unseen":`...), counts.Unseen, 10)
}

func appendReset(b []byte, at belfry.Cursor, why belfry.Reset) []byte {
	b = append(appendID(b, at), "event: reset\ndata: {\"reason\":\""...)
	b = append(append(b, why...), `","cursor":"`...)
	return append(at.Append(b), "\"}\n\n"...)
}

func appendHeartbeat(b []byte, now time.Time) []byte {
	b = belfry.AppendTime(append(b, "event: heartbeat\ndata: {\"ts\":"...), now)
	return append(b, "}\n\n"...)
}

func appendReauth(b []byte, expires time.Time) []byte {
	b = belfry.AppendTime(append(b, "event: reauth\ndata: {\"expires_at\":"...), expires)
	return append(b, "}\n\n"...)
}

// appendClose writes a stream's last frame. Where the client must stay away, the frame moves its id to one that is
// answered 204.
func appendClose(b []byte, at belfry.Cursor, why belfry.CloseReason, retry time.Duration) []byte {
	switch why {
	case belfry.CloseClosed, belfry.CloseRevoked, belfry.CloseLimit:
		b = at.Append(append(b, "id: "...))
		b = append(append(b, belfry.StopSuffix...), '\n')
	case belfry.CloseDrain:
		b = sse.AppendRetry(b, retry.Milliseconds())
	case belfry.CloseExpired:
	}
	b = append(append(b, "event: close\ndata: {\"reason\":\""...), why...)
	b = strconv.AppendInt(append(b, `","retry":`...), retry.Milliseconds(), 10)
	return append(b, "}\n\n"...)
}
