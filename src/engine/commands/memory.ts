// What keys cost: MEMORY USAGE.

import { NONE } from '../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../protocol/errors.ts';
import { word } from '../call.ts';
import { container, integer, key, optional, read, reply } from '../command.ts';

const SAMPLES = word('SAMPLES');
/** A key's share of its database's index: docs/decisions/0002. */
const INDEX_BYTES = 9;

const HELP = [
  'USAGE <key> [SAMPLES <count>]',
  '    Tell how many bytes <key> and its value take. All elements are counted, whatever',
  '    SAMPLES says.',
];

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
  ],
);
