// LZF: round trips, what redis-server compresses and expands, hostile streams.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../tests/support/engine-harness.ts';
import { RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../../tests/support/redis-server.ts';
import { fromLatin1, toLatin1 } from './bytes.ts';
import { crc64 } from './crc64.ts';
import { decompressLzf, Lzf } from './lzf.ts';
import { Prng } from './prng.ts';

const lzf = new Lzf();

/** Compresses within `limit` bytes; null when it does not fit. Nothing may be written beyond the limit. */
function compress(plain: Uint8Array, limit: number): Uint8Array | null {
  const to = new Uint8Array(limit + 8).fill(0xa5);
  const input = new Uint8Array(plain.length + 6).fill(7);
  input.set(plain, 3);
  const end = lzf.compress(input, 3, 3 + plain.length, to, 4, 4 + limit);
  for (let i = 0; i < 4; i++)
    assert.equal(to[i] === 0xa5 && to[4 + limit + i] === 0xa5, true, 'nothing outside is written');
  return end === 0 ? null : to.slice(4, end);
}

function expand(packed: Uint8Array, length: number): Uint8Array | null {
  const to = new Uint8Array(length + 8).fill(0xa5);
  const done = decompressLzf(packed, 0, packed.length, to, 4, length);
  for (let i = 0; i < 4; i++)
    assert.equal(to[i] === 0xa5 && to[4 + length + i] === 0xa5, true, 'nothing outside is written');
  return done ? to.slice(4, 4 + length) : null;
}

function randomPlain(prng: Prng): Uint8Array {
  const letters = 1 + prng.below(prng.below(3) === 0 ? 256 : 4);
  const plain = new Uint8Array(prng.below(prng.below(4) === 0 ? 20000 : 400));
  let at = 0;
  while (at < plain.length) {
    const run = Math.min(plain.length - at, 1 + prng.below(prng.below(5) === 0 ? 600 : 9));
    if (at > 0 && prng.below(2) === 0) {
      const back = 1 + prng.below(Math.min(at, 9000));
      for (let i = 0; i < run; i++) plain[at + i] = plain[at + i - back]!;
    } else for (let i = 0; i < run; i++) plain[at + i] = prng.below(letters);
    at += run;
  }
  return plain;
}

test('what was compressed expands again, and never grows beyond its limit', () => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now());
  const prng = new Prng(seed);
  for (let round = 0; round < 400; round++) {
    const plain = randomPlain(prng);
    const packed = compress(plain, plain.length + (plain.length >> 5) + 4);
    assert.ok(packed !== null, `seed ${seed}, round ${round}: an input grows by a byte in 32 at most`);
    assert.deepEqual(expand(packed, plain.length), plain, `seed ${seed}, round ${round}`);
    assert.equal(expand(packed, plain.length + 1), null);
    if (plain.length > 0) assert.equal(expand(packed, plain.length - 1), null);
    const limit = prng.below(packed.length + 1);
    const tight = compress(plain, limit);
    if (tight !== null) assert.deepEqual(expand(tight, plain.length), plain);
    const same = compress(plain, packed.length);
    if (packed.length > 0) assert.equal(same?.length, packed.length, 'an exact limit is enough');
  }
});

test('repetitions shrink to almost nothing', () => {
  const check = (plain: string, atMost: number): void => {
    const packed = compress(fromLatin1(plain), plain.length)!;
    assert.ok(packed.length <= atMost, `${packed.length} bytes`);
  };
  check('a'.repeat(10000), 130);
  check('hello world '.repeat(1000), 160);
  check('x'.repeat(64), 10);
});

test('hostile streams are refused or expand within bounds', () => {
  const check = (stream: string, length: number, expected: string | null): void => {
    const out = expand(fromLatin1(stream), length);
    assert.equal(out === null ? null : toLatin1(out, 0, out.length), expected, JSON.stringify(stream));
  };
  check('', 0, '');
  check('', 1, null);
  check('\x00a', 1, 'a');
  check('\x00a\x20\x00', 4, 'aaaa');
  check('\x01a', 2, null); // a literal run beyond the end
  check('\x00ab', 1, null);
  check('\x20\x00', 3, null); // a reference before the beginning
  check('\x00a\x20\x01', 4, null);
  check('\x00a\x20', 4, null); // no distance
  check('\x00a\xe0', 12, null);
  check('\x00a\xe0\xff', 12, null);
  check('\x00a\xe0\xff\x00', 100, null); // longer than the room
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now());
  const prng = new Prng(seed);
  for (let round = 0; round < 3000; round++) {
    const plain = randomPlain(prng).subarray(0, 500);
    const packed = compress(plain, plain.length + 20)!;
    for (let i = 1 + prng.below(3); i > 0 && packed.length > 0; i--)
      packed[prng.below(packed.length)] = prng.below(256);
    expand(packed.subarray(0, packed.length - prng.below(3)), plain.length);
  }
});

