import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDisk } from '../../../tests/support/simulated-disk.ts';
import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { ManualClock } from '../../world/clock.ts';
import type { DiskFile } from '../../world/disk.ts';
import {
  AppendLog,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LOG_BROKEN,
  LOG_OFF,
  LOG_REBUILDING,
  LOG_STARTING,
  LOG_WORKING,
} from './append-log.ts';

const START = 1_700_000_000_500;
const PING = fromLatin1('*1\r\n$4\r\nPING\r\n');
const MULTI = fromLatin1('*1\r\n$5\r\nMULTI\r\n');
const EXEC = fromLatin1('*1\r\n$4\r\nEXEC\r\n');

class Bench {
  readonly disk = testDisk();
  readonly clock = new ManualClock(START);
  readonly told: string[] = [];
  /** How long each sync took. */
  readonly syncs: number[] = [];
  readonly log: AppendLog;
  file: DiskFile;

  constructor(policy: number, syncMs = 10) {
    this.disk.syncMs = syncMs;
    this.log = new AppendLog(this.clock, {
      durable: () => this.told.push(`durable ${this.log.durable}`),
      changed: () => this.told.push(`state ${this.log.state}${this.log.refusesWrites() ? ' refuses' : ''}`),
      log: (level, line) => this.told.push(`${level}: ${line}`),
      synced: (milliseconds) => this.syncs.push(milliseconds),
    });
    this.log.policy = policy;
    this.file = this.disk.open('a', 'append');
    this.log.open(this.file, 0);
    this.told.length = 0;
  }

  put(database = 0): void {
    this.log.command(database, PING, 0, PING.length);
  }

  /** The end of a tick, then time. */
  pass(ms: number): void {
    this.log.flush(this.clock.elapsed());
    this.clock.advance(ms);
    this.disk.elapse(ms);
  }

  take(): string[] {
    return this.told.splice(0);
  }

  content(path = 'a'): string {
    const size = this.disk.size(path);
    const bytes = new Uint8Array(size);
    this.disk.open(path, 'read').read(bytes, 0, size, 0);
    return toLatin1(bytes, 0, size);
  }
}

test('SELECT stands where the database changes, within units too; MULTI and EXEC have none', () => {
  const bench = new Bench(FSYNC_NO);
  const { log } = bench;
  for (const database of [0, 0, 12]) bench.put(database);
  log.command(-1, MULTI, 0, MULTI.length);
  for (const database of [12, 3]) bench.put(database);
  log.command(-1, EXEC, 0, EXEC.length);
  bench.put(3);
  bench.pass(0);
  const words = bench
    .content()
    .match(/[A-Z]+|(?<=SELECT\r\n\$\d\r\n)\d+/g)!
    .join(' ');
  assert.equal(words, 'SELECT 0 PING PING SELECT 12 PING MULTI PING SELECT 3 PING EXEC PING');
  assert.match(bench.content(), /^\*2\r\n\$6\r\nSELECT\r\n\$1\r\n0\r\n\*1\r\n\$4\r\nPING\r\n/);
  assert.match(bench.content(), /\$6\r\nSELECT\r\n\$2\r\n12\r\n/);
  assert.equal(log.collected, bench.content().length);
});

