import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freedMemoryReturn } from './freed-memory.ts';

test('freed memory is given back where the system can, and calling it again does no harm', () => {
  const giveBack = freedMemoryReturn();
  if (giveBack === undefined) return;
  giveBack();
  giveBack();
  assert.ok(process.memoryUsage.rss() > 0);
});
