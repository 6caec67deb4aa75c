import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLatin1 } from './bytes.ts';
import { ShortestDigits } from './grisu.ts';
import { Prng } from './prng.ts';

const finder = new ShortestDigits();

function digitsOf(x: number): string {
  finder.find(x);
  return `${toLatin1(finder.digits, 0, finder.count)}e${finder.power}`;
}

/** The values of table and text of the paper, and doubles at the ends of every range. */
const KNOWN: readonly [number, string][] = [
  [1.5, '15e-1'],
  [0.1, '1e-1'],
  [5e-324, '5e-324'],
  [2.2250738585072014e-308, '22250738585072014e-324'],
  [1.7976931348623157e308, '17976931348623157e292'],
  [1e23, '9999999999999999e7'],
  [2 ** 63, '9223372036854776e3'],
  // Not the shortest: JavaScript has 4328.150000000001 and 8e+23.
  [4328.150000000001, '43281500000000005e-13'],
  [8e23, '7999999999999999e8'],
];

test('known digits, also where they are not the shortest', () => {
  for (const [x, digits] of KNOWN) assert.equal(digitsOf(x), digits);
});

test('digits of any double read back as it, and are at most one more than the shortest', () => {
  const seed = 99;
  const random = new Prng(seed);
  const words = new Int32Array(2);
  const doubles = new Float64Array(words.buffer);
  let longer = 0;
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    words[0] = random.next32();
    words[1] = i % 4 === 0 ? random.next32() & 0xfffff : random.next32() & 0x7fffffff;
    if (i % 8 === 0) words[0] = random.below(3) - 1;
    const x = doubles[0]!;
    if (!Number.isFinite(x) || x === 0) continue;
    const text = digitsOf(x);
    assert.equal(Number(text), x, `seed ${seed}: ${x} printed as ${text}`);
    assert.match(text, /^[1-9][0-9]{0,16}e/);
    const shortest = x.toExponential().split('e')[0]!.replace('.', '').length;
    if (finder.count !== shortest) longer++;
    assert.ok(finder.count <= 17 && finder.count >= shortest, `seed ${seed}: ${x} printed as ${text}`);
  }
  assert.ok(longer < count / 100);
});

test('powers of two and of ten, from the smallest to the largest', () => {
  for (let power = -1074; power <= 1023; power++) assert.equal(Number(digitsOf(2 ** power)), 2 ** power);
  for (let power = -323; power <= 308; power++)
    assert.equal(Number(digitsOf(Number(`1e${power}`))), Number(`1e${power}`));
});
