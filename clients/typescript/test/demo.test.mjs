import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { badge, bell, Demo, launch, live, openPanel, Person, picture, row, rows, until } from './harness.mjs';

let demo, browser, person;

before(async () => {
  browser = await launch();
  demo = await Demo.start();
});
after(async () => {
  await browser?.close();
  await demo?.close();
});

/** A browser that is closed when the test ends, and that had nothing to complain of. */
async function come(options) {
  person = await Person.come(browser, demo, options);
  return person;
}
afterEach(async () => {
  const complaints = person?.complaints ?? [];
  await person?.leave();
  person = undefined;
  await demo.ask('mark/', 'POST', { state: 'archived', all: true });
  assert.deepEqual(complaints, []);
});

/** Has a page write down each notification that it hears of, by title, in order. */
const listen = (page) =>
  page.evaluate(() => {
    window.heard = [];
    document.querySelector('belfry-bell').addEventListener('belfry-notification', (e) => window.heard.push(e.detail.title));
  });
const heard = (page) => page.evaluate(() => window.heard);

test('a line of curl rings in both tabs; what one reads, the other shows as read', async () => {
  const { context } = await come();
  const [one, two] = [await person.tab(), await person.tab()];
  const sent = await demo.pasteCurl();
  assert.equal(sent.accepted, 1);
  await Promise.all([badge(one, 1), badge(two, 1)]);
  await demo.send({ title: 'Second', url: '/demo/' });
  await Promise.all([badge(one, 2), badge(two, 2)]);
  assert.equal(context.pages().length, 2);
  await openPanel(one);
  await openPanel(two);
  await row(one, 'Hello from curl').locator('.item').click();
  await Promise.all([badge(one, 1), badge(two, 1)]);
  await two.locator('belfry-bell li.unread').filter({ hasText: 'Hello from curl' }).waitFor({ state: 'detached' });
  const counts = await demo.ask('counts/');
  assert.equal(counts.unread, 1);
  await until('both have been seen, for a panel is open', async () => (await demo.ask('counts/')).unseen === 0);
});

test('marking all, unread again and archiving reach the other tab', async () => {
  await come();
  const [one, two] = [await person.tab(), await person.tab()];
  for (const title of ['A', 'B', 'C']) await demo.send({ title: `Letter ${title}` });
  await Promise.all([badge(one, 3), badge(two, 3)]);
  await openPanel(one);
  await openPanel(two);
  await one.getByRole('button', { name: 'Mark all as read' }).click();
  await Promise.all([badge(one, 0), badge(two, 0)]);
  await row(two, 'Letter B').hover();
  await two.getByRole('button', { name: 'Mark as unread: Letter B' }).click();
  await Promise.all([badge(one, 1), badge(two, 1)]);
  await row(two, 'Letter B').hover();
  await two.getByRole('button', { name: 'Archive: Letter B' }).click();
  await Promise.all([badge(one, 0), row(one, 'Letter B').waitFor({ state: 'detached' })]);
  assert.equal(await rows(one).count(), 2);
  const { results, unread } = await demo.ask();
  assert.deepEqual([results.map((n) => n.title), unread], [['Letter C', 'Letter A'], 0]);
});

test('the form sends to the person and to everyone, and says what is wrong with what', async () => {
  await come();
  const page = await person.tab();
  await page.getByLabel('Title').fill('From the form');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Stored and rung.').waitFor();
  await badge(page, 1);
  await page.getByLabel('Title').fill('To all of you');
  await page.getByRole('radio', { name: 'Everyone' }).check();
  await page.getByRole('radio', { name: 'Critical' }).check();
  await page.getByRole('button', { name: 'Send' }).click();
  await badge(page, 2);
  await page.locator('#log').getByText('To all of you').waitFor();
  await openPanel(page);
  await row(page, 'To all of you').getByText('Urgent').waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('Title').fill('');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#title-error:not(:empty)').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'title');
  person.complaints = person.complaints.filter((text) => !text.includes('status of 422')); // as the browser calls it
});

