// The keyspace against a Map with deadlines: random sets, expiries, deletes and moves of the clock, check() on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { ExpiryWheel } from './expiry.ts';

interface Entry {
  value: string;
  /** Milliseconds since 1970; Infinity without expiry. */
  deadline: number;
}

class Model {
  readonly harness: EngineHarness;
  readonly entries = new Map<string, Entry>();
  private readonly prng: Prng;

  constructor(seed: number) {
    this.harness = new EngineHarness({ seed });
    this.prng = new Prng(seed);
  }

  step(): void {
    const key = `key:${this.prng.below(400)}`;
    const now = this.harness.clock.now();
    const entry = this.alive(key, now);
    const deadline = now + 1 + this.prng.below(2 ** (4 + this.prng.below(24)));
    switch (this.prng.below(9)) {
      case 0:
      case 1: {
        const value = 'v'.repeat(this.prng.below(80));
        this.harness.run('SET', key, value);
        this.entries.set(key, { value, deadline: Number.POSITIVE_INFINITY });
        break;
      }
      case 2: {
        const value = String(this.prng.below(1000));
        this.harness.run('SET', key, value, 'PXAT', String(deadline));
        this.entries.set(key, { value, deadline });
        break;
      }
      case 3:
        this.harness.run('PEXPIREAT', key, String(deadline));
        if (entry !== undefined) entry.deadline = deadline;
        break;
      case 4:
        this.harness.run('PERSIST', key);
        if (entry !== undefined) entry.deadline = Number.POSITIVE_INFINITY;
        break;
      case 5:
        this.harness.run('DEL', key);
        this.entries.delete(key);
        break;
      case 6: {
        const value = this.prng.below(2) === 0 ? 'x' : 'y'.repeat(1500);
        this.harness.run('APPEND', key, value);
        if (entry === undefined) this.entries.set(key, { value, deadline: Number.POSITIVE_INFINITY });
        else entry.value += value;
        break;
      }
      case 7: {
        const to = `key:${this.prng.below(400)}`;
        this.harness.run('RENAME', key, to);
        if (entry !== undefined && to !== key) {
          this.entries.delete(key);
          this.entries.set(to, entry);
        }
        break;
      }
      default:
        this.harness.advance(this.prng.below(2 ** this.prng.below(22)));
    }
  }

  /** The entry of a key that has not expired. */
  private alive(key: string, now: number): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.deadline <= now) {
      this.entries.delete(key);
      return undefined;
    }
    return entry;
  }

  compare(label: string): void {
    const now = this.harness.clock.now();
    for (const key of [...this.entries.keys()]) this.alive(key, now);
    for (let index = 0; index < 400; index++) {
      const key = `key:${index}`;
      const entry = this.entries.get(key);
      const wanted = entry === undefined ? '$-1\r\n' : `$${entry.value.length}\r\n${entry.value}\r\n`;
      assert.equal(this.harness.run('GET', key), wanted, `${label} ${key}`);
      const time = entry === undefined ? -2 : entry.deadline === Number.POSITIVE_INFINITY ? -1 : entry.deadline;
      assert.equal(this.harness.run('PEXPIRETIME', key), `:${time}\r\n`, `${label} ${key}`);
    }
    assert.equal(this.harness.run('DBSIZE'), `:${this.entries.size}\r\n`, label);
    this.harness.engine.check();
  }
}

test('keys, values and deadlines are those of a naive model', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const model = new Model(seed);
    for (let step = 0; step < 3000; step++) {
      model.step();
      if (step % 500 === 499) model.compare(`seed ${seed} step ${step}`);
      else if (step % 50 === 0) model.harness.engine.check();
    }
    // Everything with a deadline goes by itself, and the wheels end empty.
    model.harness.advance(2 ** 40);
    for (const [key, entry] of model.entries)
      if (entry.deadline !== Number.POSITIVE_INFINITY) model.entries.delete(key);
    const { keyspace } = model.harness.engine;
    assert.equal(keyspace.count(keyspace.databases[0]!), model.entries.size, `seed ${seed}: gone without being met`);
    assert.equal(keyspace.databases[0]!.wheel.entries, 0, `seed ${seed}: the wheel is empty`);
    model.harness.run('FLUSHALL');
    assert.equal(keyspace.databases[0]!.expires, 0);
    model.harness.engine.check();
  }
});

test('a refreshed session key has one entry in the wheel, whatever way it is refreshed', () => {
  const harness = new EngineHarness();
  const { wheel } = harness.engine.keyspace.databases[0]!;
  for (let round = 0; round < 1000; round++) {
    harness.run('SET', 'session', `data ${round}`, 'EX', '3600');
    harness.run('EXPIRE', 'session', '3600');
    harness.run('SET', 'session', 'plain');
    harness.run('EXPIRE', 'session', '3600');
    harness.run('PERSIST', 'session');
    harness.run('PEXPIRE', 'session', '3600000');
    harness.advance(100);
  }
  assert.equal(wheel.entries, 1);
});

