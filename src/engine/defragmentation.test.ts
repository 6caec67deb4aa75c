// Active defragmentation: memory goes back after deletions, and everything stays as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode } from '../../tests/support/engine-harness.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { ExpiryWheel, MOVED_ALL, MOVED_PART } from './expiry.ts';
import { STAT_DEFRAG_HITS } from './statistics.ts';

/** Works on while the clock goes on, as a server does. */
function workFor(harness: EngineHarness, ms: number): void {
  for (let passed = 0; passed < ms; passed += 5) harness.advance(5);
}

function switchOn(harness: EngineHarness): void {
  Object.assign(harness.engine.defragmentation.limits, {
    isOn: true,
    ignoreBytes: 1 << 20,
    cycleMin: 25,
    cycleMax: 75,
  });
}

test('memory goes back when most keys are gone', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  const { memory } = engine.keyspace;
  const keys = 400_000;
  for (let from = 0; from < keys; from += 1000) {
    let text = '';
    for (let index = from; index < from + 1000; index++) {
      const value = index % 50 === 0 ? 'long'.repeat(100) : 'x'.repeat(index % 200);
      text += encode([
        'SET',
        `key:${index}`,
        `${index}:${value}`,
        ...(index % 3 === 0 ? ['EX', `${1000 + index}`] : []),
      ]);
    }
    harness.client.raw(text);
  }
  const full = memory.segmentBytes();
  const prng = new Prng(1);
  const kept: number[] = [];
  for (let index = 0; index < keys; index++) {
    if (prng.below(10) === 0) kept.push(index);
    else harness.run('DEL', `key:${index}`);
  }
  harness.advance(0);
  const scattered = memory.segmentBytes();
  assert.ok(scattered > full * 0.9);
  switchOn(harness);
  workFor(harness, 3000);
  assert.ok(memory.segmentBytes() < scattered * 0.5, `${full} ${scattered} ${memory.segmentBytes()}`);
  assert.ok(engine.statistics.counters[STAT_DEFRAG_HITS]! > 10_000);
  for (const index of kept) assert.match(harness.run('GET', `key:${index}`), new RegExp(`\\r\\n${index}:`));
  assert.equal(harness.run('DBSIZE'), `:${kept.length}\r\n`);
  engine.check();
  // What expires is found in the wheel, wherever that lies now.
  harness.advance(1_000_000 + keys * 1000);
  assert.equal(harness.run('DBSIZE'), `:${kept.filter((index) => index % 3 !== 0).length}\r\n`);
});

test('all types survive it, whatever goes on meanwhile', (t) => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const moving = new EngineHarness({ seed });
  const still = new EngineHarness({ seed });
  switchOn(moving);
  moving.engine.defragmentation.limits.thresholdLower = 0;
  const key = () => `key:${prng.below(30_000)}`;
  const value = () => 'v'.repeat(prng.below(30) === 0 ? prng.below(20_000) : prng.below(400));
  const requests = [
    () => ['SET', key(), value()],
    () => ['SET', key(), value(), 'EX', String(1 + prng.below(10_000))],
    () => ['APPEND', key(), value()],
    () => ['DEL', ...Array.from({ length: 1 + prng.below(20) }, key)],
    () => ['RPUSH', `list:${prng.below(500)}`, value(), value()],
    () => ['HSET', `hash:${prng.below(500)}`, key(), value()],
    () => ['HEXPIRE', `hash:${prng.below(500)}`, String(1 + prng.below(1000)), 'FIELDS', '1', key()],
    () => ['SADD', `set:${prng.below(500)}`, key(), key()],
    () => ['ZADD', `zset:${prng.below(500)}`, String(prng.below(1000)), key()],
    () => ['XADD', `stream:${prng.below(500)}`, '1-*', 'f', value()],
    () => ['SWAPDB', '0', '1'],
    () => ['GET', key()],
    () => ['LRANGE', `list:${prng.below(500)}`, '0', '5'],
    () => ['HGETALL', `hash:${prng.below(500)}`],
    () => ['SMEMBERS', `set:${prng.below(500)}`],
    () => ['ZRANGE', `zset:${prng.below(500)}`, '0', '-1'],
  ];
  for (let step = 0; step < 60_000; step++) {
    const request = requests[prng.below(requests.length)]!();
    assert.equal(moving.run(...request), still.run(...request), `step ${step}: ${request.join(' ').slice(0, 100)}`);
    if (step % 20_000 === 19_999) {
      for (const harness of [moving, still]) {
        for (let index = 0; index < 30_000; index++) if (index % 8 !== 0) harness.run('DEL', `key:${index}`);
      }
    }
    if (step % 50 !== 0) continue;
    const ms = prng.below(200);
    moving.advance(ms);
    still.advance(ms);
  }
  moving.engine.check();
  assert.ok(moving.engine.statistics.counters[STAT_DEFRAG_HITS]! > 0);
});

test('nothing moves while a snapshot is taken, and what was begun ends', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  for (let index = 0; index < 300_000; index++) harness.run('SET', `key:${index}`, 'x'.repeat(150));
  for (let index = 0; index < 300_000; index++) if (index % 10 !== 0) harness.run('DEL', `key:${index}`);
  switchOn(harness);
  // Time goes on by itself, so that slices end.
  let time = 0;
  harness.clock.elapsed = () => {
    time += 0.01;
    return time;
  };
  harness.advance(200);
  const hits = () => engine.statistics.counters[STAT_DEFRAG_HITS]!;
  assert.ok(engine.defragmentation.running() > 0);
  engine.keyspace.disposals.keeper = { keeps: () => false };
  harness.advance(10);
  const before = hits();
  workFor(harness, 500);
  assert.equal(hits(), before);
  assert.equal(engine.defragmentation.running(), 0);
  engine.check();
  engine.keyspace.disposals.keeper = null;
  for (let step = 0; step < 100; step++) {
    time += 100;
    harness.advance(0);
  }
  assert.ok(hits() > before);
});

test('a slot of a wheel with very many entries is moved in parts, and only where there is room', () => {
  for (const bytesMax of [Number.POSITIVE_INFINITY, 48 << 20]) {
    const memory = new FlatMemory({ bytesMax });
    memory.admit(0);
    const wheel = new ExpiryWheel(memory, 0);
    let slot = 0;
    for (let entry = 0; entry < 2_000_000; entry++) slot = wheel.add(400 * 86_400_000, entry, -entry);
    const segments = memory.movableSegments();
    for (const { segment } of segments) memory.condemn(segment);
    if (bytesMax < Number.POSITIVE_INFINITY) while (memory.admit(0)) memory.allocate(64 * 1024);
    let parts = 1;
    while (wheel.moveSlot(slot) === MOVED_PART) parts++;
    assert.equal(wheel.moveSlot(slot), MOVED_ALL);
    assert.ok(bytesMax < Number.POSITIVE_INFINITY || parts > 5, `${parts}`);
    for (const { segment } of segments) memory.absolve(segment);
    wheel.check();
    memory.check();
    wheel.advance(500 * 86_400_000);
    let entries = 0;
    while (wheel.next()) entries++;
    assert.equal(entries, 2_000_000);
  }
});
