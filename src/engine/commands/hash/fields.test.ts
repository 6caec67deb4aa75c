// Hashes over wire bytes, in every encoding: what the comparison with redis-server 7.0.15 cannot say (deadlines of
// fields, newer commands), and a naive model.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { elementsOf } from '../../../../tests/conformance/reply-frames.ts';
import { EngineHarness, START } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function textOf(frame: string): string {
  if (frame[0] === ':') return frame.slice(1, -2);
  return frame.startsWith('$-1') ? 'nil' : frame.slice(frame.indexOf('\r\n') + 2, -2);
}

function listOf(reply: string): string[] {
  return (elementsOf(reply) ?? [reply]).map(textOf);
}

/** Runs lines of words on an engine, and compares what they reply, elements joined by spaces. */
function check(harness: EngineHarness, cases: readonly (readonly [command: string, reply: string])[]): void {
  for (const [command, reply] of cases) {
    const words = command.split(' ');
    if (words[0] === 'ADVANCE') harness.clock.advance(Number(words[1]));
    else {
      const raw = harness.run(...words);
      assert.equal(/^[-+]/.test(raw) ? raw.slice(0, -2) : listOf(raw).join(' '), reply, command);
    }
  }
  harness.engine.check();
}

function engines(): [name: string, EngineHarness][] {
  const packed = new EngineHarness({ propagation: true });
  const large = new EngineHarness({ propagation: true });
  large.engine.keyspace.hashes.packedEntriesMax = 0;
  return [
    ['packed', packed],
    ['large', large],
  ];
}

