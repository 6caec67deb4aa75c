// Places over the wire: what the comparison with redis-server 7.0.15 cannot say, events, bad inputs, RESP3, and searches
// against a naive model.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { bulkOf, elementsOf } from '../../../../tests/conformance/reply-frames.ts';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { metresBetween } from '../../../lib/geo-area.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const SICILY = ['GEOADD', 'g', '13.361389', '38.115556', 'Palermo', '15.087269', '37.502669', 'Catania'];

function sicily(): EngineHarness {
  const harness = new EngineHarness();
  harness.run(...SICILY);
  return harness;
}

function check(harness: EngineHarness, command: string, expected: string): void {
  assert.equal(harness.run(...command.split(' ')), expected, command);
  harness.engine.check();
}

function namesOf(frame: string): string[] {
  return (elementsOf(frame) ?? []).map((each) => bulkOf(each)!);
}

test('coordinates are told with the fewest digits', () => {
  const harness = sicily();
  check(harness, 'GEOPOS g Palermo', '*1\r\n*2\r\n$18\r\n13.361389338970184\r\n$16\r\n38.1155563954963\r\n');
  harness.run('HELLO', '3');
  check(harness, 'GEOPOS g Palermo x', '*2\r\n*2\r\n,13.361389338970184\r\n,38.1155563954963\r\n_\r\n');
});

test('distances are those of redis-server but for the last binary digit', () => {
  const harness = sicily();
  harness.run('GEOSEARCHSTORE', 'd', 'g', 'FROMMEMBER', 'Palermo', 'BYRADIUS', '200', 'km', 'STOREDIST');
  const score = Number(bulkOf(harness.run('ZSCORE', 'd', 'Catania')));
  assert.ok(Math.abs(score - 166.27415156960032) < 1e-13);
});

test('in RESP3 distances stay strings, coordinates are doubles, hashes integers', () => {
  const harness = sicily();
  harness.run('HELLO', '3');
  check(
    harness,
    'GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km WITHCOORD WITHDIST WITHHASH',
    '*1\r\n*4\r\n$7\r\nCatania\r\n$7\r\n56.4413\r\n:3479447370796909\r\n*2\r\n,15.087267458438873\r\n,37.50266842333162\r\n',
  );
  check(harness, 'GEODIST g Palermo Catania', '$11\r\n166274.1516\r\n');
  check(harness, 'GEODIST g Palermo nosuch', '_\r\n');
  check(harness, 'GEOHASH g Palermo nosuch', '*2\r\n$11\r\nsqc8b49rny0\r\n_\r\n');
});

test('bad places, lengths and units change nothing', () => {
  const harness = sicily();
  const notFloat = '-ERR value is not a valid float\r\n';
  const unit = '-ERR unsupported unit provided. please use M, KM, FT, MI\r\n';
  const cases: [command: string, reply: string][] = [
    ['GEOADD g nan 1 a', notFloat],
    ['GEOADD g 1 nan a', notFloat],
    ['GEOADD g inf 1 a', '-ERR invalid longitude,latitude pair inf,1.000000\r\n'],
    ['GEOADD g 1 -inf a', '-ERR invalid longitude,latitude pair 1.000000,-inf\r\n'],
    ['GEOADD g 1 2 a 3 86 b', '-ERR invalid longitude,latitude pair 3.000000,86.000000\r\n'],
    ['GEOADD g 1e30 -0 a', '-ERR invalid longitude,latitude pair 1000000000000000019884624838656.000000,-0.000000\r\n'],
    ['GEOADD g NX XX 1 2 a', '-ERR syntax error\r\n'],
    ['GEOADD g 1 2 a 3', '-ERR syntax error\r\n'],
    ['GEOADD g CH CH CH', '-ERR syntax error\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYRADIUS nan m', '-ERR need numeric radius\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYRADIUS -inf m', '-ERR radius cannot be negative\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYBOX nan 1 m', '-ERR need numeric width\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYBOX 1 nan m', '-ERR need numeric height\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYBOX -1 1 m', '-ERR height or width cannot be negative\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYBOX 1 1 parsec', unit],
    ['GEODIST g Palermo Catania parsec', unit],
    ['GEOSEARCH g FROMLONLAT 1 2 BYRADIUS 1 m COUNT -9223372036854775808', '-ERR COUNT must be > 0\r\n'],
    ['GEOSEARCH g FROMLONLAT 1 2 BYRADIUS 1 m ANY', '-ERR the ANY argument requires COUNT argument\r\n'],
    [
      'GEOSEARCH g BYRADIUS 1 m ASC ASC',
      '-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\r\n',
    ],
    ['GEOSEARCH g FROMMEMBER Palermo', "-ERR wrong number of arguments for 'geosearch' command\r\n"],
    ['GEOSEARCH g FROMMEMBER nosuch BYRADIUS 1 m', '-ERR could not decode requested zset member\r\n'],
    ['GEORADIUS_RO g 1 2 3 m STORE a', '-ERR syntax error\r\n'],
    [
      'GEORADIUS g 1 2 3 m STORE a WITHDIST',
      '-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\r\n',
    ],
  ];
  for (const [command, reply] of cases) check(harness, command, reply);
  check(harness, 'ZCARD g', ':2\r\n');
});

