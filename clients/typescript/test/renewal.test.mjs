import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Demo, launch, Person, until } from './harness.mjs';

const secret = randomBytes(32).toString('base64url');
let demo, browser;

before(async () => {
  process.env.BELFRY_JWT_SECRET = secret; // the page's tokens are made below, so that they can be short
  [demo, browser] = await Promise.all([Demo.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await demo?.close();
});

/** A token as an app's back end makes it. */
function sign(user, seconds) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ user_id: user, exp })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

test('tokens of a few seconds follow each other and nobody notices', async () => {
  const person = await Person.come(browser, demo);
  const page = await person.tab();
  let tokens = 0;
  await page.exposeFunction('getToken', () => {
    tokens++;
    return sign('short', 5);
  });
  await page.evaluate(() => {
    const bell = document.createElement('belfry-bell');
    bell.id = 'short';
    bell.token = () => window.getToken();
    Object.assign(window, { heard: [], states: [] });
    bell.addEventListener('belfry-notification', (event) => window.heard.push(event.detail.title));
    document.querySelector('main').append(bell);
  });
  await until('the second bell is live', () => page.evaluate(() => document.querySelector('#short').client?.snapshot().status === 'live'));
  await page.evaluate(() => {
    const { client } = document.querySelector('#short');
    client.subscribe(() => window.states.push(client.snapshot().status));
  });
  const before = tokens;
  const sent = [];
  while (tokens < before + 3) {
    sent.push(`Number ${sent.length}`);
    await demo.send({ to: 'short', title: sent.at(-1) });
    await until('it is heard', () => page.evaluate((n) => window.heard.length >= n, sent.length));
  }
  assert.deepEqual(await page.evaluate(() => window.heard), sent);
  assert.deepEqual(await page.evaluate(() => [...new Set(window.states)]), ['live']);
  assert.deepEqual(person.complaints, []);
});
