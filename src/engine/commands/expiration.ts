// Expiration options, as SET, GETEX and their like take them: EX, PX, EXAT, PXAT; and how a string is set with one.

import { STRING } from '../../datatypes/key-record.ts';
import { INT64_MAX, parseInt64, parseInteger } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { invalidExpire, NOT_AN_INTEGER } from '../../protocol/errors.ts';
import { type ReadCall, type WriteCall, word } from '../call.ts';
import { type ArgumentDefinition, integer, token, unixTime } from '../command.ts';
import { EXPIRE_EVENT, SET_EVENT } from '../events.ts';

const EX = word('EX');
const PX = word('PX');
const EXAT = word('EXAT');
const PXAT = word('PXAT');

/** The value of the option was refused, and the error replied. */
export const REFUSED = -2;

/** EX, PX, EXAT and PXAT as choices of a oneOf. */
export const EXPIRATION_ARGUMENTS: readonly ArgumentDefinition[] = [
  integer('seconds', { token: 'EX' }),
  integer('milliseconds', { token: 'PX' }),
  unixTime('unix-time-seconds', { token: 'EXAT' }),
  unixTime('unix-time-milliseconds', { token: 'PXAT' }),
];
export const KEEPTTL_ARGUMENT: ArgumentDefinition = token('KEEPTTL');

/** Which of the four options an argument is, as flags UNIT_… and ABSOLUTE; 0 for none. */
export const UNIT_SECONDS = 1;
export const UNIT_MILLISECONDS = 2;
export const ABSOLUTE = 4;

export function expirationOption(call: ReadCall, index: number): number {
  if (call.is(index, EX)) return UNIT_SECONDS;
  if (call.is(index, PX)) return UNIT_MILLISECONDS;
  if (call.is(index, EXAT)) return UNIT_SECONDS | ABSOLUTE;
  if (call.is(index, PXAT)) return UNIT_MILLISECONDS | ABSOLUTE;
  return 0;
}

/**
 * The deadline, in milliseconds since 1970, that the argument at `index` gives under an option; above 2^53 a bigint.
 * REFUSED after replying that it is no integer, or not positive, or too large for command `name`.
 */
export function parseDeadline(call: ReadCall, index: number, option: number, name: string): number | bigint {
  const unit = (option & UNIT_SECONDS) !== 0 ? 1000 : 1;
  const base = (option & ABSOLUTE) !== 0 ? 0 : call.now();
  const value = parseInteger(call.bytes, call.starts[index]!, call.ends[index]!);
  if (value > 0) {
    const deadline = value * unit + base;
    if (deadline <= Number.MAX_SAFE_INTEGER) return deadline;
  }
  return parseFarDeadline(call, index, unit, base, name);
}

function parseFarDeadline(call: ReadCall, index: number, unit: number, base: number, name: string): bigint | number {
  const value = parseInt64(call.bytes, call.starts[index]!, call.ends[index]!);
  if (value === null) {
    call.reply.error(NOT_AN_INTEGER);
    return REFUSED;
  }
  const deadline = value * BigInt(unit) + BigInt(base);
  if (value <= 0n || value * BigInt(unit) > INT64_MAX || deadline > INT64_MAX) {
    call.reply.errorText(invalidExpire(name));
    return REFUSED;
  }
  return deadline;
}

/** Sets a key, its expiry too when `deadline` is not 0, with all that follows. `existing` was just found. */
export function store(
  call: WriteCall,
  existing: number,
  keyAt: number,
  valueAt: number,
  deadline: number | bigint,
  keepTtl: boolean,
): void {
  const { bytes, starts, ends, keyspace, database } = call;
  const keyStart = starts[keyAt]!;
  const keyEnd = ends[keyAt]!;
  if (existing !== NONE) call.overwriting(keyAt, existing, STRING);
  const handle = keyspace.setString(
    database,
    existing,
    bytes,
    keyStart,
    keyEnd,
    bytes,
    starts[valueAt]!,
    ends[valueAt]!,
    keepTtl,
    deadline !== 0,
  );
  if (deadline !== 0) keyspace.setDeadline(database, handle, deadline);
  call.changed(keyAt, SET_EVENT);
  if (deadline !== 0) call.notify(keyAt, EXPIRE_EVENT);
}
