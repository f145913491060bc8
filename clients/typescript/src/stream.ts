import { delay, type Backoff } from './backoff.js';
import { BelfryError } from './api.js';
import type { Change } from './inbox.js';
import type { Counts, Notification, Status } from './types.js';

/** What a stream needs from its owner, and what it tells it. */
export interface StreamOptions {
  /** The address of a stream that goes on where the inbox stands; asked before each connection. */
  url(): Promise<string>;
  /** Loads the list, if `reload` or if it is not loaded yet. What it throws makes the stream wait and try again. */
  load(reload: boolean): Promise<void>;
  /** Asks the server something small, for its answer: an EventSource does not tell a 401 from a 502. */
  probe(): Promise<unknown>;
  change(change: Change): void;
  status(status: Status, reason: string | null): void;
  /** Gets a new credential when the old one ends; without it a new connection is made with what `url` then gives. */
  renew?: (() => Promise<void> | void) | undefined;
  withCredentials: boolean;
  backoff?: Backoff | undefined;
  EventSource?: typeof EventSource | undefined;
}

/** The reasons for which a client stays away until it is told to come back. */
const final = new Set(['closed', 'revoked']);

/**
 * Keeps one native EventSource connected. The browser reconnects by itself after a lost connection; this takes over where
 * it gives up, where the line is silent, where the page comes back from sleep, and where the server says how.
 */
export class Stream {
  readonly #options: StreamOptions;
  #source: EventSource | null = null;
  #next: EventSource | null = null; // with a new credential; the old one goes when this one stands
  #running = false;
  #try = 0; // names the latest connect: an older one that is still waiting for an answer gives way
  #attempt = 0;
  #reload = false;
  #doubt = false; // the last stream was answered by something else than a stream
  #user: string | undefined; // whose stream it was the last time
  #heartbeat = 25_000;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#attempt = 0;
    void this.#connect();
  }

  /** Disconnects and stays so until `start`. */
  stop(reason: string | null = null): void {
    this.#running = false;
    this.#disconnect();
    this.#options.status('stopped', reason);
  }

  /** Lets the connection go without a word, as a page does that may be frozen; `wake` comes back. */
  sleep(): void {
    if (this.#running) this.#disconnect();
  }

  /** Makes sure that the stream is alive, at once instead of at the next timer: the page woke up, the network is back. */
  wake(): void {
    if (!this.#running) return;
    const silent = Date.now() - this.#heardAt > this.#heartbeat * 1.2;
    if (this.#source?.readyState === 1 && !silent) return;
    this.reconnect();
  }

  /** Connects anew now; `reload` loads the list first. */
  reconnect(reload = false): void {
    if (!this.#running) return this.start();
    this.#reload ||= reload;
    this.#attempt = 0;
    this.#disconnect();
    void this.#connect();
  }

  #disconnect(): void {
    this.#try++;
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#next?.close();
    this.#source = this.#next = null;
  }

  async #connect(): Promise<void> {
    const mine = ++this.#try;
    try {
      if (this.#doubt) await this.#options.probe();
      await this.#options.load(this.#reload);
      this.#doubt = this.#reload = false;
      const url = await this.#options.url();
      if (mine === this.#try) this.#open(url);
    } catch (error) {
      if (mine === this.#try) this.#failed(error);
    }
  }

  #open(url: string): void {
    const Source = this.#options.EventSource ?? EventSource;
    const source = new Source(url, { withCredentials: this.#options.withCredentials });
    this.#next?.close();
    if (this.#source) this.#next = source;
    else this.#source = source;
    const on = (name: string, handle: (data: never, cursor: string) => void) =>
      source.addEventListener(name, (event) => {
        if (source.readyState === 2) return; // closed by an earlier event of the same write
        this.#heard();
        handle(JSON.parse((event as MessageEvent<string>).data) as never, (event as MessageEvent).lastEventId);
      });
    on('connection', (data: Counts & { user_id: string; heartbeat_interval: number }, cursor) => {
      if (source === this.#next) this.#succeed();
      const another = this.#user !== undefined && this.#user !== data.user_id;
      this.#user = data.user_id;
      if (another) return this.reconnect(true); // somebody else signed in: nothing that is loaded is theirs
      this.#attempt = 0;
      this.#heartbeat = data.heartbeat_interval * 1000 || this.#heartbeat;
      this.#options.change({ kind: 'counts', cursor, counts: data });
      this.#options.status('live', null);
    });
    const upsert = (isNew: boolean) => (notification: Notification, cursor: string) =>
      this.#options.change({ kind: 'upsert', cursor, notification, isNew });
    on('message', upsert(true));
    on('update', upsert(false));
    on('delete', ({ id }: { id: string }, cursor) => this.#options.change({ kind: 'delete', cursor, id }));
    on('counts', (counts: Counts, cursor) => this.#options.change({ kind: 'counts', cursor, counts }));
    on('heartbeat', () => {});
    on('reset', () => this.reconnect(true));
    on('reauth', () => void this.#renew());
    on('close', (data: { reason: string; retry?: number }) => this.#closed(source, data));
    source.onerror = () => {
      if (source === this.#source) return this.#lost(source);
      source.close(); // a successor that never stood: the old one goes on
      this.#next = null;
    };
    this.#heard();
  }

  #succeed(): void {
    this.#source?.close();
    this.#source = this.#next;
    this.#next = null;
  }

  /** The server ended the stream and said why. */
  #closed(source: EventSource, { reason, retry = 0 }: { reason: string; retry?: number }): void {
    source.close();
    if (source !== this.#source) return; // a successor that was not let in: the old one goes on
    if (final.has(reason)) return this.stop(reason);
    this.#disconnect();
    this.#options.status('reconnecting', reason);
    if (reason === 'expired') void this.#renew();
    else this.#later(reason === 'limit' ? delay(0, retry, this.#options.backoff) : retry);
  }

  /** The connection broke. The browser is on it, unless it has given up: then something was answered that is no stream. */
  #lost(source: EventSource): void {
    this.#options.status(isOffline() ? 'offline' : 'reconnecting', null);
    if (source.readyState !== 2) return;
    this.#doubt = true;
    this.#disconnect();
    this.#later(delay(this.#attempt++, 0, this.#options.backoff));
  }

  #failed(error: unknown): void {
    const status = error instanceof BelfryError ? error.status : -1;
    const refused = status === 401 || status === 403;
    const wait = delay(this.#attempt++, 0, this.#options.backoff);
    this.#disconnect();
    if (refused && this.#attempt === 1 && this.#options.renew) return void this.#renew(); // often it just ran out
    this.#options.status(refused ? 'unauthorized' : 'offline', null);
    this.#later(wait, refused);
  }

  #later(wait: number, renew = false): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void (renew ? this.#renew() : this.#connect()), wait);
  }

  /** Gets a new credential and connects with it; the old connection stays until the new one stands. */
  async #renew(): Promise<void> {
    const mine = ++this.#try;
    try {
      await this.#options.renew?.();
      if (mine === this.#try) await this.#connect();
    } catch (error) {
      if (mine === this.#try) this.#failed(error);
    }
  }

  /** Starts the watch anew: a server that lives says something every heartbeat. */
  #heard(): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#options.status('reconnecting', null);
      this.reconnect();
    }, this.#heartbeat * 2);
  }
}

function isOffline(): boolean {
  return typeof navigator !== 'undefined' && navigator.onLine === false;
}
