// LCS: the longest common subsequence of two strings, by the textbook table of all pairs of prefixes.

import { STRING } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { type ReadCall, word } from '../../call.ts';
import { integer, key, optional, read, reply, token } from '../../command.ts';

const LEN = word('LEN');
const IDX = word('IDX');
const MINMATCHLEN = word('MINMATCHLEN');
const WITHMATCHLEN = word('WITHMATCHLEN');

const NOT_STRINGS = error('ERR The specified keys must contain string values');
const BOTH = error('ERR If you want both the length and indexes, please just use IDX.');
const TOO_LARGE = error('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len');
const NO_MEMORY = error('ERR Insufficient memory, failed allocating transient memory for LCS');

/** What C Redis reckons for a cell of the table; proto-max-bulk-len bounds them all together. */
const CELL_BYTES = 4;
const SHORT_MAX = 0xffff;
const NO_BYTES = new Uint8Array(0);

interface Options {
  length: boolean;
  indexes: boolean;
  matchBytesMin: number;
  withMatchLength: boolean;
}

function parseOptions(call: ReadCall): Options | null {
  const options: Options = { length: false, indexes: false, matchBytesMin: 0, withMatchLength: false };
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, IDX)) options.indexes = true;
    else if (call.is(index, LEN)) options.length = true;
    else if (call.is(index, WITHMATCHLEN)) options.withMatchLength = true;
    else if (call.is(index, MINMATCHLEN) && index + 1 < call.count) {
      const least = call.clampedInteger(++index);
      if (Number.isNaN(least)) return null;
      options.matchBytesMin = Math.max(0, least);
    } else {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
  }
  if (!options.length || !options.indexes) return options;
  call.reply.error(BOTH);
  return null;
}

/** A copy of the value at a key, empty when there is none: two integers would share the digits that `read` writes. */
function copyOfValue(call: ReadCall, handle: number): Uint8Array {
  if (handle === NONE) return NO_BYTES;
  const { strings } = call;
  strings.read(handle);
  return strings.bytes.slice(strings.start, strings.end);
}

/** The table: cell (i, j) at i * (columns + 1) + j is the length for the first i bytes of `a` and the first j of `b`. */
function tableOf(a: Uint8Array, b: Uint8Array): Uint16Array | Uint32Array | null {
  const columns = b.length + 1;
  const count = (a.length + 1) * columns;
  let cells: Uint16Array | Uint32Array;
  try {
    cells = Math.min(a.length, b.length) <= SHORT_MAX ? new Uint16Array(count) : new Uint32Array(count);
  } catch {
    return null;
  }
  for (let i = 1; i <= a.length; i++) {
    const byte = a[i - 1]!;
    const row = i * columns;
    const above = row - columns;
    let left = 0;
    for (let j = 1; j < columns; j++) {
      const up = cells[above + j]!;
      if (b[j - 1] === byte) left = cells[above + j - 1]! + 1;
      else if (up > left) left = up;
      cells[row + j] = left;
    }
  }
  return cells;
}

/** The length alone needs one row. */
function lengthOf(a: Uint8Array, b: Uint8Array): number {
  const row = new Uint32Array(b.length + 1);
  for (const byte of a) {
    let diagonal = 0;
    let left = 0;
    for (let j = 1; j <= b.length; j++) {
      const up = row[j]!;
      if (b[j - 1] === byte) left = diagonal + 1;
      else if (up > left) left = up;
      diagonal = up;
      row[j] = left;
    }
  }
  return row[b.length]!;
}

/**
 * Walks the table from its end and calls `match` for each run of bytes common to both strings, the last run first: where
 * it starts in `a` and in `b`, and its length. Where two ways are as long it leaves a byte of `b` out, as Redis does.
 */
