import { html, nothing, type TemplateResult } from 'lit-html';
import * as icons from './icons.js';
import type { Strings } from './strings.js';
import type { Preferences, Snapshot } from './types.js';

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

/** What a person wants by email: everything, and the categories that the page names or that they have decided on. */
export function drawPreferences(
  { categories }: Preferences,
  labels: Record<string, string>,
  words: Strings,
  save: (preferences: Preferences) => void,
): TemplateResult {
  const wanted = (name: string): boolean => {
    const said = categories[name]?.email;
    if (said !== undefined || name === '*') return said ?? true;
    return wanted(name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '*'); // the longest prefix that says something
  };
  const names = new Set(['*', ...Object.keys(labels), ...Object.keys(categories)]);
  const change = (name: string) => (event: Event) => {
    const email = (event.target as HTMLInputElement).checked;
    save({ categories: { ...categories, [name]: { ...categories[name], email } } });
  };
  return html`<fieldset part="preferences">
    <legend>${words.email}</legend>
    ${[...names].map(
      (name) => html`<label>
        <input type="checkbox" .checked=${wanted(name)} @change=${change(name)} />${name === '*' ? words.everything : (labels[name] ?? name)}
      </label>`,
    )}
  </fieldset>`;
}
