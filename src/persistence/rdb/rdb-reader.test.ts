// Reading RDB files: every encoding, what stands between keys, slices, pieces, limits of memory, and damage.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, START } from '../../../tests/support/engine-harness.ts';
import {
  double,
  file,
  intSet,
  key,
  latin1,
  length,
  listpack,
  milliseconds,
  oldEncodings,
  string,
  ziplist,
  zipmap,
} from '../../../tests/support/rdb-bytes.ts';
import { FileSource } from '../file-source.ts';
import type { ByteSource } from './byte-source.ts';
import { BytesSource } from './byte-source.ts';
import { RdbError } from './rdb-error.ts';
import { damageEverywhere, fuzzReader } from './rdb-reader.fuzz.ts';
import { type LoaderOptions, RdbLoader } from './rdb-reader.ts';
import { fromBytes, toBytes } from './whole.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function load(bytes: Uint8Array, options: Partial<LoaderOptions> = {}): EngineHarness {
  const harness = new EngineHarness();
  fromBytes(harness.engine.keyspace, harness.engine.access, bytes, options);
  harness.engine.check();
  return harness;
}

/** A reply's texts and numbers. */
function words(reply: string): string {
  return reply
    .split('\r\n')
    .filter((line) => line !== '' && !/^[*$]/.test(line))
    .join(' ');
}

/** The members of a set or the pairs of a hash, in order of their names. */
function sorted(reply: string): string {
  return words(reply).split(' ').sort().join(' ');
}

function refusal(bytes: Uint8Array, options: Partial<LoaderOptions> = {}): string {
  try {
    load(bytes, options);
  } catch (error) {
    if (error instanceof RdbError) return error.message;
    throw error;
  }
  return 'loaded';
}

