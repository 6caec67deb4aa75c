// What writing replies costs, each: `npx node src/protocol/reply.bench.ts`.

import { fromLatin1 } from '../lib/bytes.ts';
import { measure } from '../lib/measure.bench.ts';
import { WRONG_TYPE } from './errors.ts';
import { Reply } from './reply.ts';

const BATCH = 100;
const reply = new Reply();
const value = fromLatin1('v'.repeat(4096));
const view = new DataView(value.buffer);

function batch(write: (i: number) => void): () => number {
  return () => {
    reply.clear();
    for (let i = 0; i < BATCH; i++) write(i);
    return reply.length;
  };
}

const cases: readonly [string, (i: number) => void][] = [
  ['ok', () => reply.ok()],
  ['nil', () => reply.nil()],
  ['integer, small', (i) => reply.integer(i & 7)],
  ['integer, 7 digits', (i) => reply.integer(1_234_500 + i)],
  ['integer, 15 digits', (i) => reply.integer(123_456_789_012_300 + i)],
  ['bulk of 3 bytes', (i) => reply.bulk(value, i, i + 3)],
  ['bulk of 16 bytes', (i) => reply.bulk(value, i, i + 16)],
  ['bulk of 64 bytes', (i) => reply.bulk(value, i, i + 64)],
  ['bulk of 100 bytes', (i) => reply.bulk(value, i, i + 100)],
  ['bulk of 1024 bytes', (i) => reply.bulk(value, i, i + 1024)],
  ['bulk of 3 bytes of a view', (i) => reply.bulkView(view, i, i + 3)],
  ['bulk of 16 bytes of a view', (i) => reply.bulkView(view, i, i + 16)],
  ['bulk of 64 bytes of a view', (i) => reply.bulkView(view, i, i + 64)],
  ['bulk of 100 bytes of a view', (i) => reply.bulkView(view, i, i + 100)],
  ['bulk of 256 bytes of a view', (i) => reply.bulkView(view, i, i + 256)],
  ['bulk of 1024 bytes of a view', (i) => reply.bulkView(view, i, i + 1024)],
  ['error constant', () => reply.error(WRONG_TYPE)],
  ['double, whole', (i) => reply.double(i)],
  ['double, fraction', (i) => reply.double(i + 0.25)],
  ['array header', () => reply.array(12)],
];
for (const [name, write] of cases) measure(name, BATCH, batch(write));
