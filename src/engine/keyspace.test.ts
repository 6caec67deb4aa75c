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
