// Mutated reply streams: `npx node src/protocol/reply-parser.fuzz.ts [seed] [streams]`. Random values are written by
// Reply and parsed whole and in pieces; mutated streams must give the same in both ways, or fail in both.

import assert from 'node:assert/strict';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { Reply } from './reply.ts';
import { COMPLETE, FAILED, ReplyParser } from './reply-parser.ts';
import type { ReplyMaker } from './reply-values.ts';

/** Shows each value as text that tells the types apart. */
export const SHOWN: ReplyMaker<string> = {
  status: (text) => `+${JSON.stringify(text)}`,
  error: (text) => `-${JSON.stringify(text)}`,
  integer: (n) => `:${n}`,
  bulk: (bytes) => `$${JSON.stringify(toLatin1(bytes, 0, bytes.length))}`,
  nil: () => 'nil',
  double: (_x, text) => `,${text}`,
  boolean: (value) => (value ? '#t' : '#f'),
  bigNumber: (text) => `(${text}`,
  verbatim: (format, bytes) => `=${format}:${JSON.stringify(toLatin1(bytes, 0, bytes.length))}`,
  array: (items) => `[${items.join(' ')}]`,
  set: (items) => `~[${items.join(' ')}]`,
  push: (items) => `>[${items.join(' ')}]`,
  map: (pairs) => `%[${pairs.join(' ')}]`,
};

/** The replies of a stream that arrives in pieces ending at `cuts`; the last is 'failed: why' when it breaks the rules. */
export function parseInPieces(
  stream: Uint8Array,
  cuts: readonly number[],
  parser = new ReplyParser<string>(SHOWN),
): string[] {
  const shown: string[] = [];
  let fed = 0;
  for (const cut of [...cuts, stream.length]) {
    if (cut < fed) continue;
    const piece = stream.slice(fed, cut);
    fed = cut;
    parser.feed(piece, 0, piece.length);
    piece.fill(0);
    for (;;) {
      const status = parser.next();
      if (status === COMPLETE) {
        const attributes = parser.attributes === null ? '' : `|${parser.attributes} `;
        shown.push(`${attributes}${parser.isPush ? 'push ' : ''}${parser.value}`);
        continue;
      }
      if (status === FAILED) return [...shown, `failed: ${parser.failure}`];
      break;
    }
  }
  return shown;
}

const TEXTS = ['', 'OK', 'a b', 'value', '\xff\0', 'x'.repeat(70), 'line\r\nline'];

/** Writes one random value; returns how SHOWN shows it. */
function writeRandom(reply: Reply, random: Prng, depth: number): string {
  const text = TEXTS[random.below(TEXTS.length)]!;
  const count = random.below(4);
  const items = (n: number) => Array.from({ length: n }, () => writeRandom(reply, random, depth + 1)).join(' ');
  switch (random.below(depth > 4 ? 9 : 13)) {
    case 0:
      reply.simple('status');
      return SHOWN.status('status');
    case 1:
      reply.errorText('ERR text');
      return SHOWN.error('ERR text');
    case 2: {
      const n = random.below(2 ** 40) - 2 ** 39;
      reply.integer(n);
      return SHOWN.integer(n);
    }
    case 3:
      reply.nil();
      return SHOWN.nil();
    case 4:
      reply.double(1.25);
      return SHOWN.double(1.25, '1.25');
    case 5:
      reply.boolean(count === 0);
      return SHOWN.boolean(count === 0);
    case 6:
      reply.bigNumber('-123456789012345678901234567890');
      return SHOWN.bigNumber('-123456789012345678901234567890');
    case 7:
      reply.verbatim('txt', text);
      return SHOWN.verbatim('txt', fromLatin1(text));
    case 8:
      reply.bulkText(text);
      return SHOWN.bulk(fromLatin1(text));
    case 9:
      reply.array(count);
      return `[${items(count)}]`;
    case 10:
      reply.set(count);
      return `~[${items(count)}]`;
    case 11:
      reply.map(count);
      return `%[${items(count * 2)}]`;
    default:
      // An attribute before a reply belongs to it; within one it is dropped.
      reply.attribute(1);
      reply.simple('k');
      reply.integer(1);
      if (depth > 0) return writeRandom(reply, random, depth + 1);
      reply.simple('status');
      return '|%[+"k" :1] +"status"';
  }
}

const BITS = [
  '*',
  '$',
  '%',
  '|',
  '>',
  '~',
  '=',
  '_',
  '\r\n',
  '\r',
  '\n',
  '-',
  '1',
  '9',
  '-1',
  '99999999999',
  'x',
  '\0',
];

/** Runs so many streams; throws with the seed and the stream at the first that is parsed wrongly. */
export function fuzzReplyParser(seed: number, streams: number): void {
  const random = new Prng(seed);
  const reply = new Reply();
  for (let i = 0; i < streams; i++) {
    reply.clear();
    reply.resp = 3;
    const expected = Array.from({ length: 1 + random.below(3) }, () => writeRandom(reply, random, 0));
    const stream = reply.take();
    const pieces = (bytes: Uint8Array) =>
      Array.from({ length: random.below(6) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
    const message = `seed ${seed}, stream ${i}: ${JSON.stringify(toLatin1(stream, 0, stream.length))}`;
    assert.deepEqual(parseInPieces(stream, []), expected, message);
    assert.deepEqual(parseInPieces(stream, pieces(stream)), expected, message);
    const at = random.below(stream.length);
    const bit = BITS[random.below(BITS.length)]!;
    const text = toLatin1(stream, 0, stream.length);
    const mutated = fromLatin1(text.slice(0, at) + bit + text.slice(at + random.below(3)));
    const whole = parseInPieces(mutated, []);
    assert.deepEqual(parseInPieces(mutated, pieces(mutated)), whole, `${message} with ${JSON.stringify(bit)} at ${at}`);
  }
}

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now());
  const streams = Number(process.argv[3] ?? 50_000);
  console.log(`seed ${seed}, ${streams} streams`);
  fuzzReplyParser(seed, streams);
}
