import { html, nothing, type TemplateResult } from 'lit';
import { icons } from './icons.js';
import type { Strings } from './strings.js';
import type { Snapshot } from './types.js';

/** A line above the list that says what is not as it should be; nothing while all is well. */
export function renderNotice(
  s: Snapshot | undefined,
  words: Strings,
  failed: boolean,
  reconnect: () => void,
): TemplateResult | typeof nothing {
  const line = (text: string, retry = false) => html`<div class="notice" part="notice" role="status">
    ${icons.offline}<span class="grow">${text}</span>
    ${retry ? html`<button class="text-button" type="button" @click=${reconnect}>${words.retry}</button>` : nothing}
  </div>`;
  if (s?.loaded) {
    if (s.status === 'offline') return line(words.offline, true);
    if (s.status === 'reconnecting') return line(words.reconnecting);
    if (s.status === 'unauthorized') return line(words.unauthorizedTitle, true);
    if (s.status === 'stopped') return line(words.stopped, true);
  }
  return failed ? line(words.failed) : nothing;
}

/** What stands in place of a list that has nothing in it. */
export function renderEmpty(s: Snapshot, words: Strings): TemplateResult {
  // Nobody who is cut off can know that there is nothing.
  if (s.loaded && s.status !== 'offline' && s.status !== 'unauthorized') return state(icons.bell, words.emptyTitle, words.emptyText);
  if (s.status === 'unauthorized') return state(icons.key, words.unauthorizedTitle, words.unauthorizedText);
  return state(icons.offline, words.offlineTitle, words.offlineText);
}

function state(icon: TemplateResult, title: string, text: string): TemplateResult {
  return html`<div class="state" part="empty">
    <div class="mark">${icon}</div>
    <strong>${title}</strong><span>${text}</span>
  </div>`;
}

/** The shape of a list that is on its way. */
export function renderGhosts(words: Strings): TemplateResult {
  const ghost = html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>`;
  return html`<span class="said" role="status">${words.loading}</span>${ghost}${ghost}${ghost}`;
}
