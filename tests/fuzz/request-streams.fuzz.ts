// Mutated request streams against one engine: never an exception, never a hang, other sessions served, and the engine
// whole at the end. Run by hand:
//
//   npx node tests/fuzz/request-streams.fuzz.ts [count] [seed]

import assert from 'node:assert/strict';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { fromLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { CommandGenerator } from '../conformance/command-generator.ts';
import { EngineHarness, encode, type TestClient } from '../support/engine-harness.ts';

/** Pieces that a mutation puts into a stream. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '*',
  '$',
  '*-1\r\n',
  '*0\r\n',
  '*1000000\r\n',
  '$-1\r\n',
  '$0\r\n\r\n',
  '$9999999999\r\n',
  '*2\r\n$3\r\n',
  '-1',
  '0',
  '\0',
  '\xff',
  '"',
  "'",
  '\\x',
  ' ',
  'PING\r\n',
  'SET a 1\r\n',
  '+OK\r\n',
  ':5\r\n',
  '%1\r\n',
  '*3\r\n*1\r\n',
  '__proto__',
  '\x80\xfe',
];
const CLIENTS = 8;
const HANG_MS = 1000;

export interface FuzzResult {
  readonly streams: number;
  readonly replies: number;
  readonly slowestMs: number;
}

class StreamMutator {
  private readonly prng: Prng;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  mutate(text: string): string {
    let stream = text;
    for (let count = this.prng.below(4); count > 0; count--) stream = this.once(stream);
    return stream;
  }

  private once(stream: string): string {
    const at = this.prng.below(stream.length + 1);
    const to = Math.min(stream.length, at + 1 + this.prng.below(12));
    switch (this.prng.below(6)) {
      case 0:
        return stream.slice(0, at) + stream.slice(to);
      case 1:
        return stream.slice(0, at) + PIECES[this.prng.below(PIECES.length)] + stream.slice(at);
      case 2:
        return stream.slice(0, at) + String.fromCharCode(this.prng.below(256)) + stream.slice(at + 1);
      case 3:
        return stream.slice(0, to) + stream.slice(at);
      case 4:
        return stream.slice(0, at);
      default:
        return stream.replace(/\d+/, (digits) =>
          this.prng.below(2) === 0 ? `${digits}0` : String(Number(digits) + this.prng.below(5) - 2),
        );
    }
  }
}

/** Sends so many mutated streams, in random pieces, from clients that come and go. */
export function fuzzRequestStreams(streams: number, seed: number): FuzzResult {
  const harness = new EngineHarness({ seed, propagation: true });
  const prng = new Prng(seed);
  const mutator = new StreamMutator(prng);
  const generator = new CommandGenerator(seed, ENGINE_COMMANDS);
  const witness = harness.connect();
  const clients: TestClient[] = Array.from({ length: CLIENTS }, () => harness.connect());
  let replies = 0;
  let slowestMs = 0;
  let commands: string[][] = [];
  for (let stream = 0; stream < streams; stream++) {
    if (commands.length < 3) commands = generator.batch(60);
    const text = mutator.mutate(
      commands
        .splice(0, 1 + prng.below(3))
        .map(encode)
        .join(''),
    );
    const number = prng.below(CLIENTS);
    const client = clients[number]!;
    const began = performance.now();
    const bytes = fromLatin1(text);
    for (let at = 0; at < bytes.length && client.peer.closed === null; ) {
      const to = prng.below(3) === 0 ? at + 1 + prng.below(bytes.length - at) : bytes.length;
      const piece = bytes.slice(at, to);
      harness.engine.receive(client.session, piece, 0, piece.length);
      piece.fill(0xdb);
      at = to;
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
    replies += client.take().length > 0 ? 1 : 0;
    if (client.peer.closed !== null || client.session.pendingInput() > 100_000 || prng.below(200) === 0) {
      harness.engine.closeSession(client.session);
      clients[number] = harness.connect();
    }
    if (stream % 500 === 0) {
      harness.advance(prng.below(50_000));
      harness.takePropagated();
      assert.match(witness.run('ECHO', 'here'), /^\$4\r\nhere\r\n$/, 'others are served');
      if (stream % 5000 === 0) harness.engine.check();
      if (stream % 20_000 === 0) witness.run('FLUSHALL');
    }
  }
  for (const client of clients) harness.engine.closeSession(client.session);
  harness.engine.check();
  assert.ok(slowestMs < HANG_MS, `the slowest stream took ${slowestMs} ms`);
  return { streams, replies, slowestMs };
}

if (process.argv[1]?.endsWith('request-streams.fuzz.ts')) {
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_007);
  console.log(`seed ${seed}`);
  console.log(fuzzRequestStreams(Number(process.argv[2] ?? 1_000_000), seed));
}
