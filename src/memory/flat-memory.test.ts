// Flat memory against a naive model: random allocations and frees of all sizes, each block's bytes its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { churn, fill, fuzzMoving, holds } from './flat-memory.fuzz.ts';
import { FlatMemory, SEGMENT_BYTES } from './flat-memory.ts';
import { CLASS_BYTES, CLASS_OF_GRANULES } from './size-classes.ts';

test('size classes: each size gets the smallest class that holds it, and at most an eighth is lost', () => {
  for (let bytes = 1; bytes <= 8192; bytes++) {
    const capacity = CLASS_BYTES[CLASS_OF_GRANULES[(bytes + 7) >>> 3]!]!;
    assert.ok(capacity >= bytes);
    assert.ok(bytes <= 64 || capacity <= bytes * 1.25 + 8, `${bytes} -> ${capacity}`);
  }
});

test('small blocks keep their bytes through random allocation and freeing', () => {
  churn(new FlatMemory(), 1, 20_000, 2000, (prng) => 1 + prng.below(300));
});

test('blocks of all sizes up to a segment keep their bytes', () => {
  churn(new FlatMemory(), 2, 600, 2000, (prng) => 1 + prng.below(1 << prng.below(21)));
});

test('handles above 2^31 work as low ones do', () => {
  churn(new FlatMemory({ firstSegment: 2040 }), 3, 5000, 2000, (prng) => 1 + prng.below(2000));
});

test('a value larger than a segment has a buffer of its own, which is given back', () => {
  const memory = new FlatMemory();
  const bytes = SEGMENT_BYTES * 2 + 5;
  assert.ok(memory.admit(bytes));
  const handle = memory.allocate(bytes);
  fill(memory, handle, bytes, 7);
  assert.ok(holds(memory, handle, bytes, 7));
  memory.check();
  const before = memory.segmentBytes();
  memory.free(handle);
  assert.ok(before - memory.segmentBytes() >= bytes);
  while (memory.giveBack());
  memory.check();
  assert.equal(memory.usedBytes(), 0);
});

test('segments that became free are given back, the first stays', () => {
  const memory = new FlatMemory();
  const handles: number[] = [];
  for (let count = 0; count < 60000; count++) {
    assert.ok(memory.admit(1024));
    handles.push(memory.allocate(1024));
  }
  const full = memory.segmentBytes();
  for (const handle of handles) memory.free(handle);
  assert.ok(memory.segmentBytes() < full / 2, `${memory.segmentBytes()} of ${full}`);
  let given = 0;
  while (memory.giveBack()) given++;
  assert.ok(given > 0);
  memory.check();
});

test('admit refuses what exceeds the limit, and leaves a reserve for deletes', () => {
  const memory = new FlatMemory({ bytesMax: 24 * 1024 * 1024 });
  const handles: number[] = [];
  while (memory.admit(4096)) handles.push(memory.allocate(4096));
  assert.ok(handles.length > 500);
  assert.equal(memory.admit(SEGMENT_BYTES * 3), false);
  memory.allocate(4096); // the reserve
  memory.check();
});

test('what admit let pass can be allocated, however little and scattered the memory that is left', () => {
  const memory = new FlatMemory({ bytesMax: 48 * 1024 * 1024 });
  // Runs of five pages with gaps of five: many free pages, and no room for a slab among them.
  const runs: number[] = [];
  while (memory.admit(20_000)) runs.push(memory.allocate(20_000));
  for (let index = 0; index < runs.length; index += 2) memory.free(runs[index]!);
  for (let bytes = 8; bytes <= 16_384; bytes += 8) if (memory.admit(bytes)) memory.allocate(bytes);
  memory.check();
});

test('admitting a value of its own buffer counts the reserve first', () => {
  for (let megabytes = 17; megabytes < 40; megabytes++) {
    const memory = new FlatMemory({ bytesMax: 40 * 1024 * 1024 });
    const bytes = megabytes * 1024 * 1024;
    if (memory.admit(bytes)) memory.allocate(bytes);
    memory.check();
  }
});

test('a condemned segment goes when its blocks have moved', () => {
  const memory = new FlatMemory();
  const handles: number[] = [];
  for (let index = 0; index < 600_000; index++) {
    assert.ok(memory.admit(200));
    handles.push(memory.allocate(200));
    fill(memory, handles[index]!, 200, index & 0x7f);
  }
  const before = memory.segmentBytes();
  for (let index = 0; index < handles.length; index++) if (index % 10 !== 0) memory.free(handles[index]!);
  assert.equal(memory.segmentBytes(), before);
  const [kept, ...condemned] = memory.movableSegments();
  for (const { segment } of condemned) memory.condemn(segment);
  for (let index = 0; index < handles.length; index += 10) {
    assert.ok(memory.admit(200));
    if (memory.isCondemned(handles[index]!)) handles[index] = memory.move(handles[index]!);
    assert.ok(holds(memory, handles[index]!, 200, index & 0x7f));
  }
  memory.check();
  assert.ok(kept !== undefined && memory.segmentBytes() < before * 0.5);
});

test('blocks keep their bytes while others move together', () => {
  fuzzMoving(4, 1);
});
