import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, test } from 'node:test';
import { Demo, launch, Person, picture, until } from './harness.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core');

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
  await person?.leave();
  person = undefined;
});

async function come(options) {
  person = await Person.come(browser, demo, options);
  return person;
}

const asApp = async (path) => {
  const answer = await fetch(`${demo.url}${path}`, { headers: { Authorization: `Bearer ${demo.key}` } });
  assert.equal(answer.status, 200);
  return answer.json();
};

/** Sends a mail, and waits until it was made; resolves to its delivery. */
async function mail(notification) {
  const { id } = await demo.send({ channels: ['in_app', 'email'], ...notification });
  return until('the mail was made', async () => {
    const { deliveries } = await asApp(`/api/v1/notifications/${id}/`);
    return deliveries.find((d) => d.channel === 'email' && d.state === 'captured');
  });
}

const order = {
  category: 'order.assigned',
  title: 'Order 1138 is yours',
  body: 'Ada handed it over to you. It is due on Friday.\n\nPlease call the customer first: the key is under the mat, and the dog is friendly.',
  url: '/demo/',
  actor: { id: '7', name: 'Ada Lovelace' },
};

/** What axe says against a page, in short. axe is no part of the page, so it is put in past the page's policy. */
async function faults(page, runOnly) {
  const source = await readFile(axe, 'utf8');
  await page.evaluate(source);
  const { violations } = await page.evaluate((options) => globalThis.axe.run(document, options), { iframes: false, ...(runOnly && { runOnly }) });
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`);
}

const box = (page, selector) => page.locator(selector).first().boundingBox();

for (const colorScheme of ['light', 'dark']) {
  test(`the default mail looks right on a phone, ${colorScheme}`, async () => {
    const { id } = await mail(order);
    await come({ viewport: { width: 375, height: 720 }, colorScheme });
    const page = await person.tab(`${demo.url}/dashboard/mail/${id}/html`);
    await picture(page, `mail-375-${colorScheme}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375, 'nothing is wider than the phone');
    const size = (selector) => page.locator(selector).first().evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
    assert.ok((await size('.text')) >= 16 && (await size('.title')) >= 20 && (await size('.link')) >= 16);
    const button = await box(page, 'a.link');
    assert.ok(button.height >= 44 && button.width >= 250, `a thumb hits the button: ${JSON.stringify(button)}`);
    assert.ok(button.y + button.height < 720, 'the button is seen without scrolling');
    assert.equal(await page.locator('.preheader').isVisible(), false);
    const [r, g, b] = await page.locator('.card').evaluate((e) => getComputedStyle(e).backgroundColor.match(/\d+/g).map(Number));
    assert.equal((r + g + b) / 3 < 100, colorScheme === 'dark');
    await page.close();
    assert.deepEqual(person.complaints, []);
  });
}

/** The page of a mail that stands in a file: what a reader makes of its part text/html. */
async function pageOf(file) {
  const message = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n');
  const [, boundary] = /boundary="?([^"\n;]+)/.exec(message);
  const part = message.split(`--${boundary}`).find((text) => /^content-type: text\/html/im.test(text));
  assert.match(part, /^content-transfer-encoding: quoted-printable/im);
  const body = part.slice(part.indexOf('\n\n') + 2).replace(/=\n/g, '');
  return Buffer.from(body.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8');
}

