// MONITOR's line for a command: `+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`.

import { fromLatin1 } from '../lib/bytes.ts';
import { quoteWord } from '../lib/quoted-words.ts';
import type { Call } from './call.ts';

/** The whole line, as MONITOR sends it. `now` in milliseconds since 1970, with a fraction. */
export function monitorLine(call: Call, now: number): Uint8Array {
  const micros = Math.floor(now * 1000) % 1_000_000;
  const seconds = Math.floor(now / 1000);
  let line = `+${seconds}.${String(micros).padStart(6, '0')} [${call.database.index} ${call.session.peer.address()}]`;
  const { isSecret } = call.engine.table.definitions[call.command]!;
  for (let index = 0; index < call.count; index++) {
    line += isSecret?.(call, index) === true ? ' "(redacted)"' : ` ${quoteWord(call.text(index))}`;
  }
  return fromLatin1(`${line}\r\n`);
}
