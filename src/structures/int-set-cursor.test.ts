// Cursors of int sets against sorted arrays of bigints.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { Int64 } from '../lib/int64.ts';
import { Prng } from '../lib/prng.ts';
import { IntSet } from './int-set.ts';
import { IntSetCursor } from './int-set-cursor.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function int64(value: bigint): Int64 {
  const integer = new Int64();
  const text = fromLatin1(String(value));
  assert.ok(integer.parse(text, 0, text.length));
  return integer;
}

function bigintOf(integer: Int64): bigint {
  return (BigInt(integer.high) << 32n) | BigInt(integer.low >>> 0);
}

function some(prng: Prng, bits: number): bigint {
  return BigInt.asIntN(bits, (BigInt(prng.next32()) << 32n) ^ BigInt(prng.next32()));
}

test(`a cursor reaches the first integer that is not below another, and only goes up (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 300; round++) {
    const bits = [8, 16, 20, 33, 64][prng.below(5)]!;
    const set = new IntSet();
    const offset = prng.below(9);
    const bytes = new Uint8Array(4096);
    set.writeEmpty(bytes, offset);
    const count = prng.below(4) === 0 ? prng.below(4) : prng.below(400);
    for (let index = 0; index < count; index++) {
      const integer = int64(some(prng, bits));
      if (!set.find(bytes, offset, integer)) set.insert(bytes, offset, integer);
    }
    const model: bigint[] = [];
    const cursor = new IntSetCursor(bytes, offset);
    for (; !cursor.isAtEnd(); cursor.next()) model.push(bigintOf(cursor.integer));
    assert.equal(model.length, set.count(bytes, offset));
    cursor.rewind();
    let place = 0;
    for (let step = 0; step < 60; step++) {
      if (prng.below(3) === 0 && place < model.length) {
        cursor.next();
        place++;
      } else {
        // Somewhere near, or anywhere.
        const near = model[Math.min(model.length - 1, place + prng.below(6))] ?? 0n;
        const wanted = prng.below(2) === 0 ? some(prng, bits + (bits < 64 ? prng.below(2) : 0)) : near;
        while (place < model.length && model[place]! < wanted) place++;
        assert.equal(cursor.reach(int64(wanted)), model[place] === wanted, `round ${round}, step ${step}`);
      }
      assert.equal(cursor.isAtEnd(), place === model.length);
      if (place < model.length) assert.equal(bigintOf(cursor.integer), model[place]);
    }
  }
});
