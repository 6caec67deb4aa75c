// Single bits of strings, and counts of them: SETBIT, GETBIT, BITCOUNT, BITPOS.

import { STRING } from '../../../datatypes/key-record.ts';
import { countBitRange, countBits, findBit, findBitInRange } from '../../../lib/bits.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { block, integer, key, oneOf, optional, read, reply, token, write } from '../../command.ts';
import { SETBIT_EVENT } from '../../events.ts';

const BAD_OFFSET = error('ERR bit offset is not an integer or out of range');
const BAD_BIT = error('ERR bit is not an integer or out of range');
const NO_BIT = error('ERR The bit argument must be 1 or 0.');

/**
 * The offset of a bit in an argument, NaN after replying that it is none. With `width` it may be "#n": the n-th field of
 * so many bits.
 */
export function parseBitOffset(call: ReadCall, index: number, width = 0): number {
  const isField = width > 0 && call.length(index) > 0 && call.bytes[call.starts[index]!] === HASH_SIGN;
  const offset = isField ? call.integerFrom(index, 1) * width : call.quietInteger(index);
  // The last bit that a field touches counts, too.
  const last = offset + Math.max(0, width - 1);
  if (offset >= 0 && Math.floor(last / 8) < call.bulkBytesMax()) return offset;
  call.reply.error(BAD_OFFSET);
  return Number.NaN;
}

const HASH_SIGN = 35;

/** A string of at least `bytes` bytes for the key in argument 1, whose bytes `call.strings` then shows. */
export function stringOfBytes(call: WriteCall, existing: number, bytes: number): void {
  const { keyspace, strings } = call;
  const { starts, ends } = call;
  const before = existing === NONE ? 0 : strings.length(existing);
  // A new key begins as an empty string. It may never grow: only the next time it gets room for that.
  const handle =
    existing === NONE
      ? keyspace.setString(
          call.database,
          NONE,
          call.bytes,
          starts[1]!,
          ends[1]!,
          call.bytes,
          starts[1]!,
          starts[1]!,
          false,
        )
      : existing;
  keyspace.resizeString(call.database, handle, Math.max(before, bytes), existing === NONE);
}

/**
 *     > SETBIT flags 7 1
 *     (integer) 0
 *     > GET flags
 *     "\x01"
 */
export const setbit = write(
  'SETBIT',
  {
    group: 'bitmap',
    summary: 'Sets one bit of a string, which grows as needed.',
    since: '2.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), integer('offset'), integer('value')],
    replies: [reply.integer('the bit before it')],
    flags: ['denyoom'],
  },
  function setbit(call) {
    const offset = parseBitOffset(call, 2);
    if (Number.isNaN(offset)) return;
    const value = call.quietInteger(3);
    if (value !== 0 && value !== 1) {
      call.reply.error(BAD_BIT);
      return;
    }
    const existing = call.forWriteOf(1, STRING);
    if (existing === MISTYPED) return;
    const { strings } = call;
    const byte = Math.floor(offset / 8);
    const before = existing === NONE ? 0 : strings.length(existing);
    if (!call.admit(call.length(1) + Math.max(before, byte + 1) * 2)) return;
    stringOfBytes(call, existing, byte + 1);
    const at = strings.start + byte;
    const mask = 0x80 >>> (offset % 8);
    const was = (strings.bytes[at]! & mask) === 0 ? 0 : 1;
    strings.bytes[at] = value === 1 ? strings.bytes[at]! | mask : strings.bytes[at]! & ~mask;
    if (was !== value || existing === NONE || byte >= before) call.changed(1, SETBIT_EVENT);
    call.reply.integer(was);
  },
);

export const getbit = read(
  'GETBIT',
  {
    group: 'bitmap',
    summary: 'Tells one bit of a string.',
    since: '2.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access'), integer('offset')],
    replies: [reply.integer('the bit, 0 beyond the end')],
    flags: ['fast'],
  },
  function getbit(call) {
    const offset = parseBitOffset(call, 2);
    if (Number.isNaN(offset)) return;
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.integer(0);
      return;
    }
    const { strings } = call;
    strings.read(handle);
    const at = strings.start + Math.floor(offset / 8);
    call.reply.integer(at < strings.end ? (strings.bytes[at]! >>> (7 - (offset % 8))) & 1 : 0);
  },
);

const BYTE = word('BYTE');
const BIT = word('BIT');
const UNIT = optional(oneOf('unit', token('BYTE'), token('BIT')), { since: '7.0.0' });

/** Whether the unit in an argument is bits, null after replying that it is neither that nor bytes. */
function parseUnit(call: ReadCall, index: number): boolean | null {
  if (call.is(index, BIT)) return true;
  if (call.is(index, BYTE)) return false;
  call.reply.error(SYNTAX_ERROR);
  return null;
}

