// Sets over wire bytes, in every encoding: what the comparison with redis-server 7.0.15 cannot say, and a naive model.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { elementsOf } from '../../../../tests/conformance/reply-frames.ts';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function encodingOf(harness: EngineHarness, key: string): string {
  return harness.run('OBJECT', 'ENCODING', key).split('\r\n')[1]!;
}

test('a set grows from one encoding into the next, and never back', () => {
  const harness = new EngineHarness();
  const { sets } = harness.engine.keyspace;
  sets.intSetEntriesMax = 3;
  sets.packedEntriesMax = 4;
  harness.run('SADD', 'k', '1', '2', '3');
  assert.equal(encodingOf(harness, 'k'), 'intset');
  harness.run('SADD', 'k', '4');
  assert.equal(encodingOf(harness, 'k'), 'hashtable');
  harness.run('SREM', 'k', '4', '3', '2');
  assert.equal(encodingOf(harness, 'k'), 'hashtable');
  harness.run('SADD', 'words', '1', 'a');
  assert.equal(encodingOf(harness, 'words'), 'listpack');
  harness.run('SADD', 'words', 'b', '2');
  assert.equal(encodingOf(harness, 'words'), 'listpack');
  harness.run('SADD', 'words', 'c');
  assert.equal(encodingOf(harness, 'words'), 'hashtable');
  harness.run('SADD', 'long', 'x'.repeat(65));
  assert.equal(encodingOf(harness, 'long'), 'hashtable');
  harness.run('SADD', 'many', ...Array.from({ length: 5 }, (_, index) => `m${index}`));
  assert.equal(encodingOf(harness, 'many'), 'hashtable');
  harness.engine.check();
});

test('events of sets are those of Redis, in its order', () => {
  const harness = new EngineHarness();
  harness.engine.changes.notifyClasses = -1;
  harness.engine.refreshEffects();
  const listener = harness.connect();
  listener.run('PSUBSCRIBE', '__keyevent@0__:*');
  const cases: [command: string, events: string][] = [
    ['SADD a 1 2', 'new:a sadd:a'],
    ['SADD a 1', ''],
    ['SREM a 1 9', 'srem:a'],
    ['SMOVE a b 2', 'srem:a del:a new:b sadd:b'],
    ['SADD a 2', 'new:a sadd:a'],
    ['SMOVE a b 2', 'srem:a del:a'],
    ['SPOP b', 'spop:b del:b'],
    ['SADD a 1 2 3', 'new:a sadd:a'],
    ['SPOP a 2', 'spop:a'],
    ['SPOP a 2', 'spop:a del:a'],
    ['SADD a 1 2 3', 'new:a sadd:a'],
    ['SINTERSTORE c a', 'new:c sinterstore:c'],
    ['SDIFFSTORE c a a', 'del:c'],
    ['SUNIONSTORE c a', 'new:c sunionstore:c'],
  ];
  for (const [command, events] of cases) {
    harness.run(...command.split(' '));
    const seen = [...listener.take().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)\r\n/g)];
    assert.equal(seen.map(([, name, key]) => `${name}:${key}`).join(' '), events, command);
  }
});

test('SMOVE makes, changes and deletes sets of every encoding', () => {
  const kinds = { intset: ['1', '2'], listpack: ['a', 'b'], hashtable: ['x'.repeat(65), 'y'.repeat(65)] } as const;
  for (const [from, [moved, stays]] of Object.entries(kinds)) {
    for (const [to, there] of [...Object.entries(kinds), [null, []] as const]) {
      const harness = new EngineHarness();
      harness.run('SADD', 'a', moved, stays);
      if (to !== null) harness.run('SADD', 'b', ...there);
      const encodingOf = (key: string) => harness.run('OBJECT', 'ENCODING', key).split('\r\n')[1];
      const what = `${from} to ${to}`;
      assert.equal(encodingOf('a'), from, what);
      assert.equal(harness.run('SMOVE', 'a', 'b', 'nosuch'), ':0\r\n', what);
      assert.equal(harness.run('SMOVE', 'a', 'b', moved), ':1\r\n', what);
      assert.equal(harness.run('SISMEMBER', 'b', moved), ':1\r\n', what);
      // The larger of the two encodings, by the order in which they are written above.
      const order = Object.keys(kinds);
      const expected = order[Math.max(order.indexOf(from), to === null ? 0 : order.indexOf(to))];
      assert.equal(encodingOf('b'), expected, what);
      assert.equal(harness.run('SMEMBERS', 'a'), `*1\r\n$${stays.length}\r\n${stays}\r\n`, what);
      harness.run('SMOVE', 'a', 'b', stays);
      assert.equal(harness.run('EXISTS', 'a'), ':0\r\n', what);
      assert.equal(harness.run('SMOVE', 'a', 'b', moved), ':0\r\n', what);
      harness.engine.check();
    }
  }
});

