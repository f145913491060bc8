export { Api, BelfryError, type ApiOptions, type TokenSource } from './api.js';
export type { Backoff } from './backoff.js';
export { Belfry, type BelfryOptions } from './client.js';
export type { Change } from './inbox.js';
export type {
  Actor,
  Counts,
  Filter,
  Marked,
  Notification,
  Page,
  Preferences,
  Snapshot,
  StateChange,
  Status,
} from './types.js';