describe('deadlines of fields', () => {
  for (const [name, harness] of engines()) {
    it(`hide a field once they pass, and a look at it deletes it: ${name}`, () => {
      check(harness, [
        ['HSET h a 1 b 2 c 3', '3'],
        ['HPEXPIRE h 100 FIELDS 2 a b', '1 1'],
        ['HPTTL h FIELDS 4 a b c d', '100 100 -1 -2'],
        ['HPEXPIRETIME h FIELDS 1 a', String(START + 100)],
        ['HEXPIRETIME h FIELDS 1 a', String(Math.ceil((START + 100) / 1000))],
        ['OBJECT ENCODING h', name === 'packed' ? 'listpackex' : 'hashtable'],
        ['ADVANCE 100', ''],
        ['HLEN h', '3'],
        ['HGETALL h', 'c 3'],
        ['HKEYS h', 'c'],
        ['HMGET h a c', 'nil 3'],
        ['HLEN h', '2'],
        ['HGET h b', 'nil'],
        ['HLEN h', '1'],
        ['HDEL h c', '1'],
        ['EXISTS h', '0'],
      ]);
      assert.deepEqual(harness.takePropagated(), [
        '0 HSET h a 1 b 2 c 3',
        `0 HPEXPIREAT h ${START + 100} FIELDS 2 a b`,
        '0 HDEL h a',
        '0 HDEL h b',
        '0 HDEL h c',
      ]);
    });
    it(`go with a new value, and stay with a sum: ${name}`, () => {
      harness.run('FLUSHALL');
      check(harness, [
        ['HSET h a 1 b 2', '2'],
        ['HEXPIRE h 100 FIELDS 2 a b', '1 1'],
        ['HINCRBY h a 5', '6'],
        ['HTTL h FIELDS 1 a', '100'],
        ['HSET h b 3', '0'],
        ['HTTL h FIELDS 1 b', '-1'],
        ['HINCRBYFLOAT h a 0.5', '6.5'],
        ['HTTL h FIELDS 1 a', '100'],
        ['HPERSIST h FIELDS 3 a b c', '1 -1 -2'],
        ['HTTL h FIELDS 1 a', '-1'],
      ]);
    });
    it(`are set under conditions: ${name}`, () => {
      harness.run('FLUSHALL');
      check(harness, [
        ['HSET h a 1 b 2', '2'],
        ['HEXPIRE h 100 XX FIELDS 1 a', '0'],
        ['HEXPIRE h 100 GT FIELDS 1 a', '0'],
        ['HEXPIRE h 100 LT FIELDS 1 a', '1'],
        ['HEXPIRE h 200 NX FIELDS 2 a b', '0 1'],
        ['HEXPIRE h 50 GT FIELDS 2 a b', '0 0'],
        ['HEXPIRE h 50 LT FIELDS 2 a b', '1 1'],
        ['HEXPIREAT h 1 FIELDS 1 a', '2'],
        ['HPEXPIRE h 0 FIELDS 1 b', '2'],
        ['EXISTS h', '0'],
      ]);
    });
    it(`delete fields and at last the key in the background: ${name}`, () => {
      harness.run('FLUSHALL');
      const fields = Array.from({ length: 3000 }, (_, index) => `f${index}`);
      harness.run('HSET', 'h', ...fields.flatMap((field) => [field, 'v']), 'stays', 'v');
      harness.run('HPEXPIRE', 'h', '10', 'FIELDS', String(fields.length), ...fields);
      harness.run('HSET', 'gone', 'f', 'v');
      harness.run('HPEXPIRE', 'gone', '10', 'FIELDS', '1', 'f');
      assert.equal(harness.engine.keyspace.databases[0]!.expiringHashes, 2);
      harness.advance(200);
      assert.equal(harness.run('HLEN', 'h'), ':1\r\n');
      assert.equal(harness.run('EXISTS', 'gone'), ':0\r\n');
      assert.equal(harness.engine.keyspace.databases[0]!.expiringHashes, 0);
      harness.engine.check();
    });
    it(`go where the hash goes: ${name}`, () => {
      harness.run('FLUSHALL');
      check(harness, [
        ['HSET h a 1 b 2', '2'],
        ['HPEXPIRE h 50 FIELDS 1 a', '1'],
        ['COPY h copy', '1'],
        ['RENAME h other', '+OK'],
        ['MOVE other 3', '1'],
        ['SELECT 3', '+OK'],
        ['HPTTL other FIELDS 1 a', '50'],
        ['SWAPDB 3 4', '+OK'],
        ['SELECT 4', '+OK'],
        ['HPTTL other FIELDS 1 a', '50'],
        ['SELECT 0', '+OK'],
      ]);
      harness.advance(200);
      check(harness, [
        ['HLEN copy', '1'],
        ['SELECT 4', '+OK'],
        ['HLEN other', '1'],
        ['SELECT 0', '+OK'],
      ]);
    });
    it(`serve HGETEX, HSETEX and HGETDEL: ${name}`, () => {
      harness.run('FLUSHALL');
      harness.takePropagated();
      check(harness, [
        ['HSETEX h EX 100 FIELDS 2 a 1 b 2', '1'],
        ['HTTL h FIELDS 2 a b', '100 100'],
        ['HSETEX h FNX FIELDS 1 a 3', '0'],
        ['HSETEX h FXX FIELDS 2 a 3 c 4', '0'],
        ['HSETEX h FXX KEEPTTL FIELDS 1 a 3', '1'],
        ['HTTL h FIELDS 1 a', '100'],
        ['HGETEX h PERSIST FIELDS 2 a x', '3 nil'],
        ['HTTL h FIELDS 1 a', '-1'],
        ['HGETEX h PX 5000 FIELDS 1 a', '3'],
        ['HPTTL h FIELDS 1 a', '5000'],
        ['HGETEX h FIELDS 1 a', '3'],
        ['HGETDEL h FIELDS 2 a x', '3 nil'],
        ['HGETEX h EXAT 1 FIELDS 1 b', '2'],
        ['EXISTS h', '0'],
        [
          'HSETEX h EX 1 PX 1 FIELDS 1 a 1',
          '-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified',
        ],
        ['HSETEX h FNX FXX FIELDS 1 a 1', '-ERR Only one of FXX or FNX arguments can be specified'],
        ['HSETEX h FIELDS 2 a 1', '-ERR The `numfields` parameter must match the number of arguments'],
      ]);
      assert.deepEqual(harness.takePropagated(), [
        `0 HSETEX h PXAT ${START + 100_000 + harness.clock.now() - START} FIELDS 2 a 1 b 2`,
        '0 HSETEX h FXX KEEPTTL FIELDS 1 a 3',
        '0 HPERSIST h FIELDS 1 a',
        `0 HPEXPIREAT h ${harness.clock.now() + 5000} FIELDS 1 a`,
        '0 HDEL h a',
        '0 HDEL h b',
      ]);
    });
  }
});

