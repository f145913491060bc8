import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPast } from '../dist/cursor.js';
import { Inbox, matches } from '../dist/inbox.js';

/** Random numbers that are the same for the same seed (mulberry32: its low bits are as good as its high ones). */
function random(seed) {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** One person's log as the server keeps it: two sequences, and a list at each moment. */
class Server {
  rows = new Map();
  log = [];
  seq = 0;
  broadcast = 0;
  made = 0;

  get cursor() {
    return `db1-${this.seq}-${this.broadcast}`;
  }

  get list() {
    return [...this.rows.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  get counts() {
    const inInbox = this.list.filter((n) => n.archived_at === null);
    const without = (state) => inInbox.filter((n) => n[state] === null).length;
    return { unread: without('read_at'), unseen: without('seen_at') };
  }

  #write(change, shared) {
    if (shared) this.broadcast++;
    else this.seq++;
    this.log.push({ ...change, cursor: this.cursor }, { kind: 'counts', cursor: this.cursor, data: this.counts });
  }

  send(shared, id = `n${++this.made}`) {
    const at = new Date(Date.UTC(2026, 0, 1) + ++this.made).toISOString();
    const n = { id, title: id, created_at: at, seen_at: null, read_at: null, archived_at: null };
    this.rows.set(id, n);
    this.#write({ kind: 'message', data: n }, shared);
  }

  set(id, state, on) {
    const n = { ...this.rows.get(id), [state]: on ? '2026-02-02T00:00:00.000Z' : null };
    this.rows.set(id, n);
    this.#write({ kind: 'update', data: n }, false);
  }

  remove(id) {
    this.rows.delete(id);
    this.#write({ kind: 'delete', data: { id } }, false);
  }

  step(pick) {
    const ids = [...this.rows.keys()];
    const id = ids[pick(Math.max(1, ids.length))];
    const kind = pick(10);
    if (!id || kind < 4) return this.send(pick(3) === 0);
    if (kind === 4) return this.remove(id);
    if (kind === 5) return this.send(false, id); // replaced by its dedupe_key
    this.set(id, ['seen_at', 'read_at', 'archived_at'][pick(3)], pick(3) > 0);
  }

  page(filter, limit, from = 0) {
    const all = this.list.filter((n) => matches(filter, n));
    const next = from + limit < all.length ? all[from + limit - 1].created_at : null;
    return { results: all.slice(from, from + limit), next, cursor: this.cursor, ...this.counts };
  }
}

for (const filter of ['inbox', 'unread', 'read', 'archived', 'all']) {
  test(`however pages and frames meet, the ${filter} list ends as the server's`, () => {
    for (let seed = 1; seed <= 150; seed++) {
      const pick = random(seed);
      const server = new Server();
      const inbox = new Inbox(filter);
      for (let i = pick(20); i > 0; i--) server.step(pick);
      inbox.begin();
      inbox.reset(server.page(filter, 1000));
      let sent = server.log.length; // the stream starts from the page's cursor
      let page = null;
      for (let i = 0; i < 120; i++) {
        server.step(pick);
        if (page === null && pick(12) === 0) {
          inbox.begin();
          page = server.page(filter, 1000); // made now, arrives later
        } else if (page !== null && pick(4) === 0) {
          inbox.reset(page);
          page = null;
        }
        for (let n = pick(3) === 0 ? pick(3) : 100; n > 0 && sent < server.log.length; n--) inbox.apply(server.log[sent++]);
        if (pick(15) === 0) sent = Math.max(0, sent - pick(10)); // some come again, with counts of before
      }
      if (page) inbox.reset(page);
      while (sent < server.log.length) inbox.apply(server.log[sent++]);
      const want = server.page(filter, 1000);
      assert.deepEqual(inbox.items, want.results, `seed ${seed}`);
      assert.deepEqual({ unread: inbox.unread, unseen: inbox.unseen }, server.counts, `seed ${seed}`);
      assert.equal(inbox.cursor, server.cursor, `seed ${seed}`);
    }
  });
}

test('a frame that is in the page already is not given again', () => {
  const server = new Server();
  server.send(false);
  const inbox = new Inbox();
  inbox.reset(server.page('inbox', 10));
  assert.equal(inbox.apply(server.log[0]), false);
  assert.equal(inbox.apply({ kind: 'counts', cursor: 'db1-0-0', data: { unread: 9, unseen: 9 } }), false);
  assert.deepEqual([inbox.items.length, inbox.unread], [1, 1]);
});

test('what is older than the loaded rows comes with its page, once', () => {
  const server = new Server();
  for (let i = 0; i < 30; i++) server.send(false);
  const inbox = new Inbox();
  inbox.reset(server.page('inbox', 10));
  const old = server.list[25].id;
  server.set(old, 'seen_at', true);
  for (const change of server.log.slice(60)) inbox.apply(change);
  assert.equal(inbox.items.length, 10, 'a change of a row below must not put it among the loaded');
  server.send(true); // the stream's row is known when the next page is asked for
  for (const change of server.log.slice(-2)) inbox.apply(change);
  inbox.append(server.page('inbox', 30, 10));
  assert.deepEqual(
    inbox.items.map((n) => n.id),
    server.list.map((n) => n.id),
  );
});

test('states are expected at once and taken back when refused', () => {
  const server = new Server();
  for (let i = 0; i < 3; i++) server.send(false);
  const inbox = new Inbox();
  inbox.reset(server.page('inbox', 10));
  const before = inbox.items;
  const undo = inbox.expect(new Set([before[1].id]), { read: true, archived: true }, '2026-03-03T00:00:00.000Z');
  assert.deepEqual([inbox.unread, inbox.unseen, inbox.items.length], [2, 2, 2]);
  assert.equal(undo(), true);
  assert.deepEqual([inbox.unread, inbox.unseen, inbox.items], [3, 3, before]);
  const late = inbox.expect('all', { read: true }, '2026-03-03T00:00:00.000Z');
  assert.equal(inbox.unread, 0);
  server.send(false);
  for (const change of server.log.slice(-2)) inbox.apply(change);
  assert.equal(late(), false, 'something came meanwhile: only the server knows what is true');
});

test('counts of an answer that the stream has overtaken are passed over', () => {
  const inbox = new Inbox();
  inbox.reset({ results: [], next: null, cursor: 'db1-7-2', unread: 5, unseen: 5 });
  const say = (cursor, unread, unseen) => inbox.apply({ kind: 'counts', cursor, data: { unread, unseen } });
  assert.equal(say('db1-6-2', 9, 9), false);
  assert.equal(inbox.unread, 5);
  assert.equal(say('db1-7-2', 4, 0), true);
  assert.deepEqual([inbox.unread, inbox.unseen], [4, 0]);
});

test('cursors are compared in both sequences, and what is no cursor is past nothing', () => {
  const at = '3f9a-118-4';
  for (const bad of ['', null, '3f9a-118', '3f9a-118-4-x', '3F9A-1-1', '3f9a--1-1', '3f9a-1-1 ']) {
    assert.equal(isPast(bad, at), false, String(bad));
    assert.equal(isPast(bad, null), false, String(bad));
  }
  const past = (text) => isPast(text, at);
  assert.deepEqual(['3f9a-118-4', '3f9a-117-4', '3f9a-119-4', '3f9a-118-5', 'beef-1-1'].map(past), [
    ...[false, false, true, true, true],
  ]);
  assert.equal(isPast(at, null), true);
});

test('a list that is never scrolled does not grow for ever, and what was let go can be loaded again', () => {
  const server = new Server();
  const inbox = new Inbox('inbox', 20);
  inbox.reset(server.page('inbox', 20));
  for (let i = 0; i < 5000; i++) server.send(i % 3 === 0);
  for (const change of server.log) inbox.apply(change);
  assert.ok(inbox.items.length <= 120, `${inbox.items.length} rows are held`);
  assert.deepEqual(inbox.items, server.list.slice(0, inbox.items.length));
  assert.equal(inbox.next, '', 'there is more, below a place that only a new first page tells');
  assert.equal(inbox.unread, 5000);
});

test('a list that was loaded further keeps what is in it', () => {
  const server = new Server();
  for (let i = 0; i < 300; i++) server.send(false);
  const inbox = new Inbox('inbox', 100);
  inbox.reset(server.page('inbox', 100));
  inbox.append(server.page('inbox', 100, 100));
  for (let i = 0; i < 200; i++) server.send(false);
  for (const change of server.log.slice(600)) inbox.apply(change);
  assert.deepEqual(inbox.items, server.list.slice(0, 400));
});
