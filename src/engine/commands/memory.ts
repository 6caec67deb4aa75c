// MEMORY: what keys cost, and what memory is used for.

import { NONE } from '../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../protocol/errors.ts';
import { type Call, word } from '../call.ts';
import { container, control, integer, key, optional, read, reply } from '../command.ts';
import { memoryReport } from '../memory-doctor.ts';

const SAMPLES = word('SAMPLES');
/** A key's share of its database's index: docs/decisions/0002. */
const INDEX_BYTES = 9;
/** A key's share of the wheel of deadlines, where it has one: docs/decisions/0003. */
const DEADLINE_BYTES = 8;

const TIPS = ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'];

const HELP = [
  'DOCTOR',
  '    Tell whether anything about the use of memory looks wrong.',
  'MALLOC-STATS',
  '    Tell what the allocator knows of itself.',
  'PURGE',
  '    Give memory that is free back to the system.',
  'STATS',
  '    Tell what memory is used for.',
  'USAGE <key> [SAMPLES <count>]',
  '    Tell how many bytes <key> and its value take. All elements are counted, whatever',
  '    SAMPLES says.',
];

function stats(call: Call): void {
  const { engine, reply: out } = call;
  const { keyspace } = engine;
  const facts = engine.memoryFacts();
  const { used, peak, startup, clients, logBuffer, overhead, dataset, flat, segments, resident } = facts;
  const keys = keyspace.countAll();
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const mark = out.later();
  let fields = 0;
  const name = (text: string) => {
    out.bulkText(text);
    fields++;
  };
  const add = (text: string, value: number) => {
    name(text);
    out.integer(value);
  };
  const addDouble = (text: string, value: number) => {
    name(text);
    out.double(value);
  };
  add('peak.allocated', peak);
  add('total.allocated', used);
  add('startup.allocated', startup);
  add('replication.backlog', 0);
  add('clients.slaves', 0);
  add('clients.normal', clients);
  add('cluster.links', 0);
  add('aof.buffer', logBuffer);
  add('lua.caches', 0);
  add('functions.caches', 0);
  let index = 0;
  for (const database of keyspace.databases) {
    const main = keyspace.table.indexBytes(database.root) - engine.emptyIndexBytes;
    index += main;
    if (keyspace.count(database) === 0 && main === 0) continue;
    name(`db.${database.index}`);
    out.map(3);
    out.bulkText('overhead.hashtable.main');
    out.integer(main);
    out.bulkText('overhead.hashtable.expires');
    out.integer((database.wheel.entries + database.fieldWheel.entries) * DEADLINE_BYTES);
    out.bulkText('overhead.hashtable.slot-to-keys');
    out.integer(0);
  }
  add('overhead.db.hashtable.lut', index);
  add('overhead.db.hashtable.rehashing', 0);
  add('db.dict.rehashing.count', 0);
  add('overhead.total', overhead);
  add('keys.count', keys);
  add('keys.bytes-per-key', keys === 0 ? 0 : Math.floor((used - startup) / keys));
  add('dataset.bytes', dataset);
  addDouble('dataset.percentage', ratio(dataset, Math.max(dataset, used - startup)) * 100);
  addDouble('peak.percentage', ratio(used, peak) * 100);
  add('allocator.allocated', flat);
  add('allocator.active', segments);
  add('allocator.resident', segments);
  add('allocator.muzzy', 0);
  addDouble('allocator-fragmentation.ratio', ratio(segments, flat));
  add('allocator-fragmentation.bytes', segments - flat);
  addDouble('allocator-rss.ratio', 1);
  add('allocator-rss.bytes', 0);
  addDouble('rss-overhead.ratio', ratio(resident, segments));
  add('rss-overhead.bytes', resident - segments);
  addDouble('fragmentation', ratio(resident, used));
  add('fragmentation.bytes', resident - used);
  out.mapAt(mark, fields);
}

/** What the allocator of flat memory knows of itself, as lines. */
function allocatorReport(call: Call): string {
  const { memory: flat } = call.engine.keyspace;
  const live = flat.usedBytes();
  const segments = flat.segmentBytes();
  return [
    'Flat memory: segments of fixed size, cut into slabs of size classes and runs of pages.',
    `segments: ${segments} bytes`,
    `live blocks: ${flat.blockCount()} in ${live} bytes`,
    `free within segments: ${segments - live} bytes`,
    '',
  ].join('\n');
}

export const memory = container(
  'MEMORY',
  {
    group: 'server',
    summary: 'Looks at the use of memory.',
    since: '4.0.0',
    help: HELP,
  },
  [
    read(
      'USAGE',
      {
        group: 'server',
        summary: 'Tells how many bytes a key and its value take.',
        since: '4.0.0',
        complexity: 'O(N), N being the elements of a large collection.',
        args: [key('key', 'RO'), optional(integer('count', { token: 'SAMPLES' }))],
        replies: [reply.integer('bytes'), reply.nil('no such key')],
      },
      function usage(call) {
        for (let index = 3; index < call.count; index += 2) {
          if (!call.is(index, SAMPLES) || index + 1 === call.count) {
            call.reply.error(SYNTAX_ERROR);
            return;
          }
          const samples = call.clampedInteger(index + 1);
          if (Number.isNaN(samples)) return;
          if (samples < 0) {
            call.reply.error(SYNTAX_ERROR);
            return;
          }
        }
        // A key whose time has come takes memory too, until somebody meets it.
        const handle = call.keyspace.findEvenExpired(call.database, call.bytes, call.starts[2]!, call.ends[2]!);
        if (handle === NONE) call.reply.nil();
        else call.reply.integer(call.keyspace.usedBytes(handle) + INDEX_BYTES);
      },
    ),
    control(
      'STATS',
      {
        group: 'server',
        summary: 'Tells what memory is used for.',
        since: '4.0.0',
        complexity: 'O(N), N being the clients.',
        replies: [reply.map('by purpose: bytes, counts and ratios')],
        tips: TIPS,
      },
      stats,
    ),
    control(
      'DOCTOR',
      {
        group: 'server',
        summary: 'Tells whether anything about the use of memory looks wrong.',
        since: '4.0.0',
        complexity: 'O(N), N being the clients.',
        replies: [reply.verbatim('a report for people')],
        tips: TIPS,
      },
      (call) => call.reply.verbatim('txt', memoryReport(call.engine.memoryFacts(), call.engine.sessions.size)),
    ),
    control(
      'MALLOC-STATS',
      {
        group: 'server',
        summary: 'Tells what the allocator knows of itself.',
        since: '4.0.0',
        complexity: 'O(1)',
        replies: [reply.verbatim('lines for people')],
        tips: TIPS,
      },
      (call) => call.reply.verbatim('txt', allocatorReport(call)),
    ),
    control(
      'PURGE',
      {
        group: 'server',
        summary: 'Gives memory that is free back to the system.',
        since: '4.0.0',
        complexity: 'O(N), N being the segments that are free.',
        replies: [reply.ok()],
        tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
      },
      function purge(call) {
        const { engine } = call;
        while (engine.keyspace.memory.giveBack());
        engine.events.purged?.();
        call.reply.ok();
      },
    ),
  ],
);
