// Crashes of the append-only log, at every call to the disk: what a restart reads is a prefix of the executed history, and
// holds all that was promised. With `always` that is what was acknowledged, with `everysec` all but two seconds; in any
// case what the log calls durable, and after the end of the process alone all that was written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedCrash, SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { fromLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { AofError } from '../../src/persistence/aof/aof-reader.ts';
import {
  AppendLog,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LOG_BROKEN,
  LOG_WORKING,
} from '../../src/persistence/aof/append-log.ts';
import { ManualClock } from '../../src/world/clock.ts';
import { encode } from '../support/engine-harness.ts';
import { AppendLogRun, type RunOptions, recover } from './append-log-run.ts';

const POLICIES = { always: FSYNC_ALWAYS, everysec: FSYNC_EVERYSEC, no: FSYNC_NO };
const ANY_TAIL = Number.MAX_SAFE_INTEGER;
const EVERYSEC_PROMISE_MS = 2000;

function newLog(): AppendLog {
  return new AppendLog(new ManualClock(0), { durable: () => {}, changed: () => {}, log: () => {} });
}

/** Runs until the crash; false when the run ended before. */
function runToCrash(run: AppendLogRun, call: number): boolean {
  run.disk.crashAt(call);
  try {
    run.run();
    return false;
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
    return true;
  }
}

/** What a restart finds: how many units. A restart on what it leaves finds the same, and no file of ours too many. */
function checkRestart(run: AppendLogRun, disk: SimulatedDisk, least: number, what: string): void {
  const { model, files } = recover(disk, ANY_TAIL);
  const found = run.prefixOf(model);
  assert.ok(found >= least, `${what}: ${found} of ${run.units.length} units found, ${least} were promised`);
  const hasManifest = !files.manifest.isEmpty();
  const log = newLog();
  files.openAtStart(log, 'aof', () => undefined);
  log.command(0, new Uint8Array(0), 0, 0);
  const expected = [...files.manifest.files().map(({ name }) => name), 'appendonly.aof.manifest'].sort();
  // Files without a manifest might be somebody's only copy: they stay.
  const there = disk.list('appendonlydir').filter((name) => hasManifest || expected.includes(name));
  assert.deepEqual(there, expected, what);
  assert.deepEqual(
    disk.list('appendonlydir').filter((name) => name.startsWith('temp-')),
    [],
    what,
  );
  // What was loaded is shown to clients: it counts as kept. Only what a failed sync has given up the system may still
  // show, and lose later; no program can tell.
  if (run.disk.syncsFailed > 0) return;
  const again = recover(disk.afterCrash(new Prng(call(what))), 0);
  assert.equal(run.prefixOf(again.model), found, `${what}: found again`);
}

const call = (what: string): number => Number(/\d+/.exec(what)?.[0] ?? 1);

function crashEverywhere(options: RunOptions, isTimeKept: boolean): void {
  const whole = new AppendLogRun(options);
  whole.run();
  const { calls } = whole.disk;
  assert.ok(whole.rewrites > 0, 'the run has rewrites in it');
  for (let at = 1; at <= calls; at++) {
    const run = new AppendLogRun(options);
    assert.ok(runToCrash(run, at));
    const what = `seed ${options.seed}, crash at call ${at} of ${calls}`;
    const prng = new Prng(options.seed * 100_000 + at);
    let promised = run.promised();
    if (isTimeKept && options.policy === FSYNC_EVERYSEC) {
      promised = Math.max(promised, run.olderThan(EVERYSEC_PROMISE_MS));
    }
    // The same moment, but only the process ends: what was written is there.
    if (prng.below(4) === 0) checkRestart(run, run.disk.afterKill(), Math.max(promised, run.written()), what);
    else checkRestart(run, run.disk.afterCrash(prng), promised, what);
  }
}

for (const [name, policy] of Object.entries(POLICIES)) {
  test(`a crash at every disk call, appendfsync ${name}`, () => {
    for (const seed of [11, 12, 13]) crashEverywhere({ seed, policy, steps: 60 }, true);
  });

  test(`a crash at every disk call while syncs are slow, appendfsync ${name}`, () => {
    for (const seed of [21, 22]) {
      crashEverywhere({ seed, policy, steps: 60, syncMs: 130, shortWrites: 0.3 }, true);
    }
  });

  test(`a crash at every disk call with failing syncs, appendfsync ${name}`, () => {
    const before = (step: number, run: AppendLogRun) => {
      if (step === 15 || step === 40) run.disk.failNext('sync', 'EIO');
      if (step === 30) run.disk.failNext('syncDirectory', 'EIO');
    };
    for (const seed of [31, 32]) crashEverywhere({ seed, policy, steps: 90, syncMs: 30, before }, false);
  });

  test(`a crash at every disk call when the disk is full for a while, appendfsync ${name}`, () => {
    const before = (step: number, run: AppendLogRun) => {
      if (step === 20) run.disk.capacity = 9000;
      if (step === 45) run.disk.capacity = Number.POSITIVE_INFINITY;
    };
    for (const seed of [41, 42]) crashEverywhere({ seed, policy, steps: 90, syncMs: 10, before }, false);
  });
}

