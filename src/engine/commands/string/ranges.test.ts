// Parts of strings: what the comparison with redis-server 7.0.15 cannot say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';

test('ends of a range outside of the string', () => {
  const harness = new EngineHarness();
  harness.run('SET', 'k', 'abc');
  harness.run('SET', 'empty', '');
  const cases: [key: string, start: string, end: string, part: string][] = [
    ['k', '0', '-1', 'abc'],
    ['k', '0', '-3', 'a'],
    ['k', '0', '-4', ''],
    ['k', '0', '-100', ''],
    ['k', '-100', '-100', ''],
    ['k', '-100', '1', 'ab'],
    ['k', '1', '100', 'bc'],
    ['k', '3', '3', ''],
    ['k', '2', '1', ''],
    ['k', '-9223372036854775808', '9223372036854775807', 'abc'],
    ['k', '9223372036854775807', '-9223372036854775808', ''],
    ['empty', '0', '-1', ''],
  ];
  for (const [key, start, end, part] of cases) {
    assert.equal(harness.run('GETRANGE', key, start, end), `$${part.length}\r\n${part}\r\n`, `${key} ${start} ${end}`);
  }
});
