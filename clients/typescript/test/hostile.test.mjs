// A page of somebody else, in a real browser that is signed in: it can neither read nor change, by any way that browsers
// have. curl can, because it is no browser: nobody makes it ask.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Demo, launch, live, Person, until } from './harness.mjs';

const run = promisify(execFile);
const secret = 'Only for the person';
let demo, browser, person, evil;

before(async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>Evil</title><link rel="icon" href="data:,"><body>');
  });
  await once(server.listen(0), 'listening');
  const { port } = server.address();
  // A neighbour is of the same site: there the browser sends the cookie along, whatever its SameSite says.
  evil = { 'another site': `http://localhost:${port}`, 'a neighbour': `http://127.0.0.1:${port}`, close: () => server.close() };
  browser = await launch();
  demo = await Demo.start();
  person = await Person.come(browser, demo);
  await person.tab(); // signs in
  await demo.send({ title: secret });
});
after(async () => {
  await browser?.close();
  await demo?.close();
  evil?.close();
});

/** Opens a hostile page, and notes what the server answers it. */
async function lure(from) {
  const page = await person.context.newPage();
  const answers = [];
  page.on('response', (answer) => {
    if (answer.url().startsWith(demo.url)) answers.push(`${answer.request().method()} ${answer.status()}`);
  });
  await page.goto(evil[from]);
  return { page, answers };
}

const inbox = () => `${demo.url}/api/v1/notifications`;

for (const from of ['another site', 'a neighbour']) {
  test(`a page of ${from} reads nothing`, async () => {
    const { page } = await lure(from);
    const read = await page.evaluate(async (url) => {
      const seen = [];
      for (const init of [{}, { mode: 'no-cors' }, { headers: { 'X-Request-Id': 'mine' } }, { method: 'OPTIONS' }]) {
        try {
          const answer = await fetch(`${url}/`, { credentials: 'include', ...init });
          seen.push(await answer.text());
        } catch {
          seen.push('');
        }
      }
      const source = new EventSource(`${url}/sse/stream/`, { withCredentials: true });
      seen.push(
        await new Promise((resolve) => {
          source.onerror = () => resolve('');
          source.addEventListener('connection', (event) => resolve(event.data));
        }),
      );
      source.close();
      for (const tag of ['script', 'img', 'link', 'iframe', 'object']) {
        const element = document.createElement(tag);
        if (tag === 'link') element.rel = 'stylesheet';
        element[{ link: 'href', object: 'data' }[tag] ?? 'src'] = `${url}/`;
        const loaded = new Promise((resolve) => ['load', 'error'].forEach((name) => element.addEventListener(name, resolve, { once: true })));
        document.body.append(element);
        await loaded;
        try {
          seen.push(element.contentDocument?.body?.textContent ?? '');
        } catch {
          seen.push('');
        }
      }
      return seen;
    }, inbox());
    assert.deepEqual([...new Set(read)], ['']);
    await page.close();
  });

  test(`a page of ${from} changes nothing`, async () => {
    const { page, answers } = await lure(from);
    await page.evaluate(async (url) => {
      const body = '{"state":"read","all":true}';
      const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json', ''];
      for (const mode of ['no-cors', 'cors'])
        for (const type of types)
          for (const method of ['POST', 'PATCH', 'PUT', 'DELETE'])
            for (const path of ['mark/', 'preferences/', 'sse/close/'])
              await fetch(`${url}/${path}`, { method, mode, credentials: 'include', body: new Blob([body], { type }) }).catch(() => {});
      navigator.sendBeacon(`${url}/mark/`, new Blob([body]));
    }, inbox());
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answered = page.waitForResponse(`${inbox()}/mark/`);
      await page.evaluate(
        ([url, enctype]) => {
          const frame = Object.assign(document.createElement('iframe'), { name: enctype });
          const form = Object.assign(document.createElement('form'), { method: 'POST', action: `${url}/mark/`, enctype, target: enctype });
          const field = Object.assign(document.createElement('input'), { name: '{"state":"read","all":true,"category":"', value: 'test"}' });
          form.append(field);
          document.body.append(frame, form);
          form.submit();
        },
        [inbox(), type],
      );
      await answered;
    }
    const refused = new Set(answers.filter((answer) => answer.startsWith('POST')));
    // 403 says that the cookie was there, and did not help; without one it is a 401.
    assert.deepEqual([...refused], [from === 'a neighbour' ? 'POST 403' : 'POST 401']);
    const counts = await demo.ask('counts/');
    assert.equal(counts.unread, 1);
    assert.equal((await demo.ask('sse/status/')).is_connected, true, 'the streams were not closed');
    await page.close();
  });

  test(`a page of ${from} frames no page`, async () => {
    const { page } = await lure(from);
    for (const path of ['/demo/', '/dashboard/', '/dashboard/sign-in', '/unsubscribe/x/', '/healthz']) {
      const answered = page.waitForResponse((answer) => answer.url().startsWith(demo.url + path));
      await page.evaluate((url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url })), demo.url + path);
      await answered;
    }
    const shown = () => page.frames().filter((frame) => frame.url().startsWith(demo.url));
    await until('every frame is refused', () => shown().length === 0);
    await page.close();
  });
}

test('what the pages tried can be done by curl, and by the page itself', async () => {
  const mark = ['-sS', '-H', `Cookie: ${demo.cookie}`, '-H', 'Content-Type: application/json', '-d', '{"state":"read","all":true}', `${inbox()}/mark/`];
  const { stdout: list } = await run('curl', ['-sS', '-H', `Cookie: ${demo.cookie}`, `${inbox()}/`]);
  assert.match(list, new RegExp(secret));
  const { stdout } = await run('curl', mark);
  assert.equal(JSON.parse(stdout).changed, 1);
  await demo.send({ title: 'Once more' });
  const page = await person.tab();
  await live(page);
  const changed = await page.evaluate(async () => {
    const body = '{"state":"read","all":true}';
    const answer = await fetch('/api/v1/notifications/mark/', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    return (await answer.json()).changed;
  });
  assert.equal(changed, 1);
});

test('each page has a policy without inline script, and the bell lives with it', async () => {
  const page = await person.context.newPage();
  for (const path of ['/demo/', '/demo/nothing', '/dashboard/', '/dashboard/sign-in', '/dashboard/static/dashboard.css', '/dashboard', '/unsubscribe/x/', '/nothing']) {
    const answer = await fetch(demo.url + path, { redirect: 'manual' });
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src '(none|self)'/, path);
    assert.doesNotMatch(policy, /unsafe|script-src|\*/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(answer.headers.get('x-frame-options') ?? '', /DENY|SAMEORIGIN/, path);
    assert.match(answer.headers.get('referrer-policy') ?? '', /no-referrer|same-origin/, path);
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin', path);
  }
  await page.goto(`${demo.url}/demo/`);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    return window.injected === true;
  });
  assert.equal(ran, false, 'a script that was put into the page ran');
});
