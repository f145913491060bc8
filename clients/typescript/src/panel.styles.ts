const css = String.raw; // the bundler takes out of such a template what CSS does not need

/** The look of what is inside the inbox; the variables, and what all have in common, are in the other sheet. */
export const panelStyles = css`
  :host {
    --fresh: var(--belfry-fresh, light-dark(#f7f7ff, #20212b));
    --warn: light-dark(#8a5300, #f0b968);
    --tint: color-mix(in srgb, var(--accent) 15%, var(--bg));
    --strong: color-mix(in srgb, var(--accent) 80%, light-dark(#000, #fff));
  }
  .avatar,
  .tool,
  .actions button {
    display: grid;
    place-items: center;
    border-radius: 8px;
  }
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
  .unread .line .text {
    font-weight: 600;
  }
  time,
  .meta {
    color: var(--muted);
    font-size: 12px;
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
    background: color-mix(in srgb, #f5a623 20%, transparent);
    color: var(--warn);
  }
  .meta .critical {
    background: color-mix(in srgb, var(--badge) 14%, transparent);
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

  @media (hover: none) {
    /* No hover, so the buttons stand always: in the last line, which holds little and leaves them room. */
    .meta:nth-child(n) {
      display: flex;
      align-items: center;
      min-height: 30px;
      margin-block-end: -6px;
      padding-inline-end: 92px;
    }
    .actions {
      inset-block: auto 0;
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
    .undo {
      animation: rise 0.16s;
    }
    .ghost i {
      animation: breathe 1.4s infinite alternate;
    }
  }
  @media (forced-colors: active) {
    .unread::before {
      forced-color-adjust: none;
      background: Highlight;
    }
  }
  @keyframes breathe {
    to {
      opacity: 0.4;
    }
  }
`;
