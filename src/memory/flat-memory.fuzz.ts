// Flat memory against a list of what was allocated: blocks of all sizes come and go, each block's bytes its own.
// CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from './flat-memory.ts';

export function fill(memory: FlatMemory, handle: number, bytes: number, value: number): void {
  const offset = (handle & GRANULE_MASK) << 3;
  memory.bytes[handle >>> SEGMENT_SHIFT]!.fill(value, offset, offset + bytes);
}

export function holds(memory: FlatMemory, handle: number, bytes: number, value: number): boolean {
  const offset = (handle & GRANULE_MASK) << 3;
  const segment = memory.bytes[handle >>> SEGMENT_SHIFT]!;
  for (let at = offset; at < offset + bytes; at++) if (segment[at] !== value) return false;
  return true;
}

/** Allocates and frees at random; `sizes` draws a size. Ends with everything freed. */
export function churn(
  memory: FlatMemory,
  seed: number,
  operations: number,
  blocksMax: number,
  sizes: (prng: Prng) => number,
): void {
  const prng = new Prng(seed);
  const live: { handle: number; bytes: number; value: number }[] = [];
  for (let step = 0; step < operations; step++) {
    const frees = live.length >= blocksMax ? 100 : 45;
    if (live.length > 0 && prng.below(100) < frees) {
      const index = prng.below(live.length);
      const block = live[index]!;
      live[index] = live.at(-1)!;
      live.pop();
      assert.ok(holds(memory, block.handle, block.bytes, block.value), `seed ${seed} step ${step}: bytes intact`);
      memory.free(block.handle);
    } else {
      const bytes = sizes(prng);
      assert.ok(memory.admit(bytes), 'memory is admitted');
      const block = { handle: memory.allocate(bytes), bytes, value: step & 0x7f };
      assert.notEqual(block.handle, NONE);
      assert.ok(memory.capacity(block.handle) >= bytes);
      assert.equal(memory.capacity(block.handle), FlatMemory.capacityFor(bytes));
      memory.checkLive(block.handle, bytes);
      fill(memory, block.handle, bytes, block.value);
      live.push(block);
    }
    if (step % 64 === 0 && prng.below(50) === 0) memory.giveBack();
    if (step % 64 === 0 && prng.below(20) === 0) moveTogether(memory, live, prng);
    if (isChecked(live.length * BLOCKS_PER_CHECK, step)) memory.check();
  }
  for (const block of live) {
    assert.ok(holds(memory, block.handle, block.bytes, block.value), `seed ${seed}: bytes intact at the end`);
    memory.free(block.handle);
  }
  memory.check();
  assert.equal(memory.usedBytes(), 0);
  assert.equal(memory.blockCount(), 0);
}

/** Fills some segments, frees most at random, and moves the rest together again and again, while blocks come and go. */
export function fuzzMoving(seed: number, rounds: number): void {
  const prng = new Prng(seed);
  const memory = new FlatMemory();
  const live: { handle: number; bytes: number; value: number }[] = [];
  const add = () => {
    const bytes = 1 + prng.below(1 << (4 + prng.below(8)));
    assert.ok(memory.admit(bytes));
    const block = { handle: memory.allocate(bytes), bytes, value: prng.below(128) };
    fill(memory, block.handle, bytes, block.value);
    live.push(block);
  };
  for (let round = 0; round < rounds; round++) {
    while (live.length < 200_000) add();
    for (let index = live.length; index > 20_000; index--) {
      const chosen = prng.below(live.length);
      memory.free(live[chosen]!.handle);
      live[chosen] = live.at(-1)!;
      live.pop();
    }
    memory.check();
    for (let step = 0; step < 5; step++) {
      moveTogether(memory, live, prng);
      for (let count = 0; count < 1000; count++) add();
      while (memory.giveBack());
      memory.check();
    }
    for (const { segment } of memory.movableSegments()) memory.absolve(segment);
    for (const { handle, bytes, value } of live) {
      assert.ok(holds(memory, handle, bytes, value), `seed ${seed}: bytes intact`);
    }
    memory.check();
  }
}

/** Condemns a segment or two, moves some or all of their blocks, and at times gives up before all are gone. */
function moveTogether(memory: FlatMemory, live: { handle: number; bytes: number }[], prng: Prng): void {
  const segments = memory.movableSegments().filter(() => prng.below(3) === 0);
  for (const { segment } of segments) memory.condemn(segment);
  const stays = prng.below(2) === 0 ? 0 : prng.below(100);
  for (const block of live) {
    if (!memory.isCondemned(block.handle) || prng.below(100) < stays) continue;
    if (!memory.admit(block.bytes)) break;
    block.handle = memory.move(block.handle);
    assert.ok(!memory.isCondemned(block.handle), 'a block moves to where it may stay');
  }
  memory.check();
  for (const { segment } of segments) if (prng.below(4) > 0) memory.absolve(segment);
}

/** check() walks all pages of all segments, however few blocks there are: as much as so many entries. */
const BLOCKS_PER_CHECK = 20;

/** Runs so many steps, with small blocks, mixed ones and those that have pages or a segment of their own. */
export function fuzzFlatMemory(seed: number, operations: number): void {
  const ROUND = 20_000;
  for (let done = 0, round = 0; done < operations; done += ROUND, round++) {
    const steps = Math.min(ROUND, operations - done);
    if (round % 10 === 9) fuzzMoving(seed + round, 1);
    const memory = new FlatMemory({ firstSegment: round % 3 === 2 ? 2030 : 0 });
    const bits = [7, 9, 12, 15, 17][round % 5]!;
    // Many blocks of the small sizes, few of the large.
    const blocksMax = Math.max(5, [40, 3000, 20_000][round % 3]! >>> Math.max(0, bits - 9));
    churn(memory, seed + round, steps, blocksMax, (prng) => 1 + prng.below(1 << prng.below(bits + 1)));
  }
}

if (import.meta.main) fuzzByHand(fuzzFlatMemory, 200_000);
