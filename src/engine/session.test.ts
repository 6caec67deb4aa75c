import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../lib/prng.ts';
import type { RequestParser } from '../protocol/request-parser.ts';
import type { Database } from './keyspace.ts';
import { QueryBuffers } from './query-buffers.ts';
import { type Peer, Session } from './session.ts';

function newSession(id: number, buffers: QueryBuffers<Session>): Session {
  return new Session(id, {} as Peer, { needed: 0 } as RequestParser, {} as Database, 0, buffers);
}

/** Bytes that tell where they stand in the input of their session. */
function piece(session: number, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (session * 67 + (from + index) * 31) & 0xff);
}

test('kept input stays what it was, however the arrays are cut down', () => {
  const prng = new Prng(7);
  const buffers = new QueryBuffers<Session>();
  let now = 0;
  const clients = [0, 1, 2].map((id) => ({ session: newSession(id, buffers), read: 0, sent: 0 }));
  for (let step = 0; step < 3000; step++) {
    const client = clients[prng.below(clients.length)]!;
    const { session } = client;
    if (prng.below(10) === 0) {
      now += prng.below(1000);
      session.lastActiveAt = now - prng.below(3000);
      buffers.trim(now, () => undefined);
    }
    if (prng.below(2) === 0) {
      const length = prng.below(1 << prng.below(17));
      session.keepInput(piece(session.id, client.sent, length), 0, length, prng.below(3) * 100);
      client.sent += length;
    } else {
      const count = prng.below(3) === 0 ? session.pendingInput() : prng.below(session.pendingInput() + 1);
      session.consumeInput(session.inputStart + count);
      client.read += count;
    }
    assert.equal(session.pendingInput(), client.sent - client.read);
    const waiting = session.input.subarray(session.inputStart, session.inputEnd);
    const expected = piece(session.id, client.read, waiting.length);
    assert.ok(Buffer.from(waiting).equals(expected), `step ${step}: the bytes are intact`);
  }
});

test('a pipeline whose pieces end within requests needs one array', () => {
  const session = newSession(1, new QueryBuffers());
  const bytes = new Uint8Array(32 * 1024);
  const arrays = new Set<Uint8Array>();
  session.keepInput(bytes, 0, 30, 5);
  for (let read = 0; read < 1000; read++) {
    session.keepInput(bytes, 0, bytes.length, 5);
    arrays.add(session.input);
    session.consumeInput(session.inputEnd - (read % 40));
  }
  assert.ok(arrays.size <= 2, `${arrays.size} arrays`);
});
