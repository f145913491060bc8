import { html, nothing } from 'lit-html';
import { BelfryElement } from './base.js';

/**
 * `<belfry-inbox>`: the inbox of the person who is signed in, as a part of a page.
 *
 * @fires belfry-notification - a notification arrived; `detail` is it
 * @fires belfry-open - one was chosen; `detail` is it. Unless it is canceled, the page goes to its `url`
 */
export class BelfryInbox extends BelfryElement {
  override connectedCallback(): void {
    super.connectedCallback();
    this.load().catch(() => {}); // what failed is tried again when the element is put into a page again
  }

  override get shown(): boolean {
    return true;
  }

  override left(): void {}

  protected override draw(): unknown {
    const { view } = this;
    return html`<section class="panel" part="panel" aria-labelledby="title" @keydown=${view?.onKey ?? nothing}>${view?.draw()}</section>${this.drawSaid()}`;
  }
}

BelfryInbox.define('belfry-inbox');

declare global {
  interface HTMLElementTagNameMap {
    'belfry-inbox': BelfryInbox;
  }
}
