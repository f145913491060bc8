/** Every word the bell says. Replace some or all by the element's `strings` property. */
export interface Strings {
  title: string;
  /** The button's name, read by screen readers. */
  button(unread: number): string;
  /** Said when notifications arrive. */
  arrived(titles: readonly string[]): string;
  unread: string;
  markAllRead: string;
  markRead: string;
  markUnread: string;
  archive: string;
  loadMore: string;
  loading: string;
  emptyTitle: string;
  emptyText: string;
  end: string;
  reconnecting: string;
  offline: string;
  unauthorizedTitle: string;
  unauthorizedText: string;
  offlineTitle: string;
  offlineText: string;
  stopped: string;
  retry: string;
  failed: string;
  high: string;
  critical: string;
}

export const english: Strings = {
  title: 'Notifications',
  button: (unread) => (unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`),
  arrived: (titles) => (titles.length === 1 ? `New notification: ${titles[0]}` : `${titles.length} new notifications`),
  unread: 'Unread',
  markAllRead: 'Mark all as read',
  markRead: 'Mark as read',
  markUnread: 'Mark as unread',
  archive: 'Archive',
  loadMore: 'Show older',
  loading: 'Loading notifications',
  emptyTitle: 'You’re all caught up',
  emptyText: 'New notifications appear here as they happen.',
  end: 'That’s everything',
  reconnecting: 'Reconnecting…',
  offline: 'You’re offline. Showing what was loaded.',
  unauthorizedTitle: 'You’re signed out',
  unauthorizedText: 'Sign in to see your notifications.',
  offlineTitle: 'Can’t load notifications',
  offlineText: 'The server doesn’t answer. Trying again…',
  stopped: 'Live updates are off.',
  retry: 'Reconnect',
  failed: 'That didn’t work. Please try again.',
  high: 'Important',
  critical: 'Urgent',
};
