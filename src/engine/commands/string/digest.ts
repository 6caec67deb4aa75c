// Strings by what they hold: their digest, and deletion under a condition. SET's conditions are these too.

import { STRING } from '../../../datatypes/key-record.ts';
import { equalBytes } from '../../../lib/bytes.ts';
import { xxh3Hex } from '../../../lib/xxh3.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, wrongArity } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { key, oneOf, optional, read, reply, text, write } from '../../command.ts';
import { DEL_EVENT } from '../../events.ts';

export const IFEQ = word('IFEQ');
export const IFNE = word('IFNE');
export const IFDEQ = word('IFDEQ');
export const IFDNE = word('IFDNE');
const CONDITIONS = [IFEQ, IFNE, IFDEQ, IFDNE];

/** Hexadecimal digits of a digest. */
const DIGEST_DIGITS = 16;
const BAD_DIGEST = error('ERR must be exactly 16 hexadecimal characters');
const BAD_CONDITION = error('ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE');
const NOT_A_STRING = error('ERR Key should be of string type if conditions are specified');

/** What a condition says of a value. */
export const HOLDS = 1;
export const HOLDS_NOT = 0;
/** The argument is no digest; the error is replied. */
export const NO_DIGEST = -1;

/**
 * Whether a string record's value meets a condition against an argument. As in Redis 8.4 a digest is refused for its
 * length only, and only here: where there is a value to compare it with.
 */
export function meets(call: ReadCall, handle: number, condition: Uint8Array, index: number): number {
  const { strings } = call;
  const byDigest = condition === IFDEQ || condition === IFDNE;
  if (byDigest && call.length(index) !== DIGEST_DIGITS) {
    call.reply.error(BAD_DIGEST);
    return NO_DIGEST;
  }
  strings.read(handle);
  const equal = byDigest
    ? xxh3Hex(strings.bytes, strings.start, strings.end) === call.text(index).toLowerCase()
    : equalBytes(strings.bytes, strings.start, strings.end, call.bytes, call.starts[index]!, call.ends[index]!);
  return equal === (condition === IFEQ || condition === IFDEQ) ? HOLDS : HOLDS_NOT;
}

/**
 *     > SET page "Hello world"
 *     OK
 *     > DIGEST page
 *     "b6acb9d84a38ff74"
 */
export const digest = read(
  'DIGEST',
  {
    group: 'string',
    summary: 'Tells the XXH3 hash of a string, in hexadecimal.',
    since: '8.4.0',
    complexity: 'O(N), N being the length of the string.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.bulk('16 hexadecimal digits'), reply.nil('no such key')],
    flags: ['fast'],
  },
  function digest(call) {
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.nil();
      return;
    }
    const { strings } = call;
    strings.read(handle);
    call.reply.bulkText(xxh3Hex(strings.bytes, strings.start, strings.end));
  },
);

/** Whether DELEX's condition, from argument 2 on, lets it delete; replies why it cannot be judged. */
function mayDelete(call: WriteCall, handle: number): number {
  if (call.typeOf(handle) !== STRING) {
    call.reply.error(NOT_A_STRING);
    return NO_DIGEST;
  }
  for (const condition of CONDITIONS) if (call.is(2, condition)) return meets(call, handle, condition, 3);
  call.reply.error(BAD_CONDITION);
  return NO_DIGEST;
}

/**
 *     > SET lock token
 *     OK
 *     > DELEX lock IFEQ other
 *     (integer) 0
 *     > DELEX lock IFEQ token
 *     (integer) 1
 */
export const delex = write(
  'DELEX',
  {
    group: 'string',
    summary: 'Deletes a key, if its value or digest is, or is not, a given one.',
    since: '8.4.0',
    complexity: 'O(1); O(N) for IFDEQ and IFDNE, N being the length of the string.',
    args: [
      key('key', 'RW', 'delete', 'variable_flags'),
      optional(
        oneOf(
          'condition',
          text('ifeq-value', { token: 'IFEQ' }),
          text('ifne-value', { token: 'IFNE' }),
          text('ifdeq-digest', { token: 'IFDEQ' }),
          text('ifdne-digest', { token: 'IFDNE' }),
        ),
      ),
    ],
    replies: [reply.integer('1: deleted, 0: no such key, or the condition does not hold')],
    flags: ['fast'],
  },
  function delex(call) {
    if (call.count !== 2 && call.count !== 4) {
      call.reply.errorText(wrongArity('delex'));
      return;
    }
    const handle = call.forWrite(1);
    const verdict = handle === NONE ? HOLDS_NOT : call.count === 2 ? HOLDS : mayDelete(call, handle);
    if (verdict === NO_DIGEST) return;
    if (verdict === HOLDS) {
      call.keyspace.removeFound(call.database, handle);
      call.changed(1, DEL_EVENT);
      if (call.propagates()) call.propagateAs(2).text('DEL').bytes(call.bytes, call.starts[1]!, call.ends[1]!);
    }
    call.reply.integer(verdict);
  },
);
