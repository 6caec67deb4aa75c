import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { requestBytes } from './reply-values.ts';

test('requestBytes writes what servers parse', () => {
  const bytes = requestBytes(['SET', fromLatin1('k\r\n\xff'), '', '\0']);
  assert.equal(toLatin1(bytes, 0, bytes.length), '*4\r\n$3\r\nSET\r\n$4\r\nk\r\n\xff\r\n$0\r\n\r\n$1\r\n\0\r\n');
  assert.equal(toLatin1(requestBytes([]), 0, 4), '*0\r\n');
});
