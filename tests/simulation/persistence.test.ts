// Crashes of a whole engine with its persistence, at every call to the disk: what a restart finds is what was there after
// some unit of commands, and has everything that was promised; nothing unfinished is left lying about.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedCrash, type SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { Prng } from '../../src/lib/prng.ts';
import { TestClient } from '../support/engine-harness.ts';
import { PersistenceRun, type RunOptions } from './persistence-run.ts';

const EVERYSEC_PROMISE_MS = 2000;
const TEMPORARY = /^temp-/;

function restartOn(run: PersistenceRun, disk: SimulatedDisk, options: RunOptions, least: number, what: string): void {
  const next = new PersistenceRun({ ...options, syncMs: 0, shortWrites: 0 }, disk);
  next.start();
  const unit = run.unitOf(next.readState());
  assert.ok(unit >= least, `${what}: unit ${unit} found, ${least} was promised`);
  for (const name of [
    ...disk.list('.'),
    ...(disk.size('appendonlydir') >= 0 || options.appendonly ? disk.list('appendonlydir') : []),
  ]) {
    assert.doesNotMatch(name, TEMPORARY, what);
  }
}

function crashEverywhere(options: RunOptions): void {
  const whole = new PersistenceRun(options);
  whole.run();
  const { calls } = whole.disk;
  assert.ok(calls > 30, `the run uses the disk: ${calls} calls`);
  for (let at = 1; at <= calls; at++) {
    const run = new PersistenceRun(options);
    run.disk.crashAt(at);
    try {
      run.run();
      assert.fail('the crash came');
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
    // Before the start was over nothing was promised.
    if (run.states.length === 0) continue;
    const what = `seed ${options.seed}, crash at call ${at} of ${calls}`;
    let least = run.promised();
    if (options.appendonly && options.policy === 'everysec' && (options.syncMs ?? 0) < 100) {
      const time = run.clock.elapsed() - EVERYSEC_PROMISE_MS;
      let unit = 0;
      while (unit + 1 < run.times.length && run.times[unit + 1]! <= time) unit++;
      least = Math.max(least, unit);
    }
    const prng = new Prng(options.seed * 1000 + at);
    restartOn(run, prng.below(4) === 0 ? run.disk.afterKill() : run.disk.afterCrash(prng), options, least, what);
  }
}

test('a crash at every disk call of SAVE', () => {
  crashEverywhere({ seed: 1, appendonly: false, steps: 40, events: ['save'] });
});

test('a crash at every disk call of BGSAVE', () => {
  for (const seed of [2, 3]) {
    crashEverywhere({ seed, appendonly: false, steps: 120, events: ['bgsave'], syncMs: 40, shortWrites: 0.2 });
  }
});

for (const policy of ['always', 'everysec', 'no'] as const) {
  test(`a crash at every disk call of the log and its rewrites, appendfsync ${policy}`, () => {
    crashEverywhere({ seed: 4, appendonly: true, policy, steps: 40, events: ['rewrite', 'bgsave'], syncMs: 20 });
  });
}

test('a crash at every disk call of the log and its rewrites, on a disk whose syncs are waited for', () => {
  crashEverywhere({
    seed: 6,
    appendonly: true,
    policy: 'always',
    steps: 40,
    events: ['rewrite', 'bgsave'],
    quickSyncMs: 1,
  });
});

for (const policy of ['always', 'everysec'] as const) {
  test(`a failing sync and a full disk: writes are refused, and go on without a restart, appendfsync ${policy}`, () => {
    const refusals: string[] = [];
    const before = (step: number, run: PersistenceRun): void => {
      if (step === 15) run.disk.failNext('sync', 'EIO');
      if (step === 40) run.disk.capacity = 0;
      if (step === 55) run.disk.capacity = Number.POSITIVE_INFINITY;
      if (run.firstRefusal !== '') {
        refusals.push(run.firstRefusal);
        run.firstRefusal = '';
        // Reads go on.
        assert.ok(run.readState().size >= 0);
      }
    };
    const options: RunOptions = { seed: 6, appendonly: true, policy, steps: 140, events: [], syncMs: 15, before };
    const run = new PersistenceRun(options);
    run.run();
    assert.ok(
      refusals.some((line) => line.startsWith('-MISCONF Errors writing to the AOF file: Input/output error')),
      refusals.join(),
    );
    assert.ok(
      refusals.some((line) => line.includes('No space left on device')),
      refusals.join(),
    );
    assert.equal(run.persistence.writeRefusal(), null);
    assert.ok(run.states.length > 150, 'writes go on');
    restartOn(run, run.disk.afterKill(), options, run.states.length - 1, 'all is there in the end');
    crashEverywhere({ ...options, steps: 70 });
  });
}

test('while a slow disk has too much of a snapshot to take, writes wait and reads do not', () => {
  const run = new PersistenceRun({ seed: 7, appendonly: false, steps: 0, events: [], syncMs: 1e9 });
  run.start();
  const { engine, persistence } = run;
  const client = new TestClient(engine, 3);
  const noise = new Prng(1);
  const value = Array.from({ length: 30_000 }, () => String.fromCharCode(noise.below(256))).join('');
  for (let index = 0; index < 4000; index++) client.run('SET', `big:${index}`, value);
  persistence.saves.start();
  while (persistence.work(() => false));
  let written = 0;
  while (client.run('SET', `big:${written}`, 'new') === '+OK\r\n' && written < 4000) {
    written++;
    persistence.tickEnd();
  }
  assert.ok(written > 100 && written < 4000, `${written} writes, then a pause`);
  const reader = new TestClient(engine, 4);
  assert.equal(reader.run('STRLEN', 'big:3999'), ':30000\r\n');
  persistence.saves.cancel();
  run.clock.advance(100);
  while (engine.work(1));
  assert.equal(client.take(), '+OK\r\n');
});

test('syncs that clients wait for are latency events, others are not', () => {
  for (const policy of ['always', 'everysec'] as const) {
    const run = new PersistenceRun({ seed: 5, appendonly: true, policy, syncMs: 40, steps: 30, events: [] });
    run.engine.watch.monitor.threshold = 40;
    run.engine.rewatch();
    run.run();
    const event = run.engine.watch.monitor.events.get('aof-fsync-always');
    if (policy === 'always') assert.ok(event !== undefined && event.max >= 40, `${event?.max} ms`);
    else assert.equal(event, undefined);
  }
});
