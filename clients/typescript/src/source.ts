import type { Address } from './api.js';

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
}

/** The events that are for us. `notification` is what `message` is called on a stream with `named=1`. */
const names = 'message notification connection update delete counts heartbeat reset reauth close'.split(' ');

/**
 * Opens a stream. It is the browser's own EventSource, which shows in the developer tools, unless a credential must go in a
 * header: that few need, so what reads such a stream is loaded when it is.
 */
export function open(address: Address, sink: Sink): Source {
  return address.headers ? withHeaders(address.url, address.headers, sink) : native(address, sink);
}

function native({ url, once }: Address, sink: Sink): Source {
  const source = new EventSource(url, { withCredentials: !once });
  for (const name of names) {
    source.addEventListener(name, (event) => {
      const { data, lastEventId } = event as MessageEvent<string>;
      // Closed by an earlier event of the same write, it still tells the later ones.
      if (source.readyState < 2) sink.event(name, JSON.parse(data) as never, lastEventId);
    });
  }
  source.onerror = () => {
    if (once) source.close(); // or the browser would come back with a ticket that is used
    sink.lost(source.readyState < 2, 0);
  };
  return source;
}

function withHeaders(url: string, headers: Record<string, string>, sink: Sink): Source {
  const abort = new AbortController();
  const { signal } = abort;
  void import('./header.js')
    .then(({ read }) => read(url, headers, sink, signal))
    .catch(() => 0)
    .then((status) => signal.aborted || sink.lost(false, status));
  return { close: () => abort.abort() };
}
