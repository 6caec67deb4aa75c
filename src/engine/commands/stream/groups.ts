// Consumer groups: XGROUP.

import { STREAM } from '../../../datatypes/key-record.ts';
import { parseInt64 } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NOT_AN_INTEGER, subcommandSyntax } from '../../../protocol/errors.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { LAST_ID } from '../../../structures/stream-log.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { container, integer, key, oneOf, optional, reply, text, token, write } from '../../command.ts';
import {
  XGROUP_CREATE_EVENT,
  XGROUP_CREATECONSUMER_EVENT,
  XGROUP_DELCONSUMER_EVENT,
  XGROUP_DESTROY_EVENT,
  XGROUP_SETID_EVENT,
} from '../../events.ts';
import { findGroup, isCharacter, noSuchGroup, parseAnyId, parseId } from './ids.ts';

const MKSTREAM = word('MKSTREAM');
const ENTRIESREAD = word('ENTRIESREAD');

const NO_KEY = error(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option ' +
    'to create an empty stream automatically.',
);
const GROUP_EXISTS = error('BUSYGROUP Consumer Group name already exists');
const BAD_ENTRIES_READ = error('ERR value for ENTRIESREAD must be positive or -1');

const DOLLAR = 36;
/** Bytes of a group or consumer beside its name, and of directories that grow. */
const RECORD_BYTES = 256;

const id = new StreamId();

/** The options of XGROUP CREATE and SETID. One for the module: a command is done with them before the next one runs. */
class Options {
  makesStream = false;
  readHigh = -1;
  readLow = -1;

  /** Reads them from argument 5 on; false after replying what is wrong. */
  parse(call: WriteCall, isCreate: boolean): boolean {
    this.makesStream = false;
    this.readHigh = -1;
    this.readLow = -1;
    for (let index = 5; index < call.count; index++) {
      if (isCreate && call.is(index, MKSTREAM)) this.makesStream = true;
      else if (call.is(index, ENTRIESREAD) && index + 1 < call.count) {
        index++;
        const read = parseInt64(call.bytes, call.starts[index]!, call.ends[index]!);
        if (read === null || read < -1n) {
          call.reply.error(read === null ? NOT_AN_INTEGER : BAD_ENTRIES_READ);
          return false;
        }
        this.readHigh = Number(read >> 32n);
        this.readLow = Number(read & 0xffffffffn) | 0;
      } else return refuseSyntax(call);
    }
    return true;
  }
}

const options = new Options();

function refuseSyntax(call: WriteCall): false {
  call.reply.errorText(subcommandSyntax('XGROUP', call.text(1)));
  return false;
}

/** The record of the stream in argument 2, to be changed; NONE after replying why there is none. */
function streamToChange(call: WriteCall): number {
  const handle = call.forWriteOf(2, STREAM);
  if (handle === MISTYPED) return NONE;
  if (handle === NONE) call.reply.error(NO_KEY);
  return handle;
}

/** The group in argument 3 of a stream, NONE after replying that there is none. */
function groupOf(call: WriteCall, root: number): number {
  const group = findGroup(call, root, 3);
  if (group === NONE) noSuchGroup(call, 2, 3);
  return group;
}

/** Bytes of the arguments and of what is made of them. */
function bytesToMake(call: WriteCall, records: number): number {
  return call.length(2) + call.length(3) * 2 + RECORD_BYTES + records * 16;
}

const ID_ARGUMENT = oneOf('id-selector', text('id'), { ...token('$'), name: 'new-id' });

const create = write(
  'CREATE',
  {
    group: 'stream',
    summary: 'Makes a consumer group that reads a stream from an id on.',
    since: '5.0.0',
    complexity: 'O(N), N being the groups of the stream.',
    args: [
      key('key', 'RW', 'insert'),
      text('group'),
      ID_ARGUMENT,
      optional(token('MKSTREAM')),
      optional(integer('entriesread', { token: 'ENTRIESREAD', display: 'entries-read' })),
    ],
    replies: [reply.ok()],
    flags: ['denyoom'],
    history: [['7.0.0', 'ENTRIESREAD.']],
  },
  function xgroupCreate(call) {
    if (!options.parse(call, true)) return;
    const { streams, bytes, starts, ends, keyspace } = call;
    let handle = call.forWriteOf(2, STREAM);
    if (handle === MISTYPED) return;
    if (handle === NONE && !options.makesStream) {
      call.reply.error(NO_KEY);
      return;
    }
    if (call.count > 8) {
      refuseSyntax(call);
      return;
    }
    id.setMin();
    if (!isCharacter(call, 4, DOLLAR)) {
      if (!parseId(call, 4, id)) return;
    } else if (handle !== NONE) streams.log.readId(streams.root(handle), LAST_ID, id);
    const groups = handle === NONE ? 0 : streams.groups.count(streams.root(handle));
    if (handle !== NONE && findGroup(call, streams.root(handle), 3) !== NONE) {
      call.reply.error(GROUP_EXISTS);
      return;
    }
    if (!call.admit(bytesToMake(call, groups))) return;
    const isNew = handle === NONE;
    if (isNew) {
      handle = streams.create(bytes, starts[2]!, ends[2]!, keyspace.accessClock);
      keyspace.insert(call.database, handle);
    }
    const root = streams.root(handle);
    findGroup(call, root, 3);
    const group = streams.groups.create(root, bytes, starts[3]!, ends[3]!, id);
    streams.groups.setRead(group, options.readHigh, options.readLow);
    if (isNew) call.changed(2, XGROUP_CREATE_EVENT);
    else {
      call.engine.dirty++;
      call.notify(2, XGROUP_CREATE_EVENT);
    }
    call.reply.ok();
  },
);

