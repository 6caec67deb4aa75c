// Eviction: memory stays below its limit whatever the policy, those go that the policy means, and nothing else happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode } from '../../tests/support/engine-harness.ts';
import { Prng } from '../lib/prng.ts';
import { maxmemoryPolicy } from './directives.ts';
import { EVENT_EVICTED, EVENT_KEYEVENT } from './events.ts';
import { STAT_EVICTED, STAT_EVICTED_CLIENTS } from './statistics.ts';

const OOM = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
const POLICIES = [...maxmemoryPolicy.names].filter((name) => name !== 'noeviction');
/** What one command may add at most: a chunk of the wheel, buckets of the table. */
const GROWTH_BYTES = 8192;

function limit(harness: EngineHarness, policy: string, bytes: number): void {
  const { engine } = harness;
  engine.eviction.setPolicy(policy);
  engine.eviction.setLimit(bytes);
}

/** Lowers the limit so that about `bytes` have to go, and lets them. */
function evict(harness: EngineHarness, policy: string, bytes: number): void {
  limit(harness, policy, harness.engine.usedMemory() - bytes);
  harness.advance(0);
}

function evicted(harness: EngineHarness): number {
  return harness.engine.statistics.counters[STAT_EVICTED]!;
}

/** How many of keys `prefix0` … exist. */
function count(harness: EngineHarness, prefix: string, keys: number): number {
  const names = Array.from({ length: keys }, (_, index) => `${prefix}${index}`);
  return Number.parseInt(harness.run('EXISTS', ...names).slice(1), 10);
}

function fill(harness: EngineHarness, prefix: string, keys: number, ...options: string[]): void {
  for (let index = 0; index < keys; index++) harness.run('SET', `${prefix}${index}`, 'x'.repeat(40), ...options);
}

for (const policy of POLICIES) {
  test(`${policy} keeps memory below its limit, and takes only keys that it may`, () => {
    const harness = new EngineHarness();
    const { engine } = harness;
    fill(harness, 'lasting:', 200);
    const bytes = engine.usedMemory() + 100_000;
    limit(harness, policy, bytes);
    for (let index = 0; index < 20_000; index++) {
      assert.equal(harness.run('SET', `key:${index}`, 'x'.repeat(index % 60), 'EX', `${1000 + index}`), '+OK\r\n');
      assert.ok(engine.usedMemory() < bytes + GROWTH_BYTES, `${engine.usedMemory() - bytes} at ${index}`);
      if (index % 100 === 0) harness.advance(1);
    }
    assert.ok(evicted(harness) > 10_000);
    if (policy.startsWith('volatile-')) assert.equal(count(harness, 'lasting:', 200), 200);
    engine.check();
    // Entries of keys that went leave the wheel: they would take all of the memory in the end.
    const database = engine.keyspace.databases[0]!;
    assert.ok(database.wheel.entries < database.expires * 2 + 2000);
  });
}

test('without a key that may go, what needs memory is refused, and only that', () => {
  for (const policy of ['noeviction', 'volatile-lru', 'volatile-ttl', 'volatile-random']) {
    const harness = new EngineHarness();
    fill(harness, 'key:', 100);
    evict(harness, policy, 1000);
    assert.equal(harness.run('SET', 'a', 'b'), OOM);
    assert.equal(harness.run('LPUSH', 'a', 'b'), OOM);
    assert.equal(harness.run('GET', 'a'), '$-1\r\n');
    assert.equal(harness.run('DEL', 'a'), ':0\r\n');
    assert.equal(harness.run('DBSIZE'), ':100\r\n');
    assert.equal(evicted(harness), 0);
    harness.run('DEL', ...Array.from({ length: 50 }, (_, index) => `key:${index}`));
    assert.equal(harness.run('SET', 'a', 'b'), '+OK\r\n');
  }
});

