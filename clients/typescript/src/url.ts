/** The address, if it is a path or http(s): nothing that a link could run. The server refuses others; this does too. */
export function safeUrl(url: string): string | null {
  return /^(https?:\/\/|\/(?![\\/]))/i.test(url) ? url : null;
}
