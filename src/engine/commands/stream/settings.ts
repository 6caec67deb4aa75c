// What a stream remembers, set by hand or when it is loaded: XSETID, XCFGSET, XIDMPRECORD.

import { STREAM } from '../../../datatypes/key-record.ts';
import { parseInt64 } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NO_SUCH_KEY, NOT_AN_INTEGER, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { LAST_ID, REMOVED_ID } from '../../../structures/stream-log.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { integer, key, optional, reply, text, write } from '../../command.ts';
import { XSETID_EVENT } from '../../events.ts';
import { parseId } from './ids.ts';

const ENTRIESADDED = word('ENTRIESADDED');
const MAXDELETEDID = word('MAXDELETEDID');
const IDMP_DURATION = word('IDMP-DURATION');
const IDMP_MAXSIZE = word('IDMP-MAXSIZE');

const NEGATIVE_ADDED = error('ERR entries_added must be positive');
const BELOW_GIVEN_REMOVED = error('ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id');
const BELOW_REMOVED = error('ERR The ID specified in XSETID is smaller than current max_deleted_entry_id');
const BELOW_TOP = error('ERR The ID specified in XSETID is smaller than the target stream top item');
const TOO_FEW_ADDED = error('ERR The entries_added specified in XSETID is smaller than the target stream length');
const BAD_DURATION = error('ERR IDMP-DURATION must be between 1 and 86400 seconds');
const BAD_MAXSIZE = error('ERR IDMP-MAXSIZE must be between 1 and 10000 entries');
const NO_PARAMETER = error('ERR At least one parameter must be specified');
const EMPTY_NAMES = error('ERR producer ID and idempotent ID must not be empty');
const NO_ENTRY = error('ERR stream ID does not exist');
const OTHER_ENTRY = error('ERR the idempotent ID belongs to another stream ID');

const DURATION_MAX = 86400;
const MAXSIZE_MAX = 10000;
/** Bytes of a stream's memory of producers, or of a message, beside names. */
const PRODUCERS_BYTES = 4096;

const id = new StreamId();
const removed = new StreamId();
const other = new StreamId();

/** The record of the stream in argument 1, to be changed; NONE after replying why there is none. */
function streamToChange(call: WriteCall): number {
  const handle = call.forWriteOf(1, STREAM);
  if (handle === MISTYPED) return NONE;
  if (handle === NONE) call.reply.error(NO_SUCH_KEY);
  return handle;
}

/** Reads the options of XSETID: entries added, -1 without, null after replying what is wrong. Sets `removed`. */
function parseSetid(call: WriteCall): bigint | null {
  let added = -1n;
  removed.setMin();
  for (let index = 3; index < call.count; index += 2) {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, ENTRIESADDED)) {
      const value = parseInt64(call.bytes, call.starts[index + 1]!, call.ends[index + 1]!);
      if (value === null || value < 0n) return refuse(call, value === null ? NOT_AN_INTEGER : NEGATIVE_ADDED);
      added = value;
    } else if (hasValue && call.is(index, MAXDELETEDID)) {
      if (!parseId(call, index + 1, removed)) return null;
      if (id.compare(removed) < 0) return refuse(call, BELOW_GIVEN_REMOVED);
    } else return refuse(call, SYNTAX_ERROR);
  }
  return added;
}

