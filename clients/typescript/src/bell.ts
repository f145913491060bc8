import { html, nothing, type TemplateResult } from './template.js';
import { BelfryElement } from './base.js';
import { bell } from './icons.js';
import { place } from './place.js';
import { fill } from './strings.js';
import type { Notification } from './types.js';
import { safeUrl } from './url.js';

/** How long a toast stands, in milliseconds; under the pointer, or with the focus in it, it stays. */
const toastFor = 6000;

/**
 * `<belfry-bell>`: a button with the number of unread notifications, a panel with the inbox, and a toast for what arrives.
 * It has the properties and events of `<belfry-inbox>`.
 */
export class BelfryBell extends BelfryElement {
  static override readonly properties = [...BelfryElement.properties, 'open', 'quiet'];

  /** Whether the panel is shown. */
  declare open: boolean;
  /** Whether what arrives is shown by the number alone, without a toast. */
  declare quiet: boolean;

  #ringing = false;
  #toast: Notification | undefined;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;
  #opened = false;

  constructor() {
    super();
    this.open = this.quiet = false;
    this.addEventListener('focusout', this.#onLeave);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#toastTimer);
    this.#watchPage(false);
    this.#opened = false;
  }

  protected override changed(name: string): void {
    if (name === 'open') this.toggleAttribute('open', this.open);
    super.changed(name);
  }

  override get shown(): boolean {
    return this.#opened;
  }

  protected override draw(): unknown {
    const { unread } = this.snapshot;
    const { words } = this;
    return html`<button
        class=${this.#ringing ? 'bell ring' : 'bell'}
        part="button"
        aria-label=${unread ? fill(words.button, unread) : words.title}
        aria-haspopup="dialog"
        aria-expanded=${this.open}
        @click=${() => (this.open = !this.open)}
        @keydown=${this.#onButtonKey}
        @animationend=${() => (this.#ringing = false)}
      >
        <slot name="icon">${bell}</slot>
        ${unread ? html`<span class="badge" part="badge" aria-hidden="true">${unread > 99 ? '99+' : unread}</span>` : nothing}
      </button>
      ${this.drawSaid()}
      ${this.open
        ? html`<div class="panel" part="panel" popover="manual" role="dialog" aria-labelledby="title" tabindex="-1" @keydown=${this.#onPanelKey}>
            ${this.drawView()}
          </div>`
        : this.#toast
          ? this.#drawToast(this.#toast)
          : nothing}`;
  }

  #drawToast(n: Notification): TemplateResult {
    const text = html`${bell}<span><b class="text">${n.title}</b><span class="text body">${n.body}</span></span>`;
    const url = safeUrl(n.url);
    const open = (event: MouseEvent): void => {
      this.#hush();
      this.choose(event, n);
      if (!url) this.open = true;
    };
    // A screen reader has been told already.
    return html`<div class="toast" part="toast" popover="manual">
      ${url ? html`<a href=${url} @click=${open}>${text}</a>` : html`<button @click=${open}>${text}</button>`}
    </div>`;
  }

  protected override drawn(): void {
    if (this.open !== this.#opened) this.#show(this.open);
    // Where popovers are known they lie above everything, whatever the page's own layers.
    const popover = 'showPopover' in this ? this.shadowRoot!.querySelector<HTMLElement>('[popover]:not(:popover-open)') : null;
    popover?.showPopover();
    if (this.open) this.#place();
    super.drawn();
    if (popover && this.open) popover.focus({ preventScroll: true });
  }

  protected override announce(arrived: readonly Notification[]): void {
    super.announce(arrived);
    this.#ringing = true;
    if (this.quiet || this.open || document.visibilityState !== 'visible') return;
    this.#toast = arrived.at(-1);
    this.#later();
  }

  #later(): void {
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => (this.shadowRoot!.querySelector('.toast:is(:hover, :focus-within)') ? this.#later() : this.#hush()), toastFor);
  }

  #hush(): void {
    this.#toast = undefined;
    this.update();
  }

  override left(here: boolean): void {
    this.#close(here);
  }

  #close(returnFocus: boolean): void {
    this.open = false;
    if (returnFocus) this.shadowRoot!.querySelector<HTMLElement>('.bell')?.focus();
  }

  #show(open: boolean): void {
    this.#opened = open;
    this.#watchPage(open);
    this.#toast = undefined;
    if (!open) return;
    this.view.begin(true);
  }

  #watchPage(on: boolean): void {
    const change = on ? 'addEventListener' : 'removeEventListener';
    document[change]('pointerdown', this.#onPagePointer, true);
    window[change]('resize', this.#place);
    window[change]('scroll', this.#place, true);
  }

  #onPagePointer = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.#close(false);
  };

  #place = (): void => {
    const panel = this.shadowRoot!.querySelector<HTMLElement>('.panel');
    const button = this.shadowRoot!.querySelector('.bell');
    if (!panel || !button) return;
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const style = getComputedStyle(this);
    const wish = { left: 0, top: 0, width: parseFloat(style.getPropertyValue('--belfry-width')) || 420, height: 640 };
    const box = place(button.getBoundingClientRect(), view, wish, style.direction === 'rtl');
    Object.assign(panel.style, {
      left: `${box.left}px`,
      width: `${box.width}px`,
      maxHeight: `${box.height}px`,
      top: box.above ? 'auto' : `${box.top}px`,
      bottom: box.above ? `${view.height - box.top}px` : 'auto',
    });
  };

  #onButtonKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.open = false;
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    this.open = true;
    void this.updateComplete.then(() => this.view.move('Home'));
  };

  #onPanelKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return this.view.onKey(event);
    event.preventDefault();
    event.stopPropagation();
    this.#close(true);
  };

  /** The focus went to another part of the page, as by Tab past the end: the panel closes, as menus do. */
  #onLeave = (event: FocusEvent): void => {
    if (event.relatedTarget && this.open) this.#close(false);
  };
}

BelfryBell.define('belfry-bell');

declare global {
  interface HTMLElementTagNameMap {
    'belfry-bell': BelfryBell;
  }
}
