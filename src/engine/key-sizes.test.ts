// INFO keysizes: the bin of a value follows every change of its length. tests/fuzz/key-sizes.test.ts compares the histograms
// with what the keys hold after each of many random commands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { engineInfo, InfoFields } from './info.ts';
import { ObeyedCommands } from './obeyed-commands.ts';

/** The lines of the section, shortened: "0 strings 1=2,8=1". */
function sizes({ engine }: EngineHarness): string[] {
  const fields = new InfoFields();
  for (const section of engineInfo(engine)) if (section.name === 'keysizes') section.write(fields);
  engine.check();
  const lines = fields.text.split('\r\n').filter((line) => line !== '');
  return lines.map((line) => line.replace(/^db(\d+)_distrib_([a-z]+)_(?:sizes|items):/, '$1 $2 '));
}

/** Runs commands of words, and compares the sizes after each: "command -> line; line". A clock of milliseconds goes with "+10". */
function check(name: string, steps: readonly string[]): void {
  test(`INFO keysizes: ${name}`, () => {
    const at = new EngineHarness();
    for (const step of steps) {
      const [command, expected] = step.split(/ ->\s?/) as [string, string | undefined];
      if (command.startsWith('+')) at.advance(Number(command));
      else {
        const reply = at.run(...command.split(' ').map((word) => (word === '""' ? '' : word)));
        assert.ok(!reply.startsWith('-'), `${command}: ${reply}`);
      }
      assert.equal(sizes(at).join('; '), expected ?? '', command);
    }
  });
}

test('INFO keysizes has a line for each type of each database, named as Redis names them', () => {
  const at = new EngineHarness();
  at.run('SET', 'text', 'x'.repeat(1500));
  at.run('SETRANGE', 'long', '2097151', 'x');
  at.run('SET', 'empty', '');
  at.run('RPUSH', 'list', 'a', 'b', 'c');
  at.run('SADD', 'set', 'a');
  at.run('ZADD', 'zset', '1', 'a', '2', 'b');
  at.run('HSET', 'hash', 'f', 'v');
  at.run('XADD', 'stream', '*', 'f', 'v');
  at.run('SELECT', '3');
  at.run('SET', 'number', '12345');
  const fields = new InfoFields();
  const section = engineInfo(at.engine).find(({ name }) => name === 'keysizes')!;
  assert.deepEqual([section.title, section.shown], ['Keysizes', 'default']);
  section.write(fields);
  assert.equal(
    fields.text,
    [
      'db0_distrib_strings_sizes:0=1,1K=1,2M=1',
      'db0_distrib_lists_items:2=1',
      'db0_distrib_sets_items:1=1',
      'db0_distrib_zsets_items:2=1',
      'db0_distrib_hashes_items:1=1',
      'db0_distrib_streams_items:1=1',
      'db3_distrib_strings_sizes:4=1',
      '',
    ].join('\r\n'),
  );
});

check('strings', [
  'SET s "" -> 0 strings 0=1',
  'SET s 7 -> 0 strings 1=1',
  'INCRBY s 2 -> 0 strings 1=1',
  'INCR s -> 0 strings 2=1',
  'INCRBY s 990 -> 0 strings 4=1',
  'DECRBY s 1009 -> 0 strings 2=1',
  'INCRBY s 9007199254740993 -> 0 strings 16=1',
  'SET s 12 -> 0 strings 2=1',
  'APPEND s 34 -> 0 strings 4=1',
  'SETRANGE s 10 abcdef -> 0 strings 16=1',
  'SETBIT s 1000 1 -> 0 strings 64=1',
  'SETRANGE s 3000 x -> 0 strings 2K=1',
  'SET s abc EX 10 -> 0 strings 2=1',
  'GETEX s PERSIST -> 0 strings 2=1',
  'SET s abcd -> 0 strings 4=1',
  'GETSET s abcdefgh -> 0 strings 8=1',
  'INCRBYFLOAT n 1.5 -> 0 strings 2=1,8=1',
  'MSET a 1 b 2 c 3 -> 0 strings 1=3,2=1,8=1',
  'BITOP AND d s s -> 0 strings 1=3,2=1,8=2',
  'BITFIELD e SET u8 1000 255 -> 0 strings 1=3,2=1,8=2,64=1',
  'PFADD p a b c d e f g h i j -> 0 strings 1=3,2=1,8=2,32=1,64=1',
  'PFMERGE q p -> 0 strings 1=3,2=1,8=2,32=2,64=1',
  'GETDEL s -> 0 strings 1=3,2=1,8=1,32=2,64=1',
  'DEL a b c d e n p q ->',
]);

