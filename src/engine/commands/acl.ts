// ACL: who may do what. engine/acl keeps the users and decides; here they are shown and changed.

import { parseInteger } from '../../lib/integers.ts';
import { error, NOT_AN_INTEGER, subcommandSyntax, untilNul, wrongArity } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { AclLogEntry } from '../acl/acl-log.ts';
import { DENIED_COMMAND, DENIED_KEY, PERMITTED } from '../acl/permissions.ts';
import type { Selector } from '../acl/selector.ts';
import { DEFAULT_USER, type User } from '../acl/user.ts';
import { type Call, word } from '../call.ts';
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
import { CATEGORIES, categoriesOf } from '../command-categories.ts';
import { commandOf, innerCall } from './command-info.ts';

const FLAGS: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const ADMIN: readonly CommandFlag[] = ['admin', ...FLAGS];

const HELP = [
  'CAT [<category>]',
  '    List all commands that belong to <category>, or all command categories',
  '    when no category is specified.',
  'DELUSER <username> [<username> ...]',
  '    Delete a list of users.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Returns whether the user can execute the given command without executing the command.',
  'GETUSER <username>',
  "    Get the user's details.",
  'GENPASS [<bits>]',
  '    Generate a secure 256-bit user password. The optional `bits` argument can',
  '    be used to specify a different size.',
  'LIST',
  '    Show users details in config file format.',
  'LOAD',
  '    Reload users from the ACL file.',
  'LOG [<count> | RESET]',
  '    Show the ACL log entries.',
  'SAVE',
  '    Save the current config to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Create or modify a user with the specified attributes.',
  'USERS',
  '    List all the registered usernames.',
  'WHOAMI',
  '    Return the current connection username.',
];

/** A subcommand with more arguments than it takes. */
function refuseMore(call: Call, name: string): void {
  call.reply.errorText(subcommandSyntax('ACL', name));
}

// --- users ---

/**
 *     > ACL SETUSER ann on >secret ~cache:* +@read
 *     OK
 *     > ACL DRYRUN ann SET cache:1 x
 *     "User ann has no permissions to run the 'set' command"
 */
const setuser = control(
  'SETUSER',
  {
    group: 'server',
    summary: 'Makes a user, or changes what it may do.',
    since: '6.0.0',
    complexity: 'O(N), N being the rules.',
    args: [text('username'), optional(multiple(text('rule')))],
    replies: [reply.ok()],
    flags: ADMIN,
    history: [
      ['6.2.0', 'Patterns of channels.'],
      ['7.0.0', 'Selectors and permissions to read and to write keys.'],
    ],
    isSecret: (_call, index) => index > 1,
  },
  function setuser(call) {
    const rules = [];
    for (let index = 3; index < call.count; index++) rules.push(call.text(index));
    const refusal = call.engine.acl.setUser(call.text(2), rules);
    if (refusal === null) call.reply.ok();
    else call.reply.errorText(`ERR ${refusal}`);
  },
);

const DEFAULT_STAYS = error("ERR The 'default' user cannot be removed");

const deluser = control(
  'DELUSER',
  {
    group: 'server',
    summary: 'Deletes users, and ends their connections.',
    since: '6.0.0',
    complexity: 'O(N), N being the connections.',
    args: [multiple(text('username'))],
    replies: [reply.integer('how many there were')],
    flags: ADMIN,
    isSecret: (_call, index) => index > 1,
  },
  function deluser(call) {
    for (let index = 2; index < call.count; index++) {
      if (call.text(index) !== DEFAULT_USER) continue;
      call.reply.error(DEFAULT_STAYS);
      return;
    }
    let deleted = 0;
    for (let index = 2; index < call.count; index++) if (call.engine.acl.deleteUser(call.text(index))) deleted++;
    call.reply.integer(deleted);
  },
);

function writePermissions(out: Reply, selector: Selector): void {
  out.bulkText('commands');
  out.bulkText(selector.commandsText());
  out.bulkText('keys');
  out.bulkText(selector.keysText());
  out.bulkText('channels');
  out.bulkText(selector.channelsText());
}

function writeUser(out: Reply, user: User): void {
  const [root, ...selectors] = user.selectors;
  out.map(6);
  out.bulkText('flags');
  const flags = user.flags();
  out.set(flags.length);
  for (const flag of flags) out.bulkText(flag);
  out.bulkText('passwords');
  out.array(user.passwords.length);
  for (const digest of user.passwords) out.bulkText(digest.text);
  writePermissions(out, root!);
  out.bulkText('selectors');
  out.array(selectors.length);
  for (const selector of selectors) {
    out.map(3);
    writePermissions(out, selector);
  }
}

