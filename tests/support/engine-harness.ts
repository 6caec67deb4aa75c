// An engine for tests: its clock stands still, its random numbers are seeded, its replies are read as latin1 text.

import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import type { CommandDefinition } from '../../src/engine/command.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { PropagationSink } from '../../src/engine/propagation.ts';
import type { Peer, Session } from '../../src/engine/session.ts';
import { fromLatin1, toLatin1 } from '../../src/lib/bytes.ts';
import type { FlatMemoryOptions } from '../../src/memory/flat-memory.ts';
import { ManualClock } from '../../src/world/clock.ts';
import { commandsIn } from './propagated.ts';

/** 2026-11-21 00:00:00 UTC. */
export const START = 1_795_219_200_000;

/** A request as RESP, its arguments in latin1. */
export function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

/** The other end of a session: remembers what it was sent. */
export class RecordingPeer implements Peer {
  readonly descriptor: number;
  output = '';
  closed: 'now' | 'flushed' | null = null;
  /** What pendingOutput answers. */
  pending = 0;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  address(): string {
    return `127.0.0.1:${10000 + this.descriptor}`;
  }

  localAddress(): string {
    return '127.0.0.1:6379';
  }

  pendingOutput(): number {
    return this.pending;
  }

  outputMemory(): number {
    return this.pending;
  }

  outputChunks(): number {
    return this.pending > 0 ? 1 : 0;
  }

  replyBufferBytes(): number {
    return 0;
  }

  replyBufferPeak(): number {
    return 0;
  }

  send(bytes: Uint8Array, start: number, end: number): boolean {
    this.output += toLatin1(bytes, start, end);
    return false;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.output += toLatin1(bytes, start, end);
  }

  close(when: 'now' | 'flushed'): void {
    this.closed ??= when;
  }
}

/** One client of a test's engine. */
export class TestClient {
  readonly peer: RecordingPeer;
  readonly session: Session;
  private readonly engine: Engine;

  constructor(engine: Engine, descriptor: number) {
    this.engine = engine;
    this.peer = new RecordingPeer(descriptor);
    this.session = engine.openSession(this.peer);
  }

  /** Sends a command and returns the raw reply, with whatever else arrived. */
  run(...args: string[]): string {
    return this.raw(encode(args));
  }

  /** Sends bytes as they are. */
  raw(text: string): string {
    const bytes = fromLatin1(text);
    this.engine.receive(this.session, bytes, 0, bytes.length);
    // The receive buffer is reused after each tick: nothing may still refer to it.
    bytes.fill(0xdb);
    return this.take();
  }

  /** What arrived since the last look. */
  take(): string {
    const { output } = this.peer;
    this.peer.output = '';
    return output;
  }
}

export interface HarnessOptions {
  readonly seed?: number;
  readonly commands?: readonly CommandDefinition[];
  /** Whether `propagated` is filled. */
  readonly propagation?: boolean;
  readonly memory?: FlatMemoryOptions;
}

/** An engine with all commands of the engine room, a manual clock and a first client. */
export class EngineHarness {
  readonly clock = new ManualClock(START);
  readonly engine: Engine;
  readonly client: TestClient;
  /** The propagation stream: "0 SET a b" for each command, the database in front. */
  readonly propagated: string[] = [];
  private clients = 0;

  constructor(options: HarnessOptions = {}) {
    this.engine = new Engine({
      clock: this.clock,
      seed: options.seed ?? 1,
      commands: options.commands ?? ENGINE_COMMANDS,
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    });
    if (options.propagation === true) this.engine.propagation.attach(this.sink());
    this.client = this.connect();
  }

  connect(): TestClient {
    return new TestClient(this.engine, ++this.clients);
  }

  /** Sends a command from the first client. */
  run(...args: string[]): string {
    return this.client.run(...args);
  }

  /** Moves the clock and does what is due. */
  advance(ms: number): void {
    this.clock.advance(ms);
    while (this.engine.work(0.1));
  }

  /** What was propagated since the last look. */
  takePropagated(): string[] {
    return this.propagated.splice(0);
  }

  private sink(): PropagationSink {
    return {
      command: (database, bytes, start, end) => {
        for (const command of commandsIn(bytes, start, end)) this.propagated.push(`${database} ${command}`);
      },
    };
  }
}
