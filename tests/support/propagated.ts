// Reads what a propagation sink is given.

import { toLatin1 } from '../../src/lib/bytes.ts';

/** The commands of bytes[start..end), their words with spaces between; no word has a line break in it. */
export function commandsIn(bytes: Uint8Array, start: number, end: number): string[] {
  const commands: string[] = [];
  // "*n", then "$len" and the argument in turn.
  const lines = toLatin1(bytes, start, end).split('\r\n');
  for (let at = 0; at < lines.length - 1; ) {
    const behind = at + 1 + 2 * Number(lines[at]!.slice(1));
    const words = lines.slice(at + 1, behind).filter((_, index) => index % 2 === 1);
    commands.push(words.join(' '));
    at = behind;
  }
  return commands;
}
