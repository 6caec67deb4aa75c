// INFO: what the server tells of itself.

import { type CommandDefinition, control, multiple, optional, reply, text } from '../../engine/command.ts';
import { infoText } from '../info.ts';
import type { Server } from '../server.ts';

export function infoCommands(server: Server): CommandDefinition[] {
  return [info(server)];
}

function info(server: Server): CommandDefinition {
  return control(
    'INFO',
    {
      group: 'server',
      summary: 'Tells about the server in sections: memory, clients, statistics and so on.',
      since: '1.0.0',
      complexity: 'O(1)',
      args: [optional(multiple(text('section')))],
      replies: [reply.verbatim('a line for each field')],
      flags: ['loading', 'stale'],
      categories: ['dangerous'],
      tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
      history: [['7.0.0', 'Several sections in one call.']],
    },
    function info(call) {
      const names = [];
      for (let index = 1; index < call.count; index++) names.push(call.text(index));
      call.reply.verbatim('txt', infoText(server.info, names));
    },
  );
}
