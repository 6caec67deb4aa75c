import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from './prng.ts';
import { WordSet } from './word-set.ts';

test('a word set knows what was added, as a Set does (seed 5)', () => {
  const prng = new Prng(5);
  const words = new WordSet();
  for (let round = 0; round < 20; round++) {
    const model = new Set<number>();
    words.clear(round * 10);
    for (let step = 0; step < 2000; step++) {
      const word = prng.below(3) === 0 ? prng.next32() | 1 : (prng.below(500) + 1) << 12;
      assert.equal(words.add(word), !model.has(word));
      model.add(word);
    }
  }
});
