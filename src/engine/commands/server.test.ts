import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';

test('TIME tells seconds and microseconds', () => {
  const harness = new EngineHarness();
  harness.clock.advance(1500);
  assert.equal(harness.run('TIME'), '*2\r\n$10\r\n1795219201\r\n$6\r\n500000\r\n');
});

test('MONITOR shows what others run, but no secrets', () => {
  const harness = new EngineHarness();
  const watcher = harness.connect();
  assert.equal(watcher.run('MONITOR'), '+OK\r\n');
  harness.run('SET', 'a', '1');
  assert.match(watcher.take(), /^\+1795219200\.000000 \[0 127\.0\.0\.1:10001\] "SET" "a" "1"\r\n$/);
  harness.run('AUTH', 'me', 'secret');
  assert.match(watcher.take(), /"AUTH" "\(redacted\)" "\(redacted\)"\r\n$/);
  harness.run('HELLO', '3', 'AUTH', 'default', 'secret');
  assert.match(watcher.take(), /"HELLO" "3" "AUTH" "\(redacted\)" "\(redacted\)"\r\n$/);
});

test('only the first MONITOR of a client is answered', () => {
  const harness = new EngineHarness();
  assert.equal(harness.run('MONITOR'), '+OK\r\n');
  assert.equal(harness.run('MONITOR'), '');
});

test('an error inside EXEC counts once', () => {
  const harness = new EngineHarness();
  const { statistics, table } = harness.engine;
  harness.run('MULTI');
  harness.run('AUTH', 'a');
  harness.run('EXEC');
  assert.equal(statistics.errors.get('ERR'), 1);
  assert.equal(statistics.failed[table.idOf('auth')], 1);
  assert.equal(statistics.failed[table.idOf('exec')], 0);
});
