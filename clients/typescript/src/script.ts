// What one script tag loads: the element, and the client for a page that wants more.
export * from './index.js';
export { BelfryBell } from './bell.js';
export type { Strings } from './strings.js';
