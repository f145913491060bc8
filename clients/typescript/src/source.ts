import type { Address } from './api.js';
import { frames } from './frames.js';

/** An open stream, by whatever means. */
export interface Source {
  close(): void;
}

/** Where a source tells what comes. After `close` nothing comes. */
export interface Sink {
  /** An event, with its data read, and the cursor it moved to. */
  event(name: string, data: never, cursor: string): void;
  /** The line broke. With `again` the browser is on its way back by itself; `status` is the answer's, 0 where none is known. */
  lost(again: boolean, status: number): void;
  /** How many milliseconds the server wishes to be left alone after a break. */
  retry(ms: number): void;
}

/** The events that are for us. `notification` is what `message` is called on a stream with `named=1`. */
const names = 'message notification connection update delete counts heartbeat reset reauth close'.split(' ');

/**
 * Opens a stream. Where cookies speak it is the browser's own EventSource, which shows in the developer tools and comes back
 * by itself after a short break. Where a credential must go in a header, or is good for one call only, it is a fetch.
 */
export function open(address: Address, sink: Sink): Source {
  return address.headers ? fetched(address, sink) : native(address, sink);
}

function native({ url }: Address, sink: Sink): Source {
  const source = new EventSource(url, { withCredentials: true });
  for (const name of names) {
    source.addEventListener(name, (event) => {
      const { data, lastEventId } = event as MessageEvent<string>;
      // Closed by an earlier event of the same write, it still tells the later ones.
      if (source.readyState < 2) sink.event(name, JSON.parse(data) as never, lastEventId);
    });
  }
  source.onerror = () => sink.lost(source.readyState < 2, 0);
  return source;
}

function fetched({ url, headers }: Address, sink: Sink): Source {
  const abort = new AbortController();
  const { signal } = abort;
  const take = frames((name, data, id) => signal.aborted || sink.event(name, JSON.parse(data) as never, id), sink.retry);
  const read = async (): Promise<number> => {
    const Accept = 'text/event-stream';
    const answer = await fetch(url, { headers: { Accept, ...headers }, signal, credentials: 'omit' });
    if (answer.status !== 200 || !answer.headers.get('Content-Type')?.startsWith(Accept)) return answer.status;
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece; !(piece = await reader.read()).done; ) take(piece.value);
    return 0;
  };
  void read()
    .catch(() => 0)
    .then((status) => signal.aborted || sink.lost(false, status));
  return { close: () => abort.abort() };
}
