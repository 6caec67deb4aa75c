// DUMP and RESTORE: values as bytes, with the version of their form and a checksum. What is restored is checked in depth,
// whatever sanitize-dump-payload says.

import type { AccessClock } from '../../engine/access-clock.ts';
import { type WriteCall, word } from '../../engine/call.ts';
import { type CommandDetails, integer, key, optional, read, reply, text, token, write } from '../../engine/command.ts';
import { DEL_EVENT, RESTORE_EVENT } from '../../engine/events.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import { Crc64 } from '../../lib/crc64.ts';
import { STRING_BYTES_MAX } from '../../lib/limits.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { BUSY_KEY, error, OUT_OF_MEMORY, SYNTAX_ERROR } from '../../protocol/errors.ts';
import { OUT_OF_ROOM } from '../rdb/load-target.ts';
import { CHECKSUM_BYTES, FOOTER_BYTES, VERSION_MAX } from '../rdb/rdb-format.ts';
import { RdbWriter } from '../rdb/rdb-writer.ts';
import { PayloadLoader } from '../rdb/value-loader.ts';

const REPLACE = word('REPLACE');
const ABSTTL = word('ABSTTL');
const IDLETIME = word('IDLETIME');
const FREQ = word('FREQ');
const FREQUENCY_MAX = 255;

const BAD_IDLE = error('ERR Invalid IDLETIME value, must be >= 0');
const BAD_FREQUENCY = error('ERR Invalid FREQ value, must be >= 0 and <= 255');
const BAD_TTL = error('ERR Invalid TTL value, must be >= 0');
const BAD_FOOTER = error('ERR DUMP payload version or checksum are wrong');
const BAD_DATA = error('ERR Bad data format');

/** What DUMP and RESTORE work with; one for each keyspace. */
export class Payloads {
  readonly writer: RdbWriter;
  readonly loader: PayloadLoader;
  /** Whether a wrong checksum does not matter: for tests (DEBUG SET-SKIP-CHECKSUM-VALIDATION). */
  skipChecksum = false;
  /** Payloads that were checked in depth so far: dump_payload_sanitizations. */
  checked = 0;
  /** Told why a payload was refused. */
  onDamaged: (reason: string) => void = () => undefined;
  private readonly crc = new Crc64();

  constructor(keyspace: Keyspace, access: Pick<AccessClock, 'idleSeconds' | 'counter'>) {
    this.writer = new RdbWriter(keyspace, access);
    // Every payload has a checksum of its own.
    this.writer.checksum = false;
    this.loader = new PayloadLoader(keyspace);
  }

  /** Whether a payload is of a version that is known here, and whole. */
  isSound(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < FOOTER_BYTES) return false;
    const version = bytes[end - FOOTER_BYTES]! | (bytes[end - FOOTER_BYTES + 1]! << 8);
    if (version > VERSION_MAX) return false;
    if (this.skipChecksum) return true;
    const { crc } = this;
    crc.reset();
    crc.update(bytes, start, end - CHECKSUM_BYTES);
    for (let index = 0; index < 4; index++) {
      if (bytes[end - CHECKSUM_BYTES + index] !== ((crc.low >>> (index * 8)) & 0xff)) return false;
      if (bytes[end - 4 + index] !== ((crc.high >>> (index * 8)) & 0xff)) return false;
    }
    return true;
  }
}

const payloads = new WeakMap<object, Payloads>();

/** Those of a keyspace, made when they are first asked for. */
export function payloadsOf(keyspace: Keyspace, access: Pick<AccessClock, 'idleSeconds' | 'counter'>): Payloads {
  let found = payloads.get(keyspace);
  if (found === undefined) {
    found = new Payloads(keyspace, access);
    payloads.set(keyspace, found);
  }
  return found;
}

/**
 *     > SET greeting hello
 *     OK
 *     > DUMP greeting
 *     "\x00\x05hello\n\x00cr\xdfve4 \n"
 */
