// Expiry to the millisecond on a manual clock, far deadlines, and active expiry of a million keys.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, START } from '../../../tests/support/engine-harness.ts';
import { ENGINE_COMMANDS } from '../all-commands.ts';
import { Engine } from '../engine.ts';
import { STAT_EXPIRED } from '../statistics.ts';

const FAR = '9223372036854775807';

describe('expiry', () => {
  const setters: readonly (readonly [string, string[]])[] = [
    ['PX', ['SET', 'a', '1', 'PX', '250']],
    ['PXAT', ['SET', 'a', '1', 'PXAT', String(START + 250)]],
    ['PSETEX', ['PSETEX', 'a', '250', '1']],
    ['MSETEX', ['MSETEX', '1', 'a', '1', 'PX', '250']],
    ['INCREX', ['INCREX', 'a', 'PX', '250']],
  ];
  for (const [name, command] of setters) {
    it(`${name}: the key is there until the millisecond before, and gone at it`, () => {
      const harness = new EngineHarness();
      harness.run(...command);
      harness.clock.advance(249);
      assert.equal(harness.run('PTTL', 'a'), ':1\r\n');
      assert.equal(harness.run('GET', 'a'), '$1\r\n1\r\n');
      harness.clock.advance(1);
      assert.equal(harness.run('GET', 'a'), '$-1\r\n');
      assert.equal(harness.run('DBSIZE'), ':0\r\n');
      assert.equal(harness.engine.statistics.counters[STAT_EXPIRED], 1);
    });
  }

  it('TTL rounds to the nearest second', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '1', 'PX', '2499');
    assert.equal(harness.run('TTL', 'a'), ':2\r\n');
    harness.run('PEXPIRE', 'a', '2500');
    assert.equal(harness.run('TTL', 'a'), ':3\r\n');
    harness.run('PEXPIRE', 'a', '400');
    assert.equal(harness.run('TTL', 'a'), ':0\r\n');
    assert.equal(harness.run('PEXPIRETIME', 'a'), `:${START + 400}\r\n`);
  });

  it('a value overwritten, renamed, copied, moved keeps or loses its deadline', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '1', 'EX', '100');
    harness.run('APPEND', 'a', 'x'.repeat(2000));
    harness.run('RENAME', 'a', 'b');
    harness.run('COPY', 'b', 'c');
    harness.run('MOVE', 'c', '1');
    assert.equal(harness.run('TTL', 'b'), ':100\r\n');
    harness.run('SELECT', '1');
    assert.equal(harness.run('TTL', 'c'), ':100\r\n');
    harness.run('SWAPDB', '0', '1');
    assert.equal(harness.run('TTL', 'b'), ':100\r\n');
    harness.run('SET', 'b', '2');
    assert.equal(harness.run('TTL', 'b'), ':-1\r\n');
    harness.engine.check();
  });

  it('active expiry removes what nobody touches, in every database', () => {
    const harness = new EngineHarness();
    for (let database = 0; database < 16; database++) {
      harness.run('SELECT', String(database));
      harness.run('SET', 'a', '1', 'PX', String(100 + database * 1000));
      harness.run('SET', 'b', '1');
    }
    harness.advance(20_000);
    for (const database of harness.engine.keyspace.databases) assert.equal(harness.engine.keyspace.count(database), 1);
    harness.engine.check();
  });

  it('what nobody touches goes by the time it was due, each a unit of its own', () => {
    const harness = new EngineHarness({ propagation: true });
    for (const [key, ms] of [
      ['a', '300'],
      ['b', '100'],
      ['c', '200'],
    ] as const) {
      harness.run('HSET', `h${key}`, 'f', '1', 'g', '1', 'stays', '1');
      harness.run('HPEXPIRE', `h${key}`, ms, 'FIELDS', '2', 'f', 'g');
      harness.run('SET', key, '1', 'PX', ms);
    }
    harness.takePropagated();
    harness.advance(1000);
    const propagated = harness.takePropagated();
    assert.deepEqual(
      propagated.filter((command) => command.includes('DEL ') && !command.includes('HDEL')),
      ['0 DEL b', '0 DEL c', '0 DEL a'],
    );
    assert.deepEqual(
      propagated.filter((command) => command.includes('HDEL')).map((command) => command.split(' ')[2]),
      ['hb', 'hb', 'hc', 'hc', 'ha', 'ha'],
    );
    assert.equal(propagated.length, 9);
    harness.engine.check();
  });

  it('what is due within the same 64 ms goes in the order in which it was set', () => {
    const harness = new EngineHarness({ propagation: true });
    const keys = Array.from({ length: 12 }, (_, index) => `key:${index}`);
    for (const key of keys) harness.run('SET', key, '1', 'PX', '100');
    harness.takePropagated();
    harness.advance(1000);
    assert.deepEqual(
      harness.takePropagated(),
      keys.map((key) => `0 DEL ${key}`),
    );
  });

  it('an endless stream of deadlines goes on, however much is due', () => {
    const harness = new EngineHarness();
    let expected = 0;
    for (let round = 0; round < 3000; round++) {
      for (let key = 0; key < 5; key++) harness.run('SET', `${round} ${key}`, '1', 'PX', String(64 * (key + 1)));
      expected += 5;
      harness.clock.advance(64);
      harness.engine.updateTime();
      for (let step = 0; step < 4; step++) harness.engine.keyspace.expireDue(1);
    }
    harness.engine.check();
    harness.advance(1000);
    assert.equal(harness.engine.statistics.counters[STAT_EXPIRED], expected);
    assert.equal(harness.run('DBSIZE'), ':0\r\n');
    harness.engine.check();
  });

  it('deadlines that are moved, removed and set again fire once, at the last of them', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '1', 'PX', '1000');
    harness.run('PEXPIRE', 'a', '5000');
    harness.run('SET', 'b', '1', 'PX', '5000');
    harness.run('PEXPIRE', 'b', '1000');
    harness.run('SET', 'c', '1', 'PX', '1000');
    harness.run('PERSIST', 'c');
    harness.advance(1200);
    assert.equal(harness.engine.keyspace.count(harness.engine.keyspace.databases[0]!), 2);
    harness.run('PEXPIRE', 'c', '3000');
    harness.advance(3200);
    assert.equal(harness.engine.keyspace.count(harness.engine.keyspace.databases[0]!), 1);
    harness.advance(1000);
    assert.equal(harness.run('DBSIZE'), ':0\r\n');
    harness.engine.check();
  });

  it('keeps deadlines up to 2^63 - 1 exactly', () => {
    const harness = new EngineHarness();
    for (const deadline of [
      '281474976710654',
      '281474976710655',
      '281474976710656',
      '9007199254740991',
      '9007199254740992',
      FAR,
    ]) {
      assert.equal(harness.run('SET', 'a', '1', 'PXAT', deadline), '+OK\r\n');
      assert.equal(harness.run('PEXPIRETIME', 'a'), `:${deadline}\r\n`);
      harness.run('COPY', 'a', 'b', 'REPLACE');
      assert.equal(harness.run('PEXPIRETIME', 'b'), `:${deadline}\r\n`);
      harness.run('SET', 'b', 'x'.repeat(3000), 'KEEPTTL');
      assert.equal(harness.run('PEXPIRETIME', 'b'), `:${deadline}\r\n`);
      assert.equal(harness.run('PEXPIREAT', 'a', deadline, 'GT'), ':0\r\n');
      harness.advance(1000);
      harness.engine.check();
    }
    assert.equal(harness.run('PTTL', 'a'), `:${BigInt(FAR) - BigInt(START) - 6000n}\r\n`);
    assert.equal(harness.run('PEXPIRE', 'a', FAR), "-ERR invalid expire time in 'pexpire' command\r\n");
    assert.equal(harness.run('EXPIRE', 'a', '9223372036854776'), "-ERR invalid expire time in 'expire' command\r\n");
    assert.equal(
      harness.run('SET', 'a', '1', 'EX', '9223372036854775'),
      "-ERR invalid expire time in 'set' command\r\n",
    );
  });

  it('nothing expires while writes are paused, yet readers see nothing', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '1', 'PX', '10');
    harness.run('CLIENT', 'PAUSE', '1000', 'WRITE');
    harness.advance(20);
    assert.equal(harness.run('GET', 'a'), '$-1\r\n');
    assert.equal(harness.run('DBSIZE'), ':1\r\n');
    harness.run('CLIENT', 'UNPAUSE');
    assert.equal(harness.run('GET', 'a'), '$-1\r\n');
    assert.equal(harness.run('DBSIZE'), ':0\r\n');
  });

  it('a million keys of one deadline are gone within a second of it, in slices', () => {
    const KEYS = 1_000_000;
    const clock = { time: START, now: () => clock.time, elapsed: () => performance.now() };
    const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
    const { keyspace } = engine;
    const database = keyspace.databases[0]!;
    const key = new Uint8Array(8);
    const view = new DataView(key.buffer);
    for (let number = 0; number < KEYS; number++) {
      view.setUint32(0, number);
      keyspace.find(database, key, 0, 8);
      const handle = keyspace.setString(database, 0, key, 0, 8, key, 0, 8, false);
      keyspace.setDeadline(database, handle, START + 1000);
    }
    clock.time = START + 1100;
    const began = performance.now();
    const slices: number[] = [];
    for (let more = true; more; ) {
      const before = performance.now();
      more = engine.work(1);
      slices.push(performance.now() - before);
    }
    assert.equal(keyspace.count(database), 0);
    assert.equal(database.expires, 0);
    // The promise is 1 s, and 5 ms for a slice, on a quiet machine. Tests run beside others, which stop them now and then:
    // what holds there too is said of nearly all slices.
    const took = performance.now() - began;
    slices.sort((a, b) => a - b);
    assert.ok(took < 10_000, `took ${took} ms`);
    assert.ok(slices.length > 50, `${slices.length} slices`);
    assert.ok(slices[Math.floor(slices.length * 0.8)]! < 5, `slices of ${slices.at(-1)} ms and less`);
    engine.check();
  });
});