function walk(
  cells: Uint16Array | Uint32Array,
  a: Uint8Array,
  b: Uint8Array,
  match: (aStart: number, bStart: number, length: number) => void,
): void {
  const columns = b.length + 1;
  let i = a.length;
  let j = b.length;
  let run = 0;
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      i--;
      j--;
      run++;
      continue;
    }
    if (run > 0) match(i, j, run);
    run = 0;
    if (cells[(i - 1) * columns + j]! > cells[i * columns + j - 1]!) i--;
    else j--;
  }
  if (run > 0) match(i, j, run);
}

function replyRuns(
  reply: Reply,
  cells: Uint16Array | Uint32Array,
  a: Uint8Array,
  b: Uint8Array,
  options: Options,
): void {
  reply.map(2);
  reply.bulkText('matches');
  const mark = reply.later();
  let count = 0;
  walk(cells, a, b, (aStart, bStart, length) => {
    if (length < options.matchBytesMin) return;
    count++;
    reply.array(options.withMatchLength ? 3 : 2);
    reply.array(2);
    reply.integer(aStart);
    reply.integer(aStart + length - 1);
    reply.array(2);
    reply.integer(bStart);
    reply.integer(bStart + length - 1);
    if (options.withMatchLength) reply.integer(length);
  });
  reply.arrayAt(mark, count);
  reply.bulkText('len');
  reply.integer(cells[cells.length - 1]!);
}

function replyCommon(reply: Reply, cells: Uint16Array | Uint32Array, a: Uint8Array, b: Uint8Array): void {
  const common = new Uint8Array(cells[cells.length - 1]!);
  let at = common.length;
  walk(cells, a, b, (aStart, _, length) => {
    at -= length;
    common.set(a.subarray(aStart, aStart + length), at);
  });
  reply.bulk(common, 0, common.length);
}

/**
 *     > MSET one ohmytext two mynewtext
 *     OK
 *     > LCS one two
 *     "mytext"
 *     > LCS one two LEN
 *     (integer) 6
 *     > LCS one two IDX MINMATCHLEN 4 WITHMATCHLEN
 *     1) "matches"
 *     2) 1) 1) 1) (integer) 4
 *              2) (integer) 7
 *           2) 1) (integer) 5
 *              2) (integer) 8
 *           3) (integer) 4
 *     3) "len"
 *     4) (integer) 6
 */
export const lcs = read(
  'LCS',
  {
    group: 'string',
    summary: 'Finds the longest subsequence that two strings have in common.',
    since: '7.0.0',
    complexity: 'O(N*M), N and M being the lengths of the strings; as much memory, up to proto-max-bulk-len.',
    args: [
      key('key1', 'RO', 'access'),
      key('key2', 'RO', 'access'),
      optional(token('LEN')),
      optional(token('IDX')),
      optional(integer('min-match-len', { token: 'MINMATCHLEN' })),
      optional(token('WITHMATCHLEN')),
    ],
    keySpecs: [{ flags: ['RO', 'access'], begin: { index: 1 }, find: { last: 1, step: 1, limit: 0 } }],
    replies: [
      reply.bulk('the subsequence'),
      reply.integer('with LEN: its length'),
      reply.map('with IDX: the matches, last first, and the length'),
    ],
  },
  function lcs(call) {
    const first = call.find(1);
    const second = call.find(2);
    if ((first !== NONE && call.typeOf(first) !== STRING) || (second !== NONE && call.typeOf(second) !== STRING)) {
      call.reply.error(NOT_STRINGS);
      return;
    }
    const options = parseOptions(call);
    if (options === null) return;
    const a = copyOfValue(call, first);
    const b = copyOfValue(call, second);
    if ((a.length + 1) * (b.length + 1) * CELL_BYTES > call.bulkBytesMax()) {
      call.reply.error(TOO_LARGE);
      return;
    }
    if (options.length) {
      call.reply.integer(lengthOf(a, b));
      return;
    }
    const cells = tableOf(a, b);
    if (cells === null) call.reply.error(NO_MEMORY);
    else if (options.indexes) replyRuns(call.reply, cells, a, b, options);
    else replyCommon(call.reply, cells, a, b);
  },
);
