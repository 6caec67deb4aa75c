// Commands that are run again: what they meet is there, however long ago its time has come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, START } from '../../tests/support/engine-harness.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { ObeyedCommands } from './obeyed-commands.ts';

/** Runs commands again in database 0; their errors. */
function obey(at: EngineHarness, commands: readonly string[]): string[] {
  const obeyed = new ObeyedCommands(at.engine);
  return commands.map((command) => {
    const words = command.split(' ');
    const starts: number[] = [];
    let length = 0;
    for (const word of words) {
      starts.push(length);
      length += word.length;
    }
    const ends = starts.map((start, index) => start + words[index]!.length);
    const bytes = fromLatin1(words.join(''));
    const database = at.engine.keyspace.databases[0]!;
    return obeyed.run(database, bytes, Int32Array.from(starts), Int32Array.from(ends), words.length) ?? 'unknown';
  });
}

test('a key that has expired is changed as when it was there, and then is gone', () => {
  const at = new EngineHarness();
  const errors = obey(at, [
    'RPUSH list foo',
    'PEXPIREAT list 1000',
    'RPUSH list bar',
    'SET text a PXAT 1000',
    'APPEND text b',
    'SET other 1 PXAT 1000',
    'SET other 2 KEEPTTL',
    'PEXPIREAT list -5',
    'LPUSHX list baz',
    'SET gone 1 PXAT 1000',
    'UNLINK gone',
    'SET gone 2',
    'SET kept 1 PXAT 1000',
    'PERSIST kept',
  ]);
  assert.deepEqual(new Set(errors), new Set(['']));
  at.engine.check();
  assert.equal(at.engine.keyspace.count(at.engine.keyspace.databases[0]!), 5);
  assert.equal(at.run('LLEN', 'list'), ':0\r\n');
  assert.equal(at.run('STRLEN', 'text'), ':0\r\n');
  assert.equal(at.run('GET', 'other'), '$-1\r\n');
  assert.equal(at.run('GET', 'gone'), '$1\r\n2\r\n');
  assert.equal(at.run('GET', 'kept'), '$1\r\n1\r\n');
  at.engine.check();
});

test('a field that has expired is changed as when it was there, and then is gone', () => {
  const at = new EngineHarness();
  const past = START - 1000;
  const errors = obey(at, [
    'HSET hash a 1 b 2 c 3',
    `HPEXPIREAT hash ${past} FIELDS 2 a b`,
    'HINCRBY hash a 5',
    'HPERSIST hash FIELDS 1 b',
    'HDEL hash c',
  ]);
  assert.deepEqual(new Set(errors), new Set(['']));
  at.engine.check();
  assert.equal(at.run('HGET', 'hash', 'a'), '$-1\r\n');
  assert.equal(at.run('HGET', 'hash', 'b'), '$1\r\n2\r\n');
  assert.equal(at.run('HLEN', 'hash'), ':1\r\n');
  at.engine.check();
});

test('times that are given from now on are from now on', () => {
  const at = new EngineHarness();
  obey(at, ['SET a 1', 'EXPIRE a 10', 'HSET h f 1', 'HEXPIRE h 10 FIELDS 1 f']);
  assert.equal(at.run('TTL', 'a'), ':10\r\n');
  assert.equal(at.run('HTTL', 'h', 'FIELDS', '1', 'f'), '*1\r\n:10\r\n');
});

test('they are counted nowhere, and enter no log', () => {
  const at = new EngineHarness();
  at.engine.watch.slow.threshold = 0;
  at.engine.rewatch();
  obey(at, ['SET a 1', 'GET a', 'LPUSH a 1', 'BLPOP list 0']);
  const { statistics, watch, timer } = at.engine;
  assert.equal(
    statistics.calls.reduce((sum, calls) => sum + calls, 0),
    0,
  );
  assert.equal(statistics.errors.size, 0);
  assert.equal(watch.slow.length(), 0);
  assert.deepEqual(timer.recent(), []);
});
