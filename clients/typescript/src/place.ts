/** A box in the window, in CSS pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const gap = 8;

/**
 * Where a panel goes that belongs to a button: below it and flush with its end, inside the window, above it where there is
 * clearly more room. `height` is the most that it may be.
 */
export function place(button: DOMRect, view: { width: number; height: number }, wish: Box, rtl: boolean): Box & { above: boolean } {
  const width = Math.min(wish.width, view.width - 2 * gap);
  const end = rtl ? button.left : button.right - width;
  const left = Math.max(gap, Math.min(end, view.width - width - gap));
  const below = view.height - button.bottom - 2 * gap;
  const over = button.top - 2 * gap;
  const above = below < 280 && over > below;
  const height = Math.max(160, Math.min(wish.height, above ? over : below));
  return { left, width, height, above, top: above ? button.top - gap : button.bottom + gap };
}
