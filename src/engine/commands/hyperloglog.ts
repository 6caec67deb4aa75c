// HyperLogLog: PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST. The values are strings in Redis's own bytes.

import { STRING } from '../../datatypes/key-record.ts';
import { writeInteger } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { error, untilNul } from '../../protocol/errors.ts';
import {
  HLL_CHANGED,
  HLL_DENSE_BYTES,
  HLL_EMPTY_BYTES,
  HLL_HEADER_BYTES,
  HLL_TOO_SPARSE,
  HyperLogLog,
} from '../../structures/hyperloglog.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../call.ts';
import { control, key, multiple, optional, read, reply, text, write } from '../command.ts';
import { PFADD_EVENT } from '../events.ts';

const NOT_A_VALUE = error('WRONGTYPE Key is not a valid HyperLogLog string value.');
const CORRUPT = error('INVALIDOBJ Corrupted HLL object detected');
const NO_KEY = error('ERR The specified key does not exist');
const NOT_SPARSE = error('ERR HLL encoding is not sparse');

/** Bytes that one element may add to a sparse value. */
const GROWTH_BYTES = 3;
const REGISTERS = 16384;

/** Leaves a string's value in `call.strings` if it is a HyperLogLog, as far as its head tells; false after replying. */
function readHead(call: ReadCall, handle: number): boolean {
  const { strings, hyperloglog } = call;
  strings.read(handle);
  if (!hyperloglog.isValue(strings.bytes, strings.start, strings.end)) {
    call.reply.error(NOT_A_VALUE);
    return false;
  }
  return true;
}

/** The same, its registers too. */
function readValue(call: ReadCall, handle: number): boolean {
  if (!readHead(call, handle)) return false;
  const { strings, hyperloglog } = call;
  if (
    !hyperloglog.isDense(strings.bytes, strings.start) &&
    !hyperloglog.isWhole(strings.bytes, strings.start, strings.end)
  ) {
    call.reply.error(CORRUPT);
    return false;
  }
  return true;
}

/** A new, empty value for the key in argument 1, in its database. Its record is returned, its bytes in `strings`. */
function create(call: WriteCall): number {
  const { keyspace, strings, bytes, starts, ends } = call;
  const handle = keyspace.setString(call.database, NONE, bytes, starts[1]!, ends[1]!, bytes, 0, 0, false);
  const record = resize(call, handle, HLL_EMPTY_BYTES);
  call.hyperloglog.writeEmpty(strings.bytes, strings.start);
  call.hyperloglog.invalidate(strings.bytes, strings.start);
  return record;
}

/** Gives a value another length, and puts its record in its place if it moved. */
function resize(call: WriteCall, record: number, length: number): number {
  return call.keyspace.resizeString(call.database, record, length, true);
}

/** Makes a sparse value of `length` bytes dense. */
function becomeDense(call: WriteCall, record: number, length: number): number {
  const { strings, hyperloglog } = call;
  strings.read(record);
  hyperloglog.registers.fill(0);
  hyperloglog.mergeInto(strings.bytes, strings.start, strings.start + length);
  const dense = resize(call, record, HLL_DENSE_BYTES);
  hyperloglog.writeDense(strings.bytes, strings.start);
  return dense;
}

/** Raises registers one after the other, in a value that grows and becomes dense as needed. */
class Raiser {
  changed = 0;
  private readonly call: WriteCall;
  private record: number;
  private length: number;
  private isDense: boolean;

  /** `expected` is how many registers will be raised at most: a sparse value gets room for so many at once. */
  constructor(call: WriteCall, record: number, expected: number) {
    const { strings, hyperloglog } = call;
    this.call = call;
    strings.read(record);
    this.length = strings.end - strings.start;
    this.isDense = hyperloglog.isDense(strings.bytes, strings.start);
    const room = Math.min(this.length + expected * GROWTH_BYTES, this.bytesMax() + GROWTH_BYTES);
    this.record = this.isDense ? record : resize(call, record, Math.max(this.length + GROWTH_BYTES, room));
    strings.read(this.record);
  }

