import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256Hex } from './sha256.ts';

test('SHA-256 agrees with node:crypto at every length around the blocks', () => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, i) => i * 31 + (i >> 5));
  for (const length of [...Array(200).keys(), 511, 512, 513, 1000, 1990]) {
    const expected = createHash('sha256')
      .update(bytes.subarray(3, 3 + length))
      .digest('hex');
    assert.equal(sha256Hex(bytes, 3, 3 + length), expected, `${length} bytes`);
  }
});

test('the digests of FIPS 180-4', () => {
  assert.equal(sha256Hex(new Uint8Array(0), 0, 0), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(
    sha256Hex(new Uint8Array([97, 98, 99]), 0, 3),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
