// Pushes, pops, ranges and places of long lists: `npx node src/structures/quicklist.bench.ts`.

import { fromLatin1 } from '../lib/bytes.ts';
import { measure } from '../lib/measure.bench.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { Listpack } from './listpack.ts';
import { Quicklist } from './quicklist.ts';

const BATCH = 1000;
const lists = new Quicklist(new FlatMemory(), new Listpack());
const text = fromLatin1('value of 16 bytes');

for (const [name, pushed, popped] of [
  ['tail, popped at the head', true, false],
  ['head, popped at the tail', false, true],
  ['tail, popped there', true, true],
  ['head, popped there', false, false],
] as const) {
  const root = lists.create();
  for (let i = 0; i < 10_000; i++) lists.pushTail(root, text, 0, 16);
  measure(`push at the ${name}`, BATCH, () => {
    for (let i = 0; i < BATCH; i++) {
      if (pushed) lists.pushTail(root, text, 0, 16);
      else lists.pushHead(root, text, 0, 16);
    }
    for (let i = 0; i < BATCH; i++) {
      if (popped) lists.removeTail(root);
      else lists.removeHead(root);
    }
    return 0;
  });
  while (lists.dispose(root));
}

for (const compressDepth of [0, 1]) {
  lists.compressDepth = compressDepth;
  const root = lists.create();
  for (let i = 0; i < 100_000; i++) {
    const item = fromLatin1(`item number ${i}`);
    lists.pushTail(root, item, 0, item.length);
  }
  const suffix = compressDepth > 0 ? ', compressed' : '';
  measure(`walk a range of 1000${suffix}`, BATCH, () => {
    lists.seek(root, 500);
    let sum = 0;
    for (let i = 0; i < BATCH; i++) {
      sum += lists.listpack.end - lists.listpack.start;
      lists.next();
    }
    return sum;
  });
  measure(`seek the middle of 100 000${suffix}`, 1, () => {
    lists.seek(root, 50_000);
    return lists.listpack.end;
  });
  measure(`insert in the middle and remove${suffix}`, 1, () => {
    lists.seek(root, 50_000);
    lists.insertBefore(root, text, 0, 16);
    lists.removeRange(root, 50_000, 1);
    return 0;
  });
  while (lists.dispose(root));
}
