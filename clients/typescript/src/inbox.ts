import { isPast } from './cursor.js';
import type { Change, Filter, Notification, Page, Snapshot, StateChange } from './types.js';

/** How many rows may come by the stream on top of a first page before those at its end are let go. */
const spare = 100;

/**
 * The rows, counts and cursor of one person's list, kept true by pages and by changes in whatever order they come: a
 * change that a page already holds is passed over, one that comes while a page is on its way is kept and put on top
 * of it. It does no I/O and knows no clock.
 */
export class Inbox {
  items: readonly Notification[] = [];
  unread = 0;
  unseen = 0;
  /** The place below which more is to be had; null at the end, empty where only a new first page can tell. */
  next: string | null = null;
  loaded = false;
  /** How many pages are on their way. */
  loads = 0;
  /** The place in the log up to which everything is in here; it is what a stream is opened with. */
  cursor: string | null = null;
  /** What was last said of it, until something changes. */
  snapshot: Snapshot | undefined;

  #pending: Change[] | null = null;
  #pages = 0;

  constructor(
    readonly filter: Filter = 'inbox',
    readonly limit = 20,
  ) {}

  /** Says that a first page has been asked for: changes from now on are newer than it, or in it. */
  begin(): void {
    this.#pending ??= [];
  }

  /** Takes a first page: all that was here before is replaced. */
  reset({ results, next, cursor, unread, unseen }: Page): void {
    const pending = this.#pending ?? [];
    this.#pending = null;
    this.#pages = 1;
    Object.assign(this, { items: results, loaded: true, next, cursor, unread, unseen });
    for (const change of pending) this.apply(change);
  }

  /** Takes the page that was asked for with `before=next`: it goes below, less what came by the stream meanwhile. */
  append({ results, next }: Page): void {
    const known = new Set(this.items.map((n) => n.id));
    this.items = [...this.items, ...results.filter((n) => !known.has(n.id))];
    this.next = next;
    this.#pages++;
  }

  /** Takes a change; false when there was nothing new in it. */
  apply(change: Change): boolean {
    this.#pending?.push(change);
    const { kind, cursor, data } = change;
    if (kind === 'counts') {
      const { unread, unseen } = data;
      // Counts carry the cursor of the frame before them, so an equal place is new enough; an older one is not.
      if (isPast(this.cursor, cursor) || (this.unread === unread && this.unseen === unseen)) return false;
      Object.assign(this, { unread, unseen });
      return true;
    }
    if (!isPast(cursor, this.cursor)) return false;
    this.cursor = cursor;
    if (kind === 'delete') this.items = this.items.filter((n) => n.id !== data.id);
    else this.upsert(data);
    return true;
  }

  /** Puts a notification where it belongs, or takes it out when the list does not show its like. */
  upsert(n: Notification): void {
    const rest = this.items.filter((m) => m.id !== n.id);
    const at = rest.findIndex((m) => isNewer(n, m));
    // Older than all that is loaded while there is more to load: it comes with its page.
    const below = at < 0 && this.next !== null && rest.length > 0 && rest.length === this.items.length;
    if (matches(this.filter, n) && !below) rest.splice(at < 0 ? rest.length : at, 0, n);
    // A page that is never scrolled must not grow for days: what is far below can be loaded again.
    if (this.#pages === 1 && rest.length > this.limit + spare) {
      rest.length = this.limit + spare / 2;
      this.next = '';
    }
    this.items = rest;
  }

  /**
   * Sets states at once, before the server has answered; returns how to take it back, which answers false when something
   * else came meanwhile and only a new page can tell what is true. The stream brings what the server made of it, which
   * then stands.
   */
  expect(ids: ReadonlySet<string> | 'all', set: StateChange, now: string): () => boolean {
    const { items, unread, unseen, cursor } = this;
    const changed = items.map((n) => (ids === 'all' || ids.has(n.id) ? withState(n, set, now) : n));
    const after = (count: number, at: State, all?: boolean) =>
      ids === 'all' && all ? 0 : Math.max(0, count + lack(changed, at) - lack(items, at));
    this.unread = after(unread, 'read_at', set.read);
    this.unseen = after(unseen, 'seen_at', set.seen);
    this.items = changed.filter((n) => matches(this.filter, n));
    return () => this.cursor === cursor && !!Object.assign(this, { items, unread, unseen });
  }
}

type State = 'seen_at' | 'read_at' | 'archived_at';

/** How many are counted for lacking a state. */
function lack(items: readonly Notification[], at: State): number {
  return items.filter((n) => !n[at] && !n.archived_at).length;
}

function withState(n: Notification, set: StateChange, now: string): Notification {
  const m = { ...n };
  for (const [name, on] of Object.entries(set)) m[`${name}_at` as State] = on ? (m[`${name}_at` as State] ?? now) : null;
  return m;
}

/** The order of the list: by creation, and by id within a millisecond. */
function isNewer(a: Notification, b: Notification): boolean {
  return a.created_at !== b.created_at ? a.created_at > b.created_at : a.id > b.id;
}

/** Whether a list with the filter shows the notification. */
export function matches(filter: Filter, { read_at, archived_at }: Notification): boolean {
  if (filter === 'all') return true;
  if (filter === 'archived' || archived_at) return filter === 'archived' && !!archived_at;
  return filter === 'inbox' || (filter === 'read') === !!read_at;
}
