// A whole engine with its persistence on a simulated disk, and a model of what it should hold after each unit of commands.

import { strict as assert } from 'node:assert';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { Prng } from '../../src/lib/prng.ts';
import { Settings } from '../../src/lib/settings.ts';
import { aofLoadCorruptTailMaxSize, appendfsync, appendonly, dir, save } from '../../src/persistence/directives.ts';
import { Persistence } from '../../src/persistence/persistence.ts';
import type { PersistenceHost } from '../../src/persistence/persistence-host.ts';
import { DIRECTIVES } from '../../src/server/config/table.ts';
import { ManualClock } from '../../src/world/clock.ts';
import { encode, TestClient } from '../support/engine-harness.ts';

const START = 1_795_219_200_000;
const LISTS = 3;
const STRINGS = 5;
/** What a list grows by now and then, so that it is written in parts. */
const MANY = 1200;

export interface RunOptions {
  readonly seed: number;
  readonly appendonly: boolean;
  readonly policy?: 'always' | 'everysec' | 'no';
  readonly steps: number;
  /** Which of these happen now and then. */
  readonly events: readonly ('save' | 'bgsave' | 'rewrite' | 'toggle')[];
  readonly syncMs?: number;
  /** SimulatedDisk.quickSyncMs. */
  readonly quickSyncMs?: number;
  readonly shortWrites?: number;
  /** Called before each step. */
  readonly before?: (step: number, run: PersistenceRun) => void;
}

/** The state after a unit: its number, and all keys. */
type State = Map<string, string>;

export class PersistenceRun {
  readonly disk: SimulatedDisk;
  readonly clock = new ManualClock(START);
  readonly engine: Engine;
  readonly persistence: Persistence;
  /** After each unit; states[0] is what was there at the start. */
  readonly states: State[] = [];
  /** The unit up to which everything was acknowledged. */
  acknowledged = 0;
  /** The unit at which a snapshot was begun that is in its place now. */
  saved = 0;
  /** When each unit was executed. */
  readonly times: number[] = [0];
  /** Write commands refused, and what refused them first. */
  refused = 0;
  firstRefusal = '';
  readonly log: string[] = [];
  private readonly options: RunOptions;
  private readonly prng: Prng;
  private readonly client: TestClient;
  private readonly soon: (() => void)[] = [];
  private readonly later: { at: number; run: () => void }[] = [];
  private readonly model: State = new Map();
  private readonly waiting: { unit: number; offset: number }[] = [];
  private savesSeen = 0;
  private savingFrom = 0;

  constructor(options: RunOptions, disk = new SimulatedDisk(options.seed)) {
    this.options = options;
    this.disk = disk;
    disk.syncMs = options.syncMs ?? 0;
    disk.quickSyncMs = options.quickSyncMs ?? 0;
    disk.shortWrites = options.shortWrites ?? 0;
    this.prng = new Prng(options.seed);
    this.engine = new Engine({ clock: this.clock, seed: 1, commands: ENGINE_COMMANDS });
    const settings = new Settings(DIRECTIVES);
    settings.put(dir, '');
    settings.put(save, []);
    // Pages of the log's end may reach the disk in another order than they were written.
    settings.put(aofLoadCorruptTailMaxSize, Number.MAX_SAFE_INTEGER);
    settings.put(appendonly, options.appendonly);
    settings.put(appendfsync, options.policy ?? 'everysec');
    const host: PersistenceHost = {
      engine: this.engine,
      settings,
      disk,
      timers: {
        soon: (run) => void this.soon.push(run),
        after: (ms, run) => {
          const entry = { at: this.clock.elapsed() + ms, run };
          this.later.push(entry);
          return () => void this.later.splice(this.later.indexOf(entry), 1);
        },
      },
      processId: 77,
      isAlive: () => false,
      log: (level, line) => void this.log.push(`${level}: ${line}`),
      workSoon: () => undefined,
      // Who waited when the log failed is disconnected.
      refusalChanged: () => {
        if (this.persistence.log.log.refusesWrites()) this.waiting.length = 0;
      },
      released: () => undefined,
    };
    this.persistence = new Persistence(host);
    this.client = new TestClient(this.engine, 1);
  }

  /** Loads what the disk has. */
  start(): void {
    let outcome: unknown = 'loading';
    this.persistence.start((error) => {
      outcome = error;
    });
    while (outcome === 'loading') this.turn();
    assert.equal(outcome, null, `${outcome} ${this.log.join('\n')}`);
    for (const [key, value] of this.readState()) this.model.set(key, value);
    this.states[0] = new Map(this.model);
  }

  /** All steps. */
  run(): void {
    this.start();
    for (let step = 0; step < this.options.steps; step++) this.step(step);
  }

  /** Some units, the end of a tick, some background work, time passes. */
  step(step: number): void {
    this.options.before?.(step, this);
    for (let count = this.prng.below(4); count > 0; count--) this.unit();
    this.event();
    this.endTick();
    for (let slices = this.prng.below(6); slices > 0; slices--) {
      this.persistence.work(() => true);
      if (this.prng.below(3) === 0) this.unit();
      this.endTick();
    }
    const ms = this.prng.below(150);
    this.clock.advance(ms);
    this.disk.elapse(ms);
    this.turn();
    if (this.prng.below(2) === 0) this.persistence.cron();
    this.endTick();
  }