test('HIMPORT makes hashes of fields said once, for its connection', () => {
  const harness = new EngineHarness({ propagation: true });
  check(harness, [
    ['HIMPORT SET u:1 user ann 30', '-ERR no such fieldset'],
    ['HIMPORT PREPARE user name age name', '-ERR duplicate field name in fieldset'],
    ['HIMPORT PREPARE user name age', '+OK'],
    ['HIMPORT SET u:1 user ann', '-ERR number of values does not match the number of fields in the fieldset'],
    ['HIMPORT SET u:1 user ann 30', '+OK'],
    ['HGETALL u:1', 'name ann age 30'],
    ['HSET u:1 city Paris', '1'],
    ['EXPIRE u:1 100', '1'],
    ['HIMPORT SET u:1 user bob 31', '+OK'],
    ['HGETALL u:1', 'name bob age 31'],
    ['TTL u:1', '-1'],
    ['SET s text', '+OK'],
    ['HIMPORT SET s user bob 31', '-WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['HIMPORT PREPARE order id', '+OK'],
    ['HIMPORT DISCARD order', '1'],
    ['HIMPORT DISCARD order', '0'],
    ['HIMPORT DISCARDALL', '1'],
    ['HIMPORT SET u:2 user bob 31', '-ERR no such fieldset'],
    ['HIMPORT PREPARE user name', '+OK'],
    ['RESET', '+RESET'],
    ['HIMPORT SET u:2 user bob', '-ERR no such fieldset'],
  ]);
  const propagated = harness.takePropagated();
  assert.equal(propagated[0], '0 HSET u:1 name ann age 30');
  assert.deepEqual(propagated.slice(3, 7), ['-1 MULTI', '0 DEL u:1', '0 HSET u:1 name bob age 31', '-1 EXEC']);
  for (let index = 0; index < 1024; index++) harness.run('HIMPORT', 'PREPARE', String(index), 'f');
  assert.equal(harness.run('HIMPORT', 'PREPARE', 'more', 'f'), '-ERR too many fieldsets\r\n');
});

test('events of hashes are those of Redis, in its order', () => {
  const harness = new EngineHarness();
  harness.engine.changes.notifyClasses = -1;
  harness.engine.refreshEffects();
  const listener = harness.connect();
  listener.run('PSUBSCRIBE', '__keyevent@0__:*');
  const cases: [command: string, events: string][] = [
    ['HSET h a 1 b 2', 'new:h hset:h'],
    ['HSETNX h a 1', ''],
    ['HINCRBY h a 1', 'hincrby:h'],
    ['HINCRBYFLOAT h a 1', 'hincrbyfloat:h'],
    ['HEXPIRE h 10 FIELDS 1 a', 'hexpire:h'],
    ['HPERSIST h FIELDS 1 a', 'hpersist:h'],
    ['HEXPIREAT h 1 FIELDS 1 a', 'hdel:h'],
    ['HPEXPIRE h 1 FIELDS 1 b', 'hexpire:h'],
    ['ADVANCE', ''],
    ['HGET h b', 'hexpired:h del:h keymiss:h'],
    ['HSET h a 1', 'new:h hset:h'],
    ['HDEL h a b', 'hdel:h del:h'],
  ];
  for (const [command, events] of cases) {
    if (command === 'ADVANCE') harness.clock.advance(5);
    else harness.run(...command.split(' '));
    const seen = [...listener.take().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)\r\n/g)];
    assert.equal(seen.map(([, name, key]) => `${name}:${key}`).join(' '), events.replace(' keymiss:h', ''), command);
  }
});

