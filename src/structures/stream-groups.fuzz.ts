// Consumer groups against maps: entries are delivered, claimed, released and acknowledged, consumers and groups come and
// go, copies are made. CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory, NONE } from '../memory/flat-memory.ts';
import { StreamGroups } from './stream-groups.ts';
import { StreamId } from './stream-id.ts';
import { StreamLog } from './stream-log.ts';

interface Pending {
  /** The consumer's name, null for an entry that was released. */
  consumer: string | null;
  time: number;
  deliveries: number;
}

interface GroupModel {
  readonly name: string;
  readonly consumers: Set<string>;
  /** By the number that stands for an id. */
  readonly pending: Map<number, Pending>;
}

/** Kinds of steps that make a group of entries grow, for some time. */
const SWING = 3000;
const IDS = 6000;

class Run {
  private readonly prng: Prng;
  private readonly memory = new FlatMemory({});
  private readonly log = new StreamLog(this.memory);
  private readonly groups = new StreamGroups(this.log);
  private root = this.log.create();
  private readonly models = new Map<string, GroupModel>();
  private readonly id = new StreamId();
  private time = 1000;

  constructor(seed: number) {
    this.prng = new Prng(seed);
  }

  step(number: number): void {
    const { prng } = this;
    this.time += prng.below(3);
    const model = this.someGroup();
    const group = this.find(model.name);
    const grows = Math.floor(number / SWING) % 2 === 0;
    const draw = prng.below(100);
    if (draw < (grows ? 55 : 20)) this.deliver(model, group);
    else if (draw < 70) this.claim(model, group);
    else if (draw < 96) this.acknowledge(model, group);
    else if (draw < 98) this.removeConsumer(model, group);
    else if (prng.below(20) === 0) this.groups.openTimeline(group);
    else if (prng.below(60) === 0) this.removeGroup(model);
    else if (prng.below(200) === 0) this.goOnWithCopy();
    if (isChecked(model.pending.size, number)) this.check();
  }

  check(): void {
    this.groups.check(this.root);
    assert.equal(this.groups.count(this.root), this.models.size);
    for (const model of this.models.values()) this.compare(model);
  }

  end(): void {
    for (const model of [...this.models.values()]) this.removeGroup(model);
    this.freeRoot();
    assert.equal(this.memory.blockCount(), 0);
    this.memory.check();
  }

  private freeRoot(): void {
    while (this.groups.disposeGroups(this.root));
    while (this.log.disposeLog(this.root));
    this.log.freeRoot(this.root);
  }

  private someGroup(): GroupModel {
    const name = `group${this.prng.below(3)}`;
    const known = this.models.get(name);
    if (known !== undefined) return known;
    const bytes = fromLatin1(name);
    assert.equal(this.groups.find(this.root, bytes, 0, bytes.length), NONE);
    this.id.setMin();
    this.groups.create(this.root, bytes, 0, bytes.length, this.id);
    const model = { name, consumers: new Set<string>(), pending: new Map<number, Pending>() };
    this.models.set(name, model);
    return model;
  }

  private find(name: string): number {
    const bytes = fromLatin1(name);
    const group = this.groups.find(this.root, bytes, 0, bytes.length);
    assert.notEqual(group, NONE, 'a group is found');
    return group;
  }

  /** A consumer of a group, made when there is none of the name. */
  private consumer(model: GroupModel, group: number, name: string): number {
    const bytes = fromLatin1(name);
    const found = this.groups.findConsumer(group, bytes, 0, bytes.length);
    assert.equal(found !== NONE, model.consumers.has(name));
    if (found !== NONE) return found;
    model.consumers.add(name);
    return this.groups.createConsumer(group, bytes, 0, bytes.length, this.time);
  }

  private aim(number: number): StreamId {
    this.id.setMin();
    this.id.msLow = Math.floor(number / 7) + 1;
    this.id.seqLow = number % 7;
    return this.id;
  }

  private someOwner(): string | null {
    return this.prng.below(8) === 0 ? null : `consumer ${this.prng.below(12)}`;
  }

  private deliver(model: GroupModel, group: number): void {
    const number = this.prng.below(IDS);
    const owner = this.someOwner();
    const consumer = owner === null ? NONE : this.consumer(model, group, owner);
    const id = this.aim(number);
    const there = this.groups.findPending(group, id);
    assert.equal(there, model.pending.has(number));
    if (there) return;
    this.groups.add(group, consumer, id, this.time);
    model.pending.set(number, { consumer: owner, time: this.time, deliveries: 1 });
  }

