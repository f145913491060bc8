import { html, nothing, type TemplateResult } from './template.js';
import * as icons from './icons.js';
import type { Strings } from './strings.js';
import type { Snapshot } from './types.js';

/** A line above the list that says what is not as it should be; nothing while all is well. */
export function drawNotice(s: Snapshot, words: Strings, failed: boolean, reconnect: () => void): TemplateResult | typeof nothing {
  const { status } = s;
  const troubled = status === 'offline' || status === 'reconnecting' || status === 'unauthorized' || status === 'stopped';
  if (!troubled && !failed) return nothing;
  return html`<div class="notice" part="notice" role="status">
    ${icons.offline}<span class="grow">${troubled ? words[status] : words.failed}</span>
    ${troubled && status !== 'reconnecting' ? html`<button @click=${reconnect}>${words.retry}</button>` : nothing}
  </div>`;
}

/** What stands in place of a list that has nothing in it: that it is empty, or that it is on its way. */
export function drawEmpty(s: Snapshot, words: Strings): TemplateResult {
  // Nobody who is cut off can know that there is nothing.
  if (s.loaded) return html`<div class="state" part="empty">${icons.bell}<b>${words.empty}</b></div>`;
  if (s.status === 'offline' || s.status === 'unauthorized') return html`<div class="state" part="empty">${icons.offline}<b>${words[s.status]}</b></div>`;
  const ghost = html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>`;
  return html`<span class="said" role="status">${words.loading}</span>${ghost}${ghost}${ghost}`;
}
