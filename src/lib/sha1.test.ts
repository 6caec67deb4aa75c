import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha1Hex } from './sha1.ts';

test('SHA-1 agrees with node:crypto at every length around the blocks', () => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, i) => i * 31 + (i >> 5));
  for (const length of [...Array(200).keys(), 511, 512, 513, 1000, 1990]) {
    const expected = createHash('sha1')
      .update(bytes.subarray(3, 3 + length))
      .digest('hex');
    assert.equal(sha1Hex(bytes, 3, 3 + length), expected, `${length} bytes`);
  }
});

test('the digests of FIPS 180-4', () => {
  assert.equal(sha1Hex(new Uint8Array(0), 0, 0), 'da39a3ee5e6b4b0d3255bfef95601890afd80709');
  assert.equal(sha1Hex(new Uint8Array([97, 98, 99]), 0, 3), 'a9993e364706816aba3e25717850c26c9cd0d89d');
});
