import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnLength } from './turn-length.ts';

test('turns become longer as the program warms up, and stay so', () => {
  const turn = new TurnLength();
  const lengths = [3, 1, 0.3, 0.6, 0.3, 0.4, 0.3, 9].map((milliseconds) => {
    turn.took(milliseconds);
    assert.equal(turn.argument, BigInt(turn.bytes));
    return turn.bytes / 1024;
  });
  assert.deepEqual(lengths, [4, 4, 8, 8, 16, 32, 32, 32]);
});
