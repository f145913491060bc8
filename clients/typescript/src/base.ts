import { html, nothing, type TemplateResult } from './template.js';
import type { TokenSource } from './api.js';
import { Belfry } from './client.js';
import { DrawnElement } from './element.js';
import { soon } from './soon.js';
import { english, fill, load, type Strings } from './strings.js';
import type { Notification, Snapshot } from './types.js';
import { InboxView } from './view.js';

/** What the elements have in common: their properties and events, a client, and a view of the inbox. */
export abstract class BelfryElement extends DrawnElement {
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

  /** The inbox inside. */
  readonly view: InboxView;
  /** Whether the last thing that was tried did not work. */
  failed = false;
  said = '';
  #language: string | undefined; // the one whose words were asked for
  #words: Strings | undefined;
  #own: Belfry | undefined;
  #bound: Belfry | undefined;
  #off: (() => void)[] = [];
  #arrived: Notification[] = [];

  constructor() {
    super();
    this.readOnOpen = false;
    this.view = new InboxView(this);
  }

  disconnectedCallback(): void {
    this.view.stop();
    this.#detach();
  }

  protected override changed(name: string): void {
    if (name === 'theme') this.setAttribute(name, this.theme ?? '');
    if (this.#own && ['baseUrl', 'token', 'limit'].includes(name)) this.#detach();
    super.changed(name);
  }

  /** Whether the list is before the person's eyes. */
  abstract get shown(): boolean;

  /** The person went to a notification's page; the focus stays in this one if `here`. */
  abstract left(here: boolean): void;

  /** Language of words and dates, as far as it is known. */
  get language(): string {
    return this.locale ?? this.closest<HTMLElement>('[lang]')?.lang ?? '';
  }

  get words(): Strings {
    return { ...(this.#words ?? english), ...this.strings };
  }

  get snapshot(): Snapshot {
    return this.client!.snapshot();
  }

  /** Does something that may be refused, and says so when it is. */
  attempt(act: (client: Belfry) => Promise<unknown>): void {
    if (!this.client) return;
    this.failed = false;
    act(this.client).catch(() => {
      this.failed = true;
      this.update();
    });
  }

  /** An item was chosen: it is read, and the page may go its own way. */
  choose(event: MouseEvent, n: Notification): void {
    if (!n.read_at) this.attempt((client) => client.set(n.id, { read: true }));
    const go = this.dispatchEvent(new CustomEvent('belfry-open', { detail: n, bubbles: true, composed: true, cancelable: true }));
    if (!go) event.preventDefault();
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (n.url && !elsewhere) this.left(!go);
  }

  protected override willDraw(): void {
    if (!this.#bound || this.client !== this.#bound) this.#attach();
    if (this.language !== this.#language) void this.#learn(this.language);
  }

  /** Loads the words of a language. Those from before, or English, stand in for what does not come; a later drawing asks again. */
  async #learn(language: string): Promise<void> {
    this.#language = language;
    const words = await load(language).catch(() => undefined);
    if (this.#language !== language) return;
    if (!words) this.#language = undefined;
    if (!words && this.#words) return; // nothing to draw, so it is not asked for again and again
    this.#words = words ?? english;
    this.update();
  }

  /** The inbox, once it is known in which language: nobody sees one that changes before their eyes. */
  protected drawView(): TemplateResult | null {
    return this.#words ? this.view.draw() : nothing;
  }

  /** What a screen reader is told of as it happens. */
  protected drawSaid(): TemplateResult {
    return html`<div class="said" role="status">${this.said}</div>`;
  }

  protected override drawn(): void {
    this.view.drawn();
  }

  /** Tells a screen reader what arrived; a burst is said in one sentence. */
  protected announce(arrived: readonly Notification[]): void {
    const { words } = this;
    this.said = arrived.length > 1 ? fill(words.many, arrived.length) : fill(words.arrived, arrived[0]!.title);
    this.view.begin(false);
    this.update();
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
}

declare global {
  interface HTMLElementEventMap {
    'belfry-notification': CustomEvent<Notification>;
    'belfry-open': CustomEvent<Notification>;
  }
}
