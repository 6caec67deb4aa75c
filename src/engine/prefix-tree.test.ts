import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { PrefixTree } from './prefix-tree.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

it(`finds what a list of prefixes finds, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  const text = () => Array.from({ length: prng.below(7) }, () => 'ab\xff'[prng.below(3)]).join('');
  const tree = new PrefixTree<string>();
  const model = new Set<string>();
  for (let step = 0; step < 30_000; step++) {
    const prefix = text();
    if (model.has(prefix) && prng.below(2) === 0) {
      tree.remove(prefix);
      model.delete(prefix);
    } else if (!model.has(prefix) && model.size < 60) {
      tree.add(prefix, prefix);
      model.add(prefix);
    }
    const key = text();
    const found: string[] = [];
    tree.forEachPrefixOf(key, (value) => found.push(value));
    const expected = [...model].filter((each) => key.startsWith(each)).sort();
    assert.deepEqual(found, expected);
    assert.equal(tree.hasPrefixOf(fromLatin1(`-${key}-`), 1, key.length + 1), expected.length > 0);
    assert.equal(tree.find(key), model.has(key) ? key : null);
    assert.equal(tree.size, model.size);
  }
});
