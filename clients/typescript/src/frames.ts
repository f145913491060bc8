/**
 * Returns a reader of `text/event-stream`, by the rules of WHATWG: it takes the text in whatever pieces it comes, and hands on
 * each event (its name, its data and the id that was last given) as soon as it is whole. It passes `retry` over: who reads a
 * stream by this comes back by a clock of their own, and the server's wish stands in an event too.
 */
export function frames(event: (name: string, data: string, id: string) => void): (text: string) => void {
  let rest = '';
  let id = '';
  let name = '';
  let data: string[] = [];
  const line = (text: string): void => {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(text)!;
    if (!text) {
      if (data[0] !== undefined) event(name || 'message', data.join('\n'), id);
      name = '';
      data = [];
    } else if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  };
  return (text) => {
    // A CR at the end of a piece may be half of a CRLF: it waits for the next. A byte order mark the decoder has taken.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    lines.forEach(line);
  };
}
