// Sorted sets over the wire: every command, packed and large, in RESP2 and RESP3; then blocking, events, random members,
// memory that runs out.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, type TestClient } from '../../../../tests/support/engine-harness.ts';
import { EVENT_ALL, EVENT_KEYEVENT } from '../../events.ts';

/** A reply as one line: integers and strings as they are, (nil), [elements], errors with their dash, doubles as ,1.5. */
function shown(raw: string): string {
  let at = 0;
  const read = (): string => {
    const end = raw.indexOf('\r\n', at);
    const type = raw[at]!;
    const line = raw.slice(at + 1, end);
    at = end + 2;
    if (type === '-' || type === ',' || type === '+') return type + line;
    if (type === '_' || line === '-1') return type === ':' ? line : '(nil)';
    if (type === '$') {
      at += Number(line) + 2;
      return raw.slice(at - Number(line) - 2, at - 2);
    }
    if (type !== '*') return line;
    return `[${Array.from({ length: Number(line) }, read).join(' ')}]`;
  };
  const parts: string[] = [];
  while (at < raw.length) parts.push(read());
  return parts.join(' ');
}

function words(line: string): string[] {
  return line.split(' ').map((word) => (word === '""' ? '' : word));
}

/** Runs lines of the form "command => reply", each list on an empty data set. */
function run(harness: EngineHarness, lines: readonly string[]): void {
  harness.run('FLUSHALL');
  for (const line of lines) {
    const [command = '', expected] = line.split(' => ');
    const reply = shown(harness.run(...words(command)));
    if (expected !== undefined) assert.equal(reply, expected, line);
    harness.engine.check();
  }
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  'ZADD adds, updates and counts': [
    'ZADD z 1 a 2 b 3 c => 3',
    'ZADD z 1 a 5 b 4 d => 1',
    'ZADD z CH 1 a 6 b 7 e => 2',
    'ZRANGE z 0 -1 WITHSCORES => [a 1 c 3 d 4 b 6 e 7]',
    'ZADD z 1 x 2 x => 1',
    'ZSCORE z x => 2',
  ],
  'ZADD with conditions': [
    'ZADD z XX 1 a => 0',
    'EXISTS z => 0',
    'ZADD z NX 1 a => 1',
    'ZADD z NX 2 a => 0',
    'ZADD z XX CH 2 a 3 b => 1',
    'ZADD z GT CH 1 a => 0',
    'ZADD z GT CH 3 a => 1',
    'ZADD z LT CH 4 a => 0',
    'ZADD z LT CH 2 a 9 new => 2',
    'ZADD z XX GT CH 5 a 5 nosuch => 1',
    'ZRANGE z 0 -1 WITHSCORES => [a 5 new 9]',
  ],
  'ZADD INCR and ZINCRBY': [
    'ZADD z XX INCR 1 a => (nil)',
    'ZADD z INCR 1.5 a => 1.5',
    'ZADD z NX INCR 1 a => (nil)',
    'ZADD z GT INCR -1 a => (nil)',
    'ZADD z GT INCR 1 a => 2.5',
    'ZINCRBY z -5 a => -2.5',
    'ZINCRBY z 3 b => 3',
    'ZADD z inf c => 1',
    'ZINCRBY z -inf c => -ERR resulting score is not a number (NaN)',
    'ZADD z INCR -inf c => -ERR resulting score is not a number (NaN)',
    'ZRANGE z 0 -1 WITHSCORES => [a -2.5 b 3 c inf]',
  ],
  'what ZADD refuses changes nothing': [
    "ZADD z 1 => -ERR wrong number of arguments for 'zadd' command",
    "ZADD z NX => -ERR wrong number of arguments for 'zadd' command",
    'ZADD z 1 a 2 => -ERR syntax error',
    'ZADD z NX XX => -ERR syntax error',
    'ZADD z NX XX 1 a => -ERR XX and NX options at the same time are not compatible',
    'ZADD z GT NX 1 a => -ERR GT, LT, and/or NX options at the same time are not compatible',
    'ZADD z GT LT 1 a => -ERR GT, LT, and/or NX options at the same time are not compatible',
    'ZADD z INCR 1 a 2 b => -ERR INCR option supports a single increment-element pair',
    'ZADD z 1 a x b => -ERR value is not a valid float',
    'ZADD z nan a => -ERR value is not a valid float',
    'ZINCRBY z NX a => -ERR syntax error',
    'EXISTS z => 0',
    'SET s x => +OK',
    'ZADD s 1 a => -WRONGTYPE Operation against a key holding the wrong kind of value',
    'ZADD s x a => -ERR value is not a valid float',
  ],
  'scores at the edges': [
    'ZADD z -inf a -1e308 b -0.5 c 0 d 5e-324 e 9007199254740993 f 1e300 g +inf h => 8',
    'ZRANGE z 0 -1 WITHSCORES => [a -inf b -1e+308 c -0.5 d 0 e 5e-324 f 9007199254740992 g 1e+300 h inf]',
    'ZCOUNT z -inf +inf => 8',
    'ZCOUNT z (-inf (inf => 6',
    'ZADD z 4611686018427387904 a => 0',
    'ZSCORE z a => 4611686018427387904',
    'ZRANGEBYSCORE z 4611686018427387904 4611686018427387904 => [a]',
  ],
  'scores are told with the fewest digits': [
    'ZADD z 0.1 a 3.14159265358979 b 1e21 c 123456789012 d => 4',
    'ZMSCORE z a b c d nosuch => [0.1 3.14159265358979 1e+21 123456789012 (nil)]',
  ],
  'members of equal score are in byte order': [
    'ZADD z 0 b 0 a 0 B 0 10 0 9 0 "" => 6',
    'ZRANGE z 0 -1 => [ 10 9 B a b]',
    'ZADD z 0 9 1 a => 0',
    'ZRANGE z 0 -1 REV => [a b B 9 10 ]',
  ],
  'ZREM takes the key with the last member': [
    'ZADD z 1 a 2 b 3 c => 3',
    'ZREM z b nosuch b => 1',
    'ZREM nosuch a => 0',
    'ZREM z a c d => 2',
    'EXISTS z => 0',
  ],
  'ranks, with the score if asked for': [
    'ZADD z 1 a 2 b 3 c => 3',
    'ZRANK z a => 0',
    'ZREVRANK z a => 2',
    'ZRANK z c WITHSCORE => [2 3]',
    'ZREVRANK z c withscore => [0 3]',
    'ZRANK z nosuch => (nil)',
    'ZRANK z nosuch WITHSCORE => (nil)',
    'ZRANK nosuch a => (nil)',
    'ZRANK z a WITHSCORES => -ERR syntax error',
    "ZRANK z a WITHSCORE x => -ERR wrong number of arguments for 'zrank' command",
  ],
  'ranges of ranks': [
    'ZADD z 1 a 2 b 3 c 4 d => 4',
    'ZRANGE z 1 2 => [b c]',
    'ZRANGE z -2 -1 WITHSCORES => [c 3 d 4]',
    'ZRANGE z -100 100 => [a b c d]',
    'ZRANGE z 2 1 => []',
    'ZRANGE z 4 10 => []',
    'ZRANGE z 0 -100 => []',
    'ZREVRANGE z 0 1 WITHSCORES => [d 4 c 3]',
    'ZRANGE z 1 1 REV => [c]',
    'ZRANGE z 0 x => -ERR value is not an integer or out of range',
    'ZRANGE z 0 1 LIMIT 0 1 => -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
    'ZRANGE z 0 1 LIMIT 0 -1 => [a b]',
    'ZRANGE z 0 1 BYSCORE BYLEX => -ERR syntax error',
    'ZREVRANGE z 0 1 REV => -ERR syntax error',
    'ZRANGE nosuch 0 1 => []',
  ],
  'ranges of scores': [
    'ZADD z 1 a 2 b 3 c 4 d 4 e => 5',
    'ZRANGEBYSCORE z 2 3 => [b c]',
    'ZRANGEBYSCORE z (2 (4 => [c]',
    'ZRANGEBYSCORE z 4 4 WITHSCORES => [d 4 e 4]',
    'ZRANGEBYSCORE z -inf +inf LIMIT 1 2 => [b c]',
    'ZRANGEBYSCORE z -inf +inf LIMIT 1 -1 => [b c d e]',
    'ZRANGEBYSCORE z -inf +inf LIMIT 4 10 => [e]',
    'ZRANGEBYSCORE z -inf +inf LIMIT 5 10 => []',
    'ZRANGEBYSCORE z -inf +inf LIMIT -1 10 => []',
    'ZRANGEBYSCORE z -inf +inf LIMIT 0 0 => []',
    'ZRANGEBYSCORE z 3 2 => []',
    'ZRANGEBYSCORE z (2 2 => []',
    'ZREVRANGEBYSCORE z 4 (1 => [e d c b]',
    'ZREVRANGEBYSCORE z +inf -inf LIMIT 1 2 WITHSCORES => [d 4 c 3]',
    'ZRANGE z 4 2 BYSCORE REV => [e d c b]',
    'ZRANGE z 2 4 BYSCORE REV => []',
    'ZCOUNT z 2 (4 => 2',
    'ZCOUNT z 5 6 => 0',
    'ZCOUNT nosuch 5 6 => 0',
    'ZCOUNT z x 1 => -ERR min or max is not a float',
    'ZCOUNT z 1 nan => -ERR min or max is not a float',
    'ZCOUNT z ( 1 => 1',
    'ZCOUNT z -1e999 1e999 => 5',
    'ZCOUNT z 1e-999 1 => 1',
  ],
  'ranges of members': [
    'ZADD z 0 a 0 b 0 c 0 d 0 e => 5',
    'ZRANGEBYLEX z - + => [a b c d e]',
    'ZRANGEBYLEX z [b (d => [b c]',
    'ZRANGEBYLEX z (b + LIMIT 1 1 => [d]',
    'ZRANGEBYLEX z + - => []',
    'ZRANGEBYLEX z - - => []',
    'ZRANGEBYLEX z [b (b => []',
    'ZRANGEBYLEX z [bb [cc => [c]',
    'ZREVRANGEBYLEX z [d (a => [d c b]',
    'ZREVRANGEBYLEX z + - LIMIT 1 2 => [d c]',
    'ZRANGE z (d - BYLEX REV => [c b a]',
    'ZLEXCOUNT z [b [d => 3',
    'ZLEXCOUNT z (b (c => 0',
    'ZLEXCOUNT z b d => -ERR min or max not valid string range item',
    'ZLEXCOUNT z "" + => -ERR min or max not valid string range item',
    'ZRANGE z - + BYLEX WITHSCORES => -ERR syntax error, WITHSCORES not supported in combination with BYLEX',
  ],
  'ranges are removed': [
    'ZADD z 1 a 2 b 3 c 4 d 5 e 6 f => 6',
    'ZREMRANGEBYRANK z 0 0 => 1',
    'ZREMRANGEBYRANK z -1 -1 => 1',
    'ZREMRANGEBYRANK z 3 1 => 0',
    'ZREMRANGEBYRANK nosuch 0 -1 => 0',
    'ZREMRANGEBYSCORE z (2 3 => 1',
    'ZREMRANGEBYSCORE z 10 20 => 0',
    'ZRANGE z 0 -1 => [b d e]',
    'ZREMRANGEBYLEX z [b [b => 1',
    'ZREMRANGEBYRANK z 0 -1 => 2',
    'EXISTS z => 0',
  ],
  'the least and the greatest are popped': [
    'ZADD z 1 a 2 b 3 c 4 d 5 e 6 f => 6',
    'ZPOPMIN z => [a 1]',
    'ZPOPMAX z => [f 6]',
    'ZPOPMAX z 2 => [e 5 d 4]',
    'ZPOPMIN z 0 => []',
    'ZPOPMIN z -1 => -ERR value is out of range, must be positive',
    'ZPOPMIN z 1 2 => -ERR syntax error',
    'ZPOPMIN z 10 => [b 2 c 3]',
    'ZPOPMIN z => []',
    'EXISTS z => 0',
  ],
  'ZMPOP pops from the first that is there': [
    'ZADD z 1 a 2 b 3 c => 3',
    'ZMPOP 2 nosuch z MIN => [z [[a 1]]]',
    'ZMPOP 2 nosuch z MAX COUNT 9 => [z [[c 3] [b 2]]]',
    'ZMPOP 2 nosuch z MIN => (nil)',
    'ZMPOP 0 z MIN => -ERR numkeys should be greater than 0',
    'ZMPOP x z MIN => -ERR numkeys should be greater than 0',
    'ZMPOP 1 z MID => -ERR syntax error',
    'ZMPOP 2 z MIN => -ERR syntax error',
    'ZMPOP 1 z MIN COUNT 0 => -ERR count should be greater than 0',
    'ZMPOP 1 z MIN COUNT 1 COUNT 2 => -ERR syntax error',
    'SET s x => +OK',
    'ZMPOP 2 nosuch s MIN => -WRONGTYPE Operation against a key holding the wrong kind of value',
  ],
  'unions, intersections, differences': [
    'ZADD a 1 x 2 y 3 z => 3',
    'ZADD b 10 y 20 z 30 w => 3',
    'SADD s y w => 2',
    'ZUNION 2 a b WITHSCORES => [x 1 y 12 z 23 w 30]',
    'ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES => [x 2 y 5 z 10 w 15]',
    'ZUNION 3 a s nosuch => [w x y z]',
    'ZINTER 2 a b WITHSCORES => [y 12 z 23]',
    'ZINTER 3 a b s WITHSCORES => [y 13]',
    'ZINTER 2 a b AGGREGATE MIN WITHSCORES => [y 2 z 3]',
    'ZINTER 2 a nosuch => []',
    'ZUNION 3 a b s AGGREGATE COUNT WITHSCORES => [x 1 w 2 z 2 y 3]',
    'ZUNION 2 a b AGGREGATE COUNT WEIGHTS 10 1 WITHSCORES => [w 1 x 10 y 11 z 11]',
    'ZDIFF 2 a b WITHSCORES => [x 1]',
    'ZDIFF 2 b s => [z]',
    'ZDIFF 2 a a => []',
    'ZDIFF 4 a nosuch nosuch nosuch => [x y z]',
    'ZINTERCARD 2 a b => 2',
    'ZINTERCARD 2 a b LIMIT 1 => 1',
    'ZINTERCARD 2 a b LIMIT 0 => 2',
    'ZUNION 1 a WEIGHTS inf WITHSCORES => [x inf y inf z inf]',
    'ZADD n 0 zero -inf low inf high => 3',
    'ZUNION 1 n WEIGHTS 0 WITHSCORES => [high 0 low 0 zero 0]',
    'ZADD m inf low -inf high => 2',
    'ZINTER 2 n m WITHSCORES => [high 0 low 0]',
  ],
  'algebra refuses': [
    'ZADD a 1 x => 1',
    "ZUNION 0 a => -ERR at least 1 input key is needed for 'zunion' command",
    "ZINTERSTORE d 0 a => -ERR at least 1 input key is needed for 'zinterstore' command",
    "ZINTERCARD -1 a => -ERR at least 1 input key is needed for 'zintercard' command",
    'ZUNION x a => -ERR value is not an integer or out of range',
    'ZUNION 2 a => -ERR syntax error',
    'ZUNION 1 a WEIGHTS => -ERR syntax error',
    'ZUNION 1 a WEIGHTS x => -ERR weight value is not a float',
    'ZUNION 1 a AGGREGATE AVG => -ERR syntax error',
    'ZDIFF 1 a WEIGHTS 1 => -ERR syntax error',
    'ZUNIONSTORE d 1 a WITHSCORES => -ERR syntax error',
    "ZINTERCARD 1 a LIMIT -1 => -ERR LIMIT can't be negative",
    'SET t x => +OK',
    'ZUNION 2 a t WEIGHTS x => -WRONGTYPE Operation against a key holding the wrong kind of value',
    'EXISTS d => 0',
  ],
  'results are stored': [
    'ZADD a 1 x 2 y => 2',
    'SADD s y z => 2',
    'SET d text => +OK',
    'EXPIRE d 100 => 1',
    'ZUNIONSTORE d 2 a s => 3',
    'TTL d => -1',
    'ZRANGE d 0 -1 WITHSCORES => [x 1 z 1 y 3]',
    'ZINTERSTORE a 2 a s => 1',
    'ZRANGE a 0 -1 WITHSCORES => [y 3]',
    'ZDIFFSTORE d 2 a a => 0',
    'EXISTS d => 0',
    'ZDIFFSTORE d 2 a nosuch => 1',
    'ZRANGESTORE d nosuch 0 -1 => 0',
    'EXISTS d => 0',
    'ZADD z 1 a 2 b 3 c => 3',
    'ZRANGESTORE d z 0 1 REV => 2',
    'ZRANGE d 0 -1 WITHSCORES => [b 2 c 3]',
    'ZRANGESTORE d z (1 +inf BYSCORE LIMIT 0 1 => 1',
    'ZRANGE d 0 -1 => [b]',
    'ZRANGESTORE z z 1 -1 => 2',
    'ZRANGE z 0 -1 => [b c]',
    'ZRANGESTORE z z 5 1 => 0',
    'ZRANGESTORE d z 0 1 WITHSCORES => -ERR syntax error',
  ],
  'other types are refused': [
    'SET s x => +OK',
    ...['ZCARD s', 'ZSCORE s a', 'ZMSCORE s a', 'ZRANK s a', 'ZRANGE s 0 1', 'ZREM s a', 'ZPOPMIN s', 'ZSCAN s 0'].map(
      (command) => `${command} => -WRONGTYPE Operation against a key holding the wrong kind of value`,
    ),
  ],
  'ZSCAN tells members and scores': [
    'ZADD z 1 a 2.5 b 3 ab => 3',
    'ZSCAN z 0 MATCH a* COUNT 100 NOSCORES',
    'ZSCAN nosuch 0 => [0 []]',
    'ZSCAN z x => -ERR invalid cursor',
    'ZSCAN z 0 COUNT 0 => -ERR syntax error',
  ],
  'values are copied, renamed and deleted': [
    'ZADD z 1 a 2 b 3 c => 3',
    'COPY z y => 1',
    'ZREM y b => 1',
    'RENAME z x => +OK',
    'ZRANGE x 0 -1 WITHSCORES => [a 1 b 2 c 3]',
    'ZRANGE y 0 -1 => [a c]',
    'UNLINK x y => 2',
  ],
};

