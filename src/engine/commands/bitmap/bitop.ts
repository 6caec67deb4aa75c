// Strings combined bit by bit: BITOP.

import { INT, STRING } from '../../../datatypes/key-record.ts';
import { AND, AND_NOT, combineBits, NOT, OR, XOR } from '../../../lib/combine-bits.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { key, multiple, oneOf, reply, token, write } from '../../command.ts';
import { SET_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';

const ONE_SOURCE_ONLY = error('ERR BITOP NOT must be called with a single source key.');
const TWO_SOURCES = ['DIFF', 'DIFF1', 'ANDOR'].map((name) => ({
  name: word(name),
  refusal: error(`ERR BITOP ${name} must be called with at least two source keys.`),
}));

const NOT_WORD = word('NOT');
const NO_BYTES = new Uint8Array(0);
/** Bytes combined at a time: they stay in the processor's cache through all the steps of an operation. */
const BLOCK_BYTES = 65_536;

/** Room for `exactlyOne`, made when it is first needed. */
let scratch = NO_BYTES;

/** Works the result, no source being longer, out from all sources. */
type Operation = (result: Uint8Array, sources: readonly Uint8Array[]) => void;

/** Combines the sources from one on, each with what came of those before it. */
function chain(result: Uint8Array, how: number, sources: readonly Uint8Array[], from: number): void {
  let before = sources[from]!;
  if (from + 1 === sources.length) combineBits(OR, before, NO_BYTES, result);
  for (let index = from + 1; index < sources.length; index++) {
    combineBits(how, before, sources[index]!, result);
    before = result;
  }
}

/** Bits that just one source has: those of one and no other. */
function exactlyOne(result: Uint8Array, sources: readonly Uint8Array[]): void {
  if (scratch.length === 0) scratch = new Uint8Array(2 * BLOCK_BYTES);
  const several = scratch.subarray(0, result.length);
  const both = scratch.subarray(BLOCK_BYTES, BLOCK_BYTES + result.length);
  several.fill(0);
  combineBits(OR, sources[0]!, NO_BYTES, result);
  for (let index = 1; index < sources.length; index++) {
    combineBits(AND, result, sources[index]!, both);
    combineBits(OR, several, both, several);
    combineBits(OR, result, sources[index]!, result);
  }
  combineBits(AND_NOT, result, several, result);
}

const OPERATIONS: readonly { readonly name: Uint8Array; readonly run: Operation }[] = [
  { name: word('AND'), run: (result, sources) => chain(result, AND, sources, 0) },
  { name: word('OR'), run: (result, sources) => chain(result, OR, sources, 0) },
  { name: word('XOR'), run: (result, sources) => chain(result, XOR, sources, 0) },
  { name: NOT_WORD, run: (result, sources) => combineBits(NOT, sources[0]!, sources[0]!, result) },
  { name: word('DIFF'), run: (result, sources) => chain(result, AND_NOT, sources, 0) },
  {
    name: word('DIFF1'),
    run: (result, sources) => {
      chain(result, OR, sources, 1);
      combineBits(AND_NOT, result, sources[0]!, result);
    },
  },
  {
    name: word('ANDOR'),
    run: (result, sources) => {
      chain(result, OR, sources, 1);
      combineBits(AND, result, sources[0]!, result);
    },
  },
  { name: word('ONE'), run: exactlyOne },
];

/** The strings of the source keys, as ranges of flat memory; null after replying that one is none. */
function findSources(call: WriteCall): Uint8Array[] | null {
  const sources: Uint8Array[] = [];
  for (let index = 3; index < call.count; index++) {
    const handle = call.findOf(index, STRING);
    if (handle === MISTYPED) return null;
    if (handle === NONE) {
      sources.push(NO_BYTES);
      continue;
    }
    const { strings } = call;
    strings.read(handle);
    // An integer's digits stand where the next one's will.
    const isShared = call.encodingOf(handle) === INT;
    const { bytes, start, end } = strings;
    sources.push(isShared ? bytes.slice(start, end) : bytes.subarray(start, end));
  }
  return sources;
}

/**
 *     > SET a abc
 *     OK
 *     > SET b abd
 *     OK
 *     > BITOP AND both a b
 *     (integer) 3
 *     > GET both
 *     "ab`"
 */
export const bitop = write(
  'BITOP',
  {
    group: 'bitmap',
    summary: 'Combines strings bit by bit, and stores the result.',
    since: '2.6.0',
    complexity: 'O(N)',
    args: [
      oneOf(
        'operation',
        token('AND'),
        token('OR'),
        token('XOR'),
        token('NOT'),
        token('DIFF', { since: '8.2.0' }),
        token('DIFF1', { since: '8.2.0' }),
        token('ANDOR', { since: '8.2.0' }),
        token('ONE', { since: '8.2.0' }),
      ),
      key('destkey', 'OW', 'update'),
      multiple(key('key', 'RO', 'access')),
    ],
    replies: [reply.integer('the length of the result')],
    flags: ['denyoom'],
    history: [['8.2.0', 'Operations DIFF, DIFF1, ANDOR, ONE.']],
  },
  function bitop(call) {
    const operation = OPERATIONS.find(({ name }) => call.is(1, name));
    if (operation === undefined) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    if (operation.name === NOT_WORD && call.count !== 4) {
      call.reply.error(ONE_SOURCE_ONLY);
      return;
    }
    const lonely = call.count === 4 ? TWO_SOURCES.find(({ name }) => call.is(1, name)) : undefined;
    if (lonely !== undefined) {
      call.reply.error(lonely.refusal);
      return;
    }
    const sources = findSources(call);
    if (sources === null) return;
    const length = sources.reduce((most, source) => Math.max(most, source.length), 0);
    if (!call.admit(call.length(2) + length)) return;
    storeResult(call, 2, length === 0 ? NONE : combine(call, operation.run, sources, length), SET_EVENT, 1);
    call.reply.integer(length);
  },
);

/** A record of the destination's key with the result, in no table yet. */
function combine(call: WriteCall, run: Operation, sources: readonly Uint8Array[], length: number): number {
  const { strings, keyspace, bytes, starts, ends } = call;
  const record = strings.createRaw(bytes, starts[2]!, ends[2]!, keyspace.accessClock, length);
  for (let from = 0; from < length; from += BLOCK_BYTES) {
    const to = Math.min(length, from + BLOCK_BYTES);
    const result = strings.bytes.subarray(strings.start + from, strings.start + to);
    run(result, length <= BLOCK_BYTES ? sources : sources.map((source) => source.subarray(from, to)));
  }
  return record;
}