  raise(index: number, value: number): void {
    const { strings, hyperloglog } = this.call;
    if (!this.isDense) {
      const end = strings.start + this.length;
      const done = hyperloglog.raiseSparse(strings.bytes, strings.start, end, index, value, this.bytesMax());
      if (done !== HLL_TOO_SPARSE) {
        this.length = hyperloglog.length;
        if (done === HLL_CHANGED) this.changed++;
        return;
      }
      this.record = becomeDense(this.call, this.record, this.length);
      this.isDense = true;
      this.length = HLL_DENSE_BYTES;
    }
    if (hyperloglog.raiseDense(strings.bytes, strings.start, index, value)) this.changed++;
  }

  /** Ends the change: the value gets its length, and no longer knows its count. */
  finish(): void {
    const { strings, hyperloglog } = this.call;
    if (!this.isDense) this.record = resize(this.call, this.record, this.length);
    strings.read(this.record);
    if (this.changed > 0) hyperloglog.invalidate(strings.bytes, strings.start);
  }

  /** hll-sparse-max-bytes speaks of the value, its header included. */
  private bytesMax(): number {
    return this.call.engine.hllSparseBytesMax;
  }
}

/**
 *     > PFADD visitors ann bob ann
 *     (integer) 1
 *     > PFCOUNT visitors
 *     (integer) 2
 */
export const pfadd = write(
  'PFADD',
  {
    group: 'hyperloglog',
    summary: 'Adds elements to a HyperLogLog; creates it when there is none.',
    since: '2.8.9',
    complexity: 'O(1) for each element.',
    args: [key('key', 'RW', 'insert'), optional(multiple(text('element')))],
    replies: [reply.integer('1 when its registers changed, else 0')],
    flags: ['denyoom', 'fast'],
  },
  function pfadd(call) {
    const { hyperloglog, bytes, starts, ends } = call;
    const existing = call.forWriteOf(1, STRING);
    if (existing === MISTYPED || (existing !== NONE && !readValue(call, existing))) return;
    if (!call.admit(call.length(1) + HLL_DENSE_BYTES * 2)) return;
    const raiser = new Raiser(call, existing === NONE ? create(call) : existing, call.count - 2);
    for (let index = 2; index < call.count; index++) {
      hyperloglog.hash(bytes, starts[index]!, ends[index]!);
      raiser.raise(hyperloglog.index, hyperloglog.value);
    }
    raiser.finish();
    const changes = raiser.changed + (existing === NONE ? 1 : 0);
    if (changes > 0) call.changed(1, PFADD_EVENT, changes);
    call.reply.integer(changes > 0 ? 1 : 0);
  },
);

/** Adds the registers of the value of the key in an argument to those gathered; false after replying what is wrong. */
function gather(call: ReadCall, index: number): boolean {
  const handle = call.findOf(index, STRING);
  if (handle === NONE) return true;
  if (handle === MISTYPED || !readValue(call, handle)) return false;
  const { strings, hyperloglog } = call;
  if (hyperloglog.mergeInto(strings.bytes, strings.start, strings.end)) return true;
  call.reply.error(CORRUPT);
  return false;
}

export const pfcount = read(
  'PFCOUNT',
  {
    group: 'hyperloglog',
    summary: 'Estimates how many different elements were added, to one HyperLogLog or to several together.',
    since: '2.8.9',
    complexity: 'O(1) for a key, O(N) for N of them, with a large constant.',
    args: [
      multiple({
        ...key('key', 'RW', 'access'),
        keyNotes: 'RW because it may change the internal representation of the key, and propagate to replicas',
      }),
    ],
    replies: [reply.integer('the estimate')],
    flags: ['may_replicate'],
  },
  function pfcount(call) {
    const { hyperloglog, strings } = call;
    hyperloglog.registers.fill(0);
    if (call.count > 2) {
      for (let index = 1; index < call.count; index++) if (!gather(call, index)) return;
      call.reply.integer(hyperloglog.estimate());
      return;
    }
    const handle = call.findOf(1, STRING);
    if (handle === NONE) call.reply.integer(0);
    if (handle === NONE || handle === MISTYPED || !readValue(call, handle)) return;
    const cached = hyperloglog.cachedCount(strings.bytes, strings.start);
    if (cached >= 0) {
      call.reply.integer(cached);
      return;
    }
    if (!hyperloglog.mergeInto(strings.bytes, strings.start, strings.end)) {
      call.reply.error(CORRUPT);
      return;
    }
    const count = hyperloglog.estimate();
    call.willChangeFound();
    hyperloglog.cacheCount(strings.bytes, strings.start, count);
    call.cached(1);
    call.reply.integer(count);
  },
);