for (const [encoding, entriesMax] of [
  ['listpack', 128],
  ['skiplist', 0],
] as const) {
  describe(`sorted sets as ${encoding}`, () => {
    for (const [name, lines] of Object.entries(CASES)) {
      it(name, () => {
        const harness = new EngineHarness();
        harness.engine.keyspace.sortedSets.packedEntriesMax = entriesMax;
        harness.run('ZADD', 'probe', '1', 'a');
        assert.equal(shown(harness.run('OBJECT', 'ENCODING', 'probe')), encoding);
        run(harness, lines);
      });
    }

    it('ZSCAN comes by every member', () => {
      const harness = new EngineHarness();
      harness.engine.keyspace.sortedSets.packedEntriesMax = entriesMax;
      for (let index = 0; index < 100; index++) harness.run('ZADD', 'z', String(index / 4), `m${index}`);
      const seen = new Map<string, string>();
      let cursor = '0';
      do {
        const parts = shown(harness.run('ZSCAN', 'z', cursor, 'COUNT', '7'))
          .replace(/[[\]]/g, '')
          .split(' ');
        cursor = parts[0]!;
        for (let at = 1; at + 1 < parts.length; at += 2) seen.set(parts[at]!, parts[at + 1]!);
      } while (cursor !== '0');
      assert.equal(seen.size, 100);
      assert.equal(seen.get('m3'), '0.75');
    });

    it('random members are members, and distinct unless the count is negative', () => {
      const harness = new EngineHarness();
      harness.engine.keyspace.sortedSets.packedEntriesMax = entriesMax;
      for (let index = 0; index < 100; index++) harness.run('ZADD', 'z', String(index), `m${index}`);
      const members = (reply: string) => shown(reply).slice(1, -1).split(' ');
      for (const count of [1, 5, 30, 60, 99, 100, 200]) {
        const chosen = members(harness.run('ZRANDMEMBER', 'z', String(count)));
        assert.equal(new Set(chosen).size, Math.min(count, 100));
        for (const member of chosen) assert.match(member, /^m\d+$/);
      }
      const pairs = members(harness.run('ZRANDMEMBER', 'z', '-150', 'WITHSCORES'));
      assert.equal(pairs.length, 300);
      for (let at = 0; at < 300; at += 2) assert.equal(pairs[at], `m${pairs[at + 1]}`);
      assert.match(shown(harness.run('ZRANDMEMBER', 'z')), /^m\d+$/);
      const beyond = '-ERR value is out of range';
      assert.equal(shown(harness.run('ZRANDMEMBER', 'z', '-9223372036854770000', 'WITHSCORES')), beyond);
      assert.equal(shown(harness.run('ZRANDMEMBER', 'z', '1', 'x')), '-ERR syntax error');
      assert.equal(shown(harness.run('ZRANDMEMBER', 'z', '0')), '[]');
      assert.equal(shown(harness.run('ZRANDMEMBER', 'nosuch')), '(nil)');
    });
  });
}

