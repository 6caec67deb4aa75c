// Keys: what the comparison with redis-server cannot see, being the same in its replies only.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';

describe('keys', () => {
  it('RENAME, COPY and MOVE of values of every size keep them whole, and memory adds up', () => {
    const harness = new EngineHarness();
    for (const length of [0, 1, 44, 45, 1000, 1024, 1025, 70_000, 3_000_000]) {
      const value = 'v'.repeat(length);
      harness.run('SET', 'a', value, 'EX', '100');
      harness.run('RENAME', 'a', 'b'.repeat(300));
      harness.run('COPY', 'b'.repeat(300), 'c');
      harness.run('MOVE', 'c', '1');
      harness.run('SELECT', '1');
      assert.equal(harness.run('GET', 'c'), `$${length}\r\n${value}\r\n`);
      assert.equal(harness.run('TTL', 'c'), ':100\r\n');
      harness.engine.check();
      harness.run('FLUSHALL');
      harness.run('SELECT', '0');
    }
  });

  it('OBJECT REFCOUNT says that small integers are shared, as C Redis has them', () => {
    const harness = new EngineHarness();
    for (const [value, count] of [
      ['0', 2147483647],
      ['9999', 2147483647],
      ['10000', 1],
      ['-1', 1],
      ['x', 1],
    ] as const) {
      harness.run('SET', 'a', value);
      assert.equal(harness.run('OBJECT', 'REFCOUNT', 'a'), `:${count}\r\n`);
    }
  });

  it('OBJECT IDLETIME counts seconds since the last access; EXISTS, TYPE, TTL and OBJECT are none', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '1');
    harness.clock.advance(5000);
    for (const look of [
      ['EXISTS', 'a'],
      ['TYPE', 'a'],
      ['TTL', 'a'],
      ['OBJECT', 'ENCODING', 'a'],
      ['SCAN', '0'],
      ['KEYS', '*'],
    ]) {
      harness.run(...look);
      assert.equal(harness.run('OBJECT', 'IDLETIME', 'a'), ':5\r\n', look.join(' '));
    }
    harness.run('TOUCH', 'a');
    assert.equal(harness.run('OBJECT', 'IDLETIME', 'a'), ':0\r\n');
    harness.clock.advance(3000);
    harness.run('CLIENT', 'NO-TOUCH', 'ON');
    harness.run('GET', 'a');
    assert.equal(harness.run('OBJECT', 'IDLETIME', 'a'), ':3\r\n');
  });
});
