import { Api, type ApiOptions } from './api.js';
import { isPast } from './cursor.js';
import { Inbox } from './inbox.js';
import { soon } from './soon.js';
import { Stream } from './stream.js';
import { Tabs, type State } from './tabs.js';
import type { Change, Filter, Notification, Page, Snapshot, StateChange, Status } from './types.js';

export interface BelfryOptions extends ApiOptions {
  /** Which notifications the list shows; all but the archived, unless said otherwise. */
  filter?: Filter | undefined;
  /** How many a page holds: 1 to 200. */
  limit?: number | undefined;
  /** Whether the tabs of a browser share one stream, where it can do that: yes, unless `false`. */
  share?: boolean | undefined;
  /** Called when the credential ends or is refused: renew the session, then the client connects again. */
  renew?: (() => Promise<void> | void) | undefined;
}

/** What names a notification once: one that replaces another keeps its id, and is new all the same. */
const name = (n: Notification): string => n.id + n.created_at;

/** The events, of the window and of the document, that may mean that the connection is gone, or back. */
const events = 'online offline pageshow pagehide visibilitychange freeze resume'.split(' ');

/**
 * One person's inbox, live: lists that are loaded once and then kept true by the stream, and a store that a page can
 * subscribe to. Nothing happens before `start`, so it may be made on a server too.
 */
export class Belfry {
  readonly api: Api;
  readonly #filter: Filter;
  readonly #limit: number;
  readonly #main: Inbox;
  readonly #lists = new Map<Filter, Inbox>();
  readonly #stream: Stream;
  readonly #tabs: Tabs | undefined;
  readonly #subscribers = new Set<() => void>();
  readonly #listeners = new Set<(change: Change) => void>();
  #state: { status: Status; reason: string | null } = { status: 'connecting', reason: null };
  #telling = false;
  #catching: Promise<void> | undefined;
  #again = false;
  #known = new Set<string>(); // what was there, or was told, while one asks what is new

  constructor({ filter = 'inbox', limit = 20, share = true, renew, ...options }: BelfryOptions = {}) {
    this.api = new Api(options);
    this.#limit = limit;
    this.#filter = filter;
    this.#main = this.#list(filter);
    this.#stream = new Stream({
      address: () => this.api.stream(this.#main.cursor),
      load: async (reload) => (reload || !this.#main.loaded) && this.refresh(),
      turn: async () => this.#tabs?.ask() ?? true,
      probe: () => this.api.counts(),
      catchUp: () => this.#catchUp(),
      change: (change) => {
        this.#tabs?.post({ from: this.#main.cursor, change });
        this.#apply(change);
      },
      status: (status, reason) => this.#setStatus(status, reason),
      another: () => this.#tabs?.part(),
      renew,
    });
    if (share && globalThis.navigator?.locks) this.#tabs = this.#share();
  }

