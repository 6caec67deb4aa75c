// XADD: entries are added behind all others, under ids that ascend.

import { STREAM } from '../../../datatypes/key-record.ts';
import { xxh3 } from '../../../lib/xxh3.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR, wrongArity } from '../../../protocol/errors.ts';
import { ID_INVALID, ID_MS_STAR, StreamId } from '../../../structures/stream-id.ts';
import { LAST_ID } from '../../../structures/stream-log.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { block, key, multiple, oneOf, optional, reply, text, token, write } from '../../command.ts';
import { XADD_EVENT, XTRIM_EVENT } from '../../events.ts';
import { INVALID_ID, isCharacter, replyId } from './ids.ts';
import { propagateArgument, REFERENCE_ARGUMENTS, TRIM_ARGUMENTS, trimOptions } from './trimming.ts';

const NOMKSTREAM = word('NOMKSTREAM');
const IDMP = word('IDMP');
const IDMPAUTO = word('IDMPAUTO');

const ID_ZERO = error('ERR The ID specified in XADD must be greater than 0-0');
const ID_TOO_SMALL = error('ERR The ID specified in XADD is equal or smaller than the target stream top item');
const IDS_EXHAUSTED = error('ERR The stream has exhausted the last possible ID, unable to add more items');
const TOO_LARGE = error('ERR Elements are too large to be stored');
const TWO_PRODUCERS = error('ERR IDMP/IDMPAUTO specified multiple times');
const NO_PRODUCER = error('ERR IDMP/IDMPAUTO requires a non-empty producer ID');
const NO_MESSAGE = error('ERR IDMP requires a non-empty idempotent ID');
const GIVEN_ID = error('ERR IDMP/IDMPAUTO can be used only with auto-generated IDs');

const STAR = 42;
const SIXTY_FOUR = 64;
/** Bytes of the message id that IDMPAUTO makes of fields and values. */
const DIGEST_BYTES = 16;
/** What a producer's message may take beside its names. */
const MESSAGE_BYTES = 512;

/** The id was given whole, its milliseconds alone ("ms-*"), or not at all. */
const GIVEN = 0;
const GIVEN_TIME = 1;
const AUTOMATIC = 2;

/** The arguments of one call. One for the module: a command is done with them before the next one runs. */
class Request {
  readonly id = new StreamId();
  readonly last = new StreamId();
  kind = AUTOMATIC;
  /** Argument number of the id; fields follow it. */
  idAt = 0;
  noStream = false;
  /** Argument numbers of the producer and of the message (0: made of the fields); 0 without. */
  producerAt = 0;
  messageAt = 0;
  private readonly digest = new Uint8Array(DIGEST_BYTES);
  message: Uint8Array = this.digest;
  messageStart = 0;
  messageEnd = 0;

  /** Reads all arguments; false after replying what is wrong. */
  parse(call: WriteCall): boolean {
    const { trimming } = call.streams;
    this.noStream = false;
    this.producerAt = 0;
    this.messageAt = 0;
    this.idAt = 0;
    trimOptions.begin(trimming);
    for (let index = 2; index < call.count && this.idAt === 0; ) {
      if (isCharacter(call, index, STAR)) {
        this.kind = AUTOMATIC;
        this.idAt = index;
        break;
      }
      const taken = trimOptions.take(call, trimming, index);
      if (taken < 0) return false;
      if (taken > 0) index = trimOptions.next;
      else if (call.is(index, NOMKSTREAM)) {
        this.noStream = true;
        index++;
      } else if (index + 1 < call.count && (call.is(index, IDMP) || call.is(index, IDMPAUTO))) {
        index = this.takeProducer(call, index);
        if (index === 0) return false;
      } else {
        const kind = this.id.parse(call.bytes, call.starts[index]!, call.ends[index]!);
        if (kind === ID_INVALID) {
          call.reply.error(INVALID_ID);
          return false;
        }
        this.kind = kind === ID_MS_STAR ? GIVEN_TIME : GIVEN;
        this.idAt = index;
      }
    }
    return trimOptions.finish(call, trimming, false) && this.check(call);
  }