test('what is random is propagated as what it came to', () => {
  const harness = new EngineHarness({ propagation: true });
  harness.run('SADD', 'a', 'only');
  harness.run('SPOP', 'a');
  harness.run('SADD', 'b', '1', '2');
  harness.run('SPOP', 'b', '9');
  harness.run('SPOP', 'b');
  harness.run('SADD', 'c', ...Array.from({ length: 3000 }, (_, index) => `m${index}`));
  harness.takePropagated();
  harness.run('SPOP', 'c', '2000');
  const removals = harness.takePropagated();
  assert.equal(removals[0], '-1 MULTI');
  assert.deepEqual(
    removals.slice(1, -1).map((each) => each.split(' ').length - 3),
    [1022, 978],
  );
  const left = elementsOf(harness.run('SMEMBERS', 'c'))!;
  assert.equal(left.length, 1000);
  const gone = removals.join(' ');
  for (const frame of left) assert.ok(!gone.includes(` ${frame.split('\r\n')[1]} `));
  const replica = new EngineHarness();
  replica.run('SADD', 'c', ...Array.from({ length: 3000 }, (_, index) => `m${index}`));
  for (const each of removals.slice(1, -1)) replica.run(...each.split(' ').slice(1));
  assert.deepEqual(elementsOf(replica.run('SMEMBERS', 'c'))!.sort(), left.sort());
});

test('a scan tells all that stays, through growth and removal', () => {
  const harness = new EngineHarness({ seed: 3 });
  harness.run('SADD', 'k', ...Array.from({ length: 3000 }, (_, index) => `stays:${index}`));
  const seen = new Set<string>();
  let cursor = '0';
  let step = 0;
  do {
    const reply = elementsOf(harness.run('SSCAN', 'k', cursor, 'COUNT', '50', 'MATCH', 'stays:*'))!;
    cursor = reply[0]!.split('\r\n')[1]!;
    for (const frame of elementsOf(reply[1]!)!) seen.add(frame.split('\r\n')[1]!);
    for (let each = 0; each < 300; each++) harness.run(step < 20 ? 'SADD' : 'SREM', 'k', `passes:${step % 20}:${each}`);
    step++;
  } while (cursor !== '0');
  assert.equal(seen.size, 3000);
  harness.engine.check();
});

test('CVE-2023-25155: counts at the ends of 64 bits', () => {
  const harness = new EngineHarness();
  harness.run('SADD', 'k', 'a', 'b');
  for (const count of ['-9223372036854775808', '9223372036854775808', '-9223372036854775809']) {
    assert.match(harness.run('SRANDMEMBER', 'k', count), /^-ERR value is (out of range|not an integer)/);
  }
  assert.equal(elementsOf(harness.run('SRANDMEMBER', 'k', '9223372036854775807'))!.length, 2);
  assert.equal(elementsOf(harness.run('SPOP', 'k', '9223372036854775807'))!.length, 2);
  assert.equal(harness.run('EXISTS', 'k'), ':0\r\n');
});

test('CVE-2021-29478: an int set as large as its directive allows stays whole', () => {
  const harness = new EngineHarness();
  harness.engine.keyspace.sets.intSetEntriesMax = 2 ** 31 - 1;
  harness.run('SADD', 'k', ...Array.from({ length: 20_000 }, (_, index) => String(index * 3)));
  harness.run('SADD', 'k', '9223372036854775807');
  assert.equal(encodingOf(harness, 'k'), 'intset');
  harness.run('COPY', 'k', 'copy');
  harness.run('SADD', 'copy', 'word');
  assert.equal(harness.run('SCARD', 'copy'), ':20002\r\n');
  harness.engine.check();
});

