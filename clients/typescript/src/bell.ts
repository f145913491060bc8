import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { TokenSource } from './api.js';
import { Belfry } from './client.js';
import { icons } from './icons.js';
import { renderItem, type ItemContext } from './item.js';
import { itemStyles } from './item.styles.js';
import { renderEmpty, renderGhosts, renderNotice } from './panel.js';
import { place } from './place.js';
import { soon } from './soon.js';
import { english, type Strings } from './strings.js';
import { styles } from './styles.js';
import { known } from './time.js';
import type { Notification, Snapshot } from './types.js';

/**
 * `<belfry-bell>`: a button with the number of unread notifications, and a panel with them.
 *
 * @fires belfry-notification - a notification arrived; `detail` is it
 * @fires belfry-open - one was chosen; `detail` is it. Unless it is canceled, the page goes to its `url`
 */
export class BelfryBell extends LitElement {
  static override styles = [styles, itemStyles];
  static override properties = {
    baseUrl: { attribute: 'base-url' },
    token: {},
    locale: {},
    limit: { type: Number },
    theme: { reflect: true },
    strings: { attribute: false },
    client: { attribute: false },
    renew: { attribute: false },
    open: { type: Boolean, reflect: true },
    _snapshot: { state: true },
    _current: { state: true },
    _said: { state: true },
    _ringing: { state: true },
    _failed: { state: true },
    _now: { state: true },
  };

  /** Where Belfry is; empty: where the page came from. */
  declare baseUrl: string;
  /** A token for every call, or a function that gets one (as a property). Without it the browser's cookies speak. */
  declare token: TokenSource | undefined;
  /** How dates are written, as a BCP 47 tag. */
  declare locale: string;
  /** How many notifications a page holds. */
  declare limit: number | undefined;
  /** `light`, `dark`, or `auto` for what the person's system says; without it, the page's own `color-scheme`. */
  declare theme: string | undefined;
  /** Words to use instead of the English ones. */
  declare strings: Partial<Strings>;
  /** The client behind the bell. It is made from the attributes, unless the page hands one in, which it then starts itself. */
  declare client: Belfry | undefined;
  /** Called when the session ends or is refused; see {@link BelfryOptions.renew}. */
  declare renew: (() => Promise<void> | void) | undefined;
  /** Whether the panel is shown. */
  declare open: boolean;

  declare _snapshot: Snapshot | undefined;
  declare _current: string | null;
  declare _said: string;
  declare _ringing: boolean;
  declare _failed: boolean;
  declare _now: number;
  #own: Belfry | undefined;
  #bound: Belfry | undefined;
  #off: (() => void)[] = [];
  #arrived: string[] = [];
  #saw = new Set<string>(); // told to the server since the panel opened, so that a refusal is not answered by asking again
  #clock: ReturnType<typeof setInterval> | undefined;
  #shown = false;

