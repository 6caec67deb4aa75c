// What SINTERSTORE, ZUNIONSTORE, GEOSEARCHSTORE, SORT's STORE and their like do at their end.

import { NONE } from '../../memory/flat-memory.ts';
import type { WriteCall } from '../call.ts';
import { DEL_EVENT, type KeyEvent } from '../events.ts';

/**
 * Puts a finished record of the key in argument `index` in place of whatever the key holds, which is deleted; NONE: the
 * result is empty, and the key goes. The keyspace owns the record from now on. `changes` is what it counts for.
 */
export function storeResult(call: WriteCall, index: number, record: number, event: KeyEvent, changes: number): void {
  const { keyspace, database } = call;
  // Where nothing is stored Redis deletes the key without asking whether its time has come: that is no expiry.
  const { bytes, starts, ends } = call;
  const existing =
    record === NONE ? keyspace.findEvenExpired(database, bytes, starts[index]!, ends[index]!) : call.forWrite(index);
  if (existing !== NONE && record !== NONE) call.overwriting(index, existing, call.typeOf(record));
  if (existing !== NONE) keyspace.removeFound(database, existing, keyspace.lazyServerDel);
  if (record === NONE) {
    if (existing !== NONE) call.changed(index, DEL_EVENT);
    return;
  }
  call.peek(index);
  keyspace.insert(database, record, existing === NONE);
  call.changed(index, event, changes);
}
