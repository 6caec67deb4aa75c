// Mutated request streams: `npx node src/protocol/request-parser.fuzz.ts [seed] [streams]`. A stream is parsed whole and
// in random pieces between which the buffer moves, with PlainRequests before the parser or without; all must give the
// same requests, and every range must lie within what had arrived. The unit test runs a short one.

import assert from 'node:assert/strict';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { PlainRequests } from './plain-requests.ts';
import { COMPLETE, EMPTY, FAILED, INCOMPLETE, RequestParser } from './request-parser.ts';

/** What a stream was parsed into: arguments as JSON, 'empty', or the error line at the end. */
export type Events = string[];

/**
 * Parses a stream that arrives in pieces ending at `cuts`. Between the pieces the half-read request moves to a fresh
 * buffer, at another offset, and the old bytes are overwritten. With `plain`, that reads first what it can.
 */
export function parseInPieces(
  stream: Uint8Array,
  cuts: readonly number[],
  parser = new RequestParser(),
  plain: PlainRequests | null = null,
): Events {
  const events: Events = [];
  let start = 0;
  let arrived = 0;
  let offset = 0;
  let buffer = new Uint8Array(0);
  for (const cut of [...cuts, stream.length]) {
    if (cut < arrived) continue;
    arrived = cut;
    buffer.fill(0x24);
    offset = (offset * 7 + 3) % 23;
    buffer = new Uint8Array(offset + arrived - start + 5).fill(0x0a);
    buffer.set(stream.subarray(start, arrived), offset);
    const end = offset + arrived - start;
    let at = offset;
    for (;;) {
      if (plain !== null && parser.mayBePassedBy() && plain.read(buffer, at, end)) {
        at = takePlain(plain, buffer, at, end, events);
        continue;
      }
      const status = parser.parse(buffer, at, end);
      if (status === INCOMPLETE) break;
      if (status === FAILED) {
        events.push(toLatin1(parser.error, 0, parser.error.length));
        return events;
      }
      assert.ok(parser.consumed > at && parser.consumed <= end, 'a request is consumed within what arrived');
      if (status === EMPTY) events.push('empty');
      else events.push(argumentsOf(parser, status));
      at = parser.consumed;
    }
    start += at - offset;
    offset = at;
  }
  return events;
}

/** Takes over what `plain` read; returns the offset behind it. */
function takePlain(plain: PlainRequests, bytes: Uint8Array, start: number, end: number, events: Events): number {
  let at = start;
  for (const request of plain.requests.slice(0, plain.count)) {
    events.push(textOf(bytes, request.starts, request.ends, request.count));
    assert.ok(request.end > at && request.end <= end, 'a request is consumed within what arrived');
    at = request.end;
  }
  return at;
}

function argumentsOf(parser: RequestParser, status: number): string {
  assert.equal(status, COMPLETE);
  return textOf(parser.bytes, parser.starts, parser.ends, parser.count);
}

function textOf(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): string {
  const args: string[] = [];
  for (let i = 0; i < count; i++) {
    const start = starts[i]!;
    const end = ends[i]!;
    assert.ok(start >= 0 && start <= end && end <= bytes.length, 'a range lies within its bytes');
    args.push(toLatin1(bytes, start, end));
  }
  return JSON.stringify(args);
}

const BITS = [
  '*',
  '$',
  '\r\n',
  '\r',
  '\n',
  '\0',
  '-',
  '1',
  '9',
  '0',
  '"',
  "'",
  '\\',
  '\\x41',
  ' ',
  '\xff',
  '-1',
  '4294967296',
];
const WORDS = ['SET', 'k', '', 'value', 'PING', 'x'.repeat(40), 'y'.repeat(200), 'a b', '\r\n', '"q"', '\0'];

function randomRequest(random: Prng): string {
  const args = Array.from({ length: random.below(6) }, () => WORDS[random.below(WORDS.length)]!);
  if (random.below(3) === 0) return `${args.join(' ')}\r\n`;
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

function mutate(stream: string, random: Prng): string {
  let mutated = stream;
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(mutated.length + 1);
    const end = at + random.below(4);
    const bit = random.below(2) === 0 ? '' : BITS[random.below(BITS.length)]!;
    mutated = mutated.slice(0, at) + bit + mutated.slice(end);
  }
  return mutated;
}

/** Runs so many streams; throws with the seed and the stream when one is parsed in two ways. */
export function fuzzRequestParser(seed: number, streams: number): void {
  const random = new Prng(seed);
  const used = new RequestParser();
  const plain = new PlainRequests();
  for (let i = 0; i < streams; i++) {
    const requests = Array.from({ length: 1 + random.below(4) }, () => randomRequest(random)).join('');
    const stream = fromLatin1(mutate(requests, random));
    const cuts = Array.from({ length: random.below(5) }, () => random.below(stream.length + 1)).sort((a, b) => a - b);
    const authenticated = random.below(4) !== 0;
    const fresh = new RequestParser();
    fresh.authenticated = authenticated;
    used.authenticated = authenticated;
    used.reset();
    const message = `seed ${seed}, stream ${i}: ${JSON.stringify(toLatin1(stream, 0, stream.length))} cut at ${cuts}`;
    const events = parseInPieces(stream, [], fresh);
    assert.deepEqual(parseInPieces(stream, cuts, used), events, message);
    used.reset();
    assert.deepEqual(parseInPieces(stream, cuts, used, plain), events, `${message}, plain ones first`);
  }
}

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now());
  const streams = Number(process.argv[3] ?? 100_000);
  console.log(`seed ${seed}, ${streams} streams`);
  fuzzRequestParser(seed, streams);
}
