// What one script tag loads: the elements, and the client for a page that wants more. What few people need of the elements,
// a language or the settings, are scripts of their own, which need what stands at the end of this one.
export * from './index.js';
export { BelfryBell } from './bell.js';
export { BelfryInbox } from './inbox-element.js';
export type { Strings } from './strings.js';
export { html } from './template.js';
