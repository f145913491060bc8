const css = String.raw; // the bundler takes out of such a template what CSS does not need

/**
 * The look. A page changes it by the variables named --belfry-…, and by the parts. Colours follow the page's own
 * `color-scheme`, so that a page that is only light does not get a dark panel; `theme` on the element decides otherwise.
 */
export const styles = css`
  :host {
    --accent: var(--belfry-accent, light-dark(#5b5bd6, #8f8ff5));
    --badge: var(--belfry-badge, light-dark(#d92d3a, #ff6b6f));
    --bg: var(--belfry-background, light-dark(#fff, #1b1c21));
    --hover: var(--belfry-hover, light-dark(#f5f5f7, #25262d));
    --fresh: var(--belfry-fresh, light-dark(#f7f7ff, #20212b));
    --text: var(--belfry-text, light-dark(#1a1b20, #ececf1));
    --muted: var(--belfry-muted, light-dark(#62656f, #a0a3ae));
    --line: var(--belfry-border, light-dark(#e6e6ea, #303139));
    --warn: light-dark(#8a5300, #f0b968);
    --tint: color-mix(in srgb, var(--accent) 15%, var(--bg));
    --strong: color-mix(in srgb, var(--accent) 80%, light-dark(#000, #fff));
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
  .bell,
  .avatar,
  .tool,
  .actions button {
    display: grid;
    place-items: center;
    border-radius: 8px;
  }
  .bell {
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
  .toast :hover,
  .tool:hover,
  .actions :hover,
  label:hover {
    background: var(--hover);
  }
  .head,
  .tabs,
  .notice,
  .undo {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 0 16px;
    border-block-end: 1px solid var(--line);
  }
  .head {
    min-height: 52px;
    padding-inline-end: 8px;
    border: 0;
  }
  h2 {
    font-weight: 600;
    font-size: 15px;
  }
  .count {
    padding: 1px 7px;
    border-radius: 9px;
    background: var(--tint);
    color: var(--strong);
    font-size: 12px;
    font-weight: 600;
  }
  .grow,
  .line .text {
    flex: 1;
    min-width: 0;
  }
  .tool,
  .actions button {
    width: 36px;
    height: 36px;
    color: var(--muted);
  }
  [aria-disabled='true'] {
    opacity: 0.4;
    cursor: default;
  }
  [part='back'] {
    margin-inline-start: -10px;
  }
  [part='back']:dir(rtl) {
    transform: scaleX(-1);
  }
  .tabs {
    gap: 20px;
  }
  [role='tab'] {
    padding: 4px 0 9px;
    border-block-end: 2px solid transparent;
    color: var(--muted);
    font-weight: 500;
  }
  [role='tab']:hover {
    color: var(--text);
  }
  [aria-selected='true'] {
    color: var(--strong);
    border-color: var(--accent);
  }
  .notice {
    min-height: 36px;
    background: color-mix(in srgb, var(--warn) 9%, transparent);
    color: var(--warn);
    font-size: 13px;
  }
  .notice button,
  .undo button {
    padding: 6px 0;
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .undo {
    padding-block: 6px;
    background: var(--text);
    color: var(--bg);
  }
  .undo .grow {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
  }
  .state {
    display: grid;
    justify-items: center;
    gap: 12px;
    padding: 56px 32px 64px;
    font-weight: 500;
    text-align: center;
  }
  .state .icon {
    width: 52px;
    height: 52px;
    padding: 13px;
    border-radius: 50%;
    background: var(--hover);
    color: var(--muted);
  }
  .ghost,
  .item {
    display: grid;
    grid-template-columns: 36px minmax(0, 1fr);
    gap: 2px 12px;
    width: 100%;
    padding: 13px 16px 13px 24px;
    padding-inline: 24px 16px;
  }
  .ghost {
    row-gap: 8px;
  }
  .ghost i {
    height: 10px;
    border-radius: 9px;
    background: var(--hover);
  }
  .ghost i:first-child {
    grid-row: span 2;
    height: 36px;
  }

  li {
    position: relative;
    border-block-end: 1px solid var(--line);
  }
  .unread .item {
    background: var(--fresh);
  }
  li:is(:hover, :focus-within) .item {
    background: var(--hover);
  }
  .unread::before {
    content: '';
    position: absolute;
    inset-block-start: 27px;
    inset-inline-start: 9px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--accent);
  }
  .avatar {
    grid-row: 1 / span 3;
    position: relative;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    overflow: hidden;
    background: var(--tint);
    color: var(--strong);
    font-weight: 600;
    font-size: 13px;
  }
  img {
    position: absolute;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .line {
    display: flex;
    align-items: baseline;
    gap: 10px;
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
  .unread .line .text,
  .toast b {
    font-weight: 600;
  }
  time,
  .meta,
  li .body,
  .toast .body {
    color: var(--muted);
    font-size: 12px;
    font-weight: 400;
  }
  li .body,
  .toast .body {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
    font-size: 13px;
    white-space: pre-line;
  }
  .meta {
    display: flex;
    gap: 6px;
  }
  .meta:empty {
    display: none;
  }
  .meta b {
    padding: 1px 6px;
    border-radius: 5px;
    background: color-mix(in srgb, currentColor 12%, transparent);
    color: var(--warn);
  }
  .meta .critical {
    color: color-mix(in srgb, var(--badge) 82%, light-dark(#000, #fff));
  }
  .actions {
    position: absolute;
    inset-block-start: 7px;
    inset-inline-end: 10px;
    display: flex;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--bg);
    opacity: 0;
  }
  .actions button {
    width: 32px;
    height: 28px;
  }
  li:is(:hover, :focus-within) .actions {
    opacity: 1;
  }

  fieldset {
    padding: 8px 16px 16px;
  }
  legend {
    padding: 8px 0;
    color: var(--muted);
  }
  label {
    display: flex;
    align-items: center;
    gap: 12px;
    margin: 0 -8px;
    padding: 10px 8px;
    border-radius: 8px;
  }
  input {
    width: 18px;
    height: 18px;
    margin: 0;
    accent-color: var(--accent);
  }

  @media (hover: none) {
    /* No hover, so the buttons stand always: in the last line, which holds little and leaves them room. */
    .meta:nth-child(n) {
      display: flex;
      align-items: start;
      min-height: 30px;
      padding-inline-end: 92px;
    }
    .actions {
      inset-block: auto 4px;
      border: 0;
      background: 0;
      opacity: 1;
    }
    .actions button {
      width: 44px;
      height: 44px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    [popover],
    .undo {
      animation: rise 0.16s cubic-bezier(0.2, 0.9, 0.3, 1);
    }
    .ring .icon {
      animation: ring 0.7s;
    }
    .ghost i {
      animation: breathe 1.4s infinite alternate;
    }
  }
  @media (forced-colors: active) {
    .badge,
    .unread::before {
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
  @keyframes breathe {
    to {
      opacity: 0.4;
    }
  }
`;
