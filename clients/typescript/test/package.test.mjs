import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { ends, project } from './projects.mjs';

const run = promisify(execFile);
const here = new URL('..', import.meta.url).pathname;
let dir, files;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belfry-pack-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], { cwd: here });
  const [{ filename, files: packed }] = Object.values(JSON.parse(stdout));
  files = packed.map((file) => file.path);
  await mkdir(join(dir, 'client'));
  await run('tar', ['xzf', join(dir, filename), '-C', join(dir, 'client'), '--strip-components=1']);
});
after(() => rm(dir, { recursive: true }));

test('the package holds what its entries name, each with its types, and nothing of ours besides', async () => {
  const { exports, sideEffects } = JSON.parse(await readFile(join(dir, 'client/package.json'), 'utf8'));
  const named = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)));
  const parts = ['ar', 'de', 'es', 'fr', 'header', 'preferences'].map((name) => `./dist/api/v1/parts/${name}.js`);
  for (const path of [...named, ...sideEffects, ...parts]) assert.ok(files.includes(path.slice(2)), `${path} is missing`);
  const sources = (await readdir(join(here, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts')).map((name) => name.replace(/\.ts$/, ''));
  const made = sources.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
  assert.deepEqual(made.filter((path) => !files.includes(path)), []);
  assert.deepEqual(files.filter((path) => !/^(dist\/(words\/)?[\w.-]+\.(js|d\.ts)|dist\/api\/v1\/parts\/\w+\.js|src\/(words\/)?[\w.-]+\.ts|README\.md|package\.json)$/.test(path)), []);
});

const strict = { strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, lib: ['ES2022', 'DOM'], types: [], skipLibCheck: false };

const vueApp = `
import { BelfryBell, useBelfry } from '@belfry/client/vue';
import { createApp, defineComponent, h } from 'vue';
import type { Notification } from '@belfry/client';

const App = defineComponent({
  setup() {
    const { items, unread, status, client } = useBelfry({ token: async () => ({ ticket: 'x' }), limit: 50 });
    const n: number = unread.value;
    const first: Notification | undefined = items.value[0];
    const archive = () => first && client.set(first.id, { archived: true });
    // @ts-expect-error there is no such state
    status.value === 'sleeping';
    return () => h(BelfryBell, { client, locale: 'de', onOpen: (event) => event.detail.url, onNotification: (m) => m.title, onClick: archive, key: n });
  },
});
createApp(App).mount('#app');
`;

const reactApp = `
import { BelfryBell, useBelfry } from '@belfry/client/react';
import type { Snapshot } from '@belfry/client';

export function App() {
  const { client, items, unread, status } = useBelfry({ filter: 'unread' });
  const snapshot: Snapshot = client.snapshot();
  // @ts-expect-error there is no such filter
  useBelfry({ filter: 'starred' });
  return (
    <p title={status} onClick={() => client.set(items[0]?.id ?? '', { read: true })}>
      {unread} {snapshot.more}
      <BelfryBell client={client} className="bell" strings={{ title: 'What is new' }} onOpen={(event) => event.preventDefault()} onNotification={(n) => n.title} />
      {/* @ts-expect-error a locale is no number */}
      <BelfryBell locale={7} />
    </p>
  );
}
`;

const plainApp = `
import { Belfry, BelfryError, type Change } from '@belfry/client';
import '@belfry/client/bell';
import { BelfryInbox } from '@belfry/client/inbox';

const inbox = new Belfry({ baseUrl: 'https://notify.example', token: 'x' });
inbox.onChange((change: Change) => change.kind === 'counts' && change.data.unread.toFixed());
inbox.readAll().catch((error: unknown) => error instanceof BelfryError && error.status);
document.querySelector('belfry-bell')!.client = inbox;
document.querySelector('belfry-inbox')!.categories = { order: 'Orders' };
document.addEventListener('belfry-open', (event) => event.preventDefault());
export const make = () => new BelfryInbox();
`;

const apps = { Vue: ['app.ts', vueApp], React: ['app.tsx', reactApp], plain: ['app.ts', plainApp] };

for (const [end, installed] of Object.entries(ends)) {
  for (const [name, [file, source]] of Object.entries(apps)) {
    for (const resolution of ['bundler', 'nodenext']) {
      test(`its types hold in a ${name} project under strict with the ${end} packages, resolved as ${resolution} does`, async () => {
        const compilerOptions = { ...strict, jsx: 'react-jsx', target: 'ES2022', moduleResolution: resolution, module: resolution === 'bundler' ? 'esnext' : 'nodenext' };
        const tsconfig = JSON.stringify({ compilerOptions, files: [file] });
        const made = await project(undefined, { 'package.json': '{"type":"module"}', 'tsconfig.json': tsconfig, [file]: source }, join(dir, 'client'), installed);
        try {
          await run(join(here, 'node_modules/.bin/tsc'), ['-p', made.dir]).catch((error) => assert.fail(error.stdout));
        } finally {
          await made.remove();
        }
      });
    }
  }

  test(`importing any entry where there is no browser does nothing, and the ${end} Vue and React render the empty element`, async () => {
    const script = `
      for (const entry of ['', '/bell', '/inbox', '/vue', '/react']) await import('@belfry/client' + entry);
      const { createSSRApp, h, version } = await import('vue');
      const { renderToString } = await import('vue/server-renderer');
      const vue = await import('@belfry/client/vue');
      const App = { setup() { const { unread } = vue.useBelfry(); return () => h('p', [unread.value, h(vue.BelfryBell, { locale: 'de' })]); } };
      const React = await import('react');
      const server = await import('react-dom/server');
      const react = await import('@belfry/client/react');
      const Page = () => React.createElement('p', null, react.useBelfry().unread, React.createElement(react.BelfryBell, { locale: 'de' }));
      const rendered = [await renderToString(createSSRApp(App)), server.renderToString(React.createElement(Page))];
      console.log(JSON.stringify({ rendered, elements: typeof globalThis.customElements, versions: [version, React.version] }));
    `;
    const made = await project(undefined, { 'package.json': '{"type":"module"}', 'ssr.mjs': script }, join(dir, 'client'), installed);
    try {
      const { stdout } = await run(process.execPath, ['ssr.mjs'], { cwd: made.dir });
      const { rendered, elements, versions } = JSON.parse(stdout);
      assert.deepEqual(rendered, ['<p>0<belfry-bell></belfry-bell></p>', '<p>0<belfry-bell></belfry-bell></p>']);
      assert.equal(elements, 'undefined');
      const oldest = versions[0] === '3.4.0' && versions[1].startsWith('18.0.0');
      assert.equal(oldest, end === 'oldest', String(versions));
    } finally {
      await made.remove();
    }
  });
}
