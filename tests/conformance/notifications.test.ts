// Keyspace notifications, key misses included, against those of redis-server 7.0.15 for the same commands: the events, their
// order, their databases.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { EVENT_ALL, EVENT_KEY_MISS, EVENT_KEYEVENT, EVENT_NEW } from '../../src/engine/events.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { CommandGenerator } from './command-generator.ts';
import { UNCOUNTED } from './known-differences.ts';
import { bulkOf, elementsOf, framesOf } from './reply-frames.ts';

const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };
const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const BATCHES = 120;
const END = 'end-of-events';

/** Left out: messages of their own, what expires or names keys by chance, and what looks keys up on one side only. */
const NOT_COMPARED = /^(p?publish|spublish|[ps]?subscribe|[ps]?unsubscribe|randomkey|[hsz]?scan)$/i;

/** Since Redis 7.2 who reads or claims is a consumer also where there was nothing to read or claim. */
const CONSUMER_MADE = 'xgroup-createconsumer';

/** "event@database key" of each message. */
function eventsOf(text: string): string[] {
  return framesOf(text).flatMap((frame) => {
    const parts = elementsOf(frame)!.map((part) => bulkOf(part) ?? '');
    const match = /^__keyevent@(\d+)__:(.*)$/.exec(parts[2] ?? '');
    return match === null || match[2] === CONSUMER_MADE ? [] : [`${match[2]}@${match[1]} ${parts[3]!.slice(0, 40)}`];
  });
}

describe('keyspace notifications are those of redis-server', { skip: SKIP_WITHOUT_REDIS }, () => {
  it(`generated commands, seed ${SEED}`, async () => {
    const server = await startRedis([
      '--notify-keyspace-events',
      'EAmn',
      '--enable-debug-command',
      'yes',
      '--io-threads',
      '1',
    ]);
    try {
      const theirs = await RawConnection.open(server.port);
      const listener = await RawConnection.open(server.port);
      theirs.write(encode(['DEBUG', 'SET-ACTIVE-EXPIRE', '0']));
      listener.write(encode(['PSUBSCRIBE', '__key*', END]));
      await listener.read((text) => framesOf(text).length >= 2);
      const engine = new Engine({ clock: REAL_CLOCK, seed: 1, commands: ENGINE_COMMANDS });
      const ours = new TestClient(engine, 1);
      const ear = new TestClient(engine, 2);
      engine.changes.notifyClasses = EVENT_ALL | EVENT_KEY_MISS | EVENT_NEW | EVENT_KEYEVENT;
      engine.refreshEffects();
      ear.run('PSUBSCRIBE', '__key*');
      const generator = new CommandGenerator(SEED, ENGINE_COMMANDS);
      let count = 0;
      for (let batch = 0; batch < BATCHES; batch++) {
        const commands = [
          ...generator
            .batch(60)
            .filter(([name]) => !NOT_COMPARED.test(name!) && UNCOUNTED[name!.toLowerCase()] === undefined),
          ['RESET'],
          ['RESET'],
          ['FLUSHALL'],
        ];
        for (const command of commands) ours.run(...command);
        theirs.write([...commands, ['PUBLISH', END, '.'], ['ECHO', END]].map(encode).join(''));
        await theirs.read((text) => text.endsWith(`${END}\r\n`), 10_000);
        const heard = await listener.read((text) => text.includes(`${END}\r\n$1\r\n.\r\n`), 10_000);
        const expected = eventsOf(heard);
        const events = eventsOf(ear.take());
        count += events.length;
        const at = expected.findIndex((event, index) => event !== events[index]);
        assert.ok(
          at < 0 && events.length === expected.length,
          `batch ${batch}, event ${at}: ours ${JSON.stringify(events.slice(Math.max(0, at - 2), at + 2))}, theirs ${JSON.stringify(expected.slice(Math.max(0, at - 2), at + 2))}`,
        );
      }
      assert.ok(count > 3000, `${count} events`);
      theirs.close();
      listener.close();
    } finally {
      await server.stop();
    }
  });
});
