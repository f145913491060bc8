import { html, nothing, type TemplateResult } from 'lit';
import { icons } from './icons.js';
import type { Strings } from './strings.js';
import { ago, exact } from './time.js';
import type { Actor, Notification } from './types.js';

/** What an item needs to know and may ask for. */
export interface ItemContext {
  strings: Strings;
  locale: string;
  now: number;
  /** Of all items, one is reached by Tab; the arrows move it. */
  current: string | null;
  open(event: MouseEvent, n: Notification): void;
  toggleRead(n: Notification): void;
  archive(n: Notification): void;
}

export function renderItem(n: Notification, c: ItemContext): TemplateResult {
  const unread = n.read_at === null;
  const tab = n.id === c.current ? 0 : -1;
  const open = (event: MouseEvent) => c.open(event, n);
  const url = safeUrl(n.url);
  const toggle = unread ? c.strings.markRead : c.strings.markUnread;
  const action = (label: string, icon: TemplateResult, part: string, act: () => void) => html`<button
    type="button"
    part=${part}
    tabindex=${tab}
    title=${label}
    aria-label="${label}: ${n.title}"
    @click=${act}
  >
    ${icon}
  </button>`;
  return html`<li class=${unread ? 'unread' : ''} part="item ${unread ? 'item-unread' : 'item-read'}" data-id=${n.id}>
    ${url
      ? html`<a class="item" href=${url} tabindex=${tab} @click=${open}>${renderText(n, c)}</a>`
      : html`<button class="item" type="button" tabindex=${tab} @click=${open}>${renderText(n, c)}</button>`}
    <div class="actions">
      ${action(toggle, unread ? icons.read : icons.unread, 'toggle-read', () => c.toggleRead(n))}
      ${action(c.strings.archive, icons.archive, 'archive', () => c.archive(n))}
    </div>
  </li>`;
}

function renderText(n: Notification, c: ItemContext): TemplateResult {
  const urgent = n.priority === 'high' || n.priority === 'critical' ? n.priority : null;
  const who = n.actor?.name;
  return html`${renderAvatar(n.actor)}
    <span class="line">
      <span class="title" part="item-title">
        ${n.read_at === null ? html`<span class="said">${c.strings.unread}: </span>` : nothing}${n.title}
      </span>
      <time datetime=${n.created_at} title=${exact(n.created_at, c.locale)}>${ago(n.created_at, c.now, c.locale)}</time>
    </span>
    ${n.body ? html`<span class="body" part="item-body">${n.body}</span>` : nothing}
    <span class="meta" part="item-meta">${urgent
      ? html`<span class="priority ${urgent}">${c.strings[urgent]}</span>`
      : nothing}${who ? html`<span>${who}</span>` : nothing}</span>`;
}

function renderAvatar(actor: Actor | null): TemplateResult {
  const letters = initials(actor?.name ?? '');
  if (!letters && !actor?.avatar_url) return html`<span class="avatar plain" aria-hidden="true">${icons.bell}</span>`;
  const picture = safeUrl(actor?.avatar_url ?? '');
  // A picture that does not load, or that the page's policy forbids, leaves the letters.
  const gone = (event: Event) => (event.target as HTMLImageElement).remove();
  return html`<span class="avatar" part="avatar" aria-hidden="true">
    ${picture
      ? html`<img src=${picture} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${gone} />`
      : letters || icons.bell}
  </span>`;
}

/** The first letters of the first and the last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = (word: string | undefined) => (word ? ([...word][0] ?? '') : '');
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : '')).toLocaleUpperCase();
}

/** The address, if it is a path or http(s): nothing that a link could run. The server refuses others; this does too. */
export function safeUrl(url: string): string | null {
  return /^(https?:\/\/|\/(?![\\/])|\/$)/i.test(url) ? url : null;
}
