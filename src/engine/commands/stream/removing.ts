// Entries removed by id: XDEL, XDELEX, XACKDEL.

import { STREAM } from '../../../datatypes/key-record.ts';
import { ENTRY_REMOVED, KEEP_REFERENCES, type References } from '../../../datatypes/stream.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { type ArgumentDefinition, block, integer, key, multiple, reply, text, write } from '../../command.ts';
import { XDEL_EVENT } from '../../events.ts';
import { checkIds, findGroup, readId } from './ids.ts';
import { REFERENCE_ARGUMENTS, referencesAt } from './trimming.ts';

const IDS = word('IDS');

const BAD_COUNT = error('ERR Number of IDs must be a positive integer');
const COUNT_MISMATCH = error('ERR The `numids` parameter must match the number of arguments');

/** Bytes that marking an entry may take: its block may have to move. */
const REMOVAL_BYTES = 4096;

const id = new StreamId();

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XDEL log 1-1 2-1
 *     (integer) 1
 */
export const xdel = write(
  'XDEL',
  {
    group: 'stream',
    summary: 'Removes entries from a stream.',
    since: '5.0.0',
    complexity: 'O(log N) for each id, N being the blocks of the stream.',
    args: [key('key', 'RW', 'delete'), multiple(text('ID'))],
    replies: [reply.integer('the entries that were there')],
    flags: ['fast'],
  },
  function xdel(call) {
    const handle = call.forWriteOf(1, STREAM);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.integer(0);
      return;
    }
    const { streams } = call;
    const root = streams.root(handle);
    if (!checkIds(call, 2, call.count, id) || !call.admit(streams.appendBytes(handle, 0, REMOVAL_BYTES))) return;
    let removed = 0;
    for (let index = 2; index < call.count; index++) {
      readId(call, index, id);
      if (streams.removeEntry(root, id, KEEP_REFERENCES) === ENTRY_REMOVED) removed++;
    }
    if (removed > 0) call.changed(1, XDEL_EVENT, removed);
    call.reply.integer(removed);
  },
);

/** Where the ids of XDELEX and XACKDEL stand, and what is to happen to references. */
interface Selection {
  readonly from: number;
  readonly to: number;
  readonly references: References;
}

/** Reads the options from argument `first` on; null after replying what is wrong. */
function parseSelection(call: ReadCall, first: number): Selection | null {
  let references: References = KEEP_REFERENCES;
  let given = false;
  let from = 0;
  let to = 0;
  for (let index = first; index < call.count; index++) {
    const policy = referencesAt(call, index);
    if (policy >= 0 && !given) {
      references = policy as References;
      given = true;
    } else if (from === 0 && call.is(index, IDS) && index + 1 < call.count) {
      const count = call.quietInteger(index + 1);
      if (!(count > 0)) return refuse(call, BAD_COUNT);
      from = index + 2;
      to = from + count;
      if (to > call.count) return refuse(call, COUNT_MISMATCH);
      index = to - 1;
    } else return refuse(call, from === 0 ? SYNTAX_ERROR : COUNT_MISMATCH);
  }
  if (from === 0) return refuse(call, SYNTAX_ERROR);
  return checkIds(call, from, to, id) ? { from, to, references } : null;
}

function refuse(call: ReadCall, line: Uint8Array): null {
  call.reply.error(line);
  return null;
}

/** XDELEX, and XACKDEL with its group in argument 2: only what is pending there is looked at. */
function removeSelected(call: WriteCall, first: number): void {
  const selection = parseSelection(call, first);
  if (selection === null) return;
  const handle = call.forWriteOf(1, STREAM);
  if (handle === MISTYPED) return;
  const { streams } = call;
  const root = handle === NONE ? NONE : streams.root(handle);
  const group = first === 3 ? findGroup(call, root, 2) : NONE;
  const { from, to, references } = selection;
  if (root !== NONE && !call.admit(streams.appendBytes(handle, 0, REMOVAL_BYTES))) return;
  call.reply.array(to - from);
  let removed = 0;
  for (let index = from; index < to; index++) {
    readId(call, index, id);
    let outcome = -1;
    if (root !== NONE && (first === 2 || (group !== NONE && streams.groups.findPending(group, id)))) {
      if (group !== NONE) {
        streams.groups.drop(group, id);
        call.engine.dirty++;
      }
      outcome = streams.removeEntry(root, id, references);
      // Of an entry that is gone already groups may still know.
      if (outcome !== ENTRY_REMOVED) call.engine.dirty += streams.dropped;
      // What was acknowledged is done with, whether its entry is still there or not.
      if (group !== NONE && outcome < 0) outcome = ENTRY_REMOVED;
      else if (outcome === ENTRY_REMOVED) removed++;
    }
    call.reply.integer(outcome);
  }
  if (removed > 0) call.changed(1, XDEL_EVENT, removed);
}

const SELECTION_ARGUMENTS: readonly ArgumentDefinition[] = [
  REFERENCE_ARGUMENTS,
  { ...block('ids', integer('numids'), multiple(text('id'))), token: 'IDS' },
];

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XDELEX log KEEPREF IDS 2 1-1 2-1
 *     1) (integer) 1
 *     2) (integer) -1
 */
export const xdelex = write(
  'XDELEX',
  {
    group: 'stream',
    summary: 'Removes entries from a stream, and tells of each; says what happens where they are pending.',
    since: '8.2.0',
    complexity: 'O(log N) for each id, N being the blocks of the stream; for each group as much again.',
    args: [key('key', 'RW', 'delete'), ...SELECTION_ARGUMENTS],
    replies: [reply.array('for each id: 1 removed, -1 there is none, 2 still needed by a group')],
    flags: ['fast'],
    arity: -5,
  },
  (call) => removeSelected(call, 2),
);

export const xackdel = write(
  'XACKDEL',
  {
    group: 'stream',
    summary: 'Acknowledges entries in a group and removes them from their stream, and tells of each.',
    since: '8.2.0',
    complexity: 'O(log N) for each id, N being the blocks of the stream; for each group as much again.',
    args: [key('key', 'RW', 'delete'), text('group'), ...SELECTION_ARGUMENTS],
    replies: [reply.array('for each id: 1 acknowledged and removed, -1 not pending, 2 acknowledged, but still needed')],
    flags: ['fast'],
    arity: -6,
  },
  (call) => removeSelected(call, 3),
);
