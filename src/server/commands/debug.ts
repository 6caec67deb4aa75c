// DEBUG: looks into the server, and makes it do what tests need. Guarded by enable-debug-command.

import { SLOT_BYTES } from '../../datatypes/hash-walk.ts';
import { INT, STRING } from '../../datatypes/key-record.ts';
import type { Call } from '../../engine/call.ts';
import { type CommandDefinition, control, multiple, optional, reply, text } from '../../engine/command.ts';
import { encodingName } from '../../engine/commands/keys.ts';
import { listCompressDepth, listMaxListpackSize } from '../../engine/directives.ts';
import { SET_EVENT } from '../../engine/events.ts';
import { unreachable } from '../../lib/assert.ts';
import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { parseMemory } from '../../lib/directive.ts';
import { matchGlob } from '../../lib/glob.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { payloadsOf } from '../../persistence/commands/dump.ts';
import { error, NO_SUCH_KEY, NOT_POSITIVE, OUT_OF_MEMORY, subcommandSyntax } from '../../protocol/errors.ts';
import { maxmemoryClients } from '../config/clients.ts';
import { signalCrash } from '../crash-report.ts';
import { REPLY_BUFFER_PERIOD_MS } from '../outbox.ts';
import type { Server } from '../server.ts';
import { dataDigest, valueDigest } from './debug-digest.ts';
import { DEBUG_HELP } from './debug-help.ts';
import { blockProcess, flushSleep, loadLog, reload } from './debug-persistence.ts';
import { debugProtocol } from './debug-protocol.ts';

type Handler = (server: Server, call: Call) => void;

interface Subcommand {
  /** Arguments, DEBUG and the name counted, at least and at most. */
  readonly counts: readonly [number, number];
  readonly run: Handler;
}

const ANY = Number.MAX_SAFE_INTEGER;

const BAD_DATABASE = error('ERR Out of range database');
const BAD_THRESHOLD = error('ERR argument must be a memory value bigger than 1 and smaller than 4gb');
const NOT_RESTARTED = error('ERR failed to restart the server. Check server logs.');
const NO_CLIENT_EVICTION = error('ERR maxmemory-clients is disabled.');
const PACKED_MAX = (4n << 30n) - (1n << 20n);

/** A number as C's atoi reads it. */
function looseInteger(argument: string): number {
  const value = Number.parseInt(argument, 10);
  return Number.isNaN(value) ? 0 : value;
}

/** Holds the whole process, as the name promises: nothing else runs meanwhile. */
function sleep(_server: Server, call: Call): void {
  const seconds = Number.parseFloat(call.text(2));
  if (seconds > 0) blockProcess(seconds * 1000);
  call.reply.ok();
}

function debugError(_server: Server, call: Call): void {
  call.reply.errorText(call.text(2));
}

function debugLog(server: Server, call: Call): void {
  server.log.warning(`DEBUG LOG: ${call.text(2)}`);
  call.reply.ok();
}

/** Writes a packed value's entries to the log. */
function listpackEntries(server: Server, call: Call): void {
  const handle = call.peek(2);
  if (handle === NONE) {
    call.reply.error(NO_SUCH_KEY);
    return;
  }
  const name = encodingName(call, handle);
  if (!name.startsWith('listpack')) {
    call.reply.errorText('ERR Not a listpack encoded object.');
    return;
  }
  const { packed, listpack } = call.keyspace;
  packed.read(handle);
  const { bytes } = packed;
  const pack = packed.start + (name === 'listpackex' ? SLOT_BYTES : 0);
  const entries: string[] = [];
  for (let at = listpack.first(bytes, pack); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
    listpack.read(bytes, at);
    entries.push(JSON.stringify(toLatin1(listpack.bytes, listpack.start, listpack.end)));
  }
  server.log.warning(
    `DEBUG LISTPACK: ${listpack.total(bytes, pack)} bytes, ${entries.length} entries: ${entries.join(' ')}`,
  );
  call.reply.simple('Listpack structure printed on stdout');
}

