import { html, nothing, type TemplateResult } from './template.js';
import type { BelfryElement } from './base.js';
import * as icons from './icons.js';
import { drawItem, type ItemContext } from './item.js';
import { drawEmpty, drawNotice } from './panel.js';
import { Rows } from './rows.js';
import type { Strings } from './strings.js';
import { known, times } from './time.js';
import type { Filter, Notification, Preferences } from './types.js';

/** The tabs, by the name of their words. */
const tabs = [
  ['unread', 'unread'],
  ['all', 'inbox'],
  ['archived', 'archived'],
] as const satisfies readonly (readonly [keyof Strings, Filter])[];

/** How long one can take an archived notification back, in milliseconds. */
const undoFor = 8000;

/** The inbox inside an element: what it shows, and how it is gone through. */
export class InboxView {
  readonly #host: BelfryElement;
  #view: Filter = 'inbox';
  #preferences: Preferences | undefined;
  #settings: typeof import('./preferences.js') | undefined;
  #undo: Notification | undefined;
  #undoTimer: ReturnType<typeof setTimeout> | undefined;
  #current: string | undefined;
  #saw = new Set<string>(); // told to the server, so that a refusal is not answered by asking again
  readonly #rows = new Rows();
  #clock: ReturnType<typeof setInterval> | undefined;
  #now = Date.now();

  constructor(host: BelfryElement) {
    this.#host = host;
  }

