import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestDisk, testDisk } from '../../../tests/support/simulated-disk.ts';
import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { ManualClock } from '../../world/clock.ts';
import { type DiskError, type DiskFile, writeAll } from '../../world/disk.ts';
import { AppendFiles } from './append-files.ts';
import { AppendLog, FSYNC_ALWAYS, LOG_BROKEN, LOG_OFF, LOG_STARTING, LOG_WORKING } from './append-log.ts';

const PING = fromLatin1('*1\r\n$4\r\nPING\r\n');

class Bench {
  readonly disk: TestDisk;
  readonly clock = new ManualClock(0);
  readonly logged: string[] = [];
  readonly log: AppendLog;
  readonly files: AppendFiles;

  constructor(disk = testDisk()) {
    this.disk = disk;
    this.log = new AppendLog(this.clock, { durable: () => {}, changed: () => {}, log: () => {} });
    this.log.policy = FSYNC_ALWAYS;
    this.files = new AppendFiles({
      disk,
      parent: '.',
      directoryName: 'dir',
      filename: 'aof',
      log: (_level, line) => this.logged.push(line),
    });
  }

  start(): this {
    this.files.load();
    this.files.openAtStart(this.log, 'rdb', (file) => writeAll(file, fromLatin1('base')));
    return this;
  }

  put(name: string, text: string): this {
    const file = this.disk.open(name, 'create');
    writeAll(file, fromLatin1(text));
    file.close();
    return this;
  }

  content(name: string): string {
    const size = this.disk.size(name);
    if (size < 0) return '-';
    const bytes = new Uint8Array(size);
    this.disk.open(name, 'read').read(bytes, 0, size, 0);
    return toLatin1(bytes, 0, size);
  }

  ping(): void {
    this.log.command(0, PING, 0, PING.length);
    this.settle();
  }

  settle(): void {
    this.log.flush(this.clock.elapsed());
    this.clock.advance(1);
    for (let round = 0; round < 20; round++) this.disk.elapse(1);
  }

  prepare(): string {
    let outcome = 'not told';
    this.files.prepare(this.log, (error) => {
      outcome = error?.code ?? 'ok';
    });
    assert.equal(outcome, 'not told', 'told later');
    this.settle();
    return outcome;
  }

  install(base: DiskFile): string {
    writeAll(base, fromLatin1('new base'));
    let outcome = 'not told';
    this.files.install(this.log, base, 'aof', (error) => {
      outcome = error?.code ?? 'ok';
    });
    this.settle();
    return outcome;
  }

  manifest(): string {
    return this.content('dir/aof.manifest')
      .replaceAll('file aof.', '')
      .replaceAll(/ seq \d+ type/g, '')
      .replaceAll('\n', ', ');
  }

  names(): string {
    return this.disk.list('dir').join(' ');
  }
}

test('the first start makes a base, an increment and a manifest', () => {
  const bench = new Bench().start();
  assert.equal(bench.manifest(), '1.base.rdb b, 1.incr.aof i, ');
  assert.equal(bench.content('dir/aof.1.base.rdb'), 'base');
  assert.equal(bench.content('dir/aof.1.incr.aof'), '');
  assert.equal(bench.names(), 'aof.1.base.rdb aof.1.incr.aof aof.manifest');
  assert.deepEqual(bench.logged, [
    'Creating AOF base file aof.1.base.rdb on server start',
    'Creating AOF incr file aof.1.incr.aof on server start',
  ]);
  assert.equal(bench.log.state, LOG_WORKING);
  assert.equal(bench.files.currentBytes(bench.log), 4);
});

test('the next start goes on in the last increment', () => {
  const first = new Bench().start();
  first.ping();
  const next = new Bench(first.disk).start();
  assert.deepEqual(next.logged, ['Opening AOF incr file aof.1.incr.aof on server start']);
  next.ping();
  assert.equal(next.content('dir/aof.1.incr.aof').match(/PING/g)!.length, 2);
  assert.equal(next.files.rewrittenBytes, 4);
  assert.equal(next.files.currentBytes(next.log), 4 + 2 * 37);
});

