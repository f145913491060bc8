// Makes apps as a person would: a folder of its own, with the packages that npm would install.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';

const here = new URL('..', import.meta.url).pathname;
const packages = ['vue', 'react', 'react-dom', '@vitejs', 'vite', '@types', '@vue', 'csstype'];
/** Where the packages are: the newest, and the oldest that the client's peerDependencies name. */
export const ends = { newest: join(here, 'node_modules'), oldest: join(here, 'test/oldest/node_modules') };

/** A folder with packages, from a folder of the repository or from files; `client` is where @belfry/client is. */
export async function project(from, files = {}, client = here, installed = ends.newest) {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'belfry-project-')));
  if (from) await cp(from, dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  await mkdir(join(dir, 'node_modules/@belfry'), { recursive: true });
  for (const name of packages) {
    const own = join(installed, name);
    await symlink(existsSync(own) ? own : join(ends.newest, name), join(dir, 'node_modules', name));
  }
  // The client is copied, as npm does: it finds what it needs in the folder's packages.
  for (const name of ['package.json', 'dist', 'src']) await cp(join(client, name), join(dir, 'node_modules/@belfry/client', name), { recursive: true });
  return { dir, remove: () => rm(dir, { recursive: true }) };
}

/** Runs what `npm run dev` runs, with its own configuration; Belfry is at `belfry`. */
export async function dev({ dir }, belfry) {
  process.env.BELFRY_URL = belfry;
  const server = await createServer({
    root: dir,
    logLevel: 'silent',
    cacheDir: join(dir, '.vite'),
    server: { host: '127.0.0.1', port: 0, fs: { strict: false }, hmr: false },
  });
  await server.listen();
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
