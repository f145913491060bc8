/** What the server says of a notification; the same in a list, in an answer and on the stream. */
export interface Notification {
  id: string;
  category: string;
  title: string;
  body: string;
  url: string;
  data: Record<string, unknown>;
  actor: Actor | null;
  priority: 'low' | 'normal' | 'high' | 'critical';
  created_at: string;
  seen_at: string | null;
  read_at: string | null;
  archived_at: string | null;
  expires_at: string | null;
}

/** Who or what made a notification happen. */
export interface Actor {
  id?: string;
  name?: string;
  avatar_url?: string;
}

/** What a badge shows. The server counts; neither number holds what is archived, expired or retracted. */
export interface Counts {
  unread: number;
  unseen: number;
}

/** Which notifications a list shows. `inbox` is all but the archived. */
export type Filter = 'inbox' | 'unread' | 'read' | 'archived' | 'all';

/** A piece of a list, newest first: rows, counts and cursor are of one moment. */
export interface Page extends Counts {
  results: Notification[];
  next: string | null;
  cursor: string;
}

/** An answer to marking: what the counts were right after it, and where in the log that was. */
export interface Marked extends Counts {
  changed: number;
  cursor: string;
}

/** The states to set (true) or to clear (false). */
export interface StateChange {
  seen?: boolean;
  read?: boolean;
  archived?: boolean;
}

/** What one frame of the stream changes, with the cursor it moved to. `message` is a new notification, `update` one whose state changed. */
export type Change = { cursor: string } & (
  | { kind: 'message' | 'update'; data: Notification }
  | { kind: 'delete'; data: { id: string } }
  | { kind: 'counts'; data: Counts }
);

/** Which channels a person wants, by category; the longest prefix that says something wins, `*` is everything. */
export interface Preferences {
  categories: Record<string, { in_app?: boolean; email?: boolean }>;
}

/**
 * How the stream stands.
 * - `connecting`: nothing loaded yet
 * - `live`: what the page shows is what the server has
 * - `polling`: no stream comes through the network here; the server is asked every five seconds
 * - `reconnecting`: the connection is lost; the client is on its way back
 * - `offline`: the network is gone, or the server does not answer
 * - `unauthorized`: the credential is missing or not accepted
 * - `stopped`: closed for good, here or by the server
 */
export type Status = 'connecting' | 'live' | 'polling' | 'reconnecting' | 'offline' | 'unauthorized' | 'stopped';

/** All that a page needs to draw the bell. A snapshot never changes: every change makes a new one. */
export interface Snapshot extends Counts {
  readonly status: Status;
  /** Why the stream was closed by the server, when it was. */
  readonly reason: string | null;
  /** Newest first. */
  readonly items: readonly Notification[];
  /** Whether the first page has come. */
  readonly loaded: boolean;
  /** Whether there are older ones to load. */
  readonly more: boolean;
  /** Whether a page is being loaded. */
  readonly loading: boolean;
}
