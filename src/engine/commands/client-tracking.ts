// CLIENT TRACKING and what belongs to it: how a connection hears that what it keeps copies of has changed.

import { error, SYNTAX_ERROR, untilNul } from '../../protocol/errors.ts';
import { type Call, word } from '../call.ts';
import { redirectionOf } from '../client-list.ts';
import { type CommandFlag, control, integer, multiple, oneOf, optional, reply, text, token } from '../command.ts';
import { PrefixTree } from '../prefix-tree.ts';
import type { Tracker, TrackingOptions } from '../tracking.ts';

const ON = word('ON');
const OFF = word('OFF');
const YES = word('YES');
const NO = word('NO');
const REDIRECT = word('REDIRECT');
const PREFIX = word('PREFIX');
const BCAST = word('BCAST');
const OPTIN = word('OPTIN');
const OPTOUT = word('OPTOUT');
const NOLOOP = word('NOLOOP');

const BASIC: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];

const REDIRECTED_TWICE = error('ERR A client can only redirect to a single other client');
const NO_SUCH_TARGET = error('ERR The client ID you want redirect to does not exist');
const PREFIX_WITHOUT_BROADCAST = error('ERR PREFIX option requires BCAST mode to be enabled');
const SWITCH_OF_BROADCAST = error(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
);
const CHOICE_IN_BROADCAST = error('ERR OPTIN and OPTOUT are not compatible with BCAST');
const BOTH_CHOICES = error("ERR You can't specify both OPTIN mode and OPTOUT mode");
const SWITCH_OF_CHOICE = error(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
);
const CACHING_WITHOUT_TRACKING = error(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
);
const YES_WITHOUT_OPTIN = error('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.');
const NO_WITHOUT_OPTOUT = error('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.');

/** The id in an argument of a client that is there; 0 after replying that there is none. */
function targetAt(call: Call, index: number): number {
  const id = call.clampedInteger(index);
  if (Number.isNaN(id)) return 0;
  if (call.engine.sessions.has(id)) return id;
  call.reply.error(NO_SUCH_TARGET);
  return 0;
}

