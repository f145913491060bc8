import { panelStyles } from './panel.styles.js';
import { styles } from './styles.js';
import { render } from './template.js';

/** On a server there are no elements: the class stands on nothing, and importing it does nothing. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** An element that is drawn by templates, once for all changes of a task. What is drawn stands in `draw`. */
export abstract class DrawnElement extends Base {
  /** The properties that are drawn anew when they change. An attribute of the same name (`base-url` of `baseUrl`) sets each. */
  static readonly properties: readonly string[] = [];
  readonly #values: Record<string, unknown> = {};
  #update: Promise<void> | undefined;

  static get observedAttributes(): string[] {
    return this.properties.map((name) => name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase()));
  }

  /** Makes an element of the class known by its name, where there is a browser. */
  static define(name: string): void {
    if (!globalThis.customElements || customElements.get(name)) return;
    for (const property of this.properties) {
      Object.defineProperty(this.prototype, property, {
        get(this: DrawnElement) {
          return this.#values[property];
        },
        set(this: DrawnElement, value: unknown) {
          if (this.#values[property] === value) return;
          this.#values[property] = value;
          this.changed(property);
        },
      });
    }
    customElements.define(name, this as unknown as CustomElementConstructor);
  }

  constructor() {
    super();
    this.attachShadow({ mode: 'open' });
    this.dress(styles + panelStyles);
  }

  /** Adds to the look. */
  dress(css: string): void {
    const sheet = new CSSStyleSheet(); // unlike a style element it needs no word in the page's Content-Security-Policy
    sheet.replaceSync(css);
    this.shadowRoot!.adoptedStyleSheets.push(sheet);
  }

  connectedCallback(): void {
    // What a page set before it knew the element hides the accessors, and is set again.
    const own = this as unknown as Record<string, unknown>;
    for (const name of (this.constructor as typeof DrawnElement).properties) {
      if (!Object.hasOwn(this, name)) continue;
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
    this.update();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    const property = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const own = this as unknown as Record<string, unknown>;
    if (typeof own[property] === 'boolean') own[property] = value !== null;
    else own[property] = value ?? undefined;
  }

  /** Resolves when what has changed is drawn. */
  get updateComplete(): Promise<void> {
    return this.#update ?? Promise.resolve();
  }

  /** Draws soon. */
  update(): void {
    if (!this.isConnected) return;
    this.#update ??= Promise.resolve().then(() => {
      this.#update = undefined;
      if (!this.isConnected) return;
      this.willDraw();
      render(this.draw(), this.shadowRoot!);
      this.drawn();
    });
  }

  protected changed(_property: string): void {
    this.update();
  }

  protected willDraw(): void {}
  protected abstract draw(): unknown;
  protected drawn(): void {}
}