test('timestamps stand in front of the first command or unit of a second', () => {
  const bench = new Bench(FSYNC_NO);
  const { log, clock } = bench;
  log.timestamps = true;
  bench.put();
  bench.put();
  clock.advance(1000);
  log.command(-1, MULTI, 0, MULTI.length);
  clock.advance(1000);
  bench.put();
  log.command(-1, EXEC, 0, EXEC.length);
  bench.put();
  bench.pass(0);
  const words = bench.content().match(/#TS:\d+\r\n|[A-Z]{4,}/g)!;
  assert.deepEqual(words, [
    '#TS:1700000000\r\n',
    'SELECT',
    'PING',
    'PING',
    '#TS:1700000001\r\n',
    'MULTI',
    'PING',
    'EXEC',
    '#TS:1700000002\r\n',
    'PING',
  ]);
});

test('always: a sync follows each write; what comes meanwhile is written and synced together after it', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log } = bench;
  bench.put();
  const first = log.collected;
  assert.equal(log.releasable(), 0);
  bench.pass(1);
  assert.deepEqual([log.written, log.durable, log.isSyncing()], [first, 0, true]);
  bench.put();
  bench.pass(1);
  bench.put();
  bench.pass(1);
  assert.equal(log.written, first, 'writes wait for the sync under way');
  bench.pass(7);
  assert.deepEqual(bench.take(), [`durable ${first}`]);
  assert.equal(log.written, log.collected, 'and go with its end, not with the next tick');
  assert.equal(log.releasable(), first);
  bench.pass(10);
  assert.deepEqual(bench.take(), [`durable ${log.collected}`]);
  assert.equal(bench.disk.syncsDone, 2);
  bench.pass(2000);
  assert.equal(bench.disk.syncsDone, 2, 'nothing new, nothing synced');
});

test('how long a sync took is told when it ends', () => {
  const bench = new Bench(FSYNC_ALWAYS, 25);
  bench.put();
  for (let tick = 0; tick < 60; tick++) bench.pass(1);
  assert.deepEqual(bench.syncs, [25]);
  bench.put();
  for (let tick = 0; tick < 60; tick++) bench.pass(1);
  assert.deepEqual(bench.syncs, [25, 25]);
});

test('everysec: at most one sync a second, and what waits too long for a slow one is counted', () => {
  const bench = new Bench(FSYNC_EVERYSEC, 2500);
  const { log } = bench;
  bench.put();
  bench.pass(999);
  assert.equal(log.isSyncing(), false);
  assert.equal(log.releasable(), log.collected);
  bench.pass(1);
  bench.pass(1);
  assert.equal(log.isSyncing(), true);
  const { written } = log;
  bench.put();
  bench.pass(1999);
  bench.pass(1);
  assert.equal(log.written, written, 'writes are held back while a sync is under way');
  assert.equal(log.delayedSyncs, 0);
  bench.pass(1);
  assert.equal(log.delayedSyncs, 1);
  assert.equal(log.written, log.collected);
  assert.match(bench.take().join(), /^notice: Asynchronous AOF fsync is taking too long/);
  bench.pass(500);
  assert.deepEqual(bench.take(), [`durable ${written}`]);
});

test('no: nothing is synced', () => {
  const bench = new Bench(FSYNC_NO);
  for (let tick = 0; tick < 50; tick++) {
    bench.put();
    bench.pass(100);
  }
  assert.equal(bench.disk.syncsDone, 0);
  assert.equal(bench.log.written, bench.log.collected);
  assert.deepEqual(bench.take(), []);
});

test('from everysec to always: what was written is synced at once', () => {
  const bench = new Bench(FSYNC_EVERYSEC);
  bench.put();
  bench.pass(10);
  bench.log.policy = FSYNC_ALWAYS;
  bench.pass(10);
  assert.equal(bench.log.durable, bench.log.collected);
});

test('held syncs promise nothing and catch up', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log } = bench;
  log.syncsHeld = true;
  bench.put();
  bench.pass(100);
  assert.deepEqual([log.written, log.durable, log.releasable()], [log.collected, 0, log.collected]);
  log.syncsHeld = false;
  assert.equal(log.releasable(), 0);
  bench.pass(10);
  assert.equal(log.durable, log.collected);
});