/** Bytes that the value takes in an RDB file, uncompressed. */
function serializedLength(call: Call, handle: number): number {
  const { strings } = call;
  if (call.typeOf(handle) !== STRING) return 0;
  const length = strings.length(handle);
  if (call.encodingOf(handle) === INT) {
    const value = strings.integer(handle);
    if (value >= -0x80 && value < 0x80) return 2;
    if (value >= -0x8000 && value < 0x8000) return 3;
    if (value >= -0x80000000 && value < 0x80000000) return 5;
  }
  return length + (length < 0x40 ? 1 : length < 0x4000 ? 2 : 5);
}

/** What DEBUG OBJECT tells of a list of packs beside the rest. */
function packFacts(server: Server, call: Call, handle: number): string {
  const { keyspace, lists } = call;
  const root = keyspace.packed.payload(handle, 0);
  const nodes = lists.quicklist.nodeCount(root);
  const average = (lists.count(handle) / nodes).toFixed(2);
  const compressed = server.config.get(listCompressDepth) > 0 ? 1 : 0;
  return (
    ` ql_nodes:${nodes} ql_avg_node:${average} ql_listpack_max:${server.config.get(listMaxListpackSize)}` +
    ` ql_compressed:${compressed} ql_uncompressed_size:${keyspace.usedBytes(handle)}`
  );
}

function debugObject(server: Server, call: Call): void {
  const handle = call.peek(2);
  if (handle === NONE) {
    call.reply.error(NO_SUCH_KEY);
    return;
  }
  const { keyspace, access } = call;
  const idle = access.frequency ? 0 : access.idleSeconds(handle);
  call.reply.simple(
    `Value at:0x${(handle >>> 0).toString(16).padStart(12, '0')} refcount:1 encoding:${encodingName(call, handle)} ` +
      `serializedlength:${serializedLength(call, handle)} lru:${keyspace.records.access(handle)} lru_seconds_idle:${idle}` +
      (encodingName(call, handle) === 'quicklist' ? packFacts(server, call, handle) : ''),
  );
}

/** A safe integer that is not negative, or -1 after replying. */
function positive(call: Call, index: number): number {
  const value = call.integer(index);
  if (Number.isNaN(value)) return -1;
  if (value >= 0) return value;
  call.reply.error(NOT_POSITIVE);
  return -1;
}

/** Above what a key, a value and their record take. */
const POPULATED_BYTES = 128;

function populate(_server: Server, call: Call): void {
  const count = positive(call, 2);
  if (count < 0) return;
  const size = call.count === 5 ? positive(call, 4) : 0;
  if (size < 0) return;
  const prefix = call.count === 3 ? 'key' : call.text(3);
  const { keyspace, database, engine } = call;
  for (let number = 0; number < count; number++) {
    const key = fromLatin1(`${prefix}:${number}`);
    const existing = keyspace.find(database, key, 0, key.length);
    if (existing !== NONE) continue;
    if (!keyspace.memory.admit(key.length + size + POPULATED_BYTES)) {
      call.reply.error(OUT_OF_MEMORY);
      return;
    }
    const text = fromLatin1(`value:${number}`);
    const value = size === 0 ? text : new Uint8Array(size);
    if (size > 0) value.set(text.subarray(0, size));
    keyspace.setString(database, NONE, key, 0, key.length, value, 0, value.length, false);
    if (engine.effects !== 0) engine.changes.keyChanged(database, key, 0, key.length, SILENT_EVENT);
  }
  call.reply.ok();
}

/** Watchers and waiting clients are told of populated keys, channels are not. */
const SILENT_EVENT = { ...SET_EVENT, class: 0 };

function digest(_server: Server, call: Call): void {
  call.reply.simple(dataDigest(call.engine));
}

function digestValue(_server: Server, call: Call): void {
  call.reply.array(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    call.reply.simple(valueDigest(call.engine, call.database, call.copy(index)));
  }
}

function setActiveExpire(_server: Server, call: Call): void {
  call.engine.activeExpire = looseInteger(call.text(2)) !== 0;
  call.reply.ok();
}

function setSkipChecksum(_server: Server, call: Call): void {
  payloadsOf(call.keyspace, call.access).skipChecksum = looseInteger(call.text(2)) !== 0;
  call.reply.ok();
}

function pauseCron(server: Server, call: Call): void {
  server.cronPaused = looseInteger(call.text(2)) !== 0;
  call.reply.ok();
}

