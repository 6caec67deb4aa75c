import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxh3, xxh3Hex } from './xxh3.ts';

/** A message of which every length is another one. */
function message(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8) * 13 + length);
}

/** Lengths on both sides of every branch of the algorithm, with what the xxHash library 0.8 gives. */
const VECTORS: readonly [number, string][] = [
  [0, '2d06800538d394c2'],
  [1, 'e12ef9d2eb86ceeb'],
  [2, '33b0814d4f061d86'],
  [3, 'a9088dda485b481c'],
  [4, '57648c318a7a307e'],
  [5, '239bb6b88222271d'],
  [7, '4f82be6987f5eea7'],
  [8, 'b0fb3e3c3f94990a'],
  [9, '8aca5cb309437c2e'],
  [12, 'bb431ec91d8102e8'],
  [15, 'c14e5d6729b9e68c'],
  [16, '2bd926d88792965a'],
  [17, '621f018aad19b14a'],
  [31, '1c80db9a3e8ba043'],
  [32, '8911535e799e4d99'],
  [33, 'b6d8b523db9b284c'],
  [64, '1b1bf114c7371f1b'],
  [65, 'f0037f8ac0441cc4'],
  [96, 'cfb21e0d09d8ef29'],
  [127, 'eece8f95570595f1'],
  [128, 'e9549af9a74093e6'],
  [129, 'b54ad1cd8a4c84b9'],
  [130, '52dc6001473ca9cb'],
  [143, 'ffbeca72453b86f9'],
  [144, '3f50ca07e0dcde52'],
  [160, '898df912f54aa5c2'],
  [161, '309d648451a029b0'],
  [200, '660156a92b43203f'],
  [239, '318817637cd16359'],
  [240, '3e136902ec966624'],
  [241, 'bd7d29b6ba966d6a'],
  [255, 'ab5be9e5d858a07c'],
  [256, 'ff5a1cefade75bb9'],
  [257, 'ff91d34061444094'],
  [300, '10a7c08237f9fc58'],
  [319, '385bf9e70c775359'],
  [320, 'aaea152c42719f9a'],
  [321, '15f12efff464a5a1'],
  [512, 'bb93b415b7272611'],
  [513, 'da7f619ecba9014c'],
  [1023, '2781dcf37b71e7a5'],
  [1024, 'cbeb9f3a1aeccda2'],
  [1025, 'a786915585c6bf1b'],
  [1087, '5b40efa83bef1971'],
  [1088, '4c33e1a280f2f09d'],
  [1089, 'a344cb22ffd300de'],
  [2048, '8d032ce04bf3e086'],
  [2049, '25badebdec1ebf98'],
  [4096, 'd369ccdd2fdab183'],
  [5000, '6fe43fe2374fd109'],
  [10000, 'e767dcf776910121'],
];

test('XXH3 gives what the reference library gives', () => {
  for (const [length, expected] of VECTORS) {
    const bytes = new Uint8Array(length + 9).fill(0xaa);
    bytes.set(message(length), 5);
    assert.equal(xxh3Hex(bytes, 5, 5 + length), expected, `${length} bytes`);
    assert.equal(xxh3(bytes, 5, 5 + length), BigInt(`0x${expected}`));
  }
});

test('known digests', () => {
  assert.equal(xxh3Hex(new Uint8Array(0), 0, 0), '2d06800538d394c2');
  assert.equal(xxh3Hex(new TextEncoder().encode('hello'), 0, 5), '9555e8555c62dcfd');
});

test('a view into a larger buffer is hashed from its own start', () => {
  const whole = message(600);
  const view = whole.subarray(100, 500);
  assert.equal(xxh3(view, 10, 390), xxh3(whole, 110, 490));
});
