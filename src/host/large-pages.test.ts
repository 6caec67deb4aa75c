import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LargePages } from './large-pages.ts';

const MIB = 1024 * 1024;

/** Advises buffers at `address` whose first touch takes so many milliseconds each, 'quiet' between two; what was advised. */
function adviseAll(address: number, bytes: number, touches: readonly (number | 'quiet')[]): number[][] {
  const advised: number[][] = [];
  let clock = 0;
  let looks = 0;
  let touch = 0;
  const pages = new LargePages({
    addressOf: () => BigInt(address),
    advise: (at, length) => advised.push([Number(at) / MIB, length / MIB]),
    elapsed: () => (looks++ % 2 === 0 ? clock : (clock += touch)),
  });
  for (const each of touches) {
    if (each === 'quiet') pages.tryAgain();
    else {
      touch = each;
      pages.advise(new ArrayBuffer(bytes));
    }
  }
  return advised;
}

test('whole large pages of a segment are asked for, the first one by itself', () => {
  assert.deepEqual(adviseAll(3 * MIB, 16 * MIB, [0.1]), [
    [4, 2],
    [6, 12],
  ]);
  assert.deepEqual(adviseAll(4 * MIB, 16 * MIB, [0.1]), [
    [4, 2],
    [6, 14],
  ]);
});

test('a buffer without a whole large page, or with only one', () => {
  assert.deepEqual(adviseAll(3 * MIB, 2 * MIB, [0.1]), []);
  assert.deepEqual(adviseAll(3 * MIB, 4 * MIB, [0.1]), [[4, 2]]);
});

test('after a slow first touch the segment and the next 64 take small pages', () => {
  const touches = [5, ...new Array<number>(64).fill(0.1), 0.1];
  assert.deepEqual(adviseAll(4 * MIB, 4 * MIB, touches), [
    [4, 2],
    [4, 2],
    [6, 2],
  ]);
});

test('the more first touches in a row are slow, the longer it waits with the next', () => {
  const slow = new Array<number>(1 + 64 + 1 + 128 + 1).fill(5);
  assert.equal(adviseAll(4 * MIB, 4 * MIB, slow).length, 3);
  const thenFast = [...slow, ...new Array<number>(256).fill(5), 0.1, 5, ...new Array<number>(64).fill(5), 5];
  assert.equal(adviseAll(4 * MIB, 4 * MIB, thenFast).length, 3 + 2 + 1 + 1, 'a quick one makes it patient again');
});

test('when it is quiet it is tried again, without a segment', () => {
  // The trial is as quick, or slow, as the touch before.
  assert.equal(adviseAll(4 * MIB, 4 * MIB, [5, 0.1, 'quiet', 0.1]).length, 1 + 2 + 2);
  assert.equal(adviseAll(4 * MIB, 4 * MIB, [5, 5, 'quiet', 0.1]).length, 1 + 1);
});