  constructor() {
    super();
    this.baseUrl = '';
    this.locale = 'en';
    this.strings = {};
    this.open = false;
    this._current = null;
    this._said = '';
    this._ringing = false;
    this._failed = false;
    this._now = Date.now();
    this.addEventListener('focusout', this.#onLeave);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#attach();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#detach();
    this.#watchPage(false);
    this.#shown = false;
  }

  protected override updated(changed: PropertyValues): void {
    const remake = this.#own !== undefined && ['baseUrl', 'token', 'limit'].some((name) => changed.has(name));
    if (this.isConnected && (remake || !this.#bound || this.client !== this.#bound)) this.#attach();
    if (this.open !== this.#shown) this.#show(this.open);
    if (this.open) this.#place();
  }

  protected override render(): TemplateResult {
    const s = this._snapshot;
    const unread = s?.unread ?? 0;
    const words = this.#words;
    return html`<button
        class="bell ${this._ringing ? 'ring' : ''}"
        part="button"
        type="button"
        aria-label=${words.button(unread)}
        aria-haspopup="dialog"
        aria-expanded=${this.open ? 'true' : 'false'}
        @click=${() => (this.open = !this.open)}
        @keydown=${this.#onButtonKey}
        @animationend=${() => (this._ringing = false)}
      >
        <slot name="icon">${icons.bell}</slot>
        ${unread > 0 ? html`<span class="badge" part="badge" aria-hidden="true">${unread > 99 ? '99+' : unread}</span>` : nothing}
      </button>
      <div class="said" role="status" aria-live="polite">${this._said}</div>
      ${this.open ? this.#renderPanel(s, words) : nothing}`;
  }

  #renderPanel(s: Snapshot | undefined, words: Strings): TemplateResult {
    const unread = s?.unread ?? 0;
    return html`<div
      class="panel"
      part="panel"
      popover="manual"
      role="dialog"
      aria-labelledby="title"
      tabindex="-1"
      @keydown=${this.#onPanelKey}
      @focusin=${this.#onFocusIn}
    >
      <div class="head" part="header">
        <h2 id="title">${words.title}</h2>
        ${unread > 0 ? html`<span class="count" aria-hidden="true">${unread}</span>` : nothing}
        <span class="grow"></span>
        <button
          class="text-button"
          part="mark-all"
          type="button"
          aria-disabled=${unread === 0 ? 'true' : 'false'}
          @click=${() => unread > 0 && this.#try((client) => client.readAll())}
        >
          ${icons.readAll}${words.markAllRead}
        </button>
      </div>
      ${renderNotice(s, words, this._failed, () => this.client?.reconnect())}
      <div class="scroll" part="list">${this.#renderList(s, words)}</div>
    </div>`;
  }

  #renderList(s: Snapshot | undefined, words: Strings): TemplateResult {
    if (!s || s.items.length === 0) {
      return !s || (!s.loaded && s.status === 'connecting') ? renderGhosts(words) : renderEmpty(s, words);
    }
    const current = s.items.some((n) => n.id === this._current) ? this._current : s.items[0]!.id;
    const context: ItemContext = {
      ...{ strings: words, locale: known(this.locale), now: this._now, current },
      open: (event, n) => this.#open(event, n),
      toggleRead: (n) => this.#try((client) => client.set(n.id, { read: n.read_at === null })),
      archive: (n) => this.#archive(n),
    };
    return html`<ul role="list" aria-busy=${s.loading ? 'true' : 'false'}>
        ${repeat(
          s.items,
          (n) => n.id,
          (n) => renderItem(n, context),
        )}
      </ul>
      <div class="foot">
        ${s.more
          ? html`<button
              class="text-button"
              part="more"
              type="button"
              aria-disabled=${s.loading ? 'true' : 'false'}
              @click=${() => this.#try((client) => client.loadMore())}
            >
              ${words.loadMore}
            </button>`
          : words.end}
      </div>`;
  }

  get #words(): Strings {
    return { ...english, ...this.strings };
  }

  /** Binds the element to its client: the page's own, or one made from the attributes. */
  #attach(): void {
    const given = this.client !== this.#own ? this.client : undefined;
    this.#detach();
    const client = given ?? this.#make();
    this.client = this.#bound = client;
    this.#off = [
      client.subscribe(() => this.#take(client.snapshot())),
      client.onNotification((n) => this.#announce(n)),
    ];
    this.#take(client.snapshot());
    this.#own?.start();
  }

  #make(): Belfry {
    this.#own = new Belfry({
      baseUrl: this.baseUrl,
      token: this.token,
      ...(this.limit ? { limit: this.limit } : {}),
      renew: () => this.renew?.(),
    });
    return this.#own;
  }

  #detach(): void {
    for (const off of this.#off) off();
    this.#off = [];
    this.#own?.stop();
    if (this.client === this.#own) this.client = undefined;
    this.#own = this.#bound = undefined;
  }

  #take(snapshot: Snapshot): void {
    this._snapshot = snapshot;
    if (this.open) this.#see();
  }

  /** Tells a screen reader and the page; a burst is said in one sentence. */
  #announce(n: Notification): void {
    this.dispatchEvent(new CustomEvent('belfry-notification', { detail: n, bubbles: true, composed: true }));
    this._ringing = true;
    this.#arrived.push(n.title);
    if (this.#arrived.length > 1) return;
    soon(() => {
      this._said = this.#words.arrived(this.#arrived);
      this.#arrived = [];
      this._now = Date.now();
    });
  }

  /** What stands in an open panel has been seen, unless nobody looks at the page. */
  #see(): void {
    if (document.visibilityState !== 'visible' || this._snapshot?.status !== 'live') return;
    const fresh = this._snapshot.items.filter((n) => n.seen_at === null && !this.#saw.has(n.id));
    if (fresh.length === 0) return;
    for (const n of fresh) this.#saw.add(n.id);
    this.client?.seen().catch(() => {}); // the next opening says it again
  }

  #try(act: (client: Belfry) => Promise<void>): void {
    if (!this.client) return;
    this._failed = false;
    act(this.client).catch(() => (this._failed = true));
  }

  #open(event: MouseEvent, n: Notification): void {
    if (n.read_at === null) this.#try((client) => client.read(n.id));
    const go = this.dispatchEvent(
      new CustomEvent('belfry-open', { detail: n, bubbles: true, composed: true, cancelable: true }),
    );
    if (!go) event.preventDefault();
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (n.url && !elsewhere) this.#close(!go);
  }

  /** Archives, and keeps the focus in the list where it was inside. */
  #archive(n: Notification): void {
    const items = this._snapshot?.items ?? [];
    const at = items.findIndex((m) => m.id === n.id);
    const next = items[at + 1] ?? items[at - 1];
    const inside = this.shadowRoot?.activeElement?.closest('li') != null;
    this.#try((client) => client.archive(n.id));
    if (inside) void this.updateComplete.then(() => (next ? this.#focusItem(next.id) : this.#panel?.focus()));
  }

  get #panel(): HTMLElement | null {
    return this.renderRoot.querySelector('.panel');
  }

  #focusItem(id: string): void {
    this._current = id;
    this.renderRoot.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"] .item`)?.focus();
  }

  #close(returnFocus: boolean): void {
    this.open = false;
    if (returnFocus) this.renderRoot.querySelector<HTMLElement>('.bell')?.focus();
  }

  #show(open: boolean): void {
    this.#shown = open;
    this.#watchPage(open);
    if (!open) return;
    this._failed = false;
    this._current = null;
    this.#saw.clear();
    this._now = Date.now();
    const panel = this.#panel;
    // Where popovers are known the panel lies above everything, whatever the page's own layers.
    if (panel && 'showPopover' in panel) panel.showPopover();
    panel?.focus({ preventScroll: true });
    this.#see();
  }

  #watchPage(on: boolean): void {
    const change = on ? 'addEventListener' : 'removeEventListener';
    document[change]('pointerdown', this.#onPagePointer, true);
    document[change]('visibilitychange', this.#onVisible);
    window[change]('resize', this.#place);
    window[change]('scroll', this.#place, true);
    clearInterval(this.#clock);
    if (on) this.#clock = setInterval(() => (this._now = Date.now()), 30_000);
  }

  #onPagePointer = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.#close(false);
  };

  #onVisible = (): void => this.#see();

  #place = (): void => {
    const panel = this.#panel;
    const button = this.renderRoot.querySelector('.bell');
    if (!panel || !button) return;
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const style = getComputedStyle(this);
    const wish = { left: 0, top: 0, width: parseFloat(style.getPropertyValue('--belfry-width')) || 420, height: 640 };
    const box = place(button.getBoundingClientRect(), view, wish, style.direction === 'rtl');
    panel.style.left = `${box.left}px`;
    panel.style.width = `${box.width}px`;
    panel.style.maxHeight = `${box.height}px`;
    panel.style.top = box.above ? 'auto' : `${box.top}px`;
    panel.style.bottom = box.above ? `${view.height - box.top}px` : 'auto';
  };

  #onButtonKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.open = false;
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    this.open = true;
    void this.updateComplete.then(() => this.#move('first'));
  }

  #onPanelKey(event: KeyboardEvent): void {
    const item = (event.target as Element).closest('li');
    const moves: Record<string, 'next' | 'previous' | 'first' | 'last'> = {
      ...{ ArrowDown: 'next', ArrowUp: 'previous', Home: 'first', End: 'last' },
    };
    const move = moves[event.key];
    if (event.key === 'Escape') this.#close(true);
    else if (event.key === 'Delete' && item) this.#archiveById(item.dataset['id']!);
    else if (move) this.#move(move, item?.dataset['id']);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #archiveById(id: string): void {
    const n = this._snapshot?.items.find((m) => m.id === id);
    if (n) this.#archive(n);
  }

  #move(where: 'next' | 'previous' | 'first' | 'last', from?: string): void {
    const ids = this._snapshot?.items.map((n) => n.id) ?? [];
    const at = from === undefined ? -1 : ids.indexOf(from);
    const to = { next: Math.min(at + 1, ids.length - 1), previous: Math.max(at - 1, 0), first: 0, last: ids.length - 1 };
    const id = ids[to[where]];
    if (id) this.#focusItem(id);
  }

  #onFocusIn(event: FocusEvent): void {
    const id = (event.target as Element).closest<HTMLElement>('li')?.dataset['id'];
    if (id) this._current = id;
  }

  /** The focus went to another part of the page, as by Tab past the end: the panel closes, as menus do. */
  #onLeave = (event: FocusEvent): void => {
    if (event.relatedTarget && this.open) this.#close(false);
  };
}

// On a server there is nothing to define: importing does nothing.
if (typeof window !== 'undefined' && !customElements.get('belfry-bell')) customElements.define('belfry-bell', BelfryBell);

declare global {
  interface HTMLElementTagNameMap {
    'belfry-bell': BelfryBell;
  }
  interface HTMLElementEventMap {
    'belfry-notification': CustomEvent<Notification>;
    'belfry-open': CustomEvent<Notification>;
  }
}
