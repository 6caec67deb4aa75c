import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeySpec } from './command.ts';
import { legacyRange } from './command-keys.ts';

const at = (index: number, last = 0, step = 1): KeySpec => ({
  flags: ['RO'],
  begin: { index },
  find: { last, step, limit: 0 },
});
const counted: KeySpec = { flags: ['RO'], begin: { index: 2 }, find: { countAt: 0, first: 1, step: 1 } };
const keyword: KeySpec = { flags: ['OW'], begin: { keyword: 'STORE', from: 2 }, find: { last: 0, step: 1, limit: 0 } };

test('the range for old clients covers what stands together, and says when that is not all', () => {
  const cases: [readonly KeySpec[], [number, number, number, boolean]][] = [
    [[], [0, 0, 0, false]],
    [[at(1)], [1, 1, 1, false]],
    [[at(1, -1, 2)], [1, -1, 2, false]],
    [
      [at(1), at(2)],
      [1, 2, 1, false],
    ],
    [
      [at(1), at(3)],
      [1, 1, 1, true],
    ],
    [[counted], [0, 0, 0, true]],
    [
      [at(1), counted],
      [1, 1, 1, true],
    ],
    [
      [at(1), keyword],
      [1, 1, 1, true],
    ],
    [[{ ...at(1), flags: ['RO', 'incomplete'] }], [1, 1, 1, true]],
  ];
  for (const [specs, expected] of cases) {
    const { first, last, step, movable } = legacyRange(specs);
    assert.deepEqual([first, last, step, movable], expected);
  }
});