test('the least recently used go: reads and writes are uses', () => {
  const harness = new EngineHarness();
  fill(harness, 'old:', 1000);
  fill(harness, 'read:', 1000);
  fill(harness, 'written:', 1000);
  harness.advance(100_000);
  for (let index = 0; index < 1000; index++) {
    harness.run('GET', `read:${index}`);
    harness.run('APPEND', `written:${index}`, '');
  }
  harness.advance(100_000);
  evict(harness, 'allkeys-lru', 30_000);
  assert.ok(evicted(harness) > 300, `${evicted(harness)}`);
  // A sample near the end may hold no old key.
  assert.ok(count(harness, 'read:', 1000) > 900);
  assert.ok(count(harness, 'written:', 1000) > 900);
  assert.ok(count(harness, 'old:', 1000) < 700);
});

test('the least recently modified go: reads are no modifications', () => {
  const harness = new EngineHarness();
  limit(harness, 'allkeys-lrm', 0);
  fill(harness, 'read:', 1000);
  harness.advance(100_000);
  fill(harness, 'written:', 1000);
  harness.advance(100_000);
  for (let index = 0; index < 1000; index++) harness.run('GET', `read:${index}`);
  evict(harness, 'allkeys-lrm', 30_000);
  assert.ok(evicted(harness) > 300, `${evicted(harness)}`);
  assert.equal(count(harness, 'written:', 1000), 1000);
});

test('the least frequently used go', () => {
  const harness = new EngineHarness();
  limit(harness, 'allkeys-lfu', 0);
  fill(harness, 'often:', 300);
  fill(harness, 'seldom:', 1000);
  for (let round = 0; round < 30; round++) {
    for (let index = 0; index < 300; index++) harness.run('GET', `often:${index}`);
  }
  evict(harness, 'allkeys-lfu', 30_000);
  assert.ok(evicted(harness) > 300, `${evicted(harness)}`);
  assert.equal(count(harness, 'often:', 300), 300);
});

test('those go that expire next', () => {
  for (const spread of [1, 1000, 1_000_000]) {
    const harness = new EngineHarness();
    for (let index = 0; index < 1000; index++) {
      harness.run('SET', `key:${index}`, 'x'.repeat(40), 'PX', String(100_000 + index * spread));
    }
    evict(harness, 'volatile-ttl', 10_000);
    const gone = evicted(harness);
    assert.ok(gone > 100);
    // Exactly in order where the wheel tells them apart, nearly where a slot of it holds many.
    const later = Array.from({ length: 1000 - gone * 3 }, (_, index) => `key:${gone * 3 + index}`);
    assert.equal(harness.run('EXISTS', ...later), `:${later.length}\r\n`);
  }
});

test('a few keys with a deadline are found among many without', () => {
  for (const policy of ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
    const harness = new EngineHarness();
    fill(harness, 'lasting:', 20_000);
    fill(harness, 'volatile:', 10, 'EX', '1000000');
    // Deadlines that came and went leave entries in the wheel that stand for nothing.
    fill(harness, 'was:', 500, 'EX', '1000000');
    for (let index = 0; index < 500; index++) harness.run('PERSIST', `was:${index}`);
    evict(harness, policy, 100_000);
    assert.equal(count(harness, 'volatile:', 10), 0, policy);
    assert.equal(evicted(harness), 10);
    harness.engine.check();
  }
});

test('all databases give, by what they hold', () => {
  const harness = new EngineHarness();
  for (const database of ['0', '3']) {
    harness.run('SELECT', database);
    fill(harness, 'key:', database === '0' ? 3000 : 1000);
  }
  evict(harness, 'allkeys-random', 100_000);
  const [first, second] = [0, 3].map((index) =>
    harness.engine.keyspace.count(harness.engine.keyspace.databases[index]!),
  );
  assert.ok(first! < 2700 && second! < 900 && first! > 2 * second!, `${first} ${second}`);
});

