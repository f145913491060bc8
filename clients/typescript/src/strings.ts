/** What the bell says, in the order of each language. `{n}` is a number, `{title}` a notification's title. */
const names = [
  'title', 'button', 'arrived', 'many', 'unread', 'all', 'archived', 'markAllRead', 'markRead', 'markUnread', 'archive', 'restore', 'undo',
  'preferences', 'email', 'everything', 'back', 'loading', 'empty', 'reconnecting', 'offline', 'unauthorized', 'stopped', 'retry', 'failed', 'high', 'critical',
] as const;

/** Every word of the elements, by name. Replace some or all by their property `strings`. */
export type Strings = Record<(typeof names)[number], string>;

const table =
  'Notifications|Notifications, {n} unread|New notification: {title}|{n} new notifications|Unread|All|Archived|Mark all as read|Mark as read|Mark as unread|Archive|Move back|Undo|Email settings|Email me about|Everything|Back|Loading|You’re all caught up|Reconnecting…|You’re offline|You’re signed out|Live updates are off|Reconnect|That didn’t work|Important|Urgent';

/** The other languages, which are loaded where they are spoken. */
const others: Record<string, () => Promise<{ default: string }>> = {
  de: () => import('./words/de.js'),
  fr: () => import('./words/fr.js'),
  es: () => import('./words/es.js'),
  ar: () => import('./words/ar.js'),
};

/** Loads the words of a language, given as a BCP 47 tag; English where there are none. */
export async function load(locale: string): Promise<Strings> {
  const other = others[locale.slice(0, 2).toLowerCase()];
  return other ? named((await other()).default) : english;
}

function named(words: string): Strings {
  const each = words.split('|');
  return Object.fromEntries(names.map((name, i) => [name, each[i]])) as Strings;
}

export const english = /* @__PURE__ */ named(table);

/** Puts a value in its place. */
export function fill(text: string, value: string | number): string {
  return text.replace(/\{\w+\}/, () => String(value));
}