/**
 *     > PFADD a 1 2
 *     (integer) 1
 *     > PFADD b 2 3
 *     (integer) 1
 *     > PFMERGE all a b
 *     OK
 *     > PFCOUNT all
 *     (integer) 3
 */
export const pfmerge = write(
  'PFMERGE',
  {
    group: 'hyperloglog',
    summary: 'Adds HyperLogLogs to one.',
    since: '2.8.9',
    complexity: 'O(N), N being the keys, with a large constant.',
    args: [key('destkey', 'RW', 'access', 'insert'), optional(multiple(key('sourcekey', 'RO', 'access')))],
    replies: [reply.ok()],
    flags: ['denyoom'],
  },
  function pfmerge(call) {
    const { hyperloglog, strings } = call;
    hyperloglog.registers.fill(0);
    let dense = false;
    for (let index = 1; index < call.count; index++) {
      if (!gather(call, index)) return;
      const handle = call.peek(index);
      if (handle === NONE) continue;
      strings.read(handle);
      if (hyperloglog.isDense(strings.bytes, strings.start)) dense = true;
    }
    if (!call.admit(call.length(1) + HLL_DENSE_BYTES * 2)) return;
    merge(call, dense);
    call.changed(1, PFADD_EVENT);
    call.reply.ok();
  },
);

/** Gives the key in argument 1 the gathered registers. */
function merge(call: WriteCall, dense: boolean): void {
  const { hyperloglog, strings } = call;
  const existing = call.forWrite(1);
  let record = existing === NONE ? create(call) : existing;
  if (dense) {
    record = resize(call, record, HLL_DENSE_BYTES);
    hyperloglog.writeDense(strings.bytes, strings.start);
    return;
  }
  // Becoming dense gathers anew.
  const registers = hyperloglog.registers.slice();
  const raiser = new Raiser(call, record, REGISTERS);
  for (let index = 0; index < REGISTERS; index++) if (registers[index]! > 0) raiser.raise(index, registers[index]!);
  raiser.finish();
  strings.read(call.peek(1));
  hyperloglog.invalidate(strings.bytes, strings.start);
}

// --- PFDEBUG, PFSELFTEST ---

const GETREG = word('GETREG');
const DECODE = word('DECODE');
const ENCODING = word('ENCODING');
const TODENSE = word('TODENSE');

export const pfdebug = write(
  'PFDEBUG',
  {
    group: 'hyperloglog',
    summary: 'Looks into a HyperLogLog.',
    since: '2.8.9',
    complexity: 'N/A',
    args: [text('subcommand'), key('key', 'RW', 'access')],
    replies: [reply.any('depends on the subcommand')],
    flags: ['denyoom', 'admin'],
    internal: true,
  },
  function pfdebug(call) {
    const existing = call.forWriteOf(2, STRING);
    if (existing === MISTYPED) return;
    if (existing === NONE) {
      call.reply.error(NO_KEY);
      return;
    }
    if (!readHead(call, existing)) return;
    const { hyperloglog, strings } = call;
    const isDense = hyperloglog.isDense(strings.bytes, strings.start);
    if (call.is(1, ENCODING)) call.reply.simple(isDense ? 'dense' : 'sparse');
    else if (call.is(1, DECODE) && isDense) call.reply.error(NOT_SPARSE);
    else if (!call.is(1, DECODE) && !call.is(1, TODENSE) && !call.is(1, GETREG)) {
      call.reply.errorText(`ERR Unknown PFDEBUG subcommand '${untilNul(call.text(1))}'`);
    } else if (readValue(call, existing)) {
      if (call.is(1, DECODE)) call.reply.bulkText(decode(strings.bytes, strings.start, strings.end));
      else debugDense(call, existing, isDense);
    }
  },
);

