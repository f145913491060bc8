// What one script tag loads: the elements, and the client for a page that wants more. The inbox inside the elements is a
// script of its own, which needs what stands at the end of this one.
export * from './index.js';
export { BelfryBell } from './bell.js';
export { BelfryInbox } from './inbox-element.js';
export type { Strings } from './strings.js';
export { html, nothing, render } from 'lit-html';
