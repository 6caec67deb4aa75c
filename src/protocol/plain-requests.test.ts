// That plain requests are read as RequestParser reads them is tested beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { PLAIN_REQUESTS_MAX, PlainRequests } from './plain-requests.ts';

const encode = (...args: string[]) =>
  `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;

/** The requests that are plain at the start of a text. */
function read(text: string): string[][] {
  const bytes = fromLatin1(text);
  const plain = new PlainRequests();
  assert.equal(plain.read(bytes, 0, bytes.length), plain.count > 0);
  return plain.requests
    .slice(0, plain.count)
    .map(({ starts, ends, count }) =>
      Array.from({ length: count }, (_, index) => toLatin1(bytes, starts[index]!, ends[index]!)),
    );
}

test('reads what is whole, and no more than there is room for', () => {
  const get = encode('GET', 'key');
  assert.deepEqual(read(get.repeat(2) + get.slice(0, -1)), [
    ['GET', 'key'],
    ['GET', 'key'],
  ]);
  assert.equal(read(get.repeat(100)).length, PLAIN_REQUESTS_MAX);
  for (let length = 0; length < get.length; length++) assert.deepEqual(read(get.slice(0, length)), []);
});

test('lengths and counts', () => {
  for (const length of [0, 1, 9, 10, 99, 100, 9999, 10_000, 99_999]) {
    assert.deepEqual(read(encode('SET', 'v'.repeat(length))), [['SET', 'v'.repeat(length)]]);
  }
  assert.deepEqual(read(encode('SET', 'v'.repeat(100_009))), [], 'too long to be plain');
  const many = Array.from({ length: 99 }, (_, index) => String(index));
  assert.deepEqual(read(encode(...many)), [many]);
  assert.deepEqual(read(encode(...many, 'one more')), []);
});

test('whatever is not plain ends them', () => {
  const others = [
    'PING\r\n',
    '*0\r\n',
    '*-1\r\n',
    '*01\r\n$4\r\nPING\r\n',
    '*1\r\n$04\r\nPING\r\n',
    '*1\r\n$-1\r\n',
    '*1\r\n:4\r\nPING\r\n',
    '*1\r\n$4x\r\nPING\r\n',
    '*1\r\n$99999999999999999999\r\nPING\r\n',
    '*x\r\n$4\r\nPING\r\n',
    '*1x\r\n$4\r\nPING\r\n',
    '\r\n\r\n\r\n\r\n',
  ];
  for (const other of others) {
    assert.deepEqual(read(other), [], JSON.stringify(other));
    assert.deepEqual(read(encode('PING') + other + encode('PING')), [['PING']], JSON.stringify(other));
  }
});