test('every key that goes is propagated by itself, before the command that needs the room', () => {
  for (const lazy of [false, true]) {
    const harness = new EngineHarness({ propagation: true });
    harness.engine.eviction.lazy = lazy;
    harness.run('SET', 'a', 'x');
    harness.run('SET', 'b', 'x');
    harness.takePropagated();
    limit(harness, 'allkeys-lru', 1);
    assert.equal(harness.run('SET', 'c', 'x'), OOM);
    const told = harness.takePropagated().sort();
    assert.deepEqual(told, lazy ? ['0 UNLINK a', '0 UNLINK b'] : ['0 DEL a', '0 DEL b']);
  }
});

test('a key that goes breaks WATCH, and is announced', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  engine.changes.notifyClasses = EVENT_KEYEVENT | EVENT_EVICTED;
  const listener = harness.connect();
  listener.run('SUBSCRIBE', '__keyevent@0__:evicted');
  harness.run('SET', 'a', 'x');
  const watcher = harness.connect();
  watcher.run('WATCH', 'a');
  engine.refreshEffects();
  evict(harness, 'allkeys-lru', 1);
  assert.match(listener.take(), /evicted\r\n\$1\r\na\r\n$/);
  limit(harness, 'noeviction', 0);
  watcher.run('MULTI');
  watcher.run('PING');
  assert.equal(watcher.run('EXEC'), '*-1\r\n');
});

test('EXEC makes room before it begins, and nothing goes in its midst', () => {
  const harness = new EngineHarness({ propagation: true });
  fill(harness, 'key:', 100);
  harness.takePropagated();
  harness.run('MULTI');
  harness.run('SET', 'a', 'x'.repeat(10_000));
  harness.run('SET', 'b', 'x'.repeat(10_000));
  limit(harness, 'allkeys-lru', harness.engine.usedMemory() - 100);
  assert.equal(harness.run('EXEC'), '*2\r\n+OK\r\n+OK\r\n');
  const told = harness.takePropagated().map((command) => command.split(' ')[1]);
  const begin = told.indexOf('MULTI');
  assert.ok(begin > 0);
  assert.deepEqual(told.slice(begin), ['MULTI', 'SET', 'SET', 'EXEC']);
  assert.ok(told.slice(0, begin).every((name) => name === 'DEL'));
});

test('EXEC is refused where what is queued needs memory that cannot be had', () => {
  const harness = new EngineHarness();
  fill(harness, 'key:', 100);
  const reader = harness.connect();
  for (const client of [harness.client, reader]) client.run('MULTI');
  harness.run('SET', 'a', 'x');
  reader.run('GET', 'key:1');
  limit(harness, 'noeviction', 1);
  assert.equal(harness.run('EXEC'), `-EXECABORT Transaction discarded because of: ${OOM.slice(1)}`);
  assert.match(reader.run('EXEC'), /^\*1\r\n\$40/);
  // A command that is refused while it is queued spoils its transaction.
  harness.run('MULTI');
  assert.equal(harness.run('SET', 'a', 'x'), OOM);
  assert.match(harness.run('EXEC'), /^-EXECABORT/);
});

test('nothing goes while writes are paused, and what writes waits', () => {
  const harness = new EngineHarness();
  fill(harness, 'key:', 100);
  harness.run('CLIENT', 'PAUSE', '1000', 'WRITE');
  evict(harness, 'allkeys-lru', 3000);
  assert.equal(harness.connect().run('SET', 'a', 'b'), '');
  assert.equal(harness.run('DBSIZE'), ':100\r\n');
  harness.advance(1001);
  assert.notEqual(harness.run('DBSIZE'), ':101\r\n');
});

test('large values go too, in slices', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  for (const name of ['a', 'b', 'c']) {
    const members = Array.from({ length: 20_000 }, (_, index) => `member:${index}`);
    harness.run('SADD', name, ...members);
  }
  const used = engine.usedMemory();
  limit(harness, 'allkeys-random', Math.floor(used * 0.8));
  assert.equal(harness.run('SET', 'd', 'x'), '+OK\r\n');
  assert.ok(engine.usedMemory() < used * 0.8 + 100);
  assert.equal(evicted(harness), 1);
  while (engine.work(1));
  engine.check();
});

