import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { badge, Demo, launch, live, openPanel, Person, picture, row, until } from './harness.mjs';
import { startProxy } from './proxy.mjs';

const run = promisify(execFile);
let demo, browser, proxy, person;

before(async () => {
  browser = await launch();
  demo = await Demo.start();
  proxy = await startProxy(demo.url);
});
after(async () => {
  await browser?.close();
  proxy?.close();
  await demo?.close();
});
afterEach(async () => {
  await person?.leave();
  person = undefined;
  proxy.mode = 'plain';
  await demo.ask('mark/', 'POST', { state: 'archived', all: true });
});

const shows = (page, status) => page.waitForSelector(`#link[data-status="${status}"]`, { timeout: 60_000 });
const heard = (page) => page.evaluate(() => window.heard);

/** A page whose clock the test turns, that writes down what it hears. Its timers run only when they are told to. */
async function visit(url = `${proxy.url}/demo/`) {
  person = await Person.come(browser, demo);
  const page = await person.context.newPage();
  await page.clock.install();
  await page.goto(url);
  await page.evaluate(async () => {
    await customElements.whenDefined('belfry-bell');
    window.heard = [];
    addEventListener('belfry-notification', (e) => window.heard.push(e.detail.title));
  });
  return page;
}

/** Lets virtual time go by until it is as it should be; answers how much, in seconds, in steps of one. */
async function within(page, seconds, what, ask) {
  for (let passed = 0; passed <= seconds; passed++) {
    for (let look = 0; look < (seconds < 10 ? 250 : 5); look++) {
      if (await ask()) return passed;
      await new Promise((resolve) => setTimeout(resolve, 20)); // real time for what is really on its way
    }
    await page.clock.runFor(1000);
  }
  throw new Error(`waited ${seconds} s of the page's time in vain: ${what}`);
}
const status = (page) => page.getAttribute('#link', 'data-status');

for (const away of [1, 30, 300]) {
  test(`without network for ${away} s the page says so, and within a second of its return the count is right`, async () => {
    const page = await visit();
    await within(page, 5, 'it is live', async () => (await status(page)) === 'live');
    await person.context.setOffline(true);
    await within(page, 1, 'it says so', async () => (await status(page)) === 'offline');
    await demo.send({ title: 'While you were away' });
    await page.clock.runFor(away * 1000);
    assert.equal(await status(page), 'offline');
    await person.context.setOffline(false);
    await within(page, 1, 'it is live and knows', async () => (await status(page)) === 'live' && (await heard(page)).length > 0);
    assert.deepEqual(await heard(page), ['While you were away']);
    await badge(page, 1);
  });
}

test('a proxy that cuts streams is noticed at once, and what came meanwhile is heard, each once', async () => {
  const page = await visit();
  await page.clock.resume(); // the browser itself comes back, and looks at no clock of ours
  const sent = [];
  for (let round = 0; round < 3; round++) {
    await until('it is live', async () => (await status(page)) === 'live');
    proxy.cut();
    sent.push(`Number ${round}`);
    await demo.send({ title: sent.at(-1) });
    await until('it is heard', async () => (await heard(page)).length >= sent.length);
  }
  assert.deepEqual(await heard(page), sent);
});

for (const mode of ['buffer', 'hold', 'refuse']) {
  test(`where a proxy does this to streams: ${mode}, the page asks instead, and has a stream again when it can`, async () => {
    proxy.mode = mode;
    const page = await visit();
    await within(page, 50, 'it asks, within two heartbeats', async () => (await status(page)) === 'polling');
    await demo.send({ title: 'One' });
    await demo.send({ title: 'Two', to: { all: true } });
    await within(page, 6, 'the question brought it', async () => (await heard(page)).length === 2);
    await badge(page, 2);
    const { results } = await demo.ask();
    await demo.ask(`${results[0].id}/`, 'PATCH', { read: true }); // on another device
    await within(page, 6, 'the other device is heard of', async () => (await page.locator('belfry-bell .badge').textContent()) === '1');
    proxy.mode = 'plain';
    await within(page, 70, 'it is live again', async () => (await status(page)) === 'live');
    await demo.send({ title: 'Three' });
    await within(page, 1, 'it is heard', async () => (await heard(page)).length === 3);
    assert.deepEqual(new Set(await heard(page)), new Set(['One', 'Two', 'Three']));
  });
}

test('a proxy that answers 502 for a while: the page says that it is cut off, and comes back', async () => {
  const page = await visit();
  await within(page, 5, 'it is live', async () => (await status(page)) === 'live');
  proxy.mode = 'down';
  proxy.cut();
  await demo.send({ title: 'Behind the proxy' });
  await within(page, 50, 'it says so, within two heartbeats', async () => (await status(page)) === 'offline');
  proxy.mode = 'plain';
  await within(page, 60, 'it is live', async () => (await status(page)) === 'live');
  await within(page, 1, 'it is heard', async () => (await heard(page)).length > 0);
  assert.deepEqual(await heard(page), ['Behind the proxy']);
  await badge(page, 1);
});

test('a server that dies without a word is noticed within two heartbeats', async () => {
  const page = await visit();
  await within(page, 5, 'it is live', async () => (await status(page)) === 'live');
  demo.child.kill('SIGSTOP'); // it keeps its connections, and says nothing any more
  try {
    await within(page, 51, 'it says so', async () => (await status(page)) !== 'live');
  } finally {
    demo.child.kill('SIGCONT');
  }
  await within(page, 90, 'it is back', async () => (await status(page)) === 'live');
});

test('a database restored from a backup: the page shows what is true now', async () => {
  await demo.send({ title: 'Before the backup' });
  await run(demo.binary, ['backup', 'copy.db', '--database-url', 'sqlite:belfry-demo.db'], { cwd: demo.dir });
  const page = await visit(`${demo.url}/demo/`);
  await within(page, 5, 'it is live', async () => (await status(page)) === 'live');
  await demo.send({ title: 'Lost with the disk' });
  await badge(page, 2);
  await demo.kill();
  for (const end of ['', '-wal', '-shm']) await rm(join(demo.dir, `belfry-demo.db${end}`), { force: true });
  await copyFile(join(demo.dir, 'copy.db'), join(demo.dir, 'belfry-demo.db'));
  await demo.up();
  await demo.learn();
  await within(page, 60, 'it is live again', async () => (await status(page)) === 'live');
  await within(page, 2, 'the count is of the restored', async () => (await page.locator('belfry-bell .badge').textContent()) === '1');
  await openPanel(page);
  await row(page, 'Before the backup').waitFor();
  assert.equal(await row(page, 'Lost with the disk').count(), 0);
});