test('the wheel fires each entry between its deadline and a tick later, over all levels', () => {
  const prng = new Prng(3);
  const memory = new FlatMemory();
  assert.ok(memory.admit(0));
  let now = 1_795_219_200_123;
  const wheel = new ExpiryWheel(memory, now);
  const deadlines = new Map<number, number>();
  for (let id = 0; id < 3000; id++) {
    const deadline = now + prng.below(2 ** (1 + prng.below(40)));
    deadlines.set(id, deadline);
    wheel.add(deadline, id, 0);
  }
  wheel.check();
  while (deadlines.size > 0) {
    now += 1 + prng.below(2 ** (1 + prng.below(38)));
    wheel.advance(now);
    while (wheel.next()) {
      const deadline = deadlines.get(wheel.high)!;
      // On the higher levels an entry comes early, to be set anew.
      if (deadline > now) wheel.add(deadline, wheel.high, 0);
      else deadlines.delete(wheel.high);
    }
    for (const deadline of deadlines.values()) assert.ok(deadline > now - 128, `${deadline} at ${now} is overdue`);
    wheel.check();
  }
  assert.equal(wheel.entries, 0);
  wheel.clear();
  assert.equal(memory.blockCount(), 0);
});

const LONG_KEY = 'k'.repeat(5000);
const LONG_VALUE = 'v'.repeat(70_000);

test('keys of any length keep value and deadline through SET, COPY, RENAME, MOVE and PERSIST', () => {
  for (const key of ['key', LONG_KEY]) {
    for (const value of ['7', 'short', LONG_VALUE]) {
      const harness = new EngineHarness();
      const { keyspace } = harness.engine;
      const bulk = `$${value.length}\r\n${value}\r\n`;
      harness.run('SET', key, value, 'PX', '5000');
      harness.run('SET', key, value, 'PX', '9000');
      harness.run('COPY', key, `${key}2`);
      harness.run('RENAME', `${key}2`, `${key}3`);
      harness.run('MOVE', `${key}3`, '1');
      keyspace.check();
      harness.run('SELECT', '1');
      assert.equal(harness.run('GET', `${key}3`), bulk);
      assert.equal(harness.run('PTTL', `${key}3`), ':9000\r\n');
      harness.run('PERSIST', `${key}3`);
      harness.run('RENAME', `${key}3`, `${key}4`);
      harness.run('SET', `${key}5`, value);
      harness.run('SET', `${key}5`, value, 'PX', '100');
      harness.advance(10_000);
      assert.equal(harness.run('KEYS', '*'), `*1\r\n$${key.length + 1}\r\n${key}4\r\n`);
      assert.equal(harness.run('PTTL', `${key}4`), ':-1\r\n');
      harness.run('FLUSHALL');
      keyspace.check();
      assert.equal(keyspace.memory.usedBytes(), new EngineHarness().engine.keyspace.memory.usedBytes());
    }
  }
});

test('a deadline before 1970 is kept as one that has passed, where nothing may expire', () => {
  const harness = new EngineHarness();
  for (const deadline of ['-1', '-1000000000', '-9223372036854775808']) {
    harness.run('SET', deadline, '1');
    harness.engine.lazyExpire = false;
    assert.equal(harness.run('PEXPIREAT', deadline, deadline), ':1\r\n');
    assert.equal(harness.run('GET', deadline), '$-1\r\n');
    harness.engine.keyspace.check();
    harness.engine.lazyExpire = true;
  }
  harness.advance(100);
  assert.equal(harness.run('DBSIZE'), ':0\r\n');
  harness.engine.keyspace.check();
});

test('a string set again keeps how often its key is used, a copy begins anew', () => {
  const harness = new EngineHarness();
  harness.engine.access.frequency = true;
  harness.engine.access.logFactor = 0;
  harness.engine.updateTime();
  harness.run('SET', 'a', '1');
  for (let count = 0; count < 10; count++) harness.run('GET', 'a');
  assert.equal(harness.run('OBJECT', 'FREQ', 'a'), ':15\r\n');
  harness.run('SET', 'a', '2');
  assert.equal(harness.run('OBJECT', 'FREQ', 'a'), ':16\r\n');
  harness.run('SET', 'a', 'x'.repeat(500));
  assert.equal(harness.run('OBJECT', 'FREQ', 'a'), ':17\r\n');
  harness.run('COPY', 'a', 'b');
  assert.equal(harness.run('OBJECT', 'FREQ', 'b'), ':5\r\n');
});

test('when memory is used up writes are refused, and reads, deletes and expiry go on', () => {
  const harness = new EngineHarness({ memory: { bytesMax: 40 * 1024 * 1024 } });
  const { keyspace } = harness.engine;
  let refused = 0;
  for (let index = 0; refused < 50; index++) {
    const value = 'x'.repeat(index % 3 === 0 ? 20_000 : index % 100);
    if (harness.run('SET', `key:${index}`, value, 'PX', '1000').startsWith('-OOM')) refused++;
    if (index % 7 === 0) harness.run('DEL', `key:${index - 7}`);
    if (index % 3 === 1) harness.run('GETEX', `key:${index - 1}`, 'PX', '2000');
  }
  keyspace.check();
  for (let index = 0; index < 200; index++) harness.run('DEL', `key:${index}`);
  harness.advance(5000);
  assert.equal(harness.run('DBSIZE'), ':0\r\n');
  keyspace.check();
});
