// A client inside the process: which reply belongs to which call, and what is left when it ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import { ManualClock } from '../world/clock.ts';
import { Database } from './database.ts';

function openDatabase(): { database: Database; clock: ManualClock } {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const timers = { after: () => () => undefined, soon: () => undefined };
  return { database: new Database({ clock, timers, seed: 1, commands: ENGINE_COMMANDS }), clock };
}

test('each call gets its own reply, also when several wait and some are confirmed more than once', async () => {
  const { database, clock } = openDatabase();
  const client = database.connect();
  const messages: unknown[] = [];
  client.onPush((message) => messages.push(message));
  await client.command('SET', 'a', '1');
  await client.command('CLIENT', 'PAUSE', '100', 'ALL');
  const replies = Promise.all([
    client.command('SUBSCRIBE', 'x', 'y'),
    client.command('GET', 'a'),
    client.command('PSUBSCRIBE', 'p*'),
    client.command('SUBSCRIBE', 'z'),
    client.command('PUBLISH', 'y', 'hello'),
    client.command('UNSUBSCRIBE'),
    client.command('ECHO', 'end'),
  ]);
  clock.advance(100);
  database.catchUp();
  assert.deepEqual(await replies, [
    ['subscribe', 'x', 1],
    '1',
    ['psubscribe', 'p*', 3],
    ['subscribe', 'z', 4],
    1,
    ['unsubscribe', 'x', 3],
    'end',
  ]);
  assert.deepEqual(messages, [
    ['subscribe', 'y', 2],
    ['message', 'y', 'hello'],
    ['unsubscribe', 'y', 2],
    ['unsubscribe', 'z', 1],
  ]);
});

test('a client that ended is forgotten', () => {
  const { database } = openDatabase();
  for (let index = 0; index < 10; index++) database.connect().close();
  const { clients } = database as unknown as { clients: Set<unknown> };
  assert.equal(clients.size, 0);
  assert.equal(database.engine.sessions.size, 0);
});

test('invalidations come as pushes: of keys that were read, and at the end of the call those that are broadcast', async () => {
  const { database, clock } = openDatabase();
  const reader = database.connect();
  const listener = database.connect();
  const messages: unknown[] = [];
  reader.onPush((message) => messages.push(['reader', ...message]));
  listener.onPush((message) => messages.push(['listener', ...message]));
  await reader.command('CLIENT', 'TRACKING', 'ON');
  await listener.command('CLIENT', 'TRACKING', 'ON', 'BCAST');
  await reader.command('GET', 'k');
  const writer = database.connect();
  await writer.command('SET', 'k', '1', 'PX', '50');
  await reader.command('GET', 'k');
  clock.advance(100);
  database.catchUp();
  await reader.command('PING');
  assert.deepEqual(messages, [
    ['reader', 'invalidate', ['k']],
    ['listener', 'invalidate', ['k']],
    ['reader', 'invalidate', ['k']],
    ['listener', 'invalidate', ['k']],
  ]);
});
