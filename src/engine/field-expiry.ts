// Expiry of hash fields. A hash with deadlines stands in its database's second timing wheel by its key's hash, for the
// earliest of them; when that fires, what is due is deleted and the hash is armed for what then is earliest. A read that
// meets a field whose deadline has passed deletes it too, as Redis 7.4 does.
//
// Invariants: (1) `Database.expiringHashes` counts the hashes with deadlines; (2) an armed hash has an entry in the wheel,
// in the slot that it names or already due.

import type { Hashes } from '../datatypes/hash.ts';
import { NO_SLOT } from '../datatypes/hash.ts';
import type { HashWalk } from '../datatypes/hash-walk.ts';
import { NEVER } from '../datatypes/hash-walk.ts';
import { HASH } from '../datatypes/key-record.ts';
import { NONE } from '../memory/flat-memory.ts';
import type { ExpiryWheel } from './expiry.ts';
import type { Database, Keyspace, KeyspaceOwner } from './keyspace.ts';

/** Fields deleted in one step of active expiry: at a microsecond or two each well below a tick. */
const FIELDS_AT_ONCE = 256;

export class FieldExpiry {
  private readonly keyspace: Keyspace;
  private readonly owner: KeyspaceOwner;
  private readonly hashes: Hashes;
  private readonly walk: HashWalk;
  /** Wheel entries that fired and with which more is to be done. */
  readonly unfinished: { database: Database; high: number; low: number; slot: number }[] = [];
  /** Fields of one hash that were deleted as some of several, and not announced yet. */
  private unsettled = 0;

  constructor(keyspace: Keyspace, owner: KeyspaceOwner) {
    this.keyspace = keyspace;
    this.owner = owner;
    this.hashes = keyspace.hashes;
    this.walk = keyspace.hashes.walk();
  }

  /** Whether a hash is armed with an entry of its database's wheel of fields. */
  isArmed(database: Database, { high, low, slot }: ExpiryWheel): boolean {
    const { keyspace, hashes } = this;
    const { table } = keyspace;
    table.collectByHash(database.root, high, low);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      if (keyspace.records.type(handle) !== HASH || hashes.armedSlot(handle) !== slot) continue;
      if (keyspace.hasHash(handle, high, low)) return true;
    }
    return false;
  }

  /** A record was put into a database's table, and is the one found. */
  entered(database: Database, handle: number): void {
    if (this.keyspace.records.type(handle) !== HASH || !this.hashes.hasDeadlines(handle)) return;
    database.expiringHashes++;
    this.hashes.setArmedSlot(handle, NO_SLOT);
    this.arm(database, handle);
  }

  /** A record is about to leave its database. */
  left(database: Database, handle: number): void {
    if (this.keyspace.records.type(handle) === HASH && this.hashes.hasDeadlines(handle)) database.expiringHashes--;
  }

  /** The hash just found was changed; `had` says whether it had deadlines before. */
  changed(database: Database, handle: number, had: boolean): void {
    const has = this.hashes.hasDeadlines(handle);
    if (had !== has) database.expiringHashes += has ? 1 : -1;
    if (has) this.arm(database, handle);
  }

  /**
   * Handles a wheel entry: one of the hashes that are armed with its slot, and some fields of it. While there may be more
   * to do the entry is unfinished.
   */
  fire(database: Database, high: number, low: number, slot: number): void {
    const { keyspace, hashes } = this;
    const { table } = keyspace;
    table.collectByHash(database.root, high, low);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      if (keyspace.records.type(handle) !== HASH || hashes.armedSlot(handle) !== slot) continue;
      keyspace.findByRecord(database, handle);
      const mayExpire = this.owner.mayExpire();
      const record = mayExpire ? this.expireDue(database, handle, FIELDS_AT_ONCE) : handle;
      if (record !== NONE && (!mayExpire || !hashes.firstDue(record, keyspace.now, this.walk))) {
        hashes.setArmedSlot(record, NO_SLOT);
        keyspace.findByRecord(database, record);
        if (hashes.hasDeadlines(record)) this.arm(database, record);
      }
      this.unfinished.push({ database, high, low, slot });
      return;
    }
  }

  /** Goes on with an unfinished entry; false when there is none. */
  goOn(): boolean {
    const entry = this.unfinished.pop();
    if (entry === undefined) return false;
    this.fire(entry.database, entry.high, entry.low, entry.slot);
    return true;
  }

  /**
   * Deletes the fields of a hash whose deadlines have passed, `max` at most, where that is allowed. The hash is the one
   * found. Returns its record, NONE when it went with its last field.
   */
  expireDue(database: Database, handle: number, max: number): number {
    const { hashes, walk } = this;
    let record = handle;
    let gone = 0;
    while (gone < max && hashes.firstDue(record, this.keyspace.now, walk)) {
      // What the walk tells lies in the value that changes.
      const field = walk.bytes.slice(walk.start, walk.end);
      record = this.deleteField(database, record, field, 0, field.length);
      gone++;
      if (hashes.count(record) === 0) break;
    }
    return gone === 0 ? record : this.settle(database, record);
  }

  /**
   * Deletes a field that a reader met after its deadline, where that is allowed. The hash is the one found. Returns its
   * record, NONE when it went with the field. `isOneOfSeveral`: the hash stays, be it empty, until `expiredSeveral`.
   */
  expireField(
    database: Database,
    handle: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isOneOfSeveral = false,
  ): number {
    if (!this.owner.mayExpire()) return handle;
    const record = this.deleteField(database, handle, bytes, start, end);
    if (!isOneOfSeveral) return this.settle(database, record);
    this.unsettled++;
    return record;
  }

  /**
   * Announces together the fields that `expireField` deleted as some of several. Returns the record, NONE when it went.
   * `stays`: the hash gets new fields at once, and stays for them if it is empty.
   */
  expiredSeveral(database: Database, record: number, stays = false): number {
    if (this.unsettled === 0) return record;
    this.unsettled = 0;
    return this.settle(database, record, stays);
  }

  private deleteField(database: Database, handle: number, bytes: Uint8Array, start: number, end: number): number {
    this.keyspace.table.touchFound();
    const { keySizes } = this.keyspace;
    const place = keySizes.placeOf(handle);
    this.owner.fieldExpired(database, handle, bytes, start, end);
    this.hashes.delete(handle, bytes, start, end);
    if (this.hashes.record !== handle) this.keyspace.moved(this.hashes.record);
    keySizes.changed(database.sizes, this.hashes.record, place);
    return this.hashes.record;
  }

  /** Announces that fields of a hash are gone; it goes too when it has none left. */
  private settle(database: Database, record: number, stays = false): number {
    const isEmpty = !stays && this.hashes.count(record) === 0;
    this.owner.fieldsExpired(database, record, isEmpty);
    if (isEmpty || !this.hashes.hasDeadlines(record)) database.expiringHashes--;
    if (!isEmpty) return record;
    this.keyspace.removeFound(database, record);
    return NONE;
  }

  private arm(database: Database, handle: number): void {
    const first = this.hashes.firstDeadline(handle);
    if (first === NEVER || database.fieldWheel.firesBefore(this.hashes.armedSlot(handle), first)) return;
    const { table } = this.keyspace;
    this.hashes.setArmedSlot(handle, database.fieldWheel.add(first, table.lastHigh(), table.lastLow()));
  }
}