test('areas without end hold all but the very last longitude and latitude, which lie beyond all cells', () => {
  const harness = new EngineHarness();
  for (const longitude of ['-180', '0', '180']) {
    for (const latitude of ['-85.05112878', '0', '85.05112878']) {
      harness.run('GEOADD', 'g', longitude, latitude, `${longitude},${latitude}`);
    }
  }
  for (const area of ['BYRADIUS inf m', 'BYRADIUS 1e308 mi', 'BYBOX inf inf km', 'BYRADIUS 30000 km']) {
    const reply = harness.run(...`GEOSEARCH g FROMLONLAT 10 20 ${area}`.split(' '));
    assert.deepEqual(namesOf(reply).sort(), ['-180,-85.05112878', '-180,0', '0,-85.05112878', '0,0'], area);
  }
  check(harness, 'GEOSEARCH g FROMLONLAT 10 20 BYRADIUS 0 m', '*0\r\n');
  check(harness, 'GEOSEARCH g FROMMEMBER 0,0 BYBOX 0 0 m', '*1\r\n$3\r\n0,0\r\n');
});

test('a polygon holds what it surrounds', () => {
  const harness = new EngineHarness();
  harness.run(
    'GEOADD',
    'g',
    '1',
    '1',
    'inside',
    '3',
    '1',
    'notch',
    '5.5',
    '1',
    'arm',
    '-1',
    '1',
    'west',
    '2',
    '9',
    'north',
  );
  const shape = 'BYPOLYGON 8 0 0 6 0 6 4 4 4 4 0.5 2 0.5 2 4 0 4';
  check(harness, `GEOSEARCH g ${shape} ASC`, '*2\r\n$6\r\ninside\r\n$3\r\narm\r\n');
  check(harness, `GEOSEARCH g ${shape} DESC COUNT 1`, '*1\r\n$3\r\narm\r\n');
  check(harness, `GEOSEARCHSTORE d g ${shape}`, ':2\r\n');
  assert.match(harness.run(...`GEOSEARCH g ${shape} ASC WITHDIST`.split(' ')), /inside\r\n\$11\r\n\d{6}\.\d{4}\r\n/);
  const tooFew = '-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices\r\n';
  const syntax = '-ERR syntax error\r\n';
  for (const [command, reply] of [
    ['BYPOLYGON 2 0 0 1 1', tooFew],
    ['BYPOLYGON 3 0 0 1 1', tooFew],
    ['BYPOLYGON 9223372036854775807 0 0 1 1', tooFew],
    ['BYPOLYGON -1 0 0 1 1', tooFew],
    ['BYPOLYGON x 0 0 1 1', '-ERR value is not an integer or out of range\r\n'],
    ['BYPOLYGON 3 0 0 1 1 200 0', '-ERR invalid longitude,latitude pair 200.000000,0.000000\r\n'],
    ['BYPOLYGON 3 0 0 1 1 0 1 FROMLONLAT 1 1', syntax],
    ['FROMLONLAT 1 1 BYPOLYGON 3 0 0 1 1 0 1', syntax],
    ['BYPOLYGON 3 0 0 1 1 0 1 BYBOX 1 1 m', syntax],
    ['BYBOX 1 1 m BYPOLYGON 3 0 0 1 1 0 1', syntax],
    ['BYPOLYGON 3 0 0 1 1 0 1 COUNT 0', '-ERR COUNT must be > 0\r\n'],
  ] as const) {
    check(harness, `GEOSEARCH g ${command}`, reply);
  }
});

test('scores that are no places are read as some', () => {
  const harness = new EngineHarness();
  harness.run('ZADD', 'z', '-1', 'a', 'inf', 'b', '-inf', 'c', '1e300', 'd', '0.5', 'e');
  assert.equal(elementsOf(harness.run('GEOPOS', 'z', 'a', 'b', 'c', 'd', 'e'))!.length, 5);
  assert.equal(elementsOf(harness.run('GEOHASH', 'z', 'a', 'b', 'c', 'd', 'e'))!.length, 5);
  assert.match(harness.run('GEODIST', 'z', 'a', 'b'), /^\$\d+\r\n\d+\.\d{4}\r\n$/);
  harness.engine.check();
});

test('events are those of Redis', () => {
  const harness = new EngineHarness();
  harness.engine.changes.notifyClasses = -1;
  harness.engine.refreshEffects();
  const listener = harness.connect();
  listener.run('PSUBSCRIBE', '__keyevent@0__:*');
  const cases: [command: string, events: string][] = [
    [SICILY.join(' '), 'new:g zadd:g'],
    [SICILY.join(' '), ''],
    ['GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km', 'new:d geosearchstore:d'],
    ['GEORADIUS g 15 37 200 km STORE d', 'overwritten:d georadiusstore:d'],
    ['GEORADIUSBYMEMBER g Palermo 200 km STOREDIST g', 'overwritten:g georadiusstore:g'],
    ['GEOSEARCHSTORE d nosuch FROMLONLAT 15 37 BYRADIUS 200 km', 'keymiss:nosuch del:d'],
  ];
  for (const [command, events] of cases) {
    harness.run(...command.split(' '));
    const seen = [...listener.take().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)\r\n/g)];
    assert.equal(seen.map(([, name, key]) => `${name}:${key}`).join(' '), events, command);
  }
});

