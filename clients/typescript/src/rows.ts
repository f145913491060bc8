import { render, type TemplateResult } from './template.js';
import type { Notification } from './types.js';

/** How far beyond what is seen rows are drawn, and how high a row is until one was seen, in pixels. */
const margin = 600;
const guess = 76;

/**
 * The rows of a list, of which only those near what is seen are in the page: the others are empty space above and below.
 * A row is as high as it needs to be; one that was never drawn is taken to be as high as those that were.
 */
export class Rows {
  readonly #drawn = new Map<string, HTMLElement>();
  readonly #heights = new Map<string, number>();
  #guess = 0;

  /** Draws the rows near what is seen of the list; `row` fills one. Returns whether the end of the list is among them. */
  draw(list: HTMLElement, items: readonly Notification[], row: (n: Notification, li: HTMLElement) => TemplateResult): boolean {
    const view = list.parentElement!;
    this.#measure();
    const from = view.scrollTop - margin;
    const to = from + view.clientHeight + 2 * margin;
    const shown = new Map<string, Notification>();
    let [y, above, end] = [0, 0, 0];
    let position = 0;
    for (const n of items) {
      const next = y + this.#height(n.id);
      if (next < from) above = next;
      else if (y <= to) {
        if (!shown.size) position = items.indexOf(n);
        shown.set(n.id, n);
        end = next;
      }
      y = next;
    }
    for (const [id, li] of this.#drawn) {
      if (shown.has(id)) continue;
      if (li.matches(':focus-within')) view.focus({ preventScroll: true });
      li.remove();
      this.#drawn.delete(id);
    }
    list.style.padding = `${above}px 0 ${y - end}px`;
    let at = list.firstElementChild;
    for (const [id, n] of shown) {
      const li = this.#drawn.get(id) ?? document.createElement('li');
      this.#drawn.set(id, li);
      li.setAttribute('aria-posinset', String(++position));
      render(row(n, li), li);
      if (li === at) at = at.nextElementSibling;
      else list.insertBefore(li, at);
    }
    return end === y;
  }

  /** Brings a row into view, so that it can be drawn. */
  reveal(view: HTMLElement, items: readonly Notification[], id: string): void {
    if (this.#drawn.has(id)) return;
    let y = 0;
    for (const n of items) {
      if (n.id === id) break;
      y += this.#height(n.id);
    }
    view.scrollTop = y - view.clientHeight / 2;
  }

  #measure(): void {
    for (const [id, li] of this.#drawn) if (li.offsetHeight) this.#heights.set(id, li.offsetHeight);
    if (!this.#guess && this.#heights.size) this.#guess = [...this.#heights.values()].reduce((sum, h) => sum + h) / this.#heights.size;
  }

  #height(id: string): number {
    return this.#heights.get(id) ?? (this.#guess || guess);
  }
}
