import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';

test('a pause of all clients holds every command until its time is over, CLIENT UNPAUSE too', () => {
  const harness = new EngineHarness();
  assert.equal(harness.run('CLIENT', 'PAUSE', '200', 'ALL'), '+OK\r\n');
  const other = harness.connect();
  assert.equal(harness.run('CLIENT', 'UNPAUSE'), '');
  assert.equal(other.run('PING'), '');
  harness.advance(199);
  assert.equal(other.take(), '');
  harness.advance(1);
  assert.equal(other.take(), '+PONG\r\n');
  assert.equal(harness.client.take(), '+OK\r\n');
  assert.equal(harness.run('SET', 'a', '1'), '+OK\r\n');
});

test('a pause of writes lets reads and CLIENT UNPAUSE through', () => {
  const harness = new EngineHarness();
  harness.run('CLIENT', 'PAUSE', '60000', 'WRITE');
  const writer = harness.connect();
  assert.equal(writer.run('SET', 'a', '1'), '');
  assert.equal(harness.run('GET', 'a'), '$-1\r\n');
  assert.equal(harness.run('CLIENT', 'UNPAUSE'), '+OK\r\n');
  assert.equal(writer.take(), '+OK\r\n');
});
