import { html } from './template.js';
import { BelfryElement } from './base.js';

/**
 * `<belfry-inbox>`: the inbox of the person who is signed in, as a part of a page.
 *
 * @fires belfry-notification - a notification arrived; `detail` is it
 * @fires belfry-open - one was chosen; `detail` is it. Unless it is canceled, the page goes to its `url`
 */
export class BelfryInbox extends BelfryElement {
  override get shown(): boolean {
    return true;
  }

  override left(): void {}

  protected override draw(): unknown {
    return html`<section class="panel" part="panel" aria-labelledby="title" @keydown=${this.view.onKey}>${this.drawView()}</section>${this.drawSaid()}`;
  }
}

BelfryInbox.define('belfry-inbox');

declare global {
  interface HTMLElementTagNameMap {
    'belfry-inbox': BelfryInbox;
  }
}
