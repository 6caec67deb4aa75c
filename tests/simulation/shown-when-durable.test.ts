// With appendfsync always nothing leaves the server that shows a change before the disk has it: neither replies, nor what
// others are told of it. A real server over a simulated disk, whose syncs end when the test says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
