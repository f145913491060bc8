// Starts the real binary and the real browser. Nothing here sleeps: it waits for what must come, and says what did not.
import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;

/** Asks again and again until the answer is true. */
export async function until(what, ask, timeout = 20_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeout / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** `belfry demo` on data of its own, that can be killed and started again. */
export class Demo {
  static async start() {
    const dir = await mkdtemp(join(tmpdir(), 'belfry-web-'));
    const demo = new Demo(dir, join(dir, 'belfry'), `127.0.0.1:${await freePort()}`);
    try {
      await run('go', ['build', '-o', demo.binary, './cmd/belfry'], { cwd: root });
      await demo.up();
      await demo.learn();
    } catch (error) {
      await demo.close();
      throw error;
    }
    return demo;
  }

  constructor(dir, binary, addr) {
    Object.assign(this, { dir, binary, addr, url: `http://${addr}`, output: '' });
  }

  async up() {
    const env = { ...process.env, BELFRY_ADDR: this.addr, BELFRY_RATE_LIMITS: 'off' };
    this.child = spawn(this.binary, ['demo'], { cwd: this.dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const pipe of [this.child.stdout, this.child.stderr]) pipe.on('data', (text) => (this.output += text));
    await until('the server is ready', async () => {
      if (this.child.exitCode !== null) throw new Error(`belfry demo ended:\n${this.output}`);
      return (await fetch(`${this.url}/readyz`).catch(() => null))?.ok;
    });
  }

  child = null;

  /** Ends the process without a warning, as a power cut would. */
  async kill() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  async close() {
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.kill();
    await rm(this.dir, { recursive: true });
  }

  /** Reads the key from the line that the page shows, and signs in as the page does. */
  async learn() {
    const info = await (await fetch(`${this.url}/demo/info`)).json();
    this.curl = info.curl;
    this.user = info.user_id;
    this.key = /Bearer (\S+?)'/.exec(info.curl)[1];
    const session = await fetch(`${this.url}/demo/session`, { method: 'POST' });
    this.cookie = session.headers.get('set-cookie').split(';')[0];
  }

  /** Sends as an app's back end does; resolves when the server has answered 201. */
  async send(notification) {
    const answer = await fetch(`${this.url}/api/v1/notifications/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ to: this.user, category: 'test.web', ...notification }),
    });
    if (answer.status !== 201) throw new Error(`send: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Pastes the line of the page into a shell. */
  async pasteCurl() {
    const { stdout } = await run('sh', ['-c', `${this.curl.replace(/^curl/, 'curl -sS --fail-with-body')}`]);
    return JSON.parse(stdout);
  }

  /** Asks as the person: what the server itself has. */
  async ask(path = '', method = 'GET', body) {
    const headers = { Cookie: this.cookie };
    if (body) headers['Content-Type'] = 'application/json';
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const answer = await fetch(`${this.url}/api/v1/notifications/${path}`, init);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** A token for some seconds, as an app's back end makes it. */
export function sign(secret, user, seconds) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ user_id: user, exp })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

export const chromiumPath = process.env.BELFRY_CHROMIUM ?? '/usr/bin/chromium';

export function launch() {
  const quiet = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--no-first-run', ...quiet] });
}

/**
 * One person's browser: tabs of it share cookies. What a page complains of is kept in `complaints`: an error in a script,
 * or anything that the page's Content-Security-Policy forbids.
 */
export class Person {
  complaints = [];

  static async come(browser, demo, options = {}) {
    const person = new Person();
    person.demo = demo;
    person.context = await browser.newContext(options);
    person.context.setDefaultTimeout(15_000);
    return person;
  }

  /** Opens a page: the sample app's, and waits until it is live, unless another is named. */
  async tab(url) {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.stack));
    page.on('console', (message) => {
      const offline = /net::ERR_(CONNECTION|INTERNET|INCOMPLETE|EMPTY)/.test(message.text());
      if (message.type() === 'error' && !offline) this.complaints.push(message.text());
    });
    await page.goto(url ?? `${this.demo.url}/demo/`);
    if (!url) await live(page);
    return page;
  }

  leave() {
    return this.context.close();
  }
}

export const live = (page) => page.waitForSelector('#link[data-status="live"]');
export const bell = (page) => page.locator('belfry-bell button.bell');
export const rows = (page) => page.locator('belfry-bell li');
export const row = (page, title) => rows(page).filter({ hasText: title });

/** Waits until the badge shows this number; 0 is no badge. */
export async function badge(page, want) {
  const shown = page.locator('belfry-bell .badge');
  if (want === 0) return shown.waitFor({ state: 'detached' });
  await until(`the badge shows ${want}`, async () => (await shown.textContent({ timeout: 100 }).catch(() => null)) === String(want));
}

export async function openPanel(page) {
  await bell(page).click();
  await page.locator('belfry-bell .panel').waitFor();
}

/** Keeps a picture for people to look at, where BELFRY_SCREENSHOTS names a folder. */
export async function picture(page, name) {
  const dir = process.env.BELFRY_SCREENSHOTS;
  if (!dir) return;
  await mkdir(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name}.png`) });
}