const setid = write(
  'SETID',
  {
    group: 'stream',
    summary: 'Sets the id after which a consumer group reads on.',
    since: '5.0.0',
    complexity: 'O(1)',
    args: [
      key('key', 'RW', 'update'),
      text('group'),
      ID_ARGUMENT,
      optional(integer('entriesread', { token: 'ENTRIESREAD', display: 'entries-read' })),
    ],
    replies: [reply.ok()],
    history: [['7.0.0', 'ENTRIESREAD.']],
  },
  function xgroupSetid(call) {
    if (!options.parse(call, false)) return;
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { streams } = call;
    const root = streams.root(handle);
    const group = groupOf(call, root);
    if (group === NONE) return;
    if (call.count !== 5 && call.count !== 7) {
      refuseSyntax(call);
      return;
    }
    if (isCharacter(call, 4, DOLLAR)) streams.log.readId(root, LAST_ID, id);
    else if (!parseAnyId(call, 4, id)) return;
    streams.groups.setDelivered(group, id);
    streams.groups.setRead(group, options.readHigh, options.readLow);
    call.engine.dirty++;
    call.notify(2, XGROUP_SETID_EVENT);
    call.reply.ok();
  },
);

const destroy = write(
  'DESTROY',
  {
    group: 'stream',
    summary: 'Removes a consumer group, with all that is pending in it.',
    since: '5.0.0',
    complexity: 'O(N), N being the pending entries.',
    args: [key('key', 'RW', 'delete'), text('group')],
    replies: [reply.integer('1, or 0 when there was none')],
  },
  function xgroupDestroy(call) {
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { streams, engine } = call;
    const root = streams.root(handle);
    const group = findGroup(call, root, 3);
    if (group !== NONE) {
      streams.groups.takeFound(root);
      streams.releaseGroup(group, call.keyspace.lazyUserDel);
      engine.dirty++;
      call.notify(2, XGROUP_DESTROY_EVENT);
      // Who waits in the group is told that it is gone.
      engine.blocked.signal(call.database, call.text(2));
    }
    call.reply.integer(group === NONE ? 0 : 1);
  },
);

const createconsumer = write(
  'CREATECONSUMER',
  {
    group: 'stream',
    summary: 'Makes a consumer in a group.',
    since: '6.2.0',
    complexity: 'O(N), N being the consumers of the group.',
    args: [key('key', 'RW', 'insert'), text('group'), text('consumer')],
    replies: [reply.integer('1, or 0 when there is one already')],
    flags: ['denyoom'],
  },
  function xgroupCreateconsumer(call) {
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { streams, bytes, starts, ends } = call;
    const group = groupOf(call, streams.root(handle));
    if (group === NONE) return;
    if (streams.groups.findConsumer(group, bytes, starts[4]!, ends[4]!) !== NONE) {
      call.reply.integer(0);
      return;
    }
    if (!call.admit(bytesToMake(call, streams.groups.consumerCount(group)) + call.length(4))) return;
    streams.groups.createConsumer(group, bytes, starts[4]!, ends[4]!, call.now());
    call.engine.dirty++;
    call.notify(2, XGROUP_CREATECONSUMER_EVENT);
    call.reply.integer(1);
  },
);

const delconsumer = write(
  'DELCONSUMER',
  {
    group: 'stream',
    summary: 'Removes a consumer from a group, with all that is pending for it.',
    since: '5.0.0',
    complexity: 'O(N log M), N being the entries pending for it, M those of the group.',
    args: [key('key', 'RW', 'delete'), text('group'), text('consumer')],
    replies: [reply.integer('the entries that were pending for it')],
  },
  function xgroupDelconsumer(call) {
    const handle = streamToChange(call);
    if (handle === NONE) return;
    const { groups } = call.streams;
    const group = groupOf(call, call.streams.root(handle));
    if (group === NONE) return;
    const consumer = groups.findConsumer(group, call.bytes, call.starts[4]!, call.ends[4]!);
    let pending = 0;
    if (consumer !== NONE) {
      pending = groups.removeConsumer(group, consumer);
      call.engine.dirty++;
      call.notify(2, XGROUP_DELCONSUMER_EVENT);
    }
    call.reply.integer(pending);
  },
);

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XGROUP DESTROY log readers
 *     (integer) 1
 */
export const xgroup = container(
  'XGROUP',
  {
    group: 'stream',
    summary: 'Consumer groups of streams.',
    since: '5.0.0',
    help: [
      'CREATE <key> <groupname> <id|$> [option]',
      '    Create a new consumer group. Options are:',
      '    * MKSTREAM',
      '      Create the empty stream if it does not exist.',
      '    * ENTRIESREAD entries_read',
      "      Set the group's entries_read counter (internal use).",
      'CREATECONSUMER <key> <groupname> <consumer>',
      '    Create a new consumer in the specified group.',
      'DELCONSUMER <key> <groupname> <consumer>',
      '    Remove the specified consumer.',
      'DESTROY <key> <groupname>',
      '    Remove the specified group.',
      'SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]',
      '    Set the current group ID and entries_read counter.',
    ],
  },
  [create, createconsumer, delconsumer, destroy, setid],
);
