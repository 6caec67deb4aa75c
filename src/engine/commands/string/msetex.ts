// MSETEX: several strings with one condition and one expiry.

import { parseInteger } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { type WriteCall, word } from '../../call.ts';
import { block, key, keyCount, multiple, oneOf, optional, reply, text, token, write } from '../../command.ts';
import {
  EXPIRATION_ARGUMENTS,
  expirationOption,
  KEEPTTL_ARGUMENT,
  parseDeadline,
  REFUSED,
  store,
} from '../expiration.ts';

const NX = word('NX');
const XX = word('XX');
const KEEPTTL = word('KEEPTTL');

const BAD_KEY_COUNT = error('ERR invalid numkeys value');
const BAD_PAIR_COUNT = error('ERR wrong number of key-value pairs');
const KEYS_MAX = 0x7fffffff;
const FIRST_KEY = 2;

/** The options of one MSETEX. Reused: commands do not overlap. */
class Options {
  condition: Uint8Array | null = null;
  keepTtl = false;
  expiryKind = 0;
  expiryAt = 0;

  /** Reads the arguments from `first` on; false after replying a syntax error. */
  parse(call: WriteCall, first: number): boolean {
    this.condition = null;
    this.keepTtl = false;
    this.expiryKind = 0;
    for (let index = first; index < call.count; index++) {
      const kind = expirationOption(call, index);
      if (
        kind !== 0 &&
        !this.keepTtl &&
        (this.expiryKind === 0 || this.expiryKind === kind) &&
        index + 1 < call.count
      ) {
        this.expiryKind = kind;
        this.expiryAt = ++index;
      } else if (kind === 0 && call.is(index, KEEPTTL) && this.expiryKind === 0) this.keepTtl = true;
      else if (call.is(index, NX) && this.condition !== XX) this.condition = NX;
      else if (call.is(index, XX) && this.condition !== NX) this.condition = XX;
      else {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
    }
    return true;
  }
}

const options = new Options();

function isMet(call: WriteCall, end: number): boolean {
  if (options.condition === null) return true;
  for (let index = FIRST_KEY; index < end; index += 2) {
    if ((call.forWrite(index) === NONE) !== (options.condition === NX)) return false;
  }
  return true;
}

/** What the stream gets: commands that every Redis knows, MSETEX being new in 8.4. */
function propagate(call: WriteCall, end: number, deadline: number | bigint): void {
  const { bytes, starts, ends } = call;
  if (deadline === 0 && !options.keepTtl) {
    const stream = call.propagateAs(1 + end - FIRST_KEY).text('MSET');
    for (let index = FIRST_KEY; index < end; index++) stream.bytes(bytes, starts[index]!, ends[index]!);
    return;
  }
  for (let index = FIRST_KEY; index < end; index += 2) {
    const stream = call.propagateAs(deadline !== 0 ? 5 : 4).text('SET');
    stream.bytes(bytes, starts[index]!, ends[index]!).bytes(bytes, starts[index + 1]!, ends[index + 1]!);
    if (deadline !== 0) stream.text('PXAT').text(String(deadline));
    else stream.text('KEEPTTL');
  }
}

/**
 *     > MSETEX 2 a 1 b 2 NX EX 100
 *     (integer) 1
 *     > MSETEX 2 b 3 c 4 NX
 *     (integer) 0
 *     > TTL a
 *     (integer) 100
 */
export const msetex = write(
  'MSETEX',
  {
    group: 'string',
    summary: 'Sets several keys to strings, with one expiry for all, if all or none of them exist.',
    since: '8.4.0',
    complexity: 'O(N), N being the keys.',
    args: [
      keyCount('numkeys'),
      multiple(block('data', key('key', 'OW', 'update'), text('value'))),
      optional(oneOf('condition', token('NX'), token('XX'))),
      optional(oneOf('expiration', ...EXPIRATION_ARGUMENTS, KEEPTTL_ARGUMENT)),
    ],
    keySpecs: [{ flags: ['OW', 'update'], begin: { index: 1 }, find: { countAt: 0, first: 1, step: 2 } }],
    replies: [reply.integer('1: all were set, 0: none was, since the condition does not hold')],
    flags: ['denyoom'],
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  },
  function msetex(call) {
    const pairs = parseInteger(call.bytes, call.starts[1]!, call.ends[1]!);
    if (!(pairs >= 1 && pairs <= KEYS_MAX)) {
      call.reply.error(BAD_KEY_COUNT);
      return;
    }
    const end = FIRST_KEY + pairs * 2;
    if (end > call.count) {
      call.reply.error(BAD_PAIR_COUNT);
      return;
    }
    if (!options.parse(call, end)) return;
    let deadline: number | bigint = 0;
    if (options.expiryKind !== 0) {
      deadline = parseDeadline(call, options.expiryAt, options.expiryKind, 'msetex');
      if (deadline === REFUSED) return;
    }
    if (!isMet(call, end)) {
      call.reply.integer(0);
      return;
    }
    if (!call.admitArguments()) return;
    for (let index = FIRST_KEY; index < end; index += 2) {
      store(call, call.forWrite(index), index, index + 1, deadline, options.keepTtl);
    }
    call.reply.integer(1);
    if (call.propagates()) propagate(call, end, deadline);
  },
);
