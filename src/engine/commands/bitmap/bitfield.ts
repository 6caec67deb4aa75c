// Integers of any width in a string: BITFIELD, BITFIELD_RO.

import { STRING } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { type Call, MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { block, integer, key, multiple, oneOf, optional, read, reply, text, token, write } from '../../command.ts';
import { SETBIT_EVENT } from '../../events.ts';
import { parseBitOffset, stringOfBytes } from './bits.ts';

const GET = word('GET');
const SET = word('SET');
const INCRBY = word('INCRBY');
const OVERFLOW = word('OVERFLOW');
const WRAP = word('WRAP');
const SAT = word('SAT');
const FAIL = word('FAIL');

const BAD_TYPE = error(
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
);
const BAD_OVERFLOW = error('ERR Invalid OVERFLOW type specified');
const ONLY_GET = error('ERR BITFIELD_RO only supports the GET subcommand');

type Overflow = 'wrap' | 'sat' | 'fail';

interface Operation {
  readonly kind: 'get' | 'set' | 'incrby';
  readonly signed: boolean;
  readonly width: number;
  readonly offset: number;
  readonly overflow: Overflow;
  readonly value: bigint;
}

const SIGNED = 105;
const UNSIGNED = 117;

/** The width of a type such as i16 or u8, NaN after replying that it is none. */
function parseWidth(call: ReadCall, index: number): number {
  const first = call.length(index) > 1 ? call.bytes[call.starts[index]!]! : 0;
  const width = call.integerFrom(index, 1);
  const max = first === SIGNED ? 64 : first === UNSIGNED ? 63 : 0;
  if (width >= 1 && width <= max) return width;
  call.reply.error(BAD_TYPE);
  return Number.NaN;
}

/** All operations, null after replying what is wrong with one. */
function parseOperations(call: ReadCall, readOnly: boolean): Operation[] | null {
  const operations: Operation[] = [];
  let overflow: Overflow = 'wrap';
  for (let index = 2; index < call.count; ) {
    const left = call.count - index;
    if (call.is(index, OVERFLOW) && left >= 2) {
      const chosen = parseOverflow(call, index + 1);
      if (chosen === null) return null;
      overflow = chosen;
      index += 2;
      continue;
    }
    const kind = call.is(index, GET) && left >= 3 ? 'get' : left < 4 ? null : kindOf(call, index);
    if (kind === null) {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
    const width = parseWidth(call, index + 1);
    if (Number.isNaN(width)) return null;
    const offset = parseBitOffset(call, index + 2, width);
    if (Number.isNaN(offset)) return null;
    if (kind !== 'get' && readOnly) {
      call.reply.error(ONLY_GET);
      return null;
    }
    const value = kind === 'get' ? 0n : call.int64(index + 3);
    if (value === null) return null;
    const signed = call.bytes[call.starts[index + 1]!] === SIGNED;
    operations.push({ kind, signed, width, offset, overflow, value });
    index += kind === 'get' ? 3 : 4;
  }
  return operations;
}

function parseOverflow(call: ReadCall, index: number): Overflow | null {
  if (call.is(index, WRAP)) return 'wrap';
  if (call.is(index, SAT)) return 'sat';
  if (call.is(index, FAIL)) return 'fail';
  call.reply.error(BAD_OVERFLOW);
  return null;
}

function kindOf(call: ReadCall, index: number): 'set' | 'incrby' | null {
  if (call.is(index, SET)) return 'set';
  return call.is(index, INCRBY) ? 'incrby' : null;
}

/** The integer at an operation's place in bytes[start..end); bits beyond the end are zeros. */
function readInteger(bytes: Uint8Array, start: number, end: number, { offset, width, signed }: Operation): bigint {
  let value = 0n;
  for (let at = offset; at < offset + width; ) {
    const place = start + Math.floor(at / 8);
    const shift = at % 8;
    const taken = Math.min(8 - shift, offset + width - at);
    const byte = place < end ? bytes[place]! : 0;
    value = (value << BigInt(taken)) | BigInt((byte >>> (8 - shift - taken)) & ((1 << taken) - 1));
    at += taken;
  }
  return signed ? BigInt.asIntN(width, value) : value;
}

function writeInteger(bytes: Uint8Array, start: number, { offset, width }: Operation, value: bigint): void {
  let rest = BigInt.asUintN(width, value);
  for (let at = offset + width; at > offset; ) {
    const place = start + Math.floor((at - 1) / 8);
    const inByte = ((at - 1) % 8) + 1;
    const taken = Math.min(inByte, at - offset);
    const mask = ((1 << taken) - 1) << (8 - inByte);
    const bits = Number(rest & BigInt((1 << taken) - 1)) << (8 - inByte);
    bytes[place] = (bytes[place]! & ~mask) | bits;
    rest >>= BigInt(taken);
    at -= taken;
  }
}

/** A value as the type holds it; null when it does not and overflow is to fail. */
function fit({ signed, width, overflow }: Operation, value: bigint): bigint | null {
  const bits = BigInt(width);
  const max = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  const min = signed ? -max - 1n : 0n;
  if (value >= min && value <= max) return value;
  if (overflow === 'fail') return null;
  if (overflow === 'sat') return value > max ? max : min;
  return signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
}

function replyReads(call: ReadCall, handle: number, operations: readonly Operation[]): void {
  const { strings } = call;
  call.reply.array(operations.length);
  for (const operation of operations) {
    if (handle === NONE) call.reply.integer(0);
    else {
      strings.read(handle);
      call.reply.bigint(readInteger(strings.bytes, strings.start, strings.end, operation));
    }
  }
}

const GET_BLOCK = block('get-block', text('encoding'), integer('offset'));

/**
 *     > BITFIELD counters SET u8 0 200 INCRBY u8 0 100 GET u4 0
 *     1) (integer) 0
 *     2) (integer) 44
 *     3) (integer) 2
 *     > BITFIELD counters OVERFLOW SAT INCRBY u8 0 500
 *     1) (integer) 255
 */
export const bitfield = write(
  'BITFIELD',
  {
    group: 'bitmap',
    summary: 'Reads and writes integers of any width in a string.',
    since: '3.2.0',
    complexity: 'O(1) for each operation.',
    args: [
      {
        ...key('key', 'RW', 'update', 'access', 'variable_flags'),
        keyNotes: 'Written only where an operation writes.',
      },
      optional(
        multiple(
          oneOf(
            'operation',
            { ...GET_BLOCK, token: 'GET' },
            block(
              'write',
              optional({
                ...oneOf('overflow-block', token('WRAP'), token('SAT'), token('FAIL')),
                token: 'OVERFLOW',
              }),
              oneOf(
                'write-operation',
                { ...block('set-block', text('encoding'), integer('offset'), integer('value')), token: 'SET' },
                {
                  ...block('incrby-block', text('encoding'), integer('offset'), integer('increment')),
                  token: 'INCRBY',
                },
              ),
            ),
          ),
        ),
      ),
    ],
    replies: [reply.array('a number for each operation; nil where overflow made it fail')],
    flags: ['denyoom'],
    keyFlagsOf: (call) => (isReadOnly(call) ? ['RO', 'access'] : ['RW', 'access', 'update']),
  },
  function bitfield(call) {
    const operations = parseOperations(call, false);
    if (operations === null) return;
    const writes = operations.filter(({ kind }) => kind !== 'get');
    if (writes.length === 0) {
      const handle = call.findOf(1, STRING);
      if (handle !== MISTYPED) replyReads(call, handle, operations);
      return;
    }
    const existing = call.forWriteOf(1, STRING);
    if (existing === MISTYPED) return;
    const before = existing === NONE ? 0 : call.strings.length(existing);
    const last = writes.reduce((most, { offset, width }) => Math.max(most, offset + width - 1), 0);
    const bytes = Math.floor(last / 8) + 1;
    if (!call.admit(call.length(1) + Math.max(before, bytes) * 2)) return;
    stringOfBytes(call, existing, bytes);
    const changes = runAll(call, operations, bytes > before);
    if (changes > 0) call.changed(1, SETBIT_EVENT, changes);
  },
);

/** Runs operations on the string that `call.strings` shows, and that may have grown; returns how many count as changes. */
function runAll(call: WriteCall, operations: readonly Operation[], grew: boolean): number {
  const { strings } = call;
  let changes = 0;
  call.reply.array(operations.length);
  for (const operation of operations) {
    const before = readInteger(strings.bytes, strings.start, strings.end, operation);
    if (operation.kind === 'get') {
      call.reply.bigint(before);
      continue;
    }
    const after = fit(operation, operation.kind === 'set' ? operation.value : before + operation.value);
    if (after === null) {
      call.reply.nil();
      continue;
    }
    writeInteger(strings.bytes, strings.start, operation, after);
    call.reply.bigint(operation.kind === 'set' ? before : after);
    if (grew || operation.kind === 'incrby' || after !== before) changes++;
  }
  return changes;
}

/** Whether a call has no operation that writes, as far as its words tell. */
function isReadOnly(call: Call): boolean {
  for (let index = 2; index < call.count; index++) if (call.is(index, SET) || call.is(index, INCRBY)) return false;
  return true;
}

export const bitfieldRo = read(
  'BITFIELD_RO',
  {
    group: 'bitmap',
    summary: 'Reads integers of any width in a string.',
    since: '6.0.0',
    complexity: 'O(1) for each operation.',
    args: [key('key', 'RO', 'access'), optional(multiple({ ...GET_BLOCK, token: 'GET', multipleToken: true }))],
    replies: [reply.array('a number for each operation')],
    flags: ['fast'],
  },
  function bitfieldRo(call) {
    const operations = parseOperations(call, true);
    if (operations === null) return;
    const handle = call.findOf(1, STRING);
    if (handle !== MISTYPED) replyReads(call, handle, operations);
  },
);
