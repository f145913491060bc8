import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { BelfryError } from '../dist/api.js';
import { delay } from '../dist/backoff.js';
import { Stream } from '../dist/stream.js';

/** An EventSource that does what the test says. */
class FakeSource extends EventTarget {
  static all = [];
  readyState = 0;
  onerror = null;
  constructor(url) {
    super();
    this.url = url;
    FakeSource.all.push(this);
  }
  static get open() {
    return FakeSource.all.filter((s) => s.readyState !== 2);
  }
  static get last() {
    return FakeSource.all.at(-1);
  }
  close() {
    this.readyState = 2;
  }
  tell(name, data, lastEventId = 'db1-1-0') {
    this.readyState = 1;
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }
  connect(more) {
    this.tell('connection', { status: 'connected', unread: 1, unseen: 1, heartbeat_interval: 25, ...more });
  }
  /** The browser lost the connection: 0 is on its way back, 2 has given up. */
  fail(readyState) {
    this.readyState = readyState;
    this.onerror?.();
  }
}

/** Lets everything that waits for a promise go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function make(options = {}) {
  const seen = { status: [], changes: [], loads: [], probes: 0, questions: 0, others: 0 };
  const stream = new Stream({
    address: async () => ({ url: `/stream?n=${FakeSource.all.length}` }),
    load: async (reload) => void seen.loads.push(reload),
    turn: async () => true,
    probe: async () => seen.probes++,
    catchUp: async () => void seen.questions++,
    change: (change) => seen.changes.push(change),
    status: (status, reason) => seen.status.push(reason ? `${status}:${reason}` : status),
    another: () => seen.others++,
    ...options,
  });
  return { stream, seen };
}

async function connected(options) {
  const made = make(options);
  made.stream.start();
  await settle();
  FakeSource.last.connect();
  return made;
}

globalThis.EventSource = FakeSource;
beforeEach(() => {
  FakeSource.all = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});

test('it loads, connects, and hands on every kind of frame with its cursor', async () => {
  const { seen } = await connected();
  const source = FakeSource.last;
  source.tell('message', { id: 'a' }, 'db1-2-0');
  source.tell('update', { id: 'a' }, 'db1-3-0');
  source.tell('counts', { unread: 2, unseen: 0 }, 'db1-3-0');
  source.tell('delete', { id: 'a' }, 'db1-4-0');
  source.tell('notification', { id: 'b' }, 'db1-5-0'); // as a stream with named=1 calls it
  assert.deepEqual(seen.status, ['live']);
  assert.deepEqual(
    seen.changes.map((c) => [c.kind, c.cursor, c.data.id]),
    [
      ['counts', 'db1-1-0', undefined],
      ['message', 'db1-2-0', 'a'],
      ['update', 'db1-3-0', 'a'],
      ['counts', 'db1-3-0', undefined],
      ['delete', 'db1-4-0', 'a'],
      ['message', 'db1-5-0', 'b'],
    ],
  );
});

test('a lost connection is left to the browser, one given up is made anew after a wait and a question', async () => {
  const { seen } = await connected();
  FakeSource.last.fail(0);
  mock.timers.tick(10_000);
  await settle();
  assert.equal(FakeSource.all.length, 1);
  FakeSource.last.fail(2);
  mock.timers.tick(499);
  await settle();
  assert.equal(FakeSource.all.length, 1, 'never before half of the first second');
  mock.timers.tick(501);
  await settle();
  assert.equal(FakeSource.all.length, 2);
  // Not by loading the list: what came meanwhile comes by the stream, and is heard.
  assert.deepEqual([seen.loads, seen.probes], [[false, false], 1]);
});

test('after a break it comes back no sooner than the server wished when it connected', async () => {
  make().stream.start();
  await settle();
  FakeSource.last.connect({ retry: 2140 });
  FakeSource.last.fail(2);
  mock.timers.tick(2140 + 499);
  await settle();
  assert.equal(FakeSource.all.length, 1);
  mock.timers.tick(501);
  await settle();
  assert.equal(FakeSource.all.length, 2);
});

test('silence of two heartbeats is a dead connection; a heartbeat is not silence', async () => {
  const { seen } = await connected();
  for (let i = 0; i < 5; i++) {
    mock.timers.tick(49_000);
    FakeSource.last.tell('heartbeat', { ts: 'now' });
  }
  await settle();
  assert.equal(FakeSource.all.length, 1);
  mock.timers.tick(50_000);
  await settle();
  assert.equal(FakeSource.all.length, 2);
  assert.equal(FakeSource.open.length, 1);
  assert.equal(seen.status.at(-1), 'reconnecting');
});

for (const reason of ['closed', 'revoked']) {
  test(`after close with ${reason} it stays away until it is told to come back`, async () => {
    const { stream, seen } = await connected();
    FakeSource.last.tell('close', { reason, retry: 1000 });
    stream.wake();
    mock.timers.tick(3_600_000);
    await settle();
    assert.equal(FakeSource.open.length, 0);
    assert.equal(FakeSource.all.length, 1);
    assert.equal(seen.status.at(-1), `stopped:${reason}`);
    stream.reconnect();
    await settle();
    assert.equal(FakeSource.open.length, 1);
  });
}

for (const [reason, retry] of [
  ['drain', 3210],
  ['limit', 60_000],
]) {
  test(`after close with ${reason} it comes back when the server said, and not before`, async () => {
    await connected();
    FakeSource.last.tell('close', { reason, retry });
    mock.timers.tick(retry - 1);
    await settle();
    assert.equal(FakeSource.open.length, 0);
    mock.timers.tick(1001);
    await settle();
    assert.equal(FakeSource.open.length, 1);
  });
}

test('before the credential ends a new connection is made, and the old one kept until it stands', async () => {
  let renewals = 0;
  await connected({ renew: () => void renewals++ });
  const old = FakeSource.last;
  old.tell('reauth', { expires_at: 'soon' });
  await settle();
  assert.equal(renewals, 1);
  assert.equal(FakeSource.open.length, 2);
  FakeSource.last.connect();
  assert.deepEqual(FakeSource.open, [FakeSource.last]);
  assert.notEqual(FakeSource.last, old);
});

test('a successor that never stands leaves the old connection alone; stop closes both', async () => {
  const { stream } = await connected();
  const old = FakeSource.last;
  old.tell('reauth', {});
  await settle();
  FakeSource.last.fail(0);
  assert.deepEqual(FakeSource.open, [old]);
  old.tell('reauth', {});
  await settle();
  assert.equal(FakeSource.open.length, 2);
  stream.stop();
  assert.equal(FakeSource.open.length, 0);
});

test('an ended credential is renewed at once', async () => {
  let renewals = 0;
  await connected({ renew: () => void renewals++ });
  FakeSource.last.tell('close', { reason: 'expired' });
  mock.timers.tick(0);
  await settle();
  assert.equal(renewals, 1);
  assert.equal(FakeSource.open.length, 1);
});

test('a refused credential is renewed once at once, then ever more slowly', async () => {
  let renewals = 0;
  let answer = 401;
  const { stream, seen } = make({
    renew: () => void renewals++,
    load: async () => {
      if (answer !== 200) throw new BelfryError(answer, 'no');
    },
  });
  stream.start();
  await settle();
  mock.timers.tick(0);
  await settle();
  assert.deepEqual([renewals, seen.status], [1, ['unauthorized']]);
  mock.timers.tick(2000);
  await settle();
  assert.equal(renewals, 2);
  answer = 200;
  mock.timers.tick(4000);
  await settle();
  FakeSource.last.connect();
  assert.equal(seen.status.at(-1), 'live');
});

test('a server that does not answer is tried again, and a reset loads the list', async () => {
  let down = true;
  const loads = [];
  const { stream, seen } = make({
    load: async (reload) => {
      loads.push(reload);
      if (down) throw new BelfryError(0, 'gone');
    },
  });
  stream.start();
  await settle();
  assert.deepEqual(seen.status, ['offline']);
  down = false;
  mock.timers.tick(1000);
  await settle();
  FakeSource.last.connect();
  FakeSource.last.tell('reset', { reason: 'epoch', cursor: 'db2-9-9' });
  await settle();
  assert.deepEqual(loads, [false, false, true]);
  assert.equal(FakeSource.open.length, 1);
});

test('when somebody else has signed in, the list is loaded as theirs', async () => {
  const { seen } = await connected();
  FakeSource.last.tell('connection', { user_id: 'one', heartbeat_interval: 25 });
  FakeSource.last.tell('connection', { user_id: 'one', heartbeat_interval: 25 });
  assert.deepEqual(seen.loads, [false]);
  FakeSource.last.tell('connection', { user_id: 'two', heartbeat_interval: 25 });
  await settle();
  assert.deepEqual([seen.loads, seen.others], [[false, true], 1]);
  assert.equal(FakeSource.open.length, 1);
});

test('while another tab has the stream there is none here', async () => {
  let mine = false;
  const { stream, seen } = make({ turn: async () => mine });
  stream.start();
  await settle();
  assert.deepEqual([seen.loads, FakeSource.all.length], [[false], 0]);
  mine = true;
  stream.reconnect(); // as the owner does when it is this tab's turn
  await settle();
  assert.equal(FakeSource.open.length, 1);
});

test('a stream that is held back is given up for questions, and tried again ever more rarely', async () => {
  const { stream, seen } = make();
  stream.start();
  await settle();
  mock.timers.tick(10_000);
  await settle();
  assert.deepEqual([seen.status, seen.questions, FakeSource.open.length], [['reconnecting', 'polling'], 1, 0]);
  const trials = [];
  for (let asked = 1; asked <= 30; asked++) {
    const before = FakeSource.all.length;
    mock.timers.tick(5000);
    await settle();
    if (FakeSource.all.length > before) trials.push(asked);
  }
  assert.deepEqual([seen.questions, trials], [31, [2, 4, 8, 16, 28]]);
  assert.equal(FakeSource.open.length, 1, 'of those on trial only the last is open');
  FakeSource.last.connect();
  assert.equal(seen.status.at(-1), 'live');
  mock.timers.tick(20_000);
  await settle();
  assert.equal(seen.questions, 31, 'no question while there is a stream');
});

test('a stream that is answered by something else, twice, is given up for questions; a failing question is trouble', async () => {
  let down = false;
  const { stream, seen } = make({
    catchUp: async () => {
      seen.questions++;
      if (down) throw new BelfryError(0, 'gone');
    },
  });
  stream.start();
  for (let i = 0; i < 2; i++) {
    await settle();
    FakeSource.last.fail(2);
    mock.timers.tick(2000);
  }
  await settle();
  assert.deepEqual([seen.probes, seen.questions, seen.status.at(-1)], [1, 1, 'polling']);
  down = true;
  mock.timers.tick(5000);
  await settle();
  assert.equal(seen.status.at(-1), 'offline');
  down = false;
  mock.timers.tick(1000);
  await settle();
  assert.equal(seen.status.at(-1), 'polling');
  stream.stop();
});

test('a page that sleeps lets go, and one that wakes makes sure', async () => {
  const { stream } = await connected();
  stream.wake();
  await settle();
  assert.equal(FakeSource.all.length, 1, 'a living stream is left alone');
  mock.timers.tick(31_000); // longer than a heartbeat: the timers of a hidden page may have slept
  stream.wake();
  await settle();
  assert.equal(FakeSource.all.length, 2);
  FakeSource.last.connect();
  stream.sleep();
  assert.equal(FakeSource.open.length, 0);
  stream.wake();
  await settle();
  assert.equal(FakeSource.open.length, 1);
});

test('of several connects under way only the last opens a stream', async () => {
  const waiting = [];
  const { stream } = make({ address: () => new Promise((resolve) => waiting.push(resolve)) });
  stream.start();
  await settle();
  stream.reconnect();
  await settle();
  for (const resolve of waiting) resolve({ url: '/stream' });
  await settle();
  assert.equal(FakeSource.all.length, 1);
});

test('waits grow from half a second to a minute, spread, and on top of what the server asks', () => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [least, most] = [0, 1].map((edge) => {
      const dice = mock.method(Math, 'random', () => edge);
      const wait = delay(attempt, 700);
      dice.mock.restore();
      return wait;
    });
    const bound = Math.min(60_000, 1000 * 2 ** attempt);
    assert.deepEqual([least, most], [700 + bound / 2, 700 + bound]);
  }
});
