/** A piece of a page: its text, as it stands in the source, and what goes into its gaps. */
export interface TemplateResult {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

/** What puts a value into a gap, in place of the one before. */
type Gap = (value: unknown) => void;

/** In a gap of the text it shows nothing; it takes an attribute away. */
export const nothing = null;

/**
 * A template of HTML. A gap between tags takes text, another template, an array of both, or `nothing`. A gap is also the whole
 * value of an attribute, without quotes: `name=${…}` sets it, `.name=${…}` the property, `@name=${…}` what happens at the event.
 */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): TemplateResult => ({ strings, values });

/** Draws into a node: what was drawn there before stays in the page as far as it is of the same template. */
export function render(value: unknown, into: ParentNode): void {
  let gap = roots.get(into);
  if (!gap) {
    const end = new Comment();
    into.append(end);
    roots.set(into, (gap = between(end)));
  }
  gap(value);
}

const roots = new WeakMap<ParentNode, Gap>();
const parsed = new WeakMap<readonly string[], HTMLTemplateElement>();
/** An array is a template of gaps alone. */
const lists: (readonly string[])[] = [];

/** Where a page demands Trusted Types, `belfry` is the name to allow: what is parsed stands in the sources, never in a value. */
interface Policy {
  createHTML(text: string): string;
}
const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
const policy: Policy = { createHTML: (text) => text };
const trusted = trustedTypes?.createPolicy('belfry', policy) ?? policy;

/** The template's own copy of what it makes: a comment in each gap between tags, `name$` where an attribute has its gap. */
function parse(strings: readonly string[]): HTMLTemplateElement {
  const template = document.createElement('template');
  const marked = strings.map((text) => (text.endsWith('=') ? text.slice(0, -1) + '$ ' : text + '<!---->'));
  template.innerHTML = trusted.createHTML(marked.join(''));
  template.content.lastChild!.remove(); // no gap follows the last text
  parsed.set(strings, template);
  return template;
}

/** The gaps of what was made of a template, in the order of its values. */
function gaps(made: Node): Gap[] {
  const found: Gap[] = [];
  const nodes = document.createTreeWalker(made, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  for (let node; (node = nodes.nextNode()); ) {
    if (node instanceof Element) {
      for (const { name } of [...node.attributes]) if (name.endsWith('$')) found.push(attribute(node, name));
    } else found.push(between(node as Comment));
  }
  return found;
}

function attribute(element: Element, marked: string): Gap {
  const name = marked.slice(0, -1);
  const property = { '.': name.slice(1), '@': `on${name.slice(1)}` }[name[0]!];
  element.removeAttribute(marked);
  return (value) => {
    if (property) Object.assign(element, { [property]: value });
    else if (value === nothing) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  };
}

/** The gap that ends at a comment, and begins after what its template has before it: that stays, whatever comes and goes. */
function between(end: Comment): Gap {
  if (!end.previousSibling) end.before('');
  const start = end.previousSibling;
  let shown: unknown = nothing; // the text, or the strings of the template
  let inner: Gap[] = [];
  return (value) => {
    if (Array.isArray(value)) value = { strings: (lists[value.length] ??= Array<string>(value.length + 1).fill('')), values: value };
    const { strings, values = [] } = (value ?? {}) as Partial<TemplateResult>;
    const next = strings ?? value ?? nothing;
    if (next !== shown) {
      while (end.previousSibling !== start) end.previousSibling!.remove();
      inner = [];
      shown = next;
      if (strings) {
        const made = document.importNode((parsed.get(strings) ?? parse(strings)).content, true);
        inner = gaps(made);
        end.before(made);
      } else if (next !== nothing) end.before(String(next));
    }
    inner.forEach((gap, i) => gap(values[i]));
  };
}
