const form = /^([0-9a-z]+)-(\d+)-(\d+)$/;

/**
 * Whether the cursor `next` is a place where something is that is not yet known at `now`. The log is two logs,
 * `<epoch>-<seq>-<broadcast seq>`, so a place is past another when it is further in either. Another epoch is another
 * database: nothing of it is known. What is no cursor, as the `…-x` of a stream that must not be reopened, is past nothing.
 */
export function isPast(next: string | null, now: string | null): boolean {
  const [a, b] = [form.exec(next ?? ''), form.exec(now ?? '')];
  return !!a && (!b || a[1] !== b[1] || +a[2]! > +b[2]! || +a[3]! > +b[3]!);
}
