package api

import (
	"encoding/hex"
	"strconv"

	"github.com/belfryhq/belfry"
)

// appendID appends an id as a JSON string.
func appendID(b []byte, id belfry.ID) []byte {
	b = append(b, '"')
	from := 0
	for i, to := range [5]int{4, 6, 8, 10, 16} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[from:to])
		from = to
	}
	return append(b, '"')
}

// appendUserID appends a user id, or null where there is none: of a broadcast.
func appendUserID(b []byte, id string) []byte {
	if id == "" {
		return append(b, "null"...)
	}
	return belfry.AppendString(b, id)
}

// appendCounts appends counts and the cursor they belong to, without braces.
func appendCounts(b []byte, n belfry.Counts, at belfry.Cursor) []byte {
	b = strconv.AppendInt(append(b, `"unread":`...), n.Unread, 10)
	b = strconv.AppendInt(append(b, `,"unseen":`...), n.Unseen, 10)
	b = at.Append(append(b, `,"cursor":"`...))
	return append(b, '"')
}
