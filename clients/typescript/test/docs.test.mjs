import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { badge, bell, Demo, launch, openPanel, Person, until } from './harness.mjs';
import { dev, project } from './projects.mjs';

// Every snippet of the front-end guides is run here, as it stands there. What each is expected to do stands in the table of
// its guide; a snippet without a line in the table, or a line without a snippet, fails.
const root = new URL('../../../', import.meta.url).pathname;
const secret = 'a-secret-that-only-this-test-knows-0123456789';
let demo, browser, person, app;

/** The app of the guides: its page is the snippet, Belfry is under the same address, and its back end gives tokens and tickets. */
async function serveApp() {
  const served = { page: '' };
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.url === '/') return void outgoing.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(served.page);
    if (incoming.url === '/my-app/token') return void outgoing.end(sign());
    const { hostname, port } = new URL(demo.url);
    const ticket = incoming.url === '/my-app/ticket';
    const path = ticket ? `/api/v1/users/${demo.user}/tickets/` : incoming.url;
    const headers = ticket ? { Authorization: `Bearer ${demo.key}` } : incoming.headers;
    const onward = request({ hostname, port, path, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  served.url = `http://127.0.0.1:${server.address().port}/`;
  served.close = () => (server.close(), server.closeAllConnections());
  return served;
}

function sign() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ user_id: demo.user, exp: Math.floor(Date.now() / 1000) + 60 })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

before(async () => {
  process.env.BELFRY_JWT_SECRET = secret;
  browser = await launch();
  demo = await Demo.start();
  app = await serveApp();
});
after(async () => {
  await browser?.close();
  app?.close();
  await demo?.close();
});
afterEach(async () => {
  await person?.leave();
  person = undefined;
  await demo.ask('mark/', 'POST', { state: 'archived', all: true });
});

/** What the guides take for granted: that a page can show a notification, a number, and go elsewhere. */
const page = (snippet) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,">
  <script>
    Object.assign(window, { shown: [], number: null, gone: [] });
    const show = (n) => shown.includes(n.title) || shown.push(n.title);
    const badge = (n) => (number = n);
    const go = (url) => gone.push(url);
    const redraw = show, remove = (id) => gone.push(id);
    const render = (rows, unread) => (rows.forEach(show), badge(unread));
  </script>
  ${snippet}`;
const module = (code) => page(`<body></body><script type="module">${code}</script>`);

const shows = (title) => async (tab) =>
  until(`${title} is shown`, () => tab.evaluate((t) => window.shown.includes(t), title));
const counts = (tab, n) => until(`the number is ${n}`, () => tab.evaluate((want) => window.number === want, n));

/** Sends one before the page is there, one when it is, and looks at what the page has. */
const both = (check) => async (open) => {
  await demo.send({ title: 'Before' });
  const tab = await open();
  await until('its stream is open', async () => (await demo.ask('sse/status/')).is_connected);
  await demo.send({ title: 'After' });
  await check(tab);
};

const live = both(async (tab) => {
  await shows('After')(tab);
  assert.equal((await tab.evaluate(() => window.shown)).includes('Before'), false, 'what was there before is not new');
});
const list = both(async (tab) => {
  await shows('Before')(tab);
  await shows('After')(tab);
});
const asBell = both((tab) => badge(tab, 2));

const guides = {
  'stream.md': [
    both(async (tab) => {
      await shows('After')(tab);
      await counts(tab, 2);
      const { results } = await demo.ask();
      await demo.ask(`${results.find((n) => n.title === 'Before').id}/`, 'PATCH', { read: true });
      await shows('Before')(tab); // as an update
      await counts(tab, 1);
    }),
    both(async (tab) => {
      await shows('Before')(tab);
      await counts(tab, 1);
    }),
  ],
  'front-end.md': [
    both(async (tab) => {
      await shows('After')(tab);
      await counts(tab, 2);
    }),
    list,
    asBell,
    both((tab) => tab.locator('belfry-inbox li', { hasText: 'After' }).waitFor()),
    async (open) => {
      const tab = await open();
      await until('its stream is open', async () => (await demo.ask('sse/status/')).is_connected);
      await openPanel(tab);
      await tab.getByRole('heading', { name: 'What is new' }).waitFor();
      await tab.getByText('Nothing. Go outside.').waitFor();
      await demo.send({ title: 'Here', url: '/orders/1138' });
      await shows('Here')(tab);
      await tab.locator('belfry-bell li a').click();
      assert.deepEqual(await tab.evaluate(() => window.gone), ['/orders/1138']);
      assert.equal(tab.url(), app.url);
    },
    both(async (tab) => {
      await badge(tab, 2);
      assert.equal(await tab.locator('belfry-bell .badge').evaluate((e) => getComputedStyle(e).fontSize), '12px');
      assert.equal(await bell(tab).locator('slot').evaluate((slot) => slot.assignedElements()[0].textContent), '🔔');
    }),
    both(async (tab) => {
      await shows('After')(tab);
      await counts(tab, 2);
    }),
    live,
    live,
  ],
  'from-polling.md': [
    async (open) => {
      await demo.send({ title: 'Before' });
      await shows('Before')(await open());
    },
    list,
  ],
  'vue.md': [asBell, both((tab) => tab.getByText('2 unread, live').waitFor())],
  'react.md': [asBell, both((tab) => tab.getByText('2 unread, live').waitFor())],
};

const apps = {
  vue: (code) => ({ 'src/main.js': `import { createApp } from 'vue'; import App from './App.vue'; createApp(App).mount('#app');`, 'src/App.vue': code.replace('<script setup>', '<script setup>\nconst show = window.show;') }),
  jsx: (code) => ({ 'src/main.jsx': `import { createRoot } from 'react-dom/client'; import { App } from './App.jsx'; createRoot(document.getElementById('app')).render(<App />);`, 'src/App.jsx': code }),
};

/** Opens a page that is the snippet, or an app whose only component it is; `use` does with it what is to be done. */
async function run(language, code, use) {
  person = await Person.come(browser, demo);
  await person.context.request.post(`${demo.url}/demo/session`); // signs in: the cookie is of the host, whatever the port
  if (!(language in apps)) {
    app.page = language === 'html' ? page(code) : module(code);
    return use(() => person.tab(app.url));
  }
  const framework = language === 'vue' ? 'vue' : 'react';
  const files = apps[language](code);
  const main = Object.keys(files)[0];
  const made = await project(`${root}examples/${framework}`, {
    ...files,
    'index.html': page(`<body><div id="app"></div><script type="module" src="/${main}"></script></body>`).replace('const show', 'window.show'),
  });
  const server = await dev(made, demo.url);
  try {
    await use(() => person.tab(server.url));
  } finally {
    await person.leave();
    await server.close();
    await made.remove();
  }
}

for (const [guide, expected] of Object.entries(guides)) {
  const text = await readFile(`${root}docs/guide/${guide}`, 'utf8');
  const snippets = [...text.matchAll(/^```(js|html|vue|jsx)\n([^]*?)^```/gm)];
  test(`${guide}: each snippet has its expectation`, () => assert.equal(snippets.length, expected.length));
  for (const [i, [, language, code]] of snippets.entries()) {
    test(`${guide}: snippet ${i + 1} (${language}) does what the guide says`, async () => {
      await run(language, code, expected[i]);
      assert.deepEqual(person.complaints, []);
    });
  }
}