  private takeProducer(call: WriteCall, index: number): number {
    const automatic = call.is(index, IDMPAUTO);
    const end = index + (automatic ? 2 : 3);
    if (this.producerAt !== 0) call.reply.error(TWO_PRODUCERS);
    else if (end > call.count) call.reply.error(SYNTAX_ERROR);
    else if (call.length(index + 1) === 0) call.reply.error(NO_PRODUCER);
    else if (!automatic && call.length(index + 2) === 0) call.reply.error(NO_MESSAGE);
    else {
      this.producerAt = index + 1;
      this.messageAt = automatic ? 0 : index + 2;
      return end;
    }
    return 0;
  }

  private check(call: WriteCall): boolean {
    const texts = call.count - this.idAt - 1;
    if (this.idAt === 0 || texts < 2 || (texts & 1) === 1) call.reply.errorText(wrongArity('xadd'));
    else if (this.kind === GIVEN && this.id.isZero()) call.reply.error(ID_ZERO);
    else if (this.producerAt !== 0 && this.kind !== AUTOMATIC && !call.session.mustObey) call.reply.error(GIVEN_ID);
    else return true;
    return false;
  }

  /** Makes the id that follows `last`; false after replying why there is none. */
  makeId(call: WriteCall): boolean {
    const { id, last } = this;
    if (last.isMax()) {
      call.reply.error(IDS_EXHAUSTED);
      return false;
    }
    if (this.kind === AUTOMATIC) {
      id.setTime(call.now());
      if (id.compare(last) <= 0) {
        id.set(last);
        id.increment();
      }
      return true;
    }
    const sameTime = id.msHigh === last.msHigh && id.msLow === last.msLow;
    if (this.kind === GIVEN_TIME && sameTime && !last.isSequenceMax()) {
      id.set(last);
      id.increment();
    }
    if (id.compare(last) > 0) return true;
    call.reply.error(ID_TOO_SMALL);
    return false;
  }

  /** Sets the producer's message id: its argument, or what the fields and values come to, in whatever order. */
  readMessage(call: WriteCall): void {
    const { bytes, starts, ends } = call;
    if (this.messageAt !== 0) {
      this.message = bytes;
      this.messageStart = starts[this.messageAt]!;
      this.messageEnd = ends[this.messageAt]!;
      return;
    }
    let sum = 0n;
    let mixed = 0n;
    for (let index = this.idAt + 1; index < call.count; index += 2) {
      const field = xxh3(bytes, starts[index]!, ends[index]!);
      const value = xxh3(bytes, starts[index + 1]!, ends[index + 1]!);
      const pair = BigInt.asUintN(SIXTY_FOUR, field * 0x9e3779b97f4a7c15n + (value ^ (field >> 7n)));
      sum = BigInt.asUintN(SIXTY_FOUR, sum + pair);
      mixed = BigInt.asUintN(SIXTY_FOUR, mixed + pair * (value | 1n));
    }
    for (let at = 0; at < DIGEST_BYTES / 2; at++) {
      this.digest[at] = Number((sum >> BigInt(at * 8)) & 255n);
      this.digest[at + DIGEST_BYTES / 2] = Number((mixed >> BigInt(at * 8)) & 255n);
    }
    this.message = this.digest;
    this.messageStart = 0;
    this.messageEnd = DIGEST_BYTES;
  }
}

const request = new Request();

/** Whether the producer's message was added before: then its entry is replied. */
function isDuplicate(call: WriteCall, root: number): boolean {
  const { producers } = call.streams;
  const { bytes, starts, ends } = call;
  const { producerAt, message, messageStart, messageEnd } = request;
  const kept = producers.of(root);
  if (kept === NONE) return false;
  const producerStart = starts[producerAt]!;
  const producerEnd = ends[producerAt]!;
  const now = call.now();
  if (!producers.find(kept, bytes, producerStart, producerEnd, message, messageStart, messageEnd, now)) return false;
  producers.countDuplicate(kept);
  replyId(call.reply, call.streams, producers.id);
  return true;
}

function rememberMessage(call: WriteCall, root: number): void {
  const { producers } = call.streams;
  const { producerAt, message, messageStart, messageEnd, id } = request;
  const start = call.starts[producerAt]!;
  const end = call.ends[producerAt]!;
  producers.add(producers.ofOrNew(root), call.bytes, start, end, message, messageStart, messageEnd, id, call.now());
}

