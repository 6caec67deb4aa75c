import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from './bytes.ts';
import { Crc64, crc64 } from './crc64.ts';

const LOREM = fromLatin1(
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna ' +
    'aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. ' +
    'Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. Excepteur ' +
    'sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.\0',
);

test('the check values of Redis (crc64.c)', () => {
  assert.equal(crc64(fromLatin1('123456789'), 0, 9), 0xe9c6d914c4b8d9can);
  assert.equal(crc64(LOREM, 0, LOREM.length), 0xc7794709e69683b3n);
  assert.equal(crc64(LOREM, 0, 0), 0n);
});

/** One bit at a time, from the definition. */
function naive(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
  }
  return crc;
}

test('pieces of any size give the CRC of the whole', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i * 37 + 11);
  for (let length = 0; length <= bytes.length; length++) {
    const expected = naive(bytes.subarray(0, length));
    assert.equal(crc64(bytes, 0, length), expected);
    const crc = new Crc64();
    for (let at = 0; at < length; at += 13) crc.update(bytes, at, Math.min(at + 13, length));
    assert.equal(crc.value(), expected);
  }
});

test('write stores it as RDB does, and reset starts over', () => {
  const crc = new Crc64();
  crc.update(fromLatin1('123456789'), 0, 9);
  const stored = new Uint8Array(10);
  crc.write(stored, 1);
  assert.equal(Buffer.from(stored).readBigUInt64LE(1), 0xe9c6d914c4b8d9can);
  crc.reset();
  assert.equal(crc.value(), 0n);
});

test('long input gives the same from any place on, in one piece or in several', () => {
  const bytes = Uint8Array.from({ length: 6000 }, (_, i) => (i * i * 31) >> 3);
  for (const shift of [0, 1, 2, 3]) {
    const view = new Uint8Array(bytes.buffer, shift, 5900);
    for (const [start, end] of [
      [0, 5900],
      [1, 1025],
      [2, 1026],
      [3, 4098],
      [5, 5894],
    ] as const) {
      const pieces = new Crc64();
      for (let at = start; at < end; at += 100) pieces.update(view, at, Math.min(end, at + 100));
      assert.equal(crc64(view, start, end), pieces.value(), `${shift}, ${start} to ${end}`);
    }
  }
});