test('fields that had expired are announced before what HGETEX, HGETDEL and HSETEX do, the end of the key last', () => {
  const start = ['DEL h', 'HSET h a 1 b 2 c 3', 'HPEXPIRE h 1 FIELDS 2 a b', 'ADVANCE'];
  const alone = ['DEL h', 'HSETEX h PX 1 FIELDS 2 a 1 b 2', 'ADVANCE'];
  const cases: [before: string[], command: string, reply: string, events: string][] = [
    [start, 'HGETEX h FIELDS 3 a b c', '- - 3', 'hexpired'],
    [start, 'HGETEX h EX 10 FIELDS 2 a c', '- 3', 'hexpired hexpire'],
    [start, 'HGETEX h PX 0 FIELDS 3 c a b', '3 - -', 'hexpired hdel del'],
    [start, 'HGETEX h PERSIST FIELDS 2 c a', '3 -', 'hexpired'],
    [alone, 'HGETEX h EX 10 FIELDS 2 b a', '- -', 'hexpired del'],
    [alone, 'HGETEX h EX 10 FIELDS 1 none', '-', ''],
    [start, 'HGETDEL h FIELDS 1 a', '-', 'hexpired'],
    [start, 'HGETDEL h FIELDS 4 c a b c', '3 - - -', 'hexpired hdel del'],
    [alone, 'HGETDEL h FIELDS 3 a b c', '- - -', 'hexpired del'],
    [start, 'HSETEX h FXX EX 10 FIELDS 2 c 1 a 2', '0', 'hexpired'],
    [start, 'HSETEX h FNX EX 10 FIELDS 2 a 1 c 2', '0', 'hexpired'],
    [start, 'HSETEX h FNX EX 10 FIELDS 2 a 1 b 2', '1', 'hexpired hset hexpire'],
    [alone, 'HSETEX h FNX EX 10 FIELDS 2 b 1 a 2', '1', 'hexpired hset hexpire'],
    [alone, 'HSETEX h FNX PXAT 1 FIELDS 2 b 1 a 2', '1', 'hexpired hset hdel del'],
    [alone, 'HSETEX h FXX EX 10 FIELDS 2 b 1 a 2', '0', 'hexpired'],
    [alone, 'HSETEX h FXX EX 10 FIELDS 1 none 1', '0', ''],
    [alone, 'HSETEX h EX 10 FIELDS 1 a 1', '1', 'hset hexpire'],
  ];
  for (const packed of [true, false]) {
    const harness = new EngineHarness({ propagation: true });
    harness.engine.keyspace.hashes.packedEntriesMax = packed ? 512 : 0;
    harness.engine.changes.notifyClasses = -1;
    harness.engine.refreshEffects();
    const listener = harness.connect();
    listener.run('PSUBSCRIBE', '__keyevent@0__:*');
    for (const [before, command, reply, events] of cases) {
      for (const each of before) {
        if (each === 'ADVANCE') harness.clock.advance(5);
        else harness.run(...each.split(' '));
      }
      listener.take();
      const shown = harness.run(...command.split(' ')).split('\r\n');
      const values = shown.filter((line) => line === '$-1' || /^[:0-9]/.test(line));
      assert.equal(values.map((line) => line.replace(':', '').replace('$-1', '-')).join(' '), reply, command);
      const seen = [...listener.take().matchAll(/__keyevent@0__:(\w+)\r\n/g)].map(([, name]) => name);
      assert.equal(seen.join(' '), events, command);
      harness.engine.check();
    }
  }
});

test('SORT deletes the expired fields that it comes upon', () => {
  const harness = new EngineHarness({ propagation: true });
  harness.run('RPUSH', 'ids', '1', '2');
  harness.run('HSET', 'h:1', 'weight', '5');
  harness.run('HSETEX', 'h:2', 'PX', '1', 'FIELDS', '1', 'weight', '3');
  harness.clock.advance(5);
  harness.takePropagated();
  check(harness, [['SORT ids BY h:*->weight GET h:*->weight', 'nil 5']]);
  assert.deepEqual(harness.takePropagated(), ['0 HDEL h:2 weight']);
  check(harness, [['EXISTS h:1 h:2', '1']]);
  harness.engine.check();
});

test('CVE-2023-28856: no field becomes NaN or infinite, and one that is no number stays readable', () => {
  const harness = new EngineHarness();
  check(harness, [
    ['HSET h f 1e4932 inf inf', '2'],
    ['HINCRBYFLOAT h f 1e4932', '-ERR increment would produce NaN or Infinity'],
    ['HINCRBYFLOAT h f nan', '-ERR value is not a valid float'],
    ['HINCRBYFLOAT h f -inf', '-ERR value is NaN or Infinity'],
    ['HGET h f', '1e4932'],
  ]);
});

test('CVE-2023-22458: counts of HRANDFIELD at the ends of 64 bits', () => {
  const harness = new EngineHarness();
  harness.run('HSET', 'h', 'a', '1', 'b', '2');
  for (const count of ['-9223372036854775808', '9223372036854775808', '-4611686018427387904', '4611686018427387904']) {
    assert.match(harness.run('HRANDFIELD', 'h', count, 'WITHVALUES'), /^-ERR value is (out of range|not an integer)/);
  }
  assert.equal(elementsOf(harness.run('HRANDFIELD', 'h', '9223372036854775807'))!.length, 2);
});