  /** Loads the list and opens the stream. A second call does nothing; one after `stop` starts again. */
  start(): void {
    if (this.#state.status === 'stopped') this.#setStatus('connecting');
    this.#watch('addEventListener');
    this.#stream.start();
  }

  /** Closes the stream. The last snapshot stays. */
  stop(): void {
    this.#watch('removeEventListener');
    this.#tabs?.part();
    this.#stream.stop();
  }

  /** Opens the stream anew at once: after a login, or when a person asks for it. */
  reconnect(): void {
    if (!this.#tabs?.leads) this.#tabs?.post('reconnect');
    this.#stream.reconnect();
  }

  /** @internal The page's own events. */
  handleEvent({ type }: Event): void {
    if (type === 'offline') this.#setStatus(type);
    else if (type === 'online') this.#stream.reconnect(false, -2);
    else if (type === 'pagehide' || type === 'freeze') {
      // An open connection would keep the page out of the cache, and a tab that sleeps must not hold the stream of others.
      this.#stream.sleep();
      this.#tabs?.part();
    } else if (type !== 'visibilitychange' || document.visibilityState === 'visible') {
      this.#stream.wake();
      this.#tabs?.look();
    }
  }

  /** Calls `fn` after each change; returns how to end that. Read the change from `snapshot`. */
  subscribe(fn: () => void): () => void {
    this.#subscribers.add(fn);
    return () => void this.#subscribers.delete(fn);
  }

  /** Calls `fn` with each change that comes, once and in order; returns how to end that. */
  onChange(fn: (change: Change) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  /** Calls `fn` with each notification that arrives while the page is open; returns how to end that. */
  onNotification(fn: (n: Notification) => void): () => void {
    return this.onChange((change) => change.kind === 'message' && fn(change.data));
  }

  /**
   * What to show now: the same object until something changes. The list of another filter than the client's own is empty
   * until `refresh` has loaded it, and then kept as true.
   */
  snapshot(filter = this.#filter): Snapshot {
    const list = this.#list(filter);
    const { items, loaded, loads, next } = list;
    const { unread, unseen } = this.#main;
    return (list.snapshot ??= { ...this.#state, items, unread, unseen, loaded, loading: loads > 0, more: next !== null });
  }

  /** Loads the first page of a list again; without a filter, that of each list that is loaded. */
  async refresh(filter?: Filter): Promise<void> {
    const lists = filter ? [this.#list(filter)] : [...this.#lists.values()].filter((list) => list === this.#main || list.loaded);
    await Promise.all(lists.map((list) => this.#first(list)));
  }

  /** Loads the following page, if there is one and none is on its way. */
  async loadMore(filter = this.#filter): Promise<void> {
    const list = this.#list(filter);
    const before = list.next;
    if (before === null || list.loads) return;
    // A new first page that comes in between starts another list.
    if (before) await this.#load(list, { before, limit: this.#limit }, (page) => before === list.next && list.append(page));
    else await this.#first(list, this.#limit);
  }

  /** Sets or clears states of one notification. The snapshot changes at once, and back if the server refuses. */
  async set(id: string, change: StateChange): Promise<void> {
    const { cursor } = this.#main;
    await this.#expect(new Set([id]), change, async () => {
      const n = await this.api.patch(id, change);
      // Where something came meanwhile, the stream has brought this too, or will.
      if (cursor === this.#main.cursor) this.#lists.forEach((list) => list.upsert(n));
    });
  }

  /** Marks everything as read, also what is not loaded. */
  readAll(): Promise<void> {
    return this.#mark('read', 'all');
  }

  /** Marks as seen what is loaded: the person has it before their eyes. */
  async seen(filter = this.#filter): Promise<void> {
    const ids = this.#list(filter).items.filter((n) => !n.seen_at).map((n) => n.id);
    if (ids[0]) await this.#mark('seen', new Set(ids.slice(0, 1000)));
  }

  #list(filter: Filter): Inbox {
    let list = this.#lists.get(filter);
    if (!list) this.#lists.set(filter, (list = new Inbox(filter, this.#limit)));
    return list;
  }

  #watch(change: 'addEventListener' | 'removeEventListener'): void {
    for (const type of events) window[change](type, this, true); // on their way down all pass the window
  }

  #share(): Tabs {
    return new Tabs({
      who: async () => `belfry ${this.api.base} ${(await this.api.status()).user_id}`,
      stand: () => this.#stand(),
      turn: () => this.#stream.reconnect(),
      told: (state) => this.#told(state),
      change: ({ from, change }) => this.#hear(from, change),
    });
  }

  #stand(): State {
    return { ...this.#state, cursor: this.#main.cursor };
  }

  /** What the tab that holds the stream says of it. */
  #told({ status, reason, cursor }: State): void {
    if (status === 'stopped') this.#stream.stop(reason);
    else {
      this.#stream.start();
      this.#setStatus(status, reason);
    }
    this.#hear(cursor);
  }

  /** Takes a change that came to another tab, which was at `from`, unless this one lacks something before it, and asks. */
  #hear(from: string | null, change?: Change): void {
    if (!this.#main.loaded) return;
    if (this.#catching || isPast(from, this.#main.cursor)) this.#catchUp().catch(() => {}); // it will hear again
    else if (change) this.#apply(change);
  }

  #apply(change: Change): void {
    this.#lists.forEach((list) => list.apply(change) && list === this.#main && this.#tell(change));
  }

  #tell(change: Change): void {
    if (this.#catching && change.kind === 'message') this.#known.add(name(change.data));
    this.#changed();
    this.#listeners.forEach((fn) => fn(change));
  }

  /** Makes the lists as the server has them, without a stream, and tells of what is new; one at a time. */
  #catchUp(): Promise<void> {
    this.#again = true;
    return (this.#catching ??= this.#ask().finally(() => (this.#catching = undefined)));
  }

  async #ask(): Promise<void> {
    const main = this.#main;
    let after = main.cursor;
    this.#known = new Set(main.items.map(name));
    // Again when something came meanwhile, and when the list that was loaded holds more than what was told.
    while (this.#again || isPast(main.cursor, after)) {
      this.#again = false;
      if (!isPast((await this.api.counts()).cursor, after)) continue;
      const { results, cursor } = await this.api.list({ after, limit: 200, filter: 'all' });
      after = cursor;
      if (isPast(after, main.cursor)) await this.refresh();
      for (const data of results.reverse()) this.#known.has(name(data)) || this.#tell({ kind: 'message', cursor, data });
    }
  }

  #first(list: Inbox, more = 0): Promise<void> {
    list.begin();
    const limit = Math.min(200, Math.max(this.#limit, list.items.length + more));
    return this.#load(list, { limit }, (page) => list.reset(page));
  }

  async #load(list: Inbox, query: object, take: (page: Page) => void): Promise<void> {
    list.loads++;
    this.#changed();
    try {
      take(await this.api.list({ ...query, filter: list.filter }));
    } finally {
      list.loads--;
      this.#changed();
    }
  }

  #mark(state: 'read' | 'seen', which: ReadonlySet<string> | 'all'): Promise<void> {
    return this.#expect(which, { [state]: true }, async () => {
      const { cursor, ...data } = await this.api.mark(state, which === 'all' ? { all: true } : { ids: [...which] });
      this.#main.apply({ kind: 'counts', cursor, data });
    });
  }

  async #expect(ids: ReadonlySet<string> | 'all', change: StateChange, ask: () => Promise<void>): Promise<void> {
    const now = new Date().toISOString();
    const undo = [...this.#lists.values()].map((list) => list.expect(ids, change, now));
    this.#changed();
    try {
      await ask();
    } catch (error) {
      // Where something else came meanwhile, only the server can say what is true now.
      if (undo.map((back) => back()).includes(false)) await this.refresh().catch(() => {});
      throw error;
    } finally {
      this.#changed();
    }
  }

  #setStatus(status: Status, reason: string | null = null): void {
    if (this.#state.status === status && this.#state.reason === reason) return;
    this.#state = { status, reason };
    this.#changed();
    if (this.#tabs?.leads) this.#tabs.post(this.#stand());
    if (status === 'stopped') this.#tabs?.rest();
  }

  /** A burst of changes is told once. */
  #changed(): void {
    this.#lists.forEach((list) => (list.snapshot = undefined));
    if (this.#telling) return;
    this.#telling = true;
    soon(() => {
      this.#telling = false;
      this.#subscribers.forEach((fn) => fn());
    });
  }
}
