/**
 * Calls `fn` in a task of its own, so that what happens in one task, like all the frames of one write, is answered once. A
 * microtask would run between two frames, and a timer sleeps while the page is hidden.
 */
export function soon(fn: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    fn();
  };
  port2.postMessage(null);
}
