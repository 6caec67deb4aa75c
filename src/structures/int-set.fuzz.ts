// The int set against a Set of bigints: random inserts, finds and removals, with check() after each step.
// CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { Int64 } from '../lib/int64.ts';
import { Prng } from '../lib/prng.ts';
import { IntSet } from './int-set.ts';

/** Runs `operations` random steps; throws where the set and the model disagree. */
export function fuzzIntSet(seed: number, operations: number): void {
  const prng = new Prng(seed);
  const set = new IntSet();
  const wanted = new Int64();
  let bytes = new Uint8Array(8);
  let model = new Set<bigint>();
  set.writeEmpty(bytes, 0);
  for (let step = 0; step < operations; step++) {
    if (prng.below(1000) === 0) {
      bytes = new Uint8Array(8);
      set.writeEmpty(bytes, 0);
      model = new Set();
    }
    const bits = [8, 12, 20, 40, 64][prng.below(step % 5000 < 4000 ? 2 : 5)]!;
    const value = BigInt.asIntN(bits, (BigInt(prng.next32()) << 32n) ^ BigInt(prng.next32()));
    const text = fromLatin1(String(value));
    assert.ok(wanted.parse(text, 0, text.length));
    const found = set.find(bytes, 0, wanted);
    assert.equal(found, model.has(value));
    if (!found && prng.below(3) > 0) {
      const grown = new Uint8Array(bytes.length + set.growth(bytes, 0, wanted));
      grown.set(bytes);
      set.insert(grown, 0, wanted);
      bytes = grown;
      model.add(value);
    } else if (found && prng.below(2) === 0) {
      set.remove(bytes, 0, set.index);
      bytes = bytes.slice(0, bytes.length - set.width(bytes, 0));
      model.delete(value);
    }
    assert.equal(set.count(bytes, 0), model.size);
    assert.equal(set.total(bytes, 0), bytes.length);
    if (isChecked(model.size, step)) set.check(bytes, 0);
  }
}

if (import.meta.main) fuzzByHand(fuzzIntSet, 1_000_000);
