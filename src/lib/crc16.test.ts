import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from './bytes.ts';
import { crc16, keySlot, SLOT_COUNT } from './crc16.ts';

function slotOf(key: string): number {
  const bytes = fromLatin1(`}{${key}}{`);
  return keySlot(bytes, 2, bytes.length - 2);
}

test('CRC-16/XMODEM gives its check value', () => {
  assert.equal(crc16(fromLatin1('123456789'), 0, 9), 0x31c3);
  assert.equal(crc16(fromLatin1(''), 0, 0), 0);
});

/** CLUSTER KEYSLOT, from redis-server in cluster mode. */
test('keys lie in the slots that Redis Cluster gives them', () => {
  assert.equal(slotOf('foo'), 12182);
  assert.equal(slotOf('bar'), 5061);
  assert.equal(slotOf('hello'), 866);
  assert.equal(slotOf('123456789'), 0x31c3 % SLOT_COUNT);
  assert.equal(slotOf(''), 0);
});

test('only the first hash tag counts, and an empty one does not', () => {
  assert.equal(slotOf('{user1000}.following'), slotOf('user1000'));
  assert.equal(slotOf('{user1000}.following'), slotOf('{user1000}.followers'));
  assert.equal(slotOf('foo{bar}{zap}'), slotOf('bar'));
  assert.equal(slotOf('foo{{bar}}zap'), slotOf('{bar'));
  assert.notEqual(slotOf('foo{}{bar}'), slotOf('bar'));
  assert.notEqual(slotOf('foo{bar'), slotOf('bar'));
  assert.equal(slotOf('a}b{c}'), slotOf('c'));
});
