// Access control: the users, what they may do, and what follows for their sessions.
//
// A session whose user may do everything has GATE_PERMISSIONS open and costs nothing here; for all others admission asks
// `denies`. A session without a user (the AOF, the link to a primary) is never asked. What is said of a user holds for its
// sessions at once; those that listen to a channel that they may not hear any more end, as do those of a user who is gone.

import { fromLatin1 } from '../../lib/bytes.ts';
import {
  CHANNEL_DENIED,
  commandDenied,
  error,
  KEY_DENIED,
  noLongerPermitted,
  WRONG_PASS,
} from '../../protocol/errors.ts';
import type { Call } from '../call.ts';
import { describeClient } from '../client-list.ts';
import type { CommandTable } from '../command-table.ts';
import type { Engine } from '../engine.ts';
import { GATE_AUTH, GATE_PERMISSIONS } from '../gates.ts';
import type { Session } from '../session.ts';
import { STAT_DENIED_AUTH, STAT_DENIED_CHANNEL, STAT_DENIED_COMMAND, STAT_DENIED_KEY } from '../statistics.ts';
import type { AclFile } from './acl-file.ts';
import { AclLog, type DenialReason } from './acl-log.ts';
import { DENIED_CHANNEL, DENIED_COMMAND, DENIED_KEY, PERMITTED, Permissions } from './permissions.ts';
import type { User } from './user.ts';
import { Users } from './users.ts';

const REASONS: Readonly<Record<number, DenialReason>> = {
  [DENIED_COMMAND]: 'command',
  [DENIED_KEY]: 'key',
  [DENIED_CHANNEL]: 'channel',
};
const COUNTERS: Readonly<Record<number, number>> = {
  [DENIED_COMMAND]: STAT_DENIED_COMMAND,
  [DENIED_KEY]: STAT_DENIED_KEY,
  [DENIED_CHANNEL]: STAT_DENIED_CHANNEL,
};

export class AccessControl {
  readonly users: Users;
  readonly permissions: Permissions;
  readonly log = new AclLog();
  /** Where users are kept; null where no file is configured. */
  file: AclFile | null = null;
  private readonly engine: Engine;

  constructor(engine: Engine, table: CommandTable) {
    this.engine = engine;
    this.users = new Users(table);
    this.permissions = new Permissions(table);
  }

  // --- who is who ---

  /** Makes a session the default user's, who may have to log in first. */
  begin(session: Session): void {
    this.become(session, this.users.default, !this.users.requireAuthentication());
  }

  /** Makes a session a user's. */
  become(session: Session, user: User, authenticated: boolean): void {
    if (session.tracker !== null && session.user !== user) this.tellWhatChanged();
    session.user = user;
    session.authenticated = authenticated;
    this.updateGates(session);
  }

  /** Logs a session in without a password: its certificate names the user. False when there is none, or it is off. */
  vouchFor(session: Session, name: string): boolean {
    const user = this.users.find(name);
    if (user === null || !user.enabled) return false;
    this.become(session, user, true);
    return true;
  }

  /** AUTH and HELLO: logs a session in; replies WRONGPASS and returns false when user and password (latin1) do not fit. */
  authenticate(call: Call, name: string, password: string): boolean {
    const user = this.users.authenticate(name, password);
    if (user !== null) {
      this.become(call.session, user, true);
      return true;
    }
    this.engine.statistics.counters[STAT_DENIED_AUTH]! += 1;
    this.logDenial(call, 'auth', call.text(0), name);
    call.reply.error(WRONG_PASS);
    return false;
  }

  private updateGates(session: Session): void {
    const mayTalk = session.authenticated || !this.users.requireAuthentication();
    session.parser.authenticated = mayTalk;
    session.gates = mayTalk ? session.gates & ~GATE_AUTH : session.gates | GATE_AUTH;
    const isFree = session.user?.unrestricted ?? true;
    session.gates = isFree ? session.gates & ~GATE_PERMISSIONS : session.gates | GATE_PERMISSIONS;
  }

  // --- what a call may do ---

  /** Whether a session's user may not run a call; the line of the error, after it was logged, or null. */
  denies(call: Call, id: number): Uint8Array | null {
    const { user } = call.session;
    const answer = this.judge(call, id);
    if (answer === PERMITTED || user === null) return null;
    if (answer === DENIED_KEY) return KEY_DENIED;
    if (answer === DENIED_CHANNEL) return CHANNEL_DENIED;
    return error(commandDenied(user.name, this.engine.table.definitions[id]!.name));
  }

