// Hashes of one shape, many of them: HIMPORT. A client says the fields once, and then sends values only.
//
// Fieldsets belong to the session that prepared them, until it ends or says RESET.

import { HASH } from '../../../datatypes/key-record.ts';
import { toLatin1 } from '../../../lib/bytes.ts';
import { FIELDSET_BYTES_MAX, FIELDSETS_MAX } from '../../../lib/limits.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error } from '../../../protocol/errors.ts';
import { type Arguments, type Call, MISTYPED, type WriteCall } from '../../call.ts';
import { container, control, key, multiple, reply, text, write } from '../../command.ts';
import { HSET_EVENT } from '../../events.ts';

const DUPLICATE_FIELD = error('ERR duplicate field name in fieldset');
const TOO_MANY = error('ERR too many fieldsets');
const NO_FIELDSET = error('ERR no such fieldset');
const WRONG_COUNT = error('ERR number of values does not match the number of fields in the fieldset');

function hasDuplicates(fields: Arguments): boolean {
  const names = new Set<string>();
  for (let index = 0; index < fields.count; index++) {
    names.add(toLatin1(fields.bytes, fields.starts[index]!, fields.ends[index]!));
  }
  return names.size < fields.count;
}

function prepare(call: Call): void {
  const { session } = call;
  const name = call.text(2);
  const fields = call.copyArguments(3);
  if (hasDuplicates(fields)) {
    call.reply.error(DUPLICATE_FIELD);
    return;
  }
  const fieldsets = session.fieldsets ?? new Map<string, Arguments>();
  let bytes = fields.bytes.length;
  for (const [other, { bytes: held }] of fieldsets) if (other !== name) bytes += held.length;
  if (bytes > FIELDSET_BYTES_MAX || (!fieldsets.has(name) && fieldsets.size >= FIELDSETS_MAX)) {
    call.reply.error(TOO_MANY);
    return;
  }
  fieldsets.set(name, fields);
  session.fieldsets = fieldsets;
  call.reply.ok();
}

/** Makes the hash; replies whether it could. */
function importHash(call: WriteCall): void {
  const fields = call.session.fieldsets?.get(call.text(3));
  if (fields === undefined) {
    call.reply.error(NO_FIELDSET);
    return;
  }
  if (fields.count !== call.count - 4) {
    call.reply.error(WRONG_COUNT);
    return;
  }
  const existing = call.forWriteOf(2, HASH);
  if (existing === MISTYPED || !call.admitArguments() || !call.admit(fields.bytes.length * 2 + fields.count * 64))
    return;
  const { keyspace, database } = call;
  if (existing !== NONE) call.overwriting(2, existing, HASH);
  if (existing !== NONE) keyspace.removeFound(database, existing, keyspace.lazyServerDel);
  const record = fill(call, fields);
  call.peek(2);
  keyspace.insert(database, record, existing === NONE);
  const { changes } = call.engine;
  for (let index = 0; changes.namesFields && index < fields.count; index++) {
    changes.withField(fields.bytes, fields.starts[index]!, fields.ends[index]!);
  }
  call.changed(2, HSET_EVENT, fields.count);
  call.reply.ok();
  if (call.propagates()) propagate(call, fields, existing !== NONE);
}

/** A record with the fields and their values, in no table yet. */
function fill(call: WriteCall, fields: Arguments): number {
  const { bytes, starts, ends, hashes } = call;
  hashes.record = hashes.create(bytes, starts[2]!, ends[2]!, call.keyspace.accessClock);
  for (let index = 0; index < fields.count; index++) {
    const value = 4 + index;
    hashes.set(
      hashes.record,
      fields.bytes,
      fields.starts[index]!,
      fields.ends[index]!,
      bytes,
      starts[value]!,
      ends[value]!,
      false,
    );
  }
  return hashes.record;
}

/** As DEL and HSET: a replica has no fieldsets. */
function propagate(call: WriteCall, fields: Arguments, replaced: boolean): void {
  const { bytes, starts, ends } = call;
  if (replaced) call.propagateAs(2).text('DEL').bytes(bytes, starts[2]!, ends[2]!);
  const hset = call
    .propagateAs(2 + fields.count * 2)
    .text('HSET')
    .bytes(bytes, starts[2]!, ends[2]!);
  for (let index = 0; index < fields.count; index++) {
    hset.bytes(fields.bytes, fields.starts[index]!, fields.ends[index]!);
    hset.bytes(bytes, starts[4 + index]!, ends[4 + index]!);
  }
}

/**
 *     > HIMPORT PREPARE user name age
 *     OK
 *     > HIMPORT SET user:1 user ann 30
 *     OK
 *     > HGETALL user:1
 *     1) "name"
 *     2) "ann"
 *     3) "age"
 *     4) "30"
 */
export const himport = container(
  'HIMPORT',
  {
    group: 'hash',
    summary: 'Makes many hashes of the same fields.',
    since: '8.10.0',
  },
  [
    control(
      'PREPARE',
      {
        group: 'hash',
        summary: 'Names a list of fields, for this connection.',
        since: '8.10.0',
        complexity: 'O(N), N being the fields.',
        args: [text('fieldset-name'), multiple(text('field'))],
        replies: [reply.ok()],
      },
      prepare,
    ),
    write(
      'SET',
      {
        group: 'hash',
        summary: 'Makes a hash of the fields of a fieldset and the values given, in place of what it was.',
        since: '8.10.0',
        complexity: 'O(N), N being the fields.',
        args: [key('key', 'OW', 'update'), text('fieldset-name'), multiple(text('value'))],
        replies: [reply.ok()],
        flags: ['denyoom'],
      },
      importHash,
    ),
    control(
      'DISCARD',
      {
        group: 'hash',
        summary: 'Forgets a fieldset.',
        since: '8.10.0',
        complexity: 'O(1)',
        args: [text('fieldset-name')],
        replies: [reply.integer('1 when there was one, else 0')],
      },
      function discard(call) {
        call.reply.integer(call.session.fieldsets?.delete(call.text(2)) === true ? 1 : 0);
      },
    ),
    control(
      'DISCARDALL',
      {
        group: 'hash',
        summary: 'Forgets all fieldsets of this connection.',
        since: '8.10.0',
        complexity: 'O(N), N being the fieldsets.',
        args: [],
        replies: [reply.integer('how many there were')],
      },
      function discardAll(call) {
        call.reply.integer(call.session.fieldsets?.size ?? 0);
        call.session.fieldsets = null;
      },
    ),
  ],
);
