// SHUTDOWN: ends the server.

import { type Call, word } from '../../engine/call.ts';
import { type CommandDefinition, control, oneOf, optional, reply, token } from '../../engine/command.ts';
import { error, SYNTAX_ERROR } from '../../protocol/errors.ts';
import type { Server } from '../server.ts';

const NOSAVE = word('NOSAVE');
const SAVE = word('SAVE');
const NOW = word('NOW');
const FORCE = word('FORCE');
const ABORT = word('ABORT');

const NOT_IN_PROGRESS = error('ERR No shutdown in progress.');
const NOT_SAVED = error('ERR Errors trying to SHUTDOWN. Check logs.');
const MUST_NOT_BLOCK = error("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");

interface Wishes {
  readonly save: boolean;
  readonly nosave: boolean;
  readonly now: boolean;
  readonly force: boolean;
  readonly abort: boolean;
}

/** Null after replying that they make no sense. */
function parseWishes(call: Call): Wishes | null {
  const wishes = { save: false, nosave: false, now: false, force: false, abort: false };
  let fits = true;
  for (let index = 1; index < call.count; index++) {
    if (call.is(index, NOSAVE)) wishes.nosave = true;
    else if (call.is(index, SAVE)) wishes.save = true;
    else if (call.is(index, NOW)) wishes.now = true;
    else if (call.is(index, FORCE)) wishes.force = true;
    else if (call.is(index, ABORT)) wishes.abort = true;
    else fits = false;
  }
  const { save, nosave, now, force, abort } = wishes;
  if (fits && !(save && nosave) && !(abort && (save || nosave || now || force))) return wishes;
  call.reply.error(SYNTAX_ERROR);
  return null;
}

export function shutdownCommands(server: Server): CommandDefinition[] {
  return [
    control(
      'SHUTDOWN',
      {
        group: 'server',
        summary: 'Ends the server.',
        since: '1.0.0',
        complexity: 'O(1), or O(N) with N keys to be saved.',
        args: [
          optional(oneOf('save-selector', token('NOSAVE'), token('SAVE'))),
          optional(token('NOW'), { since: '7.0.0' }),
          optional(token('FORCE'), { since: '7.0.0' }),
          optional(token('ABORT'), { since: '7.0.0' }),
        ],
        replies: [reply.ok('ABORT: the shutdown was called off')],
        flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
        history: [['7.0.0', 'NOW, FORCE and ABORT.']],
      },
      (call) => shutdown(server, call),
    ),
  ];
}

function shutdown(server: Server, call: Call): void {
  const wishes = parseWishes(call);
  if (wishes === null) return;
  if (wishes.abort) {
    if (server.ending.abort()) call.reply.ok();
    else call.reply.error(NOT_IN_PROGRESS);
  } else if (!wishes.now && !call.mayBlock()) call.reply.error(MUST_NOT_BLOCK);
  else {
    // The client gets no reply, only the end of its connection; unless the server cannot end.
    const { session } = call;
    call.block([], Number.POSITIVE_INFINITY, () => undefined, 'shutdown');
    const save = wishes.save ? true : wishes.nosave ? false : null;
    server.ending.begin({ save, force: wishes.force }, () => {
      if (session.blocked !== null) server.engine.serving.unblock(session, (out) => out.error(NOT_SAVED));
    });
  }
}
