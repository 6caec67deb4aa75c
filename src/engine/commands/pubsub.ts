// Publish and subscribe: channels, patterns, shard channels, and PUBSUB to look at them.

import { fromLatin1 } from '../../lib/bytes.ts';
import { matchGlob } from '../../lib/glob.ts';
import { error, subcommandSyntax } from '../../protocol/errors.ts';
import { Reply } from '../../protocol/reply.ts';
import type { Call } from '../call.ts';
import type { CommandFlag } from '../command.ts';
import { container, control, multiple, optional, pattern, reply, text } from '../command.ts';
import { GATE_SUBSCRIBED } from '../gates.ts';
import { REPLY_OFF, REPLY_SKIP, type Session } from '../session.ts';

/** A RESP2 session with subscriptions only understands the commands of that mode. */
export function updateSubscribedGate(session: Session): void {
  if (session.subscriptions !== null && session.resp === 2) session.gates |= GATE_SUBSCRIBED;
  else session.gates &= ~GATE_SUBSCRIBED;
}

type Kind = 'channels' | 'patterns' | 'shards';

/** One confirmation: kind of message, name (null: there was none), what the session is still subscribed to. */
function confirm(call: Call, word: string, name: string | null, count: number): void {
  const silenced = call.session.replies === REPLY_OFF || call.session.replies === REPLY_SKIP;
  const reply = silenced ? new Reply() : call.reply;
  reply.resp = call.session.resp;
  reply.push(3);
  reply.bulkText(word);
  if (name === null) reply.nil();
  else reply.bulkText(name);
  reply.integer(count);
  // Messages reach also who wants no replies, and these count as such.
  if (silenced) call.engine.deliver(call.session, reply.bytes, 0, reply.length);
}

function countOf(session: Session, kind: Kind): number {
  const { subscriptions } = session;
  if (subscriptions === null) return 0;
  return kind === 'shards' ? subscriptions.shards.size : subscriptions.count();
}

function subscribeAll(call: Call, kind: Kind, word: string): void {
  const { session } = call;
  const { pubsub } = call.engine;
  for (let index = 1; index < call.count; index++) {
    const name = call.text(index);
    if (kind === 'patterns') pubsub.subscribePattern(session, name);
    else pubsub.subscribe(session, name, kind);
    confirm(call, word, name, countOf(session, kind));
  }
  updateSubscribedGate(session);
}

function unsubscribeAll(call: Call, kind: Kind, word: string): void {
  const { session } = call;
  const { pubsub } = call.engine;
  const names = [];
  for (let index = 1; index < call.count; index++) names.push(call.text(index));
  if (call.count === 1 && session.subscriptions !== null) names.push(...session.subscriptions[kind]);
  for (const name of names) {
    if (kind === 'patterns') pubsub.unsubscribePattern(session, name);
    else pubsub.unsubscribe(session, name, kind);
    confirm(call, word, name, countOf(session, kind));
  }
  if (names.length === 0) confirm(call, word, null, countOf(session, kind));
  updateSubscribedGate(session);
}

const FLAGS: readonly CommandFlag[] = ['pubsub', 'noscript', 'loading', 'stale'];
const CONFIRMATION = [reply.array('for each name: the kind of message, the name, how many subscriptions there are')];

/**
 *     > SUBSCRIBE news
 *     1) "subscribe"
 *     2) "news"
 *     3) (integer) 1
 */
export const subscribe = control(
  'SUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens to the messages of channels.',
    since: '2.0.0',
    complexity: 'O(N), N being the channels.',
    args: [multiple(text('channel'))],
    replies: CONFIRMATION,
    flags: FLAGS,
    channels: 'all',
  },
  function subscribe(call) {
    subscribeAll(call, 'channels', 'subscribe');
  },
);

