// Active defragmentation of large collections: what lies in them moves a step at a time, while commands change them, delete
// them and put others in their place. Two engines are told the same; in one of them everything moves about.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { Prng } from '../lib/prng.ts';
import { type FlatMemory, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { SLAB_BLOCK_BYTES_MAX } from '../memory/size-classes.ts';
import { STAT_DEFRAG_HITS, STAT_DEFRAG_KEY_HITS, STAT_DEFRAG_KEY_MISSES } from './statistics.ts';

const TYPES = ['list', 'set', 'hash', 'zset', 'stream'] as const;
type Type = (typeof TYPES)[number];

/** Lets an engine move as soon as anything can be gained, but only when it is told to; its time passes by the look at it. */
class Mover {
  readonly harness: EngineHarness;
  /** What the clock goes on by when it is looked at: the slice of a millisecond has that many steps. */
  stepMs = 0.01;
  private passed = 0;
  private readonly work: () => boolean;

  constructor(harness: EngineHarness) {
    this.harness = harness;
    Object.assign(harness.engine.defragmentation.limits, {
      isOn: true,
      ignoreBytes: 0,
      thresholdLower: 0,
      cycleMin: 75,
      cycleMax: 75,
    });
    const { defragmentation } = harness.engine;
    this.work = defragmentation.work.bind(defragmentation);
    defragmentation.work = () => false;
    const { clock } = harness;
    const elapsed = clock.elapsed.bind(clock);
    clock.elapsed = () => {
      this.passed += this.stepMs;
      return elapsed() + this.passed;
    };
  }

  /** Begins a cycle, even if the last one was in vain. */
  begin(): boolean {
    Object.assign(this.harness.engine.defragmentation, { vainAt: -1 });
    this.slice();
    return this.isRunning();
  }

  slice(): void {
    this.passed += 200;
    this.work();
  }

  isRunning(): boolean {
    return this.harness.engine.defragmentation.running() > 0;
  }
}

/** A command that adds elements [from, to) to a key. */
function add(key: string, type: Type, from: number, to: number, value: (index: number) => string): string[][] {
  const indexes = Array.from({ length: to - from }, (_, index) => from + index);
  if (type === 'list') return [['RPUSH', key, ...indexes.map((index) => `${index}:${value(index)}`)]];
  if (type === 'set') return [['SADD', key, ...indexes.map((index) => `${index}:${value(index)}`)]];
  if (type === 'hash') return [['HSET', key, ...indexes.flatMap((index) => [`field:${index}`, value(index)])]];
  if (type === 'zset') {
    return [['ZADD', key, ...indexes.flatMap((index) => [String(index % 97), `${index}:${value(index)}`])]];
  }
  return indexes.map((index) => ['XADD', key, `${index + 1}-0`, 'field', value(index)]);
}

/** Commands that remove most of a key's elements [0, count), chosen at random. */
function thin(key: string, type: Type, count: number, prng: Prng, value: (index: number) => string): string[][] {
  const commands: string[][] = [];
  if (type === 'list') {
    // Marked, then removed: so nodes all over the list lose most of their items.
    for (let index = 0; index < count; index++)
      if (prng.below(10) > 0) commands.push(['LSET', key, `${index}`, 'gone']);
    commands.push(['LREM', key, '0', 'gone']);
    return commands;
  }
  for (let index = 0; index < count; index++) {
    if (prng.below(10) === 0) continue;
    if (type === 'hash') commands.push(['HDEL', key, `field:${index}`]);
    else if (type === 'stream') commands.push(['XDEL', key, `${index + 1}-0`]);
    else commands.push([type === 'set' ? 'SREM' : 'ZREM', key, `${index}:${value(index)}`]);
  }
  return commands;
}

/** All that a key holds, as replies. */
function contents(harness: EngineHarness, key: string): string {
  const type = harness.run('TYPE', key);
  if (type === '+list\r\n') return harness.run('LRANGE', key, '0', '-1');
  if (type === '+set\r\n') return harness.run('SMEMBERS', key);
  if (type === '+hash\r\n') return harness.run('HGETALL', key);
  if (type === '+zset\r\n') return harness.run('ZRANGE', key, '0', '-1', 'WITHSCORES');
  if (type === '+stream\r\n') return harness.run('XRANGE', key, '-', '+') + harness.run('XINFO', 'STREAM', key, 'FULL');
  return harness.run('GET', key);
}

for (const type of TYPES) {
  test(`a ${type} that lost most of its elements gives its memory back`, (t) => {
    const harness = new EngineHarness();
    const { engine } = harness;
    const { memory } = engine.keyspace;
    const mover = new Mover(harness);
    condemnAll(memory);
    engine.defragmentation.limits.isOn = false;
    const prng = new Prng(7);
    const count = type === 'list' || type === 'stream' ? 80_000 : 300_000;
    const value = (index: number) => 'v'.repeat((index * 31) % 150);
    for (let from = 0; from < count; from += 500) {
      for (const command of add('it', type, from, from + 500, value)) harness.run(...command);
      // Where removed elements leave no block behind, or a shorter one, something else goes.
      for (let each = 0; each < 1000; each++)
        if (count < 100_000) harness.run('SET', `k:${from * 2 + each}`, value(137).repeat(2));
    }
    if (type === 'hash') for (let index = 0; index < count; index += 5) expire(harness, index, 5000 + (index % 1000));
    if (type === 'stream') {
      harness.run('XGROUP', 'CREATE', 'it', 'group', '0');
      for (let from = 0; from < count; from += 1000) {
        harness.run('XREADGROUP', 'GROUP', 'group', `c${from >> 11}`, 'COUNT', '1000', 'STREAMS', 'it', '>');
      }
    }
    const full = memory.segmentBytes();
    for (const command of thin('it', type, count, prng, value)) harness.run(...command);
    for (let index = 0; index < count * 2; index++) harness.run('DEL', `k:${index}`);
    harness.advance(0);
    const before = contents(harness, 'it');
    const used = memory.usedBytes();
    engine.defragmentation.limits.isOn = true;
    // A second cycle: what the first one moved together has become less sparse.
    for (let cycle = 0; cycle < 2; cycle++) {
      mover.begin();
      while (mover.isRunning()) mover.slice();
      engine.check();
      memory.check();
    }
    assert.ok(memory.usedBytes() <= used);
    t.diagnostic(`${full} bytes of segments, then ${used} used, ${memory.segmentBytes()} of segments`);
    // The first segment stays, the second is not to be had without, and what moves goes into one of 16 MiB.
    assert.ok(full > 36 << 20);
    assert.ok(memory.segmentBytes() < 26 << 20);
    const { counters } = engine.statistics;
    assert.ok(counters[STAT_DEFRAG_HITS]! > 100);
    // Keys are counted, not what lies in them.
    assert.ok(counters[STAT_DEFRAG_KEY_HITS]! + counters[STAT_DEFRAG_KEY_MISSES]! <= 2);
    assert.ok(counters[STAT_DEFRAG_KEY_HITS]! >= 1);
    assert.equal(contents(harness, 'it'), before);
    if (type !== 'hash') return;
    harness.advance(10_000_000);
    engine.check();
    assert.ok(!contents(harness, 'it').includes('field:10\r\n'));
  });
}

function expire(harness: EngineHarness, index: number, seconds: number): void {
  harness.run('HEXPIRE', 'it', String(seconds), 'FIELDS', '1', `field:${index}`);
}

test('large collections move while anything is done to them', { timeout: 600_000 }, (t) => {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const moving = new EngineHarness({ seed });
  const still = new EngineHarness({ seed });
  const mover = new Mover(moving);
  condemnAll(moving.engine.keyspace.memory);
  const both = (...request: string[]) => {
    const reply = moving.run(...request);
    assert.equal(reply, still.run(...request), request.join(' ').slice(0, 200));
    return reply;
  };
  const packSize = prng.below(2) === 0 ? 20 : -1;
  const compressDepth = prng.below(3);
  for (const { engine } of [moving, still]) {
    engine.keyspace.lists.limitPacks(packSize);
    engine.keyspace.lists.quicklist.compressDepth = compressDepth;
  }
  const value = (index: number) => 'v'.repeat((index * 37) % 180);
  for (let round = 0; round < 3; round++) {
    moving.engine.defragmentation.limits.isOn = false;
    mover.stepMs = 0;
    both('SELECT', '0');
    for (let place = 0; place < TYPES.length * 3; place++) {
      const type = TYPES[place % TYPES.length]!;
      const key = `${type}:${Math.floor(place / TYPES.length)}`;
      const count = 200 + prng.below(4000);
      both('DEL', key);
      for (let from = 0; from < count; from += 500) {
        for (const command of add(key, type, from, from + 500, value)) both(...command);
      }
      if (type === 'stream') makeGroups(both, key, prng);
      else if (type === 'list') both('LPOP', key, String(count >> 1));
      else for (const command of thin(key, type, count, prng, value)) both(...command);
    }
    moving.engine.defragmentation.limits.isOn = true;
    mover.stepMs = 0.5;
    assert.ok(mover.begin(), 'there is something to move');
    const requests = requestsOf(prng);
    for (let step = 0; mover.isRunning() && step < 8000; step++) {
      mover.stepMs = 1 / (1 + prng.below(8));
      mover.slice();
      if (step % 20 === 0) moving.engine.check();
      for (let each = prng.below(3); each > 0; each--) both(...requests[prng.below(requests.length)]!());
      if (prng.below(30) > 0) continue;
      const ms = prng.below(3000);
      mover.stepMs = 0;
      moving.advance(ms);
      still.advance(ms);
    }
    moving.engine.check();
    moving.engine.keyspace.memory.check();
    for (const database of ['1', '0']) {
      both('SELECT', database);
      for (const type of TYPES) {
        for (let index = 0; index < 5; index++) {
          assert.equal(contents(moving, `${type}:${index}`), contents(still, `${type}:${index}`));
        }
      }
    }
  }
  assert.ok(moving.engine.statistics.counters[STAT_DEFRAG_HITS]! > 1000);
});

/** Has all segments but the first condemned by each cycle, and nothing lie in the first, which is never. */
function condemnAll(memory: FlatMemory): void {
  memory.admit(0);
  while (memory.movableSegments().length === 0) {
    memory.admit(0);
    memory.allocate(64 * 1024);
  }
  // Slabs that were begun in the first segment are filled.
  for (let bytes = 8; bytes <= SLAB_BLOCK_BYTES_MAX; bytes += 8) {
    let block = memory.allocate(bytes);
    while (block >>> SEGMENT_SHIFT === 0) block = memory.allocate(bytes);
    memory.free(block);
  }
  const movable = memory.movableSegments.bind(memory);
  memory.movableSegments = () => [{ segment: -1, bytes: 2 ** 40, liveBytes: 2 ** 40 * 0.8 }, ...movable()];
}

/** Two groups of a stream, with entries pending for some consumers. */
function makeGroups(both: (...request: string[]) => string, key: string, prng: Prng): void {
  for (const group of ['one', 'two']) {
    both('XGROUP', 'CREATE', key, group, '0');
    for (let read = 0; read < 12; read++) {
      const consumer = `c${prng.below(8)}`;
      const entries = String(1 + prng.below(group === 'one' ? 900 : 60));
      both('XREADGROUP', 'GROUP', group, consumer, 'COUNT', entries, 'STREAMS', key, '>');
    }
  }
  both('XAUTOCLAIM', key, 'one', 'c1', '0', '0', 'COUNT', '50');
  for (let message = 0; message < 300; message++)
    both('XADD', key, 'IDMP', `p${message % 3}`, `m${message}`, '*', 'f', 'v');
}

/** What is done between two slices. */
function requestsOf(prng: Prng): (() => string[])[] {
  const any = () => `${TYPES[prng.below(TYPES.length)]!}:${prng.below(4)}`;
  const key = (type: Type) => `${type}:${prng.below(4)}`;
  const number = () => String(prng.below(8000));
  const value = () => 'w'.repeat(prng.below(20) === 0 ? prng.below(9000) : prng.below(200));
  const member = () => `${prng.below(8000)}:${'v'.repeat((prng.below(8000) * 37) % 180)}`;
  const field = () => `field:${prng.below(8000)}`;
  const id = () => `${1 + prng.below(8000)}-0`;
  const group = () => (prng.below(2) === 0 ? 'one' : 'two');
  const often = [
    () => ['RPUSH', key('list'), value(), value()],
    () => ['LPUSH', key('list'), value()],
    () => ['LPOP', key('list'), String(1 + prng.below(40))],
    () => ['RPOP', key('list'), String(1 + prng.below(40))],
    () => ['LSET', key('list'), String(prng.below(2000)), value()],
    () => ['LREM', key('list'), '1', `${prng.below(8000)}:`],
    () => ['LINSERT', key('list'), 'BEFORE', '5000:', value()],
    () => ['SADD', key('set'), member(), value()],
    () => ['SREM', key('set'), member(), number()],
    () => ['SPOP', key('set'), String(prng.below(8))],
    () => ['HSET', key('hash'), field(), value(), field(), value()],
    () => ['HDEL', key('hash'), field(), field(), field()],
    () => ['HEXPIRE', key('hash'), String(1 + prng.below(100)), 'FIELDS', '2', field(), field()],
    () => ['HPERSIST', key('hash'), 'FIELDS', '1', field()],
    () => ['ZADD', key('zset'), number(), member(), number(), value()],
    () => ['ZINCRBY', key('zset'), number(), member()],
    () => ['ZREM', key('zset'), member(), member()],
    () => ['ZPOPMIN', key('zset'), String(prng.below(20))],
    () => ['ZREMRANGEBYRANK', key('zset'), String(prng.below(100)), String(prng.below(130))],
    () => ['XADD', key('stream'), '*', 'field', value()],
    () => ['XDEL', key('stream'), id(), id()],
    () => ['XACK', key('stream'), group(), id(), id()],
    () => ['XREADGROUP', 'GROUP', group(), `c${prng.below(9)}`, 'COUNT', '9', 'STREAMS', key('stream'), '>'],
    () => ['XCLAIM', key('stream'), group(), `c${prng.below(9)}`, '0', id(), id()],
    () => ['XAUTOCLAIM', key('stream'), group(), `c${prng.below(9)}`, '0', id(), 'COUNT', '20'],
    () => ['XADD', `stream:${prng.below(3)}`, 'IDMP', `p${prng.below(5)}`, `m${prng.below(500)}`, '*', 'field', 'x'],
  ];
  const seldom = [
    () => add(any(), 'list', 0, 400, value)[0]!,
    () => add(any(), 'set', 0, 400, value)[0]!,
    () => add(any(), 'hash', 0, 400, value)[0]!,
    () => add(any(), 'zset', 0, 400, value)[0]!,
    () => ['LTRIM', key('list'), String(prng.below(100)), String(-1 - prng.below(100))],
    () => ['LTRIM', key('list'), '0', '3'],
    () => ['XTRIM', key('stream'), 'MAXLEN', '~', String(300 + prng.below(2000))],
    () => ['XGROUP', 'DELCONSUMER', key('stream'), group(), `c${prng.below(9)}`],
    () => ['XGROUP', 'DESTROY', key('stream'), group()],
    () => ['XGROUP', 'CREATE', key('stream'), group(), '0'],
    () => ['ZUNIONSTORE', key('zset'), '2', key('zset'), key('zset')],
    () => ['ZRANGESTORE', key('zset'), key('zset'), '0', '5'],
    () => ['SINTERSTORE', key('set'), key('set'), key('set')],
    () => ['SDIFFSTORE', key('set'), key('set'), key('set')],
    () => ['DEL', any()],
    () => ['UNLINK', any(), any()],
    () => ['SET', any(), value()],
    () => ['RENAME', any(), any()],
    () => ['COPY', any(), any(), 'REPLACE'],
    () => ['COPY', any(), any(), 'DB', '1', 'REPLACE'],
    () => ['MOVE', any(), '1'],
    () => ['EXPIRE', any(), String(1 + prng.below(200))],
    () => ['SWAPDB', '0', '1'],
    () => ['SELECT', String(prng.below(2))],
    () => (prng.below(12) === 0 ? ['FLUSHDB', prng.below(2) === 0 ? 'ASYNC' : 'SYNC'] : ['DBSIZE']),
  ];
  return [...Array.from({ length: 40 }, () => often).flat(), ...seldom];
}
