// CLIENT: what a connection may ask and set of itself, and an operator of all of them.

import { parseInteger } from '../../lib/integers.ts';
import {
  error,
  SYNTAX_ERROR,
  TIMEOUT_NEGATIVE,
  TIMEOUT_NOT_AN_INTEGER,
  UNBLOCKED_BY_CLIENT,
} from '../../protocol/errors.ts';
import { type Call, word } from '../call.ts';
import { type ClientType, clientType, describeClient } from '../client-list.ts';
import {
  type CommandFlag,
  container,
  control,
  integer,
  multiple,
  oneOf,
  optional,
  reply,
  text,
  token,
} from '../command.ts';
import { REPLY_OFF, REPLY_ON, REPLY_SKIP_NEXT, type Session } from '../session.ts';
import { isClientName, NAME_REFUSAL } from './client-names.ts';
import { CACHING_HELP, TRACKING_HELP, TRACKING_SUBCOMMANDS } from './client-tracking.ts';

const ON = word('ON');
const OFF = word('OFF');
const SKIP = word('SKIP');
const WRITE = word('WRITE');
const ALL = word('ALL');
const YES = word('YES');
const NO = word('NO');
const TYPE = word('TYPE');
const ID = word('ID');
const ADDR = word('ADDR');
const LADDR = word('LADDR');
const USER = word('USER');
const SKIPME = word('SKIPME');
const MAXAGE = word('MAXAGE');
const TIMEOUT = word('TIMEOUT');
const ERROR = word('ERROR');
const LIB_NAME = word('LIB-NAME');
const LIB_VER = word('LIB-VER');

const BASIC: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const ADMIN: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale'];