/** A range's ends as given: negative ones count from the end. Leaves it in `range`; false when it is empty. */
function clampRange(first: number, last: number, total: number): boolean {
  range.first = first < 0 ? Math.max(0, total + first) : first;
  range.last = Math.min(last < 0 ? Math.max(0, total + last) : last, total - 1);
  return range.first <= range.last;
}

/** Whether both ends count from the end of the string and stand in reverse: BITCOUNT then counts nothing, BITPOS looks. */
function isReversed(call: ReadCall, first: number, last: number): boolean {
  if (first >= 0 || last >= 0) return false;
  // Both may have been brought within the same bound.
  return first > last || (last === Number.MIN_SAFE_INTEGER && call.int64(2)! > call.int64(3)!);
}

const range = { first: 0, last: 0 };

/**
 *     > SET key foobar
 *     OK
 *     > BITCOUNT key
 *     (integer) 26
 *     > BITCOUNT key 5 30 BIT
 *     (integer) 17
 */
export const bitcount = read(
  'BITCOUNT',
  {
    group: 'bitmap',
    summary: 'Counts the bits that are set in a string.',
    since: '2.6.0',
    complexity: 'O(N)',
    args: [key('key', 'RO', 'access'), optional(block('range', integer('start'), integer('end'), UNIT))],
    replies: [reply.integer('bits')],
    history: [['7.0.0', 'Option BYTE|BIT.']],
  },
  function bitcount(call) {
    let isBits: boolean | null = false;
    let first = 0;
    let last = -1;
    if (call.count === 4 || call.count === 5) {
      first = call.clampedInteger(2);
      if (Number.isNaN(first)) return;
      last = call.clampedInteger(3);
      if (Number.isNaN(last)) return;
      if (call.count === 5) isBits = parseUnit(call, 4);
      if (isBits === null) return;
    } else if (call.count !== 2) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.integer(0);
      return;
    }
    const { strings } = call;
    strings.read(handle);
    const total = (strings.end - strings.start) * (isBits ? 8 : 1);
    if (isReversed(call, first, last) || !clampRange(first, last, total)) call.reply.integer(0);
    else if (isBits) call.reply.integer(countBitRange(strings.bytes, strings.start, range.first, range.last));
    else call.reply.integer(countBits(strings.bytes, strings.start + range.first, strings.start + range.last + 1));
  },
);

/**
 *     > SETBIT key 12 1
 *     (integer) 0
 *     > BITPOS key 1
 *     (integer) 12
 */
export const bitpos = read(
  'BITPOS',
  {
    group: 'bitmap',
    summary: 'Finds the first bit of a string that is set, or that is not.',
    since: '2.8.7',
    complexity: 'O(N)',
    args: [
      key('key', 'RO', 'access'),
      integer('bit'),
      optional(block('range', integer('start'), optional(block('end-unit-block', integer('end'), UNIT)))),
    ],
    replies: [reply.integer('its place, -1 when there is none')],
    history: [['7.0.0', 'Option BYTE|BIT.']],
  },
  function bitpos(call) {
    const bit = call.clampedInteger(2);
    if (Number.isNaN(bit)) return;
    if (bit !== 0 && bit !== 1) {
      call.reply.error(NO_BIT);
      return;
    }
    if (call.count > 6) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    const first = call.count > 3 ? call.clampedInteger(3) : 0;
    if (Number.isNaN(first)) return;
    const isBits = call.count > 5 ? parseUnit(call, 5) : false;
    if (isBits === null) return;
    const last = call.count > 4 ? call.clampedInteger(4) : -1;
    if (Number.isNaN(last)) return;
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) call.reply.integer(bit === 1 ? -1 : 0);
    else replyPosition(call, handle, bit, first, last, isBits);
  },
);

function replyPosition(call: ReadCall, handle: number, bit: 0 | 1, first: number, last: number, isBits: boolean): void {
  const { strings } = call;
  strings.read(handle);
  const length = strings.end - strings.start;
  if (!clampRange(first, last, length * (isBits ? 8 : 1))) {
    call.reply.integer(-1);
    return;
  }
  let found: number;
  if (isBits) found = findBitInRange(strings.bytes, strings.start, range.first, range.last, bit);
  else {
    found = findBit(strings.bytes, strings.start + range.first, strings.start + range.last + 1, bit);
    if (found >= 0) found += range.first * 8;
  }
  // Without an end the string is taken to go on with zeros.
  call.reply.integer(found < 0 && bit === 0 && call.count < 5 ? length * 8 : found);
}
