import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { badge, bell, Demo, launch, openPanel, Person, picture, row, rows, until } from './harness.mjs';

const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

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
  assert.deepEqual(complaints, []);
});

async function visit(options) {
  person = await Person.come(browser, demo, options);
  return person.tab();
}

/** An inbox as people have them. */
async function fill() {
  const letters = [
    { title: 'Welcome to the project', body: 'Take two minutes to set up your profile.' },
    { title: 'Invoice 2041 was paid', body: '€ 1,240.00 by Globex Corporation.', actor: { name: 'Billing' } },
    { title: 'Grace Hopper mentioned you', actor: { name: 'Grace Hopper' }, body: '“Can you check the port numbers before we ship this? The second looks swapped to me, and the third I have not tried on the other machine yet, so please have a look at both.”' },
    { title: 'Backup failed on db-2', body: 'The disk is 97 % full. The last good backup is from yesterday, 23:10.', actor: { name: 'Operations' }, priority: 'critical' },
    { title: 'Review requested: fix the cursor merge', body: 'Adds the missing half of the comparison, with a test.', actor: { name: 'Barbara Liskov' }, priority: 'high' },
    { title: 'Alan Turing joined the project', actor: { name: 'Alan Turing' } },
    { title: 'Order 1138 is yours', body: 'Ada handed it over to you. It is due on Friday.', actor: { name: 'Ada Lovelace' } },
  ];
  for (const letter of letters) await demo.send({ url: '/demo/', ...letter });
  const { results } = await demo.ask();
  for (const n of results.slice(4)) await demo.ask(`${n.id}/`, 'PATCH', { read: true, seen: true });
}

/** What holds the focus, inside the bell too. */
const focused = (page) =>
  page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (at?.matches('[role=tab]')) return at.textContent;
    if (at?.matches('.item')) return at.querySelector('.text').textContent.replace('Unread:', '').trim();
    return at?.getAttribute('aria-label') ?? at?.className;
  });

async function inspect(page, what) {
  await page.evaluate(axe); // not a script element: the page's policy would forbid it
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary}`).join('\n  ')}`);
  assert.deepEqual(found, [], what);
}

