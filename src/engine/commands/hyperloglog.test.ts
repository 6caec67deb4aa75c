// HyperLogLogs over wire bytes: what the comparison with redis-server 7.0.15 cannot say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { Prng } from '../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

test('PFSELFTEST finds nothing wrong', () => {
  assert.equal(new EngineHarness({ seed: SEED }).run('PFSELFTEST'), '+OK\r\n');
});

test('CVE-2019-10192, 2025-32023: runs past the end, and runs of too many registers, are refused', () => {
  const harness = new EngineHarness();
  harness.run('PFADD', 'h', 'a', 'b', 'c');
  const whole = harness.run('GET', 'h');
  const bytes = whole.slice(whole.indexOf('\r\n') + 2, -2);
  const corrupt: [name: string, value: string][] = [
    ['a run cut in two', `${bytes.slice(0, -2)}\x7f`],
    ['more registers than there are', `${bytes}\x7f\xff`],
    ['fewer', bytes.slice(0, -2)],
    ['no registers', bytes.slice(0, 16)],
    ['many long runs', `${bytes.slice(0, 16)}${'\x7f\xff'.repeat(1000)}`],
  ];
  for (const [name, value] of corrupt) {
    harness.run('SET', 'h', value);
    for (const command of [
      'PFADD h x',
      'PFCOUNT h',
      'PFCOUNT h h',
      'PFMERGE d h',
      'PFDEBUG GETREG h',
      'PFDEBUG DECODE h',
    ]) {
      assert.equal(
        harness.run(...command.split(' ')),
        '-INVALIDOBJ Corrupted HLL object detected\r\n',
        `${name}: ${command}`,
      );
    }
    assert.equal(harness.run('GET', 'h'), `$${value.length}\r\n${value}\r\n`);
  }
});

test(`any change of any byte is survived (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const harness = new EngineHarness({ seed: SEED });
  for (let round = 0; round < 1500; round++) {
    harness.run('DEL', 'h');
    harness.run(
      'PFADD',
      'h',
      ...Array.from({ length: prng.below(round % 50 === 0 ? 3000 : 60) }, () => String(prng.next32())),
    );
    const length = Number(harness.run('STRLEN', 'h').slice(1, -2));
    for (let changes = 1 + prng.below(5); changes > 0; changes--) {
      harness.run('SETRANGE', 'h', String(prng.below(length)), String.fromCharCode(prng.below(256)));
    }
    for (const command of [
      'PFCOUNT h',
      'PFADD h x y',
      'PFMERGE d h',
      'PFDEBUG DECODE h',
      'PFDEBUG TODENSE h',
      'PFCOUNT h d',
    ]) {
      assert.match(harness.run(...command.split(' ')), /^(:|\+|\$|-(INVALIDOBJ|WRONGTYPE|ERR HLL encoding))/, command);
    }
  }
  harness.engine.check();
});

test('sparse and dense forms of the same elements count the same', () => {
  const prng = new Prng(SEED);
  const harness = new EngineHarness({ seed: SEED });
  for (let round = 0; round < 200; round++) {
    const elements = Array.from({ length: prng.below(500) }, () => String(prng.next32()));
    harness.run('DEL', 'sparse', 'dense', 'merged');
    harness.run('PFADD', 'dense');
    harness.run('PFDEBUG', 'TODENSE', 'dense');
    harness.run('PFADD', 'sparse', ...elements);
    harness.run('PFADD', 'dense', ...elements);
    harness.run('PFMERGE', 'merged', 'sparse');
    const count = harness.run('PFCOUNT', 'sparse');
    assert.equal(harness.run('PFCOUNT', 'dense'), count);
    assert.equal(harness.run('PFCOUNT', 'merged', 'dense'), count);
    assert.ok(Math.abs(Number(count.slice(1)) - elements.length) <= 3 + elements.length * 0.05);
  }
  harness.engine.check();
});