function changeReplicationId(server: Server, call: Call): void {
  server.log.notice('Changing replication IDs after receiving DEBUG change-repl-id');
  server.vitals.replicationId = server.vitals.newId();
  call.reply.ok();
}

function replicate(_server: Server, call: Call): void {
  if (call.propagates()) {
    const propagation = call.propagateAs(call.count - 2);
    for (let index = 2; index < call.count; index++) {
      propagation.bytes(call.bytes, call.starts[index]!, call.ends[index]!);
    }
  }
  call.reply.ok();
}

function packedThreshold(_server: Server, call: Call): void {
  const bytes = parseMemory(call.text(2));
  if (bytes === null || bytes < 0n || bytes > PACKED_MAX) {
    call.reply.error(BAD_THRESHOLD);
    return;
  }
  call.lists.quicklist.packedThreshold = Number(bytes);
  call.reply.ok();
}

/** The hash table of a database: how large it is. There is one table for keys and expiries. */
function tableStatistics(_server: Server, call: Call): void {
  const index = call.integer(2);
  if (Number.isNaN(index)) return;
  const database = call.keyspace.databases[index];
  if (database === undefined) {
    call.reply.error(BAD_DATABASE);
    return;
  }
  const { table } = call.keyspace;
  const lines = [
    '[Dictionary HT]',
    'Hash table 0 stats (main hash table):',
    ` table size: ${table.slotCount(database.root)}`,
    ` number of elements: ${table.count(database.root)}`,
    '[Expires HT]',
    'Hash table 0 stats (main hash table):',
    ` number of elements: ${database.expires}`,
  ];
  call.reply.verbatim('txt', `${lines.join('\n')}\n`);
}

function replyBuffer(server: Server, call: Call): void {
  const what = call.text(2).toLowerCase();
  const value = call.text(3).toLowerCase();
  if (what === 'resizing') {
    server.replyBufferPeriodMs = looseInteger(value) === 0 ? Number.POSITIVE_INFINITY : REPLY_BUFFER_PERIOD_MS;
  } else if (what !== 'peak-reset-time') {
    call.reply.errorText(subcommandSyntax('debug', call.text(1)));
    return;
  } else if (value === 'never') server.replyBufferPeriodMs = Number.POSITIVE_INFINITY;
  else if (value === 'reset') server.replyBufferPeriodMs = REPLY_BUFFER_PERIOD_MS;
  else {
    const milliseconds = call.integer(3);
    if (Number.isNaN(milliseconds)) return;
    server.replyBufferPeriodMs = milliseconds;
  }
  call.reply.ok();
}

function clientEviction(server: Server, call: Call): void {
  if (server.config.settings.text(maxmemoryClients) === '0') call.reply.error(NO_CLIENT_EVICTION);
  else call.reply.verbatim('txt', '');
}

/** Matches random patterns and texts: the matcher must come to an end. */
function stringMatchTest(_server: Server, call: Call): void {
  const { prng } = call.engine;
  const letters = fromLatin1('ab*?[]^-\\');
  const random = (): Uint8Array => {
    const bytes = new Uint8Array(prng.below(32));
    for (let index = 0; index < bytes.length; index++) bytes[index] = letters[prng.below(letters.length)]!;
    return bytes;
  };
  for (let round = 0; round < 10_000; round++) {
    const pattern = random();
    const subject = random();
    matchGlob(pattern, 0, pattern.length, subject, 0, subject.length, false);
  }
  call.reply.simple('Apparently Redis did not crash: test passed');
}

function rewriteEverything(server: Server, call: Call): void {
  const refusal = server.config.rewrite(new Map(), true);
  if (refusal === null) call.reply.ok();
  else call.reply.errorText(refusal);
}

function sdsLength(_server: Server, call: Call): void {
  const handle = call.peek(2);
  if (handle === NONE) {
    call.reply.error(NO_SUCH_KEY);
    return;
  }
  if (call.typeOf(handle) !== STRING || call.encodingOf(handle) === INT) {
    call.reply.errorText('ERR Not an sds encoded string.');
    return;
  }
  const value = call.strings.length(handle);
  const record = call.keyspace.recordBytes(handle);
  call.reply.simple(
    `key_sds_len:${call.length(2)}, key_sds_avail:0, key_zmalloc: ${record}, ` +
      `val_sds_len:${value}, val_sds_avail:0, val_zmalloc: ${value}`,
  );
}