test('memory that runs out refuses a command whole', () => {
  const harness = new EngineHarness({ memory: { bytesMax: 16 * 1024 * 1024 } });
  let refused = '';
  for (let index = 0; refused === '' && index < 1_000_000; index++) {
    const reply = harness.run(
      'SADD',
      'k',
      ...Array.from({ length: 100 }, (_, each) => `${index}:${each}:${'x'.repeat(50)}`),
    );
    if (reply.startsWith('-')) refused = reply;
  }
  assert.match(refused, /^-OOM /);
  const size = harness.run('SCARD', 'k');
  assert.match(harness.run('SUNIONSTORE', 'other', 'k'), /^-OOM /);
  assert.match(harness.run('SUNION', 'k', 'a', 'b', 'c', 'd'), /^-OOM /);
  assert.equal(harness.run('EXISTS', 'other'), ':0\r\n');
  assert.equal(harness.run('SCARD', 'k'), size);
  harness.engine.check();
  harness.run('DEL', 'k');
  assert.equal(harness.run('DBSIZE'), ':0\r\n');
  harness.engine.check();
});

test('a large set is freed in slices by UNLINK, FLUSHALL ASYNC, overwriting and expiry, when told so', () => {
  const harness = new EngineHarness();
  const { keyspace } = harness.engine;
  keyspace.lazyServerDel = true;
  keyspace.lazyExpire = true;
  const empty = keyspace.memory.usedBytes();
  const ways: (() => void)[] = [
    () => harness.run('UNLINK', 'k'),
    () => harness.run('FLUSHALL', 'ASYNC'),
    () => harness.run('SET', 'k', 'v'),
    () => harness.run('SINTERSTORE', 'k', 'nosuch'),
    () => {
      harness.run('PEXPIRE', 'k', '10');
      harness.clock.advance(20);
      harness.run('GET', 'k');
    },
  ];
  for (const way of ways) {
    for (let index = 0; index < 50; index++) {
      harness.run('SADD', 'k', ...Array.from({ length: 200 }, (_, each) => `member:${index}:${each}`));
    }
    way();
    assert.equal(keyspace.disposals.isEmpty(), false, String(way));
    harness.advance(0);
    assert.ok(keyspace.disposals.isEmpty());
    harness.run('FLUSHALL');
    harness.advance(100_000);
    assert.equal(keyspace.memory.usedBytes(), empty, String(way));
    harness.engine.check();
  }
});

test(`every member of a large set is chosen as often as any other (seed ${SEED})`, () => {
  const harness = new EngineHarness({ seed: SEED });
  // Uneven chains: many members go again, so that some buckets are nearly empty.
  harness.run('SADD', 'k', ...Array.from({ length: 3000 }, (_, index) => `m${index}`));
  harness.run('SREM', 'k', ...Array.from({ length: 2900 }, (_, index) => `m${index}`));
  const times = new Map<string, number>();
  for (let round = 0; round < 400; round++) {
    for (const frame of elementsOf(harness.run('SRANDMEMBER', 'k', '-100'))!)
      times.set(frame, (times.get(frame) ?? 0) + 1);
  }
  assert.equal(times.size, 100);
  // Chi squared of 99 degrees of freedom: above 173 once in 10^5 runs.
  const squares = [...times.values()].reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
  assert.ok(squares < 173, String(squares));
});

test('SUNIONCARD APPROX estimates, and keeps to its limit', () => {
  const harness = new EngineHarness();
  for (let each = 0; each < 5; each++) {
    harness.run('SADD', `k${each}`, ...Array.from({ length: 2000 }, (_, index) => String(each * 1000 + index)));
  }
  const keys = ['k0', 'k1', 'k2', 'k3', 'k4'];
  assert.equal(harness.run('SUNIONCARD', '5', ...keys), ':6000\r\n');
  const estimate = Number(harness.run('SUNIONCARD', '5', ...keys, 'APPROX').slice(1));
  assert.ok(Math.abs(estimate - 6000) < 300, String(estimate));
  assert.equal(harness.run('SUNIONCARD', '5', ...keys, 'LIMIT', '70', 'APPROX'), ':70\r\n');
  assert.equal(harness.run('SUNIONCARD', '1', 'nosuch', 'APPROX'), ':0\r\n');
});

