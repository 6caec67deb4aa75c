// AUTH from outside: over a socket no answer comes sooner or later because of what was wrong.
//
//   CINNABAR_TRIES=100000 npm test -- tests/integration/auth-timing.test.ts

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/lib/prng.ts';
import { createServer } from '../../src/server/embedded.ts';
import { encode } from '../support/engine-harness.ts';
import { RawConnection } from '../support/redis-server.ts';
import { T_MAX, turns, undisturbed, welch } from '../support/welch.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const TRIES = Number(process.env['CINNABAR_TRIES'] ?? 3000);
/** What is really there is there each time. */
const ROUNDS = 3;

test(`AUTH is answered in the same time whatever is wrong, ${TRIES} tries, seed ${SEED}`, async () => {
  const server = await createServer({ port: 0 });
  const connection = await RawConnection.open(server.port);
  const ask = async (...words: string[]) => {
    connection.write(encode(words));
    return connection.read((text) => text.endsWith('\r\n'));
  };
  try {
    const random = new Prng(SEED);
    await ask('ACL', 'SETUSER', 'known', 'on', '>correct-horse');
    await ask('ACL', 'SETUSER', 'isoff', 'off', '>correct-horse');
    const cases: [string, string, string][] = [
      ['a password that begins as the right one', 'known', 'correct-hors!'],
      ['nobody of that name', 'noone', 'wrong-donkey!'],
      ['a user who is off, with the right password', 'isoff', 'correct-horse'],
    ];
    for (const [what, name, password] of cases) {
      const attempts = [
        ['AUTH', 'known', 'wrong-donkey!'],
        ['AUTH', name, password],
      ] as const;
      for (let count = 0; count < 1000; count++) await ask(...attempts[(count & 1) as 0 | 1]);
      let t = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS && Math.abs(t) >= T_MAX; round++) {
        const times: [number[], number[]] = [[], []];
        for (const which of turns(random, TRIES / 2)) {
          const start = performance.now();
          const answer = await ask(...attempts[which]);
          times[which].push(performance.now() - start);
          assert.match(answer, /^-WRONGPASS/);
        }
        t = welch(...undisturbed(times));
      }
      assert.ok(Math.abs(t) < T_MAX, `${what}: t ${t.toFixed(1)}, seed ${SEED}`);
    }
  } finally {
    connection.close();
    await server.stop();
  }
});
