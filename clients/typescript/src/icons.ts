import { html, type TemplateResult } from './template.js';

/** A drawing on a grid of 20, in the colour of the text, that screen readers pass over. */
const icon = (d: string): TemplateResult => html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${d} /></svg>`;

export const bell = /* @__PURE__ */ icon('M3.2 14.6h13.6l-1.4-2.4a4.4 4.4 0 0 1-.6-2.2V8a4.8 4.8 0 0 0-9.6 0v2a4.4 4.4 0 0 1-.6 2.2l-1.4 2.4Zm4.7 0a2.1 2.1 0 0 0 4.2 0');
export const archive = /* @__PURE__ */ icon('M3.5 4h13v3h-13V4Zm1 3v9h11V7M8 10.5h4');
export const restore = /* @__PURE__ */ icon('M4 8h8.5a4 4 0 0 1 0 8H8M7.5 4.5 4 8l3.5 3.5');
export const read = /* @__PURE__ */ icon('m4.5 10.5 3.5 3.5 7.5-8');
export const readAll = /* @__PURE__ */ icon('m2 10.8 3.4 3.4 6.8-7.4M9.4 14.2l.2.1 7.4-7.5');
export const unread = /* @__PURE__ */ icon('M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z');
export const mail = /* @__PURE__ */ icon('M3 5h14v10H3V5Zm0 .5 7 5.5 7-5.5');
export const back = /* @__PURE__ */ icon('m12 4.5-5.5 5.5 5.5 5.5');
export const offline = /* @__PURE__ */ icon('m3 3 14 14M8.4 5.2a7.5 7.5 0 0 1 8 2.3M3.6 7.5c.6-.6 1.3-1.2 2.1-1.6M6.3 10.6c.6-.5 1.3-.9 2.1-1.1M10 14.6h.01');
