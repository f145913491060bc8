// What takes a minute of real time, side by side: tokens that end every five seconds, and a proxy that cuts at thirty.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setInterval } from 'node:timers/promises';
import { Demo, launch, Person, sign, until } from './harness.mjs';
import { startProxy } from './proxy.mjs';

const secret = randomBytes(32).toString('base64url');
let demo, browser, proxy;

before(async () => {
  process.env.BELFRY_JWT_SECRET = secret; // the tokens are made here, so that they can be short
  browser = await launch();
  demo = await Demo.start();
  proxy = await startProxy(demo.url);
});
after(async () => {
  await browser?.close();
  proxy?.close();
  await demo?.close();
});

/** Has a page write down what its bell hears, and how that stands, from now on. */
const watch = (page) =>
  page.evaluate(() => {
    const bell = document.querySelector('belfry-bell');
    Object.assign(window, { heard: [], states: [bell.client.snapshot().status] });
    bell.addEventListener('belfry-notification', (event) => window.heard.push(event.detail.title));
    bell.client.subscribe(() => {
      const { status } = bell.client.snapshot();
      if (status !== window.states.at(-1)) window.states.push(status);
    });
  });

/** Sends four numbered notifications a second to a person until `enough`; checks that nothing is lost and nothing comes twice. */
async function number(page, to, enough) {
  const sent = [];
  for await (const _ of setInterval(250)) {
    if (enough()) break;
    sent.push(`Number ${sent.length}`);
    await demo.send({ to, title: sent.at(-1) });
  }
  await until('all are heard', () => page.evaluate((n) => window.heard.length >= n, sent.length));
  assert.deepEqual(await page.evaluate(() => window.heard), sent);
  const { unread } = await page.evaluate(() => document.querySelector('belfry-bell').client.snapshot());
  assert.equal(unread, sent.length);
  assert.ok(sent.length > 100, `only ${sent.length} were sent`);
}

describe('a minute of', { concurrency: true }, () => {
  test('tokens that end every five seconds: nothing is lost, and nobody sees a reconnect', async () => {
    const person = await Person.come(browser, demo);
    const page = await person.context.newPage();
    page.on('pageerror', (error) => person.complaints.push(error.stack));
    const streams = [];
    page.on('request', (request) => request.url().includes('/sse/stream/') && streams.push(request.url()));
    await page.exposeFunction('getToken', () => sign(secret, 'short', 5));
    await page.route(`${demo.url}/short`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Short</title><main></main>' }));
    await page.goto(`${demo.url}/short`);
    await page.evaluate(async () => {
      await import('/belfry.js');
      const bell = document.createElement('belfry-bell');
      bell.token = () => window.getToken();
      document.querySelector('main').append(bell);
    });
    await until('it is live', () => page.evaluate(() => document.querySelector('belfry-bell').client?.snapshot().status === 'live'));
    await watch(page);
    const end = Date.now() + 60_000;
    await number(page, 'short', () => Date.now() > end);
    assert.deepEqual(await page.evaluate(() => window.states), ['live']);
    assert.ok(streams.length >= 12, `${streams.length} streams followed each other, each with its token`);
    assert.deepEqual(streams.filter((url) => !/[?&]ticket=/.test(url) || /token=/.test(url)), [], 'each was opened by a ticket');
    assert.deepEqual(person.complaints, []);
    await person.leave();
  });

  test('a proxy that cuts every stream after thirty seconds: nothing is lost, and the page is back each time', async () => {
    proxy.life = 30_000;
    const person = await Person.come(browser, demo);
    const page = await person.context.newPage();
    await page.goto(`${proxy.url}/demo/`);
    await page.waitForSelector('#link[data-status="live"]');
    await watch(page);
    await number(page, demo.user, () => proxy.cuts >= 2);
    await page.waitForSelector('#link[data-status="live"]');
    assert.deepEqual([...new Set(await page.evaluate(() => window.states))], ['live', 'reconnecting']);
    assert.equal(proxy.streams, 3, 'one after the other');
    await person.leave();
  });
});
