// Listpacks: the bytes that Redis writes, the limits of the format, hostile packs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../../tests/support/redis-server.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { EditedPack, fuzzListpack } from './listpack.fuzz.ts';
import { Listpack } from './listpack.ts';

const TEXTS = [
  ...['0', '1', '127', '128', '-1', '-128', '4095', '4096', '-4096', '-4097', '32767', '32768', '-32768', '-32769'],
  ...['8388607', '8388608', '-8388608', '-8388609', '2147483647', '2147483648', '-2147483648', '-2147483649'],
  ...['9007199254740991', '9007199254740992', '-9007199254740993', '9223372036854775807', '-9223372036854775808'],
  ...['9223372036854775808', '-0', '00', '+1', '1 ', '', '-', 'a', '1a', '12345678901234567890123'],
  ...[62, 63, 64, 125, 126, 127, 128, 4094, 4095, 4096, 16379, 16380, 16381, 16382].map((n) => 'z'.repeat(n)),
];

function packOf(texts: readonly string[]): Uint8Array {
  const edited = new EditedPack();
  for (const text of texts) edited.edit(edited.texts.length, 0, text);
  return edited.bytes.slice(edited.pack, edited.pack + edited.length);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

test('an entry lies as the format says', () => {
  const check = (text: string, expected: string): void => {
    assert.equal(hex(packOf([text]).subarray(6, -1)), expected, text);
  };
  check('5', '05 01');
  check('-1', 'df ff 02');
  check('4095', 'cf ff 02');
  check('-4096', 'd0 00 02');
  check('4096', 'f1 00 10 03');
  check('-8388608', 'f2 00 00 80 04');
  check('2147483647', 'f3 ff ff ff 7f 05');
  check('-9223372036854775808', 'f4 00 00 00 00 00 00 00 80 09');
  check('', '80 01');
  check('ab', '82 61 62 03');
  check('x'.repeat(64), `e0 40 ${'78 '.repeat(64)}42`);
  check('x'.repeat(126), `e0 7e ${'78 '.repeat(126)}01 80`);
});

test('a pack holds the very bytes that redis-server writes', { skip: SKIP_WITHOUT_REDIS }, async () => {
  const redis = await startRedis(['--rdbcompression', 'no', '--hash-max-listpack-value', '100000']);
  try {
    const connection = await RawConnection.open(redis.port);
    for (const texts of [TEXTS.slice(0, 100), ['7'], ['f', 'v'.repeat(70000)]]) {
      const pairs = texts.length % 2 === 0 ? texts : [...texts, 'last'];
      const args = ['HSET', 'h', ...pairs];
      connection.write(
        `DEL h\r\n*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}DUMP h\r\n`,
      );
      const pack = toLatin1(packOf(pairs), 0, packOf(pairs).length);
      const output = await connection.read((text) => text.includes(pack) && text.endsWith('\r\n'), 2000);
      assert.ok(output.includes(pack), 'the payload has the pack in it');
    }
    connection.close();
  } finally {
    await redis.stop();
  }
});

test('more entries than the header can count are counted by walking', () => {
  const listpack = new Listpack();
  for (const count of [65534, 65535, 65536, 70000]) {
    const bytes = new Uint8Array(7 + count * 2);
    listpack.setHeader(bytes, 0, bytes.length, count);
    for (let i = 0; i < count; i++) listpack.writeInteger(bytes, 6 + i * 2, i % 128);
    assert.equal(listpack.count(bytes, 0), count);
    assert.ok(listpack.validate(bytes, 0, bytes.length));
    assert.equal(listpack.seek(bytes, 0, count), -1);
    assert.equal(listpack.seek(bytes, 0, count - 1), bytes.length - 3);
    assert.equal(listpack.seek(bytes, 0, -count), 6);
    assert.equal(listpack.seek(bytes, 0, -count - 1), -1);
  }
});

test('hostile packs are refused', () => {
  const listpack = new Listpack();
  const check = (text: string, expected: boolean): void => {
    const bytes = fromLatin1(text);
    assert.equal(listpack.validate(bytes, 0, bytes.length), expected, JSON.stringify(text));
  };
  check('\x07\0\0\0\0\0\xff', true);
  check('\x09\0\0\0\x01\0\x05\x01\xff', true);
  check('\x09\0\0\0\xff\xff\x05\x01\xff', true); // counted by walking
  check('', false);
  check('\x07\0\0\0\0\0', false);
  check('\x07\0\0\0\0\0\xfe', false);
  check('\x08\0\0\0\0\0\xff', false);
  check('\x09\0\0\0\x02\0\x05\x01\xff', false); // count
  check('\x09\0\0\0\x01\0\x05\x02\xff', false); // backlen
  check('\x08\0\0\0\x01\0\x05\xff', false); // no backlen
  check('\x0a\0\0\0\x01\0\xbfab\xff', false); // longer than the pack
  check('\x0a\0\0\0\x01\0\xf5\x01\x01\xff', false); // no such encoding
  check('\x0b\0\0\0\x01\0\xff\x01\x01\x01\xff', false); // an early end
  check('\x0d\0\0\0\x01\0\xf0\xff\xff\xff\x7f\x01\xff', false); // 2^31-1 bytes
  check('\x0d\0\0\0\x01\0\xf0\xff\xff\xff\xff\x04\xff', false); // a length that wraps round
  check('\x0d\0\0\0\x01\0\xf0\xfc\xff\xff\xff\x01\xff', false);
  check('\x08\0\0\0\x01\0\xf4\xff', false);
});

test('entries beyond int32 read as text, as number where one can hold them, and as halves', () => {
  const listpack = new Listpack();
  const check = (text: string, integer: number, high: number, low: number): void => {
    const bytes = packOf([text]);
    listpack.read(bytes, 6);
    assert.deepEqual([listpack.integer, listpack.high, listpack.low], [integer, high, low], text);
  };
  check('5', 5, 0, 5);
  check('-5', -5, -1, -5);
  check('4294967296', 4294967296, 1, 0);
  check('-9007199254740991', -9007199254740991, -2097152, 1);
  check('9007199254740993', Number.NaN, 2097152, 1);
  check('-9223372036854775808', Number.NaN, -0x80000000, 0);
});

test('edits, finds and seeks as an array does', () => {
  fuzzListpack(Number(process.env['CINNABAR_SEED'] ?? Date.now()), 1500);
});