  /** Units that the policy promises to keep. */
  promised(): number {
    if (!this.persistence.log.isOn()) return this.saved;
    return this.options.policy === 'always' ? Math.max(this.acknowledged, this.saved) : this.saved;
  }

  /** What the engine holds, as the model has it. */
  readState(): State {
    const state: State = new Map();
    const client = new TestClient(this.engine, 9);
    for (let index = 0; index < LISTS; index++) {
      const value = client.run('LRANGE', `list:${index}`, '0', '-1');
      if (value !== '*0\r\n') state.set(`list:${index}`, value);
    }
    for (let index = 0; index < STRINGS; index++) {
      const value = client.run('GET', `string:${index}`);
      if (value !== '$-1\r\n') state.set(`string:${index}`, value);
    }
    const unit = client.run('GET', 'unit');
    if (unit !== '$-1\r\n') state.set('unit', unit);
    this.engine.closeSession(client.session);
    return state;
  }

  /** The unit whose state an engine holds that was started on what this one left; fails when it is none. */
  unitOf(state: State): number {
    const text = /\r\n(\d+)\r\n/.exec(state.get('unit') ?? '')?.[1] ?? '0';
    const unit = Number(text);
    assert.deepEqual(state, this.states[unit], `the state after unit ${unit}`);
    return unit;
  }

  /** A transaction that changes one key and the number of the unit. */
  private unit(): void {
    const number = this.states.length;
    const refusal = this.persistence.writeRefusal();
    if (refusal !== null) {
      this.refused++;
      if (this.firstRefusal === '') this.firstRefusal = String.fromCharCode(...refusal);
      return;
    }
    const key = this.prng.below(2) === 0 ? `list:${this.prng.below(LISTS)}` : `string:${this.prng.below(STRINGS)}`;
    const command = this.change(key, number);
    this.client.raw(
      ['MULTI', ...[command, ['SET', 'unit', String(number)]], 'EXEC']
        .map((words) => encode(typeof words === 'string' ? [words] : words))
        .join(''),
    );
    const value = this.client.run(
      key.startsWith('list') ? 'LRANGE' : 'GET',
      key,
      ...(key.startsWith('list') ? ['0', '-1'] : []),
    );
    if (value === '*0\r\n' || value === '$-1\r\n') this.model.delete(key);
    else this.model.set(key, value);
    this.model.set('unit', this.client.run('GET', 'unit'));
    this.states.push(new Map(this.model));
    this.times.push(this.clock.elapsed());
    this.waiting.push({ unit: number, offset: this.persistence.log.log.collected });
  }

  private change(key: string, number: number): string[] {
    if (this.prng.below(12) === 0) return ['DEL', key];
    if (key.startsWith('string')) return ['SET', key, `${number}${'x'.repeat(this.prng.below(200))}`];
    if (this.prng.below(4) === 0) return ['LPOP', key];
    if (this.prng.below(15) === 0) {
      return ['RPUSH', key, ...Array.from({ length: MANY }, (_, index) => `${number}:${index}:${'y'.repeat(60)}`)];
    }
    return ['LPUSH', key, String(number)];
  }

  private event(): void {
    const { events } = this.options;
    if (events.length === 0 || this.prng.below(6) !== 0) return;
    const { saves, log } = this.persistence;
    const event = events[this.prng.below(events.length)]!;
    const last = this.states.length - 1;
    if (event === 'save' && !saves.isRunning() && log.snapshot() === null) {
      if (saves.saveNow()) this.saved = this.loadedFromLog() ? this.saved : last;
      this.savesSeen = saves.count;
    } else if (event === 'bgsave' && !saves.isRunning() && !log.isRewriting()) {
      saves.start();
      saves.beginIfDue();
      this.savingFrom = last;
    } else if (event === 'rewrite' && !log.isRewriting()) log.rewrite();
  }

  private loadedFromLog(): boolean {
    return this.options.appendonly;
  }

  private endTick(): void {
    this.persistence.tickEnd();
    this.turn();
    const { saves } = this.persistence;
    if (saves.count > this.savesSeen) {
      this.savesSeen = saves.count;
      if (!this.loadedFromLog()) this.saved = Math.max(this.saved, this.savingFrom);
    }
    while (this.waiting.length > 0 && this.persistence.mayShow(this.waiting[0]!.offset)) {
      this.acknowledged = this.waiting.shift()!.unit;
    }
  }

  /** What was to be done soon, and what is due. */
  private turn(): void {
    for (let run = this.soon.shift(); run !== undefined; run = this.soon.shift()) run();
    for (const entry of [...this.later]) {
      if (entry.at > this.clock.elapsed()) continue;
      this.later.splice(this.later.indexOf(entry), 1);
      entry.run();
    }
    this.disk.elapse(0);
  }
}