export const unsubscribe = control(
  'UNSUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens no more to channels, or to any.',
    since: '2.0.0',
    complexity: 'O(N), N being the channels.',
    args: [optional(multiple(text('channel')))],
    replies: CONFIRMATION,
    flags: FLAGS,
  },
  function unsubscribe(call) {
    unsubscribeAll(call, 'channels', 'unsubscribe');
  },
);

export const psubscribe = control(
  'PSUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens to the messages of all channels that match patterns.',
    since: '2.0.0',
    complexity: 'O(N), N being the patterns.',
    args: [multiple(pattern('pattern'))],
    replies: CONFIRMATION,
    flags: FLAGS,
    channels: 'patterns',
  },
  function psubscribe(call) {
    subscribeAll(call, 'patterns', 'psubscribe');
  },
);

export const punsubscribe = control(
  'PUNSUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens no more to patterns, or to any.',
    since: '2.0.0',
    complexity: 'O(N), N being the patterns.',
    args: [optional(multiple(pattern('pattern')))],
    replies: CONFIRMATION,
    flags: FLAGS,
  },
  function punsubscribe(call) {
    unsubscribeAll(call, 'patterns', 'punsubscribe');
  },
);

/** Shard channels hash to slots, as keys do, but are no keys. */
function shardSpec(last: number) {
  return [{ flags: ['not_key'] as const, begin: { index: 1 }, find: { last, step: 1, limit: 0 } }];
}

const NOT_IN_TRANSACTION = error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");

export const ssubscribe = control(
  'SSUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens to the messages of shard channels.',
    since: '7.0.0',
    complexity: 'O(N), N being the shard channels.',
    args: [multiple(text('shardchannel'))],
    keySpecs: shardSpec(-1),
    replies: CONFIRMATION,
    flags: FLAGS,
    channels: 'all',
  },
  function ssubscribe(call) {
    if (call.depth > 0) {
      call.reply.error(NOT_IN_TRANSACTION);
      return;
    }
    subscribeAll(call, 'shards', 'ssubscribe');
  },
);

export const sunsubscribe = control(
  'SUNSUBSCRIBE',
  {
    group: 'pubsub',
    summary: 'Listens no more to shard channels, or to any.',
    since: '7.0.0',
    complexity: 'O(N), N being the shard channels.',
    args: [optional(multiple(text('shardchannel')))],
    keySpecs: shardSpec(-1),
    replies: CONFIRMATION,
    flags: FLAGS,
  },
  function sunsubscribe(call) {
    unsubscribeAll(call, 'shards', 'sunsubscribe');
  },
);

export const publish = control(
  'PUBLISH',
  {
    group: 'pubsub',
    summary: 'Sends a message to a channel.',
    since: '2.0.0',
    complexity: 'O(N + M), N being the listeners of the channel, M the patterns of all clients.',
    args: [text('channel'), text('message')],
    replies: [reply.integer('how many clients got it')],
    flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
    channels: 'first',
  },
  function publish(call) {
    const { bytes, starts, ends } = call;
    const receivers = call.engine.pubsub.publish(bytes, starts[1]!, ends[1]!, bytes, starts[2]!, ends[2]!);
    call.propagateVerbatim();
    call.reply.integer(receivers);
  },
);

export const spublish = control(
  'SPUBLISH',
  {
    group: 'pubsub',
    summary: 'Sends a message to a shard channel.',
    since: '7.0.0',
    complexity: 'O(N), N being the listeners of the shard channel.',
    args: [text('shardchannel'), text('message')],
    keySpecs: shardSpec(0),
    replies: [reply.integer('how many clients got it')],
    flags: ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'],
    channels: 'first',
  },
  function spublish(call) {
    const { bytes, starts, ends } = call;
    const receivers = call.engine.pubsub.publishToShard(bytes, starts[1]!, ends[1]!, bytes, starts[2]!, ends[2]!);
    call.propagateVerbatim();
    call.reply.integer(receivers);
  },
);

