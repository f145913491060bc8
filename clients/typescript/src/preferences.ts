import type { Strings } from './strings.js';
import { html, type TemplateResult } from './template.js';
import type { Preferences } from './types.js';

const css = String.raw; // the bundler takes out of such a template what CSS does not need

/** The look of the settings, which are loaded when a person opens them. */
export const preferencesStyles = css`
  fieldset {
    padding: 8px 16px 16px;
  }
  legend {
    padding: 8px 0;
    color: var(--muted);
  }
  label {
    display: flex;
    align-items: center;
    gap: 12px;
    margin: 0 -8px;
    padding: 10px 8px;
    border-radius: 8px;
  }
  input {
    width: 18px;
    height: 18px;
    margin: 0;
    accent-color: var(--accent);
  }
`;

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
