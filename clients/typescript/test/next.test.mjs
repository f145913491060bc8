// Next renders the bell on a server, and the browser goes on with what came from there.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { badge, Demo, freePort, launch, Person, until } from './harness.mjs';

const run = promisify(execFile);
const here = new URL('..', import.meta.url).pathname;
const app = `${here}test/next`;
let demo, browser, server, url;

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  process.env.BELFRY_ALLOWED_ORIGINS = url;
  demo = await Demo.start();
  browser = await launch();
  for (const name of ['package.json', 'dist']) await cp(`${here}${name}`, `${app}/node_modules/@belfry/client/${name}`, { recursive: true });
  const env = { ...process.env, BELFRY_URL: demo.url, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  const next = `${app}/node_modules/next/dist/bin/next`;
  await run(process.execPath, [next, 'build'], { cwd: app, env }).catch((error) => assert.fail(error.stdout + error.stderr));
  server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', String(port)], { cwd: app, env, stdio: 'ignore' });
  await until('the app answers', async () => (await fetch(url).catch(() => null))?.ok);
});
after(async () => {
  await browser?.close();
  await demo?.close();
  if (server) {
    const gone = once(server, 'exit');
    server.kill();
    await gone;
  }
  await rm(`${app}/.next`, { recursive: true, force: true });
});

test('Next builds a page with the bell, renders it on its server, and the browser makes it live', async () => {
  const html = await (await fetch(url)).text();
  assert.match(html, /<belfry-bell><\/belfry-bell>/);
  assert.match(html, /0 unread, connecting/, 'on a server nothing happens');
  const person = await Person.come(browser, demo);
  await person.tab(); // signs in: the cookie is of the host, whatever the port
  const page = await person.tab(url);
  await page.getByText('0 unread, live').waitFor();
  await demo.send({ title: 'Order 1138 is yours' });
  await page.getByText('1 unread, live').waitFor();
  await badge(page, 1);
  assert.deepEqual(person.complaints, [], 'what the browser makes is what came from the server');
  await person.leave();
});