const getuser = control(
  'GETUSER',
  {
    group: 'server',
    summary: 'Tells all about a user.',
    since: '6.0.0',
    complexity: 'O(N), N being its passwords and rules.',
    args: [text('username')],
    replies: [reply.map('flags, passwords, commands, keys, channels, selectors'), reply.nil('there is no such user')],
    flags: ADMIN,
    history: [
      ['6.2.0', 'The patterns of channels.'],
      ['7.0.0', 'Selectors; keys and channels as rules.'],
    ],
    isSecret: (_call, index) => index > 1,
  },
  function getuser(call) {
    const user = call.engine.acl.users.find(call.text(2));
    if (user === null) call.reply.nil();
    else writeUser(call.reply, user);
  },
);

const list = control(
  'LIST',
  {
    group: 'server',
    summary: 'Lists all users with their rules, as a file has them.',
    since: '6.0.0',
    complexity: 'O(N), N being the users.',
    replies: [reply.array('a line for each')],
    flags: ADMIN,
  },
  function list(call) {
    const users = call.engine.acl.users.all();
    call.reply.array(users.length);
    for (const user of users) call.reply.bulkText(`user ${user.name} ${user.rulesText()}`);
  },
);

const users = control(
  'USERS',
  {
    group: 'server',
    summary: 'Lists the names of all users.',
    since: '6.0.0',
    complexity: 'O(N), N being the users.',
    replies: [reply.array('names')],
    flags: ADMIN,
  },
  function users(call) {
    const all = call.engine.acl.users.all();
    call.reply.array(all.length);
    for (const { name } of all) call.reply.bulkText(name);
  },
);

const whoami = control(
  'WHOAMI',
  {
    group: 'server',
    summary: 'Tells whose connection this is.',
    since: '6.0.0',
    complexity: 'O(1)',
    replies: [reply.bulk('the name of the user')],
    flags: FLAGS,
  },
  function whoami(call) {
    const { user } = call.session;
    if (user === null) call.reply.nil();
    else call.reply.bulkText(user.name);
  },
);

// --- what there is to permit ---

const cat = control(
  'CAT',
  {
    group: 'server',
    summary: 'Lists the categories of commands, or the commands of one.',
    since: '6.0.0',
    complexity: 'O(N), N being all commands.',
    args: [optional(text('category'))],
    replies: [reply.array('names')],
    flags: FLAGS,
  },
  function cat(call) {
    if (call.count > 3) {
      refuseMore(call, call.text(1));
      return;
    }
    if (call.count === 2) {
      call.reply.array(CATEGORIES.length);
      for (const category of CATEGORIES) call.reply.bulkText(category);
      return;
    }
    const wanted = CATEGORIES.find((category) => category === call.text(2).toLowerCase());
    if (wanted === undefined) {
      call.reply.errorText(`ERR Unknown category '${untilNul(call.text(2))}'`);
      return;
    }
    const { table } = call.engine;
    const names = table.definitions
      .filter((definition, id) => table.subcommandsOf(id).length === 0 && categoriesOf(definition).includes(wanted))
      .map(({ name }) => name);
    call.reply.array(names.length);
    for (const name of names) call.reply.bulkText(name);
  },
);

const dryrun = control(
  'DRYRUN',
  {
    group: 'server',
    summary: 'Tells whether a user may run a command, without running it.',
    since: '7.0.0',
    complexity: 'O(1)',
    args: [text('username'), text('command'), optional(multiple(text('arg')))],
    replies: [reply.ok('the user may'), reply.bulk('why not')],
    flags: ADMIN,
  },
  function dryrun(call) {
    const { table, acl } = call.engine;
    const user = acl.users.find(call.text(2));
    if (user === null) {
      call.reply.errorText(`ERR User '${untilNul(call.text(2))}' not found`);
      return;
    }
    const inner = innerCall(call, 3);
    const id = commandOf(table, inner);
    if (id < 0) {
      call.reply.errorText(`ERR Command '${untilNul(call.text(3))}' not found`);
      return;
    }
    if (inner.count < table.argumentsMin[id]! || inner.count > table.argumentsMax[id]!) {
      call.reply.errorText(wrongArity(table.nameOf(id)));
      return;
    }
    const answer = acl.permissions.check(user, inner, id);
    if (answer === PERMITTED) {
      call.reply.ok();
      return;
    }
    const object = acl.permissions.deniedObject(inner, id, answer);
    call.reply.bulkText(`User ${user.name} has no permissions to ${whatFor(answer, object)}`);
  },
);

function whatFor(answer: number, object: string): string {
  if (answer === DENIED_COMMAND) return `run the '${object}' command`;
  return `access the '${object}' ${answer === DENIED_KEY ? 'key' : 'channel'}`;
}

// --- passwords ---

const GENPASS_BITS = 256;
const GENPASS_BITS_MAX = 4096;
const BITS_PER_DIGIT = 4;
const BAD_BITS = error(
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
);
const NO_ENTROPY = error('ERR this program gave the database no source of secrets');

