import { html, nothing, type TemplateResult } from './template.js';
import * as icons from './icons.js';
import type { Strings } from './strings.js';
import type { Times } from './time.js';
import type { Actor, Notification } from './types.js';
import { safeUrl } from './url.js';

/** What an item needs to know and may ask for. */
export interface ItemContext {
  strings: Strings;
  times: Times;
  /** Of all items, one is reached by Tab; the arrows move it. */
  current: string | undefined;
  open(event: MouseEvent, n: Notification): void;
  toggleRead(n: Notification): void;
  archive(n: Notification): void;
}

/** Draws an item into its row. */
export function drawItem(n: Notification, li: HTMLElement, c: ItemContext): TemplateResult {
  const words = c.strings;
  const tab = n.id === c.current ? 0 : -1;
  const open = (event: MouseEvent) => c.open(event, n);
  const url = safeUrl(n.url);
  li.className = n.read_at ? '' : 'unread';
  li.setAttribute('part', n.read_at ? 'item item-read' : 'item item-unread');
  li.dataset['id'] = n.id;
  const action = (label: string, icon: TemplateResult, part: string, act: (n: Notification) => void) => html`<button
    part=${part}
    tabindex=${tab}
    title=${label}
    aria-label=${`${label}: ${n.title}`}
    @click=${() => act(n)}
  >
    ${icon}
  </button>`;
  return html`${url
      ? html`<a class="item" href=${url} tabindex=${tab} @click=${open}>${drawText(n, c)}</a>`
      : html`<button class="item" tabindex=${tab} @click=${open}>${drawText(n, c)}</button>`}
    <div class="actions">
      ${action(n.read_at ? words.markUnread : words.markRead, n.read_at ? icons.unread : icons.read, 'toggle-read', c.toggleRead)}
      ${action(n.archived_at ? words.restore : words.archive, n.archived_at ? icons.restore : icons.archive, 'archive', c.archive)}
    </div>`;
}

function drawText(n: Notification, { strings, times }: ItemContext): TemplateResult {
  const { priority } = n;
  return html`${drawAvatar(n.actor)}
    <span class="line">
      <span class="text" part="item-title">${n.read_at ? nothing : html`<span class="said">${strings.unread}: </span>`}${n.title}</span>
      <time datetime=${n.created_at} title=${times.exact(n.created_at)}>${times.ago(n.created_at)}</time>
    </span>
    ${n.body ? html`<span class="text body" part="item-body">${n.body}</span>` : nothing}
    <span class="meta" part="item-meta"
      >${priority === 'high' || priority === 'critical' ? html`<b class=${priority}>${strings[priority]}</b>` : nothing}${n.actor?.name}</span
    >`;
}

function drawAvatar(actor: Actor | null): TemplateResult {
  const letters = initials(actor?.name ?? '');
  const picture = safeUrl(actor?.avatar_url ?? '');
  // A picture that does not load, or that the page's policy forbids, leaves the letters.
  return html`<span class="avatar" part="avatar" aria-hidden="true"
    >${letters || icons.bell}${picture
      ? html`<img src=${picture} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${(event: Event) => (event.target as Element).remove()} />`
      : nothing}</span
  >`;
}

/** The first letters of the first and the last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const last = words.length > 1 ? words.pop()! : '';
  return [words[0]!, last].map((word) => [...word][0] ?? '').join('').toLocaleUpperCase();
}
