// The ordered tree with a million records of random scores, and with ascending ones: what an operation costs, and the
// bytes of index that an entry takes.
//
//   npm run bench -- ordered-tree

import { measure } from '../lib/measure.bench.ts';
import { Prng } from '../lib/prng.ts';
import { TreeModel } from './ordered-tree.fuzz.ts';
import { OrderedTree, TreeCursor } from './ordered-tree.ts';

const COUNT = 1_000_000;
const BATCH = 1000;

const model = new TreeModel();
const { memory } = model;
const tree = new OrderedTree(memory);
const prng = new Prng(1);
const cursor = new TreeCursor();

const records = new Int32Array(COUNT);
for (let index = 0; index < COUNT; index++) records[index] = model.record(prng.fraction() * 1e9, `member:${index}`);

const root = tree.create();
let started = performance.now();
for (const record of records) tree.insert(root, record);
const insertNs = ((performance.now() - started) * 1e6) / COUNT;
console.log(`insert ${COUNT} random scores: ${insertNs.toFixed(0)} ns each`);
console.log(`bytes of tree an entry: ${(tree.indexBytes(root) / COUNT).toFixed(2)} random`);

const ascending = tree.create();
const sorted = new Int32Array(COUNT);
for (let index = 0; index < COUNT; index++) sorted[index] = model.record(index, `member:${index}`);
started = performance.now();
for (const record of sorted) tree.insert(ascending, record);
const appendNs = ((performance.now() - started) * 1e6) / COUNT;
console.log(`insert ${COUNT} ascending scores: ${appendNs.toFixed(0)} ns each`);
console.log(`bytes of tree an entry: ${(tree.indexBytes(ascending) / COUNT).toFixed(2)} ascending`);

started = performance.now();
tree.beginBuild(COUNT);
for (const record of sorted) tree.append(record);
const built = tree.endBuild();
const buildNs = ((performance.now() - started) * 1e6) / COUNT;
console.log(`build at once: ${buildNs.toFixed(0)} ns each, ${(tree.indexBytes(built) / COUNT).toFixed(2)} bytes\n`);

function each(run: (record: number) => number): () => number {
  return () => {
    let sum = 0;
    for (let count = 0; count < BATCH; count++) sum += run(records[prng.below(COUNT)]!);
    return sum;
  };
}

measure(
  'remove and insert a random record',
  BATCH,
  each((record) => {
    tree.remove(root, record);
    tree.insert(root, record);
    return 0;
  }),
);
measure(
  'give a random record another random score',
  BATCH,
  each((record) => {
    tree.rescore(root, record, prng.fraction() * 1e9);
    return 0;
  }),
);
measure(
  'rank of a random record',
  BATCH,
  each((record) => tree.rank(root, record)),
);
measure(
  'record at a random rank',
  BATCH,
  each(() => tree.at(root, prng.below(COUNT))),
);
measure(
  'entries up to a random score',
  BATCH,
  each(() => tree.countToScore(root, prng.fraction() * 1e9, true)),
);
measure('walk on by one entry', BATCH, () => {
  let sum = 0;
  tree.seek(root, prng.below(COUNT - BATCH), cursor);
  for (let count = 0; count < BATCH; count++) sum += tree.next(cursor);
  return sum;
});
measure('take the first out and put it back', BATCH, () => {
  for (let count = 0; count < BATCH; count++) {
    tree.removeRun(root, 0, 1);
    tree.insert(root, tree.collected[0]!);
  }
  return 0;
});