test('a server killed and started again: the page comes back by itself and misses nothing', async () => {
  await come();
  const [one, two] = [await person.tab(), await person.tab()];
  await Promise.all([listen(one), listen(two)]);
  const answered = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 15; i++) {
      const title = `Number ${answered.length}`;
      // Every third is a broadcast: the log is two logs, and neither may lose one.
      await demo.send(i % 3 === 2 ? { title, to: { all: true } } : { title });
      answered.push(title);
      // A kill at once after the answer: what was not yet written to the tabs must come from the store.
    }
    await demo.kill();
    await one.waitForSelector('#link:not([data-status="live"])');
    await demo.up();
    for (let i = 0; i < 5; i++) {
      const title = `Number ${answered.length}`;
      await demo.send({ title });
      answered.push(title);
    }
    await Promise.all([live(one), live(two)]);
  }
  const count = async (page) => (await heard(page)).length;
  for (const page of [one, two]) {
    await until('the tab heard all', async () => (await count(page)) >= answered.length);
    const got = await heard(page);
    assert.deepEqual([...got].sort(byNumber), answered, 'each once');
    await badge(page, answered.length);
  }
  const { unread, results } = await demo.ask('?limit=200');
  assert.equal(unread, answered.length);
  assert.deepEqual(
    results.map((n) => n.title),
    answered.toReversed(),
  );
});

const byNumber = (a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1]);

test('a proxy that answers 502 for a while makes the browser give up, and the client goes on', async () => {
  await come();
  const page = await person.tab();
  await listen(page);
  let refused = 0;
  await page.route('**/sse/stream/**', (route) => (refused++, route.fulfill({ status: 502, body: 'Bad Gateway' })));
  await demo.kill();
  await demo.up();
  await demo.send({ title: 'Behind the proxy' });
  await until('the browser gave up and the client tried again', () => refused >= 2);
  await page.unroute('**/sse/stream/**');
  await live(page);
  await until('it is heard', async () => (await heard(page)).length > 0);
  assert.deepEqual(await heard(page), ['Behind the proxy']);
  await badge(page, 1);
  person.complaints = person.complaints.filter((text) => !text.includes('502'));
});

test('a session that is gone is renewed by the page, and the stream goes on where it was', async () => {
  const { context } = await come();
  const page = await person.tab();
  await listen(page);
  await context.clearCookies();
  await demo.kill();
  await page.waitForSelector('#link:not([data-status="live"])');
  await demo.up();
  await demo.send({ title: 'While signed out' });
  await live(page);
  await until('it is heard', async () => (await heard(page)).length > 0);
  assert.deepEqual(await heard(page), ['While signed out']);
  assert.equal((await context.cookies()).length, 1);
  person.complaints = person.complaints.filter((text) => !text.includes('status of 401'));
});

test('without network the page says so, and with it shows what came meanwhile', async () => {
  const { context } = await come();
  const page = await person.tab();
  await openPanel(page);
  await context.setOffline(true);
  await page.waitForSelector('#link[data-status="offline"]');
  await page.getByText('You’re offline').waitFor();
  await picture(page, 'offline');
  await demo.send({ title: 'While you were away' });
  await context.setOffline(false);
  await live(page);
  await row(page, 'While you were away').waitFor();
  await badge(page, 1);
});

test('…/sse/close/ stops a native EventSource for good: readyState 2 by a 204', async () => {
  await come();
  const page = await person.tab();
  const answers = [];
  page.on('response', (response) => response.url().endsWith('?batch=1') && answers.push(response.status()));
  const id = await page.evaluate(
    () =>
      new Promise((resolve) => {
        window.plain = new EventSource('/api/v1/notifications/sse/stream/?batch=1');
        window.plain.addEventListener('connection', (event) => resolve(JSON.parse(event.data).connection_id));
      }),
  );
  assert.deepEqual(await demo.ask('sse/close/', 'POST', { connection_id: id }), { status: 'success', closed: 1 });
  await until('the EventSource has stopped', () => page.evaluate(() => window.plain.readyState === 2));
  assert.deepEqual(answers, [200, 204]);
  await live(page); // the bell's own stream was not meant
});

test('streams closed by the server stay closed until the person asks', async () => {
  await come();
  const page = await person.tab();
  await openPanel(page);
  await demo.ask('sse/close/', 'POST');
  await page.waitForSelector('#link[data-status="stopped"]');
  await demo.send({ title: 'Unheard' });
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await live(page);
  await row(page, 'Unheard').waitFor();
  await bell(page).and(page.getByRole('button', { name: 'Notifications, 1 unread' })).waitFor();
});