function refuse(call: WriteCall, line: Uint8Array): null {
  call.reply.error(line);
  return null;
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XSETID log 5-0
 *     OK
 */
export const xsetid = write(
  'XSETID',
  {
    group: 'stream',
    summary: 'Sets the last id of a stream, and what it knows of entries that were.',
    since: '5.0.0',
    complexity: 'O(1)',
    args: [
      key('key', 'RW', 'update'),
      text('last-id'),
      optional(integer('entries-added', { token: 'ENTRIESADDED', since: '7.0.0' })),
      optional(text('max-deleted-id', { token: 'MAXDELETEDID', since: '7.0.0' })),
    ],
    replies: [reply.ok()],
    flags: ['denyoom', 'fast'],
    history: [['7.0.0', 'ENTRIESADDED and MAXDELETEDID.']],
  },
  function xsetid(call) {
    if (!parseId(call, 2, id)) return;
    const added = parseSetid(call);
    if (added === null) return;
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { log } = call.streams;
    const root = call.streams.root(handle);
    log.readId(root, REMOVED_ID, other);
    if (id.compare(other) < 0) {
      call.reply.error(BELOW_REMOVED);
      return;
    }
    const length = log.length(root);
    if (length > 0) {
      log.last(root, other);
      const tooFew = added !== -1n && BigInt(length) > added;
      if (id.compare(other) < 0 || tooFew) {
        call.reply.error(id.compare(other) < 0 ? BELOW_TOP : TOO_FEW_ADDED);
        return;
      }
    }
    log.setId(root, LAST_ID, id);
    if (added !== -1n) log.setAdded(root, Number(added >> 32n), Number(added & 0xffffffffn) | 0);
    if (!removed.isZero()) log.setId(root, REMOVED_ID, removed);
    call.engine.dirty++;
    call.notify(1, XSETID_EVENT);
    call.reply.ok();
  },
);

/** A whole number within 1 and a limit, NaN after replying what is wrong. */
function parseLimit(call: WriteCall, index: number, most: number, line: Uint8Array): number {
  const value = call.clampedInteger(index);
  if (Number.isNaN(value) || (value >= 1 && value <= most)) return value;
  call.reply.error(line);
  return Number.NaN;
}

export const xcfgset = write(
  'XCFGSET',
  {
    group: 'stream',
    summary: 'Sets for how long, and how many, messages of producers a stream remembers.',
    since: '8.6.0',
    complexity: 'O(N), N being the messages forgotten.',
    args: [
      key('key', 'RW', 'update'),
      optional(integer('idmp-duration', { token: 'IDMP-DURATION' })),
      optional(integer('idmp-maxsize', { token: 'IDMP-MAXSIZE' })),
    ],
    replies: [reply.ok()],
    flags: ['fast'],
  },
  function xcfgset(call) {
    let duration = 0;
    let maxsize = 0;
    for (let index = 2; index < call.count; index += 2) {
      const isDuration = call.is(index, IDMP_DURATION);
      if ((!isDuration && !call.is(index, IDMP_MAXSIZE)) || index + 1 === call.count) {
        call.reply.error(SYNTAX_ERROR);
        return;
      }
      const most = isDuration ? DURATION_MAX : MAXSIZE_MAX;
      const value = parseLimit(call, index + 1, most, isDuration ? BAD_DURATION : BAD_MAXSIZE);
      if (Number.isNaN(value)) return;
      if (isDuration) duration = value;
      else maxsize = value;
    }
    if (call.count === 2) {
      call.reply.error(NO_PARAMETER);
      return;
    }
    const handle = streamToChange(call);
    if (handle === NONE || !call.admit(PRODUCERS_BYTES)) return;
    const { producers } = call.streams;
    const kept = producers.ofOrNew(call.streams.root(handle));
    producers.configure(kept, duration || producers.duration(kept), maxsize || producers.maxsize(kept));
    call.engine.dirty++;
    call.reply.ok();
  },
);

export const xidmprecord = write(
  'XIDMPRECORD',
  {
    group: 'stream',
    summary: 'Notes which message of a producer an entry was: for files and replicas.',
    since: '8.8.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update'), text('pid'), text('iid'), text('stream-id')],
    replies: [reply.ok('noted, or known already')],
    flags: ['denyoom', 'fast'],
  },
  function xidmprecord(call) {
    if (!parseId(call, 4, id)) return;
    if (call.length(2) === 0 || call.length(3) === 0) {
      call.reply.error(EMPTY_NAMES);
      return;
    }
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { producers, log } = call.streams;
    const { bytes, starts, ends } = call;
    const root = call.streams.root(handle);
    const kept = producers.of(root);
    const [pidStart, pidEnd, iidStart, iidEnd] = [starts[2]!, ends[2]!, starts[3]!, ends[3]!];
    if (!log.has(root, id)) {
      call.reply.error(NO_ENTRY);
      return;
    }
    if (kept !== NONE && producers.find(kept, bytes, pidStart, pidEnd, bytes, iidStart, iidEnd, call.now())) {
      if (producers.id.compare(id) === 0) call.reply.ok();
      else call.reply.error(OTHER_ENTRY);
      return;
    }
    if (!call.admit(PRODUCERS_BYTES + (pidEnd - pidStart + iidEnd - iidStart) * 2)) return;
    producers.add(producers.ofOrNew(root), bytes, pidStart, pidEnd, bytes, iidStart, iidEnd, id, call.now());
    call.engine.dirty++;
    call.reply.ok();
  },
);