// A mailbox that was full rests for longer than a test, so the mail is the one that the server's own test holds to be what is sent.
for (const colorScheme of ['light', 'dark']) {
  test(`a mail that tells of several looks right on a phone, ${colorScheme}`, async () => {
    const html = await pageOf(new URL('../../../internal/letter/testdata/folded.eml', import.meta.url));
    await come({ viewport: { width: 375, height: 720 }, colorScheme });
    const page = await person.context.newPage();
    await page.setContent(html);
    await picture(page, `mail-folded-375-${colorScheme}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375, 'nothing is wider than the phone');
    assert.deepEqual(await page.locator('.title').allTextContents(), ['Order 0', 'Order 1', 'Order 2']);
    const buttons = page.locator('a.link');
    assert.deepEqual(await buttons.evaluateAll((all) => all.map((e) => new URL(e.href).pathname)), ['/orders/0', '/orders/1', '/orders/2']);
    for (const button of await buttons.all()) {
      const { height, width } = await button.boundingBox();
      assert.ok(height >= 44 && width >= 250, `a thumb hits the button: ${width} by ${height}`);
    }
    const sizes = await page.locator('.text, .title, .actor').evaluateAll((all) => all.map((e) => parseFloat(getComputedStyle(e).fontSize)));
    assert.ok(Math.min(...sizes) >= 16, `no text is small: ${sizes}`);
    assert.equal(await page.locator('.preheader').isVisible(), false);
    assert.equal(await page.getByText('<b>Less & more</b>').isVisible(), true, 'what somebody wrote is text');
    const [r, g, b] = await page.locator('.card').evaluate((e) => getComputedStyle(e).backgroundColor.match(/\d+/g).map(Number));
    assert.equal((r + g + b) / 3 < 100, colorScheme === 'dark');
    assert.deepEqual(await faults(page, ['wcag2a', 'wcag2aa']), [], 'a mail is no page: landmarks are its reader’s');
  });
}

test('the pages for operators are accessible, and break no policy', async () => {
  const { id } = await mail(order);
  await demo.send({ ...order, to: 'a-person-without-an-address', channels: ['email'] }); // skipped, which the list shows
  for (const options of [{ viewport: { width: 1280, height: 900 } }, { viewport: { width: 375, height: 720 }, colorScheme: 'dark' }]) {
    await come(options);
    for (const [name, path] of [['list', ''], ['mail', `mail/${id}`], ['sign-in', 'sign-in']]) {
      const page = await person.tab(`${demo.url}/dashboard/${path}`);
      await picture(page, `dashboard-${name}-${options.viewport.width}`);
      assert.deepEqual(await faults(page), [], name);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(width, options.viewport.width, `${name} is not wider than the window`);
      assert.equal(await page.evaluate(() => document.scripts.length), 0, 'there is no script');
    }
    assert.deepEqual(person.complaints, []);
    await person.leave();
  }
  person = undefined;
});

test('a mail is seen as on a phone, on a desktop, by day and by night, without a script', async () => {
  const { id } = await mail(order);
  await come({ viewport: { width: 1280, height: 900 } });
  const page = await person.tab(`${demo.url}/dashboard/mail/${id}`);
  const shade = (frame) => page.frameLocator(frame).locator('.card').evaluate((e) => getComputedStyle(e).backgroundColor);
  assert.equal(await shade('.day'), 'rgb(255, 255, 255)');
  await page.getByText('Dark', { exact: true }).click();
  await page.locator('.night').waitFor();
  assert.equal(await page.locator('.day').isVisible(), false);
  assert.equal(await shade('.night'), 'rgb(26, 30, 43)');
  await page.getByText('Desktop', { exact: true }).click();
  assert.ok((await box(page, '.night')).width > 700);
  await picture(page, 'dashboard-mail-dark-desktop');
  assert.deepEqual(person.complaints, []);
});

test('a mail with a script does nothing', async () => {
  const html = `<!doctype html><title>Evil</title><style>@import url(https://evil.example/x.css); p { color: red }</style>
    <p id="p">Kept as it was</p>
    <script>document.getElementById('p').textContent = 'run'; parent.document.title = 'run'; top.location = 'https://evil.example/'</script>
    <img src="https://evil.example/x.png" onerror="document.getElementById('p').textContent = 'run'">
    <img src="/dashboard/static/icon.svg"><svg onload="document.getElementById('p').textContent = 'run'"></svg>
    <form action="/dashboard/sign-out" method="post"><button id="b">Go</button></form>
    <a id="a" href="https://evil.example/" target="_top">Out</a><base href="https://evil.example/"><meta http-equiv="refresh" content="0; url=https://evil.example/">`;
  const { id } = await mail({ title: 'Evil', email: { html } });
  await come({ viewport: { width: 1280, height: 900 } });
  const asked = [];
  // What a policy forbids never comes to a route.
  await person.context.route('https://evil.example/**', (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  const address = `${demo.url}/dashboard/mail/${id}`;
  const page = await person.tab(address);
  const frame = page.frameLocator('.day');
  assert.equal(await frame.locator('#p').textContent(), 'Kept as it was');
  await frame.locator('#a').click({ noWaitAfter: true });
  await frame.locator('#b').click({ noWaitAfter: true });
  assert.equal(await page.title(), 'Evil · Belfry');
  assert.equal(page.url(), address);
  const inside = await page.locator('.day').evaluate((e) => e.contentDocument);
  assert.equal(inside, null, 'the frame has an origin of its own');
  // Opened by itself, the mail is as tame.
  const alone = await person.context.newPage();
  await alone.goto(`${address}/html`);
  assert.equal(await alone.locator('#p').textContent(), 'Kept as it was');
  assert.equal(await alone.evaluate(() => self.origin), 'null');
  assert.deepEqual(asked, [], 'nothing was asked elsewhere');
  await alone.goto('https://evil.example/here').catch(() => {});
  assert.deepEqual(asked, ['https://evil.example/here'], 'and it would have been noticed');
});

test('an operator signs in with a key, sends again, signs out', async () => {
  const { id } = await mail({ ...order, title: 'Again' });
  await come();
  const page = await person.tab(`${demo.url}/dashboard/mail/${id}`);
  assert.equal(await page.getByRole('button', { name: 'Send again' }).count(), 0, 'who did not sign in may only look');
  await page.goto(`${demo.url}/dashboard/sign-in?to=/dashboard/mail/${id}`);
  await page.getByLabel('API key').fill('bf_not-a-key-of-this-server-at-all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('API key').fill(demo.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**/dashboard/mail/${id}`);
  const [cookie] = await person.context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/dashboard/']);
  assert.ok(!cookie.value.includes(demo.key));
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.waitForURL(`**/dashboard/mail/${id}`);
  await until('it is kept again', async () => (await asApp(`/api/v1/deliveries/${id}/`)).state === 'captured');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  assert.deepEqual(await person.context.cookies(), []);
});

test('the link of a mail stops such mails, when its page is told so', async () => {
  const { id } = await mail({ ...order, category: 'news.weekly' });
  await come({ viewport: { width: 375, height: 720 } });
  const page = await person.tab(`${demo.url}/dashboard/mail/${id}/html`);
  const link = await page.getByRole('link', { name: 'Unsubscribe' }).getAttribute('href');
  await page.goto(link);
  await picture(page, 'unsubscribe-375');
  assert.deepEqual(await faults(page), []);
  const before = await demo.ask('preferences/');
  assert.deepEqual(before.categories, {}, 'to look changes nothing');
  await page.getByRole('button', { name: 'Stop emails about news.weekly' }).click();
  await page.getByRole('status').waitFor();
  await picture(page, 'unsubscribed-375');
  assert.deepEqual((await demo.ask('preferences/')).categories, { 'news.weekly': { email: false } });
  await demo.ask('preferences/', 'PUT', { categories: {} });
  assert.deepEqual(person.complaints, []);
});
