// The sizes of keys (INFO keysizes) against what the keys hold, after each of many random commands: of all families, of two
// clients one of which waits, while keys and fields expire, go for want of memory, and a snapshot is made.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH, LIST, SET, SORTED_SET, STREAM, STRING } from '../../src/datatypes/key-record.ts';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import type { CommandDefinition } from '../../src/engine/command.ts';
import { engineInfo, InfoFields } from '../../src/engine/info.ts';
import { toLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { dump, restore } from '../../src/persistence/commands/dump.ts';
import { replaceDataSet, saveDataSet, saveInChunks } from '../../src/persistence/data-set.ts';
import { CommandGenerator } from '../conformance/command-generator.ts';
import { chooseLimits, LIMITS } from '../conformance/encodings.ts';
import { EngineHarness, type TestClient } from '../support/engine-harness.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const COMMANDS = Number(process.env['CINNABAR_COMMANDS'] ?? 20_000);

const NAMES: Readonly<Record<number, string>> = {
  [STRING]: 'strings_sizes',
  [LIST]: 'lists_items',
  [SET]: 'sets_items',
  [SORTED_SET]: 'zsets_items',
  [HASH]: 'hashes_items',
  [STREAM]: 'streams_items',
};

/** Words for commands that the generator leaves out, since redis-server 7.0 has none of them, or they choose at random. */
const KEYS = ['h1', 'h2', 'h3', 's1', 's2', 'z1', 'z2', 'l1', 'l2', 'x1', 'x2', 'a', 'b'];
const FIELDS = ['f', 'g', 'h', 'i', 'j', 'k'];
const TEMPLATES = [
  'HSET K F 1 F 2 F 3',
  'HSETEX K FNX PX T FIELDS 2 F 1 F 2',
  'HSETEX K PX T FIELDS 3 F 1 F 2 F 3',
  'HSETEX K FXX KEEPTTL FIELDS 1 F 1',
  'HGETEX K PX T FIELDS 2 F F',
  'HGETEX K PERSIST FIELDS 1 F',
  'HGETEX K PX 0 FIELDS 2 F F',
  'HGETDEL K FIELDS 2 F F',
  'HPEXPIRE K T FIELDS 2 F F',
  'HPEXPIREAT K 1 FIELDS 1 F',
  'HPERSIST K FIELDS 1 F',
  'HINCRBY K F 1',
  'HSETNX K F 1',
  'HGET K F',
  'HMGET K F F F',
  'HRANDFIELD K 2',
  'SPOP K',
  'SPOP K 3',
  'SADD K F F 1 2 3',
  'SMOVE K K F',
  'SORT K BY h*->f GET h*->g',
  'DELEX K',
  'MSETEX 2 K 1 K 1234567 PX T',
  'GETEX K PX T',
  'PEXPIRE K T',
  'BLMOVE K K LEFT RIGHT 0',
  'BLMPOP 0 3 K K K LEFT COUNT 2',
  'BZMPOP 0 2 K K MIN COUNT 2',
  'BLPOP K K 0',
  'LMOVE K K LEFT RIGHT',
  'RPUSH K 1 2 3',
  'RPUSH K 1',
  'LREM K 1 1',
  'LINSERT K BEFORE 2 x',
  'LTRIM K 1 6',
  'LPOP K 2',
  'ZADD K 1 F 2 F 3 F',
  'ZREM K F F',
  'ZREMRANGEBYSCORE K 1 2',
  'ZREMRANGEBYLEX K (a [g',
  'XADD K MAXLEN 3 * F 1',
  'XADD K * F 1',
  'XTRIM K MAXLEN 1',
  'INCRBY K 999',
  'APPEND K 0123456789',
  'COPY K K REPLACE',
  'COPY K K DB 1 REPLACE',
  'MOVE K 1',
  'RENAMENX K K',
  'SWAPDB 0 1',
  'SELECT 1',
  'SELECT 0',
  'UNLINK K K',
  'HIMPORT PREPARE set f g h',
  'HIMPORT SET K set 1 2 3',
];

class SizesFuzz {
  readonly prng = new Prng(SEED);
  readonly at: EngineHarness;
  readonly waiting: TestClient;
  readonly helper: TestClient;
  /** The chunks of a snapshot that is being made. */
  private snapshot: Generator<Uint8Array, void> | null = null;

  constructor() {
    const commands: CommandDefinition[] = [...ENGINE_COMMANDS, dump, restore];
    this.at = new EngineHarness({ seed: SEED, commands });
    this.waiting = this.at.connect();
    this.helper = this.at.connect();
    this.at.engine.keyspace.lists.quicklist.compressDepth = SEED % 3;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.prng.below(from.length)]!;
  }

  fromTemplate(): string[] {
    const template = this.pick(TEMPLATES);
    // Mostly keys of its own family: those of the commands on keys of any type mix them.
    const letter = { H: 'h', S: 's', Z: 'z', L: 'l', R: 'l', X: 'x', B: template.startsWith('BZ') ? 'z' : 'l' }[
      template[0]!
    ];
    const own = KEYS.filter((key) => key[0] === letter);
    return template.split(' ').map((word) => {
      if (word === 'K') return this.pick(own.length > 0 && this.prng.below(10) > 0 ? own : KEYS);
      if (word === 'F') return this.pick(FIELDS);
      return word === 'T' ? String(1 + this.prng.below(3000)) : word;
    });
  }

  /** Something that is no command of a client. */
  happen(): string {
    const { at, prng } = this;
    const { engine } = at;
    switch (prng.below(12)) {
      case 0:
        for (const [index, value] of this.limits().entries()) {
          // Lists that are there stay compressed as deep as they are, and would not pass their check.
          if (LIMITS[index]!.directive !== 'list-compress-depth') LIMITS[index]!.set(engine, value);
        }
        return 'limits';
      case 1: {
        const bytes = this.pick(['h1', 's1', 'z1', 'l1', 'x1', 'a']);
        const dumped = at.run('DUMP', bytes);
        const payload = dumped.slice(dumped.indexOf('\r\n') + 2, -2);
        if (dumped.startsWith('$-1')) return 'DUMP';
        at.run('RESTORE', this.pick(KEYS), String(prng.below(50)), payload, 'REPLACE');
        return `RESTORE ${bytes}`;
      }
      case 2:
        if (prng.below(10) === 0 && this.snapshot === null) replaceDataSet(engine, saveDataSet(engine));
        return 'reload';
      case 3:
        engine.eviction.setPolicy('allkeys-random');
        engine.eviction.setLimit(engine.usedMemory() - 100 * prng.below(4));
        at.advance(0);
        engine.eviction.setLimit(0);
        return 'eviction';
      case 4:
      case 5:
        this.snapshot ??= saveInChunks(engine);
        if (this.snapshot.next().done === true || prng.below(4) === 0) {
          this.snapshot.return();
          this.snapshot = null;
        }
        return 'snapshot';
      case 6:
        if (prng.below(40) === 0) this.helper.run(this.pick(['FLUSHALL', 'FLUSHDB']), this.pick(['ASYNC', 'SYNC']));
        return 'flush';
      default: {
        const ms = prng.below(100);
        at.clock.advance(ms);
        if (prng.below(2) === 0) at.advance(0);
        return `${ms} ms`;
      }
    }
  }

  private limits(): number[] {
    return this.prng.below(2) === 0 ? LIMITS.map(({ usual }) => usual) : chooseLimits((values) => this.pick(values));
  }

  /** A command from the client that may wait; it comes back when it waited long enough. */
  wait(): string {
    const { waiting, prng } = this;
    if (waiting.session.blocked !== null) {
      if (prng.below(6) === 0) this.endWait(waiting);
      return 'waits';
    }
    const words = this.fromTemplate();
    waiting.run(...words);
    return `2: ${words.join(' ')}`;
  }

  endWait({ session }: TestClient): void {
    if (session.blocked !== null) this.helper.run('CLIENT', 'UNBLOCK', String(session.id));
  }

  /** Compares the lines of INFO with a walk over all keys. */
  compare(after: string): void {
    const { engine } = this.at;
    const expected: string[] = [];
    for (const database of engine.keyspace.databases) {
      const lengths = new Map<string, Map<number, number>>();
      let cursor = 0;
      do {
        cursor = engine.keyspace.scan(database, cursor);
        for (let index = 0; index < engine.keyspace.collectedCount(); index++) {
          const [name, length] = this.measure(engine.keyspace.collected(index));
          const bin = length === 0 ? 0 : 2 ** Math.floor(Math.log2(length));
          const bins = lengths.get(name) ?? new Map<number, number>();
          lengths.set(name, bins.set(bin, (bins.get(bin) ?? 0) + 1));
        }
      } while (cursor !== 0);
      for (const name of Object.values(NAMES).sort((a, b) => order(a) - order(b))) {
        const bins = [...(lengths.get(name) ?? [])].sort(([a], [b]) => a - b);
        const shown = bins.map(([bin, count]) => `${bin >= 1024 ? `${bin / 1024}K` : bin}=${count}`);
        if (shown.length > 0) expected.push(`db${database.index}_distrib_${name}:${shown.join(',')}`);
      }
    }
    const fields = new InfoFields();
    engineInfo(engine)
      .find(({ name }) => name === 'keysizes')!
      .write(fields);
    assert.deepEqual(fields.text.split('\r\n').slice(0, -1), expected, `seed ${SEED}, after ${after}`);
  }

  /** The name of a record's type, and how long its value is, without what the histograms lean on. */
  private measure(record: number): [name: string, length: number] {
    const { keyspace } = this.at.engine;
    const type = keyspace.records.type(record);
    const name = NAMES[type]!;
    if (type === STRING) {
      keyspace.strings.read(record);
      return [name, toLatin1(keyspace.strings.bytes, keyspace.strings.start, keyspace.strings.end).length];
    }
    return [name, keyspace.datatype(record).count(record)];
  }
}

function order(name: string): number {
  return ['strings_sizes', 'lists_items', 'sets_items', 'zsets_items', 'hashes_items', 'streams_items'].indexOf(name);
}

test(`INFO keysizes agrees with the keys after each of ${COMMANDS} commands, seed ${SEED}`, () => {
  const fuzz = new SizesFuzz();
  const generator = new CommandGenerator(SEED, ENGINE_COMMANDS);
  let generated: string[][] = [];
  for (let count = 0; count < COMMANDS; count++) {
    const what = fuzz.prng.below(20);
    let done = '';
    if (what < 2) done = fuzz.happen();
    else if (what < 4) done = fuzz.wait();
    else if (what < 12) {
      const words = fuzz.fromTemplate();
      done = words.join(' ');
      fuzz.at.run(...words);
    } else {
      if (generated.length === 0) generated = [['RESET'], ...generator.batch(60)];
      const words = generated.shift()!;
      done = words.join(' ');
      fuzz.at.run(...words);
    }
    fuzz.endWait(fuzz.at.client);
    fuzz.compare(done.slice(0, 200));
    if (count % 500 === 0) fuzz.at.engine.check();
  }
  fuzz.at.engine.check();
});
