// The commands of replication, of the cluster and of modules, as a server answers them that has none of these: it is a
// primary without replicas, no node of a cluster, and loads no modules.

import { type Call, word } from '../../engine/call.ts';
import {
  block,
  type CommandDefinition,
  container,
  control,
  integer,
  multiple,
  oneOf,
  optional,
  reply,
  text,
  token,
} from '../../engine/command.ts';
import { parseMilliseconds } from '../../engine/commands/timeouts.ts';
import { CLUSTER_DISABLED, error } from '../../protocol/errors.ts';
import type { Server } from '../server.ts';

export function aloneCommands(server: Server): CommandDefinition[] {
  return [role, wait, readonly, readwrite, asking, replicaof(server), slaveof(server), modules(server)];
}

const role = control(
  'ROLE',
  {
    group: 'server',
    summary: 'Tells the part that the server has in replication.',
    since: '2.8.12',
    complexity: 'O(1)',
    replies: [reply.array('"master", the replication offset, and the replicas')],
    flags: ['noscript', 'loading', 'stale', 'fast'],
    categories: ['admin', 'dangerous'],
  },
  function role(call) {
    call.reply.array(3);
    call.reply.bulkText('master');
    call.reply.integer(0);
    call.reply.emptyArray();
  },
);

const wait = control(
  'WAIT',
  {
    group: 'generic',
    summary: 'Waits until so many replicas have what this connection wrote.',
    since: '3.0.0',
    complexity: 'O(1)',
    args: [integer('numreplicas'), integer('timeout')],
    replies: [reply.integer('the replicas that have it')],
    flags: ['blocking'],
    categories: ['connection'],
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  },
  function wait(call) {
    const wanted = call.integer(1);
    if (Number.isNaN(wanted)) return;
    const deadline = parseMilliseconds(call, 2);
    if (Number.isNaN(deadline)) return;
    if (wanted <= 0 || !call.mayBlock()) call.reply.integer(0);
    else call.block([], deadline, (out) => out.integer(0), 'wait');
  },
);

function clusterMode(name: string, summary: string, flags: CommandDefinition['flags'] & {}): CommandDefinition {
  return control(
    name,
    {
      group: 'cluster',
      summary,
      since: '3.0.0',
      complexity: 'O(1)',
      replies: [reply.ok()],
      flags,
      categories: ['connection'],
    },
    (call) => call.reply.error(CLUSTER_DISABLED),
  );
}

const readonly = clusterMode('READONLY', 'Allows reads from this node, if it is a replica.', [
  'loading',
  'stale',
  'fast',
]);
const readwrite = clusterMode('READWRITE', 'Ends what READONLY allowed.', ['loading', 'stale', 'fast']);
const asking = clusterMode('ASKING', 'Says that the next command follows an -ASK redirection.', ['fast']);

const NO = word('NO');
const ONE = word('ONE');
const NOT_HERE = error('ERR This build has no replication: it can only be a primary');

function replicaofDefinition(
  server: Server,
  name: string,
  details: Pick<CommandDefinition, 'since'> & Partial<Pick<CommandDefinition, 'deprecated'>>,
): CommandDefinition {
  return control(
    name,
    {
      group: 'server',
      summary: 'Makes the server a replica of another, or a primary again.',
      complexity: 'O(1)',
      args: [
        oneOf('args', block('host-port', text('host'), integer('port')), block('no-one', token('NO'), token('ONE'))),
      ],
      replies: [reply.ok()],
      flags: ['no_async_loading', 'admin', 'noscript', 'stale'],
      ...details,
    },
    function replicaof(call) {
      if (call.is(1, NO) && call.is(2, ONE)) call.reply.ok();
      else if (!Number.isNaN(call.integer(2))) {
        server.log.warning('REPLICAOF was refused: this build has no replication.');
        call.reply.error(NOT_HERE);
      }
    },
  );
}

function replicaof(server: Server): CommandDefinition {
  return replicaofDefinition(server, 'REPLICAOF', { since: '5.0.0' });
}

function slaveof(server: Server): CommandDefinition {
  return replicaofDefinition(server, 'SLAVEOF', {
    since: '1.0.0',
    deprecated: { since: '5.0.0', instead: '`REPLICAOF`' },
  });
}

const MODULE_HELP = [
  'LIST',
  '    Return a list of loaded modules.',
  'LOAD <path> [<arg> ...]',
  '    Load a module library from <path>, passing to it any optional arguments.',
  'LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]',
  '    Load a module library from <path>, while passing it module configurations and optional arguments.',
  'UNLOAD <name>',
  '    Unload a module.',
];

const LOAD_FLAGS = ['no_async_loading', 'admin', 'noscript', 'protected'] as const;
const LOAD_FAILED = error('ERR Error loading the extension. Please check the server logs.');
const NOT_LOADED = error('ERR Error unloading module: no such module with that name');

function modules(server: Server): CommandDefinition {
  const refuse = (call: Call): void => {
    server.log.warning(`Module ${call.text(2)} failed to load: native modules cannot be loaded`);
    call.reply.error(LOAD_FAILED);
  };
  const group = 'server';
  const complexity = 'O(1)';
  const replies = [reply.ok()];
  return container(
    'MODULE',
    { group, summary: 'Loads and lists modules. There are none here.', since: '4.0.0', help: MODULE_HELP },
    [
      control(
        'LIST',
        {
          group,
          summary: 'Lists the modules that are loaded.',
          since: '4.0.0',
          complexity: 'O(N), N being the modules.',
          replies: [reply.array('modules')],
          flags: ['admin', 'noscript'],
          tips: ['nondeterministic_output_order'],
        },
        (call) => call.reply.emptyArray(),
      ),
      control(
        'LOAD',
        {
          group,
          summary: 'Loads a module.',
          since: '4.0.0',
          complexity,
          replies,
          args: [text('path'), optional(multiple(text('arg')))],
          flags: LOAD_FLAGS,
        },
        refuse,
      ),
      control(
        'LOADEX',
        {
          group,
          summary: 'Loads a module, with settings.',
          since: '7.0.0',
          complexity,
          replies,
          args: [
            text('path'),
            optional(multiple(block('configs', text('name'), text('value'))), { token: 'CONFIG', multipleToken: true }),
            optional(multiple(text('args', { token: 'ARGS' }))),
          ],
          flags: LOAD_FLAGS,
        },
        refuse,
      ),
      control(
        'UNLOAD',
        {
          group,
          summary: 'Unloads a module.',
          since: '4.0.0',
          complexity,
          replies,
          args: [text('name')],
          flags: LOAD_FLAGS,
        },
        (call) => call.reply.error(NOT_LOADED),
      ),
    ],
  );
}
