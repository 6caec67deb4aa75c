import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementsOf } from '../../../tests/conformance/reply-frames.ts';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { memoryReport } from '../memory-doctor.ts';
import type { MemoryFacts } from '../memory-facts.ts';

test('MEMORY USAGE takes SAMPLES, and refuses the rest', () => {
  const harness = new EngineHarness();
  harness.run('RPUSH', 'list', 'a', 'b');
  const bytes = harness.run('MEMORY', 'USAGE', 'list');
  assert.match(bytes, /^:[1-9]\d*\r\n$/);
  assert.equal(harness.run('MEMORY', 'USAGE', 'list', 'samples', '0'), bytes);
  assert.equal(harness.run('MEMORY', 'USAGE', 'nope', 'SAMPLES', '9223372036854775807'), '$-1\r\n');
  const syntax = '-ERR syntax error\r\n';
  assert.equal(harness.run('MEMORY', 'USAGE', 'list', 'SAMPLES'), syntax);
  assert.equal(harness.run('MEMORY', 'USAGE', 'list', 'SAMPLES', '-1'), syntax);
  assert.equal(harness.run('MEMORY', 'USAGE', 'list', 'NOPE', '1'), syntax);
  assert.equal(
    harness.run('MEMORY', 'USAGE', 'list', 'SAMPLES', 'x'),
    '-ERR value is not an integer or out of range\r\n',
  );
});

/** MEMORY STATS: the fields of the reply with their values. */
function stats(harness: EngineHarness): Map<string, string> {
  const elements = elementsOf(harness.run('MEMORY', 'STATS'))!;
  const fields = new Map<string, string>();
  for (let at = 0; at < elements.length; at += 2) fields.set(elements[at]!.split('\r\n')[1]!, elements[at + 1]!);
  return fields;
}

test('MEMORY STATS counts keys, and adds up', () => {
  const harness = new EngineHarness();
  const number = (name: string) => Number(stats(harness).get(name)?.slice(1));
  assert.equal(number('keys.count'), 0);
  assert.equal(number('keys.bytes-per-key'), 0);
  assert.equal(stats(harness).has('db.0'), false);
  for (let key = 0; key < 1000; key++) harness.run('SET', `key:${key}`, 'x'.repeat(100), 'EX', '1000');
  assert.equal(number('keys.count'), 1000);
  assert.ok(number('dataset.bytes') > 100_000);
  assert.equal(number('overhead.total') + number('dataset.bytes'), number('total.allocated'));
  assert.match(stats(harness).get('db.0')!, /overhead\.hashtable\.main\r\n:[1-9][\s\S]*\.expires\r\n:[1-9]/);
  for (const name of ['peak.allocated', 'clients.normal', 'aof.buffer', 'fragmentation', 'allocator-rss.ratio']) {
    assert.ok(stats(harness).has(name), name);
  }
});

test('an emptied database has no more index than one that was never used', () => {
  const harness = new EngineHarness();
  for (let key = 0; key < 5000; key++) harness.run('SET', `key:${key}`, 'x');
  assert.ok(stats(harness).has('db.0'));
  assert.notEqual(stats(harness).get('overhead.db.hashtable.lut'), ':0\r\n');
  for (let key = 0; key < 5000; key++) harness.run('DEL', `key:${key}`);
  assert.equal(stats(harness).has('db.0'), false);
  assert.equal(stats(harness).get('overhead.db.hashtable.lut'), ':0\r\n');
});

test('MEMORY PURGE gives free segments back, and MALLOC-STATS tells of those that are there', () => {
  const harness = new EngineHarness();
  let purges = 0;
  harness.engine.events.purged = () => {
    purges++;
  };
  assert.equal(harness.run('MEMORY', 'PURGE'), '+OK\r\n');
  assert.equal(purges, 1);
  assert.match(harness.run('MEMORY', 'MALLOC-STATS'), /live blocks: \d+ in \d+ bytes/);
  assert.match(harness.run('MEMORY', 'DOCTOR'), /too little data/);
});

test('MEMORY DOCTOR says what looks wrong', () => {
  const mb = 1024 * 1024;
  const sound: MemoryFacts = {
    used: 100 * mb,
    peak: 100 * mb,
    startup: 0,
    clients: 0,
    logBuffer: 0,
    overhead: 0,
    dataset: 100 * mb,
    flat: 99 * mb,
    segments: 110 * mb,
    resident: 130 * mb,
  };
  const check = (facts: Partial<MemoryFacts>, clients: number, expected: RegExp) =>
    assert.match(memoryReport({ ...sound, ...facts }, clients), expected);
  check({}, 1, /^Nothing/);
  check({ peak: 151 * mb }, 1, /\* Peak: /);
  check({ segments: 140 * mb, resident: 150 * mb }, 1, /\* Sparse segments: /);
  check({ resident: 200 * mb }, 1, /\* Resident memory: /);
  check({ clients: 2 * mb }, 4, /\* Client buffers: /);
  check({ clients: 2 * mb }, 0, /^Nothing/);
});
