import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from '../dist/api.js';
import { Belfry } from '../dist/client.js';
import { initials } from '../dist/item.js';
import { place } from '../dist/place.js';
import { load } from '../dist/strings.js';
import { known, times } from '../dist/time.js';
import { safeUrl } from '../dist/url.js';

/** Puts in place of fetch one that answers from a table, and keeps what it was asked. */
function answer(answers) {
  const asked = [];
  globalThis.fetch = async (url, init) => {
    asked.push({ url, ...init });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const { status = 200, body } = answer;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return asked;
}

const row = (id) => ({ id, title: id, created_at: '2026-01-01', seen_at: null, read_at: null, archived_at: null });
const page = (...ids) => ({ results: ids.map(row), next: null, cursor: 'db1-1-0', unread: ids.length, unseen: ids.length });

test('with cookies the browser speaks, with a token the header does', async () => {
  const answers = () => [{ body: page() }, { body: { changed: 0 } }];
  const cookies = answer(answers());
  const api = new Api();
  await api.list({ limit: 5, before: '7-2', filter: 'archived' });
  await api.mark('read', { all: true, category: 'order' });
  assert.deepEqual(
    cookies.map((a) => [a.method, a.url, a.credentials, a.headers.Authorization, a.body]),
    [
      ['GET', '/api/v1/notifications/?limit=5&before=7-2&state=archived', 'include', undefined, null],
      ['POST', '/api/v1/notifications/mark/', 'include', undefined, '{"state":"read","all":true,"category":"order"}'],
    ],
  );
  const bearer = answer(answers());
  let n = 0;
  const far = new Api({ baseUrl: 'https://bell.example/', token: async () => `t${++n}` });
  await far.list();
  assert.equal(bearer[0].url, 'https://bell.example/api/v1/notifications/');
  assert.equal(bearer[0].headers.Authorization, 'Bearer t1');
  assert.equal(bearer[0].credentials, 'omit');
});

test('for a stream a token is exchanged for a ticket, and goes in a header where there is none for it', async () => {
  const base = 'https://bell.example/api/v1/notifications/';
  const url = `${base}sse/stream/?last_event_id=a-1-2`;
  let n = 0;
  const api = new Api({ baseUrl: 'https://bell.example', token: () => `t${++n}` });
  const asked = answer([{ status: 201, body: { ticket: 'a/b', expires_at: 'soon' } }]);
  assert.deepEqual(await api.stream('a-1-2'), { url: `${url}&ticket=a%2Fb`, once: true });
  assert.deepEqual(
    asked.map((a) => [a.method, a.url, a.headers.Authorization, a.credentials]),
    [['POST', `${base}tickets/`, 'Bearer t1', 'omit']],
  );
  // 403: it is no JWT, and so not exchanged. 404 and 405: a server from before there were tickets for tokens.
  for (const status of [403, 404, 405]) {
    answer([{ status, body: {} }]);
    assert.deepEqual(await api.stream('a-1-2'), { url, headers: { Authorization: `Bearer t${n}` } }, String(status));
  }
  for (const status of [401, 429, 503]) {
    answer([{ status, body: {} }]);
    await assert.rejects(api.stream(null), { status });
  }
});

test('a ticket goes into the address, a new one each time, and no cookie with it', async () => {
  const asked = answer([{ body: page() }, { body: page() }]);
  let n = 0;
  const api = new Api({ token: async () => ({ ticket: `t ${++n}`, expires_at: 'soon' }) });
  await api.list({ limit: 5 });
  await api.counts();
  assert.deepEqual(
    asked.map((a) => [a.url, a.credentials, a.headers.Authorization]),
    [
      ['/api/v1/notifications/?limit=5&ticket=t+1', 'omit', undefined],
      ['/api/v1/notifications/counts/?ticket=t+2', 'omit', undefined],
    ],
  );
});

test('a refusal says what the server said, a dead line says so, a page of HTML is no answer', async () => {
  const problem = { title: 'Not Found', detail: 'There is no such thing here.' };
  const html = '<html>502 from a proxy</html>';
  answer([
    { status: 404, body: problem },
    new TypeError('network'),
    { status: 502, body: html },
    { status: 200, body: html },
  ]);
  const api = new Api();
  await assert.rejects(api.counts(), { name: 'BelfryError', status: 404, message: problem.detail });
  await assert.rejects(api.counts(), { name: 'BelfryError', status: 0 });
  await assert.rejects(api.counts(), { name: 'BelfryError', status: 502 });
  await assert.rejects(api.counts(), { name: 'BelfryError', status: 200 });
});

test('reading shows at once, and is taken back when the server refuses', async () => {
  answer([{ body: page('a', 'b') }, { status: 500, body: {} }]);
  const client = new Belfry();
  await client.refresh();
  const reading = client.set('a', { read: true });
  assert.equal(client.snapshot().unread, 1);
  await assert.rejects(reading, { status: 500 });
  assert.equal(client.snapshot().unread, 2);
  assert.equal(client.snapshot().items[0].read_at, null);
});

test('a snapshot is the same object until something changes, and a burst is told once', async () => {
  answer([{ body: page('a') }, { body: { ...row('a'), read_at: 'x' } }]);
  const client = new Belfry();
  let told = 0;
  const off = client.subscribe(() => told++);
  const before = client.snapshot();
  assert.equal(client.snapshot(), before);
  let tell;
  const telling = new Promise((resolve) => (tell = resolve));
  client.subscribe(() => tell());
  await client.refresh();
  await telling;
  assert.notEqual(client.snapshot(), before);
  assert.equal(told, 1, 'of one load');
  off();
  const again = new Promise((resolve) => (tell = resolve));
  await client.set('a', { read: true });
  await again;
  assert.equal(told, 1);
});

test('more pages are asked for one at a time, and not past the end', async () => {
  const asked = answer([{ body: { ...page('b'), next: '1-0' } }, { body: page('a') }]);
  const client = new Belfry();
  await client.refresh();
  await Promise.all([client.loadMore(), client.loadMore()]);
  await client.loadMore();
  assert.equal(asked.length, 2);
  assert.deepEqual(
    client.snapshot().items.map((n) => n.id),
    ['b', 'a'],
  );
});

test('importing the element where there is no browser does nothing', async () => {
  const { BelfryBell } = await import('../dist/bell.js');
  assert.equal(typeof BelfryBell, 'function');
  assert.equal(globalThis.customElements?.get('belfry-bell'), undefined);
});

test('only paths and http(s) become links', () => {
  for (const good of ['/', '/orders/1138', 'https://a.example/x', 'HTTP://a.example']) assert.equal(safeUrl(good), good);
  for (const bad of ['', 'javascript:alert(1)', ' javascript:x', 'data:text/html,x', '//a.example', '/\\a.example', 'x']) {
    assert.equal(safeUrl(bad), null, bad);
  }
});

test('initials are those of the first and the last name, in any script', () => {
  const names = { 'Ada Lovelace': 'AL', ' grace  brewster hopper ': 'GH', Operations: 'O', '': '', '李 小龙': '李小', '👩‍🚀': '👩' };
  for (const [name, want] of Object.entries(names)) assert.equal(initials(name), want, name);
});

test('each language has a word for everything, and places for the same values', async () => {
  const english = await load('en');
  const names = Object.keys(english);
  const places = (words) => names.map((name) => /\{\w+\}/.exec(words[name])?.[0] ?? '');
  for (const locale of ['de', 'fr-CA', 'es', 'ar', 'EN', 'tlh', '']) {
    const words = await load(locale);
    assert.deepEqual(Object.keys(words), names, locale);
    assert.deepEqual(names.filter((name) => !words[name]), [], locale);
    assert.deepEqual(places(words), places(english), locale);
  }
  assert.equal((await load('tlh')).title, 'Notifications', 'English where there is no other');
});

test('time is told in few letters', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  const told = (seconds, locale = 'en') => times(locale, now).ago(new Date(now - seconds * 1000).toISOString());
  assert.deepEqual([-30, 10, 50, 300, 7200, 90_000, 300_000].map((s) => told(s)), [
    'now',
    'now',
    '1m ago',
    '5m ago',
    '2h ago',
    'yesterday',
    '3d ago',
  ]);
  assert.equal(told(20 * 86_400), 'Nov 3');
  assert.match(told(500 * 86_400), /^Jul \d+, 2025$/);
  assert.match(told(7200, 'de'), /vor 2/);
  assert.deepEqual(['de-AT', 'en', 'not a locale', ''].map(known), ['de-AT', 'en', 'en', 'en']);
});

test('the panel stays inside the window', () => {
  const at = (left, top) => ({ left, top, right: left + 40, bottom: top + 40 });
  const wish = { left: 0, top: 0, width: 420, height: 640 };
  const wide = { width: 1200, height: 800 };
  assert.deepEqual(place(at(1100, 10), wide, wish, false), { left: 720, top: 58, width: 420, height: 640, above: false });
  assert.deepEqual(place(at(1100, 10), wide, wish, true).left, 772, 'flush with its start where text runs to the left');
  assert.deepEqual(place(at(1100, 750), wide, wish, false), { left: 720, top: 742, width: 420, height: 640, above: true });
  const small = place(at(325, 10), { width: 375, height: 600 }, wish, false);
  assert.deepEqual(small, { left: 8, top: 58, width: 359, height: 534, above: false });
});
