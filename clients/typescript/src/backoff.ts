/**
 * How long to wait before the nth try to connect again, counted from 0, in milliseconds: between half and the whole of a bound
 * that doubles from a second to a minute, so that the clients of a server that went down do not come back together. `retry`
 * is the server's own wish: never come sooner than that. A try before the first (negative) is one whose failure is not the server's.
 */
export function delay(attempt: number, retry = 0): number {
  if (attempt < 0) return 200;
  return retry + Math.min(60_000, 1000 * 2 ** attempt) * (0.5 + Math.random() / 2);
}
