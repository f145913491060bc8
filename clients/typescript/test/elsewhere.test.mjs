import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { badge, Demo, launch, openPanel, Person, row, sign, until } from './harness.mjs';

const secret = randomBytes(32).toString('base64url');
let demo, browser, app;

/** An app on an address of its own, whose policy allows Belfry's and nothing else. */
async function serveApp() {
  const server = createServer((request, response) => {
    const policy = `default-src 'none'; img-src data:; script-src ${demo.url}; connect-src ${demo.url}; require-trusted-types-for 'script'; trusted-types belfry`;
    const token = new URL(request.url, 'http://app').searchParams.has('token') ? `token="${sign(secret, 'app-user', 60)}"` : '';
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

for (const [how, user] of [
  ['a token', 'app-user'],
  ['the session cookie', 'demo-user'],
]) {
  test(`a page of another origin shows the bell by one tag and ${how}`, async () => {
    const person = await Person.come(browser, demo);
    await person.tab(); // signs in: the cookie is of the host, whatever the port
    const asked = addresses(person);
    const page = await person.tab(`${app.url}/?${how === 'a token' ? 'token' : ''}`);
    await until('the bell is live', () => page.evaluate(() => document.querySelector('belfry-bell').client?.snapshot().status === 'live'));
    await demo.send({ to: user, title: 'Across' });
    await badge(page, 1);
    await openPanel(page);
    await row(page, 'Across').hover();
    await page.getByRole('button', { name: 'Archive: Across' }).click();
    await row(page, 'Across').waitFor({ state: 'detached' });
    await badge(page, 0);
    const [stream] = asked.filter((url) => url.includes('/sse/stream/'));
    assert.equal(/[?&]ticket=/.test(stream), how === 'a token', stream);
    assert.deepEqual(asked.filter((url) => /token=|eyJ/.test(new URL(url).search) && url.startsWith(demo.url)), [], 'no token stands in an address');
    assert.deepEqual(person.complaints, []);
    await person.leave();
  });
}

// Older servers answer so, and today's for a token that is no JWT.
for (const status of [403, 404, 405]) {
  test(`where a token is not exchanged, ${status}, the stream is asked for with a header`, async () => {
    const person = await Person.come(browser, demo);
    await person.context.route('**/notifications/tickets/', (route) => route.fulfill({ status, json: { detail: 'No.' }, headers: { 'Access-Control-Allow-Origin': app.url } }));
    const asked = [];
    person.context.on('request', (request) => request.url().includes('/sse/stream/') && asked.push(request));
    const page = await person.tab(`${app.url}/?token`);
    await until('the bell is live', () => page.evaluate(() => document.querySelector('belfry-bell').client?.snapshot().status === 'live'));
    await demo.send({ to: 'app-user', title: 'By a header' });
    await badge(page, 1);
    assert.equal(new URL(asked[0].url()).searchParams.has('ticket'), false);
    assert.match(asked[0].headers()['authorization'], /^Bearer eyJ/);
    person.complaints = person.complaints.filter((text) => !text.includes(`status of ${status}`));
    assert.deepEqual(person.complaints, []);
    await person.leave();
    await readAll('app-user');
  });
}

/** What a person's pages ask for, as it is asked. */
function addresses({ context }) {
  const asked = [];
  context.on('request', (request) => asked.push(request.url()));
  return asked;
}

/** Reads everything of a person, so that the next test counts from nothing. */
async function readAll(user) {
  const headers = { Authorization: `Bearer ${sign(secret, user, 60)}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${demo.url}/api/v1/notifications/mark/`, { method: 'POST', headers, body: '{"state":"read","all":true}' });
  assert.equal(answer.status, 200);
}