test('8.6, #15021: counts of fields that overflow', () => {
  const harness = new EngineHarness();
  harness.run('HSET', 'h', 'a', '1');
  for (const count of ['0', '-1', '9223372036854775807', '4294967297', '18446744073709551617', 'x']) {
    for (const command of [
      ['HEXPIRE', 'h', '9'],
      ['HTTL', 'h'],
      ['HPERSIST', 'h'],
      ['HGETDEL', 'h'],
      ['HGETEX', 'h'],
    ]) {
      assert.match(harness.run(...command, 'FIELDS', count, 'a'), /^-ERR /, `${command[0]} ${count}`);
    }
  }
});

describe(`hashes agree with a naive model (seed ${SEED})`, () => {
  for (const [name, entriesMax] of [
    ['tables', 0],
    ['small limits', 5],
    ['the usual limits', 512],
  ] as const) {
    it(name, () => {
      const prng = new Prng(SEED);
      const harness = new EngineHarness({ seed: SEED });
      harness.engine.keyspace.hashes.packedEntriesMax = entriesMax;
      const model = new Map<string, Map<string, { value: string; deadline: number }>>();
      const keyOf = () => `h${prng.below(4)}`;
      const fieldOf = () => (prng.below(2) === 0 ? String(prng.below(20)) : `field ${prng.below(20)}`);
      const someValue = () => (prng.below(8) === 0 ? 'v'.repeat(prng.below(200)) : String(prng.below(100_000)));
      const alive = (key: string) => {
        const hash = model.get(key) ?? new Map();
        for (const [field, { deadline }] of hash) if (deadline <= harness.clock.now()) hash.delete(field);
        if (hash.size === 0) model.delete(key);
        return hash;
      };
      for (let step = 0; step < 6000; step++) {
        const key = keyOf();
        const hash = alive(key);
        const field = fieldOf();
        const kind = prng.below(10);
        if (kind < 3) {
          const pairs = Array.from({ length: 1 + prng.below(5) }, () => [fieldOf(), someValue()] as const);
          harness.run('HSET', key, ...pairs.flat());
          for (const [each, value] of pairs) hash.set(each, { value, deadline: Number.POSITIVE_INFINITY });
          model.set(key, hash);
        } else if (kind < 5) {
          // One that has expired but was not met yet may still be counted, as in Redis.
          const reply = harness.run('HDEL', key, field);
          if (hash.delete(field)) assert.equal(reply, ':1\r\n');
        } else if (kind < 7) {
          const ms = prng.below(200);
          const known = hash.get(field);
          const reply = listOf(harness.run('HPEXPIRE', key, String(ms), 'FIELDS', '1', field))[0];
          assert.equal(reply, known === undefined ? '-2' : ms === 0 ? '2' : '1');
          if (known !== undefined && ms === 0) hash.delete(field);
          else if (known !== undefined) known.deadline = harness.clock.now() + ms;
        } else if (kind === 7) {
          const known = hash.get(field);
          const deadline = known?.deadline ?? Number.POSITIVE_INFINITY;
          const value = String(prng.below(1000));
          harness.run('HSETEX', key, 'KEEPTTL', 'FIELDS', '1', field, value);
          hash.set(field, { value, deadline });
          model.set(key, hash);
        } else if (kind === 8) {
          const count = prng.below(12);
          const chosen = listOf(harness.run('HRANDFIELD', key, String(count)));
          assert.equal(new Set(chosen).size, Math.min(count, hash.size));
          for (const each of chosen) assert.ok(hash.has(each), each);
        } else if (prng.below(2) === 0) harness.clock.advance(prng.below(30));
        else harness.advance(prng.below(30));
        const told = listOf(harness.run('HGETALL', key));
        const pairs: string[] = [];
        for (let index = 0; index < told.length; index += 2) pairs.push(`${told[index]}=${told[index + 1]}`);
        const expected = [...alive(key)].map(([each, { value }]) => `${each}=${value}`);
        assert.deepEqual(pairs.sort(), expected.sort());
        if (step % 50 === 0) harness.engine.check();
      }
    });
  }
});
