import { html, svg, type TemplateResult } from 'lit';

/** A drawing on a grid of 20, in the colour of the text, that screen readers pass over. */
const icon = (d: string): TemplateResult => html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${svg`<path d=${d} />`}</svg>`;

export const icons = {
  bell: icon(
    'M3.2 14.6h13.6l-1.4-2.4a4.4 4.4 0 0 1-.6-2.2V8a4.8 4.8 0 0 0-9.6 0v2a4.4 4.4 0 0 1-.6 2.2l-1.4 2.4Zm4.7 0a2.1 2.1 0 0 0 4.2 0',
  ),
  archive: icon('M3.5 4h13v3h-13V4Zm1 3v8.5a.5.5 0 0 0 .5.5h10a.5.5 0 0 0 .5-.5V7M8 10.5h4'),
  read: icon('m4.5 10.5 3.5 3.5 7.5-8'),
  readAll: icon('m2 10.8 3.4 3.4 6.8-7.4M9.4 14.2l.2.1 7.4-7.5'),
  unread: icon('M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7Z'),
  offline: icon(
    'm3 3 14 14M8.4 5.2a7.5 7.5 0 0 1 8 2.3M3.6 7.5c.6-.6 1.3-1.2 2.1-1.6M6.3 10.6c.6-.5 1.3-.9 2.1-1.1m3 .2c.9.2 1.7.7 2.3 1.3M10 14.6h.01',
  ),
  key: icon('M12.5 3.5a4 4 0 1 1-1.4 7.75L9.5 12.8H8v1.7H6.5V16H3.8v-2.6l4.95-4.95A4 4 0 0 1 12.5 3.5Zm.8 3.2h.01'),
};