describe('sorted sets', () => {
  it('outgrow their pack by members and by length, and are stored small again', () => {
    const harness = new EngineHarness();
    const encoding = (key: string) => shown(harness.run('OBJECT', 'ENCODING', key));
    for (let index = 0; index < 128; index++) harness.run('ZADD', 'z', String(-index), `m${index}`);
    assert.equal(encoding('z'), 'listpack');
    harness.run('ZADD', 'z', '1', 'one more');
    assert.equal(encoding('z'), 'skiplist');
    harness.run('ZADD', 'long', '1', 'a', '2', 'x'.repeat(65));
    assert.equal(encoding('long'), 'skiplist');
    harness.run('ZADD', 'same', ...Array.from({ length: 129 }, () => ['1', 'a']).flat());
    assert.equal(encoding('same'), 'skiplist');
    harness.run('ZREM', 'z', 'm5');
    assert.equal(encoding('z'), 'skiplist');
    harness.run('ZRANGESTORE', 'small', 'z', '0', '127');
    assert.equal(encoding('small'), 'listpack');
    harness.run('ZUNIONSTORE', 'both', '2', 'small', 'long');
    assert.equal(encoding('both'), 'skiplist');
    assert.equal(shown(harness.run('ZCARD', 'both')), '130');
    harness.engine.check();
    const before = harness.engine.keyspace.memory.blockCount();
    harness.run('DEL', 'z', 'long', 'small', 'both', 'same');
    assert.ok(harness.engine.keyspace.memory.blockCount() < before - 200);
  });

  it('-0 keeps its sign in a large sorted set', () => {
    const harness = new EngineHarness();
    const pairs = Array.from({ length: 129 }, (_, index) => `-0 ${index}`).join(' ');
    run(harness, ['ZADD small -0 a => 1', 'ZSCORE small a => 0', `ZADD large ${pairs} => 129`, 'ZSCORE large 5 => -0']);
  });

  it('of some thousand members hold what an array holds', () => {
    const harness = new EngineHarness();
    for (let index = 0; index < 3001; index++) {
      harness.run('ZADD', 'z', String((index * 7919) % 3001), `m${String(index).padStart(5, '0')}`);
    }
    harness.engine.check();
    assert.equal(shown(harness.run('ZRANGE', 'z', '1500', '1500', 'WITHSCORES')).replace(/.* (\d+)]/, '$1'), '1500');
    assert.equal(shown(harness.run('ZCOUNT', 'z', '100', '(200')), '100');
    assert.equal(shown(harness.run('ZREMRANGEBYSCORE', 'z', '100', '(2900')), '2800');
    harness.engine.check();
    assert.equal(shown(harness.run('ZCARD', 'z')), '201');
    assert.equal(shown(harness.run('ZPOPMAX', 'z', '150')).split(' ').length, 300);
    harness.engine.check();
  });

  it('RESP3 tells scores as doubles, in pairs', () => {
    const harness = new EngineHarness();
    harness.run('HELLO', '3');
    run(harness, [
      'ZADD z 1 a 2.5 b 3 c 4 d => 4',
      'ZSCORE z b => ,2.5',
      'ZADD z INCR 1 a => ,2',
      'ZMSCORE z a nosuch => [,2 (nil)]',
      'ZRANK z b WITHSCORE => [1 ,2.5]',
      'ZRANK z nosuch WITHSCORE => (nil)',
      'ZRANGE z 0 1 WITHSCORES => [[a ,2] [b ,2.5]]',
      'ZRANGEBYSCORE z 3 +inf WITHSCORES LIMIT 0 1 => [[c ,3]]',
      'ZUNION 1 z WITHSCORES => [[a ,2] [b ,2.5] [c ,3] [d ,4]]',
      'ZRANDMEMBER z 9 WITHSCORES => [[a ,2] [b ,2.5] [c ,3] [d ,4]]',
      'ZSCAN z 0 => [0 [a 2 b 2.5 c 3 d 4]]',
      'ZPOPMIN z => [a ,2]',
      'ZPOPMIN z 1 => [[b ,2.5]]',
      'ZMPOP 1 z MIN => [z [[c ,3]]]',
      'BZPOPMIN z 0 => [z d ,4]',
      'ZPOPMAX z 3 => []',
    ]);
  });

  it('wake those who wait for them, first come first', () => {
    const harness = new EngineHarness({ propagation: true });
    const waiting = Array.from({ length: 4 }, () => harness.connect());
    const [one, two, three, four] = waiting as [TestClient, TestClient, TestClient, TestClient];
    assert.equal(one.run('BZPOPMIN', 'y', 'z', '0'), '');
    assert.equal(two.run('BZPOPMAX', 'z', '0'), '');
    assert.equal(three.run('BZMPOP', '0', '2', 'z', 'y', 'MIN', 'COUNT', '2'), '');
    assert.equal(four.run('BZPOPMIN', 'z', '0.5'), '');
    harness.run('SET', 'y', 'not a sorted set');
    harness.run('ZADD', 'z', '1', 'a', '2', 'b', '3', 'c', '4', 'd');
    assert.equal(shown(one.take()), '[z a 1]');
    assert.equal(shown(two.take()), '[z d 4]');
    assert.equal(shown(three.take()), '[z [[b 2] [c 3]]]');
    assert.equal(four.take(), '');
    assert.equal(shown(harness.run('EXISTS', 'z')), '0');
    assert.deepEqual(harness.takePropagated(), [
      '0 SET y not a sorted set',
      '0 ZADD z 1 a 2 b 3 c 4 d',
      '0 ZPOPMIN z',
      '0 ZPOPMAX z',
      '0 ZPOPMIN z 2',
    ]);
    harness.advance(499);
    assert.equal(four.take(), '');
    harness.advance(1);
    assert.equal(shown(four.take()), '(nil)');
  });

  it('are waited for by nobody inside MULTI, nor with a wrong timeout', () => {
    const harness = new EngineHarness();
    run(harness, [
      'MULTI => +OK',
      'BZPOPMIN z 0 => +QUEUED',
      'BZMPOP 0 1 z MIN => +QUEUED',
      'EXEC => [(nil) (nil)]',
      'BZPOPMIN z x => -ERR timeout is not a float or out of range',
      'BZPOPMIN z -1 => -ERR timeout is negative',
      'BZPOPMIN z 1e30 => -ERR timeout is out of range',
      'BZMPOP -1 1 z MIN => -ERR timeout is negative',
      'BZMPOP x 0 z MIN => -ERR numkeys should be greater than 0',
      'SET s x => +OK',
      'BZPOPMIN nosuch s 1 => -WRONGTYPE Operation against a key holding the wrong kind of value',
    ]);
  });

  it('announce what happens to them', () => {
    const harness = new EngineHarness();
    const ear = harness.connect();
    harness.engine.changes.notifyClasses = EVENT_ALL | EVENT_KEYEVENT;
    harness.engine.refreshEffects();
    ear.run('PSUBSCRIBE', '*');
    const heard = (...command: string[]) => {
      harness.run(...command);
      return [...ear.take().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)/g)].map(
        (match) => `${match[1]} ${match[2]}`,
      );
    };
    assert.deepEqual(heard('ZADD', 'z', '1', 'a', '2', 'b', '3', 'c', '4', 'd'), ['zadd z']);
    assert.deepEqual(heard('ZADD', 'z', '1', 'a'), []);
    assert.deepEqual(heard('ZINCRBY', 'z', '1', 'a'), ['zincr z']);
    assert.deepEqual(heard('ZADD', 'z', 'INCR', '0', 'a'), []);
    assert.deepEqual(heard('ZPOPMIN', 'z'), ['zpopmin z']);
    assert.deepEqual(heard('ZRANGESTORE', 'y', 'z', '0', '1'), ['zrangestore y']);
    assert.deepEqual(heard('ZREM', 'z', 'b'), ['zrem z']);
    assert.deepEqual(heard('ZPOPMAX', 'z', '9'), ['zpopmax z', 'del z']);
    assert.deepEqual(heard('ZREMRANGEBYRANK', 'y', '0', '0'), ['zremrangebyrank y']);
    assert.deepEqual(heard('ZREMRANGEBYSCORE', 'y', '-inf', '+inf'), ['zremrangebyscore y', 'del y']);
    assert.deepEqual(heard('ZUNIONSTORE', 'u', '1', 'nosuch'), []);
  });

  it('are refused, whole, when memory runs out', () => {
    const harness = new EngineHarness({ memory: { bytesMax: 15 * 1024 * 1024 } });
    const refused = "-OOM command not allowed when used memory > 'maxmemory'.";
    const members = Array.from({ length: 1000 }, (_, index) => [String(index), `${'x'.repeat(1000)}${index}`]).flat();
    const until = (limit: number, command: (round: number) => string[]) => {
      for (let round = 0; round < limit; round++) {
        const reply = shown(harness.run(...command(round)));
        harness.engine.check();
        if (reply === refused) return round;
        assert.match(reply, /^(1000|1)$/);
      }
      return limit;
    };
    const filled = until(20, (round) => ['ZADD', `z${round}`, ...members]);
    assert.ok(filled > 1 && filled < 20);
    assert.equal(shown(harness.run('DBSIZE')), String(filled));
    assert.ok(until(20, (round) => ['COPY', 'z0', `c${round}`]) < 20);
    assert.ok(until(20, (round) => ['ZRANGESTORE', `r${round}`, 'z0', '0', '-1']) < 20);
    assert.ok(until(20, (round) => ['ZUNIONSTORE', `u${round}`, '1', 'z0']) < 20);
    assert.equal(shown(harness.run('ZUNION', '1', 'z0')), refused);
    assert.equal(shown(harness.run('ZCARD', 'z0')), '1000');
    // So much is freed in slices, while the client waits.
    harness.run('FLUSHALL');
    harness.advance(0);
    harness.client.take();
    assert.equal(shown(harness.run('ZADD', 'z', ...members)), '1000');
    harness.engine.keyspace.memory.check();
  });
});
