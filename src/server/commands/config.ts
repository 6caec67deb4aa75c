// CONFIG: the settings while the server runs.

import type { Call } from '../../engine/call.ts';
import { block, type CommandDefinition, container, control, multiple, reply, text } from '../../engine/command.ts';
import { error, SYNTAX_ERROR } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { metricsBind, metricsPort } from '../config/monitoring.ts';
import { bind, port } from '../config/network.ts';
import { enableProtectedConfigs } from '../config/security.ts';
import { isPermitted } from '../permissions.ts';
import type { Server } from '../server.ts';
import { userLines } from '../users.ts';

const FLAGS = ['admin', 'noscript', 'loading', 'stale'] as const;
const EVERYWHERE = ['request_policy:all_nodes', 'response_policy:all_succeeded'] as const;

const HELP = [
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
];

export function configCommands(server: Server): CommandDefinition[] {
  return [
    container(
      'CONFIG',
      { group: 'server', summary: 'Reads and changes the settings of the server.', since: '2.0.0', help: HELP },
      [configGet(server), configSet(server), configResetStat(server), configRewrite(server)],
    ),
  ];
}

function configGet(server: Server): CommandDefinition {
  return control(
    'GET',
    {
      group: 'server',
      summary: 'Tells settings by name or pattern.',
      since: '2.0.0',
      complexity: 'O(N), N being the settings asked for.',
      args: [multiple(text('parameter'))],
      replies: [reply.map('settings and their values')],
      flags: FLAGS,
      history: [['7.0.0', 'Several parameters in one call.']],
    },
    function configGet(call) {
      const patterns = [];
      for (let index = 2; index < call.count; index++) patterns.push(call.text(index));
      const found = server.config.match(patterns);
      call.reply.map(found.length);
      for (const [name, value] of found) {
        call.reply.bulkText(name);
        call.reply.bulkText(value);
      }
    },
  );
}

const NOT_IN_TRANSACTION = error(
  'ERR CONFIG SET of host names to bind, of the metrics endpoint, or while another one takes time, is not possible inside a transaction',
);

/** Whether a change would be waited for: names of hosts are looked up, and the metrics endpoint is one of Node's servers. */
function takesTime(server: Server, pairs: readonly (readonly [string, string])[]): boolean {
  if (server.config.isChanging()) return true;
  let hosts: readonly string[] | null = null;
  for (const [name, value] of pairs) {
    const directive = server.config.settings.find(name);
    if (directive === metricsPort || directive === metricsBind) return true;
    if (directive === bind) hosts = value.split(' ');
    else if (directive === port) hosts ??= server.config.get(bind);
  }
  return hosts !== null && !server.listeners.reopenAtOnce(hosts);
}

function configSet(server: Server): CommandDefinition {
  return control(
    'SET',
    {
      group: 'server',
      summary: 'Changes settings: all that it names, or none.',
      since: '2.0.0',
      complexity: 'O(N), N being the settings given.',
      args: [multiple(block('data', text('parameter'), text('value')))],
      replies: [reply.ok()],
      flags: FLAGS,
      tips: EVERYWHERE,
      history: [['7.0.0', 'Several parameters in one call.']],
      isSecret: (call, index) => index > 2 && index % 2 === 1 && server.config.isSensitive(call.text(index - 1)),
    },
    function configSet(call) {
      if (call.count % 2 !== 0) {
        call.reply.error(SYNTAX_ERROR);
        return;
      }
      const pairs: [string, string][] = [];
      for (let index = 2; index < call.count; index += 2) pairs.push([call.text(index), call.text(index + 1)]);
      if (!call.mayBlock() && takesTime(server, pairs)) {
        call.reply.error(NOT_IN_TRANSACTION);
        return;
      }
      const allowProtected = isPermitted(server.config.get(enableProtectedConfigs), call.session);
      const answer = server.config.set(pairs, { allowProtected, loading: server.persistence.loading !== null });
      if (answer instanceof Promise) replyLater(server, call, answer);
      else writeAnswer(call.reply, answer);
    },
  );
}

function writeAnswer(out: Reply, refusal: string | null): void {
  if (refusal === null) out.ok();
  else out.errorText(refusal);
}

/** Lets the client wait for a change that takes time. */
function replyLater(server: Server, call: Call, answer: Promise<string | null>): void {
  const { session } = call;
  call.block([], Number.POSITIVE_INFINITY, (out) => out.ok(), 'lazy');
  const decided = (refusal: string | null): void => {
    if (session.blocked !== null) server.engine.serving.unblock(session, (out) => writeAnswer(out, refusal));
    server.workSoon();
  };
  answer.then(decided, (reason: unknown) => server.fatal(reason));
}

function configResetStat(server: Server): CommandDefinition {
  return control(
    'RESETSTAT',
    {
      group: 'server',
      summary: 'Sets the counters that INFO shows to zero.',
      since: '2.0.0',
      complexity: 'O(1)',
      replies: [reply.ok()],
      flags: FLAGS,
      tips: EVERYWHERE,
    },
    function configResetStat(call) {
      server.vitals.reset();
      call.reply.ok();
    },
  );
}

function configRewrite(server: Server): CommandDefinition {
  return control(
    'REWRITE',
    {
      group: 'server',
      summary: 'Writes the present settings into the configuration file.',
      since: '2.8.0',
      complexity: 'O(1)',
      replies: [reply.ok()],
      flags: FLAGS,
      tips: EVERYWHERE,
    },
    function configRewrite(call) {
      writeAnswer(
        call.reply,
        server.config.rewrite(new Map([['user', userLines(server.config, server.engine.acl.users)]])),
      );
    },
  );
}
