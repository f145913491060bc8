import { html, nothing, type TemplateResult } from 'lit-html';
import type { TokenSource } from './api.js';
import { Belfry } from './client.js';
import { DrawnElement } from './element.js';
import { icons } from './icons.js';
import { drawItem, type ItemContext } from './item.js';
import { drawEmpty, drawNotice, drawPreferences } from './panel.js';
import { Rows } from './rows.js';
import { soon } from './soon.js';
import { fill, strings, type Strings } from './strings.js';
import { known } from './time.js';
import type { Filter, Notification, Preferences, Snapshot } from './types.js';

/** The tabs, by the name of their words. */
const tabs = [
  ['unread', 'unread'],
  ['all', 'inbox'],
  ['archived', 'archived'],
] as const satisfies readonly (readonly [keyof Strings, Filter])[];

/** How long one can take an archived notification back, in milliseconds. */
const undoFor = 8000;

/**
 * `<belfry-inbox>`: the inbox of the person who is signed in, as a part of a page.
 *
 * @fires belfry-notification - a notification arrived; `detail` is it
 * @fires belfry-open - one was chosen; `detail` is it. Unless it is canceled, the page goes to its `url`
 */
export class BelfryInbox extends DrawnElement {
  static override readonly properties: readonly string[] = [
    ...['baseUrl', 'token', 'limit', 'locale', 'theme', 'readOnOpen', 'strings', 'client', 'renew', 'categories'],
  ];

  /** Where Belfry is; empty: where the page came from. */
  declare baseUrl: string | undefined;
  /** A token for every call, or a function that gets one, or a ticket (as a property). Without it the browser's cookies speak. */
  declare token: TokenSource | undefined;
  /** How many notifications a page of the list holds; 20. */
  declare limit: number | undefined;
  /** Language of words and dates, as a BCP 47 tag; else the page's own (`lang`), else English. */
  declare locale: string | undefined;
  /** `light`, `dark`, or `auto` for what the person's system says; without it, the page's own `color-scheme`. */
  declare theme: string | undefined;
  /** Whether what is shown counts as read, and not only as seen. */
  declare readOnOpen: boolean;
  /** Words to use instead of those of the language. */
  declare strings: Partial<Strings> | undefined;
  /** The client behind the element. It is made from the attributes, unless the page hands one in, which it then starts itself. */
  declare client: Belfry | undefined;
  /** Called when the session ends or is refused; see {@link BelfryOptions.renew}. */
  declare renew: (() => Promise<void> | void) | undefined;
  /** The categories that a person can decide on in the email settings, with their names: `{ order: 'Orders' }`. */
  declare categories: Record<string, string> | undefined;

  protected said = '';
  protected failed = false;
  #view: Filter = 'inbox';
  #preferences: Preferences | undefined;
  #undo: Notification | undefined;
  #undoTimer: ReturnType<typeof setTimeout> | undefined;
  #current: string | undefined;
  #own: Belfry | undefined;
  #bound: Belfry | undefined;
  #off: (() => void)[] = [];
  #arrived: Notification[] = [];
  #saw = new Set<string>(); // told to the server, so that a refusal is not answered by asking again
  #rows = new Rows();
  #clock: ReturnType<typeof setInterval> | undefined;
  #now = Date.now();