const segmentationFault: Handler = (server) => {
  throw signalCrash(server, 'SIGSEGV');
};

const accepted: Handler = (_server, call) => call.reply.ok();
const notRestarted: Handler = (_server, call) => call.reply.error(NOT_RESTARTED);
const crash =
  (why: string): Handler =>
  () =>
    unreachable(why);

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['aof-flush-sleep', { counts: [3, 3], run: flushSleep }],
  ['assert', { counts: [2, ANY], run: crash('DEBUG ASSERT was called') }],
  ['change-repl-id', { counts: [2, 2], run: changeReplicationId }],
  ['client-eviction', { counts: [2, 2], run: clientEviction }],
  ['config-rewrite-force-all', { counts: [2, 2], run: rewriteEverything }],
  ['crash-and-recover', { counts: [2, ANY], run: notRestarted }],
  ['dict-resizing', { counts: [3, 3], run: accepted }],
  ['digest', { counts: [2, 2], run: digest }],
  ['digest-value', { counts: [2, ANY], run: digestValue }],
  ['error', { counts: [3, 3], run: debugError }],
  ['htstats', { counts: [3, ANY], run: tableStatistics }],
  ['leak', { counts: [3, 3], run: accepted }],
  ['listpack', { counts: [3, 3], run: listpackEntries }],
  ['loadaof', { counts: [2, 2], run: loadLog }],
  ['log', { counts: [3, 3], run: debugLog }],
  ['object', { counts: [3, 4], run: debugObject }],
  ['oom', { counts: [2, ANY], run: crash('DEBUG OOM was called') }],
  ['panic', { counts: [2, ANY], run: crash('DEBUG PANIC was called') }],
  ['pause-cron', { counts: [3, 3], run: pauseCron }],
  ['populate', { counts: [3, 5], run: populate }],
  ['protocol', { counts: [3, 3], run: (_server, call) => debugProtocol(call) }],
  ['quicklist-packed-threshold', { counts: [3, 3], run: packedThreshold }],
  ['reload', { counts: [2, ANY], run: reload }],
  ['replicate', { counts: [3, ANY], run: replicate }],
  ['replybuffer', { counts: [4, 4], run: replyBuffer }],
  ['restart', { counts: [2, ANY], run: notRestarted }],
  ['sdslen', { counts: [3, 3], run: sdsLength }],
  ['segfault', { counts: [2, ANY], run: segmentationFault }],
  ['set-active-expire', { counts: [3, 3], run: setActiveExpire }],
  ['set-disable-deny-scripts', { counts: [3, 3], run: accepted }],
  ['set-skip-checksum-validation', { counts: [3, 3], run: setSkipChecksum }],
  ['sleep', { counts: [3, 3], run: sleep }],
  ['stringmatch-test', { counts: [2, 2], run: stringMatchTest }],
]);

export function debugCommands(server: Server): CommandDefinition[] {
  return [
    control(
      'DEBUG',
      {
        group: 'server',
        summary: 'Looks into the server, for those who work on it.',
        since: '1.0.0',
        complexity: 'Depends on subcommand.',
        args: [text('subcommand'), optional(multiple(text('arg')))],
        replies: [reply.any('what the subcommand gives')],
        flags: ['admin', 'noscript', 'loading', 'stale', 'protected'],
        internal: true,
      },
      (call) => debug(server, call),
    ),
  ];
}

function debug(server: Server, call: Call): void {
  const name = call.text(1).toLowerCase();
  if (name === 'help' && call.count === 2) {
    call.reply.array(DEBUG_HELP.length);
    for (const line of DEBUG_HELP) call.reply.simple(line);
    return;
  }
  const subcommand = SUBCOMMANDS.get(name);
  const fits = subcommand !== undefined && call.count >= subcommand.counts[0] && call.count <= subcommand.counts[1];
  if (fits) subcommand.run(server, call);
  else call.reply.errorText(subcommandSyntax('debug', call.text(1)));
}
