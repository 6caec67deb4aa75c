// MIGRATE: moves keys to another server. The client waits, the event loop does not; migration.ts says what holds for the
// keys meanwhile. Inside MULTI the engine stands still (engine/standstill.ts). A script cannot wait: there it is refused.

import { type Call, type WriteCall, word } from '../../engine/call.ts';
import {
  block,
  type CommandDefinition,
  integer,
  key,
  multiple,
  oneOf,
  optional,
  reply,
  text,
  token,
  write,
} from '../../engine/command.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../protocol/errors.ts';
import { Migration, type MigrationOrder, NOT_ACKNOWLEDGED } from '../migration.ts';
import type { Server } from '../server.ts';

const COPY = word('COPY');
const REPLACE = word('REPLACE');
const AUTH = word('AUTH');
const AUTH2 = word('AUTH2');
const KEYS = word('KEYS');

/** Arguments from which options begin, and of the single key. */
const OPTIONS_AT = 6;
const KEY_AT = 3;
const TIMEOUT_DEFAULT_MS = 1000;

const KEY_NOT_EMPTY = error('ERR When using MIGRATE KEYS option, the key argument must be set to the empty string');
const MAY_NOT_WAIT = error('ERR MIGRATE waits for another server, which is not possible inside a script');

interface Options {
  copy: boolean;
  replace: boolean;
  /** Arguments that are credentials: [from, to). */
  credentialsFrom: number;
  credentialsTo: number;
  /** Arguments that are keys: [from, to). */
  keysFrom: number;
  keysTo: number;
}

/** Reads the options; an error line for what is wrong with them. */
function readOptions(call: Call | WriteCall): Options | Uint8Array {
  const options: Options = {
    copy: false,
    replace: false,
    credentialsFrom: 0,
    credentialsTo: 0,
    keysFrom: KEY_AT,
    keysTo: KEY_AT + 1,
  };
  for (let index = OPTIONS_AT; index < call.count; index++) {
    const words = call.is(index, AUTH) ? 1 : call.is(index, AUTH2) ? 2 : 0;
    if (call.is(index, COPY)) options.copy = true;
    else if (call.is(index, REPLACE)) options.replace = true;
    else if (words > 0 && index + words < call.count) {
      options.credentialsFrom = index + 1;
      options.credentialsTo = index + 1 + words;
      index += words;
    } else if (call.is(index, KEYS)) {
      if (call.length(KEY_AT) > 0) return KEY_NOT_EMPTY;
      options.keysFrom = index + 1;
      options.keysTo = call.count;
      break;
    } else return SYNTAX_ERROR;
  }
  return options;
}

/** The keys of a call as it came: words after unknown ones are looked at, too. */
function findKeys(call: Call, keys: number[]): void {
  for (let index = OPTIONS_AT; index < call.count; index++) {
    if (call.is(index, KEYS)) {
      if (call.length(KEY_AT) > 0) return;
      for (let each = index + 1; each < call.count; each++) keys.push(each);
      return;
    }
    if (call.is(index, AUTH)) index += 1;
    else if (call.is(index, AUTH2)) index += 2;
  }
  keys.push(KEY_AT);
}

/** Whether an argument is a password or a user's name. */
function isCredential(call: Call, wanted: number): boolean {
  for (let index = OPTIONS_AT; index < wanted; index++) {
    if (call.is(index, KEYS)) return false;
    const words = call.is(index, AUTH) ? 1 : call.is(index, AUTH2) ? 2 : 0;
    if (wanted <= index + words) return true;
    index += words;
  }
  return false;
}

export function migrateCommands(server: Server): CommandDefinition[] {
  return [
    write(
      'MIGRATE',
      {
        group: 'generic',
        summary: 'Moves keys to another server.',
        since: '2.6.0',
        complexity: 'That of DUMP and DEL here and of RESTORE there, for each key.',
        args: [
          text('host'),
          integer('port'),
          oneOf('key-selector', key('key', 'RW', 'access', 'delete'), { ...token('""'), name: 'empty-string' }),
          integer('destination-db'),
          integer('timeout'),
          optional(token('COPY'), { since: '3.0.0' }),
          optional(token('REPLACE'), { since: '3.0.0' }),
          optional(
            oneOf('authentication', text('auth', { token: 'AUTH', display: 'password', since: '4.0.7' }), {
              ...block('auth2', text('username'), text('password')),
              token: 'AUTH2',
              since: '6.0.0',
            }),
          ),
          optional(
            multiple({ ...key('keys', 'RW', 'access', 'delete', 'incomplete'), token: 'KEYS', display: 'key' }),
            {
              since: '3.0.6',
            },
          ),
        ],
        replies: [reply.ok(), reply.simple('NOKEY: none of the keys is there')],
        categories: ['keyspace', 'dangerous'],
        arity: -6,
        keySpecs: [
          {
            flags: ['RW', 'access', 'delete'],
            begin: { index: KEY_AT },
            find: { last: 0, step: 1, limit: 0 },
          },
          {
            flags: ['RW', 'access', 'delete', 'incomplete'],
            begin: { keyword: 'KEYS', from: -2 },
            find: { last: -1, step: 1, limit: 0 },
          },
        ],
        findKeys,
        keyFlagsOf: () => ['RW', 'access', 'delete'],
        isSecret: isCredential,
        tips: ['nondeterministic_output'],
        history: [
          ['3.0.0', 'COPY and REPLACE.'],
          ['3.0.6', 'KEYS.'],
          ['4.0.7', 'AUTH.'],
          ['6.0.0', 'AUTH2.'],
        ],
      },
      (call) => migrate(server, call),
    ),
  ];
}

function migrate(server: Server, call: WriteCall): void {
  const options = readOptions(call);
  if (options instanceof Uint8Array) {
    call.reply.error(options);
    return;
  }
  const timeoutMs = call.clampedInteger(5);
  if (Number.isNaN(timeoutMs)) return;
  const target = call.int64(4);
  if (target === null) return;
  const keys: Uint8Array[] = [];
  for (let index = options.keysFrom; index < options.keysTo; index++) {
    if (call.find(index) !== NONE) keys.push(call.copy(index));
  }
  if (keys.length === 0) {
    call.reply.simple('NOKEY');
    return;
  }
  if (!call.mayBlock() && !call.mayStandStill()) {
    call.reply.error(MAY_NOT_WAIT);
    return;
  }
  const credentials: Uint8Array[] = [];
  for (let index = options.credentialsFrom; index < options.credentialsTo; index++) credentials.push(call.copy(index));
  begin(server, call, {
    host: call.text(1),
    port: call.text(2),
    target: String(target),
    timeoutMs: timeoutMs <= 0 ? TIMEOUT_DEFAULT_MS : timeoutMs,
    copy: options.copy,
    replace: options.replace,
    credentials,
    database: call.database,
    keys,
  });
}

function begin(server: Server, call: WriteCall, order: MigrationOrder): void {
  const { session } = call;
  if (!call.mayBlock()) {
    const awaited = call.standStill(() => migration.giveUp());
    const migration = new Migration(server, order, {
      standsStill: true,
      done: (end) => awaited.proceed(end),
    });
    migration.start();
    return;
  }
  call.block([], Number.POSITIVE_INFINITY, (out) => out.error(NOT_ACKNOWLEDGED), 'lazy');
  const { blocked } = session;
  const migration = new Migration(server, order, {
    standsStill: false,
    done: (end) => {
      const write = end();
      // The client may have gone, or be waiting for something else since CLIENT UNBLOCK.
      if (session.blocked === blocked && blocked !== null) server.engine.serving.unblock(session, write);
    },
  });
  migration.start();
}
