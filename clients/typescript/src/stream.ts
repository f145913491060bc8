import type { Address } from './api.js';
import { delay } from './backoff.js';
import { open, type Sink, type Source } from './source.js';
import type { Change, Counts, Status } from './types.js';

/** What a stream needs from its owner, and what it tells it. */
export interface StreamOwner {
  /** Where a stream is that goes on where the inbox stands; asked before each connection. */
  address(): Promise<Address>;
  /** Loads the list, if `reload` or if it is not loaded yet. What it throws makes the stream wait and try again. */
  load(reload: boolean): Promise<unknown>;
  /** Whether this page is to hold the stream; where another tab does, the owner calls `reconnect` when that has changed. */
  turn(): Promise<boolean>;
  /** Asks the server something small, for its answer: an EventSource does not tell a 401 from a 502. */
  probe(): Promise<unknown>;
  /** Asks the server what is new, without a stream. */
  catchUp(): Promise<void>;
  change(change: Change): void;
  status(status: Status, reason?: string | null): void;
  /** Somebody else has signed in. */
  another(): void;
  /** Gets a new credential when the old one ends; without it a new connection is made with what `address` then gives. */
  renew?: (() => Promise<void> | void) | undefined;
}

/** After which silence at its beginning a stream is held back by something between, in milliseconds. */
const hold = 10_000;
/** Where no stream comes through: how long between two questions, and after how many, at most, a stream is tried again. */
const pollEvery = 5000;
const polls = 12;

/**
 * Keeps one stream connected. After the first break of a line the browser's own EventSource comes back by itself; all else is
 * here: what the browser gives up or tries in vain, a silent line, a page that wakes up, a credential that ends, what the
 * server says on closing, and a network that lets no stream through.
 */