  /** Ends what runs by itself; the next drawing begins it again. */
  stop(): void {
    document.removeEventListener('visibilitychange', this.#see);
    clearInterval(this.#clock);
    clearTimeout(this.#undoTimer);
    this.#clock = undefined;
  }

  /** Begins with the present moment; `anew` as when a panel is opened. */
  begin(anew: boolean): void {
    this.#now = Date.now();
    if (!anew) return;
    this.#host.failed = false;
    this.#current = undefined;
    this.#saw.clear();
  }

  draw(): TemplateResult {
    const host = this.#host;
    const { words } = host;
    const s = host.client!.snapshot(this.#view);
    const { unread } = host.snapshot;
    const settings = !!this.#preferences;
    return html`<div class="head" part="header">
        ${settings ? this.#button(icons.back, words.back, 'back', () => this.#leavePreferences()) : nothing}
        <h2 id="title">${settings ? words.preferences : words.title}</h2>
        ${unread && !settings ? html`<span class="count" aria-hidden="true">${unread}</span>` : nothing}
        <span class="grow"></span>
        ${settings
          ? nothing
          : [
              this.#button(icons.readAll, words.markAllRead, 'mark-all', () => unread && host.attempt((client) => client.readAll()), !unread),
              this.#button(icons.mail, words.preferences, 'settings', () => this.#showPreferences()),
            ]}
      </div>
      ${settings ? nothing : this.#drawTabs(words)}
      ${drawNotice(s, words, host.failed, () => host.client!.reconnect())}
      <div class="scroll" part="list" role=${settings ? 'group' : 'tabpanel'} aria-labelledby="title" tabindex="-1" @scroll=${() => this.#drawRows(true)}>
        ${this.#preferences
          ? this.#settings!.drawPreferences(this.#preferences, host.categories ?? {}, words, (wanted) => this.#save(wanted))
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

  /** Follows each drawing. */
  drawn(): void {
    if (!this.#clock) {
      document.addEventListener('visibilitychange', this.#see);
      this.#clock = setInterval(() => {
        this.#now = Date.now();
        this.#host.update();
      }, 30_000);
    }
    this.#drawRows();
    this.#see();
  }

  /** Draws what is near what is seen, and loads more at the end; after a failure only when the person goes on. */
  #drawRows(again = false): void {
    const list = this.#host.shadowRoot!.querySelector('ul');
    if (!list) return;
    const { items, more } = this.#host.client!.snapshot(this.#view);
    if (!items.some((n) => n.id === this.#current)) this.#current = items[0]?.id;
    const context: ItemContext = {
      ...{ strings: this.#host.words, times: times(known(this.#host.language), this.#now), current: this.#current },
      open: (event, n) => this.#host.choose(event, n),
      toggleRead: (n) => this.#host.attempt((client) => client.set(n.id, { read: !n.read_at })),
      archive: (n) => this.#archive(n),
    };
    const end = this.#rows.draw(list, items, (n, li) => {
      li.setAttribute('aria-setsize', String(more ? -1 : items.length));
      return drawItem(n, li, context);
    });
    if (end && more && list.clientHeight && (again || !this.#host.failed)) this.#host.attempt((client) => client.loadMore(this.#view));
  }

  /** What is shown has been seen, unless nobody looks at the page. */
  #see = (): void => {
    const { client } = this.#host;
    if (!client || !this.#host.shown || document.visibilityState !== 'visible' || this.#host.snapshot.status === 'offline') return;
    const fresh = client.snapshot(this.#view).items.filter((n) => (this.#host.readOnOpen ? !n.read_at : !n.seen_at) && !this.#saw.has(n.id));
    if (!fresh.length) return;
    for (const n of fresh) this.#saw.add(n.id);
    const seeing = this.#host.readOnOpen ? client.readAll() : client.seen(this.#view);
    seeing.catch(() => {}); // the next opening says it again
  };

  #turnTo(view: Filter): void {
    this.#view = view;
    const { loaded } = this.#host.client!.snapshot(view);
    if (!loaded) this.#host.attempt((client) => client.refresh(view));
    this.#host.update();
    this.#host.shadowRoot!.querySelector('.scroll')!.scrollTop = 0;
  }

  #showPreferences(): void {
    this.#host.attempt(async ({ api }) => {
      const [settings, preferences] = await Promise.all([import('./preferences.js'), api.preferences()]);
      if (!this.#settings) this.#host.dress(settings.preferencesStyles);
      this.#settings = settings;
      this.#preferences = preferences;
      this.#host.update();
      await this.#host.updateComplete;
      this.#host.shadowRoot!.querySelector<HTMLElement>('[part=back]')?.focus();
    });
  }

  #leavePreferences(): void {
    this.#preferences = undefined;
    this.#host.update();
    void this.#host.updateComplete.then(() => this.#host.shadowRoot!.querySelector<HTMLElement>('[part=settings]')?.focus());
  }

  #save(wanted: Preferences): void {
    this.#host.attempt(async ({ api }) => {
      this.#preferences = await api.preferences(wanted);
      this.#host.update();
    });
  }

  /** Archives, or takes back what is archived already, and keeps the focus in the list where it was inside. */
  #archive(n: Notification): void {
    const { items } = this.#host.client!.snapshot(this.#view);
    const at = items.indexOf(n);
    const next = items[at + 1] ?? items[at - 1];
    const inside = this.#host.shadowRoot!.activeElement?.closest('li');
    this.#host.attempt((client) => client.set(n.id, { archived: !n.archived_at }));
    this.#offerUndo(n.archived_at ? undefined : n);
    if (inside) void this.#host.updateComplete.then(() => (next ? this.#focusItem(next.id) : this.panel?.focus()));
  }

  #offerUndo(n: Notification | undefined): void {
    this.#undo = n;
    clearTimeout(this.#undoTimer);
    if (n) this.#undoTimer = setTimeout(() => this.#offerUndo(undefined), undoFor);
    this.#host.update();
  }

  #takeBack(): void {
    const n = this.#undo;
    if (n) this.#host.attempt((client) => client.set(n.id, { archived: false }));
    this.#offerUndo(undefined);
    this.panel?.focus();
  }

  get panel(): HTMLElement | null {
    return this.#host.shadowRoot!.querySelector('.scroll');
  }

  #focusItem(id: string): void {
    this.#current = id;
    this.#rows.reveal(this.panel!, this.#host.client!.snapshot(this.#view).items, id);
    this.#drawRows();
    this.#host.shadowRoot!.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"] .item`)?.focus();
  }

  /** A key was pressed in the panel. */
  onKey = (event: KeyboardEvent): void => {
    if (this.key(event, (event.target as Element).closest('li')?.dataset['id'])) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  /** Takes a key that was pressed in the panel, in the row of `id` if in one; false leaves it to the browser. */
  key({ key, target, ctrlKey, metaKey }: KeyboardEvent, id: string | undefined): boolean {
    const { items } = this.#host.client!.snapshot(this.#view);
    const n = items.find((m) => m.id === id);
    if (key === 'Delete' && n) return this.#archive(n), true;
    if (key === 'z' && (ctrlKey || metaKey) && this.#undo) return this.#takeBack(), true;
    if ((target as Element).matches('[role=tab]')) return this.#moveTab(key, target as HTMLElement);
    return !this.#preferences && this.move(key, n);
  }

  #moveTab(key: string, tab: HTMLElement): boolean {
    const back = getComputedStyle(this.#host).direction === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return this.move(key);
    const all = [...tab.parentElement!.querySelectorAll<HTMLElement>('[role=tab]')];
    const to = all.at((all.indexOf(tab) + (key === back ? -1 : 1)) % all.length)!;
    to.click();
    to.focus();
    return true;
  }

  /** Moves the focus to another item, by an arrow, Home or End; false when the key is none of them. */
  move(key: string, from?: Notification): boolean {
    const { items } = this.#host.client!.snapshot(this.#view);
    const at = from ? items.indexOf(from) : -1;
    const last = items.length - 1;
    const to = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last }[key];
    if (to === undefined) return false;
    if (items[to]) this.#focusItem(items[to].id);
    return true;
  }
}
