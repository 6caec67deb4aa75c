// Options that XADD and XTRIM share: how a stream is trimmed; and XTRIM.

import { STREAM } from '../../../datatypes/key-record.ts';
import {
  DROP_REFERENCES,
  IF_ACKNOWLEDGED,
  KEEP_REFERENCES,
  type References,
  type Trimming,
} from '../../../datatypes/stream.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  integer,
  key,
  oneOf,
  optional,
  reply,
  text,
  token,
  write,
} from '../../command.ts';
import { XTRIM_EVENT } from '../../events.ts';
import type { Propagation } from '../../propagation.ts';
import { isCharacter, parseId } from './ids.ts';

const MAXLEN = word('MAXLEN');
const MINID = word('MINID');
const LIMIT = word('LIMIT');
const KEEPREF = word('KEEPREF');
const DELREF = word('DELREF');
const ACKED = word('ACKED');

const TWO_STRATEGIES = error('ERR syntax error, MAXLEN and MINID options at the same time are not compatible');
const NEGATIVE_LENGTH = error('ERR The MAXLEN argument must be >= 0.');
const NEGATIVE_LIMIT = error('ERR The LIMIT argument must be >= 0.');
const LIMIT_ALONE = error('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy');
const LIMIT_EXACT = error('ERR syntax error, LIMIT cannot be used without the special ~ option');
const NO_STRATEGY = error('ERR syntax error, XTRIM must be called with a trimming strategy');

const TILDE = 126;
const EQUALS = 61;

/** Without LIMIT an approximate trimming removes as many entries as this many blocks hold at most … */
const LIMIT_BLOCKS = 100;
/** … and so many when that is no limit or more than the next. */
const LIMIT_USUAL = 10000;
const LIMIT_MOST = 1000000;

/** What `TrimOptions.take` made of an argument. */
const TAKEN = 1;
const NOT_MINE = 0;
const REFUSED = -1;

/** Reads the options of one call. One for the module: a command is done with them before the next one runs. */
class TrimOptions {
  /** Argument number of the threshold; 0 without trimming. */
  thresholdAt = 0;
  private limitGiven = false;
  private policyGiven = false;
  /** The argument after those taken. */
  next = 0;

  begin(trimming: Trimming): void {
    this.thresholdAt = 0;
    this.limitGiven = false;
    this.policyGiven = false;
    trimming.byId = false;
    trimming.approximate = false;
    trimming.limit = 0;
    trimming.references = KEEP_REFERENCES;
    trimming.stopped = false;
  }

  /** Takes the option at `index`: TAKEN (then `next` follows it), NOT_MINE, or REFUSED after replying what is wrong. */
  take(call: ReadCall, trimming: Trimming, index: number): number {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, MAXLEN)) return this.takeThreshold(call, trimming, index, false);
    if (hasValue && call.is(index, MINID)) return this.takeThreshold(call, trimming, index, true);
    if (hasValue && call.is(index, LIMIT)) {
      const limit = call.clampedInteger(index + 1);
      if (Number.isNaN(limit)) return REFUSED;
      if (limit < 0) return refuse(call, NEGATIVE_LIMIT);
      trimming.limit = limit;
      this.limitGiven = true;
      this.next = index + 2;
      return TAKEN;
    }
    const references = referencesAt(call, index);
    if (references < 0) return NOT_MINE;
    if (this.policyGiven) return refuse(call, SYNTAX_ERROR);
    this.policyGiven = true;
    trimming.references = references as References;
    this.next = index + 1;
    return TAKEN;
  }

  /** Checks what belongs together; false after replying what is wrong. */
  finish(call: WriteCall, trimming: Trimming, isTrim: boolean): boolean {
    if (this.thresholdAt === 0) {
      if (trimming.limit > 0) return refuse(call, LIMIT_ALONE) > 0;
      if (isTrim) return refuse(call, NO_STRATEGY) > 0;
    }
    if (call.session.mustObey) {
      // The threshold was made exact by who propagated it.
      trimming.limit = 0;
      return true;
    }
    if (this.limitGiven) return trimming.approximate || refuse(call, LIMIT_EXACT) > 0;
    if (!trimming.approximate) return true;
    const { blockEntriesMax } = call.streams.log;
    const usual = LIMIT_BLOCKS * blockEntriesMax;
    trimming.limit = usual <= 0 ? LIMIT_USUAL : Math.min(usual, LIMIT_MOST);
    return true;
  }

  private takeThreshold(call: ReadCall, trimming: Trimming, index: number, byId: boolean): number {
    if (this.thresholdAt !== 0) return refuse(call, TWO_STRATEGIES);
    let at = index + 1;
    trimming.approximate = false;
    if (at + 1 < call.count) {
      trimming.approximate = isCharacter(call, at, TILDE);
      if (trimming.approximate || isCharacter(call, at, EQUALS)) at++;
    }
    if (byId) {
      if (!parseId(call, at, trimming.before)) return REFUSED;
    } else {
      const length = call.clampedInteger(at);
      if (Number.isNaN(length)) return REFUSED;
      if (length < 0) return refuse(call, NEGATIVE_LENGTH);
      trimming.length = length;
    }
    trimming.byId = byId;
    this.thresholdAt = at;
    this.next = at + 1;
    return TAKEN;
  }
}