/** The command with its real id, and with an exact threshold. */
function propagate(call: WriteCall, root: number): void {
  const { text: scratch, trimming } = call.streams;
  const approximate = trimOptions.thresholdAt !== 0 && trimming.approximate;
  if (request.kind === GIVEN && !approximate) return;
  const propagation = call.propagateAs(call.count);
  for (let index = 0; index < call.count; index++) {
    if (index === request.idAt) propagation.bytes(scratch, 0, request.id.write(scratch, 0));
    else propagateArgument(call, root, index, propagation);
  }
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XADD log 1-* level warning
 *     "1-2"
 */
export const xadd = write(
  'XADD',
  {
    group: 'stream',
    summary: 'Adds an entry to a stream; creates the stream when there is none.',
    since: '5.0.0',
    complexity: 'O(1); with trimming O(N), N being the entries removed.',
    args: [
      key('key', 'RW', 'update'),
      optional(token('NOMKSTREAM'), { since: '6.2.0' }),
      REFERENCE_ARGUMENTS,
      {
        ...optional(
          oneOf('idempotency', text('producer-id', { token: 'IDMPAUTO' }), {
            ...block('idmp', text('producer-id'), text('idempotent-id')),
            token: 'IDMP',
          }),
        ),
        since: '8.6.0',
      },
      optional(TRIM_ARGUMENTS),
      oneOf('id-selector', { ...token('*'), name: 'auto-id' }, text('id')),
      multiple(block('data', text('field'), text('value'))),
    ],
    replies: [reply.bulk('the id of the entry'), reply.nil('there is no stream, and NOMKSTREAM was given')],
    flags: ['denyoom', 'fast'],
    tips: ['nondeterministic_output'],
    history: [
      ['6.2.0', 'NOMKSTREAM, MINID and LIMIT.'],
      ['7.0.0', 'Ids as <ms>-*.'],
      ['8.2.0', 'KEEPREF, DELREF and ACKED.'],
      ['8.6.0', 'IDMP and IDMPAUTO.'],
    ],
  },
  function xadd(call) {
    if (!request.parse(call)) return;
    const { streams, bytes, starts, ends, count, keyspace } = call;
    const { idAt, id, last } = request;
    const existing = call.forWriteCounted(1, STREAM);
    if (existing === MISTYPED) return;
    if (existing === NONE && request.noStream) {
      call.reply.nil();
      return;
    }
    if (request.producerAt !== 0) {
      request.readMessage(call);
      if (existing !== NONE && isDuplicate(call, streams.root(existing))) return;
    }
    last.setMin();
    if (existing !== NONE) streams.log.readId(streams.root(existing), LAST_ID, last);
    if (!request.makeId(call)) return;
    let length = 0;
    for (let index = idAt + 1; index < count; index++) length += ends[index]! - starts[index]!;
    if (!streams.fits(length)) {
      call.reply.error(TOO_LARGE);
      return;
    }
    const beside = request.producerAt === 0 ? 0 : (ends[idAt]! - starts[0]!) * 2 + MESSAGE_BYTES;
    if (!call.admit(streams.appendBytes(existing, count - idAt, length) + call.length(1) + beside)) return;
    let handle = existing;
    if (existing === NONE) {
      handle = streams.create(bytes, starts[1]!, ends[1]!, keyspace.accessClock);
      keyspace.insert(call.database, handle);
    }
    const root = streams.root(handle);
    streams.log.append(root, id, bytes, starts, ends, idAt + 1, count, length);
    call.grew(STREAM, streams.log.length(root), 1);
    if (request.producerAt !== 0) rememberMessage(call, root);
    replyId(call.reply, streams, id);
    call.changed(1, XADD_EVENT);
    const trimmed = trimOptions.thresholdAt === 0 ? 0 : streams.trim(root);
    if (trimmed > 0) {
      call.grew(STREAM, streams.log.length(root), -trimmed);
      call.notify(1, XTRIM_EVENT);
    }
    if (call.propagates()) propagate(call, root);
  },
);