test('a key whose time has come expires: that is no eviction', () => {
  const harness = new EngineHarness();
  fill(harness, 'key:', 100, 'PX', '10');
  harness.engine.activeExpire = false;
  harness.advance(20);
  evict(harness, 'volatile-lru', 1000);
  assert.equal(evicted(harness), 0);
});

test('clients that take most are disconnected, until the rest is within its limit', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  engine.clientMemory.setLimit(150_000, false);
  const clients = [90_000, 30_000, 40_000].map((bytes, index) => {
    const client = harness.connect();
    if (index === 0) client.run('CLIENT', 'NO-EVICT', 'ON');
    client.raw(`*1\r\n$${bytes}\r\n${'x'.repeat(bytes - 1000)}`);
    return client;
  });
  assert.ok(engine.clientMemory.isOver());
  engine.clientMemory.evict();
  assert.deepEqual(
    clients.map(({ peer }) => peer.closed),
    [null, 'now', 'now'],
  );
  assert.equal(engine.statistics.counters[STAT_EVICTED_CLIENTS], 2);
  // The one that must stay takes more than all may: there is nothing more to do.
  engine.clientMemory.setLimit(50_000, false);
  engine.clientMemory.evict();
  assert.ok(!engine.clientMemory.isOver());
  assert.equal(clients[0]!.peer.closed, null);
});

test('who asks after a client that takes too much, in the same tick, is told that it is gone', () => {
  const harness = new EngineHarness();
  harness.engine.clientMemory.setLimit(50_000, false);
  const large = harness.connect();
  large.raw('*1\r\n$60000\r\nx');
  assert.equal(harness.run('CLIENT', 'LIST', 'ID', String(large.session.id)), '$0\r\n\r\n');
  assert.equal(large.peer.closed, 'now');
});

test('what a client queues, watches and listens to counts', () => {
  const harness = new EngineHarness();
  const { clientMemory } = harness.engine;
  clientMemory.setLimit(1_000_000, false);
  const cases = [
    ['WATCH', 'UNWATCH'],
    ['SUBSCRIBE', 'UNSUBSCRIBE'],
    ['PSUBSCRIBE', 'PUNSUBSCRIBE'],
    ['SSUBSCRIBE', 'SUNSUBSCRIBE'],
    ['MULTI', 'DISCARD'],
  ] as const;
  for (const [begin, end] of cases) {
    const client = harness.connect();
    client.run('PING');
    const before = clientMemory.total;
    if (begin === 'MULTI') {
      client.run(begin);
      for (let index = 0; index < 100; index++) client.run('SET', `key:${index}`, 'x'.repeat(200));
    } else for (let index = 0; index < 100; index++) client.run(begin, `${'k'.repeat(100)}${index}`);
    assert.ok(clientMemory.total > before + 20_000, begin);
    client.run(end);
    assert.equal(clientMemory.total, before, begin);
  }
});

test('memory and clients stay within their limits under any load', (t) => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const harness = new EngineHarness({ seed });
  const { engine } = harness;
  const bytes = engine.usedMemory() + 200_000;
  const key = () => `key:${prng.below(5000)}`;
  const value = () => 'v'.repeat(prng.below(200));
  const requests = [
    () => ['SET', key(), value()],
    () => ['SET', key(), value(), 'EX', String(1 + prng.below(100))],
    () => ['GET', key()],
    () => ['DEL', key()],
    () => ['PERSIST', key()],
    () => ['EXPIRE', key(), String(1 + prng.below(100_000_000))],
    () => ['SADD', `set:${prng.below(50)}`, ...Array.from({ length: prng.below(200) + 1 }, key)],
    () => ['HSET', `hash:${prng.below(50)}`, key(), value()],
    () => ['HEXPIRE', `hash:${prng.below(50)}`, String(1 + prng.below(1000)), 'FIELDS', '1', key()],
    () => ['SWAPDB', '0', '1'],
    () => ['SELECT', String(prng.below(2))],
  ];
  for (let step = 0; step < 30_000; step++) {
    if (step % 1000 === 0) limit(harness, POLICIES[prng.below(POLICIES.length)]!, bytes);
    harness.client.raw(encode(requests[prng.below(requests.length)]!()));
    assert.ok(engine.usedMemory() < bytes + 300_000);
    if (prng.below(50) === 0) harness.advance(prng.below(3000));
    if (step % 3000 === 0) engine.check();
  }
  engine.check();
  assert.ok(evicted(harness) > 0, `${evicted(harness)}`);
});

