import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Demo, until } from './harness.mjs';
import { firefox, webkit } from './others.mjs';

let demo;

before(async () => (demo = await Demo.start()));
after(() => demo?.close());

const status = (tab) => tab.run(() => document.querySelector('#link').dataset.status);
const live = (tab) => until('it is live', async () => (await status(tab)) === 'live');
const badge = (tab, want) =>
  until(`the badge shows ${want || 'nothing'}`, async () => {
    const shown = await tab.run(() => document.querySelector('belfry-bell').shadowRoot.querySelector('.badge')?.textContent ?? '');
    return shown === String(want || '');
  });
const heard = (tab) => tab.run(() => window.heard);
/** Clicks what has the selector inside the bell, once it is there. */
const click = (tab, selector) =>
  until(`${selector} can be clicked`, () =>
    tab.run((wanted) => {
      const found = document.querySelector('belfry-bell').shadowRoot.querySelector(wanted);
      found?.click();
      return !!found;
    }, selector),
  );

async function visit(browser) {
  const tab = await browser.tab();
  await tab.goto(`${demo.url}/demo/`);
  await live(tab);
  await tab.run(() => {
    window.heard = [];
    document.querySelector('belfry-bell').addEventListener('belfry-notification', (e) => window.heard.push(e.detail.title));
  });
  return tab;
}

for (const [name, launch] of Object.entries({ firefox, webkit })) {
  test(`${name}: connects, resumes after a crash of the server, is closed and comes back, and shows the bell`, async () => {
    const browser = await launch();
    try {
      const one = await visit(browser);
      await demo.send({ title: 'One', url: '/demo/' });
      await badge(one, 1);

      // The component: open, read, archive, take back.
      await click(one, '.bell');
      await click(one, 'li .item');
      await badge(one, 0);
      await click(one, '.bell');
      await click(one, 'li [part=archive]');
      await until('it is archived', async () => (await demo.ask('?state=archived')).results.length > 0);
      await click(one, '.undo button');
      await until('it is back', async () => (await demo.ask()).results.some((n) => n.title === 'One'));
      await click(one, '[role=tab]:last-child');
      await click(one, '.bell');

      // Another tab shares the stream.
      const two = await visit(browser);
      await until('there is one stream', async () => (await demo.ask('sse/status/')).connections.length === 1);
      await demo.send({ title: 'Two' });
      for (const tab of [one, two]) await badge(tab, 1);

      // Resume: what came while the server was down is heard once, in each tab.
      await demo.kill();
      for (const tab of [one, two]) await until('it is noticed', async () => (await status(tab)) !== 'live');
      await demo.up();
      await demo.send({ title: 'Three' });
      for (const tab of [one, two]) {
        await live(tab);
        await badge(tab, 2);
      }
      assert.deepEqual([await heard(one), await heard(two)], [['One', 'Two', 'Three'], ['Two', 'Three']]);

      // Close: a plain EventSource stops for good by a 204, and the bell stays away until it is told.
      await one.run(() => {
        window.plain = new EventSource('/api/v1/notifications/sse/stream/?batch=1');
      });
      await until('both are open', async () => (await demo.ask('sse/status/')).connections.length === 2);
      assert.equal((await demo.ask('sse/close/', 'POST')).closed, 2);
      await until('the EventSource has stopped', () => one.run(() => window.plain.readyState === 2));
      for (const tab of [one, two]) await until('the bell has', async () => (await status(tab)) === 'stopped');
      await demo.send({ title: 'Four' });

      // Reconnect.
      await click(two, '.bell');
      await click(two, '.notice button');
      for (const tab of [one, two]) {
        await live(tab);
        await badge(tab, 3);
      }
    } finally {
      await browser.close();
      await demo.ask('mark/', 'POST', { state: 'archived', all: true });
    }
  });
}
