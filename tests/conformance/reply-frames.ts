// Raw replies cut into frames, byte for byte: what the comparison with redis-server works on. Text is latin1.

/** Aggregates: how many frames each counted element takes. */
const AGGREGATES: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 };

/** Where the frame that begins at `at` ends; -1 when it is not whole. */
export function frameEnd(text: string, at: number): number {
  let waiting = 1;
  let place = at;
  while (waiting > 0) {
    const line = text.indexOf('\r\n', place);
    if (line < 0) return -1;
    const type = text[place]!;
    const count = Number(text.slice(place + 1, line));
    waiting--;
    place = line + 2;
    const parts = AGGREGATES[type];
    if (parts !== undefined) waiting += Math.max(0, count) * parts;
    else if ((type === '$' || type === '=' || type === '!') && count >= 0) {
      place += count + 2;
      if (place > text.length) return -1;
    }
  }
  return place;
}

/** The whole frames of a text. */
export function framesOf(text: string): string[] {
  const frames = [];
  for (let at = 0; at < text.length; ) {
    const end = frameEnd(text, at);
    if (end < 0) break;
    frames.push(text.slice(at, end));
    at = end;
  }
  return frames;
}

/** The elements of an aggregate, null for anything else. */
export function elementsOf(frame: string): string[] | null {
  if (AGGREGATES[frame[0]!] === undefined) return null;
  return framesOf(frame.slice(frame.indexOf('\r\n') + 2));
}

/** An integer reply, NaN for anything else. */
export function integerOf(frame: string): number {
  return frame[0] === ':' ? Number(frame.slice(1, -2)) : Number.NaN;
}

/** What a bulk string holds, null for anything else. */
export function bulkOf(frame: string): string | null {
  return frame[0] === '$' && frame[1] !== '-' ? frame.slice(frame.indexOf('\r\n') + 2, -2) : null;
}