export const trimOptions = new TrimOptions();

function refuse(call: ReadCall, line: Uint8Array): number {
  call.reply.error(line);
  return REFUSED;
}

/** What an argument says of references that groups hold; -1 when it is another word. */
export function referencesAt(call: ReadCall, index: number): number {
  if (call.is(index, KEEPREF)) return KEEP_REFERENCES;
  if (call.is(index, DELREF)) return DROP_REFERENCES;
  return call.is(index, ACKED) ? IF_ACKNOWLEDGED : -1;
}

/**
 * Writes one of the arguments [0, count) of a call, its approximate threshold made exact. Where needed entries were left
 * behind, that is the id up to which all were looked at.
 */
export function propagateArgument(call: WriteCall, root: number, index: number, to: Propagation): void {
  const { streams } = call;
  const { trimming, log, text: scratch } = streams;
  const { thresholdAt } = trimOptions;
  if (thresholdAt !== 0 && trimming.approximate && index === thresholdAt - 1) to.text('=');
  else if (trimming.stopped && index === thresholdAt - 2) to.text('MINID');
  else if (trimming.stopped && index === thresholdAt) to.bytes(scratch, 0, trimming.stop.write(scratch, 0));
  else if (thresholdAt !== 0 && trimming.approximate && index === thresholdAt) {
    if (!trimming.byId) to.integer(log.length(root));
    else {
      log.firstKept(root, trimming.before);
      to.bytes(scratch, 0, trimming.before.write(scratch, 0));
    }
  } else to.bytes(call.bytes, call.starts[index]!, call.ends[index]!);
}

/** The options as arguments. */
export const TRIM_ARGUMENTS: ArgumentDefinition = block(
  'trim',
  oneOf('strategy', token('MAXLEN'), token('MINID', { since: '6.2.0' })),
  optional(oneOf('operator', { ...token('='), name: 'equal' }, { ...token('~'), name: 'approximately' })),
  text('threshold'),
  optional(integer('count', { token: 'LIMIT', since: '6.2.0' })),
);

export const REFERENCE_ARGUMENTS: ArgumentDefinition = {
  ...optional(oneOf('condition', token('KEEPREF'), token('DELREF'), token('ACKED'))),
  since: '8.2.0',
};

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XADD log 2-1 level warning
 *     "2-1"
 *     > XTRIM log MAXLEN 1
 *     (integer) 1
 */
export const xtrim = write(
  'XTRIM',
  {
    group: 'stream',
    summary: 'Removes the oldest entries of a stream: those beyond a length, or before an id.',
    since: '5.0.0',
    complexity: 'O(N), N being the entries removed; whole blocks of them go at once.',
    args: [key('key', 'RW', 'delete'), TRIM_ARGUMENTS, REFERENCE_ARGUMENTS],
    replies: [reply.integer('the number of entries removed')],
    tips: ['nondeterministic_output'],
    history: [
      ['6.2.0', 'MINID and LIMIT.'],
      ['8.2.0', 'KEEPREF, DELREF and ACKED.'],
    ],
  },
  function xtrim(call) {
    const { streams } = call;
    const { trimming } = streams;
    trimOptions.begin(trimming);
    for (let index = 2; index < call.count; index = trimOptions.next) {
      const taken = trimOptions.take(call, trimming, index);
      if (taken === NOT_MINE) call.reply.error(SYNTAX_ERROR);
      if (taken !== TAKEN) return;
    }
    if (!trimOptions.finish(call, trimming, true)) return;
    const handle = call.forWriteOf(1, STREAM);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.integer(0);
      return;
    }
    const root = streams.root(handle);
    if (!call.admit(streams.appendBytes(handle, 0, 0))) return;
    const removed = streams.trim(root);
    if (removed > 0) {
      call.changed(1, XTRIM_EVENT, removed);
      if (trimming.approximate && call.propagates()) {
        const propagation = call.propagateAs(call.count);
        for (let index = 0; index < call.count; index++) propagateArgument(call, root, index, propagation);
      }
    }
    call.reply.integer(removed);
  },
);
