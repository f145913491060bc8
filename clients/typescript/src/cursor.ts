/** A place in a person's log, read from its wire form `<epoch>-<seq>-<broadcast seq>`. */
export interface Cursor {
  epoch: string;
  seq: number;
  broadcast: number;
}

const form = /^([0-9a-z]{1,16})-(\d{1,19})-(\d{1,19})$/;

/** Reads a cursor; null for anything else, and so for the `…-x` of a stream that must not be reopened. */
export function parseCursor(text: string | null | undefined): Cursor | null {
  const parts = form.exec(text ?? '');
  return parts && { epoch: parts[1]!, seq: Number(parts[2]), broadcast: Number(parts[3]) };
}

/**
 * Whether a frame with the cursor `next` brings something that is not yet known at `now`. The log is two logs, so a place
 * is past another when it is further in either. Another epoch is another database: nothing of it is known.
 */
export function isPast(next: Cursor, now: Cursor | null): boolean {
  return now === null || next.epoch !== now.epoch || next.seq > now.seq || next.broadcast > now.broadcast;
}
