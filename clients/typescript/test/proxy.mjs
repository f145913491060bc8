// A proxy between browser and server that does what proxies do to streams.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/**
 * Starts a proxy to `target`. Its `mode` may change at any time:
 * - `plain`: passes everything on as it comes
 * - `buffer`: gathers 4 KiB of an answer before it passes any of it on
 * - `hold`: passes nothing of a stream on, not even its head
 * - `refuse`: answers streams with 502, and everything else as it should
 * - `down`: answers everything with 502
 * `cut()` breaks the streams that are open. With `life`, in milliseconds, each is cut when it is as old as that, in the middle
 * of whatever it says; `cuts` counts them.
 */
export async function startProxy(target) {
  const open = new Set();
  const proxy = { mode: 'plain', streams: 0, life: 0, cuts: 0 };
  const server = createServer((incoming, outgoing) => {
    const isStream = incoming.url.includes('/sse/stream/');
    if (isStream) proxy.streams++;
    if (proxy.mode === 'down' || (isStream && proxy.mode === 'refuse')) {
      incoming.resume();
      return void outgoing.writeHead(502).end('Bad Gateway');
    }
    const { hostname, port } = new URL(target);
    const onward = request({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      if (isStream && proxy.mode === 'hold') return void answer.resume();
      outgoing.writeHead(answer.statusCode, answer.headers);
      outgoing.flushHeaders();
      let kept = [];
      answer.on('data', (piece) => {
        if (!isStream || proxy.mode !== 'buffer') return void outgoing.write(piece);
        kept.push(piece);
        const all = Buffer.concat(kept);
        if (all.length < 4096) return;
        outgoing.write(all);
        kept = [];
      });
      answer.on('end', () => outgoing.end(Buffer.concat(kept)));
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    if (isStream) open.add(outgoing);
    const end = isStream && proxy.life ? setTimeout(() => (proxy.cuts++, outgoing.destroy()), proxy.life) : undefined;
    outgoing.on('close', () => {
      clearTimeout(end);
      open.delete(outgoing);
      onward.destroy();
    });
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.cut = () => open.forEach((answer) => answer.destroy());
  proxy.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return proxy;
}