function debugDense(call: WriteCall, existing: number, isDense: boolean): void {
  const { hyperloglog, strings } = call;
  if (!isDense) {
    if (!call.admit(HLL_DENSE_BYTES * 2)) return;
    becomeDense(call, existing, strings.end - strings.start);
    call.engine.dirty++;
  }
  if (call.is(1, TODENSE)) {
    call.reply.integer(isDense ? 0 : 1);
    return;
  }
  call.reply.array(REGISTERS);
  for (let index = 0; index < REGISTERS; index++) {
    call.reply.integer(hyperloglog.denseRegister(strings.bytes, strings.start, index));
  }
}

/** The runs of a sparse value: "z:100" and "Z:16384" for zeros, "v:3,2" for values. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  const runs: string[] = [];
  for (let at = start + HLL_HEADER_BYTES; at < end; at++) {
    const head = bytes[at]!;
    if (head >= 0x80) runs.push(`v:${((head >>> 2) & 31) + 1},${(head & 3) + 1}`);
    else if (head < 0x40) runs.push(`z:${head + 1}`);
    else runs.push(`Z:${(((head & 63) << 8) | bytes[++at]!) + 1}`);
  }
  return runs.join(' ');
}

const TESTED_REGISTERS_ROUNDS = 20;
const TESTED_ELEMENTS = 100_000;
/** Six standard deviations: of 16,384 registers each has 1.04 / 128. */
const TOLERANCE = 6 * 0.008125;

export const pfselftest = control(
  'PFSELFTEST',
  {
    group: 'hyperloglog',
    summary: 'Tests registers and estimates.',
    since: '2.8.9',
    complexity: 'N/A',
    replies: [reply.ok()],
    flags: ['admin'],
    internal: true,
  },
  function pfselftest(call) {
    const failure = testRegisters(call) ?? testEstimates();
    if (failure === null) call.reply.ok();
    else call.reply.errorText(`TESTFAILED ${failure}`);
  },
);

/** Random registers of a dense value against plain bytes. */
function testRegisters(call: ReadCall): string | null {
  const tested = new HyperLogLog();
  const bytes = new Uint8Array(HLL_DENSE_BYTES);
  const plain = new Uint8Array(REGISTERS);
  tested.writeDense(bytes, 0);
  for (let round = 0; round < TESTED_REGISTERS_ROUNDS; round++) {
    for (let step = 0; step < REGISTERS; step++) {
      const index = call.prng.below(REGISTERS);
      const value = call.prng.below(64);
      tested.raiseDense(bytes, 0, index, value);
      plain[index] = Math.max(plain[index]!, value);
    }
    for (let index = 0; index < REGISTERS; index++) {
      const value = tested.denseRegister(bytes, 0, index);
      if (value !== plain[index]) return `Register ${index} should be ${plain[index]} but is ${value}`;
    }
  }
  return null;
}

/** Estimates of growing sets against their sizes, sparse and dense. */
function testEstimates(): string | null {
  const tested = new HyperLogLog();
  const dense = new Uint8Array(HLL_DENSE_BYTES);
  const sparse = new Uint8Array(HLL_DENSE_BYTES);
  const digits = new Uint8Array(24);
  let length = HLL_EMPTY_BYTES;
  tested.writeDense(dense, 0);
  tested.writeEmpty(sparse, 0);
  for (let count = 1, checkpoint = 1; count <= TESTED_ELEMENTS; count++) {
    tested.hash(digits, 0, writeInteger(count, digits, 0));
    tested.raiseDense(dense, 0, tested.index, tested.value);
    if (length > 0) {
      const done = tested.raiseSparse(sparse, 0, length, tested.index, tested.value, HLL_DENSE_BYTES - GROWTH_BYTES);
      length = done === HLL_TOO_SPARSE ? 0 : tested.length;
    }
    if (count !== checkpoint) continue;
    checkpoint *= 10;
    tested.registers.fill(0);
    tested.mergeInto(dense, 0, HLL_DENSE_BYTES);
    const estimate = tested.estimate();
    if (Math.abs(estimate - count) > Math.ceil(count * TOLERANCE))
      return `Too big error. card:${count} estimate:${estimate}`;
    if (length === 0) continue;
    tested.registers.fill(0);
    tested.mergeInto(sparse, 0, length);
    if (tested.estimate() !== estimate) return 'dense/sparse disagree';
  }
  return null;
}