for (const request of [['BLPOP', 'list', '0'], ['SET', 'key', '1'], ['MULTI']]) {
  test(`a client that is disconnected as its batch begins does not run ${request[0]}`, () => {
    const harness = new EngineHarness();
    const { engine } = harness;
    fill(harness, 'key:', 1000);
    const client = harness.connect();
    limit(harness, 'allkeys-lru', engine.usedMemory() - 1000);
    engine.clientMemory.setLimit(100_000, true);
    client.peer.pending = 1_000_000;
    engine.clientMemory.measureAll();
    assert.equal(client.run(...request), '');
    assert.ok(!engine.sessions.has(client.session.id));
    assert.equal(engine.statistics.counters[STAT_EVICTED_CLIENTS], 1);
    assert.equal(client.peer.closed, 'flushed');
    assert.equal(harness.run('EXISTS', 'key'), ':0\r\n');
  });
}

test('a client that is disconnected as it queues a command is gone', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  fill(harness, 'key:', 1000);
  limit(harness, 'allkeys-lru', engine.usedMemory() + 5_000_000);
  engine.clientMemory.setLimit(100_000, true);
  const client = harness.connect();
  client.run('MULTI');
  client.peer.pending = 1_000_000;
  engine.clientMemory.measureAll();
  assert.equal(client.run('SET', 'key', '1'), '');
  assert.ok(!engine.sessions.has(client.session.id));
  engine.check();
});

for (const policy of POLICIES.filter((name) => name.startsWith('volatile-'))) {
  for (const command of ['PERSIST', 'DEL']) {
    test(`${policy} finds the few keys with a deadline after many were given to ${command}`, () => {
      const harness = new EngineHarness();
      const { engine } = harness;
      fill(harness, 'key:', 20_000, 'EX', '1000');
      fill(harness, 'lasting:', 20_000);
      for (let key = 0; key < 20_000; key++) if (key % 1000 !== 0) harness.run(command, `key:${key}`);
      engine.eviction.setTenacity(100);
      limit(harness, policy, engine.usedMemory() - 300);
      assert.equal(harness.run('SET', 'new', 'x'), '+OK\r\n');
      assert.ok(evicted(harness) > 0);
      // And says so when there are none.
      engine.eviction.setLimit(1);
      assert.equal(harness.run('SET', 'new', 'x'), OOM);
      assert.equal(engine.keyspace.databases[0]!.expires, 0);
      assert.equal(count(harness, 'lasting:', 20_000), 20_000);
    });
  }
}

test('nothing is queued while memory is above its limit and nothing may be evicted', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  harness.run('SET', 'key', 'x');
  harness.run('MULTI');
  assert.equal(harness.run('GET', 'key'), '+QUEUED\r\n');
  limit(harness, 'noeviction', 1);
  assert.equal(harness.run('EXEC'), '*1\r\n$1\r\nx\r\n');
  harness.run('MULTI');
  assert.equal(harness.run('GET', 'key'), OOM);
  engine.eviction.setLimit(0);
  assert.match(harness.run('EXEC'), /^-EXECABORT /);
  harness.run('MULTI');
  engine.eviction.setLimit(1);
  assert.equal(harness.run('DISCARD'), '+OK\r\n');
});