test('a rewrite replaces base and increments, and deletes what it replaced', () => {
  const bench = new Bench().start();
  bench.ping();
  assert.equal(bench.prepare(), 'ok');
  assert.equal(bench.manifest(), '1.base.rdb b, 1.incr.aof i, 2.incr.aof i, ');
  bench.ping();
  const base = bench.files.begin(bench.log)!;
  bench.ping();
  assert.equal(bench.content('dir/aof.1.incr.aof').match(/PING/g)!.length, 2);
  assert.equal(bench.content('dir/aof.2.incr.aof').match(/PING/g)!.length, 1);
  assert.equal(bench.install(base), 'ok');
  assert.equal(bench.manifest(), '2.base.aof b, 2.incr.aof i, ');
  assert.equal(bench.content('dir/aof.2.base.aof'), 'new base');
  assert.equal(bench.names(), 'aof.2.base.aof aof.2.incr.aof aof.manifest');
  assert.equal(bench.files.rewrittenBytes, 8 + 37);
  assert.equal(bench.files.isRewriting(), false);
});

test('with aof-disable-auto-gc what was replaced stays, as history; a later start deletes it', () => {
  const bench = new Bench().start();
  bench.files.keepsHistory = true;
  assert.equal(bench.prepare(), 'ok');
  assert.equal(bench.install(bench.files.begin(bench.log)!), 'ok');
  assert.equal(bench.manifest(), '2.base.aof b, 1.incr.aof h, 1.base.rdb h, 2.incr.aof i, ');
  const next = new Bench(bench.disk).start();
  assert.equal(next.manifest(), '2.base.aof b, 2.incr.aof i, ');
  assert.equal(next.names(), 'aof.2.base.aof aof.2.incr.aof aof.manifest');
});

test('a rewrite that is given up leaves the log as it was', () => {
  const bench = new Bench().start();
  assert.equal(bench.prepare(), 'ok');
  bench.files.abandon(bench.log);
  bench.ping();
  assert.match(bench.content('dir/aof.1.incr.aof'), /PING/);
  assert.equal(bench.prepare(), 'ok');
  assert.equal(bench.manifest(), '1.base.rdb b, 1.incr.aof i, 2.incr.aof i, ', 'the prepared file is used');
  bench.files.begin(bench.log)!.close();
  bench.files.abandon(bench.log);
  bench.ping();
  assert.match(bench.content('dir/aof.2.incr.aof'), /PING/);
  assert.equal(bench.names(), 'aof.1.base.rdb aof.1.incr.aof aof.2.incr.aof aof.manifest');
  assert.equal(bench.prepare(), 'ok');
  assert.equal(bench.install(bench.files.begin(bench.log)!), 'ok');
  assert.equal(bench.manifest(), '2.base.aof b, 3.incr.aof i, ');
});

test('turned on at run time the log is listed together with its first base', () => {
  const bench = new Bench();
  bench.files.load();
  assert.equal(bench.log.state, LOG_OFF);
  assert.equal(bench.prepare(), 'ok');
  const base = bench.files.begin(bench.log)!;
  assert.equal(bench.log.state, LOG_STARTING);
  bench.ping();
  assert.equal(bench.names(), 'temp-aof.incr temp-rewriteaof-bg.aof');
  assert.equal(bench.install(base), 'ok');
  assert.equal(bench.log.state, LOG_WORKING);
  assert.equal(bench.manifest(), '1.base.aof b, 1.incr.aof i, ');
  assert.match(bench.content('dir/aof.1.incr.aof'), /PING/);
  assert.equal(bench.names(), 'aof.1.base.aof aof.1.incr.aof aof.manifest');
});

test('a base alone replaces what there is, for a log that is off', () => {
  const started = new Bench().start();
  started.ping();
  assert.ok(started.log.close());
  const bench = new Bench(started.disk);
  bench.files.load();
  let outcome = '';
  bench.files.prepare(
    bench.log,
    (error) => {
      outcome = error?.code ?? 'ok';
    },
    true,
  );
  bench.settle();
  assert.equal(outcome, 'ok');
  assert.equal(bench.install(bench.files.begin(bench.log)!), 'ok');
  assert.equal(bench.log.state, LOG_OFF);
  assert.equal(bench.manifest(), '2.base.aof b, ');
  assert.equal(bench.names(), 'aof.2.base.aof aof.manifest');
});

test('given up at any stage, turning on leaves nothing behind', () => {
  for (const stage of ['prepared', 'begun']) {
    const bench = new Bench();
    bench.files.load();
    bench.prepare();
    if (stage === 'begun') bench.files.begin(bench.log);
    bench.files.abandon(bench.log);
    assert.equal(bench.log.state, LOG_OFF);
    assert.equal(bench.names(), '');
  }
});

