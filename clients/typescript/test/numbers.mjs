// A checker for tabs: numbered notifications, of which each tab must hear each, once.
import assert from 'node:assert/strict';
import { until } from './harness.mjs';

/** Has a tab write down what it hears. */
export const listen = (tab) =>
  tab.evaluate(() => {
    window.heard = [];
    document.querySelector('belfry-bell').addEventListener('belfry-notification', (e) => window.heard.push(e.detail.title));
  });

/** What was sent, in order. */
export class Numbers {
  sent = [];
  constructor(demo) {
    this.demo = demo;
  }
  async send(count) {
    for (let i = 0; i < count; i++) {
      const title = `Number ${this.sent.length}`;
      // Some are broadcasts: the log is two logs.
      await this.demo.send(this.sent.length % 4 === 3 ? { title, to: { all: true } } : { title });
      this.sent.push(title);
    }
  }
  /** Each tab heard each, once; in the order of sending, as far as one log is concerned; and shows how many they are. */
  async check(tabs) {
    for (const tab of tabs) {
      await until('the tab heard all', async () => (await tab.evaluate(() => window.heard.length)) >= this.sent.length);
      const heard = await tab.evaluate(() => window.heard);
      const number = (title) => Number(title.split(' ')[1]);
      assert.deepEqual([...heard].sort((a, b) => number(a) - number(b)), this.sent);
      const own = (titles) => titles.filter((title) => number(title) % 4 !== 3);
      assert.deepEqual(own(heard), own(this.sent));
      const shown = () => tab.evaluate(() => document.querySelector('belfry-bell').shadowRoot.querySelector('.badge')?.textContent);
      await until(`the badge shows ${this.sent.length}`, async () => (await shown()) === String(this.sent.length));
    }
  }
}

/** Waits until the one stream is another than `before`; resolves to how long after `since` the server opened it, in milliseconds. */
export async function moved(demo, before, since) {
  const now = await until('another tab has the stream', async () => {
    const { connections } = await demo.ask('sse/status/');
    return connections.length > 0 && connections.at(-1).id !== before && connections.at(-1);
  });
  return Date.parse(now.opened_at) - since;
}
