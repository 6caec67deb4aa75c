// Elements popped off an end of the first of several keys that is there, or waited for: what LMPOP, BLPOP and BLMPOP have
// in common with ZMPOP, BZPOPMIN and BZMPOP.

import { NONE } from '../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR, WRONG_TYPE } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { MISTYPED, type WriteCall, word } from '../call.ts';
import { parseTimeout } from './timeouts.ts';

const COUNT = word('COUNT');

const NO_KEYS = error('ERR numkeys should be greater than 0');
const NO_COUNT = error('ERR count should be greater than 0');

/** A type with two ends to pop from: lists and sorted sets. */
export interface PoppedType {
  /** The type of its keys (datatypes/key-record.ts). */
  readonly type: number;
  /** The words for its ends, the near one (head, least) and the far one (tail, greatest). */
  readonly nearWord: Uint8Array;
  readonly farWord: Uint8Array;
  /** The commands that pop from one key: what is propagated. */
  readonly nearCommand: string;
  readonly farCommand: string;
  /** Values in the reply for an element on its own. */
  readonly values: number;
  count(call: WriteCall, handle: number): number;
  /** Takes `count` elements out of the key in argument `index`, which was just found, and replies them, one value after the
   *  other or each in an array of its own. */
  pop(call: WriteCall, index: number, handle: number, far: boolean, count: number, apart: boolean): void;
}

/**
 * The first key of arguments [from, to) that holds the type: its argument number, 0 when there is none, MISTYPED after
 * replying that one holds something else. A client that waited sees only keys of the type.
 */
function findFirst(call: WriteCall, type: number, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const handle = call.forWrite(index);
    if (handle === NONE) continue;
    if (call.typeOf(handle) === type) return index;
    if (call.retried) continue;
    call.reply.error(WRONG_TYPE);
    return MISTYPED;
  }
  return 0;
}

/** Says that `count` elements were popped from the key in an argument; without a count where it was one, unasked. */
function propagatePop(call: WriteCall, popped: PoppedType, index: number, far: boolean, count: number): void {
  if (!call.propagates()) return;
  const propagation = call
    .propagateAs(count === 0 ? 2 : 3)
    .text(far ? popped.farCommand : popped.nearCommand)
    .bytes(call.bytes, call.starts[index]!, call.ends[index]!);
  if (count > 0) propagation.integer(count);
}

function replyNothing(out: Reply): void {
  out.nilArray();
}

/** Makes the call wait for the keys in arguments [from, to), or replies that there is nothing where it may not. */
function wait(call: WriteCall, from: number, to: number, deadline: number): void {
  if (!call.mayBlock()) {
    replyNothing(call.reply);
    return;
  }
  const keys: string[] = [];
  for (let index = from; index < to; index++) keys.push(call.text(index));
  call.block(keys, deadline, replyNothing);
}

/** Keys in all arguments but the last, which is a timeout: BLPOP, BZPOPMIN and their like. */
export function popOneOrWait(call: WriteCall, popped: PoppedType, far: boolean): void {
  const last = call.count - 1;
  const deadline = parseTimeout(call, last);
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, popped.type, 1, last);
  if (index === MISTYPED) return;
  if (index === 0) {
    wait(call, 1, last, deadline);
    return;
  }
  call.reply.array(1 + popped.values);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  popped.pop(call, index, call.forWriteOf(index, popped.type), far, 1, false);
  propagatePop(call, popped, index, far, 0);
}

/**
 * LMPOP, ZMPOP, and with `waits` BLMPOP and BZMPOP, whose argument 1 is a timeout. `counted` is the argument with the number
 * of keys; behind the keys stand an end and perhaps COUNT.
 */
export function popFromFirst(call: WriteCall, popped: PoppedType, counted: number, waits: boolean): void {
  const keys = call.quietInteger(counted);
  if (!(keys > 0)) {
    call.reply.error(NO_KEYS);
    return;
  }
  const where = counted + keys + 1;
  const far = where < call.count && call.is(where, popped.farWord);
  if (where >= call.count || !(far || call.is(where, popped.nearWord))) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const wanted = parseCount(call, where + 1);
  if (wanted === 0) return;
  const deadline = waits ? parseTimeout(call, 1) : 0;
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, popped.type, counted + 1, where);
  if (index === MISTYPED) return;
  if (index === 0) {
    if (waits) wait(call, counted + 1, where, deadline);
    else replyNothing(call.reply);
    return;
  }
  const handle = call.forWriteOf(index, popped.type);
  const count = Math.min(wanted, popped.count(call, handle));
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  call.reply.array(count);
  popped.pop(call, index, handle, far, count, true);
  propagatePop(call, popped, index, far, count);
}

/** How many elements are wanted: what COUNT says, 1 without it; 0 after replying what is wrong. */
function parseCount(call: WriteCall, from: number): number {
  if (from === call.count) return 1;
  const hasValue = from + 1 < call.count && call.is(from, COUNT);
  const wanted = hasValue ? call.quietInteger(from + 1) : 0;
  // A wrong count is noticed before what follows it.
  if (hasValue && !(wanted > 0)) call.reply.error(NO_COUNT);
  else if (!hasValue || from + 2 !== call.count) call.reply.error(SYNTAX_ERROR);
  else return wanted;
  return 0;
}
