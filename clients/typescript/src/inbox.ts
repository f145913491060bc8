import { isPast, parseCursor, type Cursor } from './cursor.js';
import type { Counts, Filter, Notification, Page, StateChange } from './types.js';

/** One frame of the stream that concerns the inbox, with the cursor it moved to. */
export type Change =
  | { kind: 'upsert'; cursor: string; notification: Notification; isNew: boolean }
  | { kind: 'delete'; cursor: string; id: string }
  | { kind: 'counts'; cursor: string; counts: Counts };

/**
 * The rows, counts and cursor of one person's list, kept true by pages and by changes in whatever order they come: a
 * change that a page already holds is passed over, one that comes while a page is on its way is kept and put on top
 * of it. It does no I/O and knows no clock.
 */
export class Inbox {
  items: readonly Notification[] = [];
  unread = 0;
  unseen = 0;
  next: string | null = null;
  loaded = false;
  /** The place in the log up to which everything is in here; it is what a stream is opened with. */
  cursor: string | null = null;

  #at: Cursor | null = null;
  #pending: Change[] | null = null;

  constructor(readonly filter: Filter = 'inbox') {}

  /** Says that a first page has been asked for: changes from now on are newer than it, or in it. */
  begin(): void {
    this.#pending ??= [];
  }

  /** Takes a first page: all that was here before is replaced. */
  reset(page: Page): void {
    const pending = this.#pending ?? [];
    this.#pending = null;
    this.items = page.results;
    this.next = page.next;
    this.loaded = true;
    this.#moveTo(page.cursor);
    this.#count(page);
    for (const change of pending) this.apply(change);
  }

  /** Takes the page that was asked for with `before=next`: it goes below, less what came by the stream meanwhile. */
  append(page: Page): void {
    const known = new Set(this.items.map((n) => n.id));
    this.items = [...this.items, ...page.results.filter((n) => !known.has(n.id))];
    this.next = page.next;
  }

  /** Takes a frame; false when there was nothing new in it. */
  apply(change: Change): boolean {
    this.#pending?.push(change);
    const at = parseCursor(change.cursor);
    if (change.kind === 'counts') {
      // Counts carry the cursor of the frame before them, so an equal place is new enough; an older one is not.
      if (at && this.#at && isPast(this.#at, at)) return false;
      return this.#count(change.counts);
    }
    if (at && !isPast(at, this.#at)) return false;
    if (at) this.#moveTo(change.cursor);
    if (change.kind === 'delete') this.#remove(change.id);
    else this.upsert(change.notification);
    return true;
  }

  /** Moves the cursor without a change, as the first frame of a stream does. */
  moveTo(cursor: string): void {
    if (parseCursor(cursor)) this.#moveTo(cursor);
  }

  /** Takes counts that an answer gave for a place in the log, unless the stream is already further. */
  countAt(cursor: string, counts: Counts): void {
    const at = parseCursor(cursor);
    if (at && !(this.#at && isPast(this.#at, at))) this.#count(counts);
  }

  /** Puts a notification where it belongs, or takes it out when the list does not show its like. */
  upsert(n: Notification): void {
    const rest = this.items.filter((m) => m.id !== n.id);
    const at = rest.findIndex((m) => isNewer(n, m));
    const index = at < 0 ? rest.length : at;
    // Older than all that is loaded while there is more to load: it comes with its page.
    const below = index === rest.length && this.next !== null && rest.length > 0 && rest.length === this.items.length;
    if (matches(this.filter, n) && !below) rest.splice(index, 0, n);
    this.items = rest;
  }

  /**
   * Sets states at once, before the server has answered; returns how to take it back, which answers false when something
   * else came meanwhile and only a new page can tell what is true. The stream brings what the server made of it, which
   * then stands.
   */
  expect(ids: ReadonlySet<string> | 'all', set: StateChange, now: string): () => boolean {
    const before = { items: this.items, unread: this.unread, unseen: this.unseen, cursor: this.cursor };
    const after: Notification[] = [];
    for (const n of this.items) {
      const changed = ids === 'all' || ids.has(n.id) ? withState(n, set, now) : n;
      this.unread += weight(changed.read_at, changed) - weight(n.read_at, n);
      this.unseen += weight(changed.seen_at, changed) - weight(n.seen_at, n);
      if (matches(this.filter, changed)) after.push(changed);
    }
    this.items = after;
    if (ids === 'all' && set.read) this.unread = 0;
    if (ids === 'all' && set.seen) this.unseen = 0;
    this.unread = Math.max(0, this.unread);
    this.unseen = Math.max(0, this.unseen);
    return () => {
      if (this.cursor !== before.cursor) return false;
      this.items = before.items;
      this.unread = before.unread;
      this.unseen = before.unseen;
      return true;
    };
  }

  #remove(id: string): void {
    this.items = this.items.filter((n) => n.id !== id);
  }

  #moveTo(cursor: string): void {
    this.cursor = cursor;
    this.#at = parseCursor(cursor);
  }

  #count({ unread, unseen }: Counts): boolean {
    const changed = this.unread !== unread || this.unseen !== unseen;
    this.unread = unread;
    this.unseen = unseen;
    return changed;
  }
}

function weight(state: string | null, n: Notification): number {
  return state === null && n.archived_at === null ? 1 : 0;
}

function withState(n: Notification, set: StateChange, now: string): Notification {
  const stamp = (old: string | null, to: boolean | undefined) => (to === undefined ? old : to ? (old ?? now) : null);
  return {
    ...n,
    seen_at: stamp(n.seen_at, set.seen),
    read_at: stamp(n.read_at, set.read),
    archived_at: stamp(n.archived_at, set.archived),
  };
}

/** The order of the list: by creation, and by id within a millisecond. */
function isNewer(a: Notification, b: Notification): boolean {
  return a.created_at !== b.created_at ? a.created_at > b.created_at : a.id > b.id;
}

/** Whether a list with the filter shows the notification. */
export function matches(filter: Filter, n: Notification): boolean {
  switch (filter) {
    case 'unread':
      return n.read_at === null && n.archived_at === null;
    case 'read':
      return n.read_at !== null && n.archived_at === null;
    case 'archived':
      return n.archived_at !== null;
    case 'all':
      return true;
    default:
      return n.archived_at === null;
  }
}