describe('values of a file', () => {
  it('those of older releases', () => {
    const at = load(oldEncodings());
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['GET', 'int8'], '-123'],
      [['GET', 'int16'], '-32768'],
      [['GET', 'int32'], String(0x84030201 | 0)],
      [['GET', 'lzf'], 'aaaaaaaaa'],
      [['LRANGE', 'list', '0', '-1'], 'a 7 c'],
      [['PEXPIRETIME', 'list'], ':4102444800000'],
      [['ZRANGE', 'zset', '0', '-1', 'WITHSCORES'], 'c -inf a 1.5 b inf'],
      [['HGETALL', 'hash'], 'f v'],
      [['ZRANGE', 'zset2', '0', '-1', 'WITHSCORES'], 'a -3 b 0.1'],
      [['HGETALL', 'zipmap'], 'one 1 two 2'],
      [['LRANGE', 'ziplist', '0', '-1'], `x 12 13 -129 40000 9000000 5000000000 ${'y'.repeat(70)}`],
      [['ZRANGE', 'zset ziplist', '0', '-1', 'WITHSCORES'], 'a 1 b 1.5 c 2.2'],
      [['HGETALL', 'hash ziplist'], 'one 1 two 2'],
      [['LRANGE', 'quicklist', '0', '-1'], 'a 1'],
      [['OBJECT', 'ENCODING', 'intset'], 'intset'],
      [['OBJECT', 'ENCODING', 'zset2'], 'listpack'],
    ];
    for (const [command, expected] of cases) assert.equal(words(at.run(...command)), expected, command.join(' '));
    assert.equal(sorted(at.run('SMEMBERS', 'set')), 'a b');
    assert.equal(sorted(at.run('SMEMBERS', 'intset')), '-70000 5 70000');
    assert.equal(at.run('DBSIZE'), ':15\r\n');
  });

  it('packs with more entries than the thresholds become tables', () => {
    const at = new EngineHarness();
    const { sets, hashes, sortedSets } = at.engine.keyspace;
    sets.intSetEntriesMax = 1;
    sets.packedEntriesMax = 1;
    hashes.packedEntriesMax = 1;
    sortedSets.packedEntriesMax = 1;
    const body = [
      ...key(11, 'ints', string(intSet(8, [-5_000_000_000, 1, 2]))),
      ...key(20, 'set', string(listpack(['a', 'b', 7]))),
      ...key(16, 'hash', string(listpack(['a', 1, 'b', 2]))),
      ...key(17, 'zset', string(listpack(['a', 1, 'b', 2, 'c', 1]))),
      ...key(25, 'fields', [...milliseconds(START + 5), ...string(listpack(['a', 1, START + 5, 'b', 2, 0]))]),
      ...key(12, 'old', string(ziplist(['b', 2, 'a', 1]))),
    ];
    fromBytes(at.engine.keyspace, at.engine.access, file(12, body));
    at.engine.check();
    assert.equal(sorted(at.run('SMEMBERS', 'ints')), '-5000000000 1 2');
    assert.equal(sorted(at.run('SMEMBERS', 'set')), '7 a b');
    assert.equal(sorted(at.run('HGETALL', 'hash')), '1 2 a b');
    assert.equal(words(at.run('ZRANGE', 'zset', '0', '-1')), 'a c b');
    assert.equal(words(at.run('ZRANGE', 'old', '0', '-1')), 'a b');
    assert.equal(words(at.run('HPEXPIRETIME', 'fields', 'FIELDS', '2', 'a', 'b')), `:${START + 5} :-1`);
    for (const name of ['ints', 'set', 'hash', 'fields'])
      assert.equal(words(at.run('OBJECT', 'ENCODING', name)), 'hashtable', name);
  });

  it('a zipmap becomes a table when its fields or values are too many or too long', () => {
    const body = key(9, 'old', string(zipmap(['one', '1', 'two', 'x'.repeat(10)])));
    for (const [entriesMax, valueMax, encoding] of [
      [2, 10, 'listpack'],
      [1, 10, 'hashtable'],
      [2, 9, 'hashtable'],
    ] as const) {
      const at = new EngineHarness();
      const { hashes } = at.engine.keyspace;
      hashes.packedEntriesMax = entriesMax;
      hashes.packedValueBytesMax = valueMax;
      fromBytes(at.engine.keyspace, at.engine.access, file(12, body));
      at.engine.check();
      assert.equal(sorted(at.run('HGETALL', 'old')), `1 one two ${'x'.repeat(10)}`);
      assert.equal(words(at.run('OBJECT', 'ENCODING', 'old')), encoding);
    }
  });

  it('packed sorted sets get their scores as they are written here, and their order', () => {
    const at = load(
      file(10, [
        ...key(17, 'text', string(listpack(['a', '0.10000000000000001', 'b', '2.5']))),
        ...key(17, 'mixed', string(listpack(['b', 3, 'a', 1, 'c', '-1e1']))),
        ...key(17, 'zero', string(listpack(['a', '-0']))),
      ]),
    );
    assert.equal(words(at.run('ZRANGE', 'text', '0', '-1', 'WITHSCORES')), 'a 0.1 b 2.5');
    assert.equal(words(at.run('ZRANGE', 'mixed', '0', '-1', 'WITHSCORES')), 'c -10 a 1 b 3');
    assert.equal(words(at.run('ZSCORE', 'zero', 'a')), '-0');
    assert.equal(words(at.run('OBJECT', 'ENCODING', 'mixed')), 'listpack');
  });

  it('large sorted sets in any order', () => {
    for (const order of ['ascending', 'descending', 'none'] as const) {
      const numbers = Array.from({ length: 3000 }, (_, index) => index);
      if (order === 'descending') numbers.reverse();
      if (order === 'none') numbers.sort((a, b) => ((a * 7919) % 3001) - ((b * 7919) % 3001));
      const members = numbers.flatMap((n) => [...string(`m${n}`), ...double(n >> 1)]);
      const at = load(file(10, key(5, 'z', [...length(3000), ...members])), { sliceBytes: 100 });
      assert.equal(words(at.run('ZRANK', 'z', 'm2999')), ':2999', order);
      assert.equal(words(at.run('ZRANGE', 'z', '0', '2', 'WITHSCORES')), 'm0 0 m1 0 m2 1', order);
    }
  });

  it('an entry in an unusual form is found all the same', () => {
    // "12" as a string of two bytes, where an integer is usual.
    const pack = [...[13, 0, 0, 0, 2, 0], ...[0x82, 0x31, 0x32, 3], ...[1, 1], 0xff];
    const at = load(file(10, key(16, 'h', string(pack))));
    assert.equal(words(at.run('HGET', 'h', '12')), '1');
  });

  it('values that older releases could leave empty are left out', () => {
    const empty: string[] = [];
    const body = [
      ...[...key(1, 'a', [0]), ...key(2, 'b', [0]), ...key(4, 'c', [0]), ...key(5, 'd', [0]), ...key(14, 'e', [0])],
      ...key(16, 'f', string(listpack([]))),
      ...key(18, 'g', [1, 2, ...string(listpack([]))]),
      ...key(0, 'kept', string('x')),
    ];
    const at = load(file(10, body), { emptyKey: (name) => empty.push(name) });
    assert.deepEqual(empty, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    assert.equal(words(at.run('KEYS', '*')), 'kept');
  });
});

