// Transactions: the queue, and what breaks a WATCH.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, type TestClient } from '../../../tests/support/engine-harness.ts';

function run(client: TestClient, line: string): string {
  return client.run(...line.split(' '));
}

/** Watches `watched` from one client after `before`, does `change` from another, and tells what EXEC replies. */
function execAfter(before: readonly string[], watched: string, change: readonly string[], advanceMs = 0): string {
  const harness = new EngineHarness();
  const watcher = harness.connect();
  for (const line of before) run(harness.client, line);
  run(watcher, `WATCH ${watched}`);
  harness.clock.advance(advanceMs);
  for (const line of change) run(harness.client, line);
  run(watcher, 'MULTI');
  run(watcher, 'PING');
  return run(watcher, 'EXEC');
}

const DONE = '*1\r\n+PONG\r\n';
const BROKEN = '*-1\r\n';

describe('WATCH', () => {
  const breaking: readonly (readonly [string, string[], string, string[], number?])[] = [
    ['a write', [], 'a', ['SET a 1']],
    ['a write of the same value', ['SET a 1'], 'a', ['SET a 1']],
    ['a deletion', ['SET a 1'], 'a', ['DEL a']],
    ['an expiry that is set', ['SET a 1'], 'a', ['EXPIRE a 100']],
    ['an expiry that is removed', ['SET a 1 EX 100'], 'a', ['PERSIST a']],
    ['RENAME from it', ['SET a 1'], 'a', ['RENAME a b']],
    ['RENAME to it', ['SET b 1'], 'a', ['RENAME b a']],
    ['MOVE', ['SET a 1'], 'a', ['MOVE a 1']],
    ['COPY to it', ['SET b 1'], 'a', ['COPY b a']],
    ['FLUSHDB', ['SET a 1'], 'a', ['FLUSHDB']],
    ['FLUSHALL', ['SET a 1'], 'a', ['FLUSHALL']],
    ['SWAPDB that takes it away', ['SET a 1'], 'a', ['SWAPDB 0 1']],
    ['SWAPDB that brings it', ['SELECT 1', 'SET a 1', 'SELECT 0'], 'a', ['SWAPDB 0 1']],
    ['expiry that somebody meets', ['SET a 1 PX 100'], 'a', ['GET a'], 100],
    ['expiry that nobody meets', ['SET a 1 PX 100'], 'a', [], 100],
    ['one of several keys', [], 'a b c', ['SET b 1']],
  ];
  for (const [name, before, watched, change, advance] of breaking) {
    it(`is broken by ${name}`, () => assert.equal(execAfter(before, watched, change, advance), BROKEN));
  }

  const harmless: readonly (readonly [string, string[], string, string[], number?])[] = [
    ['reads', ['SET a 1'], 'a', ['GET a', 'TTL a', 'TOUCH a']],
    ['the same key of another database', [], 'a', ['SELECT 1', 'SET a 1']],
    ['a write that fails', ['SET a x'], 'a', ['INCR a']],
    ['SET NX on a key that exists', ['SET a 1'], 'a', ['SET a 2 NX']],
    ['FLUSHALL when it did not exist', [], 'a', ['SET b 1', 'FLUSHALL']],
    ['SWAPDB when it exists in neither', ['SET b 1'], 'a', ['SWAPDB 0 1']],
    ['SWAPDB of other databases', ['SET a 1'], 'a', ['SWAPDB 1 2']],
    ['MULTI that is discarded', ['SET a 1'], 'a', ['MULTI', 'SET a 2', 'DISCARD']],
    ['an expiry that is not removed', ['SET a 1'], 'a', ['PERSIST a']],
    ['expiry of another key', ['SET a 1', 'SET b 1 PX 100'], 'a', ['GET b'], 100],
  ];
  for (const [name, before, watched, change, advance] of harmless) {
    it(`is not broken by ${name}`, () => assert.equal(execAfter(before, watched, change, advance), DONE));
  }

  it('of a key that had expired already is not broken when it goes', () => {
    const harness = new EngineHarness();
    const watcher = harness.connect();
    harness.engine.lazyExpire = false;
    run(harness.client, 'SET a 1 PX 10');
    harness.clock.advance(20);
    run(watcher, 'WATCH a');
    harness.engine.lazyExpire = true;
    assert.equal(run(harness.client, 'GET a'), '$-1\r\n');
    run(watcher, 'MULTI');
    run(watcher, 'PING');
    assert.equal(run(watcher, 'EXEC'), DONE);
  });

  it('ends with EXEC, DISCARD, UNWATCH, RESET, and leaves nothing behind', () => {
    for (const end of [['MULTI', 'EXEC'], ['MULTI', 'DISCARD'], ['UNWATCH'], ['RESET']]) {
      const harness = new EngineHarness();
      const watcher = harness.connect();
      run(watcher, 'WATCH a b a');
      run(harness.client, 'SET a 1');
      for (const line of end) run(watcher, line);
      assert.equal(harness.engine.keyspace.databases[0]!.watchers.size, 0, end.join());
      assert.equal(harness.engine.effects, 0);
      run(harness.client, 'SET a 2');
      run(watcher, 'MULTI');
      run(watcher, 'PING');
      assert.equal(run(watcher, 'EXEC'), DONE, end.join());
    }
  });

  it('survives a hundred thousand keys, and a client that goes with them', () => {
    const harness = new EngineHarness();
    const watcher = harness.connect();
    for (let part = 0; part < 100; part++) {
      watcher.run('WATCH', ...Array.from({ length: 1000 }, (_, index) => `k${part * 1000 + index}`));
    }
    harness.engine.closeSession(watcher.session);
    assert.equal(harness.engine.keyspace.databases[0]!.watchers.size, 0);
  });
});

describe('a transaction', () => {
  it('owns what it queued: the receive buffer may change', () => {
    const harness = new EngineHarness();
    run(harness.client, 'MULTI');
    run(harness.client, 'SET a value');
    run(harness.client, 'GET a');
    assert.equal(run(harness.client, 'EXEC'), '*2\r\n+OK\r\n$5\r\nvalue\r\n');
  });

  it('goes on after a command that fails, and keeps what the others did', () => {
    const harness = new EngineHarness();
    run(harness.client, 'SET a x');
    run(harness.client, 'MULTI');
    run(harness.client, 'SET b 1');
    run(harness.client, 'INCR a');
    run(harness.client, 'INCR b');
    assert.equal(run(harness.client, 'EXEC'), '*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n:2\r\n');
  });

  it('does not run when a command could not be queued', () => {
    const harness = new EngineHarness();
    for (const wrong of ['NOSUCH', 'GET', 'OBJECT NOSUCH a', 'GET a b']) {
      run(harness.client, 'MULTI');
      run(harness.client, 'SET a 1');
      assert.match(run(harness.client, wrong), /^-ERR /);
      assert.equal(run(harness.client, 'EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n');
    }
    assert.equal(run(harness.client, 'EXISTS a'), ':0\r\n');
  });

  it('runs with the time of its EXEC', () => {
    const harness = new EngineHarness();
    run(harness.client, 'MULTI');
    run(harness.client, 'SET a 1 PX 100');
    harness.clock.advance(1000);
    run(harness.client, 'PTTL a');
    assert.equal(run(harness.client, 'EXEC'), '*2\r\n+OK\r\n:100\r\n');
  });
});
