// What one script tag loads: the elements, and the client for a page that wants more.
export * from './index.js';
export { BelfryBell } from './bell.js';
export { BelfryInbox } from './inbox-element.js';
export type { Strings } from './strings.js';
