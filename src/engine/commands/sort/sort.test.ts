// SORT over the wire: what the comparison with redis-server 7.0.15 cannot say, events, bad inputs, and a naive model.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { bulkOf, elementsOf } from '../../../../tests/conformance/reply-frames.ts';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const NOT_A_WEIGHT = "-ERR One or more scores can't be converted into double\r\n";

function harnessWith(...commands: readonly string[]): EngineHarness {
  const harness = new EngineHarness();
  for (const command of commands) harness.run(...command.split(' '));
  return harness;
}

/** The elements of an array as one line, nil as (nil). */
function told(harness: EngineHarness, command: string): string {
  const reply = harness.run(...command.split(' '));
  harness.engine.check();
  const elements = elementsOf(reply);
  return elements === null ? reply : elements.map((each) => bulkOf(each) ?? '(nil)').join(' ');
}

function check(harness: EngineHarness, cases: readonly (readonly [command: string, expected: string])[]): void {
  for (const [command, expected] of cases) assert.equal(told(harness, command), expected, command);
}

test('what is sorted stays as it is', () => {
  const harness = harnessWith('ZADD z 1 b 2 a', 'SADD s 2 1', 'RPUSH l 2 1');
  check(harness, [
    ['SORT z ALPHA', 'a b'],
    ['SORT s', '1 2'],
    ['SORT l', '1 2'],
    ['OBJECT ENCODING z', '$8\r\nlistpack\r\n'],
    ['OBJECT ENCODING s', '$6\r\nintset\r\n'],
    ['LRANGE l 0 -1', '2 1'],
  ]);
});

test('weights that are no numbers', () => {
  const harness = harnessWith('RPUSH l 1 2', 'RPUSH d old');
  for (const bad of ['abc', '5 ', ' ', 'nan', '1e400', '1e-400', '0x', '--1']) {
    harness.run('SET', 'w2', bad);
    assert.equal(harness.run('SORT', 'l', 'BY', 'w*'), NOT_A_WEIGHT, bad);
    assert.equal(harness.run('SORT', 'l', 'BY', 'w*', 'STORE', 'd'), NOT_A_WEIGHT, bad);
  }
  check(harness, [['LRANGE d 0 -1', 'old']]);
  for (const [weight, order] of [
    ['', '1 2'],
    [' \t-5', '2 1'],
    ['-inf', '2 1'],
    ['0x10', '1 2'],
    ['-1\0x', '2 1'],
    ['\0x', '1 2'],
  ] as const) {
    harness.run('SET', 'w2', weight);
    assert.equal(told(harness, 'SORT l BY w*'), order, weight);
  }
});

test('keys and fields that patterns name', () => {
  const harness = harnessWith(
    'RPUSH l 1 2 3',
    'MSET w1 30 w2 20 o1x one',
    'HSET h1 f c g x',
    'HSET h2 f b',
    'HSET h3->f f a',
    'SET h3-> odd',
    'SADD w3 5',
  );
  check(harness, [
    ['SORT l BY w*', '3 2 1'],
    ['SORT l BY w* DESC', '1 2 3'],
    ['SORT l BY h*->f ALPHA', '3 2 1'],
    ['SORT l BY h*->f ALPHA DESC', '1 2 3'],
    ['SORT l GET # GET w* GET h*->f', '1 30 c 2 20 b 3 (nil) (nil)'],
    ['SORT l GET o*x GET nostar GET h*->', 'one (nil) (nil) (nil) (nil) (nil) (nil) (nil) odd'],
    ['SORT l GET h*->nosuch LIMIT 0 1', '(nil)'],
    ['SORT l BY nosort BY w* GET #', '1 2 3'],
    ['SORT l DESC GET # GET # LIMIT 1 1', '2 2'],
  ]);
  harness.run('HELLO', '3');
  assert.equal(harness.run('SORT', 'l', 'GET', 'w*', 'LIMIT', '2', '9'), '*1\r\n_\r\n');
});

test('a field whose deadline has passed is not found, nor a key', () => {
  const harness = harnessWith('RPUSH l 1', 'HSET h1 f v', 'HPEXPIRE h1 10 FIELDS 1 f', 'SET w1 v PX 10');
  check(harness, [['SORT l GET h*->f GET w*', 'v v']]);
  harness.clock.advance(20);
  check(harness, [['SORT l GET h*->f GET w*', '(nil) (nil)']]);
});

test('without sorting items keep their order, or the reverse', () => {
  const harness = harnessWith('RPUSH l 3 1 2', 'ZADD z 1 b 2 a 3 c', 'SADD s b c a');
  check(harness, [
    ['SORT l BY nosort', '3 1 2'],
    ['SORT l BY nosort DESC', '2 1 3'],
    ['SORT l BY nosort DESC LIMIT 0 1', '2'],
    ['SORT z BY nosort LIMIT 1 -1', 'a c'],
    ['SORT z BY nosort DESC LIMIT 1 1', 'a'],
    ['SORT z BY nosort LIMIT 3 1', ''],
    ['SORT s BY nosort STORE d', ':3\r\n'],
    ['LRANGE d 0 -1', 'a b c'],
  ]);
});

