// A client inside the process: commands as function calls, without a socket. Its words go through the same parser and
// the same execution as those of any client; its replies come back as JavaScript values.

import type { CommandDefinition } from '../engine/command.ts';
import type { Engine } from '../engine/engine.ts';
import type { Peer, Session } from '../engine/session.ts';
import { fromUtf8, utf8 } from '../lib/bytes.ts';
import { COMPLETE, ReplyParser } from '../protocol/reply-parser.ts';
import { plainValues, ReplyError, type ReplyMaker, type ReplyValue, requestBytes } from '../protocol/reply-values.ts';
import { type Argument, type ArgumentValue, commandWords, methodName } from './arguments.ts';
import type { TypedCommands } from './commands.generated.ts';

/** A message that was not asked for: of a channel, of tracking. Its kind first, as in RESP3. */
export type PushListener = (message: readonly ReplyValue[]) => void;

/** What a client asks of whoever owns its engine. */
export interface ClientOwner {
  readonly engine: Engine;
  /** Something may be due now: a timeout, work in slices. Called after every command. */
  afterCommand(): void;
  /** A client ended: nothing of it need be kept. */
  ended(client: BasicClient): void;
}

interface Waiting {
  /** The word that confirms it, if it (un)subscribes; '' for all other commands. */
  readonly confirmedBy: string;
  /** Confirmations that follow the first, which is its reply. */
  readonly confirmationsAfter: number;
  readonly resolve: (value: ReplyValue) => void;
  readonly reject: (error: Error) => void;
}

/** Commands whose replies are pushes, one for each of their names. */
const SUBSCRIBING = /^(p|s)?(un)?subscribe$/;

/** Values with strings as UTF-8 text, or as bytes. */
function valuesOf(strings: 'text' | 'bytes'): ReplyMaker<ReplyValue> {
  const plain = plainValues({ strings: 'bytes' });
  if (strings === 'bytes') return plain;
  return {
    ...plainValues({ strings: 'latin1' }),
    bulk: (bytes) => fromUtf8(bytes),
    verbatim: (_format, bytes) => fromUtf8(bytes),
  };
}

/** Commands by name, without types: the ground of the typed client. */
export class BasicClient {
  readonly session: Session;
  private readonly owner: ClientOwner;
  private readonly parser: ReplyParser<ReplyValue>;
  private readonly waiting: Waiting[] = [];
  private readonly listeners = new Set<PushListener>();
  /** Confirmations still to come of the last command that (un)subscribed. */
  private confirmationsLeft = 0;
  private isClosed = false;

  /** `strings`: what bulk strings become, UTF-8 text (the default) or bytes. */
  constructor(owner: ClientOwner, strings: 'text' | 'bytes' = 'text') {
    this.owner = owner;
    this.parser = new ReplyParser(valuesOf(strings));
    this.session = owner.engine.openSession(new ClientPeer(this));
    this.session.resp = 3;
  }

  /** Runs a command given by its words; rejects with ReplyError. Text is sent as UTF-8. */
  command(...words: readonly Argument[]): Promise<ReplyValue> {
    if (this.isClosed) return Promise.reject(new Error('the client is closed'));
    const encoded = words.map(bytesOf);
    const request = requestBytes(encoded);
    const name = encoded.length === 0 ? '' : fromUtf8(encoded[0]!).toLowerCase();
    const confirmedBy = SUBSCRIBING.test(name) ? name : '';
    return new Promise((resolve, reject) => {
      this.waiting.push({ confirmedBy, confirmationsAfter: Math.max(0, words.length - 2), resolve, reject });
      this.owner.engine.receive(this.session, request, 0, request.length);
      this.owner.afterCommand();
    });
  }

  /** Calls `listener` for every message that was not asked for; returns a function that ends that. */
  onPush(listener: PushListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Ends the session; commands that still wait are rejected. */
  close(): void {
    this.end();
  }

  /** What close() does for one client, also where close() is more (open()). */
  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.owner.engine.closeSession(this.session);
    for (const { reject } of this.waiting.splice(0)) reject(new Error('the client was closed'));
    this.owner.ended(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Bytes from the engine, replies and messages. */
  received(bytes: Uint8Array, start: number, end: number): void {
    this.parser.feed(bytes, start, end);
    while (this.parser.next() === COMPLETE) {
      const value = this.parser.value as ReplyValue;
      if (this.parser.isPush && !this.isReply(value)) this.tell(value as readonly ReplyValue[]);
      else this.settle(value);
    }
  }

  /** Confirmations of (un)subscribing are pushes too: the first one of a command is its reply, the others are messages. */
  private isReply(value: ReplyValue): boolean {
    const kind = Array.isArray(value) ? value[0] : null;
    const text = kind instanceof Uint8Array ? fromUtf8(kind) : kind;
    if (typeof text !== 'string' || !SUBSCRIBING.test(text)) return false;
    if (this.confirmationsLeft > 0) {
      this.confirmationsLeft--;
      return false;
    }
    const first = this.waiting[0];
    if (first === undefined || first.confirmedBy !== text) return false;
    this.confirmationsLeft = first.confirmationsAfter;
    return true;
  }

  private settle(value: ReplyValue): void {
    const first = this.waiting.shift();
    if (first === undefined) return;
    if (value instanceof ReplyError) first.reject(value);
    else first.resolve(value);
  }

  /** Listeners run later: the engine is not to be entered from here. */
  private tell(message: readonly ReplyValue[]): void {
    for (const listener of this.listeners) void Promise.resolve(message).then(listener);
  }
}

/** The engine's view of a client. */
class ClientPeer implements Peer {
  readonly descriptor = 0;
  private readonly client: BasicClient;

  constructor(client: BasicClient) {
    this.client = client;
  }

  address(): string {
    return 'embedded:0';
  }

  localAddress(): string {
    return 'embedded:0';
  }

  pendingOutput(): number {
    return 0;
  }

  outputMemory(): number {
    return 0;
  }

  outputChunks(): number {
    return 0;
  }

  replyBufferBytes(): number {
    return 0;
  }

  replyBufferPeak(): number {
    return 0;
  }

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.client.received(bytes, start, end);
    return false;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.client.received(bytes, start, end);
  }

  /** The engine ended the session (QUIT, CLIENT KILL): later, since it is not to be entered from here. */
  close(): void {
    void Promise.resolve().then(() => this.client.end());
  }
}

function bytesOf(argument: Argument): Uint8Array {
  return argument instanceof Uint8Array ? argument : utf8(String(argument));
}

/** A client with a method for every command of the engine. */
export type Client = BasicClient & TypedCommands;

/** Makes the class of clients with a method for each definition. */
export function clientClass(
  definitions: readonly CommandDefinition[],
): new (
  owner: ClientOwner,
  strings?: 'text' | 'bytes',
) => Client {
  class GeneratedClient extends BasicClient {}
  for (const definition of definitions.flatMap((each) => [each, ...each.subcommands])) {
    if (definition.kind === 'container') continue;
    const name = methodName(definition);
    if (name in GeneratedClient.prototype) continue;
    Object.defineProperty(GeneratedClient.prototype, name, {
      value(this: BasicClient, ...args: ArgumentValue[]) {
        return this.command(...commandWords(definition, args));
      },
    });
  }
  return GeneratedClient as unknown as new (
    owner: ClientOwner,
    strings?: 'text' | 'bytes',
  ) => Client;
}