export class Stream {
  readonly #owner: StreamOwner;
  #source: Source | undefined;
  #next: Source | undefined; // with a new credential, or on trial; the old one goes when this one stands
  #running = false;
  #asleep = false;
  #try = 0; // names the latest connect: an older one that is still waiting for an answer gives way
  #attempt = 0;
  #misses = 0; // streams in a row that brought nothing
  #reload = false;
  #user: string | undefined; // whose stream it was the last time
  #heartbeat = 25_000;
  #wish = 0; // how long the server wishes to be left alone
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: StreamOwner) {
    this.#owner = owner;
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (!this.#running) this.reconnect();
  }

  /** Disconnects and stays so until `start`. */
  stop(reason?: string | null): void {
    this.#running = false;
    this.#drop('stopped', reason);
  }

  /** Lets the connection go without a word, as a page does that may be frozen; `wake` comes back. */
  sleep(): void {
    this.#asleep = true;
    this.#drop();
  }

  /** Makes sure that the stream is alive, at once instead of at the next timer: the page woke up. */
  wake(): void {
    const silent = this.#source ? Date.now() - this.#heardAt > this.#heartbeat * 1.2 : this.#asleep || this.#retry;
    if (this.#running && silent) this.reconnect();
  }

  /** Connects anew now; `reload` loads the list first. A network that has just come back may need another try or two. */
  reconnect(reload = false, attempt = 0): void {
    this.#running = true;
    this.#reload ||= reload;
    this.#attempt = attempt;
    this.#drop();
    void this.#connect();
  }

  #drop(status?: Status, reason?: string | null): void {
    this.#try++;
    this.#wait();
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#giveUp();
    this.#source = undefined;
    if (status) this.#owner.status(status, reason);
  }

  #giveUp(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  /** Waits, or stops waiting: there is one timer for whatever is to be done next. */
  #wait(ms?: number, then?: () => void): void {
    clearTimeout(this.#retry);
    this.#retry = then && setTimeout(() => ((this.#retry = undefined), then()), ms);
  }

  /** Connects, with a new credential if `renew`; an old connection stays until the new one stands. */
  async #connect(renew = false): Promise<void> {
    const mine = ++this.#try;
    const owner = this.#owner;
    this.#asleep = false;
    try {
      if (renew) await owner.renew?.();
      if (this.#misses) await (this.#misses > 1 ? owner.catchUp() : owner.probe());
      await owner.load(this.#reload);
      this.#reload = false;
      if (!(await owner.turn())) return;
      if (this.#misses > 1) await this.#poll(mine);
      else await this.#open(mine);
    } catch (error) {
      if (mine === this.#try) this.#failed(error);
    }
  }

  /** Asks again and again where streams do not come through, and tries one now and then, ever more rarely. */
  async #poll(mine: number): Promise<void> {
    this.#attempt = 0;
    if (mine === this.#try) this.#owner.status('polling');
    for (let asked = 1, trial = 2; mine === this.#try; asked++) {
      await new Promise<void>((go) => this.#wait(pollEvery, go));
      await this.#owner.catchUp();
      if (asked !== trial) continue;
      trial += Math.min(trial, polls);
      await this.#open(mine); // until it stands, the asking goes on
    }
  }

  /** Opens a stream: the only one, or one that is to follow another when it stands. */
  async #open(mine: number): Promise<void> {
    const address = await this.#owner.address();
    if (mine !== this.#try) return;
    let brought = false;
    const sink: Sink = {
      event: (name, data, cursor) => {
        brought = true;
        if (source === this.#next) {
          if (name !== 'connection') return this.#giveUp(); // it was not let in: the old one goes on
          this.#next = undefined;
          this.#drop();
          this.#source = source;
        }
        this.#heard(this.#heartbeat * 2);
        this.#take(name, data, cursor);
      },
      lost: (again, status) => {
        if (source === this.#next) return this.#giveUp();
        this.#heardAt = 0;
        if (!again || !brought) return this.#lost(status, brought);
        brought = false; // what breaks again before it has brought anything is not left to the browser
        this.#owner.status(broken());
      },
    };
    const source = open(address, sink);
    this.#giveUp();
    if (this.#source || this.#misses > 1) this.#next = source;
    else {
      this.#source = source;
      this.#heard(hold);
    }
  }

  #take(name: string, data: never, cursor: string): void {
    if (name === 'connection') this.#connected(data, cursor);
    else if (name === 'reset') this.reconnect(true);
    else if (name === 'reauth') void this.#connect(true);
    else if (name === 'close') this.#closed(data);
    else if (name !== 'heartbeat') this.#owner.change({ kind: name === 'notification' ? 'message' : name, cursor, data } as Change);
  }

  #connected(data: Counts & { user_id: string; heartbeat_interval: number; retry?: number }, cursor: string): void {
    const before = this.#user ?? data.user_id;
    this.#user = data.user_id;
    if (before !== this.#user) {
      this.#owner.another(); // nothing that is loaded is theirs
      return this.reconnect(true);
    }
    this.#attempt = this.#misses = 0;
    this.#wish = data.retry || 0;
    this.#heartbeat = data.heartbeat_interval * 1000 || this.#heartbeat;
    this.#heard(this.#heartbeat * 2);
    this.#owner.change({ kind: 'counts', cursor, data });
    this.#owner.status('live');
  }

  /** The server ended the stream and said why; after some reasons a client stays away until it is told to come back. */
  #closed({ reason, retry = 0 }: { reason: string; retry?: number }): void {
    if (reason === 'closed' || reason === 'revoked') return this.stop(reason);
    this.#drop('reconnecting', reason);
    const expired = reason === 'expired';
    this.#later(expired ? 0 : reason === 'limit' ? delay(0, retry) : retry, expired);
  }

  /** The connection broke and the browser does not mend it, or tried in vain. */
  #lost(status: number, brought: boolean): void {
    if (status === 204) return this.stop('closed');
    if (status === 401 || status === 403) return this.#failed({ status });
    if (!brought) this.#misses++;
    this.#drop(broken());
    this.#later(delay(this.#attempt++, this.#wish));
  }

  #failed(error: unknown): void {
    const { status } = error as { status?: number };
    const refused = status === 401 || status === 403;
    const now = refused && !this.#attempt && this.#owner.renew; // often it just ran out
    this.#drop(now ? undefined : refused ? 'unauthorized' : 'offline');
    this.#later(now ? 0 : delay(this.#attempt), refused);
    this.#attempt++;
  }

  #later(ms: number, renew = false): void {
    this.#wait(ms, () => void this.#connect(renew));
  }

  /** Starts the watch anew: a server that lives says something every heartbeat. */
  #heard(patience: number): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      // What is silent from its beginning is held back, and will be the next time too.
      if (patience === hold) this.#misses = 2;
      this.#owner.status('reconnecting');
      this.reconnect();
    }, patience);
  }
}

/** What a page is whose stream is gone: the browser may know that there is no network at all. */
function broken(): Status {
  return globalThis.navigator?.onLine === false ? 'offline' : 'reconnecting';
}
