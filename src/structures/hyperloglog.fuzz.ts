// HyperLogLogs, sparse and dense, against an array of registers: raised one by one, merged, turned dense.
// CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand } from '../../tests/support/fuzzing.ts';
import { Prng } from '../lib/prng.ts';
import { HLL_CHANGED, HLL_DENSE_BYTES, HLL_EMPTY_BYTES, HLL_SAME, HyperLogLog } from './hyperloglog.ts';

const REGISTERS = 16_384;
const VALUE_MAX = 51;
const SPARSE_VALUE_MAX = 32;
/** All registers are compared after every so many steps. */
const STEPS_BETWEEN_CHECKS = 64;

class Model {
  readonly logs = new HyperLogLog();
  readonly registers = new Uint8Array(REGISTERS);
  bytes = new Uint8Array(HLL_EMPTY_BYTES);
  private readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.logs.writeEmpty(this.bytes, 0);
  }

  raise(index: number, value: number): void {
    const { logs, registers } = this;
    const isRaised = registers[index]! < value;
    if (isRaised) registers[index] = value;
    if (logs.isDense(this.bytes, 0)) {
      assert.equal(logs.raiseDense(this.bytes, 0, index, value), isRaised);
      return;
    }
    const room = new Uint8Array(this.bytes.length + 3);
    room.set(this.bytes);
    const outcome = logs.raiseSparse(room, 0, this.bytes.length, index, value, this.bytesMax);
    if (outcome === HLL_SAME || outcome === HLL_CHANGED) {
      assert.equal(outcome, isRaised ? HLL_CHANGED : HLL_SAME);
      if (outcome === HLL_CHANGED) assert.equal(logs.cachedCount(room, 0), -1, 'the count is no longer known');
      this.bytes = room.slice(0, logs.length);
      assert.ok(this.bytes.length <= Math.max(this.bytesMax, HLL_EMPTY_BYTES));
      return;
    }
    assert.ok(value > SPARSE_VALUE_MAX || this.bytes.length + 3 > this.bytesMax, 'only what must becomes dense');
    this.makeDense();
    assert.equal(logs.raiseDense(this.bytes, 0, index, value), isRaised);
  }

  /** As whoever merges does: all registers are gathered, and written. */
  makeDense(): void {
    this.logs.registers.fill(0);
    assert.ok(this.logs.mergeInto(this.bytes, 0, this.bytes.length));
    this.bytes = new Uint8Array(HLL_DENSE_BYTES);
    this.logs.writeDense(this.bytes, 0);
  }

  merge(other: Model): void {
    const { logs } = this;
    logs.registers.fill(0);
    assert.ok(logs.mergeInto(this.bytes, 0, this.bytes.length));
    assert.ok(logs.mergeInto(other.bytes, 0, other.bytes.length));
    this.bytes = new Uint8Array(HLL_DENSE_BYTES);
    logs.writeDense(this.bytes, 0);
    other.registers.forEach((value, index) => {
      this.registers[index] = Math.max(this.registers[index]!, value);
    });
  }

  check(): void {
    const { logs, bytes } = this;
    assert.ok(logs.isValue(bytes, 0, bytes.length));
    if (!logs.isDense(bytes, 0)) assert.ok(logs.isWhole(bytes, 0, bytes.length));
    logs.registers.fill(0);
    assert.ok(logs.mergeInto(bytes, 0, bytes.length));
    assert.deepEqual(Uint8Array.from(logs.registers), this.registers);
    logs.cacheCount(bytes, 0, 12_345_678_901);
    assert.equal(logs.cachedCount(bytes, 0), 12_345_678_901);
    logs.invalidate(bytes, 0);
    assert.equal(logs.cachedCount(bytes, 0), -1);
  }
}

/** Runs so many steps; throws, naming the seed, when a value and its registers differ. */
export function fuzzHyperLogLog(seed: number, operations: number): void {
  const prng = new Prng(seed);
  let model = new Model(3000);
  let other = new Model(3000);
  let spread = REGISTERS;
  for (let step = 0; step < operations; step++) {
    try {
      if (prng.below(3000) === 0) {
        other = model;
        model = new Model([0, 100, 3000, 16_000][prng.below(4)]!);
        spread = [4, 300, REGISTERS][prng.below(3)]!;
      }
      if (prng.below(2000) === 0) model.merge(other);
      if (prng.below(2000) === 0) model.makeDense();
      const value = 1 + prng.below(prng.below(500) === 0 ? VALUE_MAX : prng.below(2) === 0 ? 3 : SPARSE_VALUE_MAX);
      model.raise((prng.below(spread) * 7) % REGISTERS, value);
      if (step % STEPS_BETWEEN_CHECKS === 0) model.check();
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}`, { cause: error });
    }
  }
  model.check();
}

if (import.meta.main) fuzzByHand(fuzzHyperLogLog, 200_000);
