import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COPY_LOOP_BYTES_MAX,
  compareBytes,
  copyBytes,
  equalBytes,
  equalsIgnoreCase,
  findByte,
  fromLatin1,
  fromUtf8,
  toLatin1,
  utf8,
  writeLatin1,
} from './bytes.ts';
import { Prng } from './prng.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);

test('any bytes survive the way to latin1 text and back', () => {
  for (const length of [0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 4095, 4096, 4097, 10_000]) {
    const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => i * 7);
    const text = toLatin1(bytes, 3, bytes.length);
    assert.equal(text.length, length);
    assert.deepEqual(fromLatin1(text), bytes.slice(3));
    assert.equal(text, Buffer.from(bytes.subarray(3)).toString('latin1'));
  }
  const bytes = new Uint8Array(5);
  assert.equal(writeLatin1('\0\xff', bytes, 2), 4);
  assert.deepEqual(bytes, new Uint8Array([0, 0, 0, 255, 0]));
});

test('equalBytes and compareBytes agree with Buffer.compare', () => {
  const seed = 11;
  const random = new Prng(seed);
  for (let i = 0; i < 5000; i++) {
    const a = Uint8Array.from({ length: random.below(6) }, () => 254 + random.below(3));
    const b = Uint8Array.from({ length: random.below(6) }, () => 254 + random.below(3));
    const expected = Buffer.compare(a, b);
    const framed = new Uint8Array([1, ...a, 2]);
    assert.equal(Math.sign(compareBytes(framed, 1, framed.length - 1, b, 0, b.length)), expected, `seed ${seed}`);
    assert.equal(equalBytes(framed, 1, framed.length - 1, b, 0, b.length), expected === 0, `seed ${seed}`);
  }
});

test('copyBytes copies every length, also onto itself', () => {
  for (let length = 0; length <= COPY_LOOP_BYTES_MAX + 3; length++) {
    const to = new Uint8Array(400);
    copyBytes(ALL, 5, 5 + length, to, 9);
    assert.deepEqual(to.subarray(9, 9 + length), ALL.subarray(5, 5 + length));
    assert.equal(to[8], 0);
    assert.equal(to[9 + length], 0);
    for (const at of [3, 5, 8]) {
      const own = ALL.slice();
      copyBytes(own, 5, 5 + length, own, at);
      assert.deepEqual(own.subarray(at, at + length), ALL.subarray(5, 5 + length), `length ${length}, at ${at}`);
    }
  }
});

test('equalsIgnoreCase folds ASCII letters only', () => {
  const check = (text: string, lower: string) => {
    const bytes = fromLatin1(` ${text} `);
    return equalsIgnoreCase(bytes, 1, bytes.length - 1, fromLatin1(lower));
  };
  assert.ok(check('KeepTTL', 'keepttl'));
  assert.ok(check('', ''));
  assert.ok(!check('keepttl', 'keepttls'));
  assert.ok(!check('keepttl', 'keeptt'));
  // '@' and '[' stand beside the capitals, '`' and '{' beside the small letters.
  assert.ok(!check('@', '`'));
  assert.ok(!check('[', '{'));
  assert.ok(!check('\xc4', '\xe4'));
});

test('findByte looks within the range', () => {
  assert.equal(findByte(ALL, 10, 20, 15), 15);
  assert.equal(findByte(ALL, 10, 20, 20), -1);
  assert.equal(findByte(ALL, 10, 10, 10), -1);
});

test('utf8 and fromUtf8 agree with the platform', () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const text of ['', 'plain', 'é', '€', '😀', 'a\u0000b', '\ud800', '\udc00x', 'x\ud83d', '\uffff\u{10ffff}']) {
    assert.deepEqual(utf8(text), encoder.encode(text));
    assert.equal(fromUtf8(encoder.encode(text)), decoder.decode(encoder.encode(text)));
  }
  const seed = 13;
  const random = new Prng(seed);
  const pieces = [0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xf5, 0xff];
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: random.below(7) }, () => pieces[random.below(pieces.length)]!);
    assert.equal(fromUtf8(bytes), decoder.decode(bytes), `seed ${seed}: ${bytes}`);
  }
});
