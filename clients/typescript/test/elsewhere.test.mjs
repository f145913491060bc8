import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { badge, Demo, launch, openPanel, Person, row, until } from './harness.mjs';

const secret = randomBytes(32).toString('base64url');
let demo, browser, app;

/** An app on an address of its own, whose policy allows Belfry's and nothing else. */
async function serveApp() {
  const server = createServer((request, response) => {
    const policy = `default-src 'none'; img-src data:; script-src ${demo.url}; connect-src ${demo.url}`;
    const token = new URL(request.url, 'http://app').searchParams.has('token') ? `token="${sign('app-user', 60)}"` : '';
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy });
    response.end(`<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">
      <script type="module" src="${demo.url}/belfry.js"></script>
      <belfry-bell base-url="${demo.url}" ${token}></belfry-bell>`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

before(async () => {
  process.env.BELFRY_JWT_SECRET = secret; // the page's tokens are made below, so that they can be short
  app = await serveApp();
  process.env.BELFRY_ALLOWED_ORIGINS = app.url;
  browser = await launch();
  demo = await Demo.start();
});
after(async () => {
  await browser?.close();
  await demo?.close();
  app?.close();
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

for (const [how, user] of [
  ['a token', 'app-user'],
  ['the session cookie', 'demo-user'],
]) {
  test(`a page of another origin shows the bell by one tag and ${how}`, async () => {
    const person = await Person.come(browser, demo);
    await person.tab(); // signs in: the cookie is of the host, whatever the port
    const page = await person.tab(`${app.url}/?${how === 'a token' ? 'token' : ''}`);
    await until('the bell is live', () => page.evaluate(() => document.querySelector('belfry-bell').client?.snapshot().status === 'live'));
    await demo.send({ to: user, title: 'Across' });
    await badge(page, 1);
    await openPanel(page);
    await row(page, 'Across').hover();
    await page.getByRole('button', { name: 'Archive: Across' }).click();
    await row(page, 'Across').waitFor({ state: 'detached' });
    await badge(page, 0);
    assert.deepEqual(person.complaints, []);
    await person.leave();
  });
}
