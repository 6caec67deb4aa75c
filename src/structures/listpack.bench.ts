// Reading, searching and writing packs: `npx node src/structures/listpack.bench.ts`.

import { fromLatin1 } from '../lib/bytes.ts';
import { measure } from '../lib/measure.bench.ts';
import { EditedPack } from './listpack.fuzz.ts';

const BATCH = 100;
for (const [name, textOf] of [
  ['strings of 10 bytes', (index: number) => `member:${String(index).padStart(3, '0')}`],
  ['integers of 5 digits', (index: number) => String(10_000 + index)],
  ['integers of 19 digits', (index: number) => String(1_234_567_890_123_456_000n + BigInt(index))],
] as const) {
  const edited = new EditedPack();
  for (let index = 0; index < BATCH; index++) edited.edit(index, 0, textOf(index));
  const { listpack, bytes, pack } = edited;
  const absent = fromLatin1(textOf(BATCH));
  measure(`next and read, ${name}`, BATCH, () => {
    let sum = 0;
    for (let at = listpack.first(bytes, pack); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      sum += listpack.end - listpack.start;
    }
    return sum;
  });
  measure(`find in vain, ${name}`, BATCH, () => {
    return listpack.find(bytes, pack, pack + 6, absent, 0, absent.length, 1);
  });
  const target = new Uint8Array(64);
  measure(`entryBytes and write, ${name}`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) {
      sum += listpack.entryBytes(absent, 0, absent.length) + listpack.write(target, i & 15, absent, 0, absent.length);
    }
    return sum;
  });
}
