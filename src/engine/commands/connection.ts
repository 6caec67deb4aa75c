// The connection itself: PING, ECHO, SELECT, AUTH, HELLO, RESET, QUIT.

import { parseInteger } from '../../lib/integers.ts';
import { DB_OUT_OF_RANGE, error, NO_PROTO, SYNTAX_ERROR, wrongArity } from '../../protocol/errors.ts';
import { DEFAULT_USER } from '../acl/user.ts';
import { type Call, word } from '../call.ts';
import { block, control, integer, optional, reply, text } from '../command.ts';
import { REPLY_ON, REPLY_SKIP, STOPPED_CLOSING } from '../session.ts';
import { isClientName, NAME_REFUSAL } from './client-names.ts';
import { updateSubscribedGate } from './pubsub.ts';

/**
 *     > PING
 *     PONG
 *     > PING hello
 *     "hello"
 */
export const ping = control(
  'PING',
  {
    group: 'connection',
    summary: 'Answers PONG, or what it was sent.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [optional(text('message'))],
    replies: [reply.simple('PONG'), reply.bulk('the message')],
    flags: ['fast'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  },
  function ping(call) {
    const { reply: out, session } = call;
    if (call.count > 2) out.errorText(wrongArity('ping'));
    else if (session.subscriptions !== null && session.resp === 2) {
      // A subscribed RESP2 client tells replies from messages by their form.
      out.array(2);
      out.bulkText('pong');
      if (call.count === 1) out.emptyBulk();
      else out.bulk(call.bytes, call.starts[1]!, call.ends[1]!);
    } else if (call.count === 1) out.pong();
    else out.bulk(call.bytes, call.starts[1]!, call.ends[1]!);
  },
);

export const echo = control(
  'ECHO',
  {
    group: 'connection',
    summary: 'Answers what it was sent.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [text('message')],
    replies: [reply.bulk('the message')],
    flags: ['loading', 'stale', 'fast'],
  },
  function echo(call) {
    call.reply.bulk(call.bytes, call.starts[1]!, call.ends[1]!);
  },
);

export const select = control(
  'SELECT',
  {
    group: 'connection',
    summary: 'Chooses the database that the connection works on.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [integer('index')],
    replies: [reply.ok()],
    flags: ['loading', 'stale', 'fast'],
  },
  function select(call) {
    const index = call.int32(1);
    if (Number.isNaN(index)) return;
    const database = call.keyspace.databases[index];
    if (database === undefined) {
      call.reply.error(DB_OUT_OF_RANGE);
      return;
    }
    call.session.database = database;
    call.reply.ok();
  },
);

export const quit = control(
  'QUIT',
  {
    group: 'connection',
    summary: 'Ends the connection.',
    since: '1.0.0',
    complexity: 'O(1)',
    arity: -1,
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    deprecated: { since: '7.2.0', instead: 'just closing the connection' },
  },
  function quit(call) {
    call.session.stopped = STOPPED_CLOSING;
    call.reply.ok();
  },
);

const NO_PASSWORD = error(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is ' +
    'correct?',
);

export const auth = control(
  'AUTH',
  {
    group: 'connection',
    summary: 'Says who the client is.',
    since: '1.0.0',
    complexity: 'O(N), N being the passwords of the user.',
    args: [optional(text('username', { since: '6.0.0' })), text('password')],
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    history: [['6.0.0', 'User names.']],
    isSecret: (_call, index) => index > 0,
  },
  function auth(call) {
    const { acl } = call.engine;
    if (call.count > 3) call.reply.error(SYNTAX_ERROR);
    else if (call.count === 2 && acl.users.default.nopass) call.reply.error(NO_PASSWORD);
    else if (acl.authenticate(call, call.count === 2 ? DEFAULT_USER : call.text(1), call.text(call.count - 1)))
      call.reply.ok();
  },
);

const AUTH = word('AUTH');
const SETNAME = word('SETNAME');
const BAD_VERSION = error('ERR Protocol version is not an integer or out of range');
const HELLO_UNAUTHENTICATED = error(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> ' +
    'option can be used to authenticate the client and select the RESP protocol version at the same time',
);

export const hello = control(
  'HELLO',
  {
    group: 'connection',
    summary: 'Chooses the protocol version, and tells about the server.',
    since: '6.0.0',
    complexity: 'O(1)',
    args: [
      optional(
        block(
          'arguments',
          integer('protover'),
          optional(block('auth', text('username'), text('password')), { token: 'AUTH' }),
          optional(text('clientname', { token: 'SETNAME' })),
        ),
      ),
    ],
    replies: [reply.map('what the server is')],
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    history: [['6.2.0', 'The protocol version may be left out.']],
    isSecret: (call, index) => (index > 2 && call.is(index - 1, AUTH)) || (index > 3 && call.is(index - 2, AUTH)),
  },
  function hello(call) {
    let version = 0;
    if (call.count > 1) {
      version = parseInteger(call.bytes, call.starts[1]!, call.ends[1]!);
      if (Number.isNaN(version)) {
        call.reply.error(BAD_VERSION);
        return;
      }
      if (version !== 2 && version !== 3) {
        call.reply.error(NO_PROTO);
        return;
      }
    }
    const name = applyHelloOptions(call);
    if (name === REFUSED) return;
    const { session } = call;
    if (!session.authenticated) {
      call.reply.error(HELLO_UNAUTHENTICATED);
      return;
    }
    if (name !== null) session.name = name;
    if (version !== 0) {
      session.resp = version as 2 | 3;
      call.reply.resp = session.resp;
      updateSubscribedGate(session);
    }
    describe(call);
  },
);

const REFUSED = Symbol('refused');

/** Carries AUTH out and returns the name that SETNAME gives, if any; REFUSED after replying an error. */
function applyHelloOptions(call: Call): string | null | typeof REFUSED {
  let name: string | null = null;
  let user: string | null = null;
  let password = '';
  for (let index = 2; index < call.count; index++) {
    const left = call.count - 1 - index;
    if (call.is(index, AUTH) && left >= 2) {
      user = call.text(index + 1);
      password = call.text(index + 2);
      index += 2;
    } else if (call.is(index, SETNAME) && left >= 1) {
      name = call.text(index + 1);
      if (!isClientName(name)) {
        call.reply.error(NAME_REFUSAL);
        return REFUSED;
      }
      index++;
    } else {
      call.reply.errorText(`ERR Syntax error in HELLO option '${call.text(index)}'`);
      return REFUSED;
    }
  }
  return user === null || call.engine.acl.authenticate(call, user, password) ? name : REFUSED;
}

function describe(call: Call): void {
  const { reply: out, session } = call;
  const { identity } = call.engine;
  out.map(7);
  out.bulkText('server');
  out.bulkText('redis');
  out.bulkText('version');
  out.bulkText(identity.version);
  out.bulkText('proto');
  out.integer(session.resp);
  out.bulkText('id');
  out.integer(session.id);
  out.bulkText('mode');
  out.bulkText(identity.mode);
  out.bulkText('role');
  out.bulkText(identity.role);
  out.bulkText('modules');
  out.emptyArray();
}

export const reset = control(
  'RESET',
  {
    group: 'connection',
    summary: 'Makes the connection as if it were new.',
    since: '6.2.0',
    complexity: 'O(1)',
    replies: [reply.simple('RESET')],
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  },
  function reset(call) {
    const { engine, session } = call;
    engine.discard(session);
    engine.pubsub.forget(session);
    engine.tracking.disable(session);
    engine.monitors.delete(session);
    session.monitor = false;
    session.resp = 2;
    session.database = call.keyspace.databases[0]!;
    session.name = '';
    session.fieldsets = null;
    session.noEvict = false;
    session.noTouch = false;
    session.readOnly = false;
    // What CLIENT REPLY SKIP said of this very reply still holds, as in Redis.
    if (session.replies !== REPLY_SKIP) session.replies = REPLY_ON;
    updateSubscribedGate(session);
    engine.acl.begin(session);
    engine.refreshEffects();
    call.reply.resp = 2;
    call.reply.simple('RESET');
  },
);