const ID_TOO_SMALL = error('ERR client-id should be greater than 0');
const AGE_TOO_SMALL = error('ERR maxage should be greater than 0');
const INVALID_ID = error('ERR Invalid client ID');
const NO_SUCH_CLIENT = error('ERR No such client');
const BAD_REASON = error('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
const NOT_FOUND = -1;

/** The type that an argument names; null after replying that there is none such. */
function typeAt(call: Call, index: number): ClientType | null {
  const name = call.text(index).toLowerCase();
  const found = name === 'slave' ? 'replica' : name;
  if (found === 'normal' || found === 'master' || found === 'replica' || found === 'pubsub') return found;
  call.reply.errorText(`ERR Unknown client type '${call.text(index)}'`);
  return null;
}

function replyLines(call: Call, sessions: Iterable<Session>): void {
  let lines = '';
  for (const session of sessions) lines += `${describeClient(call.engine, session)}\n`;
  call.reply.verbatim('txt', lines);
}

function list(call: Call): void {
  const sessions = [...call.engine.sessions.values()];
  if (call.count === 2) replyLines(call, sessions);
  else if (call.count === 4 && call.is(2, TYPE)) {
    const type = typeAt(call, 3);
    if (type !== null)
      replyLines(
        call,
        sessions.filter((session) => clientType(session) === type),
      );
  } else if (call.count > 3 && call.is(2, ID)) {
    const found: Session[] = [];
    for (let index = 3; index < call.count; index++) {
      const id = parseInteger(call.bytes, call.starts[index]!, call.ends[index]!);
      if (Number.isNaN(id)) {
        call.reply.error(INVALID_ID);
        return;
      }
      const session = call.engine.sessions.get(id);
      if (session !== undefined) found.push(session);
    }
    replyLines(call, found);
  } else call.reply.error(SYNTAX_ERROR);
}

/** The filters of CLIENT KILL: a session is killed when all that were given hold. */
class KillFilter {
  id = NOT_FOUND;
  type: ClientType | null = null;
  address = '';
  localAddress = '';
  user: string | null = null;
  maxAge = NOT_FOUND;
  skipsMe = true;

  /** Reads pairs of option and value; false after replying an error. */
  parse(call: Call): boolean {
    for (let index = 2; index < call.count; index += 2) {
      if (index + 1 >= call.count) {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
      if (!this.parseOne(call, index)) return false;
    }
    return true;
  }

  private parseOne(call: Call, index: number): boolean {
    const value = index + 1;
    if (call.is(index, ID)) {
      this.id = parseInteger(call.bytes, call.starts[value]!, call.ends[value]!);
      if (this.id > 0) return true;
      call.reply.error(ID_TOO_SMALL);
      return false;
    }
    if (call.is(index, MAXAGE)) {
      this.maxAge = call.integer(value);
      if (this.maxAge > 0) return true;
      if (!Number.isNaN(this.maxAge)) call.reply.error(AGE_TOO_SMALL);
      return false;
    }
    if (call.is(index, TYPE)) {
      this.type = typeAt(call, value);
      return this.type !== null;
    }
    if (call.is(index, ADDR)) this.address = call.text(value);
    else if (call.is(index, LADDR)) this.localAddress = call.text(value);
    else if (call.is(index, USER)) {
      this.user = call.text(value);
      if (call.engine.acl.users.find(this.user) !== null) return true;
      call.reply.errorText(`ERR No such user '${this.user}'`);
      return false;
    } else if (call.is(index, SKIPME) && call.is(value, YES)) this.skipsMe = true;
    else if (call.is(index, SKIPME) && call.is(value, NO)) this.skipsMe = false;
    else {
      call.reply.error(SYNTAX_ERROR);
      return false;
    }
    return true;
  }

  matches(session: Session, me: Session, now: number): boolean {
    if (this.skipsMe && session === me) return false;
    if (this.id !== NOT_FOUND && session.id !== this.id) return false;
    if (this.type !== null && clientType(session) !== this.type) return false;
    if (this.address !== '' && session.peer.address() !== this.address) return false;
    if (this.localAddress !== '' && session.peer.localAddress() !== this.localAddress) return false;
    if (this.user !== null && (session.user?.name !== this.user || !session.authenticated)) return false;
    return this.maxAge === NOT_FOUND || Math.floor((now - session.createdAt) / 1000) >= this.maxAge;
  }
}

function kill(call: Call): void {
  const { engine, session: me } = call;
  if (call.count === 3) {
    const address = call.text(2);
    for (const session of engine.sessions.values()) {
      if (session.peer.address() !== address) continue;
      call.reply.ok();
      engine.kill(session);
      return;
    }
    call.reply.error(NO_SUCH_CLIENT);
    return;
  }
  const filter = new KillFilter();
  if (!filter.parse(call)) return;
  const killed = [...engine.sessions.values()].filter((session) => filter.matches(session, me, call.now()));
  call.reply.integer(killed.length);
  for (const session of killed) engine.kill(session);
}

function pause(call: Call): void {
  let all = true;
  if (call.count === 4 && call.is(3, WRITE)) all = false;
  else if (call.count > 4 || (call.count === 4 && !call.is(3, ALL))) {
    call.reply.error(call.count > 4 ? SYNTAX_ERROR : BAD_PAUSE);
    return;
  }
  const ms = parseInteger(call.bytes, call.starts[2]!, call.ends[2]!);
  if (Number.isNaN(ms)) call.reply.error(TIMEOUT_NOT_AN_INTEGER);
  else if (ms < 0) call.reply.error(TIMEOUT_NEGATIVE);
  else {
    call.engine.pause(call.now() + ms, all);
    call.reply.ok();
  }
}

const BAD_PAUSE = error('ERR CLIENT PAUSE mode must be WRITE or ALL');

/** ON or OFF in argument 2; null after replying a syntax error. */
function switchAt(call: Call): boolean | null {
  if (call.is(2, ON)) return true;
  if (call.is(2, OFF)) return false;
  call.reply.error(SYNTAX_ERROR);
  return null;
}

function unblock(call: Call): void {
  let withError = false;
  if (call.count === 4) {
    if (call.is(3, ERROR)) withError = true;
    else if (!call.is(3, TIMEOUT)) {
      call.reply.error(BAD_REASON);
      return;
    }
  } else if (call.count > 4) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const id = call.integer(2);
  if (Number.isNaN(id)) return;
  const session = call.engine.sessions.get(id);
  const blocked = session?.blocked ?? null;
  // What waits for the server itself (SHUTDOWN, FLUSHALL) is not for clients to end.
  if (session === undefined || blocked === null || blocked.on === 'shutdown' || blocked.on === 'flush') {
    call.reply.integer(0);
    return;
  }
  call.engine.serving.unblock(session, withError ? (out) => out.error(UNBLOCKED_BY_CLIENT) : blocked.onTimeout);
  call.reply.integer(1);
}

function setInfo(call: Call): void {
  const value = call.text(3);
  const isName = call.is(2, LIB_NAME);
  if (!isName && !call.is(2, LIB_VER)) {
    call.reply.errorText(`ERR Unrecognized option '${call.text(2)}'`);
    return;
  }
  if (!isClientName(value)) {
    call.reply.errorText(
      `ERR ${isName ? 'lib-name' : 'lib-ver'} cannot contain spaces, newlines or special characters.`,
    );
    return;
  }
  if (isName) call.session.libraryName = value;
  else call.session.libraryVersion = value;
  call.reply.ok();
}

const TYPES = oneOf(
  'client-type',
  token('NORMAL'),
  token('MASTER'),
  token('REPLICA', { since: '5.0.0' }),
  token('PUBSUB'),
);
const TYPES_TO_END = oneOf(
  'client-type',
  token('NORMAL'),
  token('MASTER', { since: '3.2.0' }),
  token('SLAVE'),
  token('REPLICA', { since: '5.0.0' }),
  token('PUBSUB'),
);
const SWITCH = oneOf('enabled', token('ON'), token('OFF'));

export const client = container(
  'CLIENT',
  {
    group: 'connection',
    summary: 'Looks at connections and changes them.',
    since: '2.4.0',
    help: [
      ...CACHING_HELP,
      'GETNAME',
      '    Return the name of the current connection.',
      'ID',
      '    Return the ID of the current connection.',
      'INFO',
      '    Return information about the current client connection.',
      'KILL <ip:port>',
      '    Kill connection made from <ip:port>.',
      'KILL <option> <value> [<option> <value> [...]]',
      '    Kill connections. Options are:',
      '    * ADDR (<ip:port>|<unixsocket>:0)',
      '      Kill connections made from the specified address',
      '    * LADDR (<ip:port>|<unixsocket>:0)',
      '      Kill connections made to specified local address',
      '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
      '      Kill connections by type.',
      '    * USER <username>',
      '      Kill connections authenticated by <username>.',
      '    * SKIPME (YES|NO)',
      '      Skip killing current connection (default: yes).',
      '    * ID <client-id>',
      '      Kill connections by client id.',
      '    * MAXAGE <maxage>',
      '      Kill connections older than the specified age.',
      'LIST [options ...]',
      '    Return information about client connections. Options:',
      '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
      '      Return clients of specified type.',
      'UNPAUSE',
      '    Stop the current client pause, resuming traffic.',
      'PAUSE <timeout> [WRITE|ALL]',
      '    Suspend all, or just write, clients for <timeout> milliseconds.',
      'REPLY (ON|OFF|SKIP)',
      '    Control the replies sent to the current connection.',
      'SETNAME <name>',
      '    Assign the name <name> to the current connection.',
      'SETINFO <option> <value>',
      '    Set client meta attr. Options are:',
      '    * LIB-NAME: the client lib name.',
      '    * LIB-VER: the client lib version.',
      'UNBLOCK <clientid> [TIMEOUT|ERROR]',
      '    Unblock the specified blocked client.',
      ...TRACKING_HELP,
      'NO-EVICT (ON|OFF)',
      '    Protect current client connection from eviction.',
      'NO-TOUCH (ON|OFF)',
      '    Will not touch LRU/LFU stats when this mode is on.',
    ],
  },
  [
    control(
      'ID',
      {
        group: 'connection',
        summary: 'Tells the id of the connection.',
        since: '5.0.0',
        complexity: 'O(1)',
        replies: [reply.integer('the id')],
        flags: BASIC,
        categories: ['connection'],
      },
      function id(call) {
        call.reply.integer(call.session.id);
      },
    ),
    control(
      'INFO',
      {
        group: 'connection',
        summary: 'Describes the connection.',
        since: '6.2.0',
        complexity: 'O(1)',
        replies: [reply.verbatim('a line of fields')],
        flags: BASIC,
        categories: ['connection'],
        tips: ['nondeterministic_output'],
      },
      function info(call) {
        replyLines(call, [call.session]);
      },
    ),
    control(
      'LIST',
      {
        group: 'connection',
        summary: 'Describes all connections.',
        since: '2.4.0',
        complexity: 'O(N), N being the connections.',
        args: [
          optional({ ...TYPES, token: 'TYPE', since: '5.0.0' }),
          optional(multiple(integer('client-id', { token: 'ID' })), { since: '6.2.0' }),
        ],
        replies: [reply.verbatim('a line for each')],
        flags: ADMIN,
        categories: ['connection'],
        tips: ['nondeterministic_output'],
        history: [
          ['2.8.12', 'The id.'],
          ['5.0.0', 'Option TYPE.'],
          ['6.0.0', 'The field user.'],
          ['6.2.0', 'The fields argv-mem, tot-mem, laddr and redir, and the filter ID.'],
          ['7.0.0', 'The fields resp, multi-mem, rbs and rbp.'],
          ['7.0.3', 'The field ssub.'],
        ],
      },
      list,
    ),
    control(
      'KILL',
      {
        group: 'connection',
        summary: 'Ends connections.',
        since: '2.4.0',
        complexity: 'O(N), N being the connections.',
        args: [
          oneOf('filter', text('old-format', { display: 'ip:port', deprecatedSince: '2.8.12' }), {
            ...multiple(
              oneOf(
                'new-format',
                optional(integer('client-id', { token: 'ID' }), { since: '2.8.12' }),
                optional({ ...TYPES_TO_END, token: 'TYPE', since: '2.8.12' }),
                optional(text('username', { token: 'USER' })),
                optional(text('addr', { token: 'ADDR', display: 'ip:port' })),
                optional(text('laddr', { token: 'LADDR', display: 'ip:port' }), { since: '6.2.0' }),
                optional({ ...oneOf('skipme', token('YES'), token('NO')), token: 'SKIPME' }),
                optional(integer('maxage', { token: 'MAXAGE' }), { since: '7.4.0' }),
              ),
            ),
          }),
        ],
        arity: -3,
        replies: [reply.ok('in the old form'), reply.integer('how many were ended')],
        flags: ADMIN,
        categories: ['connection'],
        history: [
          ['2.8.12', 'Filters.'],
          ['3.2.0', 'The type master.'],
          ['5.0.0', 'The type replica.'],
          ['6.2.0', 'Option LADDR.'],
          ['7.4.0', 'Option MAXAGE.'],
        ],
      },
      kill,
    ),
    control(
      'GETNAME',
      {
        group: 'connection',
        summary: 'Tells the name of the connection.',
        since: '2.6.9',
        complexity: 'O(1)',
        replies: [reply.bulk('the name'), reply.nil('it has none')],
        flags: BASIC,
        categories: ['connection'],
      },
      function getname(call) {
        if (call.session.name === '') call.reply.nil();
        else call.reply.bulkText(call.session.name);
      },
    ),
    control(
      'SETNAME',
      {
        group: 'connection',
        summary: 'Gives the connection a name.',
        since: '2.6.9',
        complexity: 'O(1)',
        args: [text('connection-name')],
        replies: [reply.ok()],
        flags: BASIC,
        categories: ['connection'],
      },
      function setname(call) {
        const name = call.text(2);
        if (!isClientName(name)) {
          call.reply.error(NAME_REFUSAL);
          return;
        }
        call.session.name = name;
        call.reply.ok();
      },
    ),
    control(
      'SETINFO',
      {
        group: 'connection',
        summary: 'Tells which library the client uses.',
        since: '7.2.0',
        complexity: 'O(1)',
        args: [oneOf('attr', text('libname', { token: 'LIB-NAME' }), text('libver', { token: 'LIB-VER' }))],
        arity: 4,
        replies: [reply.ok()],
        flags: BASIC,
        categories: ['connection'],
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      },
      setInfo,
    ),
    control(
      'PAUSE',
      {
        group: 'connection',
        summary: 'Lets the commands of clients wait.',
        since: '3.0.0',
        complexity: 'O(1)',
        args: [integer('timeout'), optional(oneOf('mode', token('WRITE'), token('ALL')), { since: '6.2.0' })],
        replies: [reply.ok()],
        flags: ADMIN,
        categories: ['connection'],
        history: [['6.2.0', 'The modes WRITE and ALL.']],
      },
      pause,
    ),
    control(
      'UNPAUSE',
      {
        group: 'connection',
        summary: 'Ends a pause.',
        since: '6.2.0',
        complexity: 'O(N), N being the clients that wait.',
        replies: [reply.ok()],
        flags: ADMIN,
        categories: ['connection'],
      },
      function unpause(call) {
        call.engine.unpause();
        call.reply.ok();
      },
    ),
    control(
      'REPLY',
      {
        group: 'connection',
        summary: 'Chooses whether the connection gets replies.',
        since: '3.2.0',
        complexity: 'O(1)',
        args: [oneOf('action', token('ON'), token('OFF'), token('SKIP'))],
        replies: [reply.ok('only for ON')],
        flags: BASIC,
        categories: ['connection'],
      },
      function replyMode(call) {
        const { session } = call;
        if (call.is(2, ON)) {
          session.replies = REPLY_ON;
          call.reply.ok();
        } else if (call.is(2, OFF)) session.replies = REPLY_OFF;
        else if (call.is(2, SKIP)) {
          if (session.replies !== REPLY_OFF) session.replies = REPLY_SKIP_NEXT;
        } else call.reply.error(SYNTAX_ERROR);
      },
    ),
    control(
      'NO-EVICT',
      {
        group: 'connection',
        summary: 'Keeps the connection when memory for clients runs out.',
        since: '7.0.0',
        complexity: 'O(1)',
        args: [SWITCH],
        replies: [reply.ok()],
        flags: ADMIN,
        categories: ['connection'],
      },
      function noEvict(call) {
        const on = switchAt(call);
        if (on === null) return;
        call.session.noEvict = on;
        call.engine.clientMemory.reconsider();
        call.reply.ok();
      },
    ),
    control(
      'NO-TOUCH',
      {
        group: 'connection',
        summary: 'Lets the commands of the connection leave access times alone.',
        since: '7.2.0',
        complexity: 'O(1)',
        args: [SWITCH],
        replies: [reply.ok()],
        flags: BASIC,
        categories: ['connection'],
      },
      function noTouch(call) {
        const on = switchAt(call);
        if (on === null) return;
        call.session.noTouch = on;
        call.reply.ok();
      },
    ),
    control(
      'UNBLOCK',
      {
        group: 'connection',
        summary: 'Ends the waiting of a blocked client.',
        since: '5.0.0',
        complexity: 'O(log N), N being the blocked clients.',
        args: [integer('client-id'), optional(oneOf('unblock-type', token('TIMEOUT'), token('ERROR')))],
        replies: [reply.integer('1: it was blocked, 0: it was not')],
        flags: ADMIN,
        categories: ['connection'],
      },
      unblock,
    ),
    ...TRACKING_SUBCOMMANDS,
  ],
);
