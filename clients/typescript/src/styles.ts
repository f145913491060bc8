import { css } from 'lit';

/**
 * The look. A page changes it by the variables named --belfry-…, and by the parts. Colours follow the page's own
 * `color-scheme`, so that a page that is only light does not get a dark panel; `theme` on the element decides otherwise.
 */
export const styles = css`
  :host {
    --_accent: var(--belfry-accent, light-dark(#5b5bd6, #8f8ff5));
    --_on-accent: var(--belfry-on-accent, light-dark(#fff, #14141f));
    --_badge: var(--belfry-badge, light-dark(#d92d3a, #ff6b6f));
    --_on-badge: var(--belfry-on-badge, light-dark(#fff, #26080a));
    --_bg: var(--belfry-background, light-dark(#fff, #1b1c21));
    --_hover: var(--belfry-hover, light-dark(#f5f5f7, #25262d));
    --_fresh: var(--belfry-fresh, light-dark(#f7f7ff, #20212b));
    --_text: var(--belfry-text, light-dark(#1a1b20, #ececf1));
    --_muted: var(--belfry-muted, light-dark(#62656f, #a0a3ae));
    --_line: var(--belfry-border, light-dark(#e6e6ea, #303139));
    --_warn: light-dark(#8a5300, #f0b968);
    --_radius: var(--belfry-radius, 12px);
    --_font: var(--belfry-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif);
    display: inline-block;
    position: relative;
    font: 400 14px/1.45 var(--_font);
    color: var(--_text);
    text-align: start;
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
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  a {
    font: inherit;
    color: inherit;
    text-align: inherit;
    text-decoration: none;
    background: none;
    border: 0;
    margin: 0;
    padding: 0;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: -2px;
  }
  .icon {
    display: block;
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
    position: relative;
    display: grid;
    place-items: center;
    width: var(--belfry-button-size, 40px);
    height: var(--belfry-button-size, 40px);
    border-radius: 10px;
    color: inherit;
    transition: background-color 0.12s;
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
    height: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--_badge);
    color: var(--_on-badge);
    box-shadow: 0 0 0 2px var(--belfry-badge-ring, light-dark(#fff, #121317));
    font: 600 11px/18px var(--_font);
    font-variant-numeric: tabular-nums;
    text-align: center;
  }

  .panel {
    position: fixed;
    inset: auto;
    z-index: 2147483000;
    display: flex;
    flex-direction: column;
    margin: 0;
    padding: 0;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_bg);
    color: var(--_text);
    box-shadow: var(
      --belfry-shadow,
      0 1px 2px rgb(0 0 0 / 6%),
      0 4px 10px rgb(0 0 0 / 6%),
      0 18px 48px light-dark(rgb(0 0 0 / 14%), rgb(0 0 0 / 50%))
    );
    overflow: hidden;
    outline: none;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 52px;
    padding: 6px 8px 6px 16px;
    padding-inline: 16px 8px;
    border-block-end: 1px solid var(--_line);
  }
  h2 {
    margin: 0;
    font: 600 15px/1.3 var(--_font);
    letter-spacing: -0.006em;
  }
  .count {
    padding: 1px 7px;
    border-radius: 9px;
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
    color: light-dark(color-mix(in srgb, var(--_accent) 90%, #000), var(--_accent));
    font: 600 12px/18px var(--_font);
    font-variant-numeric: tabular-nums;
  }
  .grow {
    flex: 1;
  }
  .text-button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 7px 10px;
    border-radius: 8px;
    color: var(--_muted);
    font-weight: 500;
    font-size: 13px;
    white-space: nowrap;
  }
  .text-button:hover:not([aria-disabled='true']) {
    background: var(--_hover);
    color: var(--_text);
  }
  .text-button .icon {
    width: 18px;
    height: 18px;
  }
  .text-button[aria-disabled='true'] {
    opacity: 0.45;
    cursor: default;
  }

  .notice {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 6px 8px 6px 16px;
    padding-inline: 16px 8px;
    min-height: 34px;
    border-block-end: 1px solid var(--_line);
    background: color-mix(in srgb, var(--_warn) 9%, transparent);
    color: var(--_warn);
    font-size: 13px;
  }
  .notice .icon {
    width: 16px;
    height: 16px;
  }
  .notice .text-button {
    color: inherit;
    padding: 3px 8px;
    text-decoration: underline;
    text-underline-offset: 2px;
  }

  .scroll {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
  }
  .foot {
    display: grid;
    place-items: center;
    padding: 8px;
    border-block-start: 1px solid var(--_line);
    color: var(--_muted);
    font-size: 12px;
  }
  .state {
    display: grid;
    justify-items: center;
    gap: 4px;
    padding: 44px 32px 52px;
    text-align: center;
  }
  .state .mark {
    display: grid;
    place-items: center;
    width: 52px;
    height: 52px;
    margin-block-end: 10px;
    border-radius: 50%;
    background: var(--_hover);
    color: var(--_muted);
  }
  .state .mark .icon {
    width: 26px;
    height: 26px;
    stroke-width: 1.25;
  }
  .state strong {
    font-weight: 600;
  }
  .state span {
    color: var(--_muted);
    font-size: 13px;
  }
  .ghost {
    display: grid;
    grid-template-columns: 36px 1fr;
    gap: 8px 12px;
    padding: 14px 16px 14px 24px;
    padding-inline: 24px 16px;
  }
  .ghost i {
    height: 10px;
    border-radius: 5px;
    background: var(--_hover);
    animation: breathe 1.4s ease-in-out infinite alternate;
  }
  .ghost i:first-child {
    grid-row: span 2;
    height: 36px;
    border-radius: 50%;
  }
  .ghost i:last-child {
    width: 65%;
  }

  @media (prefers-reduced-motion: no-preference) {
    .panel {
      animation: unfold 0.14s cubic-bezier(0.2, 0.9, 0.3, 1);
    }
    .ring .icon {
      animation: ring 0.7s ease-in-out;
    }
    .ring .badge {
      animation: pop 0.3s cubic-bezier(0.2, 1.6, 0.4, 1);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .badge {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
  @keyframes unfold {
    from {
      opacity: 0;
      transform: translateY(-6px) scale(0.985);
    }
  }
  @keyframes ring {
    15% {
      transform: rotate(14deg);
    }
    35% {
      transform: rotate(-12deg);
    }
    55% {
      transform: rotate(8deg);
    }
    75% {
      transform: rotate(-5deg);
    }
  }
  @keyframes pop {
    from {
      transform: scale(0.6);
    }
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
`;
