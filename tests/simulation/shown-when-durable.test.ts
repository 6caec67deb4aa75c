// With appendfsync always nothing leaves the server that shows a change before the disk has it: neither replies, nor what
// others are told of it. A real server over a simulated disk, whose syncs end when the test says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../../src/lib/bytes.ts';
import type { Link } from '../../src/server/transports/transport.ts';
import { encode } from '../support/engine-harness.ts';
import { HOST, StandIn } from '../support/migration.ts';
import { settle, TextClient, withSimulatedServer } from '../support/simulated-server.ts';

const SYNC_MS = 1000;
const ARGS = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** What a second client does first, what then changes something, and what the second client is to be told of that. */
const CASES: readonly (readonly [string, readonly string[], readonly string[], RegExp])[] = [
  ['a notification', ['SUBSCRIBE __keyevent@0__:set'], ['SET a 1'], /__keyevent@0__:set/],
  ['a message', ['SUBSCRIBE channel'], ['MULTI', 'SET a 1', 'PUBLISH channel a-is-1', 'EXEC'], /a-is-1/],
  ['what MONITOR shows', ['MONITOR'], ['SET a 1'], /"SET" "a" "1"/],
  ['an invalidation', ['HELLO 3', 'CLIENT TRACKING ON', 'GET a'], ['SET a 1'], /invalidate/],
  ['an invalidation by BCAST', ['HELLO 3', 'CLIENT TRACKING ON BCAST'], ['SET a 1'], /invalidate/],
  ['what a client waited for', ['BLPOP a 0'], ['RPUSH a 1'], /\$1\r\n1\r\n/],
];

for (const [name, before, changes, expected] of CASES) {
  test(`${name} is shown when the change is durable`, () =>
    withSimulatedServer(ARGS, async ({ server, disk }) => {
      disk.syncMs = SYNC_MS;
      const [other, client] = [new TextClient(server), new TextClient(server)];
      client.send('CONFIG SET notify-keyspace-events KEA');
      for (const line of before) other.send(line);
      await settle();
      assert.equal(client.take(), '+OK\r\n');
      other.take();
      for (const line of changes) client.send(line);
      await settle();
      assert.doesNotMatch(other.take(), expected);
      assert.ok(disk.isSyncing());
      disk.elapse(SYNC_MS);
      await settle();
      disk.elapse(SYNC_MS);
      await settle();
      assert.match(other.take(), expected);
      assert.notEqual(client.take(), '');
      client.end();
      other.end();
    }));
}

test('nothing of a transaction that waits for another server is shown, neither before its end nor before it is durable', () =>
  withSimulatedServer(ARGS, async ({ server, disk }) => {
    const [other, client] = [new TextClient(server), new TextClient(server)];
    const standIn = await StandIn.start();
    await client.ask('SET a 1');
    disk.elapse(SYNC_MS);
    disk.syncMs = SYNC_MS;
    await other.ask('SUBSCRIBE channel');
    for (const line of ['MULTI', 'PUBLISH channel first', `MIGRATE ${HOST} ${standIn.port} a 0 5000`, 'INCR n'])
      await client.ask(line);
    assert.equal(await client.ask('EXEC'), '');
    await standIn.commands(2);
    // The disk and the network turn meanwhile.
    disk.elapse(SYNC_MS);
    for (const connection of server.connections) connection.writable();
    assert.equal(await other.ask('PING'), '');
    standIn.answer('+OK\r\n+OK\r\n');
    while (!disk.isSyncing()) await settle();
    await settle();
    assert.equal(client.take() + other.take(), '');
    disk.elapse(SYNC_MS);
    await settle();
    disk.elapse(SYNC_MS);
    await settle();
    assert.equal(client.take(), '*3\r\n:1\r\n+OK\r\n:1\r\n');
    assert.match(other.take(), /^\*3\r\n\$7\r\nmessage[\s\S]*first[\s\S]*pong/);
    standIn.stop();
    client.end();
    other.end();
  }));

/** A connection of which a test sees each send at its moment. */
class SeenLink implements Link {
  readonly remoteAddress = 'test:1';
  readonly localAddress = 'test:2';
  readonly remoteIsLocal = true;
  readonly descriptor = 3;
  readonly pendingBytes = 0;
  private readonly sent: (text: string) => void;

  constructor(sent: (text: string) => void) {
    this.sent = sent;
  }

  send(bytes: Uint8Array, start: number, end: number): number {
    this.sent(toLatin1(bytes, start, end));
    return end - start;
  }

  pauseReading(): void {}
  resumeReading(): void {}
  close(): void {}
}

test('what leaves before the end of its tick leaves behind its change: whoever kills the server then loses nothing', () =>
  withSimulatedServer(['--appendonly', 'yes', '--appendfsync', 'everysec'], async ({ server, disk }) => {
    const incrementBytes = () => disk.size('/tmp/appendonlydir/appendonly.aof.1.incr.aof');
    const replies: { text: string; logBytes: number }[] = [];
    const receivers = [0, 1].map(
      () => server.accept(new SeenLink((text) => replies.push({ text, logBytes: incrementBytes() })))!,
    );
    const send = (number: number, ...lines: string[]) => {
      const bytes = fromLatin1(lines.map((line) => encode(line.split(' '))).join(''));
      receivers[number]!.received(bytes, bytes.length);
    };
    send(0, 'HELLO 3', 'SUBSCRIBE channel');
    server.tickEnd();
    await settle();
    replies.length = 0;
    const before = incrementBytes();
    // The first reply is held until the end of the tick; the message has it sent before.
    send(0, 'SET a 1');
    send(1, 'PUBLISH channel x');
    assert.equal(replies[0]?.text, '+OK\r\n');
    assert.ok(replies[0]!.logBytes > before);
    // A long reply is sent at once.
    send(1, `SET b ${'x'.repeat(20_000)}`, 'GET b');
    assert.match(replies.at(-1)!.text, /xxx\r\n$/);
    assert.ok(replies.at(-1)!.logBytes > 20_000);
    server.tickEnd();
  }));
