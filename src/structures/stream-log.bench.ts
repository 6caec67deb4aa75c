// What streams cost: entries added and walked, pending entries made, found and dropped; and bytes for each.
//
//   npm run bench -- stream-log

import { fromLatin1 } from '../lib/bytes.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { StreamGroups } from './stream-groups.ts';
import { StreamId } from './stream-id.ts';
import { StreamLog } from './stream-log.ts';

const COUNT = 1_000_000;

function measure(name: string, count: number, run: () => void): void {
  const start = performance.now();
  run();
  console.log(`${name.padEnd(40)} ${(((performance.now() - start) * 1e6) / count).toFixed(0).padStart(6)} ns`);
}

const memory = new FlatMemory({});
const log = new StreamLog(memory);
const groups = new StreamGroups(log);
const source = fromLatin1('temp21humidity48');
const starts = Int32Array.of(0, 4, 6, 14);
const ends = Int32Array.of(4, 6, 14, 16);
const id = new StreamId();
const end = new StreamId();
end.setMax();

const root = log.create();
measure('add an entry of two fields', COUNT, () => {
  for (let entry = 1; entry <= COUNT; entry++) {
    id.setTime(entry);
    log.append(root, id, source, starts, ends, 0, 4, source.length);
  }
});
console.log(`bytes an entry ${(log.bytes(root) / COUNT).toFixed(1)}`);
const walk = log.walk();
let texts = 0;
measure('walk on by one entry, and read it', COUNT, () => {
  id.setMin();
  log.begin(walk, root, id, end, false);
  while (walk.next()) {
    for (let left = walk.pairs * 2; left > 0; left--) walk.nextText();
    texts += walk.pairs;
  }
});
measure('find an entry', COUNT, () => {
  for (let entry = 1; entry <= COUNT; entry++) {
    id.setTime((entry * 7919) % COUNT);
    if (log.has(root, id)) texts++;
  }
});
id.setMin();
const group = groups.create(root, source, 0, 4, id);
groups.findConsumer(group, source, 0, 4);
const consumer = groups.createConsumer(group, source, 0, 4, 0);
const before = memory.usedBytes();
measure('make an entry pending', COUNT, () => {
  for (let entry = 1; entry <= COUNT; entry++) {
    id.setTime(entry);
    groups.findPending(group, id);
    groups.add(group, consumer, id, 1);
  }
});
console.log(`bytes a pending entry ${((memory.usedBytes() - before) / COUNT).toFixed(1)}`);
measure('acknowledge an entry', COUNT, () => {
  for (let entry = 1; entry <= COUNT; entry++) {
    id.setTime(entry);
    if (groups.findPending(group, id)) groups.drop(group, id);
  }
});
console.log(texts > 0 ? 'done' : 'nothing was read');
