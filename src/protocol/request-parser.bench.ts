// What parsing costs, per request: `npx node src/protocol/request-parser.bench.ts`.

import { fromLatin1 } from '../lib/bytes.ts';
import { measure } from '../lib/measure.bench.ts';
import { COMPLETE, RequestParser } from './request-parser.ts';

const BATCH = 100;

function batchOf(args: readonly string[]): Uint8Array {
  const one = `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
  return fromLatin1(one.repeat(BATCH));
}

const parser = new RequestParser();

function parseBatch(bytes: Uint8Array): number {
  let at = 0;
  let found = 0;
  while (at < bytes.length) {
    if (parser.parse(bytes, at, bytes.length) !== COMPLETE) throw new Error('the batch is whole');
    found += parser.count;
    at = parser.consumed;
  }
  return found;
}

const shapes: readonly [string, string[]][] = [
  ['PING', ['PING']],
  ['GET, key of 16 bytes', ['GET', 'key:000000012345']],
  ['SET, key of 16, value of 3 bytes', ['SET', 'key:000000012345', 'xxx']],
  ['SET, key of 16, value of 100 bytes', ['SET', 'key:000000012345', 'x'.repeat(100)]],
  ['MSET, ten pairs', ['MSET', ...Array.from({ length: 20 }, (_, i) => `key:${i}`)]],
];
for (const [name, args] of shapes) {
  const bytes = batchOf(args);
  measure(name, BATCH, () => parseBatch(bytes));
}

const inline = fromLatin1('SET key:000000012345 xxx\r\n'.repeat(BATCH));
measure('inline SET', BATCH, () => parseBatch(inline));