test('a crash at every disk call, with failing syncs and a full disk, where syncs are waited for', () => {
  const before = (step: number, run: AppendLogRun) => {
    if (step === 15 || step === 40) run.disk.failNext('sync', 'EIO');
    if (step === 50) run.disk.capacity = 9000;
    if (step === 70) run.disk.capacity = Number.POSITIVE_INFINITY;
  };
  for (const seed of [61, 62]) {
    crashEverywhere({ seed, policy: FSYNC_ALWAYS, steps: 60, quickSyncMs: 1 }, true);
    crashEverywhere({ seed, policy: FSYNC_ALWAYS, steps: 90, quickSyncMs: 1, before }, false);
  }
});

test('a crash at every disk call of a start loses nothing either', () => {
  for (const seed of [51, 52, 53, 54]) {
    const first = new AppendLogRun({ seed, policy: FSYNC_EVERYSEC, steps: 40 });
    first.disk.crashAt(40 + new Prng(seed).below(60));
    assert.throws(() => first.run(), SimulatedCrash);
    const promised = first.promised();
    for (let at = 1; ; at++) {
      const disk = first.disk.afterCrash(new Prng(seed));
      disk.crashAt(at);
      try {
        const { files } = recover(disk, ANY_TAIL);
        files.openAtStart(newLog(), 'aof', () => undefined);
        break;
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
      }
      checkRestart(first, disk.afterCrash(new Prng(at)), promised, `seed ${seed}, crash at call ${at} of the start`);
    }
  }
});

test('a crash at every disk call while a log of one file is taken over', () => {
  for (let at = 1; ; at++) {
    const disk = new SimulatedDisk(at);
    const file = disk.open('appendonly.aof', 'create');
    const old = fromLatin1(encode(['SET', 'key', 'value']));
    assert.equal(file.write(old, 0, old.length), old.length);
    file.syncNow();
    disk.syncDirectoryNow('.');
    const before = disk.calls;
    disk.crashAt(before + at);
    let isDone = false;
    try {
      recover(disk, 0).files.openAtStart(newLog(), 'aof', () => undefined);
      isDone = true;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
    for (let seed = 1; seed <= 5; seed++) {
      assert.equal(recover(disk.afterCrash(new Prng(seed)), 0).model.get('0:key'), 'value', `call ${at}, seed ${seed}`);
    }
    if (isDone) break;
  }
});

test('a torn end that pages reached in another order is refused or cut, never loaded', () => {
  let refused = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const run = new AppendLogRun({ seed, policy: FSYNC_EVERYSEC, steps: 12 });
    run.run();
    const disk = run.disk.afterCrash(new Prng(seed));
    try {
      assert.ok(run.prefixOf(recover(disk, 0).model) >= run.promised());
    } catch (error) {
      if (!(error instanceof AofError)) throw error;
      assert.match(error.message, /^Bad file format/);
      refused++;
    }
  }
  assert.ok(refused > 0);
});

test('after a failed sync writes are refused until a new base and increment are written, without a restart', () => {
  for (const policy of Object.values(POLICIES)) {
    const run = new AppendLogRun({
      seed: 5,
      policy,
      steps: 120,
      before: (step, { disk }) => {
        if (step === 20) disk.failNext('sync', 'EIO');
      },
    });
    run.run();
    if (policy === FSYNC_NO && run.refusals === 0) continue;
    assert.equal(run.refusals, 1);
    assert.equal(run.log.state, LOG_WORKING);
    assert.ok(!run.refused);
  }
});

test('a sync that goes on failing keeps writes refused, and nothing false is promised', () => {
  const run = new AppendLogRun({
    seed: 6,
    policy: FSYNC_ALWAYS,
    steps: 100,
    before: (step, { disk }) => {
      if (step === 20) disk.failNext('sync', 'EIO', 1000);
    },
  });
  run.run();
  assert.equal(run.log.state, LOG_BROKEN);
  const { acknowledged } = run;
  run.disk.failNoMore();
  checkRestart(run, run.disk.afterCrash(new Prng(1)), acknowledged, 'failing syncs');
});

test('a full disk refuses writes, and takes them again when there is room', () => {
  for (const policy of Object.values(POLICIES)) {
    const run = new AppendLogRun({
      seed: 7,
      policy,
      steps: 100,
      before: (step, { disk }) => {
        if (step === 20) disk.capacity = 1000;
        if (step === 60) disk.capacity = Number.POSITIVE_INFINITY;
      },
    });
    run.run();
    assert.ok(run.refusals >= 1);
    assert.ok(!run.refused);
    assert.equal(run.log.state, LOG_WORKING);
    run.log.writeNow();
    assert.equal(run.prefixOf(recover(run.disk.afterKill(), 0).model), run.units.length);
  }
});
