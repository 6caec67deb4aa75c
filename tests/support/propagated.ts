// Reads what a propagation sink is given.

import { toLatin1 } from '../../src/lib/bytes.ts';

/** The commands of bytes[start..end), their words with spaces between. */
export function commandsIn(bytes: Uint8Array, start: number, end: number): string[] {
  const text = toLatin1(bytes, start, end);
  const commands: string[] = [];
  let at = 0;
  /** The number of a line that begins with '*' or '$'. */
  const number = (): number => {
    const lineEnd = text.indexOf('\r\n', at);
    const value = Number(text.slice(at + 1, lineEnd));
    at = lineEnd + 2;
    return value;
  };
  while (at < text.length) {
    const words: string[] = [];
    for (let left = number(); left > 0; left--) {
      const length = number();
      words.push(text.slice(at, at + length));
      at += length + 2;
    }
    commands.push(words.join(' '));
  }
  return commands;
}
