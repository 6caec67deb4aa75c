import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../engine/session.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { HeldReplies } from './held-replies.ts';
import type { Link } from './transports/transport.ts';

/** Connections whose links write into one list what they are told to send: "name:text". */
class World {
  readonly sent: string[] = [];
  readonly held = new HeldReplies();
  /** The log: what it took in, and what of it is durable. */
  collected = 0;
  durable = 0;
  readonly withholding = new Set<Connection>();
  readonly owner = {
    hold: (connection: Connection, bytes: Uint8Array, start: number, end: number) =>
      this.held.hold(connection, bytes, start, end),
    sendHeld: () => this.held.sendAll(),
    flushLater: () => undefined,
    ended: () => undefined,
    outputChanged: () => {},
    withheldUntil: () => (this.collected > this.durable ? this.collected : -1),
    mayShow: (offset: number) => offset <= this.durable,
    withheld: (connection: Connection) => void this.withholding.add(connection),
    standsStill: () => false,
    outputLimit: () => ({ hardBytes: 0, softBytes: 0, softSeconds: 0 }),
  } as unknown as ConnectionOwner;

  /** `room`: so many bytes are taken by each send. */
  open(name: string, room = Number.POSITIVE_INFINITY): Connection {
    const link = {
      descriptor: 1,
      pendingBytes: 0,
      send: (bytes: Uint8Array, start: number, end: number) => {
        const taken = Math.min(room, end - start);
        this.sent.push(`${name}:${toLatin1(bytes, start, start + taken)}`);
        return taken;
      },
      close: () => this.sent.push(`${name} closed`),
      pauseReading: () => undefined,
    } as unknown as Link;
    const connection = new Connection(this.owner, link);
    connection.session = {} as Session;
    return connection;
  }
}

function reply(connection: Connection, text: string): void {
  const bytes = fromLatin1(text);
  connection.send(bytes, 0, bytes.length);
  bytes.fill(0);
}

test('short replies wait for the end of the tick and keep their order', () => {
  const world = new World();
  const [a, b] = [world.open('a'), world.open('b')];
  for (const [connection, text] of [
    [a, '1'],
    [b, '2'],
    [a, '3'],
  ] as const)
    reply(connection, text);
  assert.deepEqual(world.sent, []);
  world.held.sendAll();
  assert.deepEqual(world.sent, ['a:1', 'b:2', 'a:3']);
  world.held.sendAll();
  assert.equal(world.sent.length, 3);
});

test('a long reply goes out at once, behind what its connection had before it', () => {
  const world = new World();
  const [a, b] = [world.open('a'), world.open('b')];
  const long = 'x'.repeat(20_000);
  reply(b, long);
  reply(a, 'short');
  reply(a, long);
  assert.deepEqual(world.sent, [`b:${long}`, 'a:short', `a:${long}`]);
});

test('messages of others go out behind a held reply', () => {
  const world = new World();
  const a = world.open('a');
  reply(a, 'reply ');
  a.push(fromLatin1('message'), 0, 7);
  a.flush();
  assert.deepEqual(world.sent, ['a:reply ', 'a:message']);
});

test('what a link does not take of a held reply goes before what comes later', () => {
  const world = new World();
  const a = world.open('a', 4);
  reply(a, '123456');
  reply(a, '789');
  world.held.sendAll();
  reply(a, 'abc');
  assert.deepEqual(world.sent, ['a:1234']);
  assert.equal(a.pendingOutput(), 8);
  for (let round = 0; round < 2; round++) a.flush();
  assert.deepEqual(world.sent, ['a:1234', 'a:5678', 'a:9abc']);
});

test('a connection that is closed sends first what is held for it', () => {
  const world = new World();
  const a = world.open('a');
  reply(a, 'bye');
  a.close('now');
  world.held.sendAll();
  assert.deepEqual(world.sent, ['a:bye', 'a closed']);
});

test('nothing is held for a connection that the peer closed', () => {
  const world = new World();
  const a = world.open('a');
  reply(a, 'lost');
  a.closed();
  world.held.sendAll();
  assert.deepEqual(world.sent, []);
});

test('when there is no room for more, what is held goes out', () => {
  for (const [length, count] of [
    [1, 1000],
    [16_000, 50],
  ] as const) {
    const world = new World();
    const a = world.open('a');
    for (let index = 0; index < count; index++) reply(a, String(index % 10).repeat(length));
    assert.ok(world.sent.length > 0 && world.sent.length < count);
    world.held.sendAll();
    assert.deepEqual(
      world.sent,
      Array.from({ length: count }, (_, index) => `a:${String(index % 10).repeat(length)}`),
    );
  }
});

test('what may show a change that is not durable waits for that, and only for that', () => {
  const world = new World();
  const [a, b] = [world.open('a'), world.open('b')];
  reply(a, 'before');
  world.held.sendAll();
  world.collected = 10;
  reply(a, '1');
  a.push(fromLatin1('told'), 0, 4);
  world.held.sendAll();
  a.flush();
  world.collected = 20;
  reply(a, '2');
  reply(b, 'read');
  world.held.sendAll();
  a.flush();
  b.flush();
  assert.deepEqual(world.sent, ['a:before']);
  world.durable = 10;
  for (const connection of [a, b]) connection.flush();
  assert.deepEqual(world.sent, ['a:before', 'a:1told']);
  world.durable = 20;
  for (const connection of world.withholding) connection.flush();
  assert.deepEqual(world.sent, ['a:before', 'a:1told', 'a:2', 'b:read']);
  reply(a, 'after');
  world.held.sendAll();
  assert.equal(world.sent.at(-1), 'a:after');
});

test('a message waits for the change that it tells of, of which the log hears only after it, and so does what follows', () => {
  const world = new World();
  const a = world.open('a', 3);
  reply(a, 'before');
  world.held.sendAll();
  a.push(fromLatin1('told'), 0, 4);
  world.collected = 10;
  reply(a, '1');
  world.held.sendAll();
  world.collected = 20;
  for (let round = 0; round < 3; round++) a.flush();
  assert.deepEqual(world.sent, ['a:bef', 'a:ore']);
  world.durable = 10;
  a.flush();
  assert.equal(world.sent.length, 2);
  world.durable = 20;
  for (let round = 0; round < 2; round++) a.flush();
  assert.deepEqual(world.sent.slice(2), ['a:tol', 'a:d1']);
});

test('a connection that ends while output is withheld shows none of it', () => {
  const world = new World();
  const a = world.open('a');
  world.collected = 10;
  reply(a, 'secret');
  world.held.sendAll();
  a.close('now');
  world.durable = 10;
  a.flush();
  assert.deepEqual(world.sent, ['a closed']);
});