  private claim(model: GroupModel, group: number): void {
    const number = this.somePending(model);
    if (number < 0) return;
    const entry = model.pending.get(number)!;
    entry.consumer = this.someOwner();
    const consumer = entry.consumer === null ? NONE : this.consumer(model, group, entry.consumer);
    const id = this.aim(number);
    assert.ok(this.groups.findPending(group, id));
    this.groups.assign(group, consumer, id, this.time);
    entry.time = this.time;
    if (this.prng.below(2) === 0) {
      assert.ok(this.groups.findPending(group, id));
      this.groups.addDelivery(this.groups.pending.found);
      entry.deliveries++;
    }
  }

  private acknowledge(model: GroupModel, group: number): void {
    const number = this.somePending(model);
    if (number < 0) return;
    const id = this.aim(number);
    assert.ok(this.groups.findPending(group, id));
    this.groups.drop(group, id);
    model.pending.delete(number);
    assert.ok(!this.groups.findPending(group, this.aim(number)));
  }

  /** One at random, or the first of the map; -1 when there is none. */
  private somePending(model: GroupModel): number {
    const guess = this.prng.below(IDS);
    if (model.pending.has(guess)) return guess;
    for (const number of model.pending.keys()) return number;
    return -1;
  }

  private removeConsumer(model: GroupModel, group: number): void {
    const name = `consumer ${this.prng.below(12)}`;
    const bytes = fromLatin1(name);
    const found = this.groups.findConsumer(group, bytes, 0, bytes.length);
    assert.equal(found !== NONE, model.consumers.delete(name));
    if (found === NONE) return;
    let count = 0;
    for (const [number, entry] of [...model.pending]) {
      if (entry.consumer !== name) continue;
      model.pending.delete(number);
      count++;
    }
    assert.equal(this.groups.ownCount(found), count);
    assert.equal(this.groups.removeConsumer(group, found), count);
  }

  private removeGroup(model: GroupModel): void {
    const group = this.find(model.name);
    this.groups.takeFound(this.root);
    while (this.groups.disposeGroup(group));
    this.models.delete(model.name);
  }

  private goOnWithCopy(): void {
    const copy = this.log.create();
    this.groups.copyGroups(this.root, copy);
    this.freeRoot();
    this.root = copy;
  }

  private compare(model: GroupModel): void {
    const { groups } = this;
    const group = this.find(model.name);
    assert.equal(groups.pendingCount(group), model.pending.size);
    assert.equal(groups.consumerCount(group), model.consumers.size);
    const owned = new Map<string, number>();
    let unowned = 0;
    for (const { consumer } of model.pending.values()) {
      if (consumer === null) unowned++;
      else owned.set(consumer, (owned.get(consumer) ?? 0) + 1);
    }
    assert.equal(groups.unownedCount(group), unowned);
    for (const name of model.consumers) {
      const bytes = fromLatin1(name);
      const consumer = groups.findConsumer(group, bytes, 0, bytes.length);
      assert.equal(groups.ownCount(consumer), owned.get(name) ?? 0);
    }
    let left = ENTRIES_COMPARED;
    for (const [number, entry] of model.pending) {
      if (left-- === 0) break;
      assert.ok(groups.findPending(group, this.aim(number)));
      const { found } = groups.pending;
      assert.equal(groups.owner(found) === NONE, entry.consumer === null);
      assert.equal(groups.deliveriesLow(found), entry.deliveries);
      if (entry.consumer !== null) assert.equal(groups.deliveredAt(found), entry.time);
    }
  }
}

/** Entries of each group that are looked at one by one in a comparison. */
const ENTRIES_COMPARED = 50;

/** Runs so many steps; throws, naming the seed, when groups and maps differ. */
export function fuzzStreamGroups(seed: number, operations: number): void {
  const run = new Run(seed);
  let step = 0;
  try {
    for (; step < operations; step++) run.step(step);
    run.check();
    run.end();
  } catch (error) {
    throw new Error(`seed ${seed}, step ${step}`, { cause: error });
  }
}

if (import.meta.main) fuzzByHand(fuzzStreamGroups, 100_000);
