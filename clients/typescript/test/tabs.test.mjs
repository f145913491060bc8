import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { badge, chromiumPath, Demo, launch, live, openPanel, Person, row, until } from './harness.mjs';
import { listen, moved, Numbers } from './numbers.mjs';

let demo, browser, person;

before(async () => {
  browser = await launch();
  demo = await Demo.start();
});
after(async () => {
  await browser?.close();
  await demo?.close();
});
afterEach(async () => {
  const complaints = person?.complaints ?? [];
  await person?.leave();
  person = undefined;
  await demo.ask('mark/', 'POST', { state: 'archived', all: true });
  await until('the streams are gone', async () => (await connections()).length === 0);
  assert.deepEqual(complaints, []);
});

const connections = async () => (await demo.ask('sse/status/')).connections;

/** Opens tabs, of which the first holds the stream, and has each write down what it hears. */
async function open(count) {
  person = await Person.come(browser, demo);
  const tabs = [];
  for (let i = 0; i < count; i++) {
    const tab = await person.tab();
    await listen(tab);
    tabs.push(tab);
  }
  return tabs;
}

/** Holds all tasks of a page by a debugger, as a script that hangs does; resolves to how to let them go. */
async function hold(page) {
  const session = await person.context.newCDPSession(page);
  await session.send('Debugger.enable');
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  session.send('Runtime.evaluate', { expression: 'debugger' }).catch(() => {});
  await paused;
  return async () => {
    await session.send('Debugger.resume');
    await session.detach();
  };
}

test('ten tabs are one connection; the one that holds it is closed, and nothing is missed', async () => {
  const tabs = await open(10);
  const [first] = await connections();
  assert.equal((await connections()).length, 1);
  const numbers = new Numbers(demo);
  await numbers.send(10);
  const leader = tabs.shift();
  const since = Date.now();
  const [took] = await Promise.all([moved(demo, first.id, since), leader.close(), numbers.send(10)]);
  assert.ok(took < 1000, `the stream moved in ${took} ms`);
  await numbers.check(tabs);
  assert.equal((await connections()).length, 1);
  // What one tab does, all show.
  await openPanel(tabs[3]);
  await row(tabs[3], 'Number 5').first().hover();
  await tabs[3].getByRole('button', { name: 'Mark as read: Number 5', exact: true }).click();
  for (const tab of tabs) await badge(tab, 19);
});

test('the tab with the stream crashes, and another goes on', async () => {
  const tabs = await open(3);
  const [first] = await connections();
  const numbers = new Numbers(demo);
  await numbers.send(5);
  const leader = tabs.shift();
  const crashed = leader.waitForEvent('crash');
  const since = Date.now();
  leader.goto('chrome://crash').catch(() => {});
  await crashed;
  await numbers.send(5);
  const took = await moved(demo, first.id, since);
  assert.ok(took < 1000, `the stream moved in ${took} ms`);
  await numbers.check(tabs);
});

test('the tab with the stream, one of ten, is frozen by the browser, and the others go on; when it thaws it catches up', async () => {
  // A browser freezes only what is hidden, and playwright has every page believe that it is seen.
  const hiding = await puppeteer.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const tabs = [];
    for (let i = 0; i < 10; i++) {
      const tab = await hiding.newPage();
      await tab.goto(`${demo.url}/demo/`);
      await tab.waitForSelector('#link[data-status="live"]');
      await listen(tab);
      tabs.push(tab);
    }
    const [leader, ...others] = tabs;
    const [first, ...more] = await connections();
    assert.deepEqual(more, []);
    const numbers = new Numbers(demo);
    await numbers.send(5);
    await leader.evaluate(() => {
      window.turns = 0;
      setInterval(() => window.turns++, 10);
    });
    const session = await leader.createCDPSession();
    const since = Date.now();
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await numbers.send(5);
    const took = await moved(demo, first.id, since);
    assert.ok(took < 1000, `the stream moved in ${took} ms`);
    await numbers.check(others);
    const seen = () => leader.evaluate(() => [window.turns, window.heard.length]); // a debugger asks past the ice
    const before = await seen();
    await numbers.send(5);
    await numbers.check(others);
    assert.deepEqual(await seen(), before, 'the page is really frozen');
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await numbers.check(tabs);
    await numbers.send(5);
    await numbers.check(tabs);
    assert.equal((await connections()).length, 1);
  } finally {
    await hiding.close();
  }
});

test('the tab with the stream hangs without a word, and one that is looked at takes it', async () => {
  const tabs = await open(3);
  const [first] = await connections();
  const numbers = new Numbers(demo);
  await numbers.send(3);
  const resume = await hold(tabs[0]);
  await numbers.send(3);
  const took = await moved(demo, first.id, Date.now());
  assert.ok(took < 10_000, `the stream moved in ${took} ms`);
  await numbers.check(tabs.slice(1));
  await resume();
  await numbers.send(3);
  await numbers.check(tabs);
  await until('there is one stream again', async () => (await connections()).length === 1);
});

test('a page that goes into the browser’s memory lets go, and comes back with what it missed', async () => {
  const tabs = await open(2);
  const numbers = new Numbers(demo);
  await numbers.send(2);
  await numbers.check(tabs);
  const [first] = await connections();
  await tabs[0].evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await moved(demo, first.id, Date.now());
  await numbers.send(2);
  await tabs[0].evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await numbers.check(tabs);
  assert.equal((await connections()).length, 1);
});

test('closed by the server, all tabs stay away until one is told to come back, and then all are live', async () => {
  const tabs = await open(3);
  await demo.ask('sse/close/', 'POST');
  for (const tab of tabs) await tab.waitForSelector('#link[data-status="stopped"]');
  await demo.send({ title: 'Number 0' });
  assert.deepEqual(await connections(), []);
  await openPanel(tabs[2]);
  await tabs[2].getByRole('button', { name: 'Reconnect' }).click();
  for (const tab of tabs) {
    await live(tab);
    await badge(tab, 1);
  }
  assert.equal((await connections()).length, 1);
});

test('tabs of two people do not hear each other, and a page that wants to be alone is', async () => {
  const [tab] = await open(1);
  const other = await person.tab();
  await other.exposeFunction('ticket', async () => {
    const answer = await fetch(`${demo.url}/api/v1/users/somebody/tickets/`, { method: 'POST', headers: { Authorization: `Bearer ${demo.key}` } });
    return answer.json();
  });
  await other.evaluate(async () => {
    const { Belfry } = await import('/belfry.js');
    window.theirs = new Belfry({ token: () => window.ticket() });
    window.alone = new Belfry({ share: false });
    window.theirs.start();
    window.alone.start();
  });
  const status = (name) => other.evaluate((n) => window[n].snapshot().status, name);
  await until('all are live', async () => (await status('theirs')) === 'live' && (await status('alone')) === 'live');
  assert.equal((await connections()).length, 2, 'the shared one, and the one that is alone');
  await demo.send({ to: 'somebody', title: 'For somebody' });
  await demo.send({ title: 'For me' });
  // Broadcasts of the tests above are everybody's.
  const titles = async (name) => (await other.evaluate((n) => window[n].snapshot().items.map((i) => i.title), name)).filter((t) => t.startsWith('For'));
  await until('each has theirs', async () => (await titles('theirs')).length > 0 && (await titles('alone')).length > 0);
  assert.deepEqual([await titles('theirs'), await titles('alone')], [['For somebody'], ['For me']]);
  await badge(tab, 1);
});
