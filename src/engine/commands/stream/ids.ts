// Ids of stream entries as arguments, and what all commands over streams reply with: ids, entries, numbers of 64 bits.

import { STREAM } from '../../../datatypes/key-record.ts';
import type { ReadStreams } from '../../../datatypes/stream.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, untilNul } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { ID_INVALID, ID_MS_ONLY, ID_MS_STAR, ID_WHOLE, type StreamId } from '../../../structures/stream-id.ts';
import type { StreamWalk } from '../../../structures/stream-walk.ts';
import { MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';

export const INVALID_ID = error('ERR Invalid stream ID specified as stream command argument');
const INVALID_START = error('ERR invalid start ID for the interval');
const INVALID_END = error('ERR invalid end ID for the interval');

const MINUS = 45;
const PLUS = 43;
const PARENTHESIS = 40;
const TWO_32 = 0x1_0000_0000;

/** Whether an argument is this one character. */
export function isCharacter(call: ReadCall, index: number, code: number): boolean {
  return call.length(index) === 1 && call.bytes[call.starts[index]!] === code;
}

/** Reads an id, without a sequence as that of sequence 0; false, and nothing replied, when it is none. */
export function readId(call: ReadCall, index: number, id: StreamId): boolean {
  const kind = id.parse(call.bytes, call.starts[index]!, call.ends[index]!);
  return kind === ID_WHOLE || kind === ID_MS_ONLY;
}

/** The same, false after replying that it is no id. */
export function parseId(call: ReadCall, index: number, id: StreamId): boolean {
  if (readId(call, index, id)) return true;
  call.reply.error(INVALID_ID);
  return false;
}

/** The same, where - and + stand for the least and the greatest id. */
export function parseAnyId(call: ReadCall, index: number, id: StreamId): boolean {
  if (isCharacter(call, index, MINUS)) {
    id.setMin();
    return true;
  }
  if (!isCharacter(call, index, PLUS)) return parseId(call, index, id);
  id.setMax();
  return true;
}

/** Whether arguments [from, to) are ids; false after replying that one is none. */
export function checkIds(call: ReadCall, from: number, to: number, id: StreamId): boolean {
  for (let index = from; index < to; index++) if (!parseId(call, index, id)) return false;
  return true;
}

/**
 * Reads an end of a range, made inclusive: - and +, "(" before an id that is not part of it, and ids without a sequence,
 * which stand for all of that millisecond. False after replying what is wrong.
 */
export function parseBound(call: ReadCall, index: number, id: StreamId, isEnd: boolean): boolean {
  const { bytes, starts, ends } = call;
  const start = starts[index]!;
  const end = ends[index]!;
  if (end - start === 1 && bytes[start] === MINUS) id.setMin();
  else if (end - start === 1 && bytes[start] === PLUS) id.setMax();
  else {
    const exclusive = end - start > 1 && bytes[start] === PARENTHESIS;
    const kind = id.parse(bytes, exclusive ? start + 1 : start, end);
    if (kind === ID_INVALID || kind === ID_MS_STAR) {
      call.reply.error(INVALID_ID);
      return false;
    }
    if (kind === ID_MS_ONLY && isEnd) id.setSequenceMax();
    if (exclusive && !(isEnd ? id.decrement() : id.increment())) {
      call.reply.error(isEnd ? INVALID_END : INVALID_START);
      return false;
    }
  }
  return true;
}

/** The root of the stream of a key, NONE when there is none: MISTYPED after replying WRONGTYPE. */
export function findStream(call: ReadCall, index: number): number {
  const handle = call.findOf(index, STREAM);
  return handle === NONE || handle === MISTYPED ? handle : call.streams.root(handle);
}

/** The same where the stream is to be changed. */
export function findStreamToChange(call: WriteCall, index: number): number {
  const root = findStream(call, index);
  if (root !== NONE && root !== MISTYPED) call.willChangeFound();
  return root;
}

/** The group in an argument of a stream, NONE without either. */
export function findGroup(call: ReadCall, root: number, index: number): number {
  if (root === NONE) return NONE;
  return call.streams.groups.find(root, call.bytes, call.starts[index]!, call.ends[index]!);
}

/** The error for a key or a group that is not there. */
export function noGroup(call: ReadCall, key: number, group: number): void {
  const names = `key '${untilNul(call.text(key))}' or consumer group '${untilNul(call.text(group))}'`;
  call.reply.errorText(`NOGROUP No such ${names}`);
}

/** The error of subcommands for a group that is not there. */
export function noSuchGroup(call: ReadCall, key: number, group: number): void {
  const shown = untilNul(call.text(group));
  call.reply.errorText(`NOGROUP No such consumer group '${shown}' for key name '${untilNul(call.text(key))}'`);
}

/** An id as a string. */
export function replyId(out: Reply, streams: Pick<ReadStreams, 'text'>, id: StreamId): void {
  out.bulk(streams.text, 0, id.write(streams.text, 0));
}

/** The texts of the entry that a walk has come upon. */
export function replyTexts(out: Reply, walk: StreamWalk): void {
  const texts = walk.pairs * 2;
  out.array(texts);
  for (let left = texts; left > 0; left--) {
    walk.nextText();
    out.bulk(walk.bytes, walk.start, walk.end);
  }
}

/** The entry that a walk has come upon. */
export function replyEntry(out: Reply, streams: Pick<ReadStreams, 'text'>, walk: StreamWalk): void {
  out.array(2);
  replyId(out, streams, walk.id);
  replyTexts(out, walk);
}

/** All entries of a walk that has begun, `count` at most (0: any number). */
export function replyEntries(out: Reply, streams: Pick<ReadStreams, 'text'>, walk: StreamWalk, count: number): void {
  const mark = out.later();
  let shown = 0;
  while ((count === 0 || shown < count) && walk.next()) {
    replyEntry(out, streams, walk);
    shown++;
  }
  out.arrayAt(mark, shown);
}

/** A signed number of 64 bits. */
export function replyHalves(out: Reply, high: number, low: number): void {
  const value = high * TWO_32 + (low >>> 0);
  if (Number.isSafeInteger(value)) out.integer(value);
  else out.bigint((BigInt(high) << 32n) | BigInt(low >>> 0));
}

/** Its decimal text, for propagation. */
export function textOfHalves(high: number, low: number): string {
  return String((BigInt(high) << 32n) | BigInt(low >>> 0));
}

/** A name read from flat memory. */
export function replyName(
  out: Reply,
  names: { readName(record: number): void; bytes: Uint8Array; start: number; end: number },
  record: number,
): void {
  names.readName(record);
  out.bulk(names.bytes, names.start, names.end);
}