  constructor() {
    super();
    this.readOnOpen = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#see);
    this.#clock = setInterval(() => {
      this.#now = Date.now();
      this.update();
    }, 30_000);
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#see);
    clearInterval(this.#clock);
    clearTimeout(this.#undoTimer);
    this.#detach();
  }

  protected override changed(name: string): void {
    if (name === 'theme') this.setAttribute(name, this.theme ?? '');
    if (this.#own && ['baseUrl', 'token', 'limit'].includes(name)) this.#detach();
    super.changed(name);
  }

  /** Whether the list is before the person's eyes. */
  protected get shown(): boolean {
    return true;
  }

  protected get words(): Strings {
    return { ...strings(this.#language), ...this.strings };
  }

  protected get snapshot(): Snapshot {
    return this.client!.snapshot();
  }

  get #language(): string {
    return known(this.locale ?? this.closest<HTMLElement>('[lang]')?.lang ?? '');
  }

  protected override willDraw(): void {
    if (!this.#bound || this.client !== this.#bound) this.#attach();
  }

  protected override draw(): unknown {
    return html`<section class="panel" part="panel" aria-labelledby="title" @keydown=${this.onKey}>${this.drawPanel()}</section>${this.drawSaid()}`;
  }

  /** What a screen reader is told of as it happens. */
  protected drawSaid(): TemplateResult {
    return html`<div class="said" role="status">${this.said}</div>`;
  }

  protected drawPanel(): TemplateResult {
    const { words } = this;
    const s = this.client!.snapshot(this.#view);
    const { unread } = this.snapshot;
    const settings = !!this.#preferences;
    return html`<div class="head" part="header">
        ${settings ? this.#button(icons.back, words.back, 'back', () => this.#leavePreferences()) : nothing}
        <h2 id="title">${settings ? words.preferences : words.title}</h2>
        ${unread && !settings ? html`<span class="count" aria-hidden="true">${unread}</span>` : nothing}
        <span class="grow"></span>
        ${settings
          ? nothing
          : [
              this.#button(icons.readAll, words.markAllRead, 'mark-all', () => unread && this.attempt((client) => client.readAll()), !unread),
              this.#button(icons.mail, words.preferences, 'settings', () => this.#showPreferences()),
            ]}
      </div>
      ${settings ? nothing : this.#drawTabs(words)}
      ${drawNotice(s, words, this.failed, () => this.client?.reconnect())}
      <div class="scroll" part="list" role=${settings ? 'group' : 'tabpanel'} aria-labelledby="title" tabindex="-1" @scroll=${() => this.#drawRows()}>
        ${this.#preferences
          ? drawPreferences(this.#preferences, this.categories ?? {}, words, (wanted) => this.#save(wanted))
          : s.items.length
            ? html`<ul role="list" aria-busy=${s.loading}></ul>`
            : drawEmpty(s, words)}
      </div>
      ${this.#undo && !settings
        ? html`<div class="undo" part="undo" role="status">
            <span class="grow">${words.archived}: ${this.#undo.title}</span><button @click=${() => this.#takeBack()}>${words.undo}</button>
          </div>`
        : nothing}`;
  }

  #button(icon: TemplateResult, label: string, part: string, act: () => unknown, off = false): TemplateResult {
    return html`<button class="tool" part=${part} title=${label} aria-label=${label} aria-disabled=${off} @click=${act}>${icon}</button>`;
  }

  #drawTabs(words: Strings): TemplateResult {
    return html`<div class="tabs" part="tabs" role="tablist" aria-label=${words.title}>
      ${tabs.map(([word, filter]) => {
        const on = filter === this.#view;
        return html`<button role="tab" part="tab" aria-selected=${on} tabindex=${on ? 0 : -1} @click=${() => this.#turnTo(filter)}>${words[word]}</button>`;
      })}
    </div>`;
  }

  protected override drawn(): void {
    this.#drawRows();
    this.#see();
  }

  #drawRows(): void {
    const list = this.shadowRoot!.querySelector('ul');
    if (!list) return;
    const { items, more } = this.client!.snapshot(this.#view);
    if (!items.some((n) => n.id === this.#current)) this.#current = items[0]?.id;
    const context: ItemContext = {
      ...{ strings: this.words, locale: this.#language, now: this.#now, current: this.#current },
      open: (event, n) => this.choose(event, n),
      toggleRead: (n) => this.attempt((client) => client.set(n.id, { read: !n.read_at })),
      archive: (n) => this.#archive(n),
    };
    const end = this.#rows.draw(list, items, (n, li) => {
      li.setAttribute('aria-setsize', String(more ? -1 : items.length));
      return drawItem(n, li, context);
    });
    if (end && more && list.clientHeight) this.attempt((client) => client.loadMore(this.#view));
  }

  /** Binds the element to its client: the page's own, or one made from the attributes. */
  #attach(): void {
    const given = this.client !== this.#own ? this.client : undefined;
    this.#detach();
    const { baseUrl, token, limit } = this;
    if (!given) this.#own = new Belfry({ baseUrl, token, limit: Number(limit ?? 20), renew: () => this.renew?.() });
    const client = (this.#bound = given ?? this.#own!);
    this.client = client;
    this.#off = [client.subscribe(() => this.update()), client.onNotification((n) => this.#hear(n))];
    this.#own?.start();
  }

  #detach(): void {
    for (const off of this.#off) off();
    this.#off = [];
    this.#own?.stop();
    if (this.client === this.#own) this.client = undefined;
    this.#own = this.#bound = undefined;
  }

  #hear(n: Notification): void {
    this.dispatchEvent(new CustomEvent('belfry-notification', { detail: n, bubbles: true, composed: true }));
    this.#arrived.push(n);
    if (this.#arrived.length > 1) return;
    soon(() => {
      this.announce(this.#arrived);
      this.#arrived = [];
    });
  }

  /** Tells a screen reader what arrived; a burst is said in one sentence. */
  protected announce(arrived: readonly Notification[]): void {
    const { words } = this;
    this.said = arrived.length > 1 ? fill(words.many, arrived.length) : fill(words.arrived, arrived[0]!.title);
    this.#now = Date.now();
    this.update();
  }

  /** What is shown has been seen, unless nobody looks at the page. */
  #see = (): void => {
    const { client } = this;
    if (!client || !this.shown || document.visibilityState !== 'visible' || this.snapshot.status === 'offline') return;
    const fresh = client.snapshot(this.#view).items.filter((n) => (this.readOnOpen ? !n.read_at : !n.seen_at) && !this.#saw.has(n.id));
    if (!fresh.length) return;
    for (const n of fresh) this.#saw.add(n.id);
    const seeing = this.readOnOpen ? client.readAll() : client.seen(this.#view);
    seeing.catch(() => {}); // the next opening says it again
  };

  /** Begins again, as when a panel is opened. */
  protected begin(): void {
    this.failed = false;
    this.#current = undefined;
    this.#saw.clear();
    this.#now = Date.now();
  }

  protected attempt(act: (client: Belfry) => Promise<unknown>): void {
    if (!this.client) return;
    this.failed = false;
    act(this.client).catch(() => {
      this.failed = true;
      this.update();
    });
  }

  #turnTo(view: Filter): void {
    this.#view = view;
    const { loaded } = this.client!.snapshot(view);
    if (!loaded) this.attempt((client) => client.refresh(view));
    this.update();
    this.shadowRoot!.querySelector('.scroll')!.scrollTop = 0;
  }

  #showPreferences(): void {
    this.attempt(async ({ api }) => {
      this.#preferences = await api.preferences();
      this.update();
      await this.updateComplete;
      this.shadowRoot!.querySelector<HTMLElement>('[part=back]')?.focus();
    });
  }

  #leavePreferences(): void {
    this.#preferences = undefined;
    this.update();
    void this.updateComplete.then(() => this.shadowRoot!.querySelector<HTMLElement>('[part=settings]')?.focus());
  }

  #save(wanted: Preferences): void {
    this.attempt(async ({ api }) => {
      this.#preferences = await api.preferences(wanted);
      this.update();
    });
  }

  /** An item was chosen. */
  protected choose(event: MouseEvent, n: Notification): void {
    if (!n.read_at) this.attempt((client) => client.set(n.id, { read: true }));
    const go = this.dispatchEvent(new CustomEvent('belfry-open', { detail: n, bubbles: true, composed: true, cancelable: true }));
    if (!go) event.preventDefault();
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (n.url && !elsewhere) this.left(!go);
  }

  /** The person went to a notification's page; the focus stays in this one if `here`. */
  protected left(_here: boolean): void {}

  /** Archives, or takes back what is archived already, and keeps the focus in the list where it was inside. */
  #archive(n: Notification): void {
    const { items } = this.client!.snapshot(this.#view);
    const at = items.indexOf(n);
    const next = items[at + 1] ?? items[at - 1];
    const inside = this.shadowRoot!.activeElement?.closest('li');
    this.attempt((client) => client.set(n.id, { archived: !n.archived_at }));
    this.#offerUndo(n.archived_at ? undefined : n);
    if (inside) void this.updateComplete.then(() => (next ? this.#focusItem(next.id) : this.panel?.focus()));
  }

  #offerUndo(n: Notification | undefined): void {
    this.#undo = n;
    clearTimeout(this.#undoTimer);
    if (n) this.#undoTimer = setTimeout(() => this.#offerUndo(undefined), undoFor);
    this.update();
  }

  #takeBack(): void {
    const n = this.#undo;
    if (n) this.attempt((client) => client.set(n.id, { archived: false }));
    this.#offerUndo(undefined);
    this.panel?.focus();
  }

  protected get panel(): HTMLElement | null {
    return this.shadowRoot!.querySelector('.scroll');
  }

  #focusItem(id: string): void {
    this.#current = id;
    this.#rows.reveal(this.panel!, this.client!.snapshot(this.#view).items, id);
    this.#drawRows();
    this.shadowRoot!.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"] .item`)?.focus();
  }

  /** A key was pressed in the panel. */
  protected onKey = (event: KeyboardEvent): void => {
    if (this.key(event, (event.target as Element).closest('li')?.dataset['id'])) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  /** Takes a key that was pressed in the panel, in the row of `id` if in one; false leaves it to the browser. */
  protected key({ key, target, ctrlKey, metaKey }: KeyboardEvent, id: string | undefined): boolean {
    const { items } = this.client!.snapshot(this.#view);
    const n = items.find((m) => m.id === id);
    if (key === 'Delete' && n) return this.#archive(n), true;
    if (key === 'z' && (ctrlKey || metaKey) && this.#undo) return this.#takeBack(), true;
    if ((target as Element).matches('[role=tab]')) return this.#moveTab(key, target as HTMLElement);
    return !this.#preferences && this.move(key, n);
  }

  #moveTab(key: string, tab: HTMLElement): boolean {
    const back = getComputedStyle(this).direction === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return this.move(key);
    const all = [...tab.parentElement!.querySelectorAll<HTMLElement>('[role=tab]')];
    const to = all.at((all.indexOf(tab) + (key === back ? -1 : 1)) % all.length)!;
    to.click();
    to.focus();
    return true;
  }

  /** Moves the focus to another item, by an arrow, Home or End; false when the key is none of them. */
  protected move(key: string, from?: Notification): boolean {
    const { items } = this.client!.snapshot(this.#view);
    const at = from ? items.indexOf(from) : -1;
    const last = items.length - 1;
    const to = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last }[key];
    if (to === undefined) return false;
    if (items[to]) this.#focusItem(items[to].id);
    return true;
  }
}

BelfryInbox.define('belfry-inbox');

declare global {
  interface HTMLElementTagNameMap {
    'belfry-inbox': BelfryInbox;
  }
  interface HTMLElementEventMap {
    'belfry-notification': CustomEvent<Notification>;
    'belfry-open': CustomEvent<Notification>;
  }
}