/** The same byte by byte, straight from the format; null when that is not a stream of `length` bytes. */
function expandPlainly(packed: Uint8Array, length: number): Uint8Array | null {
  const out: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const control = packed[at++]!;
    if (control < 32) {
      if (at + control + 1 > packed.length) return null;
      out.push(...packed.subarray(at, at + control + 1));
      at += control + 1;
    } else {
      const more = control >>> 5 === 7 ? packed[at++] : control >>> 5;
      const low = packed[at++];
      const from = out.length - ((control & 31) << 8) - (low ?? 0) - 1;
      if (more === undefined || low === undefined || from < 0) return null;
      const count = control >>> 5 === 7 ? more + 9 : more + 2;
      for (let i = 0; i < count; i++) out.push(out[from + i]!);
    }
    if (out.length > length) return null;
  }
  return out.length === length ? Uint8Array.from(out) : null;
}

test('long streams, damaged or not, expand as they do byte by byte', () => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now());
  const prng = new Prng(seed);
  for (let round = 0; round < 1500; round++) {
    const plain = new Uint8Array(1024 + prng.below(3000));
    for (let at = 0; at < plain.length; ) {
      const part = randomPlain(prng);
      plain.set(part.subarray(0, plain.length - at), at);
      at += part.length;
    }
    const packed = compress(plain, plain.length + 200)!;
    for (let i = prng.below(3); i > 0; i--) packed[prng.below(packed.length)] = prng.below(256);
    const cut = packed.subarray(0, packed.length - (prng.below(5) === 0 ? prng.below(40) : 0));
    const length = plain.length + (prng.below(4) === 0 ? prng.below(9) - 4 : 0);
    assert.deepEqual(expand(cut, length), expandPlainly(cut, length), `seed ${seed}, round ${round}`);
  }
});

/** A length as RDB writes those that need 32 bits. */
function length32(n: number): string {
  return `\x80${String.fromCharCode(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255)}`;
}

test('redis-server expands what is compressed here, and the other way', { skip: SKIP_WITHOUT_REDIS }, async () => {
  const redis = await startRedis();
  const connection = await RawConnection.open(redis.port);
  const prng = new Prng(5);
  const ask = async (args: string[], enough: (text: string) => boolean): Promise<string> => {
    connection.write(encode(args));
    return await connection.read(enough);
  };
  try {
    for (let round = 0; round < 30; round++) {
      const plain = fromLatin1('some words, some words '.repeat(900 + round) + toLatin1(randomPlain(prng), 0, 0));
      for (let i = 0; i < 300; i++) plain[prng.below(plain.length)] = prng.below(256);
      const text = toLatin1(plain, 0, plain.length);
      const packed = compress(plain, plain.length)!;
      // A DUMP payload: type 0, an LZF string, the RDB version, a checksum.
      const body = `\0\xc3${length32(packed.length)}${length32(plain.length)}${toLatin1(packed, 0, packed.length)}\x0a\0`;
      const sum = new DataView(new ArrayBuffer(8));
      const bytes = fromLatin1(body);
      sum.setBigUint64(0, crc64(bytes, 0, bytes.length), true);
      const restored = await ask(
        ['RESTORE', 'k', '0', body + toLatin1(new Uint8Array(sum.buffer), 0, 8), 'REPLACE'],
        (reply) => reply.endsWith('\r\n'),
      );
      assert.equal(restored, '+OK\r\n');
      const expected = `$${text.length}\r\n${text}\r\n`;
      assert.equal(await ask(['GET', 'k'], (reply) => reply.length >= expected.length), expected);
      const dumped = await ask(['DUMP', 'k'], (reply) => reply.length > 20 && reply.endsWith('\r\n'));
      const start = dumped.indexOf('\r\n') + 2;
      assert.equal(dumped.charCodeAt(start + 1), 0xc3, 'an LZF string');
      const [packedLength, afterPacked] = readLength(dumped, start + 2);
      const [plainLength, from] = readLength(dumped, afterPacked);
      const theirs = fromLatin1(dumped.slice(from, from + packedLength));
      assert.deepEqual(expand(theirs, plainLength), plain);
      assert.ok(packed.length <= theirs.length * 1.05, `${packed.length} bytes, theirs ${theirs.length}`);
    }
  } finally {
    connection.close();
    await redis.stop();
  }
});

/** A length of RDB, and the offset after it. */
function readLength(text: string, at: number): [number, number] {
  const first = text.charCodeAt(at);
  if (first < 64) return [first, at + 1];
  if (first < 128) return [((first & 63) << 8) | text.charCodeAt(at + 1), at + 2];
  let length = 0;
  for (let i = 1; i <= 4; i++) length = length * 256 + text.charCodeAt(at + i);
  return [length, at + 5];
}