test('limits at the ends of numbers', () => {
  const harness = harnessWith('RPUSH l 3 1 2', 'RPUSH d x');
  const max = '9223372036854775807';
  check(harness, [
    [`SORT l LIMIT ${max} ${max}`, ''],
    [`SORT l LIMIT -${max} ${max}`, '1 2 3'],
    [`SORT_RO l LIMIT 1 ${max}`, '2 3'],
    ['SORT l LIMIT -9223372036854775808 -9223372036854775808', '1 2 3'],
    ['SORT l LIMIT 0 0', ''],
    ['SORT l LIMIT 9223372036854775808 1', '-ERR value is not an integer or out of range\r\n'],
    ['SORT l LIMIT 1', '-ERR syntax error\r\n'],
    ['SORT l STORE', '-ERR syntax error\r\n'],
    ['SORT_RO l STORE d', '-ERR syntax error\r\n'],
    ['LRANGE d 0 -1', 'x'],
    ['SORT l LIMIT 3 1 STORE d', ':0\r\n'],
    ['EXISTS d', ':0\r\n'],
  ]);
});

test('what is stored replaces anything, also the source; missing values are empty items', () => {
  const harness = harnessWith('RPUSH l 3 1 2', 'MSET w1 a d string', 'SET str x');
  check(harness, [
    ['SORT l GET w* STORE d', ':3\r\n'],
    ['LRANGE d 0 -1', 'a  '],
    ['SORT l STORE l', ':3\r\n'],
    ['LRANGE l 0 -1', '1 2 3'],
    ['SORT str', '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n'],
    ['SORT nosuch STORE l', ':0\r\n'],
    ['EXISTS l', ':0\r\n'],
  ]);
});

test('events are those of Redis', () => {
  const harness = harnessWith('RPUSH l 1');
  harness.engine.changes.notifyClasses = -1;
  harness.engine.refreshEffects();
  const listener = harness.connect();
  listener.run('PSUBSCRIBE', '__keyevent@0__:*');
  for (const [command, events] of [
    ['SORT l STORE d', 'new:d sortstore:d'],
    ['SORT l STORE d', 'overwritten:d sortstore:d'],
    ['SORT l GET w*', 'keymiss:w1'],
    ['SORT l LIMIT 1 1 STORE d', 'del:d'],
    ['SORT l LIMIT 1 1 STORE d', ''],
  ] as const) {
    harness.run(...command.split(' '));
    const seen = [...listener.take().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)\r\n/g)];
    assert.equal(seen.map(([, name, key]) => `${name}:${key}`).join(' '), events, command);
  }
});

test('COMMAND GETKEYS finds the key of the last STORE', () => {
  const harness = new EngineHarness();
  check(harness, [
    ['COMMAND GETKEYS SORT k GET STORE STORE a LIMIT STORE 1 STORE b', 'k b'],
    ['COMMAND GETKEYS SORT_RO k BY w*', 'k'],
  ]);
});

test('memory that runs out refuses to store, whole', () => {
  const harness = new EngineHarness({ memory: { bytesMax: 16 * 1024 * 1024 } });
  harness.run('SET', 'w', 'x'.repeat(100_000));
  harness.run('RPUSH', 'l', ...Array.from({ length: 300 }, (_, index) => String(index)));
  for (let index = 0; index < 300; index++) harness.run('SET', `w${index}`, 'x'.repeat(20_000));
  assert.match(harness.run('SORT', 'l', 'GET', 'w*', 'GET', 'w*', 'STORE', 'd'), /^-OOM /);
  assert.equal(harness.run('EXISTS', 'd'), ':0\r\n');
  harness.engine.check();
});

describe(`sorts as a naive model does (seed ${SEED})`, () => {
  for (const command of ['RPUSH', 'SADD', 'ZADD']) {
    it(command, () => {
      const prng = new Prng(SEED);
      const harness = new EngineHarness();
      const items = Array.from({ length: 700 }, (_, index) => String(index * 7 - 900));
      for (let index = items.length - 1; index > 0; index--) {
        const other = prng.below(index + 1);
        [items[index], items[other]] = [items[other]!, items[index]!];
      }
      harness.run(command, 'k', ...items.flatMap((item) => (command === 'ZADD' ? ['1', item] : [item])));
      const weights = new Map(items.map((item) => [item, prng.below(50)]));
      for (const [item, weight] of weights) harness.run('SET', `w:${item}:x`, String(weight));
      const byText = (a: string, b: string) => (a < b ? -1 : 1);
      const orders: [options: string, order: (a: string, b: string) => number][] = [
        ['', (a, b) => Number(a) - Number(b)],
        ['ALPHA', byText],
        ['BY w:*:x', (a, b) => weights.get(a)! - weights.get(b)! || byText(a, b)],
      ];
      for (const [options, order] of orders) {
        const sorted = [...items].sort(order);
        for (const direction of ['ASC', 'DESC']) {
          const expected = direction === 'ASC' ? sorted : [...sorted].reverse();
          const words = `SORT k ${options} ${direction}`.split(' ').filter((word) => word !== '');
          assert.equal(told(harness, words.join(' ')), expected.join(' '), words.join(' '));
          const [offset, count] = [prng.below(700), prng.below(300)];
          const part = expected.slice(offset, offset + count);
          assert.equal(told(harness, `${words.join(' ')} LIMIT ${offset} ${count}`), part.join(' '));
          assert.equal(harness.run(...words, 'STORE', 'd'), ':700\r\n');
          assert.equal(told(harness, 'LRANGE d 0 -1'), expected.join(' '));
        }
      }
    });
  }
});

test('a NUL in an element does not end it', () => {
  const harness = new EngineHarness();
  harness.run('RPUSH', 'k', '\0b', '\0a', '');
  assert.equal(harness.run('SORT', 'k', 'ALPHA'), '*3\r\n$0\r\n\r\n$2\r\n\0a\r\n$2\r\n\0b\r\n');
});