check('lists', [
  'RPUSH l 1 2 3 4 5 -> 0 lists 4=1',
  'LPUSH l 6 7 8 -> 0 lists 8=1',
  'LINSERT l AFTER 1 9 -> 0 lists 8=1',
  'LREM l 0 9 -> 0 lists 8=1',
  'RPOP l -> 0 lists 4=1',
  'LMOVE l m LEFT LEFT -> 0 lists 1=1,4=1',
  'LMOVE l l LEFT RIGHT -> 0 lists 1=1,4=1',
  'LMOVE m l LEFT LEFT -> 0 lists 4=1',
  'LTRIM l 0 1 -> 0 lists 2=1',
  'RPUSH n z -> 0 lists 1=1,2=1',
  'LMPOP 2 none l LEFT COUNT 5 -> 0 lists 1=1',
  'BLPOP n 0 ->',
  'RPUSH l 2 1 3 -> 0 lists 2=1',
  'SORT l STORE m -> 0 lists 2=2',
  'SET l x -> 0 strings 1=1; 0 lists 2=1',
]);

check('sets', [
  'SADD s 1 2 3 4 5 6 7 -> 0 sets 4=1',
  'SADD s word -> 0 sets 8=1',
  'SREM s 1 -> 0 sets 4=1',
  'SMOVE s t 2 -> 0 sets 1=1,4=1',
  'SMOVE s t 3 -> 0 sets 2=1,4=1',
  'SPOP s 3 -> 0 sets 2=2',
  'SUNIONSTORE u s t -> 0 sets 2=2,4=1',
  'SINTERSTORE u s t -> 0 sets 2=2',
  'SPOP t 5 -> 0 sets 2=1',
]);

check('sorted sets', [
  'ZADD z 1 a 2 b 3 c 4 d -> 0 zsets 4=1',
  'ZINCRBY z 1 e -> 0 zsets 4=1',
  'ZREM z e d -> 0 zsets 2=1',
  'ZPOPMIN z -> 0 zsets 2=1',
  'ZRANGESTORE y z 0 0 -> 0 zsets 1=1,2=1',
  'ZMPOP 2 y z MIN -> 0 zsets 2=1',
  'ZREMRANGEBYRANK z 0 0 -> 0 zsets 1=1',
  'BZPOPMAX z 0 ->',
  'GEOADD g 13 38 a 15 37 b -> 0 zsets 2=1',
  'GEOSEARCHSTORE h g FROMMEMBER a BYBOX 1 1 km -> 0 zsets 1=1,2=1',
]);

check('hashes and their fields with deadlines', [
  'HSET h a 1 b 2 c 3 d 4 -> 0 hashes 4=1',
  'HPEXPIRE h 50 FIELDS 1 a -> 0 hashes 4=1',
  '+200 -> 0 hashes 2=1',
  'HPEXPIRE h 0 FIELDS 2 b c -> 0 hashes 1=1',
  'HGETDEL h FIELDS 1 d ->',
  'HSETEX h PX 10 FIELDS 2 a 1 b 2 -> 0 hashes 2=1',
  'HGETEX h PX 1000 FIELDS 1 b -> 0 hashes 2=1',
  '+200 -> 0 hashes 1=1',
  'HINCRBY h n 1 -> 0 hashes 2=1',
  '+2000 -> 0 hashes 1=1',
  'HDEL h n ->',
]);

check('streams', [
  'XGROUP CREATE x g 0 MKSTREAM -> 0 streams 0=1',
  'XADD x 1-1 f v -> 0 streams 1=1',
  'XADD x 2-1 f v -> 0 streams 2=1',
  'XADD x MAXLEN 1 3-1 f v -> 0 streams 1=1',
  'XADD y NOMKSTREAM 1-1 f v -> 0 streams 1=1',
  'XADD y MAXLEN 0 1-1 f v -> 0 streams 0=1,1=1',
  'XREADGROUP GROUP g me COUNT 5 STREAMS x > -> 0 streams 0=1,1=1',
  'XACKDEL x g IDS 1 3-1 -> 0 streams 0=2',
  'XADD x 4-1 f v -> 0 streams 0=1,1=1',
  'XDEL x 4-1 -> 0 streams 0=2',
  'XADD x 5-1 f v -> 0 streams 0=1,1=1',
  'XDELEX x IDS 1 5-1 -> 0 streams 0=2',
  'DEL x y ->',
]);

