import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromLatin1 } from '../../lib/bytes.ts';
import { matchGlob } from '../../lib/glob.ts';
import { Prng } from '../../lib/prng.ts';
import { ACCESS_BOTH, ACCESS_READ, ACCESS_WRITE, AclPattern, Selector } from './selector.ts';

it('patterns match as globs, whichever way they are compared', () => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
  const random = new Prng(seed);
  const word = (letters: string) =>
    Array.from({ length: random.below(5) }, () => letters[random.below(letters.length)]).join('');
  for (let round = 0; round < 20_000; round++) {
    const pattern = word('ab*?[\\]');
    const text = word('ab*\xff');
    const glob = fromLatin1(pattern);
    const bytes = fromLatin1(`<${text}>`);
    assert.equal(
      new AclPattern(pattern).matches(bytes, 1, bytes.length - 1),
      matchGlob(glob, 0, glob.length, bytes, 1, bytes.length - 1, false),
      `${JSON.stringify(pattern)} of ${JSON.stringify(text)}, seed ${seed}`,
    );
  }
});

it('a key needs one pattern with all that its command does to it', () => {
  const selector = new Selector(64);
  selector.allowKeys('r*', ACCESS_READ);
  selector.allowKeys('w*', ACCESS_WRITE);
  selector.allowKeys('x*', ACCESS_READ);
  selector.allowKeys('*x', ACCESS_WRITE);
  const may = (key: string, access: number) => {
    const bytes = fromLatin1(key);
    return selector.mayUse(bytes, 0, bytes.length, access);
  };
  assert.deepEqual([may('r', ACCESS_READ), may('r', ACCESS_WRITE), may('r', 0)], [true, false, true]);
  assert.deepEqual([may('w', ACCESS_READ), may('w', ACCESS_WRITE), may('w', 0)], [false, true, true]);
  assert.equal(may('xx', ACCESS_BOTH), false);
  selector.allowKeys('x*', ACCESS_WRITE);
  assert.equal(may('xx', ACCESS_BOTH), true);
  assert.deepEqual([may('a', 0), may('', 0)], [false, false]);
});

it('a copy does not change with what it was copied from', () => {
  const selector = new Selector(64);
  selector.allowFirstArgument(3, 'select', '0');
  const copy = selector.copy();
  selector.setAll(true);
  selector.allowKeys('a', ACCESS_BOTH);
  assert.deepEqual([copy.allows(3), copy.keysText(), copy.commandsText()], [false, '', '-@all +select|0']);
  assert.deepEqual(copy.firstArgumentsOf(3), ['0']);
  assert.equal(selector.firstArgumentsOf(3), null);
});