test('failures of the disk at each step are told, and the next rewrite works', () => {
  const faults: readonly (readonly [Parameters<TestDisk['failNext']>[0], number])[] = [
    ['open', 0],
    ['sync', 0],
    ['syncDirectory', 0],
    ['rename', 0],
    ['open', 1],
    ['sync', 1],
    ['rename', 1],
    ['syncDirectory', 1],
  ];
  for (const [call, stage] of faults) {
    const bench = new Bench().start();
    if (stage === 0) bench.disk.failNext(call, 'EIO');
    const prepared = bench.prepare();
    if (stage === 0) assert.equal(prepared, 'EIO', call);
    else {
      bench.disk.failNext(call, 'EIO');
      const base = bench.files.begin(bench.log);
      if (call === 'open') assert.equal(base, null);
      else assert.notEqual(bench.install(base!), 'ok', call);
    }
    bench.disk.failNoMore();
    assert.equal(bench.files.isRewriting(), false, call);
    assert.equal(bench.prepare(), 'ok', call);
    assert.equal(bench.install(bench.files.begin(bench.log)!), 'ok', call);
    bench.ping();
    assert.equal(bench.log.durable, bench.log.collected);
    const next = new Bench(bench.disk.afterKill()).start();
    assert.match(next.manifest(), /^\d\.base\.aof b, \d\.incr\.aof i, $/, `${call} ${stage}`);
  }
});

test('a broken log gets a new base and increment, listed together', () => {
  const bench = new Bench().start();
  bench.disk.failNext('sync', 'EIO');
  bench.ping();
  assert.equal(bench.log.state, LOG_BROKEN);
  assert.equal(bench.prepare(), 'ok');
  const base = bench.files.begin(bench.log)!;
  bench.ping();
  assert.equal(bench.manifest(), '1.base.rdb b, 1.incr.aof i, ');
  assert.equal(bench.install(base), 'ok');
  assert.equal(bench.log.state, LOG_WORKING);
  assert.equal(bench.manifest(), '2.base.aof b, 2.incr.aof i, ');
});

test('a log of one file from before Redis 7 becomes the base, also when that was interrupted', () => {
  const bench = new Bench().put('aof', 'old').start();
  assert.equal(bench.content('dir/aof'), 'old');
  assert.equal(bench.content('aof'), '-');
  assert.equal(bench.content('dir/aof.manifest'), 'file aof seq 1 type b\nfile aof.1.incr.aof seq 1 type i\n');

  const interrupted = new Bench();
  interrupted.disk.makeDirectory('dir');
  interrupted.put('dir/aof.manifest', 'file aof seq 1 type b\n').put('aof', 'old').start();
  assert.equal(interrupted.content('dir/aof'), 'old');

  const both = new Bench();
  both.disk.makeDirectory('dir');
  both.put('dir/aof.manifest', 'file aof seq 1 type b\n').put('dir/aof', 'moved').put('aof', 'other').start();
  assert.equal(both.content('dir/aof'), 'moved');
  assert.equal(both.content('aof'), 'other');
});

test('a start removes what was not finished, and nothing else', () => {
  const bench = new Bench();
  bench.disk.makeDirectory('dir');
  bench.put('dir/aof.manifest', 'file aof.3.base.rdb seq 3 type b\nfile aof.5.incr.aof seq 5 type i\n');
  const mine = ['temp-rewriteaof-bg.aof', 'temp-aof.incr', 'temp-aof.manifest', 'aof.6.incr.aof', 'aof.4.base.rdb'];
  const others = ['aof.3.base.rdb', 'aof.5.incr.aof', 'aof.2.base.rdb', 'aof.9.incr.aof', 'notes'];
  for (const name of [...mine, ...others]) bench.put(`dir/${name}`, '');
  bench.start();
  assert.deepEqual(bench.disk.list('dir'), [...others, 'aof.manifest'].sort());

  const without = new Bench();
  without.disk.makeDirectory('dir');
  without.put('dir/aof.1.incr.aof', 'the only copy').put('dir/aof.7.base.rdb', 'another').start();
  assert.equal(without.content('dir/aof.1.incr.aof'), 'the only copy');
  assert.equal(without.content('dir/aof.7.base.rdb'), 'another');
  assert.equal(without.manifest(), '8.base.rdb b, 8.incr.aof i, ', 'its manifest is gone: new files have other names');
});

test('all sizes together, and the name of a missing file', () => {
  const bench = new Bench().start();
  bench.ping();
  assert.equal(bench.files.totalBytes(), 4 + 37);
  bench.disk.unlink('dir/aof.1.incr.aof');
  const missing: string[] = [];
  assert.throws(
    () => bench.files.totalBytes((name) => missing.push(name)),
    (error: DiskError) => error.code === 'ENOENT',
  );
  assert.deepEqual(missing, ['aof.1.incr.aof']);
});
