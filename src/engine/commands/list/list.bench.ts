// List commands through the engine alone: wire bytes into a session, no socket. One long list, 16 requests a batch.
//
//   npm run bench -- list.bench
//
// To measure what is shipped, without the assertions of tests:
//
//   npx esbuild src/engine/commands/list/list.bench.ts --bundle --platform=node --format=esm \
//     --define:CINNABAR_VERIFY=false --outfile=/tmp/list.bench.mjs && npx node /tmp/list.bench.mjs

import { fromLatin1 } from '../../../lib/bytes.ts';
import { measure } from '../../../lib/measure.bench.ts';
import { ENGINE_COMMANDS } from '../../all-commands.ts';
import { Engine } from '../../engine.ts';
import { NOBODY } from '../../obeyed-commands.ts';

const BATCH = 16;
const clock = { now: Date.now, elapsed: () => performance.now() };
const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
const session = engine.openSession(NOBODY);

function batchOf(...args: readonly string[]): Uint8Array {
  const request = `*${args.length}\r\n${args.map((each) => `$${each.length}\r\n${each}\r\n`).join('')}`;
  return fromLatin1(request.repeat(BATCH));
}

function run(batch: Uint8Array): void {
  engine.receive(session, batch, 0, batch.length);
}

const ITEM = 'x'.repeat(16);
const KEY = 'mylist';
for (let round = 0; round < 1000; round++) run(batchOf('RPUSH', KEY, ITEM));
const index = batchOf('LINDEX', KEY, '5');
measure('LINDEX of an early place', BATCH, () => {
  run(index);
  return 0;
});
for (const [push, pop] of [
  ['LPUSH', 'RPOP'],
  ['RPUSH', 'LPOP'],
  ['LPUSH', 'LPOP'],
  ['RPUSH', 'RPOP'],
] as const) {
  const pushes = batchOf(push, KEY, ITEM);
  const pops = batchOf(pop, KEY);
  measure(`${push} and ${pop}`, BATCH * 2, () => {
    run(pushes);
    run(pops);
    return 0;
  });
}
const range = batchOf('LRANGE', KEY, '0', '99');
measure('LRANGE of 100', BATCH, () => {
  run(range);
  return 0;
});
const set = batchOf('SET', 'key', ITEM);
measure('SET, to compare', BATCH, () => {
  run(set);
  return 0;
});
const ping = batchOf('LLEN', KEY);
measure('LLEN, to compare', BATCH, () => {
  run(ping);
  return 0;
});