const calm = { reducedMotion: 'reduce' }; // pictures and colour checks of a page that stands still
const sizes = { wide: { width: 1200, height: 860 }, narrow: { width: 375, height: 740 } };

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in ${colorScheme}, closed, empty, open, and on a narrow screen`, async () => {
    const page = await visit({ ...calm, colorScheme, viewport: sizes.wide });
    await openPanel(page);
    await page.getByText('You’re all caught up').waitFor();
    await inspect(page, 'empty');
    await picture(page, `empty-${colorScheme}`);
    await page.keyboard.press('Escape');
    await fill();
    await badge(page, 4);
    await inspect(page, 'closed');
    await picture(page, `page-${colorScheme}`);
    await openPanel(page);
    await row(page, 'Order 1138').hover();
    await inspect(page, 'open');
    await picture(page, `open-${colorScheme}`);
    await page.setViewportSize(sizes.narrow);
    await inspect(page, 'narrow');
    await picture(page, `narrow-open-${colorScheme}`);
  });
}

test('on a telephone nothing sticks out, and a tap reads and archives', async () => {
  const page = await visit({ ...calm, viewport: sizes.narrow, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await fill();
  await badge(page, 4);
  await picture(page, 'phone');
  await bell(page).tap();
  await rows(page).first().waitFor();
  await picture(page, 'phone-open');
  await inspect(page, 'phone');
  await page.getByRole('button', { name: 'Mark as read: Order 1138 is yours' }).tap();
  await badge(page, 3);
  await page.getByRole('button', { name: 'Archive: Order 1138 is yours' }).tap();
  await row(page, 'Order 1138').waitFor({ state: 'detached' });
  for (const width of [375, 320]) {
    await page.setViewportSize({ width, height: 640 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `the page is ${wide} wide in a window of ${width}`);
    await until(`the panel stands inside ${width} by 640`, async () => {
      const box = await page.locator('belfry-bell .panel').boundingBox();
      return box.x >= 0 && box.x + box.width <= width && box.y + box.height <= 640;
    });
  }
});

test('the keyboard alone opens, walks, reads, archives, marks all and goes back', async () => {
  const page = await visit();
  for (const title of ['One', 'Two', 'Three', 'Four']) await demo.send({ title });
  await badge(page, 4);
  await bell(page).focus();
  assert.equal(await focused(page), 'Notifications, 4 unread');
  await page.keyboard.press('Enter');
  await rows(page).first().waitFor();
  assert.equal(await bell(page).getAttribute('aria-expanded'), 'true');
  await until('the panel has the focus', async () => (await focused(page)) === 'panel');
  const walk = async (key, want) => {
    await page.keyboard.press(key);
    await until(`${key} leads to ${want}`, async () => (await focused(page)) === want);
  };
  await walk('ArrowDown', 'Four');
  await walk('ArrowDown', 'Three');
  await walk('End', 'One');
  await walk('ArrowDown', 'One');
  await walk('ArrowUp', 'Two');
  await walk('Home', 'Four');
  await page.keyboard.press('Enter');
  await badge(page, 3);
  await walk('ArrowDown', 'Three');
  await walk('Delete', 'Two');
  await row(page, 'Three').waitFor({ state: 'detached' });
  await badge(page, 2);
  await walk('Tab', 'Mark as read: Two');
  await walk('Tab', 'Archive: Two');
  await walk('Shift+Tab', 'Mark as read: Two');
  await page.keyboard.press('Space');
  await badge(page, 1);
  await walk('Escape', 'Notifications, 1 unread');
  assert.equal(await page.locator('belfry-bell .panel').count(), 0);
  await page.keyboard.press('ArrowDown');
  await until('the arrow opens at the first', async () => (await focused(page)) === 'Four');
  await walk('Shift+Tab', 'All');
  await walk('Shift+Tab', 'Email settings');
  await walk('Shift+Tab', 'Mark all as read');
  await page.keyboard.press('Enter');
  await badge(page, 0);
  await walk('Shift+Tab', 'Notifications');
  await walk('Escape', 'Notifications');
  assert.equal(await page.locator('belfry-bell .panel').count(), 0);
});

test('the tabs, taking back, and the email settings need no mouse either', async () => {
  const page = await visit();
  for (const title of ['Erste', 'Zweite', 'Dritte']) await demo.send({ title });
  await badge(page, 3);
  await bell(page).focus();
  const walk = async (key, want) => {
    await page.keyboard.press(key);
    await until(`${key} leads to ${want}`, async () => (await focused(page)) === want);
  };
  await page.keyboard.press('ArrowDown');
  await until('the first has the focus', async () => (await focused(page)) === 'Dritte');
  await walk('Delete', 'Zweite');
  await badge(page, 2);
  await page.keyboard.press('Control+z');
  await badge(page, 3);
  await row(page, 'Dritte').waitFor();
  await page.keyboard.press('Delete'); // nothing in the list has the focus: nothing goes
  await walk('ArrowDown', 'Dritte');
  await walk('ArrowDown', 'Zweite');
  await walk('Delete', 'Erste');
  await badge(page, 2);
  await walk('Shift+Tab', 'All');
  await walk('ArrowRight', 'Archived');
  await row(page, 'Zweite').waitFor();
  await walk('ArrowDown', 'Zweite');
  await walk('Tab', 'Mark as read: Zweite');
  await walk('Tab', 'Move back: Zweite');
  await page.keyboard.press('Enter');
  await badge(page, 3);
  await row(page, 'Zweite').waitFor({ state: 'detached' });
  await walk('Shift+Tab', 'Archived');
  await walk('ArrowRight', 'Unread');
  await until('it is back', async () => (await rows(page).count()) === 3);
  await walk('Shift+Tab', 'Email settings');
  await walk('Enter', 'Back');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await until('no mail is wanted', async () => (await demo.ask('preferences/')).categories['*']?.email === false);
  await inspect(page, 'settings');
  await walk('Shift+Tab', 'Back');
  await walk('Enter', 'Email settings');
  await demo.ask('preferences/', 'PUT', { categories: {} });
});

test('what arrives is shown for a while, and goes where it is clicked; a quiet bell shows the number alone', async () => {
  const page = await visit({ ...calm, viewport: sizes.wide });
  const toast = page.locator('belfry-bell .toast');
  await demo.send({ title: 'The build is green', body: 'All of it.', url: '/demo/?build' });
  await toast.getByText('The build is green').waitFor();
  await inspect(page, 'toast');
  await picture(page, 'toast');
  await toast.getByRole('link').click();
  await badge(page, 0);
  await toast.waitFor({ state: 'detached' });
  await page.evaluate(() => (document.querySelector('belfry-bell').quiet = true));
  await demo.send({ title: 'Hush' });
  await badge(page, 1);
  assert.equal(await toast.count(), 0);
});

test('where the page says so, what is shown counts as read', async () => {
  const page = await visit();
  for (const title of ['One', 'Two']) await demo.send({ title });
  await badge(page, 2);
  await page.evaluate(() => (document.querySelector('belfry-bell').readOnOpen = true));
  await openPanel(page);
  await badge(page, 0);
  assert.equal((await demo.ask('counts/')).unread, 0);
});

test('it speaks five languages, and at twice the size nothing sticks out', async () => {
  // Half the pixels of a window are what zooming to 200 % leaves.
  const page = await visit({ ...calm, viewport: { width: 600, height: 430 }, deviceScaleFactor: 2 });
  await fill();
  await badge(page, 4);
  await openPanel(page);
  for (const [lang, title, dir] of [
    ['de', 'Mitteilungen', 'ltr'],
    ['fr', 'Notifications', 'ltr'],
    ['es', 'Notificaciones', 'ltr'],
    ['ar', 'الإشعارات', 'rtl'],
    ['en-GB', 'Notifications', 'ltr'],
  ]) {
    await page.evaluate(([lang, dir]) => {
      Object.assign(document.documentElement, { lang, dir });
      document.querySelector('belfry-bell').update();
    }, [lang, dir]);
    await page.getByRole('dialog').getByRole('heading', { name: title, exact: true }).waitFor();
    await inspect(page, lang);
    await picture(page, `zoom-${lang}`);
    const box = await page.locator('belfry-bell .panel').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 600 && box.y + box.height <= 430, `${lang}: ${JSON.stringify(box)}`);
  }
});

test('words that cannot be loaded are English, asked for now and then, and come when they can', async () => {
  person = await Person.come(browser, demo, calm);
  let asked = 0;
  await person.context.route('**/parts/de.js', (route) => (asked++, route.abort()));
  const page = await person.tab();
  await page.evaluate(() => (document.querySelector('belfry-bell').locale = 'de'));
  await demo.send({ title: 'One' });
  await badge(page, 1);
  await openPanel(page);
  await page.getByRole('tab', { name: 'Unread' }).waitFor();
  const before = asked;
  for (let i = 0; i < 3; i++) await page.evaluate(() => fetch('/healthz')); // time for more
  assert.ok(before > 0 && asked - before < 2 && asked < 12, `asked ${before}, then ${asked} times`);
  await person.context.unroute('**/parts/de.js');
  await until('the words have come', async () => {
    await page.evaluate(() => document.querySelector('belfry-bell').update());
    return (await page.getByRole('tab', { name: 'Ungelesen' }).count()) === 1;
  });
  person.complaints = person.complaints.filter((text) => !text.includes('net::ERR_FAILED'));
});

test('Tab past the end, and a click beside it, close the panel', async () => {
  const page = await visit();
  await demo.send({ title: 'Only' });
  await badge(page, 1);
  await openPanel(page);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.locator('belfry-bell .panel').waitFor({ state: 'detached' });
  await openPanel(page);
  await page.getByRole('heading', { name: 'Ring the bell.' }).click();
  await page.locator('belfry-bell .panel').waitFor({ state: 'detached' });
});

test('a screen reader hears what arrives, one sentence for a burst', async () => {
  const page = await visit();
  const said = page.locator('belfry-bell .said[role="status"]').first();
  await demo.send({ title: 'The build is green' });
  await until('the arrival is said', async () => (await said.textContent()) === 'New notification: The build is green');
  await page.getByRole('button', { name: 'Notifications, 1 unread' }).waitFor();
  await page.evaluate(() => dispatchEvent(new Event('pagehide'))); // as when the browser puts the page to sleep
  for (const title of ['One', 'Two', 'Three']) await demo.send({ title });
  await page.evaluate(() => dispatchEvent(new Event('pageshow'))); // the stream goes on with the three in one write
  await until('the burst is said', async () => (await said.textContent()) === '3 new notifications');
});

test('a link is followed after it is marked as read, unless the page goes its own way', async () => {
  const page = await visit();
  await demo.send({ title: 'Health', url: '/healthz' });
  await demo.send({ title: 'Here', url: '/demo/?here' });
  await badge(page, 2);
  await page.evaluate(() => (window.same = true));
  await openPanel(page);
  await row(page, 'Here').locator('a').click();
  await badge(page, 1);
  assert.equal(await page.evaluate(() => window.same), true, 'the sample app stays where it is');
  await openPanel(page);
  await row(page, 'Health').locator('a').click();
  await page.waitForURL('**/healthz');
  await until('it is read, though the page is gone', async () => (await demo.ask('counts/')).unread === 0);
});

test('a hundred and more is 99+, and older ones come page by page', async () => {
  const page = await visit();
  for (let i = 1; i <= 105; i++) await demo.send({ title: `Letter ${i}` });
  await badge(page, '99+');
  await page.reload();
  await badge(page, '99+');
  await openPanel(page);
  // By the keyboard alone: End goes to the last that is loaded, and there more are.
  await rows(page).first().waitFor();
  const last = page.locator('belfry-bell li').last();
  await until('the oldest is reached, and has the focus', async () => {
    await page.keyboard.press('End');
    return (await focused(page)) === 'Letter 1';
  });
  assert.equal(await last.getAttribute('aria-posinset'), '105');
  assert.equal(await last.getAttribute('aria-setsize'), '105');
  assert.ok((await rows(page).count()) < 40, 'only what is seen, and a little more, is in the page');
  await page.keyboard.press('Home');
  await until('the newest has it', async () => (await focused(page)) === 'Letter 105');
});

test('a page of the list that cannot be loaded is not asked for again and again, but when one scrolls', async () => {
  const page = await visit();
  for (let i = 0; i < 25; i++) await demo.send({ title: `Letter ${i}` });
  await badge(page, 25);
  await page.reload();
  await badge(page, 25);
  let asked = 0;
  await page.route('**/notifications/?*before=*', (route) => (asked++, route.fulfill({ status: 503, json: { title: 'Busy' } })));
  await openPanel(page);
  await rows(page).first().waitFor();
  await page.keyboard.press('End');
  await page.getByText('That didn’t work').waitFor();
  const before = asked;
  for (let i = 0; i < 3; i++) await page.evaluate(() => fetch('/healthz')); // time for more
  assert.ok(before < 4 && asked === before, `asked ${before}, then ${asked} times`);
  await page.unroute('**/notifications/?*before=*');
  const list = page.locator('belfry-bell .scroll');
  await list.evaluate((view) => (view.scrollTop = 0));
  await list.evaluate((view) => (view.scrollTop = view.scrollHeight));
  await page.keyboard.press('End');
  await until('the rest is there', () => page.evaluate(() => document.querySelector('belfry-bell').client.snapshot().items.length === 25));
  person.complaints = person.complaints.filter((text) => !text.includes('status of 503'));
});

test('what a notification says is text, never markup, and never a script', async () => {
  const page = await visit();
  await demo.send({ title: '<img src=x onerror=alert(1)>', body: '<b>bold</b>', actor: { name: '<i>', avatar_url: '/nowhere.png' } });
  await badge(page, 1);
  await openPanel(page);
  await row(page, '<img src=x onerror=alert(1)>').getByText('<b>bold</b>').waitFor();
  await page.locator('belfry-bell .avatar img').waitFor({ state: 'detached' });
  person.complaints = person.complaints.filter((text) => !text.includes('404')); // the picture that is not there
});

test('in a page that reads from right to left it is its own mirror', async () => {
  const page = await visit({ ...calm, viewport: sizes.wide });
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  await fill();
  await badge(page, 4);
  await openPanel(page);
  await picture(page, 'rtl');
  await until('the panel is flush with the button', async () => {
    const boxes = [page.locator('belfry-bell .panel').boundingBox(), bell(page).boundingBox()];
    const [panel, button] = await Promise.all(boxes);
    return Math.abs(panel.x - button.x) < 1;
  });
  const body = row(page, 'Order 1138').locator('.body');
  const [from, to] = await body.evaluate((element) => {
    const text = document.createRange();
    text.selectNodeContents(element);
    return [text.getBoundingClientRect().right, element.getBoundingClientRect().right];
  });
  assert.ok(Math.abs(from - to) < 2, `the text ends at ${from}, its box at ${to}: it does not stand at its side`);
});