test('memory that runs out refuses a stored search whole', () => {
  const harness = new EngineHarness({ memory: { bytesMax: 16 * 1024 * 1024 } });
  let reply = '';
  for (let index = 0; !reply.startsWith('-'); index++) {
    const places = Array.from({ length: 500 }, (_, each) => ['1', '2', `${index}:${each}:${'x'.repeat(50)}`]);
    reply = harness.run('GEOADD', 'g', ...places.flat());
  }
  assert.match(reply, /^-OOM /);
  assert.match(harness.run('GEOSEARCHSTORE', 'd', 'g', 'FROMLONLAT', '1', '2', 'BYRADIUS', '9', 'km'), /^-OOM /);
  assert.equal(harness.run('EXISTS', 'd'), ':0\r\n');
  harness.engine.check();
});

test(`rectangles as polygons hold what lies between their sides (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const harness = new EngineHarness();
  const unit = (): number => prng.below(1 << 30) / (1 << 30);
  const places = Array.from({ length: 1000 }, (_, member) => {
    harness.run('GEOADD', 'g', (unit() * 340 - 170).toFixed(4), (unit() * 160 - 80).toFixed(4), `m${member}`);
    const [longitude, latitude] = elementsOf(elementsOf(harness.run('GEOPOS', 'g', `m${member}`))![0]!)!;
    return [Number(bulkOf(longitude!)), Number(bulkOf(latitude!)), `m${member}`] as const;
  });
  for (let round = 0; round < 200; round++) {
    const west = unit() * 340 - 170;
    const south = unit() * 160 - 80;
    const east = west + unit() * (175 - west);
    const north = south + unit() * (82 - south);
    const corners = [west, south, east, south, east, north, west, north].map(String);
    const expected = places
      .filter(([lon, lat]) => lon > west && lon < east && lat > south && lat < north)
      .map(([, , name]) => name as string);
    const found = namesOf(harness.run('GEOSEARCH', 'g', 'BYPOLYGON', '4', ...corners));
    assert.deepEqual(found.sort(), expected.sort(), corners.join(' '));
  }
});

describe(`searches agree with a naive model (seed ${SEED})`, () => {
  for (const packedEntriesMax of [0, 5000]) {
    it(packedEntriesMax === 0 ? 'in a tree' : 'in a pack', () => {
      const prng = new Prng(SEED);
      const harness = new EngineHarness();
      harness.engine.keyspace.sortedSets.packedEntriesMax = packedEntriesMax;
      const unit = () => prng.below(1 << 30) / (1 << 30);
      const near = () => [(unit() * 40 - 20).toFixed(6), (unit() * 40 + 20).toFixed(6)] as const;
      for (let member = 0; member < 800; member++) harness.run('GEOADD', 'g', ...near(), `m${member}`);
      const places = Array.from({ length: 800 }, (_, member) => {
        const [longitude, latitude] = elementsOf(elementsOf(harness.run('GEOPOS', 'g', `m${member}`))![0]!)!;
        return [Number(bulkOf(longitude!)), Number(bulkOf(latitude!))] as const;
      });
      for (let round = 0; round < 150; round++) {
        const [longitude, latitude] = near();
        const radius = (10 ** (unit() * 4)).toFixed(3);
        const distances = places
          .map(
            ([lon, lat], member) =>
              [metresBetween(Number(longitude), Number(latitude), lon, lat), `m${member}`] as readonly [number, string],
          )
          .filter(([metres]) => metres <= Number(radius) * 1000)
          .sort((a, b) => a[0] - b[0])
          .map(([, name]) => name);
        const search = ['GEOSEARCH', 'g', 'FROMLONLAT', longitude, latitude, 'BYRADIUS', radius, 'km'];
        assert.deepEqual(namesOf(harness.run(...search, 'ASC')), distances);
        assert.deepEqual(namesOf(harness.run(...search, 'DESC')), [...distances].reverse());
        assert.deepEqual(namesOf(harness.run(...search)).sort(), [...distances].sort());
        assert.deepEqual(namesOf(harness.run(...search, 'COUNT', '5')), distances.slice(0, 5));
        const any = namesOf(harness.run(...search, 'COUNT', '5', 'ANY'));
        assert.equal(any.length, Math.min(5, distances.length));
        assert.ok(any.every((name) => distances.includes(name)));
        search.splice(1, 1, 'd', 'g');
        search[0] = 'GEOSEARCHSTORE';
        assert.equal(harness.run(...search, 'STOREDIST'), `:${distances.length}\r\n`);
        assert.deepEqual(namesOf(harness.run('ZRANGE', 'd', '0', '-1')), distances);
        harness.engine.check();
      }
    });
  }
});
