package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// A crowd is generated data: $n notifications of $u people among many who have none, most with a hundred and `user-1` with a twentieth of all, and of
// everything else what comes with them. $now is the moment of the tests, in milliseconds; some hundreds of what ends by a time of its own have ended by then. Ids are made of numbers, so that tests
// can name rows: see rowID.
const crowd = `
INSERT INTO belfry.users (user_id, seq, unread, unseen, email) SELECT 'user-' || g, 200, 50, 30, 'user-' || g || '@example.com'
	FROM generate_series(1, $n / 2) g;
UPDATE belfry.users SET seq = 200 + 2 * ($n / 20) WHERE uid = 1;

CREATE FUNCTION pg_temp.id(kind int, g bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
	$$SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(g), 12, '0'))::uuid$$;

INSERT INTO belfry.notifications (id, uid, seq, changed_seq, status, priority, category, title, body, url, created_at, read_at, expires_at, dedupe_key, send_id, mail)
	SELECT pg_temp.id(1, g), 1 + (g - 1) % $u, seq, CASE WHEN status > 0 THEN 100 + seq END, status, 1,
		(ARRAY['order.assigned', 'order.shipped', 'chat.message', 'news.weekly'])[1 + g % 4], 'Notification ' || g, 'Due on Friday.', '/orders/' || g,
		$now - 90::bigint * 86400000 + g * (90::bigint * 86400000 / $n), CASE WHEN status > 1 THEN $now END,
		CASE WHEN g % 20 = 0 THEN $now + g ELSE CASE WHEN g % 9973 = 0 THEN $now - 1 END END,
		CASE WHEN g % 10 = 0 THEN 'order-' || g END, CASE WHEN g % 10 = 1 THEN pg_temp.id(9, g / 100) END, g % 4 = 0
	FROM (SELECT g, 1 + (g - 1) / $u seq, (ARRAY[0, 0, 0, 1, 1, 3, 3, 3, 7, 8])[1 + g * 7 % 10] status FROM generate_series(1, $n::bigint - $n / 20) g) x;
INSERT INTO belfry.notifications (id, uid, seq, changed_seq, status, priority, category, title, body, url, created_at, read_at)
	SELECT pg_temp.id(2, g), 1, 200 + g, CASE WHEN g % 1000 > 0 THEN 200 + $n / 20 + g END, CASE WHEN g % 1000 > 0 THEN 3 ELSE 0 END, 1, 'order.assigned',
		'Notification ' || g, '', '', $now - g, CASE WHEN g % 1000 > 0 THEN $now END FROM generate_series(1, $n / 20) g;

INSERT INTO belfry.deliveries (id, notification_id, uid, channel, recipient, state, reason, message_id, created_at, next_attempt_at, class, due)
	SELECT pg_temp.id(3, g), pg_temp.id(1, g * 4), 1 + (g * 4 - 1) % $u, 'email', 'user-' || 1 + (g * 4 - 1) % $u || '@example.com', state, '', '', $now - g,
		CASE state WHEN 'queued' THEN $now + g % 7200000 - 3600000 END, g % 3, CASE state WHEN 'queued' THEN $now + g % 7200000 - 3600000 END
	FROM (SELECT g, CASE WHEN g % 100 < 95 THEN 'sent' ELSE (ARRAY['queued', 'failed', 'captured', 'skipped', 'canceled'])[g % 100 - 94] END state
		FROM generate_series(1, $n / 5) g) x;
INSERT INTO belfry.messages (id, message) SELECT id, convert_to(repeat('mail ', 40), 'UTF8') FROM belfry.deliveries WHERE state IN ('sent', 'failed');
INSERT INTO belfry.mails_sent SELECT id, 'account', created_at FROM belfry.deliveries WHERE state = 'sent' AND created_at > $now - 600000;
INSERT INTO belfry.mails_sent SELECT pg_temp.id(0, g), 'account', $now - 180000000 FROM generate_series(1, 300) g;

INSERT INTO belfry.broadcasts (bseq, id, gone, gone_bseq, clearing, priority, category, title, body, url, created_at)
	SELECT g, pg_temp.id(4, g), CASE WHEN g % 50 = 0 THEN 1 ELSE 0 END, CASE WHEN g % 50 = 0 THEN 20000 + g / 50 END, false, 1, 'news.weekly',
		'Broadcast ' || g, '', '', $now - g FROM generate_series(1, 20000) g;
INSERT INTO belfry.broadcast_states (uid, bseq, seq, hidden, read_at) SELECT DISTINCT ON (1 + g % $u, 1 + g / $u * 37 % 20000)
	1 + g % $u, 1 + g / $u * 37 % 20000, 100 + g / $u, 0, $now FROM generate_series(1, $n / 5) g;
UPDATE belfry.meta SET bseq = 20400, shared = 19600;

INSERT INTO belfry.answers SELECT 'app' || E'\n' || g, decode(md5(g::text) || md5(g::text), 'hex'), '', $now - CASE WHEN g <= 300 THEN 90000000 ELSE g END FROM generate_series(1, $n / 10) g;
INSERT INTO belfry.tickets SELECT decode(md5(g::text) || md5(g::text), 'hex'), 'user-' || g, $now + g FROM generate_series(1, $n / 20) g;
INSERT INTO belfry.revocations SELECT decode(md5(g::text) || md5(g::text), 'hex'), $now - g * 1000, CASE WHEN g % 2 = 0 THEN $now + g END FROM generate_series(1, $n / 20) g;
INSERT INTO belfry.full_mailboxes SELECT 'user-' || g || '@example.com', $now - CASE WHEN g <= 300 THEN 700000000 ELSE g END FROM generate_series(1, $n / 20) g;
INSERT INTO belfry.suppressions SELECT 'gone-' || g || '@example.com', 'no such mailbox' FROM generate_series(1, $n / 20) g;
INSERT INTO belfry.intake (id, request, created_at, refused_at) SELECT pg_temp.id(5, g), jsonb_build_object('to', 'user-' || g, 'category', 'a', 'title', 'x'), $now - g,
	CASE WHEN g % 20 > 0 THEN $now - CASE WHEN g <= 300 THEN 2700000000 ELSE g END END FROM generate_series(1, $n / 20) g;
`

// generate fills a database; size is how many notifications. The tables' indexes are made when they are full, which takes a
// third of the time.
func generate(t *testing.T, server *pgtest.Server, size int) {
	t.Helper()
	sql := func(statements ...string) string {
		out, err := server.SQL("postgres", statements...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const indexes = ` FROM pg_indexes i WHERE schemaname='belfry' AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname=i.indexname)`
	definitions := strings.TrimSpace(sql(`SELECT indexdef || ';'` + indexes))
	sql(`DO $$ DECLARE r record; BEGIN FOR r IN SELECT indexname` + indexes + ` LOOP EXECUTE 'DROP INDEX belfry.' || r.indexname; END LOOP; END $$`)
	began := time.Now()
	values := strings.NewReplacer("$now", fmt.Sprint(start.UnixMilli()), "$n", fmt.Sprint(size), "$u", fmt.Sprint(size/100))
	sql(values.Replace(crowd))
	t.Logf("%d notifications and what comes with them were generated in %v", size, time.Since(began).Round(time.Second))
	began = time.Now()
	sql(`SET maintenance_work_mem='1GB'; ` + definitions)
	sql(`VACUUM (ANALYZE)`)
	t.Logf("the indexes were made in %v; the database has %s", time.Since(began).Round(time.Second),
		strings.TrimSpace(sql(`SELECT pg_size_pretty(pg_database_size('postgres'))`)))
}
