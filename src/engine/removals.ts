// Keys and fields that go by themselves: their time has come, or room is made. Whoever follows the data set is told a command
// that removes them, and who watches, waits, tracks or listens hears of it.

import { toLatin1 } from '../lib/bytes.ts';
import type { Engine } from './engine.ts';
import { DEL_EVENT, EVICTED_EVENT, EXPIRED_EVENT, HEXPIRED_EVENT, NEW_EVENT } from './events.ts';
import type { Database, KeyspaceOwner } from './keyspace.ts';
import { STAT_EVICTED, STAT_EXPIRED, STAT_EXPIRED_FIELDS } from './statistics.ts';

export class Removals implements KeyspaceOwner {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  mayExpire(): boolean {
    return this.engine.mayExpire();
  }

  added(database: Database, handle: number): void {
    const { keyspace } = this.engine;
    keyspace.readKey(handle);
    this.engine.changes.notify(database, keyspace.keyBytes, keyspace.keyStart, keyspace.keyEnd, NEW_EVENT);
  }

  expired(database: Database, handle: number): void {
    const { keyspace, changes, effects, statistics, tracking } = this.engine;
    keyspace.readKey(handle);
    const { keyBytes: bytes, keyStart: start, keyEnd: end } = keyspace;
    statistics.counters[STAT_EXPIRED]! += 1;
    this.propagateRemoval(database, bytes, start, end, keyspace.lazyExpire);
    if (effects === 0) return;
    if (database.watchers.size > 0 || database.waiting.size > 0) changes.expired(database, toLatin1(bytes, start, end));
    if (tracking.isOn) tracking.keyExpired(bytes, start, end);
    changes.notify(database, bytes, start, end, EXPIRED_EVENT);
  }

  /** A key goes without a command: those who follow are told one. */
  private propagateRemoval(database: Database, bytes: Uint8Array, start: number, end: number, later: boolean): void {
    const { propagation } = this.engine;
    if (!propagation.active) return;
    propagation
      .begin(database.index, 2)
      .text(later ? 'UNLINK' : 'DEL')
      .bytes(bytes, start, end);
  }

  /** Removes the key just found in favour of others. */
  evict(database: Database, handle: number): void {
    const { keyspace, changes, effects, eviction, statistics } = this.engine;
    keyspace.readKey(handle);
    const { keyBytes: bytes, keyStart: start, keyEnd: end } = keyspace;
    statistics.counters[STAT_EVICTED]! += 1;
    this.propagateRemoval(database, bytes, start, end, eviction.lazy);
    if (effects !== 0) changes.keyChangedByNobody(database, bytes, start, end, EVICTED_EVENT);
    // In slices in any case: what is evicted was not asked to go, and shall hold nobody up.
    keyspace.removeFound(database, handle, true);
  }

  fieldExpired(database: Database, handle: number, field: Uint8Array, start: number, end: number): void {
    const { keyspace, changes, propagation, statistics } = this.engine;
    statistics.counters[STAT_EXPIRED_FIELDS]! += 1;
    if (changes.namesFields) changes.withField(field, start, end);
    if (!propagation.active) return;
    keyspace.readKey(handle);
    const { keyBytes, keyStart, keyEnd } = keyspace;
    propagation.begin(database.index, 3).text('HDEL').bytes(keyBytes, keyStart, keyEnd).bytes(field, start, end);
  }

  fieldsExpired(database: Database, handle: number, isEmpty: boolean): void {
    const { keyspace, changes, effects } = this.engine;
    if (effects === 0) return;
    keyspace.readKey(handle);
    const { keyBytes: bytes, keyStart: start, keyEnd: end } = keyspace;
    changes.keyChangedByNobody(database, bytes, start, end, HEXPIRED_EVENT);
    if (isEmpty) changes.notify(database, bytes, start, end, DEL_EVENT);
  }
}
