package sqlite

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/belfryhq/belfry/internal/move"
)

// A portable is a table in the form in which another database takes it: truths as such, and ids whole, where a row here has
// the two numbers of its own and often only the first of another's.
type portable struct {
	name    string
	from    string // what is read; the table itself is t
	key     int    // how many of the columns are the key
	columns []column
}

// A column is one value of a portable row, and the expressions that it is made of.
type column struct {
	name string
	as   kind
	sql  []string
}

type kind int

const (
	same kind = iota
	truth
	id // of a key and its random bits
)

// portables are the tables that are moved; the head, meta, is not among them. The id of another row that is gone has random
// bits of 0: nobody can ask for it any more. So has every row of mails_sent, which has no id here.
func portables() []portable {
	return []portable{
		{name: "users", from: "users t", key: 1, columns: plain("uid", "user_id", "seq", "pruned_seq", "unread", "unseen", "due",
			"preferences", "prefs_broadcast", "email", "name", "locale", "timezone", "data")},
		{name: "notifications", from: "notifications t", key: 1, columns: slices.Concat(
			ids("id", "t.key", "t.rand"), plain("uid", "seq", "changed_seq", "first_seq", "status"), content(),
			plain("seen_at", "read_at", "archived_at", "dedupe_key"), ids("send_id", "t.send_key", "t.send_rand"), truths("mail"))},
		{name: "broadcasts", from: "broadcasts t", key: 1, columns: slices.Concat(
			plain("bseq"), ids("id", "t.key", "t.rand"), plain("gone", "gone_bseq"), truths("clearing"), content())},
		{name: "broadcast_states", from: "broadcast_states t", key: 2, columns: plain(
			"uid", "bseq", "seq", "hidden", "seen_at", "read_at", "archived_at")},
		{name: "deliveries", key: 1, from: `deliveries t LEFT JOIN notifications n ON n.key=t.notification_key
			LEFT JOIN deliveries f ON f.key=t.folded`, columns: slices.Concat(
			ids("id", "t.key", "t.rand"), ids("notification_id", "t.notification_key", "ifnull(n.rand, 0)"),
			plain("uid", "channel", "recipient", "state", "reason", "message_id", "created_at", "sent_at", "next_attempt_at", "attempts",
				"class", "unless", "give_up_at", "life", "thread", "tries", "account", "due", "leased_at", "token", "doomed"),
			truths("at_most_once", "committed", "fold", "pinned"),
			ids("entry", "t.entry", "0"), ids("folded", "t.folded", "ifnull(f.rand, 0)"))},
		{name: "messages", from: "messages t LEFT JOIN deliveries d ON d.key=t.key", key: 1, columns: slices.Concat(
			ids("id", "t.key", "ifnull(d.rand, 0)"), plain("content", "message"))},
		{name: "mails_sent", from: "mails_sent t", key: 1, columns: slices.Concat(ids("id", "t.key", "0"), plain("account", "at"))},
		{name: "mail_accounts", from: "mail_accounts t", key: 1, columns: slices.Concat(
			plain("name", "credential", "parked_until", "reason", "strikes", "slow_until"), truths("needs_person"))},
		{name: "full_mailboxes", from: "full_mailboxes t", key: 1, columns: plain("address", "at")},
		{name: "suppressions", from: "suppressions t", key: 1, columns: plain("address", "reason")},
		{name: "answers", from: "answers t", key: 1, columns: plain("idempotency_key", "fingerprint", "answer", "created_at")},
		{name: "keys", from: "keys t", key: 1, columns: plain("name", "hash", "created_at", "scopes", "used_at")},
		{name: "tickets", from: "tickets t", key: 1, columns: slices.Concat(
			plain("hash", "user_id", "expires_at", "ends_at", "issued_at", "token"), truths("account"))},
		{name: "revocations", from: "revocations t", key: 1, columns: plain("hash", "at", "expires_at")},
		{name: "secrets", from: "secrets t", key: 1, columns: plain("name", "secret")},
	}
}

// content is what notifications and broadcasts have in common.
func content() []column {
	return plain("category", "title", "body", "url", "data", "actor", "priority", "created_at", "expires_at")
}

// portableHead is the row that all people share.
func portableHead() portable {
	return portable{name: "meta", from: "meta t", key: 1, columns: plain("id", "epoch", "bseq", "bpruned", "shared", "clearing", "floor", "due")}
}

// unmoved are the tables of a file that are not moved, each with the reason.
func unmoved() map[string]string {
	return map[string]string{
		"goose_db_version": "the file's own version; the target has its own, at the same number",
		"sqlite_sequence":  "SQLite's own, of the table of versions",
	}
}

func plain(names ...string) (columns []column) {
	for _, n := range names {
		columns = append(columns, column{n, same, []string{"t." + n}})
	}
	return columns
}

func truths(names ...string) (columns []column) {
	for _, n := range names {
		columns = append(columns, column{n, truth, []string{"t." + n}})
	}
	return columns
}

func ids(name, key, random string) []column { return []column{{name, id, []string{key, random}}} }

// table is how both sides know it.
func (p *portable) table() move.Table {
	t := move.Table{Name: p.name, Key: p.key}
	for _, c := range p.columns {
		t.Columns = append(t.Columns, c.name)
	}
	return t
}

// query reads the whole table in the order of its key, which is that of the key elsewhere: an id begins with the number that
// is the key here.
func (p *portable) query() string {
	var all, order []string
	for i, c := range p.columns {
		all = append(all, c.sql...)
		if i < p.key {
			order = append(order, c.sql[0])
		}
	}
	return `SELECT ` + strings.Join(all, ", ") + ` FROM ` + p.from + ` ORDER BY ` + strings.Join(order, ", ")
}

// reads returns which of the table's own columns are read.
func (p *portable) reads() map[string]bool {
	own := map[string]bool{}
	for _, c := range p.columns {
		for _, sql := range c.sql {
			if name, ok := strings.CutPrefix(sql, "t."); ok {
				own[name] = true
			}
		}
	}
	return own
}

// row makes a portable row of what the query found.
func (p *portable) row(r row) move.Row {
	out := make(move.Row, 0, len(p.columns))
	i := 0
	for _, c := range p.columns {
		switch {
		case r.null(i):
			out = append(out, nil)
		case c.as == truth:
			out = append(out, r.int(i) != 0)
		case c.as == id:
			out = append(out, [16]byte(toID(r.int(i), r.int(i+1))))
		default:
			out = append(out, portableValue(r[i]))
		}
		i += len(c.sql)
	}
	return out
}

// portableValue copies what the next row would overwrite. A text that came from a mail server may be none elsewhere.
func portableValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return append([]byte{}, v...) // of none an empty one, which is not nil
	case string:
		if utf8.ValidString(v) && !strings.Contains(v, "\x00") {
			return v
		}
		return strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
	default:
		return v
	}
}
