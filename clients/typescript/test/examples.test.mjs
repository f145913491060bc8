import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { badge, Demo, launch, openPanel, Person, picture, row, until } from './harness.mjs';
import { dev, ends, project } from './projects.mjs';

const examples = new URL('../../../examples/', import.meta.url).pathname;
let demo, browser, person, html;

before(async () => {
  html = createServer(async (_, response) => {
    // The page names the address of the guide, and here Belfry is elsewhere.
    const page = await readFile(`${examples}html/index.html`, 'utf8');
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(page.replaceAll('http://127.0.0.1:8000', demo.url));
  });
  await once(html.listen(0, '127.0.0.1'), 'listening');
  process.env.BELFRY_ALLOWED_ORIGINS = `http://127.0.0.1:${html.address().port}`;
  browser = await launch();
  demo = await Demo.start();
});
after(async () => {
  await browser?.close();
  await demo?.close();
  html?.close();
});
afterEach(async () => {
  const complaints = person?.complaints ?? [];
  await person?.leave();
  person = undefined;
  await demo.ask('mark/', 'POST', { state: 'archived', all: true });
  assert.deepEqual(complaints, []);
});

for (const [name, end] of ['vue', 'react'].flatMap((name) => Object.keys(ends).map((end) => [name, end]))) {
  test(`examples/${name}: the count, the list and the bell follow, in both tabs, by one stream, with the ${end} packages`, async () => {
    const app = await project(`${examples}${name}`, {}, undefined, ends[end]);
    const server = await dev(app, demo.url);
    try {
      person = await Person.come(browser, demo, { viewport: { width: 900, height: 700 } });
      const [one, two] = [await person.tab(server.url), await person.tab(server.url)];
      for (const page of [one, two]) await page.getByText('live', { exact: true }).waitFor({ timeout: 60_000 });
      await demo.send({ title: 'Order 1138 is yours' });
      for (const page of [one, two]) {
        await page.locator('p', { hasText: '1 unread' }).waitFor();
        await badge(page, 1);
        await until('the title has it', async () => (await page.title()) === '(1) Orders');
      }
      assert.equal((await demo.ask('sse/status/')).connections.length, 1);
      await one.getByRole('listitem').getByRole('button', { name: 'Read' }).click();
      for (const page of [one, two]) await badge(page, 0);
      await openPanel(two);
      await row(two, 'Order 1138').waitFor();
      await two.getByRole('button', { name: 'Email settings' }).click();
      await two.getByLabel('Orders').waitFor();
      await picture(two, `example-${name}-${end}`);
    } finally {
      await person?.leave();
      await server.close();
      await app.remove();
    }
  });
}

test('examples/html: a bell and an inbox on another address share one stream', async () => {
  person = await Person.come(browser, demo, { viewport: { width: 900, height: 900 } });
  await (await person.tab()).close(); // signs in
  const page = await person.tab(`http://127.0.0.1:${html.address().port}/`);
  await demo.send({ title: 'Across' });
  await badge(page, 1);
  await page.locator('belfry-inbox li', { hasText: 'Across' }).waitFor();
  assert.equal((await demo.ask('sse/status/')).connections.length, 1);
  await picture(page, 'example-html');
  await page.locator('belfry-inbox li').hover();
  await page.locator('belfry-inbox').getByRole('button', { name: 'Archive: Across' }).click();
  await badge(page, 0);
  await page.locator('belfry-inbox').getByRole('button', { name: 'Undo' }).click();
  await badge(page, 1);
});
