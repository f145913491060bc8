export { Api, BelfryError, type Address, type ApiOptions, type Credential, type TokenSource } from './api.js';
export { Belfry, type BelfryOptions } from './client.js';
export type {
  Actor,
  Change,
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