describe('what stands between keys', () => {
  const value = (name: string) => key(0, name, string('x'));

  it('databases, deadlines, idle times, names and values, libraries', () => {
    const aux: string[] = [];
    const libraries: string[] = [];
    const body = [
      ...[0xfa, ...string('redis-ver'), ...string('7.4.1')],
      ...[0xfa, ...string('redis-bits'), 0xc0, 64],
      ...[0xf5, ...string('#!lua name=a')],
      ...[0xfe, 3, 0xfb, 2, 1, 0xf4, ...length(16383), 1, 0],
      ...[0xfc, ...milliseconds(START + 500), ...value('soon')],
      ...[0xfd, 0x00, 0x68, 0x15, 0x7f, ...value('later')],
      ...[0xf8, ...length(100), ...value('idle')],
      ...value('plain'),
    ];
    const at = load(file(11, body), {
      auxiliary: (name, text) => aux.push(`${name}=${text}`),
      library: (code) => libraries.push(Buffer.from(code).toString()),
    });
    assert.deepEqual(aux, ['redis-ver=7.4.1', 'redis-bits=64']);
    assert.deepEqual(libraries, ['#!lua name=a']);
    at.run('SELECT', '3');
    assert.equal(words(at.run('PEXPIRETIME', 'soon')), `:${START + 500}`);
    assert.equal(words(at.run('EXPIRETIME', 'later')), `:${0x7f156800}`);
    assert.equal(words(at.run('OBJECT', 'IDLETIME', 'idle')), ':100');
    assert.equal(words(at.run('OBJECT', 'IDLETIME', 'plain')), ':0');
    assert.equal(words(at.run('TTL', 'plain')), ':-1');
  });

  it('frequencies are kept under an LFU policy', () => {
    const at = new EngineHarness();
    at.engine.access.frequency = true;
    at.engine.access.update(START);
    fromBytes(at.engine.keyspace, at.engine.access, file(10, [0xf9, 200, ...value('often')]));
    assert.equal(words(at.run('OBJECT', 'FREQ', 'often')), ':200');
    const { keyspace, access } = at.engine;
    assert.equal(access.counter(keyspace.findEvenExpired(keyspace.databases[0]!, Buffer.from('often'), 0, 5)), 200);
  });

  it('expired keys are left out on request, and told', () => {
    const body = [0xfc, ...milliseconds(START - 1), ...value('old'), 0xfc, ...milliseconds(START), ...value('now')];
    const expired: string[] = [];
    const options: Partial<LoaderOptions> = {
      expireAt: START,
      expiredKey: (_, name, bytes) => expired.push(Buffer.from(name.slice(0, bytes)).toString()),
    };
    assert.equal(load(file(10, body), options).run('DBSIZE'), ':1\r\n');
    assert.deepEqual(expired, ['old']);
    assert.equal(load(file(10, body)).run('DBSIZE'), ':2\r\n');
  });

  it('a key that comes twice ends the loading, or takes the place of the first', () => {
    const body = [...key(0, 'k', string('one')), ...key(1, 'k', [1, ...string('two')])];
    assert.equal(refusal(file(10, body)), "RDB has duplicated key 'k' in DB 0");
    const at = load(file(10, body), { duplicates: 'replace' });
    assert.equal(words(at.run('LRANGE', 'k', '0', '-1')), 'two');
  });

  it('what follows the end of a file is left in the source', () => {
    const whole = Buffer.concat([file(10, value('k')), Buffer.from('*1\r\n')]);
    const harness = new EngineHarness();
    const source = new BytesSource(whole);
    const loader = new RdbLoader(harness.engine.keyspace, harness.engine.access, source, {
      expireAt: null,
      duplicates: 'refuse',
    });
    while (loader.load().next().done !== true);
    assert.equal(whole.subarray(source.start).toString(), '*1\r\n');
  });

  it('what cannot be loaded is named', () => {
    // The name of a module's type is nine characters of six bits each.
    const moduleId = [0x81, 0x4c, 0x2c, 0x6d, 0xa2, 0x29, 0x2b, 0x98, 0x01];
    const cases: readonly (readonly [number[], RegExp])[] = [
      [key(7, 'm', moduleId), /^The RDB file contains module data I can't load: no matching module type '.{9}'$/],
      [[0xf7, ...moduleId], /^The RDB file contains AUX module data I can't load: no matching module '.{9}'$/],
      [key(6, 'm', []), /^Pre-release module format not supported$/],
      [key(28, 'a', []), /array/],
      [key(33, 'a', []), /rate limit/],
      [[0xf2], /hash templates/],
      [[0xf3], /key metadata/],
      [[0xf6], /^Pre-release function format not supported\.$/],
      [key(8, 'a', []), /^Unknown RDB encoding type 8$/],
      [[0xfe, 16], /configured to handle more than 16 databases/],
      [[0xf4, ...length(16384), 0, 0], /Slot/],
    ];
    for (const [body, expected] of cases) assert.match(refusal(file(10, body)), expected);
  });
});

describe('the frame of a file', () => {
  it('versions, signatures and checksums', () => {
    const body = key(0, 'k', string('v'));
    for (const version of [1, 4, 5, 9, 12, 15]) assert.equal(refusal(file(version, body)), 'loaded', `${version}`);
    assert.equal(refusal(file(16, body)), "Can't handle RDB format version 16");
    assert.equal(refusal(file(0, body)), "Can't handle RDB format version 0");
    assert.equal(refusal(Uint8Array.from(latin1('RESIS0010'))), 'Wrong signature trying to load DB from file');
    assert.equal(refusal(Uint8Array.from(latin1('REDIS'))), 'Unexpected EOF reading RDB file');
    assert.equal(refusal(file(10, body, false)), 'loaded', 'zeros are no checksum');
    const wrong = file(10, body);
    wrong[wrong.length - 1]! ^= 1;
    assert.match(refusal(wrong), /^Wrong RDB checksum expected: \([0-9a-f]+\) but got/);
    assert.equal(refusal(wrong, { checksum: false }), 'loaded');
    assert.match(refusal(Buffer.concat([file(4, body), Buffer.alloc(8)])), /without a checksum/);
  });

  it('a file cut anywhere is refused', () => {
    const whole = oldEncodings();
    for (let end = 0; end < whole.length; end++) {
      assert.notEqual(refusal(whole.subarray(0, end), { checksum: false }), 'loaded', `cut at ${end}`);
    }
  });

  it('pieces of any size make no difference, and slices are as long as was asked for', () => {
    const from = new EngineHarness();
    from.run('RPUSH', 'list', ...Array.from({ length: 400 }, (_, index) => `item ${index} ${'x'.repeat(300)}`));
    from.run('SADD', 'set', ...Array.from({ length: 3000 }, (_, index) => `member ${index}`));
    from.run(
      'SET',
      'long',
      'y'.repeat(300_000).replace(/y/g, (_, at) => String.fromCharCode((at * 7919) % 251)),
    );
    // Texts that go out as integers, short and long, compressed and not.
    const noise = (size: number, seed: number): string =>
      Array.from({ length: size }, (_, at) => String.fromCharCode((at * at * 31 + at * seed * 7919 + seed) % 251)).join(
        '',
      );
    const texts = Array.from({ length: 2000 }, (_, index) => {
      if (index % 400 === 3) return `${index}${noise(70_000, index)}`;
      return [`${index}`, `${index * 70_000}`, `${index}${'a'.repeat(90)}`, `${index}${noise(index % 70, index)}`][
        index % 4
      ]!;
    });
    from.run('HSET', 'hash', ...texts.flatMap((text, index) => [text, texts[(index * 7) % 2000]!]));
    from.run('ZADD', 'zset', ...texts.flatMap((text, index) => [`${(index * 7919) % 2003}.5`, text]));
    from.run('SADD', 'texts', ...texts);
    const bytes = toBytes(from.engine.keyspace, from.engine.access);
    for (const piece of [1, 7, 4096, 100_000]) {
      const at = new EngineHarness();
      const { keyspace, access } = at.engine;
      const reader = {
        read: (to: Uint8Array, start: number, end: number, position: number) => {
          const part = bytes.subarray(position, position + Math.min(piece, end - start));
          to.set(part, start);
          return part.length;
        },
        size: () => bytes.length,
      };
      const source: ByteSource = new FileSource(reader);
      const options: LoaderOptions = { expireAt: null, duplicates: 'refuse', sliceBytes: 10_000 };
      const loader = new RdbLoader(keyspace, access, source, options);
      let slices = 0;
      for (const _ of loader.load()) slices++;
      assert(slices >= Math.floor(bytes.length / 100_000), `${slices} slices`);
      assert.equal(loader.bytesRead(), bytes.length);
      at.engine.check();
      assert.equal(at.run('GET', 'long'), from.run('GET', 'long'));
      assert.equal(at.run('LRANGE', 'list', '0', '-1'), from.run('LRANGE', 'list', '0', '-1'));
      assert.equal(at.run('SCARD', 'set'), ':3000\r\n');
      assert.equal(at.run('SCARD', 'texts'), ':2000\r\n');
      assert.equal(at.run('HMGET', 'hash', ...texts), from.run('HMGET', 'hash', ...texts));
      assert.equal(
        at.run('ZRANGE', 'zset', '0', '-1', 'WITHSCORES'),
        from.run('ZRANGE', 'zset', '0', '-1', 'WITHSCORES'),
      );
    }
  });

  it('no count or length is believed: memory is taken for what has come', () => {
    const huge = [0x81, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff];
    const bodies: number[][] = [
      key(0, 'k', [0x80, 0x7f, 0, 0, 0]),
      key(0, 'k', huge),
      key(0, 'k', [0xc3, 5, 0x80, 0x7f, 0, 0, 0, 1, 2, 3, 4, 5]),
      ...[1, 2, 4, 5, 14, 18, 15, 19].map((type) => key(type, 'k', [...huge, ...string('abc')])),
      [0xfb, ...huge, ...huge, 0xfa, ...huge],
      key(24, 'k', [...milliseconds(1), ...huge]),
      key(19, 'k', [0, 0, ...[0, 0, 0, 0, 0, 0, 0], 1, ...string('g'), 0, 0, 0, ...huge]),
    ];
    // Streams of LZF that promise 88 times their bytes, and hold references to nothing, or less than that.
    for (const byte of [0xe0, 0x00]) {
      const size = 2_000_000;
      bodies.push(key(0, 'k', [0xc3, ...length(size), ...length(size * 88), ...new Uint8Array(size).fill(byte)]));
    }
    const before = process.memoryUsage().arrayBuffers;
    for (const body of bodies) assert.notEqual(refusal(file(10, body), { checksum: false }), 'loaded');
    assert(process.memoryUsage().arrayBuffers - before < 256 * 1024 * 1024);
  });
});

/** Six hundred members, with something behind each. */
function many(behind: readonly number[] = []): number[] {
  return Array.from({ length: 600 }, (_, index) => [...string(`m${index}`), ...behind]).flat();
}

describe('damage', () => {
  const bad: Readonly<Record<string, number[]>> = {
    'a set with a member twice': key(2, 'k', [2, ...string('a'), ...string('a')]),
    'a hash with a field twice': key(4, 'k', [2, ...string('a'), 0, ...string('a'), 0]),
    'a sorted set with a member twice': key(5, 'k', [
      2,
      ...string('a'),
      ...double(1),
      ...string('a'),
      ...double(1e300),
    ]),
    'a large set with a member twice': key(2, 'k', [...length(601), ...many(), ...string('m7')]),
    'a large set cut short': key(2, 'k', [...length(700), ...many()]),
    'a large hash with a field twice': key(4, 'k', [
      ...length(601),
      ...many(string('v')),
      ...string('m0'),
      ...string('v'),
    ]),
    'a large hash cut short in a field': key(4, 'k', [...length(601), ...many(string('v')), ...string('m600')]),
    'a large sorted set with a member twice': key(5, 'k', [
      ...length(601),
      ...many(double(1)),
      ...string('m9'),
      ...double(1),
    ]),
    'a large sorted set with a score that is no number': key(5, 'k', [
      ...length(601),
      ...many(double(1)),
      ...string('m600'),
      ...double(Number.NaN),
    ]),
    'a hash with deadlines out of order': key(23, 'k', string(listpack(['a', 1, 500_000, 'b', 2, 400_000]))),
    'a field that expires behind one that does not': key(23, 'k', string(listpack(['a', 1, 0, 'b', 2, 400_000]))),
    'a deadline that is text': key(23, 'k', string(listpack(['a', 1, 'x']))),
    'a deadline too far': key(22, 'k', [1, 0x81, 0, 1, 0, 0, 0, 0, 0, 0, ...string('f'), ...string('v')]),
    'a score that is no number': key(5, 'k', [1, ...string('a'), ...double(Number.NaN)]),
    'a packed score that is no number': key(17, 'k', string(listpack(['a', 'b']))),
    'a score without its text': key(3, 'k', [1, ...string('a'), 2, 0x2d, 0x2d]),
    'a pack with a pair too few': key(16, 'k', string(listpack(['a', 1, 'b']))),
    'a ziplist with another tail': key(10, 'k', string(ziplist(['a', 'b']).with(4, 11))),
    'a ziplist with another count': key(10, 'k', string(ziplist(['a', 'b']).with(8, 3))),
    'a ziplist with another length before': key(10, 'k', string(ziplist(['a', 'b']).with(13, 9))),
    'a zipmap without fields': key(9, 'k', string(zipmap([]))),
    'a zipmap with a field twice': key(9, 'k', string(zipmap(['a', '1', 'a', '2']))),
    'an int set out of order': key(11, 'k', string(intSet(2, [2, 1]))),
    'an int set of no width': key(11, 'k', string(intSet(3, [1]))),
    'an int set without integers': key(11, 'k', string(intSet(2, []))),
    'a list node of another kind': key(18, 'k', [1, 3, ...string('a')]),
    'an empty plain node': key(18, 'k', [1, 1, 0]),
    'a length where a string is': key(1, 'k', [1, 0x82]),
    'a string where a length is': key(1, 'k', [0xc0, 1, ...string('a')]),
  };
  for (const [name, body] of Object.entries(bad)) {
    it(`${name} is refused, and nothing is left of it`, () => {
      const harness = new EngineHarness();
      const { keyspace, access } = harness.engine;
      const used = keyspace.memory.usedBytes();
      assert.throws(() => fromBytes(keyspace, access, file(12, body)), RdbError);
      assert.equal(keyspace.memory.usedBytes(), used);
      harness.engine.check();
    });
  }

  it(`mutations are refused or loaded as they read, seed ${SEED}`, () => {
    fuzzReader(400, SEED);
  });

  it('damage at every 16th byte', () => {
    damageEverywhere(oldEncodings(), 'old encodings');
  });
});
