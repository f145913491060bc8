import { Api, BelfryError, type ApiOptions } from './api.js';
import type { Backoff } from './backoff.js';
import { Inbox, type Change } from './inbox.js';
import { soon } from './soon.js';
import { Stream } from './stream.js';
import type { Filter, Notification, Preferences, Snapshot, StateChange, Status } from './types.js';

export interface BelfryOptions extends ApiOptions {
  /** Which notifications the list shows; all but the archived, unless said otherwise. */
  filter?: Filter;
  /** How many a page holds: 1 to 200. */
  limit?: number;
  /** Called when the credential ends or is refused: renew the session, then the client connects again. */
  renew?: () => Promise<void> | void;
  backoff?: Backoff;
  EventSource?: typeof EventSource;
}

/**
 * One person's inbox, live: a list that is loaded once and then kept true by the stream, and a store that a page can
 * subscribe to. Nothing happens before `start`, so it may be made on a server too.
 */
export class Belfry {
  readonly api: Api;
  readonly #inbox: Inbox;
  readonly #stream: Stream;
  readonly #limit: number;
  readonly #subscribers = new Set<() => void>();
  readonly #listeners = new Set<(change: Change) => void>();
  #status: Status = 'connecting';
  #reason: string | null = null;
  #loading = 0;
  #snapshot: Snapshot | null = null;
  #told = true;

  constructor(options: BelfryOptions = {}) {
    this.api = new Api(options);
    this.#limit = options.limit ?? 20;
    this.#inbox = new Inbox(options.filter);
    this.#stream = new Stream({
      url: () => this.api.streamUrl(this.#inbox.cursor),
      load: async (reload) => {
        if (reload || !this.#inbox.loaded) await this.refresh();
      },
      probe: () => this.api.counts(),
      change: (change) => {
        if (!this.#inbox.apply(change)) return;
        this.#changed();
        for (const fn of this.#listeners) fn(change);
      },
      status: (status, reason) => this.#setStatus(status, reason),
      renew: options.renew,
      withCredentials: options.token === undefined,
      backoff: options.backoff,
      EventSource: options.EventSource,
    });
  }

  /** Loads the list and opens the stream. A second call does nothing; one after `stop` starts again. */
  start(): void {
    if (this.#status === 'stopped') this.#setStatus('connecting', null);
    addEventListener('online', this);
    addEventListener('offline', this);
    addEventListener('pageshow', this);
    addEventListener('pagehide', this);
    document.addEventListener('visibilitychange', this);
    this.#stream.start();
  }

  /** Closes the stream. The last snapshot stays. */
  stop(): void {
    removeEventListener('online', this);
    removeEventListener('offline', this);
    removeEventListener('pageshow', this);
    removeEventListener('pagehide', this);
    document.removeEventListener('visibilitychange', this);
    this.#stream.stop();
  }

  /** Opens the stream anew at once: after a login, or when a person asks for it. */
  reconnect(): void {
    this.#stream.reconnect(this.#status === 'stopped' || this.#status === 'unauthorized');
  }

  /** @internal The page's own events: each may mean that the connection is gone, or back. */
  handleEvent(event: Event): void {
    if (event.type === 'offline') this.#setStatus('offline', null);
    else if (event.type === 'pagehide') this.#stream.sleep(); // an open connection would keep the page out of the cache
    else if (event.type === 'online') this.#stream.reconnect();
    else if (document.visibilityState === 'visible') this.#stream.wake();
  }

  /** Calls `fn` after each change; returns how to end that. Read the change from `snapshot`. */
  subscribe(fn: () => void): () => void {
    this.#subscribers.add(fn);
    return () => void this.#subscribers.delete(fn);
  }

  /** Calls `fn` with each change that the stream brings, once and in order; returns how to end that. */
  onChange(fn: (change: Change) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  /** Calls `fn` with each notification that arrives while the page is open; returns how to end that. */
  onNotification(fn: (n: Notification) => void): () => void {
    return this.onChange((change) => change.kind === 'upsert' && change.isNew && fn(change.notification));
  }

  /** What to show now: the same object until something changes. */
  snapshot(): Snapshot {
    const { items, unread, unseen, loaded, next } = this.#inbox;
    return (this.#snapshot ??= Object.freeze({
      ...{ status: this.#status, reason: this.#reason, items, unread, unseen, loaded },
      ...{ more: next !== null, loading: this.#loading > 0 },
    }));
  }

  /** Loads the first page again. */
  async refresh(): Promise<void> {
    this.#inbox.begin();
    await this.#load(
      () => this.api.list({ limit: this.#limit, filter: this.#inbox.filter }),
      (page) => this.#inbox.reset(page),
    );
  }

  /** Loads the following page, if there is one and none is on its way. */
  async loadMore(): Promise<void> {
    const before = this.#inbox.next;
    if (before === null || this.#loading > 0) return;
    await this.#load(
      () => this.api.list({ limit: this.#limit, before, filter: this.#inbox.filter }),
      // A new first page that came in between starts another list.
      (page) => before === this.#inbox.next && this.#inbox.append(page),
    );
  }

  /** Sets or clears states of one notification. The snapshot changes at once, and back if the server refuses. */
  async set(id: string, change: StateChange): Promise<void> {
    await this.#expect(new Set([id]), change, async () => {
      const n = await this.api.patch(id, change);
      if (this.#inbox.items.some((m) => m.id === id)) this.#inbox.upsert(n);
    });
  }

  read(id: string): Promise<void> {
    return this.set(id, { read: true });
  }

  archive(id: string): Promise<void> {
    return this.set(id, { archived: true });
  }

  /** Marks everything as read, also what is not loaded. */
  async readAll(): Promise<void> {
    await this.#expect('all', { read: true }, async () => {
      const { cursor, ...counts } = await this.api.mark('read', { all: true });
      this.#inbox.countAt(cursor, counts);
    });
  }

  /** Marks as seen what is loaded: the person has it before their eyes. */
  async seen(): Promise<void> {
    const ids = this.#inbox.items.filter((n) => n.seen_at === null).map((n) => n.id);
    if (ids.length === 0) return;
    await this.#expect(new Set(ids), { seen: true }, async () => {
      const { cursor, ...counts } = await this.api.mark('seen', { ids });
      this.#inbox.countAt(cursor, counts);
    });
  }

  preferences(): Promise<Preferences> {
    return this.api.preferences();
  }

  setPreferences(preferences: Preferences): Promise<Preferences> {
    return this.api.setPreferences(preferences);
  }

  async #load<T>(ask: () => Promise<T>, take: (page: T) => void): Promise<void> {
    this.#loading++;
    this.#changed();
    try {
      take(await ask());
    } finally {
      this.#loading--;
      this.#changed();
    }
  }

  async #expect(ids: ReadonlySet<string> | 'all', change: StateChange, ask: () => Promise<void>): Promise<void> {
    const undo = this.#inbox.expect(ids, change, new Date().toISOString());
    this.#changed();
    try {
      await ask();
    } catch (error) {
      // Where something else came meanwhile, only the server can say what is true now.
      if (!undo() && error instanceof BelfryError && error.status > 0) await this.refresh();
      throw error;
    } finally {
      this.#changed();
    }
  }

  #setStatus(status: Status, reason: string | null): void {
    if (this.#status === status && this.#reason === reason) return;
    this.#status = status;
    this.#reason = reason;
    this.#changed();
  }

  /** A burst of changes is told once. */
  #changed(): void {
    this.#snapshot = null;
    if (!this.#told) return;
    this.#told = false;
    soon(() => {
      this.#told = true;
      for (const fn of this.#subscribers) fn();
    });
  }
}
