// The arguments of XREAD and XREADGROUP.

import { parseInteger } from '../../../lib/integers.ts';
import {
  error,
  SYNTAX_ERROR,
  TIMEOUT_NEGATIVE,
  TIMEOUT_NOT_AN_INTEGER,
  TIMEOUT_OUT_OF_RANGE,
  untilNul,
} from '../../../protocol/errors.ts';
import { type Call, type ReadCall, word } from '../../call.ts';

const BLOCK = word('BLOCK');
const COUNT = word('COUNT');
const MAXCOUNT = word('MAXCOUNT');
const MAXSIZE = word('MAXSIZE');
const STREAMS = word('STREAMS');
const GROUP = word('GROUP');
const NOACK = word('NOACK');
const CLAIM = word('CLAIM');

const ONLY_GROUPS = ' option is only supported by XREADGROUP. You called XREAD instead.';
const GROUP_IN_XREAD = error(`ERR The GROUP${ONLY_GROUPS}`);
const NOACK_IN_XREAD = error(`ERR The NOACK${ONLY_GROUPS}`);
const CLAIM_IN_XREAD = error(`ERR The CLAIM${ONLY_GROUPS}`);
const NO_GROUP = error('ERR Missing GROUP option for XREADGROUP');
const BAD_IDLE = error('ERR min-idle-time is not an integer');
const NEGATIVE_IDLE = error('ERR min-idle-time must be a positive integer');
const BAD_MAXCOUNT = error('ERR MAXCOUNT must be a positive integer');
const BAD_MAXSIZE = error('ERR MAXSIZE must be a positive integer');

/** Read from the arguments of one call. One for the module: a command is done with them before the next one runs. */
class ReadOptions {
  /** Entries of each stream at most; 0: any number. */
  count = 0;
  /** Entries of all streams, and bytes of their fields and values, at most. */
  maxCount = Number.POSITIVE_INFINITY;
  maxSize = Number.POSITIVE_INFINITY;
  blocks = false;
  /** Milliseconds since 1970 until which to wait. */
  deadline = Number.POSITIVE_INFINITY;
  noAck = false;
  /** Milliseconds after which pending entries are claimed; -1: never. */
  claimIdle = -1;
  /** Argument number of the group's name, the consumer's follows; 0 without. */
  groupAt = 0;
  /** Argument number of the first key, and how many there are; the ids follow. */
  keysAt = 0;
  keys = 0;

  /** Reads all; false after replying what is wrong. */
  parse(call: ReadCall, isGroup: boolean): boolean {
    this.count = 0;
    this.maxCount = Number.POSITIVE_INFINITY;
    this.maxSize = Number.POSITIVE_INFINITY;
    this.blocks = false;
    this.noAck = false;
    this.claimIdle = -1;
    this.groupAt = 0;
    this.keysAt = 0;
    let index = 1;
    while (index > 0 && index < call.count && this.keysAt === 0) index = this.take(call, index, isGroup);
    if (index === 0) return false;
    if (this.keysAt === 0) return this.refuse(call, SYNTAX_ERROR) > 0;
    if (isGroup && this.groupAt === 0) return this.refuse(call, NO_GROUP) > 0;
    return true;
  }

  /** Takes the option at an argument: the argument after it, 0 after replying what is wrong. */
  private take(call: ReadCall, index: number, isGroup: boolean): number {
    const more = call.count - index - 1;
    if (more > 0 && call.is(index, BLOCK)) return this.takeBlock(call, index + 1);
    if (more > 0 && call.is(index, COUNT)) {
      const count = call.clampedInteger(index + 1);
      if (Number.isNaN(count)) return 0;
      this.count = Math.max(0, count);
      return index + 2;
    }
    if (more > 0 && call.is(index, STREAMS)) return this.takeStreams(call, index + 1, isGroup);
    if (more > 1 && call.is(index, GROUP)) {
      if (!isGroup) return this.refuse(call, GROUP_IN_XREAD);
      this.groupAt = index + 1;
      return index + 3;
    }
    if (call.is(index, NOACK)) {
      if (!isGroup) return this.refuse(call, NOACK_IN_XREAD);
      this.noAck = true;
      return index + 1;
    }
    return more > 0 ? this.takeNewer(call, index, isGroup) : this.refuse(call, SYNTAX_ERROR);
  }

  private takeNewer(call: ReadCall, index: number, isGroup: boolean): number {
    if (call.is(index, CLAIM)) {
      if (!isGroup) return this.refuse(call, CLAIM_IN_XREAD);
      const idle = call.quietInteger(index + 1);
      if (Number.isNaN(idle)) return this.refuse(call, BAD_IDLE);
      if (idle < 0) return this.refuse(call, NEGATIVE_IDLE);
      this.claimIdle = idle;
    } else if (call.is(index, MAXCOUNT)) {
      const count = call.quietInteger(index + 1);
      if (!(count > 0)) return this.refuse(call, BAD_MAXCOUNT);
      this.maxCount = count;
    } else if (call.is(index, MAXSIZE)) {
      const size = call.quietInteger(index + 1);
      if (!(size > 0)) return this.refuse(call, BAD_MAXSIZE);
      this.maxSize = size;
    } else return this.refuse(call, SYNTAX_ERROR);
    return index + 2;
  }

  private takeStreams(call: ReadCall, index: number, isGroup: boolean): number {
    const rest = call.count - index;
    if ((rest & 1) !== 0) {
      const name = untilNul(isGroup ? 'xreadgroup' : 'xread');
      const ids = isGroup ? "ID or '>'" : "ID, '+', or '$'";
      const each = `for each stream key an ${ids} must be specified.`;
      call.reply.errorText(`ERR Unbalanced '${name}' list of streams: ${each}`);
      return 0;
    }
    this.keysAt = index;
    this.keys = rest >> 1;
    return call.count;
  }

  private takeBlock(call: ReadCall, index: number): number {
    const ms = parseInteger(call.bytes, call.starts[index]!, call.ends[index]!);
    if (Number.isNaN(ms)) {
      const isLong = !Number.isNaN(call.quietInteger(index));
      const isNegative = isLong && call.quietInteger(index) < 0;
      if (!isLong) return this.refuse(call, TIMEOUT_NOT_AN_INTEGER);
      if (isNegative) return this.refuse(call, TIMEOUT_NEGATIVE);
      return this.refuse(call, TIMEOUT_OUT_OF_RANGE);
    }
    if (ms < 0) return this.refuse(call, TIMEOUT_NEGATIVE);
    this.blocks = true;
    this.deadline = ms === 0 ? Number.POSITIVE_INFINITY : call.now() + ms;
    return index + 1;
  }

  private refuse(call: ReadCall, line: Uint8Array): 0 {
    call.reply.error(line);
    return 0;
  }
}

export const readOptions = new ReadOptions();

/** Where STREAMS stands at the earliest in XREADGROUP: GROUP has two arguments, and must be there. */
const STREAMS_FROM = 4;

/**
 * The keys of a call of XREADGROUP as it came: a group or a consumer may have the name of an option. What an option's value
 * should be is not asked: none that makes sense is STREAMS, and of a call that makes none the same keys count as in Redis.
 */
export function findGroupKeys(call: Call, keys: number[]): void {
  let isNamed = false;
  for (let index = 1; index < call.count; index++) {
    if (!isNamed && call.is(index, GROUP)) {
      isNamed = true;
      index += 2;
    } else if (index >= STREAMS_FROM && call.is(index, STREAMS)) {
      const count = Math.floor((call.count - index - 1) / 2);
      for (let number = 1; number <= count; number++) keys.push(index + number);
      return;
    }
  }
}