  /** The same for a queued command, about which the user was asked before. */
  deniesQueued(call: Call, id: number): Uint8Array | null {
    const answer = this.judge(call, id);
    return answer === PERMITTED ? null : error(noLongerPermitted(WHY[answer]!));
  }

  private judge(call: Call, id: number): number {
    const { user } = call.session;
    if (user === null) return PERMITTED;
    const answer = this.permissions.check(user, call, id);
    if (answer === PERMITTED) return PERMITTED;
    this.engine.statistics.counters[COUNTERS[answer]!]! += 1;
    this.logDenial(call, REASONS[answer]!, this.permissions.deniedObject(call, id, answer), user.name);
    return answer;
  }

  /** Whether a call may read keys that none of its arguments names. */
  mayReadAllKeys(call: Call): boolean {
    const { session } = call;
    if (session.user === null || (session.gates & GATE_PERMISSIONS) === 0) return true;
    return this.permissions.mayReadAllKeys(session.user, call, call.command);
  }

  /** Whether a session may know of a key (latin1) at all: whoever may do anything with it may ask whether it is there. */
  mayKnowKey({ user }: Session, key: string): boolean {
    if (user === null || user.unrestricted) return true;
    const bytes = fromLatin1(key);
    return user.selectors.some((selector) => selector.mayUse(bytes, 0, bytes.length, 0));
  }

  private logDenial(call: Call, reason: DenialReason, object: string, username: string): void {
    const { engine } = this;
    const context = call.depth > 0 || call.session.transaction !== null ? 'multi' : 'toplevel';
    const client = describeClient(engine, call.session);
    this.log.add({ reason, context, object, username }, client, engine.keyspace.now);
  }

  // --- what becomes of users ---

  /** ACL SETUSER. Null, or the error's text without its code. */
  setUser(name: string, words: readonly string[]): string | null {
    this.tellWhatChanged();
    const refusal = this.users.set(name, words);
    if (refusal === null) this.usersChanged();
    return refusal;
  }

  /** requirepass. */
  setDefaultPassword(password: string): void {
    this.users.setDefaultPassword(password);
    this.usersChanged();
  }

  /** ACL DELUSER; false when there is no such user. Its sessions end. */
  deleteUser(name: string): boolean {
    const user = this.users.find(name);
    if (user === null) return false;
    this.users.delete(name);
    this.end((session) => session.user === user);
    return true;
  }

  /** Reads the file of users. Null, or what is wrong with it: then nothing has changed. */
  load(): string | null {
    const parsed = this.file!.read(this.users);
    if ('errors' in parsed) return parsed.errors;
    this.tellWhatChanged();
    const gone = new Set(this.users.replace(parsed.users));
    this.end((session) => session.user !== null && gone.has(session.user));
    this.usersChanged();
    return null;
  }

  /** Keys that changed before somebody's rights do are told by the rights that he had then. */
  private tellWhatChanged(): void {
    const { broadcasts } = this.engine.tracking;
    if (broadcasts.isPending()) broadcasts.send();
  }

  /** Carries what was said of users to their sessions. */
  private usersChanged(): void {
    for (const session of this.engine.sessions.values()) this.updateGates(session);
    this.end((session) => !mayStillListen(session));
  }

  private end(isMeant: (session: Session) => boolean): void {
    for (const session of [...this.engine.sessions.values()].filter(isMeant)) this.engine.kill(session);
  }
}

const WHY: Readonly<Record<number, string>> = {
  [DENIED_COMMAND]: 'no permission to execute the command or subcommand',
  [DENIED_KEY]: 'no permission to touch the specified keys',
  [DENIED_CHANNEL]: 'no permission to access one of the channels used as arguments',
};

/** Whether a session may still hear all that it listens to. */
function mayStillListen({ subscriptions, user }: Session): boolean {
  if (subscriptions === null || user === null || user.unrestricted) return true;
  const mayHear = (name: string, isPattern: boolean): boolean => {
    const bytes = fromLatin1(name);
    return user.selectors.some((selector) => selector.mayReach(bytes, 0, bytes.length, isPattern));
  };
  const { channels, shards, patterns } = subscriptions;
  return (
    [...channels, ...shards].every((name) => mayHear(name, false)) && [...patterns].every((name) => mayHear(name, true))
  );
}