test('a write that fails is taken back to a whole command, refuses writes, and is tried again', () => {
  const bench = new Bench(FSYNC_EVERYSEC);
  const { disk } = bench;
  bench.put();
  bench.pass(10);
  const before = bench.content();
  disk.capacity = before.length + 5;
  bench.put();
  bench.pass(10);
  assert.equal(bench.content(), before);
  assert.deepEqual(bench.take(), [
    'warning: Short write while writing to the AOF file: (nwritten=5, expected=14): No space left on device',
    'state 2 refuses',
  ]);
  const { calls } = disk;
  bench.pass(10);
  assert.equal(disk.calls, calls, 'not tried again at every tick');
  bench.pass(90);
  bench.pass(0);
  assert.deepEqual(bench.take(), [], 'nor logged each time');
  disk.capacity = Number.POSITIVE_INFINITY;
  bench.pass(100);
  bench.pass(1);
  assert.equal(bench.content(), before + toLatin1(PING, 0, PING.length));
  assert.deepEqual(bench.take(), ['notice: AOF write error looks solved, the server can write again.', 'state 2']);
});

test('what cannot be taken back is remembered: the rest follows, and no sync comes between', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log, disk } = bench;
  disk.capacity = 30;
  disk.failNext('truncate', 'EIO');
  bench.put();
  bench.pass(20);
  assert.equal(bench.content().length, 30);
  assert.match(bench.take()[1]!, /^warning: Could not remove short write/);
  assert.equal(disk.syncsDone, 0);
  assert.equal(log.refusesWrites(), true);
  assert.equal(log.releasable(), log.collected, 'reads go on');
  disk.capacity = 1000;
  bench.clock.advance(100);
  bench.pass(20);
  assert.equal(log.refusesWrites(), false);
  assert.equal(log.durable, log.collected);
  assert.equal(bench.content().length, log.collected);
});

test('the next file is written when the one before is synced to its end', () => {
  for (const policy of [FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO]) {
    const bench = new Bench(policy);
    const { log, disk } = bench;
    bench.put();
    bench.pass(1);
    bench.put();
    const end = log.collected;
    assert.ok(log.switchTo(disk.open('b', 'create')));
    bench.put();
    bench.pass(5);
    assert.equal(bench.content().length, end);
    assert.equal(bench.content('b'), '');
    bench.pass(5);
    bench.pass(10);
    bench.pass(10);
    assert.ok(log.durable >= end);
    assert.equal(
      bench.content('b'),
      toLatin1(fromLatin1('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n'), 0, 37),
    );
    assert.equal(log.fileBytes, 37);
  }
});

test('a switch soon after another waits for the disk, and finds out when that fails', () => {
  for (const fails of [false, true]) {
    const bench = new Bench(FSYNC_EVERYSEC);
    const { log, disk } = bench;
    bench.put();
    assert.ok(log.switchTo(disk.open('b', 'create')));
    bench.put();
    const { collected } = log;
    if (fails) disk.failNext('sync', 'EIO');
    assert.equal(log.switchTo(disk.open('c', 'create')), !fails);
    bench.put();
    bench.pass(10);
    bench.pass(10);
    assert.equal(log.state, fails ? LOG_BROKEN : LOG_WORKING);
    assert.equal(log.durable, fails ? 0 : collected);
    assert.equal(bench.content('b'), fails ? '' : '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n');
  }
});

test('a sync that began before the switch does not stand for the end of the file', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log, disk } = bench;
  bench.put();
  bench.pass(1);
  bench.put();
  assert.ok(log.switchTo(disk.open('b', 'create')));
  bench.put();
  bench.pass(9);
  assert.equal(bench.content('b'), '');
  bench.pass(10);
  assert.notEqual(bench.content('b'), '');
});

test('after a failed sync nothing is written or synced until the log begins anew and its base is installed', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log, disk } = bench;
  disk.failNext('sync', 'EIO');
  bench.put();
  bench.pass(10);
  assert.deepEqual(bench.take(), ['warning: Fail to fsync the AOF file: Input/output error', 'state 3 refuses']);
  assert.equal(log.state, LOG_BROKEN);
  const { calls } = disk;
  bench.put();
  bench.pass(5000);
  assert.equal(disk.calls, calls);
  assert.equal(log.durable, 0);
  log.restart(disk.open('b', 'create'));
  assert.equal(log.state, LOG_REBUILDING);
  bench.put();
  bench.pass(10);
  assert.deepEqual([log.durable, log.refusesWrites()], [0, true], 'no restart would find it');
  log.baseInstalled();
  assert.equal(log.state, LOG_WORKING);
  assert.equal(log.durable, log.collected);
  assert.deepEqual(bench.take(), ['state 4 refuses', 'state 2', `durable ${log.collected}`]);
});

