// The string commands: GET, SET and what belongs to them.

import { STRING } from '../../datatypes/key-record.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { MISTYPED } from '../call.ts';
import { key, multiple, read, reply, text, write } from '../command.ts';
import { SET_EVENT } from '../events.ts';

/**
 *     > SET greeting hello
 *     OK
 *     > GET greeting
 *     "hello"
 */
export const get = read(
  'GET',
  {
    group: 'string',
    summary: 'Tells the value of a string key.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access')],
    replies: [reply.bulk('the value'), reply.nil('no such key')],
    flags: ['fast'],
  },
  function get(call) {
    const handle = call.findOf(1, STRING);
    if (handle === NONE) call.reply.nil();
    else if (handle !== MISTYPED) {
      const { strings } = call;
      strings.read(handle);
      call.reply.bulk(strings.bytes, strings.start, strings.end);
    }
  },
);

export const set = write(
  'SET',
  {
    group: 'string',
    summary: 'Sets a key to a string.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'OW', 'update'), text('value')],
    replies: [reply.ok()],
    flags: ['denyoom'],
  },
  function set(call) {
    const { bytes, starts, ends } = call;
    const existing = call.forWrite(1);
    if (!call.admit(ends[2]! - starts[2]! + ends[1]! - starts[1]!)) return;
    call.keyspace.setString(call.database, existing, bytes, starts[1]!, ends[1]!, bytes, starts[2]!, ends[2]!, false);
    call.changed(1, SET_EVENT);
    call.reply.ok();
  },
);

export const mget = read(
  'MGET',
  {
    group: 'string',
    summary: 'Tells the values of several string keys.',
    since: '1.0.0',
    complexity: 'O(N)',
    args: [multiple(key('key', 'RO', 'access'))],
    replies: [reply.array('values')],
    flags: ['fast'],
  },
  function mget(call) {
    call.reply.array(call.count - 1);
    for (let index = 1; index < call.count; index++) {
      const handle = call.find(index);
      if (handle === NONE) call.reply.nil();
      else {
        call.strings.read(handle);
        call.reply.bulk(call.strings.bytes, call.strings.start, call.strings.end);
      }
    }
  },
);