const genpass = control(
  'GENPASS',
  {
    group: 'server',
    summary: 'Makes a password that nobody can guess.',
    since: '6.0.0',
    complexity: 'O(1)',
    args: [optional(integer('bits'))],
    replies: [reply.bulk('hexadecimal digits')],
    flags: FLAGS,
  },
  function genpass(call) {
    if (call.count > 3) {
      refuseMore(call, call.text(1));
      return;
    }
    const bits = call.count === 3 ? call.clampedInteger(2) : GENPASS_BITS;
    if (Number.isNaN(bits)) return;
    if (bits <= 0 || bits > GENPASS_BITS_MAX) {
      call.reply.error(BAD_BITS);
      return;
    }
    const { entropy } = call.engine;
    if (entropy === null) {
      call.reply.error(NO_ENTROPY);
      return;
    }
    const digits = Math.ceil(bits / BITS_PER_DIGIT);
    const bytes = new Uint8Array(Math.ceil(digits / 2));
    entropy(bytes);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    call.reply.bulkText(hex.slice(0, digits));
  },
);

// --- the log ---

const RESET = word('RESET');
/** Entries that LOG shows when it is not told how many. */
const LOG_COUNT = 10;

function writeEntry(out: Reply, entry: AclLogEntry, now: number): void {
  const texts: [string, string][] = [
    ['reason', entry.reason],
    ['context', entry.context],
    ['object', entry.object],
    ['username', entry.username],
  ];
  out.map(10);
  out.bulkText('count');
  out.integer(entry.count);
  for (const [name, value] of texts) {
    out.bulkText(name);
    out.bulkText(value);
  }
  out.bulkText('age-seconds');
  out.double((now - entry.updatedAt) / 1000);
  out.bulkText('client-info');
  out.bulkText(entry.client);
  const numbers: [string, number][] = [
    ['entry-id', entry.id],
    ['timestamp-created', entry.createdAt],
    ['timestamp-last-updated', entry.updatedAt],
  ];
  for (const [name, value] of numbers) {
    out.bulkText(name);
    out.integer(value);
  }
}

const log = control(
  'LOG',
  {
    group: 'server',
    summary: 'Tells who was refused what, the latest first, or forgets it.',
    since: '6.0.0',
    complexity: 'O(N), N being the entries shown.',
    args: [optional(oneOf('operation', integer('count'), token('RESET')))],
    replies: [reply.array('an entry for each kind of refusal'), reply.ok('with RESET')],
    flags: ADMIN,
    history: [['7.2.0', 'The fields entry-id, timestamp-created and timestamp-last-updated.']],
  },
  function log(call) {
    const { acl } = call.engine;
    if (call.count > 3) {
      refuseMore(call, call.text(1));
      return;
    }
    if (call.count === 3 && call.is(2, RESET)) {
      acl.log.clear();
      call.reply.ok();
      return;
    }
    let count = LOG_COUNT;
    if (call.count === 3) {
      count = parseInteger(call.bytes, call.starts[2]!, call.ends[2]!);
      if (Number.isNaN(count)) {
        call.reply.error(NOT_AN_INTEGER);
        return;
      }
    }
    const entries = acl.log.entries.slice(0, Math.max(0, count));
    call.reply.array(entries.length);
    for (const entry of entries) writeEntry(call.reply, entry, call.now());
  },
);

// --- the file ---

const NO_FILE = error(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER ' +
    'command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users ' +
    'in the Redis configuration.',
);
const NOT_SAVED = error(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more information',
);

const load = control(
  'LOAD',
  {
    group: 'server',
    summary: 'Takes all users from the ACL file anew, or none of them.',
    since: '6.0.0',
    complexity: 'O(N), N being the users.',
    replies: [reply.ok()],
    flags: ADMIN,
  },
  function load(call) {
    const { acl } = call.engine;
    if (acl.file === null) {
      call.reply.error(NO_FILE);
      return;
    }
    const errors = acl.load();
    if (errors === null) call.reply.ok();
    else call.reply.errorText(`ERR ${errors}`);
  },
);

const save = control(
  'SAVE',
  {
    group: 'server',
    summary: 'Writes all users into the ACL file.',
    since: '6.0.0',
    complexity: 'O(N), N being the users.',
    replies: [reply.ok()],
    flags: ADMIN,
  },
  function save(call) {
    const { acl } = call.engine;
    if (acl.file === null) call.reply.error(NO_FILE);
    else if (acl.file.write(acl.users, call.now())) call.reply.ok();
    else call.reply.error(NOT_SAVED);
  },
);

export const acl = container('ACL', { group: 'server', summary: 'Says who may do what.', since: '6.0.0', help: HELP }, [
  cat,
  deluser,
  dryrun,
  genpass,
  getuser,
  list,
  load,
  log,
  save,
  setuser,
  users,
  whoami,
]);