export const dump = read(
  'DUMP',
  {
    group: 'generic',
    summary: 'Gives the value of a key as bytes, for RESTORE.',
    since: '2.6.0',
    complexity: 'O(1) to find the key, O(N) to write N elements.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.bulk('the value, its version and a checksum'), reply.nil('no such key')],
    categories: ['keyspace'],
    tips: ['nondeterministic_output'],
  },
  function dump(call) {
    const handle = call.find(1);
    if (handle === NONE) {
      call.reply.nil();
      return;
    }
    // A writer reads with all that a keyspace has, but changes nothing.
    const { writer } = payloadsOf(call.keyspace as Keyspace, call.access);
    writer.dumpPayload(handle);
    if (writer.length > STRING_BYTES_MAX) call.reply.error(OUT_OF_MEMORY);
    else call.reply.bulk(writer.bytes, 0, writer.length);
    writer.clear();
  },
);

/** The options of RESTORE. */
interface Options {
  replace: boolean;
  absolute: boolean;
  idle: number;
  frequency: number;
}

/** Reads the options from argument 4 on; null after replying what is wrong with them. */
function parseOptions(call: WriteCall): Options | null {
  const options: Options = { replace: false, absolute: false, idle: -1, frequency: -1 };
  for (let index = 4; index < call.count; index++) {
    const hasValue = index + 1 < call.count;
    if (call.is(index, REPLACE)) options.replace = true;
    else if (call.is(index, ABSTTL)) options.absolute = true;
    else if (call.is(index, IDLETIME) && hasValue && options.frequency < 0) {
      options.idle = call.clampedInteger(++index);
      if (Number.isNaN(options.idle)) return null;
      if (options.idle < 0) {
        call.reply.error(BAD_IDLE);
        return null;
      }
    } else if (call.is(index, FREQ) && hasValue && options.idle < 0) {
      options.frequency = call.clampedInteger(++index);
      if (Number.isNaN(options.frequency)) return null;
      if (options.frequency < 0 || options.frequency > FREQUENCY_MAX) {
        call.reply.error(BAD_FREQUENCY);
        return null;
      }
    } else {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
  }
  return options;
}

/** Argument 2 as the deadline, 0 for none; null after replying what is wrong with it. */
function parseDeadline(call: WriteCall, isAbsolute: boolean): bigint | null {
  const ttl = call.int64(2);
  if (ttl === null) return null;
  if (ttl < 0n) {
    call.reply.error(BAD_TTL);
    return null;
  }
  return ttl === 0n || isAbsolute ? ttl : BigInt.asIntN(64, ttl + BigInt(Math.floor(call.now())));
}

/** The record of the value in argument 3, in no table yet; NONE after replying what is wrong with it. */
function load(call: WriteCall, options: Options, willExpire: boolean): number {
  const { bytes, starts, ends } = call;
  const { access } = call.engine;
  const payload = payloadsOf(call.keyspace, access);
  if (!payload.isSound(bytes, starts[3]!, ends[3]!)) {
    call.reply.error(BAD_FOOTER);
    return NONE;
  }
  payload.checked++;
  const { loader } = payload;
  const clock = access.accessOf(options.idle, options.frequency);
  const record = loader.load(bytes, starts[3]!, ends[3]!, bytes, starts[1]!, ends[1]!, clock, willExpire);
  if (record !== NONE) return record;
  if (loader.error === OUT_OF_ROOM) call.reply.error(OUT_OF_MEMORY);
  else {
    payload.onDamaged(loader.error);
    call.reply.error(BAD_DATA);
  }
  return NONE;
}

/** Where a value has expired before it came: it takes what was there away. */
function restoreExpired(call: WriteCall, record: number, existing: number): void {
  const { keyspace, database } = call;
  keyspace.release(record, false);
  if (existing !== NONE) {
    const { lazyServerDel } = keyspace;
    call.peek(1);
    keyspace.removeFound(database, existing, lazyServerDel);
    if (call.propagates()) {
      const name = lazyServerDel ? 'UNLINK' : 'DEL';
      call.propagateAs(2).text(name).bytes(call.bytes, call.starts[1]!, call.ends[1]!);
    }
    call.changed(1, DEL_EVENT);
  }
  call.reply.ok();
}

/** The same command with the deadline instead of the time to live. */
function propagate(call: WriteCall, deadline: bigint): void {
  const { bytes, starts, ends, count } = call;
  const out = call.propagateAs(count + 1);
  for (let index = 0; index < count; index++) {
    if (index === 2) out.text(String(deadline));
    else out.bytes(bytes, starts[index]!, ends[index]!);
  }
  out.text('ABSTTL');
}

/** The type of a key that was not there. */
const NOTHING = -1;

function restoreKey(call: WriteCall): void {
  const { keyspace, database, bytes, starts, ends } = call;
  const options = parseOptions(call);
  if (options === null) return;
  const existing = call.forWrite(1);
  if (existing !== NONE && !options.replace) {
    call.reply.error(BUSY_KEY);
    return;
  }
  const deadline = parseDeadline(call, options.absolute);
  if (deadline === null) return;
  const record = load(call, options, deadline !== 0n);
  if (record === NONE) return;
  if (deadline !== 0n && deadline <= BigInt(Math.floor(call.now())) && call.mayExpireNow()) {
    restoreExpired(call, record, existing);
    return;
  }
  const type = call.typeOf(record);
  const replaced = existing === NONE ? NOTHING : call.typeOf(existing);
  if (existing !== NONE) {
    call.peek(1);
    keyspace.removeFound(database, existing, keyspace.lazyServerDel);
  }
  keyspace.findEvenExpired(database, bytes, starts[1]!, ends[1]!);
  keyspace.insert(database, record, existing === NONE);
  if (deadline !== 0n) {
    keyspace.setDeadline(database, record, deadline <= Number.MAX_SAFE_INTEGER ? Number(deadline) : deadline);
    if (!options.absolute && call.propagates()) propagate(call, deadline);
  }
  call.changed(1, RESTORE_EVENT);
  if (replaced !== NOTHING) call.overwritten(database, 1, replaced, type);
  call.reply.ok();
}

const RESTORE_DETAILS: Omit<CommandDetails, 'summary' | 'since' | 'flags'> = {
  complexity: 'O(1) to make the key, O(N) to check and make N elements, O(N log N) for a sorted set.',
  args: [
    key('key', 'OW', 'update'),
    integer('ttl'),
    text('serialized-value'),
    optional(token('REPLACE'), { since: '3.0.0' }),
    optional(token('ABSTTL'), { since: '5.0.0' }),
    optional(integer('seconds', { token: 'IDLETIME' }), { since: '5.0.0' }),
    optional(integer('frequency', { token: 'FREQ' }), { since: '5.0.0' }),
  ],
  replies: [reply.ok()],
  categories: ['keyspace', 'dangerous'],
  history: [
    ['3.0.0', 'REPLACE.'],
    ['5.0.0', 'ABSTTL.'],
    ['5.0.0', 'IDLETIME and FREQ.'],
  ],
};

export const restore = write(
  'RESTORE',
  {
    ...RESTORE_DETAILS,
    group: 'generic',
    summary: 'Makes a key of a value that DUMP gave.',
    since: '2.6.0',
    flags: ['denyoom'],
  },
  restoreKey,
);

export const restoreAsking = write(
  'RESTORE-ASKING',
  {
    ...RESTORE_DETAILS,
    group: 'server',
    summary: 'Makes a key of a slot that is on its way here: what MIGRATE sends.',
    since: '3.0.0',
    flags: ['denyoom', 'asking'],
    internal: true,
  },
  restoreKey,
);
