/** How long to wait before the nth try to connect again, counted from 0, in milliseconds. */
export interface Backoff {
  /** The longest first wait. */
  base: number;
  /** The longest wait of all. */
  max: number;
}

export const defaultBackoff: Backoff = { base: 1000, max: 60_000 };

/**
 * A wait between half and the whole of a bound that doubles with each try, so that the clients of a server that went down
 * do not come back together. `retry` is the server's own wish: never come sooner than that.
 */
export function delay(attempt: number, retry: number, backoff = defaultBackoff, random = Math.random): number {
  const bound = Math.min(backoff.max, backoff.base * 2 ** Math.min(attempt, 30));
  return Math.round(retry + bound * (0.5 + random() / 2));
}
