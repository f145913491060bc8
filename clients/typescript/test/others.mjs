// Browsers besides Chromium: Debian's Firefox by WebDriver BiDi, and WebKitGTK by its WebDriver, in a display of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';
import { Builder, Capabilities } from 'selenium-webdriver';
import { until } from './harness.mjs';

/** A tab that can go somewhere, and run a function of the page's. */
class FirefoxTab {
  constructor(page) {
    this.page = page;
  }
  goto(url) {
    return this.page.goto(url);
  }
  run(fn, ...args) {
    return this.page.evaluate(fn, ...args);
  }
}

export async function firefox() {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: process.env.BELFRY_FIREFOX ?? '/usr/bin/firefox-esr', headless: true });
  return { tab: async () => new FirefoxTab(await browser.newPage()), close: () => browser.close() };
}

class WebKitTab {
  constructor(driver, handle) {
    Object.assign(this, { driver, handle });
  }
  async goto(url) {
    await this.driver.switchTo().window(this.handle);
    await this.driver.get(url);
  }
  async run(fn, ...args) {
    await this.driver.switchTo().window(this.handle);
    return this.driver.executeScript(`return (${fn}).apply(null, arguments)`, ...args);
  }
}

export async function webkit() {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [display] = await once(createInterface(screen.stdio[3]), 'line');
  const port = await freePort();
  const env = { ...process.env, DISPLAY: `:${display}`, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
  const server = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await until('WebKit’s driver answers', async () => (await fetch(`${url}/status`).catch(() => null))?.ok);
  const [machine] = (await readdir('/usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const binary = `/usr/lib/${machine}/webkit2gtk-4.1/MiniBrowser`;
  const options = { binary, args: ['--automation'] };
  const driver = await new Builder().usingServer(url).withCapabilities(new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options })).build();
  let first = true;
  return {
    async tab() {
      if (!first) await driver.switchTo().newWindow('tab');
      first = false;
      return new WebKitTab(driver, await driver.getWindowHandle());
    },
    async close() {
      await driver.quit();
      for (const child of [server, screen]) {
        const gone = once(child, 'exit');
        child.kill();
        await gone;
      }
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
