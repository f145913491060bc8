const css = String.raw; // the bundler takes out of such a template what CSS does not need

/**
 * The look of the bell, of a toast, and of the frame of the inbox; what is in that is in the panel's. A page changes it by the variables named --belfry-…, and by the parts. Colours follow the page's own
 * `color-scheme`, so that a page that is only light does not get a dark panel; `theme` on the element decides otherwise.
 */
export const styles = css`
  :host {
    --accent: var(--belfry-accent, light-dark(#5b5bd6, #8f8ff5));
    --badge: var(--belfry-badge, light-dark(#d92d3a, #ff6b6f));
    --bg: var(--belfry-background, light-dark(#fff, #1b1c21));
    --hover: var(--belfry-hover, light-dark(#f5f5f7, #25262d));
    --text: var(--belfry-text, light-dark(#1a1b20, #ececf1));
    --muted: var(--belfry-muted, light-dark(#62656f, #a0a3ae));
    --line: var(--belfry-border, light-dark(#e6e6ea, #303139));
    display: inline-block;
    position: relative;
    font: 400 14px/1.45 var(--belfry-font, system-ui, sans-serif);
    color: var(--text);
    text-align: start;
  }
  :host(belfry-inbox) {
    display: block;
    height: var(--belfry-height, 640px);
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([theme='auto']) {
    color-scheme: light dark;
  }
  * {
    box-sizing: border-box;
  }
  button,
  a,
  fieldset,
  h2,
  ul {
    font: inherit;
    color: inherit;
    text-align: inherit;
    text-decoration: none;
    list-style: none;
    background: none;
    border: 0;
    margin: 0;
    padding: 0;
  }
  button,
  a,
  label {
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: -2px;
  }
  .icon {
    display: block;
    flex: none;
    width: 20px;
    height: 20px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .said {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .bell {
    display: grid;
    place-items: center;
    position: relative;
    width: var(--belfry-button-size, 40px);
    height: var(--belfry-button-size, 40px);
    border-radius: 10px;
  }
  .bell:hover,
  .bell[aria-expanded='true'] {
    background: color-mix(in srgb, currentColor 8%, transparent);
  }
  .bell .icon {
    width: 24px;
    height: 24px;
    stroke-width: 1.4;
    transform-origin: 50% 12%;
  }
  .badge {
    position: absolute;
    inset-block-start: 1px;
    inset-inline-start: calc(50% + 2px);
    min-width: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--badge);
    color: var(--belfry-on-badge, light-dark(#fff, #26080a));
    box-shadow: 0 0 0 2px var(--belfry-badge-ring, light-dark(#fff, #121317));
    font-weight: 600;
    font-size: 11px;
    line-height: 18px;
    text-align: center;
  }

  .panel,
  .toast {
    display: flex;
    flex-direction: column;
    padding: 0;
    margin: 0;
    border: 1px solid var(--line);
    border-radius: var(--belfry-radius, 12px);
    background: var(--bg);
    color: var(--text);
    overflow: hidden;
    outline: 0;
  }
  section {
    height: 100%;
  }
  [popover] {
    position: fixed;
    inset: auto;
    z-index: 2147483000;
    box-shadow: var(--belfry-shadow, 0 4px 10px rgb(0 0 0/6%), 0 18px 48px light-dark(rgb(0 0 0/14%), rgb(0 0 0/50%)));
  }
  .toast {
    inset-block-end: 20px;
    inset-inline-end: 20px;
    max-width: min(380px, 100vw - 40px);
  }
  .toast > * {
    display: flex;
    gap: 12px;
    padding: 14px 18px;
  }
  .toast .icon {
    color: var(--accent);
  }
  .toast > :hover {
    background: var(--hover);
  }
  .text {
    display: block;
    /* Each text runs in the direction of its own letters, and stands on the side of the panel's. */
    unicode-bidi: plaintext;
    text-align: -webkit-match-parent;
    text-align: match-parent;
    overflow-wrap: anywhere;
    font-weight: 500;
  }
  .toast b {
    font-weight: 600;
  }
  .body {
    color: var(--muted);
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
    font-size: 13px;
    font-weight: 400;
    white-space: pre-line;
  }

  @media (prefers-reduced-motion: no-preference) {
    [popover] {
      animation: rise 0.16s cubic-bezier(0.2, 0.9, 0.3, 1);
    }
    .ring .icon {
      animation: ring 0.7s;
    }
  }
  @media (forced-colors: active) {
    .badge {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
  @keyframes ring {
    20% {
      rotate: 14deg;
    }
    50% {
      rotate: -11deg;
    }
    75% {
      rotate: 6deg;
    }
  }
`;
