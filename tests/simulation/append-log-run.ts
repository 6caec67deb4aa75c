// A small server around the append-only log, on a simulated disk: executes units of commands on a map, logs them, rewrites
// now and then, and remembers what it promised to whom. Everything follows from the seed.

import assert from 'node:assert/strict';
import { SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { fromLatin1, toLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { AofReader } from '../../src/persistence/aof/aof-reader.ts';
import { AppendFiles } from '../../src/persistence/aof/append-files.ts';
import { AppendLog, FSYNC_ALWAYS, LOG_BROKEN, LOG_WORKING } from '../../src/persistence/aof/append-log.ts';
import { ManualClock } from '../../src/world/clock.ts';
import { type Disk, DiskError, type DiskFile, writeAll } from '../../src/world/disk.ts';
import { encode } from '../support/engine-harness.ts';

const DATABASES = 3;
/** The key that counts the units: no two states of a run are the same. */
const COUNTER = 'units';
const MULTI = fromLatin1(encode(['MULTI']));
const EXEC = fromLatin1(encode(['EXEC']));

type Model = Map<string, string>;

const textOf = (model: Model): string =>
  [...model]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(' ');

function applyTo(model: Model, database: number, args: readonly string[]): void {
  const [name, key, value] = args;
  if (name === 'SET') model.set(`${database}:${key}`, value!);
  else if (name === 'DEL') model.delete(`${database}:${key}`);
  else assert.fail(`unexpected ${args.join(' ')}`);
}

function filesOn(disk: Disk): AppendFiles {
  return new AppendFiles({
    disk,
    parent: '.',
    directoryName: 'appendonlydir',
    filename: 'appendonly.aof',
    log: () => undefined,
  });
}

/** Reads what a restart finds. Throws what the reader throws. */
export function recover(disk: Disk, corruptTailBytesMax: number): { model: Model; files: AppendFiles } {
  const model: Model = new Map();
  const files = filesOn(disk);
  files.load();
  const reader = new AofReader({
    disk,
    clock: new ManualClock(0),
    databases: DATABASES,
    loadTruncated: true,
    corruptTailBytesMax,
    loadRdb: () => assert.fail('there is no snapshot'),
    apply: (database, bytes, starts, ends, count) => {
      const args: string[] = [];
      for (let index = 0; index < count; index++) args.push(toLatin1(bytes, starts[index]!, ends[index]!));
      applyTo(model, database, args);
    },
    log: () => undefined,
  });
  for (const _ of reader.read(files));
  return { model, files };
}

interface Unit {
  /** Where it ends in the stream. */
  readonly offset: number;
  /** When it was executed. */
  readonly at: number;
  readonly state: string;
}

interface Rewrite {
  stage: 'preparing' | 'prepared' | 'writing' | 'installing';
  base: DiskFile | null;
  /** Parts of the base not yet written. */
  readonly parts: Uint8Array[];
}

export interface RunOptions {
  readonly seed: number;
  readonly policy: number;
  readonly steps: number;
  readonly syncMs?: number;
  /** SimulatedDisk.quickSyncMs. */
  readonly quickSyncMs?: number;
  readonly shortWrites?: number;
  /** Done before a step, by its number: faults of the disk. */
  readonly before?: (step: number, run: AppendLogRun) => void;
}

export class AppendLogRun {
  readonly disk: SimulatedDisk;
  readonly clock = new ManualClock(1000);
  readonly log: AppendLog;
  readonly files: AppendFiles;
  readonly units: Unit[] = [];
  /** Units acknowledged to their clients. */
  acknowledged = 0;
  /** Rewrites that ended well. */
  rewrites = 0;
  /** Times at which writes were refused and allowed again. */
  refusals = 0;
  refused = false;
  private readonly options: RunOptions;
  private readonly prng: Prng;
  private readonly model: Model = new Map();
  private rewrite: Rewrite | null = null;
  private readonly firstState: string;

  constructor(options: RunOptions, disk = new SimulatedDisk(options.seed)) {
    this.options = options;
    this.disk = disk;
    this.disk.syncMs = options.syncMs ?? 0;
    this.disk.quickSyncMs = options.quickSyncMs ?? 0;
    this.disk.shortWrites = options.shortWrites ?? 0;
    this.prng = new Prng(options.seed);
    this.files = filesOn(disk);
    this.log = new AppendLog(this.clock, {
      durable: () => this.acknowledge(),
      changed: () => this.changed(),
      log: () => undefined,
    });
    this.log.policy = options.policy;
    this.firstState = textOf(this.model);
  }

  /** Starts on an empty disk and does all steps; a SimulatedCrash ends it. */
  run(): void {
    this.files.load();
    this.files.openAtStart(this.log, 'aof', () => undefined);
    for (let step = 0; step < this.options.steps; step++) {
      this.options.before?.(step, this);
      this.step();
    }
  }

  step(): void {
    for (let units = this.prng.below(4); units > 0; units--) this.execute();
    this.goOnRewriting();
    this.log.flush(this.clock.elapsed());
    if (this.options.policy !== FSYNC_ALWAYS && !this.refused) this.acknowledged = this.units.length;
    const ms = this.prng.below(3) === 0 ? 150 : 20;
    this.clock.advance(ms);
    this.disk.elapse(ms);
  }

  /** How many units a restart must find. */
  promised(): number {
    const durable = this.units.filter(({ offset }) => offset <= this.log.durable).length;
    return this.options.policy === FSYNC_ALWAYS ? Math.max(durable, this.acknowledged) : durable;
  }

  /** How many units were executed more than `ms` ago. */
  olderThan(ms: number): number {
    return this.units.filter(({ at }) => at < this.clock.elapsed() - ms).length;
  }

  /** How many units the system was given, in files that a restart finds. */
  written(): number {
    if (this.log.state !== LOG_WORKING) return 0;
    return this.units.filter(({ offset }) => offset <= this.log.written).length;
  }

  /** How many units have the recovered state; fails when it is no prefix of the history. */
  prefixOf(model: Model): number {
    const state = textOf(model);
    if (state === this.firstState) return 0;
    const index = this.units.findIndex((unit) => unit.state === state);
    assert.ok(index >= 0, `no prefix of the history: ${state.slice(0, 200)}`);
    return index + 1;
  }

  private execute(): void {
    // Expired keys are deleted also while clients are refused.
    const isExpiry = this.log.refusesWrites();
    if (isExpiry && this.prng.below(3) > 0) return;
    const commands: (readonly [number, string[]])[] = [[0, ['SET', COUNTER, String(this.units.length)]]];
    for (let more = this.prng.below(3); more > 0; more--) {
      const key = `key${this.prng.below(6)}`;
      // Values longer than a page could lose a whole page without a trace: the format has no checksums.
      const value = String.fromCharCode(97 + this.prng.below(26)).repeat(this.prng.below(4) === 0 ? 3000 : 20);
      const isDelete = isExpiry || this.prng.below(4) === 0;
      commands.push([this.prng.below(DATABASES), isDelete ? ['DEL', key] : ['SET', key, value]]);
    }
    if (commands.length > 1) this.log.command(-1, MULTI, 0, MULTI.length);
    for (const [database, args] of commands) {
      applyTo(this.model, database, args);
      const bytes = fromLatin1(encode(args));
      this.log.command(database, bytes, 0, bytes.length);
    }
    if (commands.length > 1) this.log.command(-1, EXEC, 0, EXEC.length);
    this.units.push({ offset: this.log.collected, at: this.clock.elapsed(), state: textOf(this.model) });
  }

  private acknowledge(): void {
    if (this.refused || this.options.policy !== FSYNC_ALWAYS) return;
    const offset = this.log.releasable();
    while (this.acknowledged < this.units.length && this.units[this.acknowledged]!.offset <= offset)
      this.acknowledged++;
  }

  private changed(): void {
    const refuses = this.log.refusesWrites();
    if (refuses && !this.refused) this.refusals++;
    this.refused = refuses;
  }

  private goOnRewriting(): void {
    const isNeeded = this.log.state === LOG_BROKEN;
    if (this.rewrite === null) {
      if (!this.files.isRewriting() && (isNeeded || this.prng.below(12) === 0)) this.beginRewrite();
      return;
    }
    const { rewrite, files, log } = this;
    if (rewrite.stage === 'prepared') {
      rewrite.base = files.begin(log);
      if (rewrite.base === null) this.rewrite = null;
      else {
        rewrite.parts.push(...this.snapshot());
        rewrite.stage = 'writing';
      }
    } else if (rewrite.stage === 'writing') {
      try {
        const part = rewrite.parts.shift();
        if (part !== undefined) writeAll(rewrite.base!, part);
        else {
          rewrite.stage = 'installing';
          files.install(log, rewrite.base!, 'aof', (error) => {
            if (error === null) this.rewrites++;
            this.rewrite = null;
          });
        }
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        rewrite.base!.close();
        files.abandon(log);
        this.rewrite = null;
      }
    }
  }

  private beginRewrite(): void {
    const rewrite: Rewrite = { stage: 'preparing', base: null, parts: [] };
    this.rewrite = rewrite;
    this.files.prepare(this.log, (error) => {
      if (error === null) rewrite.stage = 'prepared';
      else this.rewrite = null;
    });
  }

  private snapshot(): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (const [place, value] of this.model) {
      const [database, key] = place.split(':');
      parts.push(fromLatin1(encode(['SELECT', database!]) + encode(['SET', key!, value])));
    }
    return parts;
  }
}