test('a second failure while rebuilding, and a base that could not be written, leave it broken', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log, disk } = bench;
  disk.failNext('sync', 'EIO', 2);
  bench.put();
  bench.pass(10);
  log.restart(disk.open('b', 'create'));
  bench.put();
  bench.pass(10);
  assert.equal(log.state, LOG_BROKEN);
  log.restart(disk.open('c', 'create'));
  log.fail();
  assert.equal(log.state, LOG_BROKEN);
  assert.equal(log.durable, 0);
});

test('a log that is turned on refuses nothing and promises nothing until its base is there', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { log, disk } = bench;
  assert.ok(log.close());
  assert.equal(log.state, LOG_OFF);
  bench.put();
  assert.equal(log.collected, 0, 'off: nothing is taken in');
  log.restart(disk.open('b', 'create'));
  assert.equal(log.state, LOG_STARTING);
  bench.put();
  bench.pass(10);
  assert.deepEqual([log.refusesWrites(), log.releasable(), log.durable], [false, log.collected, 0]);
  log.baseInstalled();
  assert.deepEqual([log.state, log.durable], [LOG_WORKING, log.collected]);
});

test('closing writes and syncs all, or says that it could not', () => {
  const bench = new Bench(FSYNC_NO);
  bench.put();
  assert.ok(bench.log.close());
  assert.equal(bench.log.durable, bench.log.collected);
  const failing = new Bench(FSYNC_NO);
  failing.put();
  failing.disk.failNext('sync', 'EIO');
  assert.equal(failing.log.close(), false);
  const full = new Bench(FSYNC_NO);
  full.put();
  full.disk.capacity = 0;
  assert.equal(full.log.close(), false);
});

test('a large buffer is let go when it is not needed any more', () => {
  const bench = new Bench(FSYNC_NO);
  const large = new Uint8Array(3_000_000).fill(120);
  bench.log.command(0, large, 0, large.length);
  bench.pass(1);
  assert.ok(bench.log.memoryBytes() > 3_000_000);
  for (let tick = 0; tick < 100; tick++) {
    bench.put();
    bench.pass(1);
  }
  assert.ok(bench.log.memoryBytes() < 100_000);
});

test('always, on a quick disk: a sync is waited for, but after a slow one not for twenty times as long', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  const { clock, disk, log } = bench;
  disk.quickSyncMs = 1;
  const { file } = bench;
  const syncNow = file.syncNow.bind(file);
  let takes = 0.5;
  file.syncNow = () => {
    clock.advance(takes);
    syncNow();
  };
  const flush = (): boolean => {
    bench.put();
    log.flush(clock.elapsed());
    return log.durable === log.collected;
  };
  assert.equal(flush(), true);
  takes = 3;
  assert.equal(flush(), true, 'a slow one is not known beforehand');
  takes = 0.5;
  assert.equal(flush(), false, 'the next goes on elsewhere');
  bench.pass(20);
  assert.equal(log.durable, log.collected);
  bench.pass(30);
  assert.equal(flush(), false);
  bench.pass(20);
  assert.equal(flush(), true, '60 ms later');
  assert.deepEqual(bench.syncs, [0.5, 3, 20, 20, 0.5]);
});

test('always, on a quick disk: a sync that fails breaks the log as any other does', () => {
  const bench = new Bench(FSYNC_ALWAYS);
  bench.disk.quickSyncMs = 1;
  bench.disk.failNext('sync', 'EIO');
  bench.put();
  bench.log.flush(bench.clock.elapsed());
  assert.equal(bench.log.state, LOG_BROKEN);
  assert.equal(bench.log.durable, 0);
});
