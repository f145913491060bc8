import { css } from 'lit';

/** The look of the list and its items; the variables are those of the panel. */
export const itemStyles = css`
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    position: relative;
    border-block-end: 1px solid var(--_line);
  }
  li:last-child {
    border-block-end: 0;
  }
  .item {
    display: grid;
    grid-template-columns: 36px minmax(0, 1fr);
    gap: 2px 12px;
    width: 100%;
    padding: 13px 16px 13px 24px;
    padding-inline: 24px 16px;
    transition: background-color 0.12s;
  }
  li.unread .item {
    background: var(--_fresh);
  }
  li:hover .item,
  li:focus-within .item {
    background: var(--_hover);
  }
  li.unread::before {
    content: '';
    position: absolute;
    inset-block-start: 27px;
    inset-inline-start: 9px;
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--_accent);
    z-index: 1;
  }
  .avatar {
    grid-row: 1 / span 3;
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    overflow: hidden;
    background: color-mix(in oklch, var(--_accent) 16%, var(--_bg));
    color: light-dark(color-mix(in srgb, var(--_accent) 80%, #000), color-mix(in srgb, var(--_accent) 80%, #fff));
    font: 600 13px/1 var(--_font);
  }
  .avatar img {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .avatar.plain {
    border-radius: 10px;
  }
  .line {
    display: flex;
    align-items: baseline;
    gap: 10px;
    min-width: 0;
  }
  .title {
    flex: 1;
    min-width: 0;
    font-weight: 500;
    overflow-wrap: anywhere;
  }
  li.unread .title {
    font-weight: 600;
  }
  li:not(.unread) .title {
    color: color-mix(in srgb, var(--_text) 82%, var(--_muted));
  }
  .title,
  .body {
    /* Each text runs in the direction of its own letters, and stands on the side of the panel's. */
    unicode-bidi: plaintext;
    text-align: -webkit-match-parent;
    text-align: match-parent;
  }
  time {
    flex: none;
    color: var(--_muted);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .body {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
    color: var(--_muted);
    font-size: 13px;
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
  .meta {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--_muted);
    font-size: 12px;
    margin-block-start: 2px;
  }
  .meta:empty {
    display: none;
  }
  .priority {
    padding: 0 6px;
    border-radius: 5px;
    font-weight: 600;
    line-height: 18px;
    background: color-mix(in srgb, var(--_warn) 14%, transparent);
    color: var(--_warn);
  }
  .priority.critical {
    background: color-mix(in srgb, var(--_badge) 14%, transparent);
    color: light-dark(color-mix(in srgb, var(--_badge) 82%, #000), var(--_badge));
  }

  .actions {
    position: absolute;
    inset-block-start: 7px;
    inset-inline-end: 10px;
    display: flex;
    padding: 1px;
    border: 1px solid var(--_line);
    border-radius: 8px;
    background: var(--_bg);
    opacity: 0;
    pointer-events: none;
    transition: opacity 0.12s;
  }
  li:hover .actions,
  li:focus-within .actions {
    opacity: 1;
    pointer-events: auto;
  }
  .actions button {
    display: grid;
    place-items: center;
    width: 30px;
    height: 24px;
    border-radius: 6px;
    color: var(--_muted);
  }
  .actions button:hover {
    background: var(--_hover);
    color: var(--_text);
  }
  .actions .icon {
    width: 18px;
    height: 18px;
  }

  @media (hover: none) {
    /* No hover, so the buttons stand always: in the last line, which holds little and leaves them room. */
    .meta:nth-child(n) {
      display: flex;
      min-height: 30px;
      padding-inline-end: 92px;
    }
    .actions {
      inset-block: auto 6px;
      border: 0;
      padding: 0;
      background: none;
      opacity: 1;
      pointer-events: auto;
    }
    .actions button {
      width: 44px;
      height: 40px;
    }
  }
  @media (forced-colors: active) {
    li.unread::before {
      forced-color-adjust: none;
      background: Highlight;
    }
  }
`;