check('keys as a whole', [
  'RPUSH l 1 2 3 4 -> 0 lists 4=1',
  'EXPIRE l 100 -> 0 lists 4=1',
  'COPY l m -> 0 lists 4=2',
  'SET s x PX 10 -> 0 strings 1=1; 0 lists 4=2',
  'RENAME l s -> 0 lists 4=2',
  'MOVE s 1 -> 0 lists 4=1; 1 lists 4=1',
  'COPY m c DB 1 -> 0 lists 4=1; 1 lists 4=2',
  'HSET h a 1 -> 0 lists 4=1; 0 hashes 1=1; 1 lists 4=2',
  'SWAPDB 0 1 -> 0 lists 4=2; 1 lists 4=1; 1 hashes 1=1',
  'PEXPIRE c 10 -> 0 lists 4=2; 1 lists 4=1; 1 hashes 1=1',
  '+200 -> 0 lists 4=1; 1 lists 4=1; 1 hashes 1=1',
  'FLUSHDB ASYNC -> 1 lists 4=1; 1 hashes 1=1',
  'SET s x -> 0 strings 1=1; 1 lists 4=1; 1 hashes 1=1',
  'FLUSHALL ->',
]);

test('INFO keysizes: what a waiting client is given is taken from the list', () => {
  const at = new EngineHarness();
  const waiting = at.connect();
  waiting.run('BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0');
  at.run('RPUSH', 'l', 'a', 'b', 'c');
  assert.deepEqual(sizes(at), ['0 lists 1=1,2=1']);
  const second = at.connect();
  second.run('BZMPOP', '0', '1', 'z', 'MIN', 'COUNT', '10');
  at.run('ZADD', 'z', '1', 'a');
  assert.deepEqual(sizes(at), ['0 lists 1=1,2=1']);
});

test('INFO keysizes: a read that meets expired fields counts the hash anew', () => {
  const at = new EngineHarness();
  at.run('RPUSH', 'ids', '1', '2', '3', '4', '5', '6', '7', '8');
  for (let id = 1; id <= 8; id++) at.run('HSETEX', `h:${id}`, 'PX', '10', 'FIELDS', '2', 'name', 'a', 'score', `${id}`);
  at.clock.advance(20);
  assert.deepEqual(sizes(at), ['0 lists 8=1', '0 hashes 2=8']);
  at.run('HGET', 'h:1', 'name');
  assert.deepEqual(sizes(at), ['0 lists 8=1', '0 hashes 1=1,2=7']);
  at.run('SORT', 'ids', 'BY', 'h:*->score', 'GET', 'h:*->name');
  assert.deepEqual(sizes(at), ['0 lists 8=1']);
});

test('INFO keysizes: commands that are run again from a log count', () => {
  const at = new EngineHarness();
  const obeyed = new ObeyedCommands(at.engine);
  const database = at.engine.keyspace.databases[0]!;
  for (const command of ['RPUSH l a b c', 'LTRIM l 0 0', 'SADD s a b', 'SADD s c d', 'APPEND t abc', 'APPEND t def']) {
    const words = command.split(' ');
    const ends = words.map((_, index) => words.slice(0, index + 1).join('').length);
    const starts = ends.map((end, index) => end - words[index]!.length);
    const bytes = fromLatin1(words.join(''));
    obeyed.run(database, bytes, Int32Array.from(starts), Int32Array.from(ends), words.length);
    at.engine.check();
  }
  assert.deepEqual(sizes(at), ['0 strings 4=1', '0 lists 1=1', '0 sets 4=1']);
});

test('INFO keysizes: what is evicted is counted no longer', () => {
  const at = new EngineHarness();
  for (let index = 0; index < 1000; index++) at.run('SET', `key:${index}`, 'x'.repeat(100));
  at.engine.eviction.setPolicy('allkeys-random');
  at.engine.eviction.setLimit(at.engine.usedMemory() - 50_000);
  at.advance(0);
  const left = at.engine.keyspace.count(at.engine.keyspace.databases[0]!);
  assert.ok(left < 1000);
  assert.deepEqual(sizes(at), [`0 strings 64=${left}`]);
});