function listChannels(call: Call, channels: ReadonlyMap<string, unknown>): void {
  if (call.count > 3) {
    call.reply.errorText(subcommandSyntax('PUBSUB', call.text(1)));
    return;
  }
  const mark = call.reply.later();
  let count = 0;
  for (const name of channels.keys()) {
    if (call.count > 2) {
      const bytes = fromLatin1(name);
      if (!matchGlob(call.bytes, call.starts[2]!, call.ends[2]!, bytes, 0, bytes.length, false)) continue;
    }
    call.reply.bulkText(name);
    count++;
  }
  call.reply.arrayAt(mark, count);
}

function countListeners(call: Call, channels: ReadonlyMap<string, ReadonlySet<Session>>): void {
  call.reply.array((call.count - 2) * 2);
  for (let index = 2; index < call.count; index++) {
    call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
    call.reply.integer(channels.get(call.text(index))?.size ?? 0);
  }
}

const LOOK: readonly CommandFlag[] = ['pubsub', 'loading', 'stale'];

export const pubsub = container(
  'PUBSUB',
  {
    group: 'pubsub',
    summary: 'Looks at channels and their listeners.',
    since: '2.8.0',
    helpSince: '6.2.0',
    help: [
      'CHANNELS [<pattern>]',
      "    Return the currently active channels matching a <pattern> (default: '*').",
      'NUMPAT',
      '    Return number of subscriptions to patterns.',
      'NUMSUB [<channel> ...]',
      '    Return the number of subscribers for the specified channels, excluding',
      '    pattern subscriptions(default: no channels).',
      'SHARDCHANNELS [<pattern>]',
      "    Return the currently active shard level channels matching a <pattern> (default: '*').",
      'SHARDNUMSUB [<shardchannel> ...]',
      '    Return the number of subscribers for the specified shard level channel(s)',
    ],
  },
  [
    control(
      'CHANNELS',
      {
        group: 'pubsub',
        summary: 'Lists the channels that have listeners.',
        since: '2.8.0',
        complexity: 'O(N), N being the channels.',
        args: [optional(pattern('pattern'))],
        arity: -2,
        replies: [reply.array('names')],
        flags: LOOK,
      },
      function channels(call) {
        listChannels(call, call.engine.pubsub.channels);
      },
    ),
    control(
      'NUMSUB',
      {
        group: 'pubsub',
        summary: 'Counts the listeners of channels, patterns left out.',
        since: '2.8.0',
        complexity: 'O(N), N being the channels asked for.',
        args: [optional(multiple(text('channel')))],
        replies: [reply.array('names and counts in turn')],
        flags: LOOK,
      },
      function numsub(call) {
        countListeners(call, call.engine.pubsub.channels);
      },
    ),
    control(
      'NUMPAT',
      {
        group: 'pubsub',
        summary: 'Counts the different patterns that clients listen to.',
        since: '2.8.0',
        complexity: 'O(1)',
        replies: [reply.integer('patterns')],
        flags: LOOK,
      },
      function numpat(call) {
        call.reply.integer(call.engine.pubsub.patterns.size);
      },
    ),
    control(
      'SHARDCHANNELS',
      {
        group: 'pubsub',
        summary: 'Lists the shard channels that have listeners.',
        since: '7.0.0',
        complexity: 'O(N), N being the shard channels.',
        args: [optional(pattern('pattern'))],
        arity: -2,
        replies: [reply.array('names')],
        flags: LOOK,
      },
      function shardchannels(call) {
        listChannels(call, call.engine.pubsub.shards);
      },
    ),
    control(
      'SHARDNUMSUB',
      {
        group: 'pubsub',
        summary: 'Counts the listeners of shard channels.',
        since: '7.0.0',
        complexity: 'O(N), N being the shard channels asked for.',
        args: [optional(multiple(text('shardchannel')))],
        replies: [reply.array('names and counts in turn')],
        flags: LOOK,
      },
      function shardnumsub(call) {
        countListeners(call, call.engine.pubsub.shards);
      },
    ),
  ],
);
