import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frames } from '../dist/frames.js';

/** Reads pieces; returns the events. */
function read(...pieces) {
  const events = [];
  const take = frames((...event) => events.push(event));
  for (const piece of pieces) take(piece);
  return events;
}

test('an event is its name, its lines of data, and the id that was last given', () => {
  const text = 'retry: 2140\nid: db1-1-0\nevent: connection\ndata: {"a":1}\n\ndata: one\ndata:  two\n: a comment\n\nevent: heartbeat\ndata\n\n';
  assert.deepEqual(read(text), [
    ['connection', '{"a":1}', 'db1-1-0'],
    ['message', 'one\n two', 'db1-1-0'],
    ['heartbeat', '', 'db1-1-0'],
  ]);
});

test('what is no field or no id is passed over, and an event without data is none', () => {
  const text = 'retry: soon\nretry: 1e3\nid: a\nid: b\0c\nfield: x\nid\nevent: empty\n\nid:z\ndata:1\n\ndata: unfinished';
  assert.deepEqual(read(text), [['message', '1', 'z']]);
});

test('however the text is cut, and whatever ends its lines, the events are the same', () => {
  const text = 'id: é1\ndata: {"title":"Grüße 👋"}\n\nevent: counts\ndata: 1\ndata: 2\n\nretry: 7\n\nid:\ndata: x\n\n';
  const want = read(text);
  assert.equal(want.length, 3);
  let seed = 7;
  const pick = (n) => (seed = (seed * 48_271) % 0x7fffffff) % n;
  for (let round = 0; round < 500; round++) {
    const ends = ['\n', '\r\n', '\r'][round % 3];
    let rest = text.replaceAll('\n', ends) + (ends === '\r' ? ':' : ''); // a CR is whole when it is known that no LF follows
    const pieces = [];
    while (rest) {
      const cut = 1 + pick(5);
      pieces.push(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    assert.deepEqual(read(...pieces), want, JSON.stringify(pieces));
  }
});