/** The options behind ON or OFF; null after replying an error. */
function parseOptions(call: Call): TrackingOptions | null {
  let redirect = 0;
  let broadcasts = false;
  let optIn = false;
  let optOut = false;
  let noLoop = false;
  const prefixes: string[] = [];
  for (let index = 3; index < call.count; index++) {
    const hasNext = index + 1 < call.count;
    if (call.is(index, REDIRECT) && hasNext) {
      if (redirect !== 0) {
        call.reply.error(REDIRECTED_TWICE);
        return null;
      }
      redirect = targetAt(call, ++index);
      if (redirect === 0) return null;
    } else if (call.is(index, BCAST)) broadcasts = true;
    else if (call.is(index, OPTIN)) optIn = true;
    else if (call.is(index, OPTOUT)) optOut = true;
    else if (call.is(index, NOLOOP)) noLoop = true;
    else if (call.is(index, PREFIX) && hasNext) prefixes.push(call.text(++index));
    else {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
  }
  return { redirect, broadcasts, optIn, optOut, noLoop, prefixes };
}

/** Why options do not go together, or not with how the client tracks already; null where they do. */
function refusalOf(options: TrackingOptions, tracker: Tracker | null): Uint8Array | null {
  const { broadcasts, optIn, optOut, prefixes } = options;
  if (!broadcasts && prefixes.length > 0) return PREFIX_WITHOUT_BROADCAST;
  if (tracker?.isOn && tracker.broadcasts !== broadcasts) return SWITCH_OF_BROADCAST;
  if (broadcasts && (optIn || optOut)) return CHOICE_IN_BROADCAST;
  if (optIn && optOut) return BOTH_CHOICES;
  if ((optIn && tracker?.optOut) || (optOut && tracker?.optIn)) return SWITCH_OF_CHOICE;
  return null;
}

/** What is wrong with prefixes of which one begins with another, or with one that the client has; null: nothing. */
function overlapOf(prefixes: readonly string[], present: ReadonlySet<string>): string | null {
  const tree = new PrefixTree<string>();
  const overlapping = new Set<string>();
  for (const prefix of [...present, ...prefixes]) {
    if (tree.find(prefix) === null) tree.add(prefix, prefix);
    else overlapping.add(prefix);
  }
  for (const prefix of [...present, ...prefixes]) {
    tree.forEachPrefixOf(prefix, (other) => {
      if (other !== prefix) overlapping.add(prefix).add(other);
    });
  }
  const at = prefixes.findIndex((prefix) => overlapping.has(prefix));
  if (at < 0) return null;
  const prefix = prefixes[at]!;
  const overlaps = (other: string) => prefix.startsWith(other) || other.startsWith(prefix);
  const existing = [...present].sort().find(overlaps);
  const kind = existing === undefined ? 'another provided' : 'an existing';
  const other = existing ?? prefixes.slice(at + 1).find(overlaps)!;
  return `ERR Prefix '${untilNul(prefix)}' overlaps with ${kind} prefix '${untilNul(other)}'. Prefixes for a single client must not overlap.`;
}

function track(call: Call): void {
  const { engine, session, reply: out } = call;
  const options = parseOptions(call);
  if (options === null) return;
  if (call.is(2, OFF)) {
    engine.tracking.disable(session);
    out.ok();
    return;
  }
  if (!call.is(2, ON)) {
    out.error(SYNTAX_ERROR);
    return;
  }
  const refusal = refusalOf(options, session.tracker);
  if (refusal !== null) {
    out.error(refusal);
    return;
  }
  const overlap = overlapOf(options.prefixes, session.tracker?.prefixes ?? new Set());
  if (overlap !== null) {
    out.errorText(overlap);
    return;
  }
  const isForAll = options.broadcasts && options.prefixes.length === 0;
  engine.tracking.enable(session, isForAll ? { ...options, prefixes: [''] } : options);
  out.ok();
}

function caching(call: Call): void {
  const { session, reply: out } = call;
  const { tracker } = session;
  if (!tracker?.isOn) out.error(CACHING_WITHOUT_TRACKING);
  else if (call.is(2, YES)) {
    if (!tracker.optIn) out.error(YES_WITHOUT_OPTIN);
    else {
      tracker.setCaching(true);
      out.ok();
    }
  } else if (call.is(2, NO)) {
    if (!tracker.optOut) out.error(NO_WITHOUT_OPTOUT);
    else {
      tracker.setCaching(true);
      out.ok();
    }
  } else out.error(SYNTAX_ERROR);
}

function flagsOf(tracker: Tracker | null): string[] {
  if (!tracker?.isOn) return ['off'];
  const flags = ['on'];
  if (tracker.broadcasts) flags.push('bcast');
  if (tracker.optIn) flags.push('optin');
  if (tracker.optIn && tracker.caching) flags.push('caching-yes');
  if (tracker.optOut) flags.push('optout');
  if (tracker.optOut && tracker.caching) flags.push('caching-no');
  if (tracker.noLoop) flags.push('noloop');
  if (tracker.isBroken) flags.push('broken_redirect');
  return flags;
}

function describe(call: Call): void {
  const { session, reply: out } = call;
  const flags = flagsOf(session.tracker);
  const prefixes = [...(session.tracker?.prefixes ?? [])].sort();
  out.map(3);
  out.bulkText('flags');
  out.set(flags.length);
  for (const flag of flags) out.bulkText(flag);
  out.bulkText('redirect');
  out.integer(redirectionOf(session));
  out.bulkText('prefixes');
  out.array(prefixes.length);
  for (const prefix of prefixes) out.bulkText(prefix);
}

/** Lines of CLIENT HELP. */
export const CACHING_HELP: readonly string[] = [
  'CACHING (YES|NO)',
  '    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
];

export const TRACKING_HELP: readonly string[] = [
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Control server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
];

/** Subcommands of CLIENT. */
export const TRACKING_SUBCOMMANDS = [
  control(
    'TRACKING',
    {
      group: 'connection',
      summary: 'Tells the connection when keys that it read, or that begin with a prefix, change.',
      since: '6.0.0',
      complexity: 'O(1), and O(N) for N prefixes.',
      args: [
        oneOf('status', token('ON'), token('OFF')),
        optional(integer('client-id', { token: 'REDIRECT' })),
        optional(multiple(text('prefix', { token: 'PREFIX', multipleToken: true }))),
        optional(token('BCAST')),
        optional(token('OPTIN')),
        optional(token('OPTOUT')),
        optional(token('NOLOOP')),
      ],
      replies: [reply.ok()],
      flags: BASIC,
      categories: ['connection'],
    },
    track,
  ),
  control(
    'TRACKINGINFO',
    {
      group: 'connection',
      summary: 'Tells how the connection tracks keys.',
      since: '6.2.0',
      complexity: 'O(N log N), N being its prefixes.',
      replies: [reply.map('flags, the client that is told, and prefixes')],
      flags: BASIC,
      categories: ['connection'],
    },
    describe,
  ),
  control(
    'CACHING',
    {
      group: 'connection',
      summary: 'Says whether the keys that the next command reads are tracked.',
      since: '6.0.0',
      complexity: 'O(1)',
      args: [oneOf('mode', token('YES'), token('NO'))],
      replies: [reply.ok()],
      flags: BASIC,
      categories: ['connection'],
    },
    caching,
  ),
  control(
    'GETREDIR',
    {
      group: 'connection',
      summary: 'Tells the client that invalidations go to.',
      since: '6.0.0',
      complexity: 'O(1)',
      replies: [reply.integer('its id; 0: the connection itself; -1: it does not track')],
      flags: BASIC,
      categories: ['connection'],
    },
    function getredir(call) {
      call.reply.integer(redirectionOf(call.session));
    },
  ),
];
