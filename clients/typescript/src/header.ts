import { frames } from './frames.js';
import type { Sink } from './source.js';

/**
 * Reads a stream that is asked for with headers, which an EventSource cannot send, until it breaks; resolves to the status of
 * an answer that is no stream, 0 where it was one.
 */
export async function read(url: string, headers: Record<string, string>, sink: Sink, signal: AbortSignal): Promise<number> {
  const Accept = 'text/event-stream';
  const answer = await fetch(url, { headers: { Accept, ...headers }, signal, credentials: 'omit' });
  if (answer.status !== 200 || !answer.headers.get('Content-Type')?.startsWith(Accept)) return answer.status;
  const take = frames((name, data, id) => signal.aborted || sink.event(name, JSON.parse(data) as never, id));
  await answer.body!.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write: take }));
  return 0;
}