class Model {
  readonly sets = new Map<string, Set<string>>();

  of(key: string): Set<string> {
    return this.sets.get(key) ?? new Set();
  }

  put(key: string, members: Set<string>): void {
    if (members.size === 0) this.sets.delete(key);
    else this.sets.set(key, members);
  }

  algebra(operation: string, keys: readonly string[]): Set<string> {
    const [first, ...rest] = keys.map((key) => this.of(key));
    if (operation === 'UNION') return new Set(keys.flatMap((key) => [...this.of(key)]));
    const keeps =
      operation === 'INTER' ? rest.every.bind(rest) : (test: (set: Set<string>) => boolean) => !rest.some(test);
    return new Set([...first!].filter((member) => keeps((set) => set.has(member))));
  }
}

function membersOf(frame: string): string[] {
  return (elementsOf(frame) ?? []).map((each) => each.slice(each.indexOf('\r\n') + 2, -2)).sort();
}

describe(`sets agree with a naive model (seed ${SEED})`, () => {
  for (const [name, intSetEntriesMax, packedEntriesMax] of [
    ['tables', 0, 0],
    ['small limits', 4, 6],
    ['the usual limits', 512, 128],
  ] as const) {
    it(name, () => {
      const prng = new Prng(SEED);
      const harness = new EngineHarness({ seed: SEED });
      const { sets } = harness.engine.keyspace;
      sets.intSetEntriesMax = intSetEntriesMax;
      sets.packedEntriesMax = packedEntriesMax;
      const model = new Model();
      const key = () => `k${prng.below(6)}`;
      const member = () => (prng.below(3) === 0 ? `word ${prng.below(40)}` : String(prng.below(90) - 30));
      for (let step = 0; step < 6000; step++) {
        const at = key();
        const set = model.of(at);
        const kind = prng.below(10);
        if (kind < 4) {
          const added = Array.from({ length: 1 + prng.below(8) }, member);
          const before = set.size;
          for (const each of added) set.add(each);
          assert.equal(harness.run('SADD', at, ...added), `:${set.size - before}\r\n`);
          model.put(at, set);
        } else if (kind === 4) {
          const gone = Array.from({ length: 1 + prng.below(8) }, member);
          const before = set.size;
          for (const each of gone) set.delete(each);
          assert.equal(harness.run('SREM', at, ...gone), `:${before - set.size}\r\n`);
          model.put(at, set);
        } else if (kind === 5) {
          const popped = membersOf(harness.run('SPOP', at, String(prng.below(6))));
          for (const each of popped) assert.ok(set.delete(each));
          model.put(at, set);
        } else if (kind === 6) {
          const count = prng.below(20);
          const chosen = membersOf(harness.run('SRANDMEMBER', at, String(count)));
          assert.equal(new Set(chosen).size, Math.min(count, set.size));
          for (const each of chosen) assert.ok(set.has(each));
        } else if (kind === 7) {
          const target = key();
          const moved = member();
          const had = set.delete(moved);
          model.put(at, set);
          if (had) model.put(target, model.of(target).add(moved));
          assert.equal(harness.run('SMOVE', at, target, moved), had ? ':1\r\n' : ':0\r\n');
        } else {
          const operation = ['INTER', 'UNION', 'DIFF'][prng.below(3)]!;
          const keys = Array.from({ length: 1 + prng.below(6) }, key);
          const result = model.algebra(operation, keys);
          if (kind === 8) assert.deepEqual(membersOf(harness.run(`S${operation}`, ...keys)), [...result].sort());
          else {
            assert.equal(harness.run(`S${operation}STORE`, at, ...keys), `:${result.size}\r\n`);
            model.put(at, result);
          }
          const limit = prng.below(5);
          const counted = limit === 0 ? result.size : Math.min(limit, result.size);
          if (kind === 8)
            assert.equal(
              harness.run(`S${operation}CARD`, String(keys.length), ...keys, 'LIMIT', String(limit)),
              `:${counted}\r\n`,
            );
        }
        assert.deepEqual(membersOf(harness.run('SMEMBERS', at)), [...model.of(at)].sort());
        if (step % 50 === 0) harness.engine.check();
      }
    });
  }
});
