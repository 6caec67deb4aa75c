// Parts of strings: APPEND, STRLEN, GETRANGE, SETRANGE.

import { STRING } from '../../../datatypes/key-record.ts';
import { copyBytes } from '../../../lib/bytes.ts';
import { STRING_BYTES_MAX } from '../../../lib/limits.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { OFFSET_OUT_OF_RANGE, STRING_TOO_LONG } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';
import { integer, key, read, reply, text, write } from '../../command.ts';
import { APPEND_EVENT, SETRANGE_EVENT } from '../../events.ts';

/**
 *     > APPEND log one
 *     (integer) 3
 *     > APPEND log two
 *     (integer) 6
 *     > GET log
 *     "onetwo"
 */
export const append = write(
  'APPEND',
  {
    group: 'string',
    summary: 'Adds to the end of a string; creates it when there is none.',
    since: '2.0.0',
    complexity: 'O(1) on average: the string is moved when its block is full, and then gets twice the room.',
    args: [key('key', 'RW', 'insert'), text('value')],
    replies: [reply.integer('the length after it')],
    flags: ['denyoom', 'fast'],
  },
  function append(call) {
    const { bytes, starts, ends, strings } = call;
    const handle = call.forWriteOf(1, STRING);
    if (handle === MISTYPED) return;
    const added = call.length(2);
    const before = handle === NONE ? 0 : strings.length(handle);
    if (!checkLength(call, before + added) || !call.admit(call.length(1) + (before + added) * 2)) return;
    if (handle === NONE) {
      call.keyspace.setString(call.database, NONE, bytes, starts[1]!, ends[1]!, bytes, starts[2]!, ends[2]!, false);
    } else {
      call.keyspace.resizeString(call.database, handle, before + added);
      copyBytes(bytes, starts[2]!, ends[2]!, strings.bytes, strings.start + before);
    }
    call.changed(1, APPEND_EVENT);
    call.reply.integer(before + added);
  },
);

/** Whether a string may become that long; replies why not. */
function checkLength(call: WriteCall, length: number): boolean {
  if (length <= Math.min(call.bulkBytesMax(), STRING_BYTES_MAX)) return true;
  call.reply.error(STRING_TOO_LONG);
  return false;
}

export const strlen = read(
  'STRLEN',
  {
    group: 'string',
    summary: 'Tells the length of a string, in bytes.',
    since: '2.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('the length, 0 when there is no such key')],
    flags: ['fast'],
  },
  function strlen(call) {
    const handle = call.findOf(1, STRING);
    if (handle !== MISTYPED) call.reply.integer(handle === NONE ? 0 : call.strings.length(handle));
  },
);

/** GETRANGE and SUBSTR: both ends count, negative ones from the end. */
function replyRange(call: ReadCall): void {
  const first = call.clampedInteger(2);
  if (Number.isNaN(first)) return;
  const last = call.clampedInteger(3);
  if (Number.isNaN(last)) return;
  const handle = call.findOf(1, STRING);
  if (handle === MISTYPED) return;
  if (handle === NONE) {
    call.reply.emptyBulk();
    return;
  }
  const { strings } = call;
  strings.read(handle);
  const length = strings.end - strings.start;
  const from = first < 0 ? length + first : first;
  const to = last < 0 ? length + last : last;
  if (from >= length || to < 0 || from > to) call.reply.emptyBulk();
  else call.reply.bulk(strings.bytes, strings.start + Math.max(0, from), strings.start + Math.min(length - 1, to) + 1);
}

/**
 *     > SET key "This is a string"
 *     OK
 *     > GETRANGE key 0 3
 *     "This"
 *     > GETRANGE key -3 -1
 *     "ing"
 */
export const getrange = read(
  'GETRANGE',
  {
    group: 'string',
    summary: 'Tells a part of a string.',
    since: '2.4.0',
    complexity: 'O(N), N being the length of the part.',
    args: [key('key', 'RO', 'access'), integer('start'), integer('end')],
    replies: [reply.bulk('the part, which may be empty')],
  },
  replyRange,
);

export const substr = read(
  'SUBSTR',
  {
    group: 'string',
    summary: 'Tells a part of a string.',
    since: '1.0.0',
    complexity: 'O(N), N being the length of the part.',
    args: [key('key', 'RO', 'access'), integer('start'), integer('end')],
    replies: [reply.bulk('the part, which may be empty')],
    deprecated: { since: '2.0.0', instead: '`GETRANGE`' },
  },
  replyRange,
);

/**
 *     > SETRANGE padded 3 x
 *     (integer) 4
 *     > GET padded
 *     "\x00\x00\x00x"
 */
export const setrange = write(
  'SETRANGE',
  {
    group: 'string',
    summary: 'Overwrites a part of a string, filling up with zero bytes before it.',
    since: '2.2.0',
    complexity: 'O(M), M being the length of the value, when the string does not grow.',
    args: [key('key', 'RW', 'update'), integer('offset'), text('value')],
    replies: [reply.integer('the length after it')],
    flags: ['denyoom'],
  },
  function setrange(call) {
    const { bytes, starts, ends, strings, keyspace } = call;
    const offset = call.clampedInteger(2);
    if (Number.isNaN(offset)) return;
    if (offset < 0) {
      call.reply.error(OFFSET_OUT_OF_RANGE);
      return;
    }
    const handle = call.forWriteOf(1, STRING);
    if (handle === MISTYPED) return;
    const before = handle === NONE ? 0 : strings.length(handle);
    const written = call.length(3);
    if (written === 0) {
      call.reply.integer(before);
      return;
    }
    const length = Math.max(before, offset + written);
    if (!checkLength(call, offset + written) || !call.admit(call.length(1) + length * 2)) return;
    // A new key begins as an empty string. It may never grow: only the next time it gets room for that.
    const existing =
      handle === NONE
        ? keyspace.setString(call.database, NONE, bytes, starts[1]!, ends[1]!, bytes, starts[3]!, starts[3]!, false)
        : handle;
    keyspace.resizeString(call.database, existing, length, handle === NONE);
    copyBytes(bytes, starts[3]!, ends[3]!, strings.bytes, strings.start + offset);
    call.changed(1, SETRANGE_EVENT);
    call.reply.integer(length);
  },
);
